// How much one plan may issue: what publishing refuses and what issuing holds to.

#ifndef DUBAN_COMMON_CONTRACT_ISSUE_LIMITS_H_
#define DUBAN_COMMON_CONTRACT_ISSUE_LIMITS_H_

#include <cstddef>

namespace duban {

// Most assignments of one plan. Inclusive. 2,000 tasks for 200 units each are at it; what is kept of them is written in
// one command that has to fit into memory.
inline constexpr size_t kMaxAssignments = 400'000;

// Most addressees of one order. Inclusive. Their list is one message.
inline constexpr size_t kMaxAddressees = 10'000;

}  // namespace duban

#endif  // DUBAN_COMMON_CONTRACT_ISSUE_LIMITS_H_
