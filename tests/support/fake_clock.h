// A clock that moves only when a test says so.
//
// Threads: every method may be called from any thread. A thread that waits in AwaitWithTimeout wakes when its condition
// becomes true or when Advance has moved steady time past its timeout; no real time is involved. Ownership: the test
// owns the clock, which outlives everything it is handed to; a mutex that is waited on must not be destroyed while
// another thread is inside Advance or Step. Errors: none.

#ifndef DUBAN_TESTS_SUPPORT_FAKE_CLOCK_H_
#define DUBAN_TESTS_SUPPORT_FAKE_CLOCK_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "common/base/civil.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"

namespace duban {

class FakeClock : public Clock {
 public:
  // Starts at 09:00 of a Monday in Asia/Shanghai, unless told otherwise.
  explicit FakeClock(absl::Time start = TimeAt(absl::CivilDay(2024, 3, 4), 9 * 60))
      : now_nanos_(absl::ToUnixNanos(start)) {}

  absl::Time Now() override { return absl::FromUnixNanos(now_nanos_.load()); }
  absl::Duration Steady() override { return absl::Nanoseconds(steady_nanos_.load()); }
  bool pretended() const override { return true; }

  // Lets time pass: both clocks go on, and who waits long enough wakes. REQUIRES: `duration` is not negative, and the
  // caller holds no mutex that somebody waits on.
  void Advance(absl::Duration duration) {
    now_nanos_ += absl::ToInt64Nanoseconds(duration);
    steady_nanos_ += absl::ToInt64Nanoseconds(duration);
    WakeAll();
  }

  // Lets time pass up to an instant of Now(); one in the past changes nothing.
  void AdvanceTo(absl::Time time) { Advance(std::max(time - Now(), absl::ZeroDuration())); }

  // Sets the wall clock, forwards or backwards, as an administrator does: no steady time passes.
  void Step(absl::Duration duration) {
    now_nanos_ += absl::ToInt64Nanoseconds(duration);
    WakeAll();
  }

  bool AwaitWithTimeout(Mutex* mu, const absl::Condition& condition,
                        absl::Duration timeout) override ABSL_NO_THREAD_SAFETY_ANALYSIS {
    const absl::Duration end = Steady() + timeout;
    auto done = [&] { return condition.Eval() || Steady() >= end; };
    if (!done()) {
      {
        MutexLock lock(&mu_);
        waiting_.push_back(mu);
      }
      mu->Await(absl::Condition(&done));
      MutexLock lock(&mu_);
      waiting_.erase(std::find(waiting_.begin(), waiting_.end(), mu));
    }
    return condition.Eval();
  }

  // Blocks until at least `count` threads wait in AwaitWithTimeout: then a loop under test has come to rest.
  void WaitForWaiters(size_t count) {
    MutexLock lock(&mu_);
    auto enough = [this, count]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return waiting_.size() >= count; };
    mu_.Await(absl::Condition(&enough));
  }

 private:
  // A condition is looked at again when its mutex is released.
  void WakeAll() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    std::vector<Mutex*> waiting;
    {
      MutexLock lock(&mu_);
      waiting = waiting_;
    }
    for (Mutex* mu : waiting) {
      mu->Lock();
      mu->Unlock();
    }
  }

  std::atomic<int64_t> now_nanos_;
  std::atomic<int64_t> steady_nanos_{0};
  Mutex mu_;
  // Locked after a mutex that is waited on, never before.
  std::vector<Mutex*> waiting_ ABSL_GUARDED_BY(mu_);
};

}  // namespace duban

#endif  // DUBAN_TESTS_SUPPORT_FAKE_CLOCK_H_
