// The indexes of the assignment service. Parts in brackets; the value is empty unless said. Numbers are part of the
// format on disk, and no two of all services are the same: never change or reuse one. tests/unit/index_numbers_test.cc
// holds them.

#ifndef DUBAN_SERVICES_ASSIGNMENT_INDEXES_H_
#define DUBAN_SERVICES_ASSIGNMENT_INDEXES_H_

#include "common/store/keys.h"

namespace duban {

// [unit] [plan] [table rank and number] [assignment].
inline constexpr Index kAssignmentByUnit{4};
// [plan] [table rank and number] [assignment].
inline constexpr Index kAssignmentByPlan{5};
// [upstream task] [assignment that takes it on].
inline constexpr Index kAssignmentByAlignment{6};
// [task] [assignment].
inline constexpr Index kAssignmentByTask{7};

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_INDEXES_H_
