// Which certificates were revoked, as the lists in a key folder say (key_folder.h), looked at again every two seconds.
//
// New connections are held against the lists by TLS, which also looks at their signatures; this is for calls over those
// that are open. Whoever may write the folder can refuse a caller by it, and let nobody in. Thread-safe. The clock
// outlives it.

#ifndef DUBAN_COMMON_ACCESS_REVOCATION_LISTS_H_
#define DUBAN_COMMON_ACCESS_REVOCATION_LISTS_H_

#include <set>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "common/access/certificate.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"

namespace duban {

class RevocationLists {
 public:
  RevocationLists(std::string folder, Clock* clock) : folder_(std::move(folder)), clock_(clock) {}

  // Whether a list of its issuer has its serial.
  bool Contains(const Certificate& certificate) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void Load() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::string folder_;
  Clock* const clock_;

  Mutex mu_;
  absl::Duration loaded_ ABSL_GUARDED_BY(mu_) = -absl::InfiniteDuration();
  // The files that were read: names and when they were written.
  std::set<std::pair<std::string, int64_t>> files_ ABSL_GUARDED_BY(mu_);
  // Issuer and serial, as Certificate has them.
  std::set<std::pair<std::string, std::string>> revoked_ ABSL_GUARDED_BY(mu_);
};

}  // namespace duban

#endif  // DUBAN_COMMON_ACCESS_REVOCATION_LISTS_H_
