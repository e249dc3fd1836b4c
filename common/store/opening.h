// Opening a store's folder, with every check before the first command. Internal to common/store.

#ifndef DUBAN_COMMON_STORE_OPENING_H_
#define DUBAN_COMMON_STORE_OPENING_H_

#include <rocksdb/db.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/store/high_water.h"
#include "common/store/store.h"
#include "duban/storage/v1/log_entry.pb.h"
#include "duban/storage/v1/record.pb.h"

namespace duban {

// Where a copy of a log says which one it goes on from.
inline constexpr char kLogNameRow[] = "store/log";

// A folder that passed its checks. Not thread-safe.
struct OpenedStore {
  std::unique_ptr<rocksdb::DB> db;
  std::unique_ptr<HighWaterFile> high_water;
  // Nothing where the store is new: its first commit has to write one.
  std::optional<storage::v1::StoreIdentity> identity;
  int64_t last_sequence = 0;
  std::string last_hash;
  // The log that it is a copy of; nothing where it is none.
  std::optional<storage::v1::LogName> log;
  // When the last commit was made.
  absl::Time last_commit_time = absl::InfinitePast();
};

// Whether a store lies in the folder, or did. Changes nothing.
bool HoldsStore(const StoreOptions& options);

// Opens the folder, or makes it. Nothing on disk is changed where the folder fails a check. Errors: those of
// Store::Open.
//
// The database is looked at first without changing it, under absolute consistency. Where only that fails, the end of
// the log may be a torn write that nobody was told of: it is looked at once more without that, and opened without its
// torn end if it holds everything up to the high-water mark. So a database is in memory twice for a moment, its log at
// least.
absl::StatusOr<OpenedStore> OpenStoreFolder(const StoreOptions& options);

}  // namespace duban

#endif  // DUBAN_COMMON_STORE_OPENING_H_
