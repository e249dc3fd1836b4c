// Doing nothing for a while, by a clock that tests can move.

#ifndef DUBAN_COMMON_BASE_PAUSE_H_
#define DUBAN_COMMON_BASE_PAUSE_H_

#include "absl/time/time.h"
#include "common/base/clock.h"

namespace duban {

// Returns after `duration` of the clock's steady time. Whoever can be told to stop meanwhile waits for that instead
// (Clock::AwaitWithTimeout). Thread-safe.
void Pause(Clock& clock, absl::Duration duration);

}  // namespace duban

#endif  // DUBAN_COMMON_BASE_PAUSE_H_
