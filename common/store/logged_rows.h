// A commit's rows as a log carries them, and the same batch made of them again. Internal to common/store.
//
// Functions of what they are handed; thread-safe.

#ifndef DUBAN_COMMON_STORE_LOGGED_ROWS_H_
#define DUBAN_COMMON_STORE_LOGGED_ROWS_H_

#include <rocksdb/write_batch.h>

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "common/store/commit_log.h"
#include "common/store/overlay.h"
#include "common/store/transaction.h"
#include "duban/storage/v1/record.pb.h"

namespace duban {

// The commit that ends with `sequence` as a log takes it. REQUIRES: it is sealed.
LoggedCommit ToLogged(const WriteSet& rows, int64_t sequence, const storage::v1::CommitRecord& commit);

// A commit out of a log, ready to be written to a copy.
struct RebuiltCommit {
  rocksdb::WriteBatch batch;
  storage::v1::CommitRecord commit;
  // The audiences whose feeds moved.
  Audiences touched;
  // What was changed, in order of sequence: of an entity that changed more than once, the last change.
  std::vector<EntityChange> changes;
};

// Makes the batch that the leader wrote; `copy` ends where the commit goes on. Errors: DATA_LOSS where the rows are not
// those that the commit's record was sealed over, or the record is not the one that the log names; those of reading.
absl::StatusOr<RebuiltCommit> RebuildCommit(const LoggedCommit& logged, const ReadView& copy);

}  // namespace duban

#endif  // DUBAN_COMMON_STORE_LOGGED_ROWS_H_
