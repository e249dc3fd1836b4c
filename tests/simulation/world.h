// The world of a simulation: one virtual time, one source of randomness, one queue of events, one trace.
//
// Everything that happens in a simulated run is an event of this queue, and every random choice comes from this
// source, so a seed decides the whole run. Not thread-safe: a run has one thread.

#ifndef DUBAN_TESTS_SIMULATION_WORLD_H_
#define DUBAN_TESTS_SIMULATION_WORLD_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/mutex.h"

namespace duban::simulation {

class World {
 public:
  using Event = std::function<void()>;

  World(uint64_t seed, absl::Time start) : state_(seed), now_(start), start_(start) {}

  absl::Time now() const { return now_; }
  absl::Duration elapsed() const { return now_ - start_; }

  // Runs `event` after `delay`; events of the same instant run in the order in which they were added.
  void After(absl::Duration delay, Event event) { queue_.emplace(std::pair(now_ + delay, next_++), std::move(event)); }

  // Runs events up to `end`.
  void RunUntil(absl::Time end);

  // Random choices. SplitMix64 (Steele, Lea, Flood 2014): the same on every compiler.
  uint64_t Random();
  // From 0 to `count` - 1. REQUIRES: `count` > 0.
  int Below(int count) { return static_cast<int>(Random() % static_cast<uint64_t>(count)); }
  bool Chance(double probability) { return static_cast<double>(Random() >> 11) * 0x1.0p-53 < probability; }
  absl::Duration Between(absl::Duration least, absl::Duration most);

  // Adds a line to the trace: its hash says whether two runs were the same; the last lines are kept for a report.
  void Trace(std::string_view line);
  uint64_t trace_hash() const { return trace_hash_; }
  int64_t events() const { return events_; }
  const std::deque<std::string>& recent() const { return recent_; }

  // Notes that an invariant does not hold. The run goes on to its end; the first ones are reported.
  void Broken(std::string_view invariant, std::string_view what);
  const std::deque<std::string>& broken() const { return broken_; }

 private:
  uint64_t state_;
  absl::Time now_;
  const absl::Time start_;
  int64_t next_ = 0;
  int64_t events_ = 0;
  uint64_t trace_hash_ = 0;
  std::map<std::pair<absl::Time, int64_t>, Event> queue_;
  std::deque<std::string> recent_;
  std::deque<std::string> broken_;
};

// The clock of one node: the world's time with an error of its own. Nothing waits on it: in a simulation waiting is an
// event.
class NodeClock : public Clock {
 public:
  explicit NodeClock(const World* world) : world_(*world) {}
  absl::Time Now() override { return world_.now() + error_ + world_.elapsed() * drift_; }
  absl::Duration Steady() override { return world_.elapsed() * (1 + drift_); }
  bool AwaitWithTimeout(Mutex* mu, const absl::Condition& condition, absl::Duration timeout) override;
  // Sets the clock forwards or backwards.
  void Step(absl::Duration by) { error_ += by; }
  // Parts by which it runs fast (or slow): 0.0005 is 500 ppm.
  void Drift(double drift) { drift_ = drift; }
  // An administrator sets it right.
  void SetRight() {
    error_ = absl::ZeroDuration();
    drift_ = 0;
  }

 private:
  const World& world_;
  absl::Duration error_;
  double drift_ = 0;
};

// Ids from the world's randomness.
class WorldIds : public IdSource {
 public:
  explicit WorldIds(World* world) : world_(*world) {}
  uint64_t Next() override { return world_.Random(); }

 private:
  World& world_;
};

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_WORLD_H_
