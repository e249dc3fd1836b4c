// Looking for a planted bug with the simulator or the crash harness.

#ifndef DUBAN_TESTS_TEETH_HUNT_H_
#define DUBAN_TESTS_TEETH_HUNT_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "tests/simulation/simulator.h"
#include "tests/teeth/planted_bugs.h"

namespace duban::teeth {

// A simulated run that shows a bug: a seed, and how many virtual minutes of chaos.
struct Recorded {
  uint64_t seed = 0;
  int minutes = 0;
};

// How a bug was found.
struct Found {
  // Of the simulator; 0 where a command found it.
  Recorded run;
  // The invariant that broke, and how it showed.
  std::string invariant;
  std::string what;
  // Seeds that were run for it.
  int seeds = 0;
};

// Where a hunt begins and how long it goes on: `seeds` seeds of each length (20 and 60 virtual minutes) behind `first`.
struct HuntOptions {
  uint64_t first = 1;
  int seeds = 100;
};

// What the simulator is told to run.
simulation::RunOptions OptionsOf(const Recorded& run);

// Whether a run broke one of the invariants that the bug is known to break; the one it broke first, with its words.
std::optional<Found> FoundIn(const PlantedBug& bug, const Recorded& run);

// Plants the bug and looks for it; nothing where nobody found it. Leaves no bug planted.
std::optional<Found> Hunt(const PlantedBug& bug, const HuntOptions& options);

// What came of a bug's command.
struct Ended {
  // It ended with 1, or an assertion stopped it.
  bool found = false;
  // It ended with 0.
  bool clean = false;
  std::string output;
};

// Runs a bug's command with the bug `planted` in its environment; empty: without one.
Ended RunCommand(std::string_view command, std::string_view planted);

// The runs kept in tests/teeth/seeds.txt, by bug. Stops the process where a line cannot be read.
std::map<std::string, Recorded> ReadRecorded();
void WriteRecorded(const std::map<std::string, Recorded>& runs);

}  // namespace duban::teeth

#endif  // DUBAN_TESTS_TEETH_HUNT_H_
