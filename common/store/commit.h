// Commits: one synced write each, chained by hash. Internal to common/store.

#ifndef DUBAN_COMMON_STORE_COMMIT_H_
#define DUBAN_COMMON_STORE_COMMIT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/store/view.h"
#include "duban/storage/v1/record.pb.h"

namespace duban {

// A hash as the eight big-endian bytes that records and positions carry, and back.
std::string HashBytes(uint64_t hash);
uint64_t HashNumber(std::string_view bytes);

// Fills in `commit.hash` from everything else in it and from the sequence in its key.
void SealCommit(storage::v1::CommitRecord& commit, int64_t sequence);

// OK where the commits behind `after` follow on from each other up to the last: each says its own hash, names the one
// before and begins where it ended. `after` is 0 for the whole chain, or the sequence of a commit. Else DATA_LOSS
// with the sequence where it breaks.
absl::Status VerifyChainOf(const ReadView& view, int64_t after, const std::string& epoch);

}  // namespace duban

#endif  // DUBAN_COMMON_STORE_COMMIT_H_
