// A thread that repeats a step, paced by a Clock.
//
// Threads: the step runs on the loop's own thread, never twice at a time; Wake and Stop may be called from any thread
// but the step itself. Ownership: the clock and whatever the step uses outlive the loop. Errors: none; a step deals
// with its own.

#ifndef DUBAN_COMMON_BASE_LOOP_H_
#define DUBAN_COMMON_BASE_LOOP_H_

#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"

namespace duban {

class Loop {
 public:
  // Returns whether there is more to do: then it runs again at once. Should return within a second, so that Stop does.
  using Step = std::function<bool()>;

  // Starts at once with a step; `pause` lies between a step with nothing more to do and the next. `name`,
  // which outlives the loop, is its thread's; `nice` is how much that stands back (StandBack).
  Loop(const char* name, Clock* clock, absl::Duration pause, Step step, int nice = 0);
  ~Loop() { Stop(); }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Ends the pause under way, or lets the next one be skipped.
  void Wake();

  // Waits for the step under way, then ends the thread. Further calls change nothing.
  void Stop();

 private:
  void Run();
  bool roused() const ABSL_SHARED_LOCKS_REQUIRED(mu_) { return stopping_ || woken_; }

  const char* const name_;
  Clock* const clock_;
  const absl::Duration pause_;
  const Step step_;
  const int nice_;
  Mutex mu_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  bool woken_ ABSL_GUARDED_BY(mu_) = false;
  // Last: it uses all of the above.
  std::thread thread_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_BASE_LOOP_H_
