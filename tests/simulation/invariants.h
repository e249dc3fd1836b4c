// The invariants of the system as a list with names, and which of them a simulated run checks, and when.
//
// The names are those by which a broken one is reported, and by which planted bugs say what they break. Pure data;
// thread-safe.

#ifndef DUBAN_TESTS_SIMULATION_INVARIANTS_H_
#define DUBAN_TESTS_SIMULATION_INVARIANTS_H_

#include <string>
#include <string_view>
#include <vector>

namespace duban::simulation {

struct Invariant {
  std::string_view name;
  std::string_view sentence;
  // When it is checked: `step` (at each change or message that concerns it), `start` (each time a node starts), `rest`
  // (when all is mended and has come to rest). Empty: it is not checked.
  std::string_view when;
  // How it is checked; or why it cannot be yet.
  std::string_view how;
};

const std::vector<Invariant>& Invariants();

// Whether there is an invariant of this name that is checked.
bool IsChecked(std::string_view name);

// The list as a table of text, a line each.
std::string DescribeInvariants();

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_INVARIANTS_H_
