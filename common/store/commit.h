// Commits: one synced write each, chained by hash. Internal to common/store.

#ifndef DUBAN_COMMON_STORE_COMMIT_H_
#define DUBAN_COMMON_STORE_COMMIT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/store/view.h"
#include "duban/storage/v1/record.pb.h"

namespace duban {

// A hash of 64 bits as the eight big-endian bytes that records carry.
std::string HashBytes(uint64_t hash);

// What the high-water mark keeps of a commit's hash: its first eight bytes as a number.
uint64_t MarkHash(std::string_view commit_hash);

// Fills in `commit.hash` from everything else in it and from the sequence in its key (CommitHash).
void SealCommit(storage::v1::CommitRecord& commit, int64_t sequence);

// The last commit of a store.
struct ChainEnd {
  int64_t sequence = 0;
  storage::v1::CommitRecord commit;
};

// Walks the commits behind `after` up to the last and returns that one. They have to follow on from each other: each
// says its own hash, names the one before, begins where it ended, and opens no epoch but the next one of `identity`.
// `after` is 0 for the whole chain, which begins behind the checkpoint where older commits were cut off, or the
// sequence of a commit. Else DATA_LOSS with the sequence where it breaks.
absl::StatusOr<ChainEnd> WalkChain(const ReadView& view, int64_t after, const storage::v1::StoreIdentity& identity);

// The row that says who made the store. Errors: DATA_LOSS where it is not there or does not parse.
absl::StatusOr<storage::v1::StoreIdentity> ReadIdentity(const ReadView& view);

}  // namespace duban

#endif  // DUBAN_COMMON_STORE_COMMIT_H_
