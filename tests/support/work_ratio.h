// How much more work one thing is than another: for limits on work that hold on any machine, busy or not. A limit in
// seconds says how fast the machine is; that twice the input takes no more than some two times the work says how the
// code grows.
//
// Not thread-safe: counts the processor time of the whole process.

#ifndef DUBAN_TESTS_SUPPORT_WORK_RATIO_H_
#define DUBAN_TESTS_SUPPORT_WORK_RATIO_H_

#include <algorithm>
#include <ctime>
#include <limits>

#include "absl/functional/function_ref.h"

namespace duban::testing {

// Linear work over twice the input gives 2, quadratic work 4; the rest is for what the machine adds by chance.
inline constexpr double kLinearGrowth = 3.0;

// How many times the processor time of `small` that of `large` is. Both are run in turn, the least of each counts, and
// they are run again, up to 20 times, while the ratio is above `limit`: what happens beside makes work longer, never
// shorter.
inline double WorkRatio(absl::FunctionRef<void()> small, absl::FunctionRef<void()> large, double limit) {
  const auto ticks_of = [](absl::FunctionRef<void()> work) {
    const std::clock_t begin = std::clock();
    work();
    return static_cast<double>(std::max<std::clock_t>(std::clock() - begin, 1));
  };
  double least_small = std::numeric_limits<double>::infinity();
  double least_large = least_small;
  for (int i = 0; i < 20; ++i) {
    least_small = std::min(least_small, ticks_of(small));
    least_large = std::min(least_large, ticks_of(large));
    if (least_large / least_small <= limit) break;
  }
  return least_large / least_small;
}

}  // namespace duban::testing

#endif  // DUBAN_TESTS_SUPPORT_WORK_RATIO_H_
