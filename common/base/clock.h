// Time as a port. Rules get `now` as an argument; loops get a Clock, waiting included; real time is read in clock.cc
// and nowhere else.

#ifndef DUBAN_COMMON_BASE_CLOCK_H_
#define DUBAN_COMMON_BASE_CLOCK_H_

#include "absl/time/time.h"
#include "common/base/mutex.h"

namespace duban {

// A source of time and a way to wait. Implementations are thread-safe. (Shaped like Abseil's own clock interface,
// which this Abseil does not have yet.)
class Clock {
 public:
  virtual ~Clock() = default;

  // The current instant. May step backwards when an administrator sets the clock.
  virtual absl::Time Now() = 0;

  // Waits, with `mu` held by the caller, until `condition` is true or `timeout` has passed; returns whether the
  // condition is true. Waiting is measured by steady time, so setting the clock does not stretch it.
  virtual bool AwaitWithTimeout(Mutex* mu, const absl::Condition& condition, absl::Duration timeout) = 0;

  // Instants of steady time since an arbitrary start, for measuring how long something took. It goes on while the
  // machine sleeps: whoever was promised something until then has lost it.
  virtual absl::Duration Steady() = 0;

  // Whether Now() is shifted on purpose (development mode).
  virtual bool pretended() const { return false; }
};

// The machine's clock. Lives for ever.
Clock& RealClock();

// The machine's clock, shifted so that `start` is now. Only for development mode.
class ShiftedClock : public Clock {
 public:
  explicit ShiftedClock(absl::Time start);
  absl::Time Now() override;
  bool AwaitWithTimeout(Mutex* mu, const absl::Condition& condition, absl::Duration timeout) override;
  absl::Duration Steady() override;
  bool pretended() const override { return true; }

 private:
  const absl::Duration shift_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_BASE_CLOCK_H_
