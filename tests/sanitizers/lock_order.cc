// Wrong on purpose: takes two locks in either order.

#include <thread>

#include "common/base/mutex.h"

namespace {

void TakeBoth(duban::Mutex& first, duban::Mutex& second) {
  duban::MutexLock one(&first);
  duban::MutexLock other(&second);
}

}  // namespace

int main() {
  // Debian's Abseil looks at orders too, and ends the process at once: ctest counts that as a failure, report or not.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  duban::Mutex a, b;
  // One after the other: it is the order that is wrong, and luck that nothing stands still.
  std::thread([&] { TakeBoth(a, b); }).join();
  std::thread([&] { TakeBoth(b, a); }).join();
  return 0;
}
