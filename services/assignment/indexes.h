// The indexes of the assignment service. Parts in brackets; the value is empty unless said. Numbers are part of the
// format on disk, and no two of all services are the same: never change or reuse one. tests/unit/index_numbers_test.cc
// holds them.

#ifndef DUBAN_SERVICES_ASSIGNMENT_INDEXES_H_
#define DUBAN_SERVICES_ASSIGNMENT_INDEXES_H_

#include "common/store/keys.h"

namespace duban {

// Rows that are kept: see desk.h and made_below.h.
inline constexpr Index kDesk{12};
inline constexpr Index kDeskLease{13};
inline constexpr Index kUnitDesk{15};
inline constexpr Index kUnitPlan{16};
inline constexpr Index kOrderByAlignment{17};
inline constexpr Index kBelow{18};
inline constexpr Index kPlanOrders{22};
inline constexpr Index kPlanTally{23};
inline constexpr Index kWaiting{24};
inline constexpr Index kIssuerWaiting{29};
// Of files, see evidence_book.h: (sha256, holder, assignment) for each that an assignment names; (time, sha256, holder)
// for each that has yet to be looked at, by when it was put in.
inline constexpr Index kFileNamed{27};
inline constexpr Index kFileDue{28};
// What orders say: see common/search/word_shelves.h and order_words.h.
inline constexpr Index kOrderWords{26};

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_INDEXES_H_
