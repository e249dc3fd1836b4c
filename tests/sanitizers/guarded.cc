// Right on purpose: everything that locks and conditions of common/base/mutex.h order. The thread sanitizer, which does
// not see into Abseil, has to see that.

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "common/base/clock.h"
#include "common/base/mutex.h"

namespace {

constexpr int kRounds = 2000;

// Two threads hand a number back and forth; conditions are looked at by whoever unlocks.
void HandBackAndForth() {
  duban::Mutex mu;
  int turn = 0;
  std::vector<int> seen;
  const auto play = [&](int parity) {
    for (int i = 0; i < kRounds; ++i) {
      duban::MutexLock lock(&mu);
      const auto mine = [&] { return turn % 2 == parity; };
      if (i % 2 == 0) {
        mu.Await(absl::Condition(&mine));
      } else {
        while (!duban::RealClock().AwaitWithTimeout(&mu, absl::Condition(&mine), absl::Microseconds(50))) {
        }
      }
      ++turn;
      seen.push_back(turn);
    }
  };
  std::thread even([&] { play(0); });
  std::thread odd([&] { play(1); });
  even.join();
  odd.join();
  if (seen.size() != 2 * kRounds) std::abort();
}

// What is written before a notification is read after it, and the waiter may destroy it at once.
void NotifyAndDestroy() {
  for (int i = 0; i < kRounds; ++i) {
    auto done = std::make_unique<duban::Notification>();
    int value = 0;
    std::thread worker([&value, notification = done.get()] {
      value = 7;
      notification->Notify();
    });
    done->WaitForNotification();
    if (value != 7) std::abort();
    done.reset();
    worker.join();
  }
}

}  // namespace

int main() {
  HandBackAndForth();
  NotifyAndDestroy();
  std::puts("quiet");
  return 0;
}
