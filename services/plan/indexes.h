// The indexes of the plan service; those of the directory are in directory/indexes.h. Parts in brackets. Numbers are
// part of the format on disk, and no two of all services are the same: never change or reuse one.
// tests/unit/index_numbers_test.cc holds them.

#ifndef DUBAN_SERVICES_PLAN_INDEXES_H_
#define DUBAN_SERVICES_PLAN_INDEXES_H_

#include "common/store/keys.h"

namespace duban {

// [inverted create time: 16 hex digits] [plan] -> v1::Plan without tasks and findings.
inline constexpr Index kPlanByTime{11};
// What plans and their tasks say: see common/search/word_shelves.h and plan_words.h.
inline constexpr Index kPlanWords{25};

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_INDEXES_H_
