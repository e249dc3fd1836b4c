// Turns hops with a thread each: calls the peer, stores what it answers, waits as the driver says. A hop that is behind
// has the next page under way while it commits one.

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
#include "common/feed/hop_driver.h"
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
  void Stop() ABSL_LOCKS_EXCLUDED(mu_);

  // Compares the two ends of every hop (FollowHop::Compare, OfferHop::Compare). `work` advances by hops; once it is
  // stopped, only those that were compared are returned. Null: nobody watches.
  std::vector<v1::NodeCheck> Compare(Work* work = nullptr) const;
  int hops() const { return static_cast<int>(hops_.size()); }

  // How each hop is doing, for the node's status.
  std::vector<v1::NodeStatus::Hop> Status() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Running {
    // Turned by `thread` alone.
    std::unique_ptr<HopDriver> driver;
    std::shared_ptr<FeedPeer> peer;
    std::shared_ptr<void> commit_listener;
    // Guarded by mu_ of the runner: what was last seen of the driver, and whether there is something to offer.
    v1::NodeStatus::Hop status;
    bool woken = false;
    std::thread thread;
  };

  Running* Add(std::unique_ptr<HopDriver> driver, std::shared_ptr<FeedPeer> peer);
  void Turn(Running* running);
  // Takes the answer to a Fetch, and all that come behind it while there are more.
  void TakeFetched(Running* running, absl::StatusOr<v1::FetchResponse> answer);
  void Commit(Running* running);
  bool stopped() const ABSL_LOCKS_EXCLUDED(mu_);
  // Waits until stopped, until the time is over or, where the step says so, for something to offer.
  void Wait(Running* running, const HopDriver::Step& step) ABSL_LOCKS_EXCLUDED(mu_);
  void Show(Running* running) ABSL_LOCKS_EXCLUDED(mu_);

  Clock* const clock_;
  IdSource* const ids_;
  mutable Mutex mu_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  // Set before Start, then only read.
  std::vector<std::unique_ptr<Running>> hops_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_FEED_HOP_RUNNER_H_
