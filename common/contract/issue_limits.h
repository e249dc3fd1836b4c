// How much one plan may issue: what publishing refuses and what issuing holds to.

#ifndef DUBAN_COMMON_CONTRACT_ISSUE_LIMITS_H_
#define DUBAN_COMMON_CONTRACT_ISSUE_LIMITS_H_

#include <cstddef>

namespace duban {

// Most assignments of one plan. Inclusive. 1,000 tasks for 1,000 units each are at it.
inline constexpr size_t kMaxAssignments = 1'000'000;

// Most addressees of one order. Inclusive. Their list is one message.
inline constexpr size_t kMaxAddressees = 10'000;

}  // namespace duban

#endif  // DUBAN_COMMON_CONTRACT_ISSUE_LIMITS_H_
