#include "common/store/rocks.h"

#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <memory>

#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"

namespace duban {
namespace {

// RocksDB's own warnings, in our log. Its log file is no choice: once a write to it has failed (a full disk), the next
// one stops the process, because Debian's build keeps RocksDB's assertions.
class WarningsToLog final : public rocksdb::Logger {
 public:
  WarningsToLog() : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}
  void LogHeader(const char* /*format*/, va_list /*arguments*/) override {}
  void Logv(const char* format, va_list arguments) override {
    char buffer[1000];
    std::vsnprintf(buffer, sizeof buffer, format, arguments);
    std::string text(buffer);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    // The folder of a new store: it looks before it makes it.
    if (text.find(" dir NotFound: ") != std::string::npos) return;
    if (const size_t end = text.find(": dropping "); end != std::string::npos) {
      const size_t begin = text.rfind(' ', end);
      MutexLock lock(&mu_);
      dropped_ = text.substr(begin + 1, end - begin - 1);
    }
    // Of every store that is opened a second time: it has no meaning where ids of tables are not asked for.
    const bool idle = text.find("opened without unique ID to verify") != std::string::npos;
    Log(idle ? LogLevel::kDebug : LogLevel::kWarning, "store.rocksdb", {{"message", text}});
  }
  using rocksdb::Logger::Logv;
  std::string dropped() const {
    MutexLock lock(&mu_);
    return dropped_;
  }

 private:
  mutable Mutex mu_;
  std::string dropped_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

rocksdb::Options RocksOptions(rocksdb::Env* env, int64_t block_cache_bytes) {
  rocksdb::Options options;
  if (env != nullptr) options.env = env;
  options.create_if_missing = true;
  // The default, kPointInTimeRecovery, drops everything behind a damaged record and reports success.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kAbsoluteConsistency;
  // Notices a log file that is missing between others. Never call SyncWAL with it: 7.8 then sees gaps that are none.
  options.track_and_verify_wals_in_manifest = true;
  options.paranoid_checks = true;
  // A failed write is final: the process restarts instead of writing on over a gap.
  options.max_bgerror_resume_count = 0;
  options.recycle_log_file_num = 0;
  options.write_buffer_size = 16 << 20;
  // Most keys that a command reads are new (a request id, an entity): the filter spares their search in the memtable.
  options.memtable_whole_key_filtering = true;
  options.memtable_prefix_bloom_size_ratio = 0.05;
  options.max_total_wal_size = 64 << 20;
  options.max_open_files = 256;
  options.info_log = std::make_shared<WarningsToLog>();
  // Nobody reads RocksDB's own statistics; without them there is no thread to start and stop for them.
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.compression = rocksdb::kLZ4Compression;
  rocksdb::BlockBasedTableOptions table;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.block_cache = rocksdb::NewLRUCache(static_cast<size_t>(block_cache_bytes));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

bool IsDamage(const rocksdb::Status& status) {
  return status.IsCorruption() || status.IsPathNotFound();
}

absl::Status FromRocks(const rocksdb::Status& status, std::string_view path) {
  if (status.ok()) return absl::OkStatus();
  if (IsDamage(status)) {
    return absl::DataLossError(StrCat("the store at ", path, " is damaged: ", status.ToString(), ". ", kStoreRemedy));
  }
  if (status.IsNoSpace()) {
    return absl::ResourceExhaustedError(
        StrCat("the disk of ", path, " is full: ", status.ToString(), ". Free space on it and start it again"));
  }
  return absl::InternalError(StrCat(
      "the disk of ", path, " cannot be read or written: ", status.ToString(),
      ". Nothing is known to be lost. Look at the disk, how it is mounted and who may write there, mend that, and "
      "start it again"));
}

std::string DroppedLogFile(const rocksdb::Options& options) {
  const auto* log = dynamic_cast<const WarningsToLog*>(options.info_log.get());
  return log == nullptr ? "" : log->dropped();
}

absl::Status RocksView::ReadError(const rocksdb::Status& status) const {
  if (listener_ != nullptr && IsDamage(status)) (*listener_)(status);
  return InvariantBroken(StrCat("the store cannot be read: ", status.ToString()));
}

absl::Status MakeFolders(rocksdb::FileSystem& files, const std::string& path) {
  const rocksdb::IOOptions io;
  if (path.empty() || files.FileExists(path, io, nullptr).ok()) return absl::OkStatus();
  const size_t slash = path.rfind('/');
  const std::string parent = slash == std::string::npos ? "." : path.substr(0, std::max<size_t>(slash, 1));
  if (parent != "/" && parent != ".") DUBAN_RETURN_IF_ERROR(MakeFolders(files, parent));
  const rocksdb::Status made = files.CreateDirIfMissing(path, io, nullptr);
  if (!made.ok() && !made.IsNoSpace()) {
    return absl::InternalError(
        StrCat("the folder ", path, " cannot be made: ", made.ToString(),
               ". Nothing was there before and nothing is lost. Make it by hand where whoever runs the program may "
               "write, or name another one, and start it again"));
  }
  DUBAN_RETURN_IF_ERROR(FromRocks(made, path));
  std::unique_ptr<rocksdb::FSDirectory> folder;
  DUBAN_RETURN_IF_ERROR(FromRocks(files.NewDirectory(parent, io, &folder, nullptr), parent));
  return FromRocks(folder->Fsync(io, nullptr), parent);
}

absl::StatusOr<std::optional<std::string>> RocksView::GetRow(std::string_view key) const {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot_;
  std::string value;
  const rocksdb::Status status = db_->Get(options, ToSlice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return ReadError(status);
  return value;
}

absl::Status RocksView::ScanRows(std::string_view begin, std::string_view end,
                                 absl::FunctionRef<bool(std::string_view key, std::string_view value)> visit) const {
  if (!end.empty() && begin >= end) return absl::OkStatus();
  rocksdb::ReadOptions options;
  options.snapshot = snapshot_;
  const rocksdb::Slice upper = ToSlice(end);
  if (!end.empty()) options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options));
  for (it->Seek(ToSlice(begin)); it->Valid(); it->Next()) {
    if (!visit(ToView(it->key()), ToView(it->value()))) break;
  }
  return it->status().ok() ? absl::OkStatus() : ReadError(it->status());
}

}  // namespace duban
