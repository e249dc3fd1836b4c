// Locks, as the rest of the code uses them: Abseil's, with annotations that the thread sanitizer can read.
//
// Debian's Abseil is not compiled with the thread sanitizer, which therefore does not see its Mutex and would report
// what it guards. Here each operation says so itself where the sanitizer is on, and costs nothing where it is not.
// (Can go once the suite links an Abseil that is built with the same sanitizers as itself.) Conditions are plain
// absl::Condition. tools/tidy.py keeps every other mutex out.
//
// Threads: that is what they are for. None can be copied or moved. Errors: none.

#ifndef DUBAN_COMMON_BASE_MUTEX_H_
#define DUBAN_COMMON_BASE_MUTEX_H_

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

#if defined(__SANITIZE_THREAD__)
#define DUBAN_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define DUBAN_THREAD_SANITIZER 1
#endif
#endif

#ifdef DUBAN_THREAD_SANITIZER
#include <sanitizer/tsan_interface.h>
#endif

namespace duban {

// A mutex with conditions. Not reentrant. Whoever unlocks wakes those whose condition has become true.
class ABSL_LOCKABLE Mutex {
 public:
#ifdef DUBAN_THREAD_SANITIZER
  Mutex() {
    __tsan_mutex_create(&seen_, 0);
  }
  ~Mutex() {
    __tsan_mutex_destroy(&seen_, 0);
  }
#else
  Mutex() = default;
#endif
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    BeforeLock();
    mu_.Lock();
    AfterLock();
  }
  void Unlock() ABSL_UNLOCK_FUNCTION() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    BeforeUnlock();
    mu_.Unlock();
    AfterUnlock();
  }

  // Tells the analysis, and checks, that the calling thread may read what is guarded: for lambdas that are conditions.
  void AssertReaderHeld() const ABSL_ASSERT_SHARED_LOCK() {
    mu_.AssertReaderHeld();
  }

  // Waits until `condition` is true; it is looked at with the mutex held. REQUIRES: the caller holds the mutex, and
  // does so again afterwards.
  void Await(const absl::Condition& condition) ABSL_EXCLUSIVE_LOCKS_REQUIRED(this) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (condition.Eval()) return;
    BeforeUnlock();
    AfterUnlock();
    BeforeLock();
    mu_.Await(condition);
    AfterLock();
  }
  // The same, at most for `timeout` of real time; returns whether the condition is true. Loops wait with a Clock
  // (clock.h) instead.
  bool AwaitWithTimeout(const absl::Condition& condition, absl::Duration timeout)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(this) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (condition.Eval()) return true;
    BeforeUnlock();
    AfterUnlock();
    BeforeLock();
    // tidy: allow real-time because the machine's clock waits through it
    const bool holds = mu_.AwaitWithTimeout(condition, timeout);
    AfterLock();
    return holds;
  }

 private:
  // Between Before and After the sanitizer looks away; what a condition reads while another thread unlocks is its own
  // affair, and holds the lock all the same.
#ifdef DUBAN_THREAD_SANITIZER
  void BeforeLock() {
    __tsan_mutex_pre_lock(&seen_, 0);
  }
  void AfterLock() {
    __tsan_mutex_post_lock(&seen_, 0, 0);
  }
  void BeforeUnlock() {
    __tsan_mutex_pre_unlock(&seen_, 0);
  }
  void AfterUnlock() {
    __tsan_mutex_post_unlock(&seen_, 0);
  }
  // The mutex as the sanitizer knows it; Abseil's own header speaks of `mu_`.
  char seen_ = 0;
#else
  void BeforeLock() {}
  void AfterLock() {}
  void BeforeUnlock() {}
  void AfterUnlock() {}
#endif

  absl::Mutex mu_;
};

// Holds a mutex while it lives.
class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex* mu) ABSL_EXCLUSIVE_LOCK_FUNCTION(mu) : mu_(mu) { mu->Lock(); }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mu_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* const mu_;
};

// Something that happens once.
class Notification {
 public:
  Notification() = default;
  // Whoever waited may destroy it at once: the thread that notifies has let go by then.
  ~Notification() { MutexLock lock(&mu_); }

  // REQUIRES: not called before.
  void Notify() {
    MutexLock lock(&mu_);
    notified_ = true;
  }
  bool HasBeenNotified() const {
    MutexLock lock(&mu_);
    return notified_;
  }
  void WaitForNotification() const {
    MutexLock lock(&mu_);
    mu_.Await(absl::Condition(&notified_));
  }

 private:
  mutable Mutex mu_;
  bool notified_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace duban

#endif  // DUBAN_COMMON_BASE_MUTEX_H_
