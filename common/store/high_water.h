// The high-water mark: a small file beside the database that says what was acknowledged last.
//
// RocksDB opens without complaint after its newest log was lost. The mark is written and synced after each commit and
// before its callers are answered, or, for a copy of a log, each time the copy was synced; a store that holds less than
// its mark is not opened. Two slots are written in
// turn, so that a torn write leaves the one before.
//
// Layout of a slot, 64 bytes, little-endian, at offsets 0 and 4,096:
//   magic:u32 `DBHW` version:u32 counter:u64 epoch:u64 (XXH3-64 of its text) sequence:u64 hash:u64 zero:16 check:u64
//   (XXH3-64 of the 56 bytes before)
//
// Threads: used by one thread at a time, but for Check. Errors: DATA_LOSS where neither slot is sound (one that is not
// is logged, and the other one taken); any failed write is final.

#ifndef DUBAN_COMMON_STORE_HIGH_WATER_H_
#define DUBAN_COMMON_STORE_HIGH_WATER_H_

#include <rocksdb/file_system.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace duban {

struct HighWater {
  uint64_t epoch_hash = 0;
  int64_t sequence = 0;
  uint64_t commit_hash = 0;
};

class HighWaterFile {
 public:
  // Reads the file; where there is none, the first Write makes it.
  static absl::StatusOr<std::unique_ptr<HighWaterFile>> Open(std::shared_ptr<rocksdb::FileSystem> files,
                                                             std::string path);
  // Whether the file is there and says something. May be called while another thread writes. Errors: DATA_LOSS.
  absl::Status Check() const;
  // The mark; nothing where none was ever written.
  const std::optional<HighWater>& mark() const { return mark_; }
  // Replaces the mark durably.
  absl::Status Write(const HighWater& mark);
  const std::string& path() const { return path_; }

 private:
  HighWaterFile(std::shared_ptr<rocksdb::FileSystem> files, std::string path)
      : files_(std::move(files)), path_(std::move(path)) {}
  absl::Status Read();
  absl::Status Make(const std::string& first_slot);

  const std::shared_ptr<rocksdb::FileSystem> files_;
  const std::string path_;
  std::unique_ptr<rocksdb::FSRandomRWFile> file_;
  std::optional<HighWater> mark_;
  uint64_t counter_ = 0;
};

// XXH3-64 of an epoch's text, as the mark keeps it.
uint64_t EpochHash(const std::string& epoch);

}  // namespace duban

#endif  // DUBAN_COMMON_STORE_HIGH_WATER_H_
