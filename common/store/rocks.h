// RocksDB as this project uses it: options, reading, statuses. Internal to common/store; nothing else includes
// RocksDB's headers.

#ifndef DUBAN_COMMON_STORE_ROCKS_H_
#define DUBAN_COMMON_STORE_ROCKS_H_

#include <rocksdb/db.h>
#include <rocksdb/file_system.h>
#include <rocksdb/options.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/store/view.h"

namespace duban {

// Bytes of table blocks that a database keeps in memory where nothing else is said.
inline constexpr int64_t kBlockCacheBytes = 32 << 20;

// The options every store is opened with. RocksDB's own defaults lose acknowledged writes without a word after a
// flipped bit in its log; these do not (see the comment on each in rocks.cc).
rocksdb::Options RocksOptions(rocksdb::Env* env, int64_t block_cache_bytes = kBlockCacheBytes);

// What to do where files are damaged, lost or replaced.
inline constexpr char kStoreRemedy[] =
    "Restore the node from a backup (duban node restore), or move the folder away and rebuild it from its neighbours "
    "(duban node rebuild)";

// Whether a status means damaged or missing files, not a disk that fails.
bool IsDamage(const rocksdb::Status& status);

// OK, or an error that names the file or folder and says what to do: DATA_LOSS for damage, RESOURCE_EXHAUSTED for a
// full disk, else INTERNAL.
absl::Status FromRocks(const rocksdb::Status& status, std::string_view path);

// Makes a folder and those above it where they are not there, and makes each name durable.
absl::Status MakeFolders(rocksdb::FileSystem& files, const std::string& path);

// The log file of which recovery dropped something while a database was opened with `options`; empty: none.
std::string DroppedLogFile(const rocksdb::Options& options);

inline rocksdb::Slice ToSlice(std::string_view view) {
  return {view.data(), view.size()};
}
inline std::string_view ToView(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

// Told of damage that a read came upon. Thread-safe.
using DamageListener = std::function<void(const rocksdb::Status& damage)>;

// Reads a database at a snapshot, or at its newest state where `snapshot` is null. Both and `listener` (null: nobody is
// told) outlive the view. Thread-safe: it only reads.
class RocksView : public ReadView {
 public:
  RocksView(rocksdb::DB* db, const rocksdb::Snapshot* snapshot, const DamageListener* listener = nullptr)
      : db_(db), snapshot_(snapshot), listener_(listener) {}
  absl::StatusOr<std::optional<std::string>> GetRow(std::string_view key) const override;
  absl::Status ScanRows(std::string_view begin, std::string_view end,
                        absl::FunctionRef<bool(std::string_view key, std::string_view value)> visit) const override;

 private:
  absl::Status ReadError(const rocksdb::Status& status) const;

  rocksdb::DB* const db_;
  const rocksdb::Snapshot* const snapshot_;
  const DamageListener* const listener_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_STORE_ROCKS_H_
