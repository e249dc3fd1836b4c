// Long work as it looks from outside: how far it has come, and whether it is still wanted.
//
// The one who does it says what there is to do and what is done, and looks now and then whether to go on; others watch
// and may stop it. Thread-safe. Whoever starts the work keeps it until it has ended. Errors: none.

#ifndef DUBAN_COMMON_BASE_WORK_H_
#define DUBAN_COMMON_BASE_WORK_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "common/base/mutex.h"

namespace duban {

class Work {
 public:
  // So many units more are to be done. An estimate will do.
  void Expect(int64_t units) { total_ += units; }
  // So many units more are done.
  void Advance(int64_t units) { done_ += units; }
  // What is being worked on from now on, such as the name of a store.
  void SetSubject(std::string subject) {
    MutexLock lock(&mu_);
    subject_ = std::move(subject);
  }
  // The work ends soon, without a result.
  void Stop() { stopped_ = true; }

  bool stopped() const { return stopped_; }
  int64_t done() const { return done_; }
  int64_t total() const { return total_; }
  std::string subject() const {
    MutexLock lock(&mu_);
    return subject_;
  }

 private:
  std::atomic<int64_t> done_{0}, total_{0};
  std::atomic<bool> stopped_{false};
  mutable Mutex mu_;
  std::string subject_ ABSL_GUARDED_BY(mu_);
};

// CANCELLED once `work` is stopped, else OK. Null is work that nobody watches.
inline absl::Status CheckWanted(const Work* work) {
  return work != nullptr && work->stopped() ? absl::CancelledError("the work was stopped") : absl::OkStatus();
}

}  // namespace duban

#endif  // DUBAN_COMMON_BASE_WORK_H_
