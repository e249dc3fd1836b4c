#include "common/store/opening.h"

#include <utility>

#include "common/base/log.h"
#include "common/base/strings.h"
#include "common/store/commit.h"
#include "common/store/rocks.h"

namespace duban {
namespace {

constexpr char kRestore[] =
    "Restore the folder from a backup, or move it away and rebuild the node from its neighbours";

absl::Status CheckIdentity(const StoreOptions& options, OpenedStore& opened) {
  const RocksView view(opened.db.get(), nullptr);
  DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> row, view.GetRow(IdentityKey()));
  if (!row.has_value()) {
    bool any = false;
    DUBAN_RETURN_IF_ERROR(view.ScanRows("", "", [&](std::string_view, std::string_view) {
      any = true;
      return false;
    }));
    if (!any && !opened.high_water->mark().has_value()) return absl::OkStatus();
    return absl::DataLossError(StrCat("the database of ", options.path,
                                      " has lost its identity: its files were lost or replaced, or restoring it from a "
                                      "backup did not come to its end. It is not opened. ",
                                      kRestore));
  }
  storage::v1::StoreIdentity& identity = opened.identity.emplace();
  if (!identity.ParseFromString(*row)) {
    return absl::DataLossError(StrCat("the identity of the store at ", options.path, " does not parse. ", kRestore));
  }
  if (identity.format_version() != kFormatVersion) {
    return absl::FailedPreconditionError(StrCat("the store at ", options.path, " has format ",
                                                identity.format_version(), ", this program reads format ",
                                                kFormatVersion, "; run the program version that made it"));
  }
  if (identity.service() != options.service || identity.node() != options.node) {
    return absl::FailedPreconditionError(StrCat(
        "the store at ", options.path, " belongs to service `", identity.service(), "` of node `", identity.node(),
        "`, not to `", options.service, "` of `", options.node, "`; check --data-dir and --node"));
  }
  return absl::OkStatus();
}

absl::Status LoadHead(const StoreOptions& options, OpenedStore& opened) {
  const std::unique_ptr<rocksdb::Iterator> it(opened.db->NewIterator(rocksdb::ReadOptions()));
  it->SeekForPrev(ToSlice(PrefixEnd(CommitKey(0).substr(0, 1))));
  storage::v1::CommitRecord commit;
  if (!it->status().ok() || !it->Valid() || it->key()[0] != static_cast<char>(KeyKind::kCommit) ||
      !commit.ParseFromArray(it->value().data(), static_cast<int>(it->value().size()))) {
    return absl::DataLossError(StrCat("the store at ", options.path, " has no readable last commit (",
                                      it->status().ToString(), "). ", kRestore));
  }
  opened.last_sequence = SequenceOfKey(ToView(it->key()));
  opened.last_hash = HashNumber(commit.hash());
  return absl::OkStatus();
}

absl::Status CheckHighWater(const StoreOptions& options, OpenedStore& opened) {
  const std::string& path = opened.high_water->path();
  const std::optional<HighWater>& mark = opened.high_water->mark();
  if (!mark.has_value()) {
    // Only the commit that made the identity can be without a mark: the process ended between the two.
    if (opened.last_sequence == 1) return absl::OkStatus();
    return absl::DataLossError(StrCat("the high-water mark ", path,
                                      " is missing or empty, so nothing says what the store acknowledged last. It is "
                                      "not opened. ",
                                      kRestore));
  }
  if (mark->epoch_hash != EpochHash(opened.identity->epoch())) {
    return absl::DataLossError(StrCat("the high-water mark ", path,
                                      " belongs to another history than the database beside it: one of them was "
                                      "replaced. It is not opened. Restore both from one backup"));
  }
  const RocksView view(opened.db.get(), nullptr);
  DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> row, view.GetRow(CommitKey(mark->sequence)));
  storage::v1::CommitRecord commit;
  if (!row.has_value() || !commit.ParseFromString(*row) || HashNumber(commit.hash()) != mark->commit_hash) {
    return absl::DataLossError(StrCat("the database of ", options.path, " ends at sequence ", opened.last_sequence,
                                      " and does not hold what ", path, " says was acknowledged, sequence ",
                                      mark->sequence, ": files of it were lost or replaced. It is not opened. ",
                                      kRestore));
  }
  // What came after the mark: written, perhaps never acknowledged, but unbroken.
  return WalkChain(view, mark->sequence, *opened.identity).status();
}

absl::Status CheckOpened(const StoreOptions& options, OpenedStore& opened) {
  DUBAN_RETURN_IF_ERROR(CheckIdentity(options, opened));
  if (!opened.identity.has_value()) return absl::OkStatus();
  DUBAN_RETURN_IF_ERROR(LoadHead(options, opened));
  return CheckHighWater(options, opened);
}

absl::Status OpenError(const rocksdb::Status& status, const StoreOptions& options, const std::string& folder) {
  if (status.IsIOError() && status.ToString().find("/LOCK") != std::string::npos) {
    return absl::FailedPreconditionError(StrCat("the store at ", options.path,
                                                " is in use by another process, or its LOCK file cannot be written: ",
                                                status.ToString(), "; stop the other process first"));
  }
  return FromRocks(status, folder);
}

// Opens without the end of the log behind its first damaged record, if that end is behind the mark.
absl::StatusOr<OpenedStore> OpenWithoutTornEnd(const StoreOptions& options, const std::string& folder,
                                               const rocksdb::Status& strict) {
  rocksdb::Options rocks = RocksOptions(options.env);
  rocks.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  DUBAN_ASSIGN_OR_RETURN(std::unique_ptr<HighWaterFile> high_water,
                         HighWaterFile::Open(rocks.env->GetFileSystem(), StrCat(options.path, "/high_water")));
  const absl::Status refused = FromRocks(strict, folder);
  rocksdb::DB* db = nullptr;
  // A look that writes nothing: if the damage is not at the end, the files stay as they are for whoever repairs them.
  if (!rocksdb::DB::OpenForReadOnly(rocks, folder, &db).ok()) return refused;
  OpenedStore look;
  look.db.reset(db);
  look.high_water = std::move(high_water);
  if (absl::Status checked = CheckOpened(options, look); !checked.ok()) {
    return absl::Status(refused.code(), StrCat(ToStd(refused.message()), " (", ToStd(checked.message()), ")"));
  }
  // A log whose first commit is torn: the store was never used.
  look.db.reset();
  OpenedStore opened;
  opened.high_water = std::move(look.high_water);
  DUBAN_RETURN_IF_ERROR(OpenError(rocksdb::DB::Open(rocks, folder, &db), options, folder));
  opened.db.reset(db);
  DUBAN_RETURN_IF_ERROR(CheckOpened(options, opened));
  Log(LogLevel::kWarning, "store.torn_end_dropped",
      {{"path", options.path}, {"cause", strict.ToString()}, {"sequence", StrCat(opened.last_sequence)}});
  return opened;
}

}  // namespace

absl::StatusOr<OpenedStore> OpenStoreFolder(const StoreOptions& options) {
  const std::string folder = StrCat(options.path, "/db");
  const rocksdb::Options rocks = RocksOptions(options.env);
  const std::shared_ptr<rocksdb::FileSystem> files = rocks.env->GetFileSystem();
  DUBAN_RETURN_IF_ERROR(MakeFolders(*files, options.path));
  OpenedStore opened;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(rocks, folder, &db);
  if (status.IsCorruption()) {
    DUBAN_ASSIGN_OR_RETURN(opened, OpenWithoutTornEnd(options, folder, status));
  } else {
    DUBAN_RETURN_IF_ERROR(OpenError(status, options, folder));
    opened.db.reset(db);
    DUBAN_ASSIGN_OR_RETURN(opened.high_water, HighWaterFile::Open(files, StrCat(options.path, "/high_water")));
    DUBAN_RETURN_IF_ERROR(CheckOpened(options, opened));
  }
  if (!opened.identity.has_value()) return opened;
  // Whoever reads from now on may see all of it, so none of it may go missing unnoticed.
  const std::optional<HighWater>& mark = opened.high_water->mark();
  if (!mark.has_value() || mark->sequence < opened.last_sequence) {
    DUBAN_RETURN_IF_ERROR(
        opened.high_water->Write({EpochHash(opened.identity->epoch()), opened.last_sequence, opened.last_hash}));
  }
  return opened;
}

}  // namespace duban
