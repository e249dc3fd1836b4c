// What turns a hop: what to ask next, what to do with the answer, and how long to pause, without threads and without
// waiting. HopRunner turns it with a thread and a peer, the simulator with events.
//
//   Next     a call to make, or a pause
//   Take     the answer; for a hop that is behind, also the call for the page behind it, to be under way beside Commit
//   Commit   stores what was taken; then Next again, or, where Take has named a call, Take of its answer

#ifndef DUBAN_COMMON_FEED_HOP_DRIVER_H_
#define DUBAN_COMMON_FEED_HOP_DRIVER_H_

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/feed/follow_hop.h"
#include "common/feed/offer_hop.h"
#include "duban/v1/node_service.pb.h"

namespace duban {

// Not thread-safe, but for Compare. Clock, ids and the hop's store outlive it.
class HopDriver {
 public:
  using Request = std::variant<v1::FetchRequest, v1::OfferRequest>;

  struct Step {
    // To be called now; its answer goes to Take. Nothing: pause, then ask for the next step.
    std::optional<Request> call;
    absl::Duration pause;
    // A commit that concerns the hop (`audience`) ends the pause.
    bool until_commit = false;
  };

  HopDriver(std::unique_ptr<FollowHop> hop, Clock* clock, IdSource* ids);
  HopDriver(std::unique_ptr<OfferHop> hop, Clock* clock, IdSource* ids);

  Step Next();

  // Takes the answer to the call that is under way. Returns the call to make beside Commit, where there is one.
  std::optional<v1::FetchRequest> Take(absl::StatusOr<v1::FetchResponse> answer);
  void Take(absl::StatusOr<v1::OfferResponse> answer);

  // Stores what was taken, effect and position in one write. Returns what came of it: the error of the call, of
  // applying, or of the store; the hop goes on after a pause. What is behind a page that failed is dropped.
  absl::Status Commit();

  // Compares the two ends of the hop (FollowHop::Compare, OfferHop::Compare). From any thread.
  v1::NodeCheck Compare(FeedPeer& peer) const;

  // How it is doing.
  const v1::NodeStatus::Hop& status() const { return status_; }
  const std::string& name() const { return status_.name(); }
  // The one that is turned; the other one is null.
  const FollowHop* follow() const { return follow_.get(); }
  const OfferHop* offer() const { return offer_.get(); }

  // Longest wait of a Fetch at the server; below the 20 s that the contract allows.
  static constexpr absl::Duration kFetchWait = absl::Seconds(15);
  // Pauses after failures, and after answers that bring nothing: the first, doubled each time, up to the longest, each
  // shortened by up to half at random so that many followers do not come back in step. What has nothing to offer pauses
  // for the longest, or until there is something.
  static constexpr absl::Duration kFirstPause = absl::Milliseconds(100);
  static constexpr absl::Duration kLongestPause = absl::Seconds(10);

 private:
  // What came of an answer.
  enum class Outcome {
    // The hop has come further.
    kMoved,
    // There is nothing new to it.
    kNothing,
    // Nobody looked: the call was replaced, or the server drains.
    kUnread,
    // The other side is elsewhere than this one thought.
    kTurned,
  };

  Step NextFetch();
  Step NextOffer();
  absl::StatusOr<Outcome> Deliver();
  absl::StatusOr<Outcome> DeliverFetched(const absl::StatusOr<v1::FetchResponse>& answer);
  absl::StatusOr<Outcome> DeliverOffered(const absl::StatusOr<v1::OfferResponse>& answer);
  absl::Duration PauseAfter(int times);
  void Note(const absl::Status& status, bool progress);
  // Takes note of how whoever answered introduced itself.
  void Introduced(const v1::NodeCard& card);
  const std::string& node() const { return follow_ != nullptr ? follow_->node() : offer_->node(); }
  const std::string& other() const { return follow_ != nullptr ? follow_->source_node() : offer_->upstream(); }

  const std::unique_ptr<FollowHop> follow_;
  const std::unique_ptr<OfferHop> offer_;
  Clock* const clock_;
  IdSource* const ids_;
  v1::NodeStatus::Hop status_;
  // Taken and not committed.
  std::optional<absl::StatusOr<v1::FetchResponse>> fetched_;
  std::optional<absl::StatusOr<v1::OfferResponse>> offered_;
  // The call under way was made beside a commit.
  bool behind_ = false;
  // That commit failed: the answer is none to what is asked next.
  bool drop_ = false;
  // The last call was answered.
  bool heard_ = false;
  // How many answers in a row were errors or brought nothing.
  int failures_ = 0;
  int unread_ = 0;
  int turned_ = 0;
  // What the next step is, where it is a pause.
  absl::Duration pause_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_FEED_HOP_DRIVER_H_
