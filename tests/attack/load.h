// Callers that call as fast as they are answered, and what they got.
//
// Thread-compatible.

#ifndef DUBAN_TESTS_ATTACK_LOAD_H_
#define DUBAN_TESTS_ATTACK_LOAD_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace duban::testing {

struct LoadOptions {
  std::string address;
  // Each has a connection of its own and one call under way.
  int callers = 16;
  absl::Duration time = absl::Seconds(3);
  // Whoever is refused waits as long as RetryInfo says. Otherwise it calls again at once.
  bool heed = true;
};

struct LoadResult {
  // Milliseconds, sorted.
  std::vector<double> served, refused;
  // Refusals with a RetryInfo.
  int64_t with_retry_info = 0;
  // Refusals and failures by code and reason.
  std::map<std::string, int64_t> codes;
  double seconds = 0;

  double goodput() const { return seconds == 0 ? 0 : static_cast<double>(served.size()) / seconds; }
};

// Calls GetUnit of a unit that is not there, which reads and answers NOT_FOUND: that counts as served.
LoadResult RunLoad(const LoadOptions& options);

// The value below which `part` of the sorted values lie; 0 where there are none.
double Quantile(const std::vector<double>& sorted, double part);

}  // namespace duban::testing

#endif  // DUBAN_TESTS_ATTACK_LOAD_H_
