// Copies of a store, and stores made out of copies.
//
// A copy is a folder that holds a database with the rows of one moment and nothing else. The rows are read and written
// one by one, not linked: every block passes its checksum on the way, nothing that later happens to the store's files
// reaches the copy, the store's own log is left alone, and the copy ends exactly with a commit that was acknowledged.
//
// A store made from a copy goes on in an epoch of its own. What the store that was copied did after the copy has its
// sequences in the old epoch, and the new one may use the same numbers for other content: followers meet another epoch
// and start over instead of taking the one for the other.
//
// Threads: every function may be called from any thread; a store may be copied while it is written to.

#ifndef DUBAN_COMMON_STORE_BACKUP_H_
#define DUBAN_COMMON_STORE_BACKUP_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/work.h"
#include "common/store/store.h"

namespace duban {

// What a copy holds.
struct StoreCopy {
  std::string service;
  std::string node;
  // The last commit it holds, and when that was made.
  v1::FeedPosition head;
  absl::Time head_time;
};

// A store that was made from a copy.
struct RestoredStore {
  StoreCopy copy;
  // Of the store that was made, in its new epoch.
  v1::FeedPosition head;
};

// Copies everything that is acknowledged to `folder`, on the file system of the store. Writes go on meanwhile and are
// not in the copy. Errors: FAILED_PRECONDITION where the folder holds anything; DATA_LOSS or INVARIANT_BROKEN where the
// store cannot be read; INTERNAL where the copy cannot be written, CANCELLED once `work` is stopped: the folder is then
// left as far as it came, and CheckCopy refuses it. `work` advances by rows; null: nobody watches.
absl::StatusOr<StoreCopy> CopyStore(const Store& store, const std::string& folder, Work* work = nullptr);

// Reads a copy from one end to the other without changing it: every block against its checksum, every commit against
// the chain, every entity against the feeds. `env` is null for the machine's file system. Errors: DATA_LOSS for a copy
// that is not whole; FAILED_PRECONDITION for one of another format; CANCELLED once `work`, where it is given, is
// stopped.
absl::StatusOr<StoreCopy> CheckCopy(rocksdb::Env* env, const std::string& folder, const Work* work = nullptr);

// Makes the store that `options` describe out of a copy, which is checked first and not changed. The store is not open
// afterwards: Store::Open opens it like any other. Where the process ends in the middle, what it leaves is refused by
// Store::Open; remove the folder and restore again. Errors: those of CheckCopy; FAILED_PRECONDITION where the copy is
// of another service or node, or where the folder of the store holds anything; INTERNAL where it cannot be written.
absl::StatusOr<RestoredStore> RestoreStore(const StoreOptions& options, const std::string& copy);

}  // namespace duban

#endif  // DUBAN_COMMON_STORE_BACKUP_H_
