// Rebuilding the stores of a node that lost them, or that were made from a backup, out of what its neighbours hold.
//
// Steps without waiting, threads or gRPC, like the hops: what to ask whom, and what to do with the answer. The program
// `duban node rebuild` drives it with gRPC, the simulator with events.
//
//   Begin              each store that is empty or fresh from a backup is marked as being rebuilt
//   Prepare, Deliver   in three stages, each over all neighbours before the next one begins:
//                      1. own entities come back: from above what was done and handed up, from below what was published
//                         and issued; a newer version that is here stays
//                      2. what nodes below own and had handed up is taken in again
//                      3. what comes down from above is followed to its head
//   Finish             what depends on all of it is computed, and the mark is taken away
//
// Effect and progress of every page are one write, so it can end anywhere, and begin again where it was. A neighbour
// that does not answer is asked again by the next run; until all have answered or are given up, the stores stay marked,
// and no service starts on them: what a node issues or signs before its own earlier words are back would carry versions
// that its neighbours have seen with other content.

#ifndef DUBAN_COMMON_FEED_REBUILD_H_
#define DUBAN_COMMON_FEED_REBUILD_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/feed/follow_hop.h"
#include "common/feed/hop.h"
#include "duban/storage/v1/rebuild.pb.h"
#include "duban/v1/rebuild.pb.h"

namespace duban {

// Not thread-safe: one driver calls Begin, then Prepare and Deliver in turn. Stores and clock outlive it.
class Rebuild {
 public:
  // One store of the node, and the hops of its service.
  struct Part {
    Store* store = nullptr;
    HopSpecs hops;
  };
  struct Neighbour {
    std::string node;
    // It is above this node; else below.
    bool upstream = false;
  };
  using Request = std::variant<v1::GiveBackRequest, v1::FetchRequest>;
  using Answer = std::variant<v1::GiveBackResponse, v1::FetchResponse>;
  struct Call {
    std::string neighbour;
    // Which service of the neighbour is asked.
    std::string feed;
    Request request;
  };

  // Parts of one node, each of another service; neighbours are named once. `max_page_bytes` bounds what one call
  // brings; 0: what a neighbour gives by itself.
  Rebuild(std::vector<Part> parts, std::vector<Neighbour> neighbours, Clock* clock, int max_page_bytes = 0);
  Rebuild(const Rebuild&) = delete;
  Rebuild& operator=(const Rebuild&) = delete;

  // Marks the stores, or finds how far an earlier run came. Errors: FAILED_PRECONDITION (WRONG_STATE) where no store
  // is empty, fresh from a backup, or being rebuilt; INVALID_FIELD for neighbours that cannot be.
  absl::Status Begin();

  // The next call; nothing where everything is here, or whoever is missing did not answer in this run.
  absl::StatusOr<std::optional<Call>> Prepare();

  // Takes the answer to the last call. A call that failed marks the neighbour as silent for this run, which is no
  // error. Errors: those of the store, and INVARIANT_BROKEN for what two sides hold differently in one version: then
  // nothing of the page is kept.
  absl::Status Deliver(const absl::StatusOr<Answer>& answer);

  // Expects nothing more of a neighbour. What only it has is lost; should it come back, the two do not agree.
  absl::Status GiveUp(std::string_view node);

  // Neighbours that have not given everything and are not given up, those of earlier runs too. By name.
  absl::StatusOr<std::vector<std::string>> Missing() const;

  // Ends it. Errors: FAILED_PRECONDITION (WRONG_STATE) while somebody is missing.
  absl::Status Finish();

  // What came of it so far.
  absl::StatusOr<v1::RebuildReport> Report() const;

 private:
  enum class Stage { kGive, kBelow, kAbove };
  // What one neighbour has to give to one store in one stage.
  struct Task {
    const Part* part;
    const Neighbour* neighbour;
    Stage stage;
    // Of the last two stages.
    std::unique_ptr<FollowHop> hop;
    bool done = false;
    // Entries of the page under way.
    int64_t entries = 0;
  };

  absl::Status CheckNeighbours() const;
  absl::Status Mark(const Part& part);
  absl::Status PlanTasks();
  void AddTask(const Part& part, const Neighbour& neighbour, Stage stage, const storage::v1::RebuildProgress& progress);
  void AddHop(Task& task, std::string name, FollowSpec spec, std::string kind);
  bool Silent(const Task& task) const;
  absl::Status TakeBack(Task& task, const v1::GiveBackResponse& page);
  absl::Status TakePage(Transaction& transaction, const Task& task, const v1::GiveBackResponse& page,
                        storage::v1::RebuildProgress& progress) const;
  absl::StatusOr<storage::v1::RebuildProgress> ProgressOf(const ReadView& view, const Part& part,
                                                          const Neighbour& neighbour) const;
  absl::StatusOr<std::optional<absl::Time>> LastSignOfLife() const;
  static void ReportLost(std::string_view service, const std::vector<OnlyHere>& kinds, v1::RebuildReport& report);
  absl::Status ReportNeighbours(const Part& part, v1::RebuildReport& report) const;
  absl::Status ReportNotAsked(v1::RebuildReport& report) const;

  const std::vector<Part> parts_;
  const std::vector<Neighbour> neighbours_;
  Clock* const clock_;
  const int max_page_bytes_;
  // What it presents to those it follows.
  const std::string instance_;
  // Parts that are being rebuilt.
  std::vector<const Part*> active_;
  // In order of stages.
  std::vector<Task> tasks_;
  Task* asked_ = nullptr;
  // Node and service that did not answer in this run -> why.
  std::map<std::pair<std::string, std::string>, std::string> silent_;
};

// Asks a neighbour.
absl::StatusOr<Rebuild::Answer> AskNeighbour(FeedPeer& peer, const Rebuild::Call& call);

// OK, or FAILED_PRECONDITION (WRONG_STATE) for a store whose rebuild has begun and not ended.
absl::Status CheckNotRebuilding(const Store& store);

}  // namespace duban

#endif  // DUBAN_COMMON_FEED_REBUILD_H_
