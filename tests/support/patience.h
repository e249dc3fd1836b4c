// How long tests wait for what other threads and processes bring about. Limits are generous: a test that fails because
// the machine was busy says nothing about the code.
//
// Thread-safe.

#ifndef DUBAN_TESTS_SUPPORT_PATIENCE_H_
#define DUBAN_TESTS_SUPPORT_PATIENCE_H_

#include <algorithm>
#include <cstdlib>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"

namespace duban::testing {

// `limit`, as many times over as DUBAN_TEST_SLOWNESS says (a whole number; 1 where it is not set): sanitizers make
// programs slower, and the CMake presets say by how much.
inline absl::Duration Patience(absl::Duration limit) {
  const char* slowness = std::getenv("DUBAN_TEST_SLOWNESS");
  return limit * (slowness == nullptr ? 1 : std::max(1, std::atoi(slowness)));
}

// Looks at `condition` every few milliseconds until it is true; false where it never is. For what cannot notify.
template <typename Condition>
bool Eventually(Condition condition) {
  Mutex mu;
  const bool never = false;
  const absl::Duration end = RealClock().Steady() + Patience(absl::Seconds(30));
  while (!condition()) {
    if (RealClock().Steady() > end) return false;
    MutexLock lock(&mu);
    RealClock().AwaitWithTimeout(&mu, absl::Condition(&never), absl::Milliseconds(5));
  }
  return true;
}

}  // namespace duban::testing

#endif  // DUBAN_TESTS_SUPPORT_PATIENCE_H_
