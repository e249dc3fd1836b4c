// Which planted bug this process runs with (common/base/planted_bug.h): DUBAN_PLANT of its environment, or what a test
// sets. At most one at a time.

#ifndef DUBAN_TESTS_TEETH_PLANT_H_
#define DUBAN_TESTS_TEETH_PLANT_H_

#include <string>
#include <string_view>

namespace duban::teeth {

// Plants `name` from now on; empty plants none. Stops the process where planted_bugs.h does not list it. Not
// thread-safe: set it while nothing runs.
void Plant(std::string_view name);

// The bug this process runs with; empty: none.
const std::string& Planted();

}  // namespace duban::teeth

#endif  // DUBAN_TESTS_TEETH_PLANT_H_
