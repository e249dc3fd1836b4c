// The refusals of calls that wait to be put into the audit: of each caller the first ten in a minute one by one, the
// rest of them counted together, so that noise cannot fill a disk.
//
// Thread-safe. Noting never waits for a disk.

#ifndef DUBAN_COMMON_ACCESS_REFUSAL_BOOK_H_
#define DUBAN_COMMON_ACCESS_REFUSAL_BOOK_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/access/caller.h"
#include "common/base/mutex.h"
#include "duban/v1/errors.pb.h"

namespace duban {

// Refusals of one caller in one minute that are told one by one.
inline constexpr int kToldOneByOne = 10;
// Callers told apart at a time; those beyond are counted as one, `others`.
inline constexpr size_t kMostRefusedCallers = 1'024;

// A refused call, or several of one caller.
struct RefusedCall {
  Caller caller;
  // The last of them.
  std::string method;
  std::string request_id;
  // What it was about, as far as its request names that.
  std::string about;
  v1::ErrorReason reason = v1::ERROR_REASON_UNSPECIFIED;
  int64_t times = 1;
};

class RefusalBook {
 public:
  // `now` is any steady time that goes forwards.
  void Note(RefusedCall call, absl::Duration now);

  // What is to be put into the audit by now; what is counted together comes when its minute is over, or with `all` at
  // once. Each is handed out once.
  std::vector<RefusedCall> Take(absl::Duration now, bool all = false);

 private:
  // One caller's minute.
  struct Minute {
    absl::Duration began;
    int told = 0;
    // Those beyond; `times` is 0 where there are none.
    RefusedCall rest;
  };

  Mutex mu_;
  // By the caller's label.
  std::map<std::string, Minute> minutes_ ABSL_GUARDED_BY(mu_);
  std::vector<RefusedCall> ready_ ABSL_GUARDED_BY(mu_);
};

}  // namespace duban

#endif  // DUBAN_COMMON_ACCESS_REFUSAL_BOOK_H_
