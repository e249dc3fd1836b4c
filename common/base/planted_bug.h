// Planted bugs: named slips in product code that a test program can switch on, to show that the simulator and the crash
// harness find them. tests/teeth/planted_bugs.cc lists them all.
//
// Ordinary builds have no trace of them: there DUBAN_BUG is the constant false. Only tests/teeth compiles the files
// that hold one a second time, with DUBAN_PLANTED, and links them into programs of its own. For that reason a planted
// bug stands in a .cc file, never in a header. Thread-safe.

#ifndef DUBAN_COMMON_BASE_PLANTED_BUG_H_
#define DUBAN_COMMON_BASE_PLANTED_BUG_H_

#if DUBAN_PLANTED

#include <string_view>

namespace duban {

// Whether `name` is the bug this process runs with. Defined by tests/teeth/plant.cc; use DUBAN_BUG.
bool BugPlanted(std::string_view name);

}  // namespace duban

#define DUBAN_BUG(name) ::duban::BugPlanted(name)

#else

#define DUBAN_BUG(name) false

#endif

#endif  // DUBAN_COMMON_BASE_PLANTED_BUG_H_
