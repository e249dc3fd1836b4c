// Puts a refused call into the audit of a store: a commit without rows that says who was refused what.

#ifndef DUBAN_COMMON_NODE_REFUSALS_H_
#define DUBAN_COMMON_NODE_REFUSALS_H_

#include "absl/status/status.h"
#include "common/access/refusal_book.h"
#include "common/store/store.h"

namespace duban {

// Errors: those of the store.
absl::Status WriteRefusal(Store* store, const RefusedCall& call);

}  // namespace duban

#endif  // DUBAN_COMMON_NODE_REFUSALS_H_
