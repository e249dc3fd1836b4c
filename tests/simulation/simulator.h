// A simulated run: nodes, network, faults, work, and the invariants they have to keep (invariants.h).

#ifndef DUBAN_TESTS_SIMULATION_SIMULATOR_H_
#define DUBAN_TESTS_SIMULATION_SIMULATOR_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/simulation/faults.h"

namespace duban::simulation {

// What a run is made of. 0 means: draw it from the seed.
struct RunOptions {
  uint64_t seed = 1;
  int nodes = 0;
  int levels = 0;
  absl::Duration length = absl::Hours(1);
  // The kinds of faults that a seed may draw.
  FaultSet faults = ParseFaults("all").value();
  // Most acts of issuers, units and jobs.
  int64_t acts = 1'000'000;
};

// What came of it.
struct RunResult {
  uint64_t trace_hash = 0;
  int64_t events = 0;
  int64_t acts = 0;
  // What was drawn, one line.
  std::string drawn;
  FaultSet faults;
  // Broken invariants, the first ones; empty: all held. Each begins with its name and a blank.
  std::vector<std::string> broken;
  // The last lines of the trace, where something was broken.
  std::vector<std::string> trace;
  // How often what happened: faults, kinds of work, checks.
  std::map<std::string, int64_t> counts;
};

// Runs a seed: chaos for `length`, then everything is mended, and within ten virtual minutes every level has to agree.
// The same options give the same result. Thread-safe: a run shares nothing with another.
RunResult Simulate(const RunOptions& options);

// Finds a smaller run that breaks the same invariant first: leaves out kinds of faults one by one, ends the chaos
// sooner, drops acts from the end. Runs the simulation some dozens of times. REQUIRES: `options` breaks something.
RunOptions Shrink(const RunOptions& options, const RunResult& result);

// The command line that replays a run.
std::string ReplayCommand(const RunOptions& options);

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_SIMULATOR_H_
