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

// How often somebody may try to sign in from one address, by default.
inline constexpr int kSignInsPerMinute = 60;

// Buckets of whatever is counted, by a name. Not thread-safe.
class Buckets {
 public:
  // `most`: what is left after a pause. `per_second`: how fast it comes again.
  Buckets(double per_second, double most) : per_second_(per_second), most_(most) {}

  // Takes so much off what a name has left, and at most all that there ever is; false where that is not there.
  bool Take(const std::string& name, double cost, absl::Duration now);
  // Forgets names that have all left.
  void Tend(absl::Duration now);
  int size() const { return static_cast<int>(buckets_.size()); }

 private:
  struct Bucket {
    // What is left as of `filled`.
    double left = 0;
    absl::Duration filled;
  };
  void Fill(absl::Duration now, Bucket& bucket) const;

  double per_second_;
  double most_;
  absl::flat_hash_map<std::string, Bucket> buckets_;
};

class CallBudget {
 public:
  // `calls_per_second`: of each person, each unit's client and each job; at least 1.
  CallBudget(Clock* clock, int calls_per_second)
      : clock_(clock),
        calls_per_second_(calls_per_second),
        buckets_(calls_per_second, static_cast<double>(calls_per_second) * kBurstSeconds) {}

  // Takes a call off what the caller has left; one that costs as much as `calls`, so many. Errors: OVERLOADED; of
  // those that cost one there is one again within the second that comes with it.
  absl::Status Take(const Caller& caller, int calls = 1) ABSL_LOCKS_EXCLUDED(mu_);

  // Forgets who has made no call for so long that all is left. To be called now and then.
  void Tend() ABSL_LOCKS_EXCLUDED(mu_);

  // Callers that are remembered; calls that were refused.
  int callers() const ABSL_LOCKS_EXCLUDED(mu_);
  int64_t refused() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  Clock* const clock_;
  const int calls_per_second_;
  mutable Mutex mu_;
  // By Caller::label.
  Buckets buckets_ ABSL_GUARDED_BY(mu_);
  int64_t refused_ ABSL_GUARDED_BY(mu_) = 0;
};

// What counts as one address: of IPv6 the first 64 bits, of which whoever has one address has all that begin so
// (RFC 4291): `2001:db8:1:2::/64`. IPv4 within IPv6 (`::ffff:10.1.2.3`) is IPv4. Everything else as it is.
std::string AddressCounted(const std::string& address);

// How often somebody may try to sign in from one address, whoever's certificate they have: so often a minute, and as
// often at one moment after a pause. The services of the node and the node itself are not counted: they carry many
// people's attempts, and limit those by whom they come from.
//
// Thread-safe. Time is that of the clock, which outlives it.
class SignInBudget {
 public:
  // `per_minute`: at least 1.
  SignInBudget(Clock* clock, int per_minute)
      : clock_(clock), per_minute_(per_minute), buckets_(per_minute / 60.0, per_minute) {}

  // Errors: OVERLOADED with `address`.
  absl::Status Take(const Caller& carrier, const std::string& address) ABSL_LOCKS_EXCLUDED(mu_);
  // Forgets addresses that nobody tried from for a minute. To be called now and then.
  void Tend() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  Clock* const clock_;
  const int per_minute_;
  Mutex mu_;
  Buckets buckets_ ABSL_GUARDED_BY(mu_);
};

}  // namespace duban

#endif  // DUBAN_COMMON_ACCESS_CALL_BUDGET_H_
