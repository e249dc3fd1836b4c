// duban-sim: runs simulated seeds and says what they found. tests/simulation/README.md says how.
//
//   duban-sim --seed N [--seeds COUNT] [--jobs J] [--nodes N] [--levels N] [--hours H] [--faults LIST|all|none]
//   duban-sim --list
//
// Exit code 0: every invariant held in every seed; 1: one did not, and the command that replays it is printed; 2: the
// command line is wrong.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include "common/base/log_silence.h"
#include "common/base/mutex.h"
#include "tests/simulation/invariants.h"
#include "tests/simulation/simulator.h"

namespace {

using duban::simulation::RunOptions;
using duban::simulation::RunResult;
using duban::simulation::Simulate;

// What all runs came to.
struct Total {
  duban::Mutex mutex;
  int broken = 0;
  std::map<std::string, int64_t> counts;
};

void PrintCounts(const std::map<std::string, int64_t>& counts) {
  for (const auto& [what, count] : counts) std::printf("  %-28s %lld\n", what.c_str(), static_cast<long long>(count));
}

void Print(const RunOptions& options, const RunResult& result) {
  std::printf("seed %llu: %s\n  %lld events, %lld acts, trace %016llx\n", static_cast<unsigned long long>(options.seed),
              result.drawn.c_str(), static_cast<long long>(result.events), static_cast<long long>(result.acts),
              static_cast<unsigned long long>(result.trace_hash));
}

void PrintBroken(const RunOptions& options, const RunResult& result, bool shrink) {
  Print(options, result);
  std::printf("  broken:\n");
  for (const std::string& line : result.broken) std::printf("    %s\n", line.c_str());
  std::printf("  replay: %s\n", duban::simulation::ReplayCommand(options).c_str());
  if (!shrink) return;
  std::fflush(stdout);
  const RunOptions small = duban::simulation::Shrink(options, result);
  const RunResult smaller = Simulate(small);
  std::printf("  the smallest run found that breaks the same:\n    %s\n    %s\n",
              duban::simulation::ReplayCommand(small).c_str(), smaller.drawn.c_str());
  for (const std::string& line : smaller.broken) std::printf("    %s\n", line.c_str());
  std::printf("  its last events:\n");
  for (const std::string& line : smaller.trace) std::printf("    %s\n", line.c_str());
}

void RunSeeds(RunOptions options, int seeds, bool shrink, bool hashes, std::atomic<int>& next, Total& total) {
  const uint64_t first = options.seed;
  for (int i = next++; i < seeds; i = next++) {
    options.seed = first + static_cast<uint64_t>(i);
    const RunResult result = Simulate(options);
    duban::MutexLock lock(&total.mutex);
    for (const auto& [what, count] : result.counts) total.counts[what] += count;
    if (seeds == 1) Print(options, result);
    if (hashes) {
      std::printf("%llu %016llx\n", static_cast<unsigned long long>(options.seed),
                  static_cast<unsigned long long>(result.trace_hash));
    }
    if (result.broken.empty()) continue;
    ++total.broken;
    PrintBroken(options, result, shrink);
  }
}

double CpuSeconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

}  // namespace

int main(int argc, char** argv) {
  RunOptions options;
  int seeds = 1, jobs = 1;
  double hours = 1;
  int64_t seconds = 0;
  std::string faults = "all";
  bool list = false, no_shrink = false, counts = false, hashes = false;
  CLI::App app("Simulates many nodes with the real services and stores, on virtual time and a faulty network");
  app.add_option("--seed", options.seed, "First seed")->capture_default_str();
  app.add_option("--seeds", seeds, "How many seeds")->check(CLI::Range(1, 100000000));
  app.add_option("--jobs", jobs, "How many at a time")->check(CLI::Range(1, 256));
  app.add_option("--nodes", options.nodes, "Nodes; 0 draws it")->check(CLI::Range(0, 31));
  app.add_option("--levels", options.levels, "Levels; 0 draws it")->check(CLI::Range(0, 5));
  app.add_option("--hours", hours, "Virtual hours of chaos")->check(CLI::Range(0.01, 10000.0))->capture_default_str();
  app.add_option("--seconds", seconds, "The same in seconds, for replaying; wins over --hours");
  app.add_option("--acts", options.acts, "Most acts of people and jobs; for replaying");
  app.add_option("--faults", faults, "Kinds of faults that a seed may draw: all, none, or names with commas");
  app.add_flag("--list", list, "Prints the invariants and the kinds of faults");
  app.add_flag("--no-shrink", no_shrink, "Does not look for a smaller run that breaks the same");
  app.add_flag("--counts", counts, "Prints how often what happened");
  app.add_flag("--hashes", hashes, "Prints each seed and the hash of its trace");
  CLI11_PARSE(app, argc, argv);
  if (list) {
    std::fputs(duban::simulation::DescribeInvariants().c_str(), stdout);
    std::printf("\nKinds of faults:\n");
    for (const auto& kind : duban::simulation::FaultKinds()) {
      std::printf("  %-16s %s\n", std::string(kind.name).c_str(), std::string(kind.sentence).c_str());
    }
    return 0;
  }
  const auto parsed = duban::simulation::ParseFaults(faults);
  if (!parsed || (options.nodes > 0 && options.levels > options.nodes)) {
    std::fputs("duban-sim: --faults has a name that --list does not know, or --levels is above --nodes\n", stderr);
    return 2;
  }
  options.faults = *parsed;
  options.length = seconds > 0 ? absl::Seconds(seconds) : absl::Hours(hours);
  // Starting over, failing disks and slow neighbours are what a simulation is for.
  duban::SilenceLog();
  const auto started = std::chrono::steady_clock::now();
  Total total;
  std::atomic<int> next = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < jobs; ++i) {
    threads.emplace_back([&] { RunSeeds(options, seeds, !no_shrink, hashes, next, total); });
  }
  for (std::thread& thread : threads) thread.join();
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  const double years = absl::ToDoubleHours(options.length) * seeds / (24 * 365.25);
  if (counts) PrintCounts(total.counts);
  std::printf(
      "%d seeds of %g virtual hours: %d with broken invariants; %.1f s, %.1f core-seconds, %.3f virtual years a "
      "core-hour\n",
      seeds, absl::ToDoubleHours(options.length), total.broken, wall, CpuSeconds(), years / (CpuSeconds() / 3600));
  return total.broken == 0 ? 0 : 1;
}
