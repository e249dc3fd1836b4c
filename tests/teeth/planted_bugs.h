// The list of planted bugs: each a slip that real programs have had, switched on by name.

#ifndef DUBAN_TESTS_TEETH_PLANTED_BUGS_H_
#define DUBAN_TESTS_TEETH_PLANTED_BUGS_H_

#include <string_view>
#include <vector>

namespace duban::teeth {

struct PlantedBug {
  // As in DUBAN_BUG(name): `store.unsynced`.
  std::string_view name;
  // What the program does wrong, one sentence.
  std::string_view wrong;
  // Invariants of RELIABILITY 3 that it breaks, any of which counts as found: `S1` or `F3 F4`.
  std::string_view breaks;
  // Empty: the simulator finds it, with the seed in seeds.txt. Else a command that exits with 1, or is stopped by
  // an assertion, where it finds it, run with DUBAN_PLANT in its environment; `bin/` in it is the folder of the
  // programs, DIR one to work in.
  std::string_view command;
};

// All of them, by name.
const std::vector<PlantedBug>& PlantedBugs();

// Null where there is none of that name.
const PlantedBug* FindBug(std::string_view name);

}  // namespace duban::teeth

#endif  // DUBAN_TESTS_TEETH_PLANTED_BUGS_H_
