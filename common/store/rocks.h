// RocksDB as this project uses it: options, reading, statuses. Internal to common/store; nothing else includes
// RocksDB's headers.

#ifndef DUBAN_COMMON_STORE_ROCKS_H_
#define DUBAN_COMMON_STORE_ROCKS_H_

#include <rocksdb/db.h>
#include <rocksdb/file_system.h>
#include <rocksdb/options.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/store/view.h"

namespace duban {

// The options every store is opened with. RocksDB's own defaults lose acknowledged writes without a word after a
// flipped bit in its log; these do not (see the comment on each in rocks.cc).
rocksdb::Options RocksOptions(rocksdb::Env* env);

// OK, or an error that names the file or folder: DATA_LOSS for damage, else INTERNAL.
absl::Status FromRocks(const rocksdb::Status& status, std::string_view path);

// Makes a folder and those above it where they are not there, and makes each name durable.
absl::Status MakeFolders(rocksdb::FileSystem& files, const std::string& path);

inline rocksdb::Slice ToSlice(std::string_view view) {
  return {view.data(), view.size()};
}
inline std::string_view ToView(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

// Reads a database at a snapshot, or at its newest state where `snapshot` is null. Both outlive the view.
// Thread-safe: it only reads.
class RocksView : public ReadView {
 public:
  RocksView(rocksdb::DB* db, const rocksdb::Snapshot* snapshot) : db_(db), snapshot_(snapshot) {}
  absl::StatusOr<std::optional<std::string>> GetRow(std::string_view key) const override;
  absl::Status ScanRows(std::string_view begin, std::string_view end,
                        absl::FunctionRef<bool(std::string_view key, std::string_view value)> visit) const override;

 private:
  rocksdb::DB* const db_;
  const rocksdb::Snapshot* const snapshot_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_STORE_ROCKS_H_
