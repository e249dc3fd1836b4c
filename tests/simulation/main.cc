// duban-sim: runs simulated seeds and says what they found.
//
//   duban-sim --seed N [--seeds COUNT] [--nodes N] [--levels N] [--hours H] [--no-faults]
//
// Exit code 0: every invariant held in every seed; 1: one did not, and the command that replays it is printed.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "common/base/log.h"
#include "tests/simulation/simulator.h"

namespace {

using duban::simulation::RunOptions;
using duban::simulation::RunResult;
using duban::simulation::Simulate;

void Print(const RunOptions& options, const RunResult& result, bool verbose) {
  if (verbose || !result.broken.empty()) {
    std::printf("seed %llu: %s\n  %lld events, %lld acts, trace %016llx\n",
                static_cast<unsigned long long>(options.seed), result.drawn.c_str(),
                static_cast<long long>(result.events), static_cast<long long>(result.acts),
                static_cast<unsigned long long>(result.trace_hash));
  }
  if (result.broken.empty()) return;
  std::printf("  last events:\n");
  for (const std::string& line : result.trace) std::printf("    %s\n", line.c_str());
  std::printf("  broken:\n");
  for (const std::string& line : result.broken) std::printf("    %s\n", line.c_str());
  std::printf("  replay: duban-sim --seed %llu --hours %g%s%s%s\n", static_cast<unsigned long long>(options.seed),
              absl::ToDoubleHours(options.length), options.nodes > 0 ? " --nodes " : "",
              options.nodes > 0 ? std::to_string(options.nodes).c_str() : "", options.faults ? "" : " --no-faults");
}

}  // namespace

int main(int argc, char** argv) {
  RunOptions options;
  int seeds = 1;
  double hours = 1;
  bool no_faults = false;
  CLI::App app("Simulates many nodes with the real services and stores, on virtual time and a faulty network");
  app.add_option("--seed", options.seed, "First seed")->capture_default_str();
  app.add_option("--seeds", seeds, "How many seeds, one after the other")->check(CLI::Range(1, 100000000));
  app.add_option("--nodes", options.nodes, "Nodes; 0 draws it")->check(CLI::Range(0, 31));
  app.add_option("--levels", options.levels, "Levels; 0 draws it")->check(CLI::Range(0, 5));
  app.add_option("--hours", hours, "Virtual hours")->check(CLI::Range(0.01, 10000.0))->capture_default_str();
  app.add_flag("--no-faults", no_faults, "A world without faults");
  CLI11_PARSE(app, argc, argv);
  if (options.nodes > 0 && options.levels > options.nodes) {
    std::fprintf(stderr, "duban-sim: --levels=%d needs at least as many --nodes\n", options.levels);
    return 2;
  }
  options.length = absl::Hours(hours);
  options.faults = !no_faults;
  // Starting over, slow neighbours and the like are what a simulation is for.
  duban::SetLogLevel(duban::LogLevel::kError);
  int broken = 0;
  for (int i = 0; i < seeds; ++i, ++options.seed) {
    const RunResult result = Simulate(options);
    Print(options, result, seeds == 1);
    broken += result.broken.empty() ? 0 : 1;
  }
  std::printf("%d seeds of %g virtual hours: %d with broken invariants\n", seeds, hours, broken);
  return broken == 0 ? 0 : 1;
}
