#include "tests/support/fake_clock.h"

#include <gtest/gtest.h>

#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"

namespace duban {
namespace {

TEST(FakeClock, TimeStandsStillUntilItIsAdvanced) {
  FakeClock clock;
  const absl::Time start = clock.Now();
  EXPECT_EQ(clock.Now(), start);
  clock.Advance(absl::Minutes(5));
  EXPECT_EQ(clock.Now(), start + absl::Minutes(5));
  EXPECT_EQ(clock.Steady(), absl::Minutes(5));
}

TEST(FakeClock, AStepMovesTheWallClockOnly) {
  FakeClock clock;
  const absl::Time start = clock.Now();
  clock.Step(-absl::Hours(3));
  EXPECT_EQ(clock.Now(), start - absl::Hours(3));
  EXPECT_EQ(clock.Steady(), absl::ZeroDuration());
}

TEST(FakeClock, AWaiterWakesWhenItsTimeoutHasPassedAndNotBefore) {
  FakeClock clock;
  Mutex mu;
  bool flag = false;
  bool woken = false;
  bool result = true;
  std::thread waiter([&] {
    MutexLock lock(&mu);
    result = clock.AwaitWithTimeout(&mu, absl::Condition(&flag), absl::Seconds(10));
    woken = true;
  });
  clock.WaitForWaiters(1);
  clock.Advance(absl::Seconds(9));
  {
    MutexLock lock(&mu);
    EXPECT_FALSE(woken);
  }
  clock.Advance(absl::Seconds(1));
  waiter.join();
  EXPECT_TRUE(woken);
  EXPECT_FALSE(result);
}

TEST(FakeClock, AWaiterWakesWhenItsConditionBecomesTrueWithoutTimePassing) {
  FakeClock clock;
  Mutex mu;
  bool flag = false;
  bool result = false;
  std::thread waiter([&] {
    MutexLock lock(&mu);
    result = clock.AwaitWithTimeout(&mu, absl::Condition(&flag), absl::InfiniteDuration());
  });
  clock.WaitForWaiters(1);
  {
    MutexLock lock(&mu);
    flag = true;
  }
  waiter.join();
  EXPECT_TRUE(result);
}

}  // namespace
}  // namespace duban
