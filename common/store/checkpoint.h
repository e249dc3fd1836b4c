// Where the history of a store begins, once older commits were cut off. Internal to common/store and common/feed.
//
// Commits go from the oldest on, and a checkpoint takes their place: it has the hash of the last one that went, so the
// chain goes on from there, and whoever stands just behind it is still known. Withdrawals, and tombstones, up to it are
// gone as well: no follower asks for what lies before it without starting over.
//
// Threads: pure functions.

#ifndef DUBAN_COMMON_STORE_CHECKPOINT_H_
#define DUBAN_COMMON_STORE_CHECKPOINT_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "common/store/view.h"
#include "duban/storage/v1/record.pb.h"

namespace duban {

// The checkpoint of a store; one with sequence 0 where nothing was cut off. Errors: DATA_LOSS where it was altered.
absl::StatusOr<storage::v1::Checkpoint> ReadCheckpoint(const ReadView& view);

// Fills in `checkpoint.seal` from everything else in it.
void SealCheckpoint(storage::v1::Checkpoint& checkpoint);

}  // namespace duban

#endif  // DUBAN_COMMON_STORE_CHECKPOINT_H_
