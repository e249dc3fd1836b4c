// The RPC by which callers are told what changes: a WatchTable and the thread that works it off.
//
// Thread-safe; outlives the edge that its methods are added to.

#ifndef DUBAN_COMMON_RPC_WATCH_SERVICE_H_
#define DUBAN_COMMON_RPC_WATCH_SERVICE_H_

#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "common/access/decision.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/feed/watch_table.h"
#include "common/rpc/method.h"
#include "common/store/store.h"

namespace duban {

class WatchService {
 public:
  // The clock outlives it.
  WatchService(Clock* clock, const WatchLimits& limits) : clock_(clock), table_(clock, limits, [this] { Stir(); }) {}
  ~WatchService() { Drain(); }

  // Before Start. As in WatchTable.
  absl::Status AddFeed(const std::string& feed, Store* store, const AccessFacts* facts) {
    return table_.AddFeed(feed, store, facts);
  }
  void Start();
  std::vector<Method> methods();
  int watching() const { return table_.watching(); }
  // Ends all calls with NOT_SERVING, refuses more, and lets go of the stores. Again: nothing.
  void Drain() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  class Listener;

  void Stir() ABSL_LOCKS_EXCLUDED(mu_);
  void Pump() ABSL_LOCKS_EXCLUDED(mu_);
  bool draining() const ABSL_LOCKS_EXCLUDED(mu_);
  // Waits for something to do, at most so long; false once it drains.
  bool AwaitStir(absl::Duration most) ABSL_LOCKS_EXCLUDED(mu_);
  bool AwaitEnd(absl::Duration most) ABSL_LOCKS_EXCLUDED(mu_);

  Clock* const clock_;
  mutable Mutex mu_;
  bool stirred_ ABSL_GUARDED_BY(mu_) = false;
  bool draining_ ABSL_GUARDED_BY(mu_) = false;
  WatchTable table_;
  std::thread pump_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_WATCH_SERVICE_H_
