#include "common/base/clock.h"

#include <ctime>

#include "absl/time/clock.h"
#include "common/base/mutex.h"

namespace duban {
namespace {

class MachineClock : public Clock {
 public:
  absl::Time Now() override { return absl::Now(); }
  // The caller holds `mu`, as the interface asks.
  bool AwaitWithTimeout(Mutex* mu, const absl::Condition& condition,
                        absl::Duration timeout) override ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return mu->AwaitWithTimeout(condition, timeout);
  }
  absl::Duration Steady() override {
    timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
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

bool ShiftedClock::AwaitWithTimeout(Mutex* mu, const absl::Condition& condition, absl::Duration timeout) {
  return RealClock().AwaitWithTimeout(mu, condition, timeout);
}

absl::Duration ShiftedClock::Steady() {
  return RealClock().Steady();
}

}  // namespace duban
