#include "common/base/pause.h"

#include "common/base/mutex.h"

namespace duban {

void Pause(Clock& clock, absl::Duration duration) {
  Mutex mu;
  MutexLock lock(&mu);
  const bool never = false;
  clock.AwaitWithTimeout(&mu, absl::Condition(&never), duration);
}

}  // namespace duban
