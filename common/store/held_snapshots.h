// How many snapshots of a store somebody holds: they keep files and memory, so none may be kept for long.

#ifndef DUBAN_COMMON_STORE_HELD_SNAPSHOTS_H_
#define DUBAN_COMMON_STORE_HELD_SNAPSHOTS_H_

#include <cstdint>

#include "common/store/store.h"

namespace duban {

// Thread-safe. 0 for a store that is not on RocksDB.
int64_t HeldSnapshots(const Store& store);

}  // namespace duban

#endif  // DUBAN_COMMON_STORE_HELD_SNAPSHOTS_H_
