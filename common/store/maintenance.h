// Looking over a store's records, open or copied. Internal to common/store.

#ifndef DUBAN_COMMON_STORE_MAINTENANCE_H_
#define DUBAN_COMMON_STORE_MAINTENANCE_H_

#include <cstdint>

#include "absl/status/status.h"
#include "common/store/view.h"

namespace duban {

// Compares every entity with its places in the feeds, both ways; `head` is the last sequence of the store. Holds one
// row at a time. Errors: DATA_LOSS where they do not agree.
absl::Status VerifyFeedOf(const ReadView& view, int64_t head);

}  // namespace duban

#endif  // DUBAN_COMMON_STORE_MAINTENANCE_H_
