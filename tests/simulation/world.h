// The world of a simulation: one virtual time, one queue of events, randomness from one seed, one trace.
//
// Everything that happens in a simulated run is an event of this queue, and every random choice comes from dice of this
// world, so a seed decides the whole run. Each purpose (the network, the work, ...) has dice of its own: leaving out
// one kind of fault does not change what the others draw. Not thread-safe: a run has one thread.

#ifndef DUBAN_TESTS_SIMULATION_WORLD_H_
#define DUBAN_TESTS_SIMULATION_WORLD_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/mutex.h"
#include "tests/simulation/dice.h"

namespace duban::simulation {

class World {
 public:
  using Event = std::function<void()>;

  World(uint64_t seed, absl::Time start) : seed_(seed), now_(start), start_(start), work_(dice("work")) {}

  absl::Time now() const { return now_; }
  absl::Duration elapsed() const { return now_ - start_; }

  // Runs `event` after `delay`; events of the same instant run in the order in which they were added.
  void After(absl::Duration delay, Event event) { queue_.emplace(std::pair(now_ + delay, next_++), std::move(event)); }
  // Runs events up to `end`, and `after_event` behind each.
  void RunUntil(absl::Time end);
  void set_after_event(Event event) { after_event_ = std::move(event); }

  // The dice for a purpose. Lives as long as the world.
  Dice& dice(const std::string& purpose);
  // Those of the work that people do.
  int Below(int count) { return work_.Below(count); }
  bool Chance(double probability) { return work_.Chance(probability); }
  absl::Duration Between(absl::Duration least, absl::Duration most) { return work_.Between(least, most); }

  // Adds a line to the trace: its hash says whether two runs were the same; the last lines are kept for a report.
  void Trace(std::string_view line);
  uint64_t trace_hash() const { return trace_hash_; }
  int64_t events() const { return events_; }
  const std::deque<std::string>& recent() const { return recent_; }

  // Checks an invariant of the list in invariants.h; where it does not hold, notes what was found. The run goes on; the
  // first notes are reported.
  void Check(std::string_view invariant, bool holds, absl::FunctionRef<std::string()> what);
  // Notes that an invariant does not hold.
  void Broken(std::string_view invariant, std::string_view what);
  const std::deque<std::string>& broken() const { return broken_; }

  // Counts what happened, such as `fault.loss`, `work.publish` or `check.S1`.
  void Count(const std::string& what) { ++counts_[what]; }
  const std::map<std::string, int64_t>& counts() const { return counts_; }

 private:
  const uint64_t seed_;
  absl::Time now_;
  const absl::Time start_;
  std::map<std::string, Dice> dice_;
  Dice& work_;
  int64_t next_ = 0;
  int64_t events_ = 0;
  uint64_t trace_hash_ = 0;
  std::map<std::pair<absl::Time, int64_t>, Event> queue_;
  Event after_event_;
  std::deque<std::string> recent_;
  std::deque<std::string> broken_;
  std::map<std::string, int64_t> counts_;
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
  void Step(absl::Duration by) {
    error_ += by;
    set_ = world_.now();
  }
  // Parts by which it runs fast (or slow): 0.0005 is 500 ppm.
  void Drift(double drift) { drift_ = drift; }
  // An administrator sets it right.
  void SetRight() {
    error_ = absl::ZeroDuration();
    drift_ = 0;
    set_ = world_.now();
  }
  // When somebody set it last, in true time.
  absl::Time set() const { return set_; }

 private:
  const World& world_;
  absl::Duration error_;
  absl::Time set_ = absl::InfinitePast();
  double drift_ = 0;
};

// Ids of one node from the world's randomness.
class WorldIds : public IdSource {
 public:
  explicit WorldIds(Dice* dice) : dice_(*dice) {}
  uint64_t Next() override { return dice_.Next(); }

 private:
  Dice& dice_;
};

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_WORLD_H_
