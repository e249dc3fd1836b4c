// How many calls a caller may make: so many a second, and so many at one moment after a pause (a token bucket for each
// caller, by its name).
//
// Neighbours and the services of the node go on whatever clients do: they hold a page of credit each and call as fast
// as they are answered. Where nothing is proved there is nobody to tell apart, and no budget.
//
// Thread-safe. Time is that of the clock, which outlives it.

#ifndef DUBAN_COMMON_ACCESS_CALL_BUDGET_H_
#define DUBAN_COMMON_ACCESS_CALL_BUDGET_H_

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/access/caller.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"

namespace duban {

// What a caller may do at one moment after a pause, in seconds of its rate.
inline constexpr int kBurstSeconds = 3;

// What comparing a password counts: by default five a second of each caller, of the ten or so that a node can do.
inline constexpr int kSignInCalls = 40;

class CallBudget {
 public:
  // `calls_per_second`: of each person, each unit's client and each job; at least 1.
  CallBudget(Clock* clock, int calls_per_second) : clock_(clock), calls_per_second_(calls_per_second) {}

  // Takes a call off what the caller has left; one that costs as much as `calls`, so many. Errors: OVERLOADED; of
  // those that cost one there is one again within the second that comes with it.
  absl::Status Take(const Caller& caller, int calls = 1) ABSL_LOCKS_EXCLUDED(mu_);

  // Forgets who has made no call for so long that all is left. To be called now and then.
  void Tend() ABSL_LOCKS_EXCLUDED(mu_);

  // Callers that are remembered; calls that were refused.
  int callers() const ABSL_LOCKS_EXCLUDED(mu_);
  int64_t refused() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Bucket {
    // Calls that are left as of `filled`.
    double left = 0;
    absl::Duration filled;
  };

  double most() const { return static_cast<double>(calls_per_second_) * kBurstSeconds; }
  void Fill(absl::Duration now, Bucket& bucket) const;

  Clock* const clock_;
  const int calls_per_second_;
  mutable Mutex mu_;
  // By Caller::label.
  absl::flat_hash_map<std::string, Bucket> buckets_ ABSL_GUARDED_BY(mu_);
  int64_t refused_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace duban

#endif  // DUBAN_COMMON_ACCESS_CALL_BUDGET_H_
