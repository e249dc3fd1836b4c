// A simulated run: nodes, network, faults, work, and the invariants they have to keep.
//
// The names of the invariants (S1, F3, A5, ...) are listed with their meaning in tests/simulation/README.md.

#ifndef DUBAN_TESTS_SIMULATION_SIMULATOR_H_
#define DUBAN_TESTS_SIMULATION_SIMULATOR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace duban::simulation {

// What a run is made of. 0 means: draw it from the seed.
struct RunOptions {
  uint64_t seed = 1;
  int nodes = 0;
  int levels = 0;
  absl::Duration length = absl::Hours(1);
  bool faults = true;
};

// What came of it.
struct RunResult {
  uint64_t trace_hash = 0;
  int64_t events = 0;
  int64_t acts = 0;
  // What was drawn, one line.
  std::string drawn;
  // Broken invariants, the first ones; empty: all held.
  std::vector<std::string> broken;
  // The last lines of the trace, where something was broken.
  std::vector<std::string> trace;
};

// Runs a seed: chaos for `length`, then everything is mended, and within ten virtual minutes every level has to agree.
// The same options give the same result. Thread-safe: a run shares nothing with another.
RunResult Simulate(const RunOptions& options);

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_SIMULATOR_H_
