#include "common/base/loop.h"

#include <gtest/gtest.h>

#include <atomic>

#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "tests/support/fake_clock.h"

namespace duban {
namespace {

TEST(Loop, RunsAtOnceThenAfterEachPauseAndNotBefore) {
  FakeClock clock;
  std::atomic<int> steps{0};
  Loop loop("test", &clock, absl::Seconds(10), [&] {
    ++steps;
    return false;
  });
  clock.WaitForWaiters(1);
  EXPECT_EQ(steps, 1);
  clock.Advance(absl::Seconds(9));
  clock.WaitForWaiters(1);
  EXPECT_EQ(steps, 1);
  loop.Stop();
  EXPECT_EQ(steps, 1);
}

TEST(Loop, GoesOnWithoutAPauseWhileThereIsMoreToDo) {
  FakeClock clock;
  std::atomic<int> steps{0};
  Loop loop("test", &clock, absl::Hours(1), [&] { return ++steps < 100; });
  clock.WaitForWaiters(1);
  EXPECT_EQ(steps, 100);
}

TEST(Loop, AWakeEndsThePauseOnce) {
  FakeClock clock;
  Mutex mu;
  int steps = 0;
  Loop loop("test", &clock, absl::Hours(1), [&] {
    MutexLock lock(&mu);
    ++steps;
    return false;
  });
  clock.WaitForWaiters(1);
  loop.Wake();
  {
    MutexLock lock(&mu);
    auto twice = [&] { return steps == 2; };
    mu.Await(absl::Condition(&twice));
  }
  clock.WaitForWaiters(1);
  MutexLock lock(&mu);
  EXPECT_EQ(steps, 2);
}

TEST(Loop, StopsFromAPauseWithoutTimePassing) {
  FakeClock clock;
  {
    Loop loop("test", &clock, absl::InfiniteDuration(), [] { return false; });
    clock.WaitForWaiters(1);
  }
  EXPECT_EQ(clock.Steady(), absl::ZeroDuration());
}

}  // namespace
}  // namespace duban
