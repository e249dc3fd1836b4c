// The indexes of the directory, in the store of the plan service. Parts in brackets; the value is empty unless said.
// Numbers are part of the format on disk, and no two of all services are the same: never change or reuse one.
// tests/unit/index_numbers_test.cc holds them.

#ifndef DUBAN_SERVICES_PLAN_DIRECTORY_INDEXES_H_
#define DUBAN_SERVICES_PLAN_DIRECTORY_INDEXES_H_

#include "common/store/keys.h"

namespace duban {

// [display name or alias] [unit or group] -> `own`; `learned` for a name that only this node gives to an entry from
// above; `other` for names from above.
inline constexpr Index kDirectoryName{1};
// [superior unit] [unit].
inline constexpr Index kUnitBySuperior{2};
// [unit named] [entity that names it].
inline constexpr Index kUnitUse{3};

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_DIRECTORY_INDEXES_H_
