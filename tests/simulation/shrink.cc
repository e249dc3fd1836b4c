#include <algorithm>

#include "common/base/strings.h"
#include "tests/simulation/simulator.h"

namespace duban::simulation {
namespace {

// Enough steps of halving to come within a percent.
constexpr int kHalvings = 7;

std::string FirstBroken(const RunResult& result) {
  return result.broken.empty() ? "" : result.broken[0].substr(0, result.broken[0].find(' '));
}

bool StillBreaks(const RunOptions& options, const std::string& invariant) {
  return FirstBroken(Simulate(options)) == invariant;
}

// The smallest of what lies between 0 and `from` that still breaks, by halving: what breaks need not break with more,
// but most often does.
template <typename Try>
double Halve(double from, const Try& breaks) {
  double least = 0, most = from;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (least + most) / 2;
    (breaks(middle) ? most : least) = middle;
  }
  return most;
}

}  // namespace

RunOptions Shrink(const RunOptions& options, const RunResult& result) {
  const std::string invariant = FirstBroken(result);
  RunOptions best = options;
  best.faults = result.faults;
  for (const std::string& kind : result.faults) {
    RunOptions without = best;
    without.faults.erase(kind);
    if (StillBreaks(without, invariant)) best = without;
  }
  const double seconds = Halve(absl::ToDoubleSeconds(best.length), [&](double length) {
    RunOptions shorter = best;
    shorter.length = absl::Seconds(std::max<int64_t>(1, static_cast<int64_t>(length)));
    return StillBreaks(shorter, invariant);
  });
  best.length = absl::Seconds(std::max<int64_t>(1, static_cast<int64_t>(seconds)));
  const double acts = Halve(static_cast<double>(result.acts), [&](double count) {
    RunOptions fewer = best;
    fewer.acts = static_cast<int64_t>(count);
    return StillBreaks(fewer, invariant);
  });
  if (acts < static_cast<double>(result.acts)) best.acts = static_cast<int64_t>(acts);
  return best;
}

std::string ReplayCommand(const RunOptions& options) {
  std::string command = StrCat("build/bin/duban-sim --seed ", options.seed, " --seconds ",
                               absl::ToInt64Seconds(options.length), " --faults ", DescribeFaults(options.faults));
  if (options.nodes > 0) StrAppend(&command, " --nodes ", options.nodes);
  if (options.levels > 0) StrAppend(&command, " --levels ", options.levels);
  if (options.acts < RunOptions().acts) StrAppend(&command, " --acts ", options.acts);
  return command;
}

}  // namespace duban::simulation
