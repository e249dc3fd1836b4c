// Callers who are told what has changed as long as they listen, as a table: no threads, no waiting, no gRPC.
// WatchService works it off with a thread, tests with a clock of their own.
//
// The last changes of each store are remembered by name and sequence. A watcher is a position in them: it is told when
// it is ready for more and something behind its position is for it (sight.h), so that one who is slow holds up nobody,
// piles up nothing and misses nothing. Where its position is not remembered any more, or of another history, it is told
// to start over; after a restart of the process without a change in between it goes on as if nothing had been.
//
// What those get who hold the same is found out once a round, and those for whom there is nothing cost no more than a
// look into what was found. A round decides about so much, and leaves the others to the next.

#ifndef DUBAN_COMMON_FEED_WATCH_TABLE_H_
#define DUBAN_COMMON_FEED_WATCH_TABLE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/access/caller.h"
#include "common/access/decision.h"
#include "common/access/sight.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/store/store.h"
#include "duban/v1/watch_service.pb.h"

namespace duban {

// As the contract has them.
struct WatchLimits {
  int watchers = 10'000;
  // Under one name; where nothing is proved there are no names, and no such limit.
  int of_caller = 64;
  // In one answer.
  size_t names = 500;
  // Most names that are looked at for those who hold the same, behind one position; where there are more, they start
  // over.
  size_t names_looked_at = 5'000;
  // Most names that one round looks at, whoever for; whoever is left then comes with the next one.
  size_t round = 20'000;
  absl::Duration heartbeat = absl::Seconds(15);
  absl::Duration life = absl::Minutes(10);
  // Of each store. About 100 bytes each.
  size_t changes_kept = 20'000;
};

// Whoever is told. Thread-safe; nothing comes after End.
class WatchListener {
 public:
  virtual ~WatchListener() = default;
  // Once it has left, WatchTable::Ready says so.
  virtual void Tell(const v1::WatchResponse& response) = 0;
  virtual void End(const absl::Status& why) = 0;
  // The same, where what it was told last has not left and may never leave: that is given up.
  virtual void Abort(const absl::Status& why) = 0;
  // OK while the token that the caller came with counts.
  virtual absl::Status StillCounts() const = 0;
};

// Thread-safe, but for Work: one at a time. Clock, stores and facts outlive it.
class WatchTable {
 public:
  // `stir` is called, from any thread, when there may be something to work off; it must return quickly and call nothing
  // here.
  WatchTable(Clock* clock, const WatchLimits& limits, std::function<void()> stir);
  ~WatchTable();

  // Before the first watcher: listens to the store from now on. `facts`: those of its service; null: it has none.
  // Errors: INVARIANT_BROKEN where the contracts do not say who may read something.
  absl::Status AddFeed(const std::string& feed, Store* store, const AccessFacts* facts) ABSL_LOCKS_EXCLUDED(mu_);

  // Takes a watcher in and returns its number; its first answer comes with the next Work. Refused through `listener`,
  // with 0: OVERLOADED, NOT_SERVING.
  int64_t Submit(const Caller& caller, const v1::WatchRequest& request, std::shared_ptr<WatchListener> listener)
      ABSL_LOCKS_EXCLUDED(mu_);
  // What it was told last has left.
  void Ready(int64_t number) ABSL_LOCKS_EXCLUDED(mu_);
  // Its caller is gone: it hears nothing more, unless that has begun already.
  void Cancel(int64_t number) ABSL_LOCKS_EXCLUDED(mu_);
  // Ends all with NOT_SERVING, and refuses more.
  void Drain() ABSL_LOCKS_EXCLUDED(mu_);

  // Tells whoever is ready what there is for it; those for whom nothing was for a while, that there was nothing. Ends
  // those who have lived their time, also those who do not read. `stop` is asked before each: true ends the round.
  void Work(absl::FunctionRef<bool()> stop) ABSL_LOCKS_EXCLUDED(mu_);
  void Work() {
    Work([] { return false; });
  }
  // How long until somebody has to be told that there was nothing, or has lived its time; infinite where nobody
  // watches.
  absl::Duration UntilNextBeat() const ABSL_LOCKS_EXCLUDED(mu_);

  int watching() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Change {
    int64_t sequence;
    std::shared_ptr<const std::string> name;
  };
  // For finding the first change behind a position.
  static bool IsBefore(int64_t position, const Change& change) { return position < change.sequence; }
  struct Feed {
    Store* store = nullptr;
    const AccessFacts* facts = nullptr;
    std::string epoch;
    // Every change behind it is in `changes`.
    int64_t known_from = 0;
    int64_t head = 0;
    std::deque<Change> changes;
    std::shared_ptr<void> listener;
  };
  struct Watcher;
  // What is worked off at one time.
  class Round;
  using Watchers = std::map<int64_t, std::shared_ptr<Watcher>>;

  // Those who may read the same, as a number that is never given again.
  struct Peers {
    int64_t number = 0;
    int watchers = 0;
  };

  void Note(Feed& feed, const std::vector<EntityChange>& changes) ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status CheckRoom(const Caller& caller) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Where a watcher of `request` stands in a feed.
  static int64_t PositionIn(const std::string& name, const Feed& feed, const v1::WatchRequest& request);
  void Erase(Watchers::iterator watcher) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Round Collect() ABSL_LOCKS_EXCLUDED(mu_);
  // Whether there is something to tell a watcher; where there is not, its positions move on. Errors: those of the
  // stores.
  absl::StatusOr<bool> Concerns(Round& round, Watcher& watcher);
  // All that is behind a watcher's positions, which move past it. Errors: those of the stores.
  absl::Status Gather(Round& round, Watcher& watcher, v1::WatchResponse* response);
  void Serve(Round& round, Watcher& watcher);
  void EndLived(Watcher& watcher);
  // Those from `served` on have not been served, and those for whom there was nothing rest.
  void PutBack(const Round& round, size_t served) ABSL_LOCKS_EXCLUDED(mu_);

  Clock* const clock_;
  const WatchLimits limits_;
  const std::function<void()> stir_;
  // Set before the first watcher.
  std::unique_ptr<const Sight> sight_;

  mutable Mutex mu_;
  // By name. Those that there are stay.
  std::map<std::string, Feed> feeds_ ABSL_GUARDED_BY(mu_);
  // Counts up whenever a feed moves.
  int64_t moves_ ABSL_GUARDED_BY(mu_) = 1;
  int64_t last_number_ ABSL_GUARDED_BY(mu_) = 0;
  Watchers watchers_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, int> by_caller_ ABSL_GUARDED_BY(mu_);
  // By what they hold.
  std::map<std::string, Peers> peers_ ABSL_GUARDED_BY(mu_);
  // With whom the next round begins.
  int64_t next_served_ ABSL_GUARDED_BY(mu_) = 0;
  bool draining_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace duban

#endif  // DUBAN_COMMON_FEED_WATCH_TABLE_H_
