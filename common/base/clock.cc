#include "common/base/clock.h"

#include <ctime>

#include "absl/time/clock.h"

namespace duban {
namespace {

class MachineClock : public Clock {
 public:
  absl::Time Now() override { return absl::Now(); }
  bool AwaitWithTimeout(absl::Mutex* mu, const absl::Condition& condition, absl::Duration timeout) override {
    return mu->AwaitWithTimeout(condition, timeout);
  }
  absl::Duration Steady() override {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return absl::DurationFromTimespec(now);
  }
};

}  // namespace

Clock& RealClock() {
  static MachineClock* clock = new MachineClock;
  return *clock;
}

ShiftedClock::ShiftedClock(absl::Time start) : shift_(start - RealClock().Now()) {}

absl::Time ShiftedClock::Now() {
  return RealClock().Now() + shift_;
}

bool ShiftedClock::AwaitWithTimeout(absl::Mutex* mu, const absl::Condition& condition, absl::Duration timeout) {
  return RealClock().AwaitWithTimeout(mu, condition, timeout);
}

absl::Duration ShiftedClock::Steady() {
  return RealClock().Steady();
}

}  // namespace duban
