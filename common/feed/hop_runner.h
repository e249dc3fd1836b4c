// Drives hops with a thread each: ask, apply, wait, with growing pauses after failures. A hop that is behind has the
// next page under way while it commits one.

#ifndef DUBAN_COMMON_FEED_HOP_RUNNER_H_
#define DUBAN_COMMON_FEED_HOP_RUNNER_H_

#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/mutex.h"
#include "common/base/work.h"
#include "common/feed/follow_hop.h"
#include "common/feed/offer_hop.h"
#include "duban/v1/node_service.pb.h"

namespace duban {

// Thread-safe. Add hops, then Start once, then Stop once. Clock, ids and the hops' stores outlive it.
class HopRunner {
 public:
  HopRunner(Clock* clock, IdSource* ids) : clock_(clock), ids_(ids) {}
  ~HopRunner() { Stop(); }

  void Add(std::unique_ptr<FollowHop> hop, std::shared_ptr<FeedPeer> peer);
  void Add(std::unique_ptr<OfferHop> hop, Store* store, std::shared_ptr<FeedPeer> peer);
  void Start();
  // Cancels calls under way and joins the threads. A page that is being committed is finished.
  void Stop();

  // Compares the two ends of every hop (FollowHop::Compare, OfferHop::Compare). `work` advances by hops; once it is
  // stopped, only those that were compared are returned. Null: nobody watches.
  std::vector<v1::NodeCheck> Compare(Work* work = nullptr) const;
  int hops() const { return static_cast<int>(hops_.size()); }

  // How each hop is doing, for the node's status.
  std::vector<v1::NodeStatus::Hop> Status() const;

  // Longest wait of a Fetch at the server; below the 20 s that the contract allows.
  static constexpr absl::Duration kFetchWait = absl::Seconds(15);
  // Pauses after failures: the first, doubled each time, up to the longest, each shortened by up to half at random so
  // that many followers do not come back in step.
  static constexpr absl::Duration kFirstPause = absl::Milliseconds(100);
  static constexpr absl::Duration kLongestPause = absl::Seconds(10);

 private:
  struct Running {
    std::unique_ptr<FollowHop> follow;
    std::unique_ptr<OfferHop> offer;
    std::shared_ptr<FeedPeer> peer;
    std::shared_ptr<void> commit_listener;
    // Guarded by mu_.
    v1::NodeStatus::Hop status;
    bool woken = false;
    std::thread thread;
  };

  // What a peer answered, or why it could not be asked.
  using Answer = absl::StatusOr<v1::FetchResponse>;

  void FollowLoop(Running* running);
  // Delivers `answer`; where more is there, `ahead` gets the page behind it, fetched meanwhile.
  absl::StatusOr<bool> DeliverAndFetch(Running* running, const Answer& answer, std::optional<Answer>* ahead);
  void OfferLoop(Running* running);
  bool stopped() const;
  // Waits until stopped, woken, or the time is over; returns whether to go on.
  bool Wait(Running* running, absl::Duration duration);
  void Note(Running* running, const absl::Status& status, const v1::FeedPosition& position, bool at_head,
            bool progress);
  absl::Duration PauseAfter(int failures);

  Clock* const clock_;
  IdSource* const ids_;
  mutable Mutex mu_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<std::unique_ptr<Running>> hops_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_FEED_HOP_RUNNER_H_
