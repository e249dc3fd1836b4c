#include "common/store/opening.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/base/failpoint.h"
#include "common/base/log.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/store/commit.h"
#include "common/store/rocks.h"

namespace duban {
namespace {

// Sequences of which the commits are walked before a store opens: a second or so where all of them are commits. Those
// before are walked by VerifyFiles, while the store serves.
constexpr int64_t kWalkedAtOpening = 500'000;

// Makes the names of a new store's folder and of the one it lies in durable. They may have been made by a process that
// did not live to do it.
absl::Status SyncParents(rocksdb::FileSystem& files, std::string path) {
  const rocksdb::IOOptions io;
  for (int level = 0; level < 2; ++level) {
    const size_t slash = path.rfind('/');
    if (slash == std::string::npos || slash == 0) return absl::OkStatus();
    path.resize(slash);
    std::unique_ptr<rocksdb::FSDirectory> folder;
    // One that may not be looked into was not made by this program.
    if (!files.NewDirectory(path, io, &folder, nullptr).ok()) return absl::OkStatus();
    DUBAN_RETURN_IF_ERROR(FromRocks(folder->Fsync(io, nullptr), path));
  }
  return absl::OkStatus();
}

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
                                      kStoreRemedy));
  }
  storage::v1::StoreIdentity& identity = opened.identity.emplace();
  if (!identity.ParseFromString(*row)) {
    return absl::DataLossError(
        StrCat("the identity of the store at ", options.path, " does not parse. ", kStoreRemedy));
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

absl::Status LoadLogName(const StoreOptions& options, OpenedStore& opened) {
  const RocksView view(opened.db.get(), nullptr);
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> row, view.GetRow(LocalKey(kLogNameRow)));
  if (row.has_value() && !opened.log.emplace().ParseFromString(*row)) {
    return absl::DataLossError(
        StrCat("the store at ", options.path, " does not say readably which log it is a copy of. ", kStoreRemedy));
  }
  return absl::OkStatus();
}

absl::Status LoadHead(const StoreOptions& options, OpenedStore& opened) {
  const std::unique_ptr<rocksdb::Iterator> it(opened.db->NewIterator(rocksdb::ReadOptions()));
  it->SeekForPrev(ToSlice(PrefixEnd(CommitKey(0).substr(0, 1))));
  storage::v1::CommitRecord commit;
  DUBAN_RETURN_IF_ERROR(FromRocks(it->status(), options.path));
  if (!it->Valid() || it->key()[0] != static_cast<char>(KeyKind::kCommit) ||
      !commit.ParseFromArray(it->value().data(), static_cast<int>(it->value().size()))) {
    return absl::DataLossError(StrCat("the store at ", options.path, " has no readable last commit. ", kStoreRemedy));
  }
  opened.last_sequence = SequenceOfKey(ToView(it->key()));
  opened.last_hash = commit.hash();
  opened.last_commit_time = FromProto(commit.commit_time());
  return absl::OkStatus();
}

// The commit from which on the chain is walked at opening: the first one, or one so far back.
absl::StatusOr<int64_t> StartOfWalk(const OpenedStore& opened, int64_t mark) {
  if (opened.last_sequence <= kWalkedAtOpening) return 0;
  const std::unique_ptr<rocksdb::Iterator> it(opened.db->NewIterator(rocksdb::ReadOptions()));
  it->Seek(ToSlice(CommitKey(opened.last_sequence - kWalkedAtOpening)));
  if (!it->status().ok()) return FromRocks(it->status(), opened.high_water->path());
  return it->Valid() ? std::min(mark, SequenceOfKey(ToView(it->key()))) : mark;
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
                                      kStoreRemedy));
  }
  if (mark->epoch_hash != EpochHash(opened.identity->epoch())) {
    return absl::DataLossError(StrCat("the high-water mark ", path,
                                      " belongs to another history than the database beside it: one of them was "
                                      "replaced. It is not opened. ",
                                      kStoreRemedy));
  }
  const RocksView view(opened.db.get(), nullptr);
  DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> row, view.GetRow(CommitKey(mark->sequence)));
  storage::v1::CommitRecord commit;
  if (DUBAN_BUG("store.opens_below_mark") && !row.has_value()) return absl::OkStatus();
  if (!row.has_value() || !commit.ParseFromString(*row) || MarkHash(commit.hash()) != mark->commit_hash) {
    return absl::DataLossError(StrCat("the database of ", options.path, " ends at sequence ", opened.last_sequence,
                                      " and does not hold what ", path, " says was acknowledged, sequence ",
                                      mark->sequence, ": files of it were lost or replaced. It is not opened. ",
                                      kStoreRemedy));
  }
  // What came after the mark: written, perhaps never acknowledged, but unbroken. And before it: a database that forgot
  // a table (its list of files was cut at a record's end) opens without a word, and lacks the commits that were in
  // there.
  DUBAN_ASSIGN_OR_RETURN(const int64_t after, StartOfWalk(opened, mark->sequence));
  const absl::Status chain = WalkChain(view, after, *opened.identity).status();
  if (chain.ok()) return chain;
  return absl::Status(chain.code(), StrCat("the database of ", options.path, ": ", ToStd(chain.message())));
}

absl::Status CheckOpened(const StoreOptions& options, OpenedStore& opened) {
  DUBAN_RETURN_IF_ERROR(CheckIdentity(options, opened));
  if (!opened.identity.has_value()) return absl::OkStatus();
  DUBAN_RETURN_IF_ERROR(LoadHead(options, opened));
  return CheckHighWater(options, opened);
}

// In words of RocksDB, whose statuses say no more: another process holds the lock.
bool IsInUse(const std::string& text) {
  return text.find("While lock file") != std::string::npos ||
         text.find("lock hold by current process") != std::string::npos;
}

absl::Status OpenError(const rocksdb::Status& status, const rocksdb::Options& rocks, const StoreOptions& options,
                       const std::string& folder) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = status.ToString();
  if (status.IsIOError() && IsInUse(text)) {
    return absl::FailedPreconditionError(StrCat("the store at ", options.path, " is in use by another process: ", text,
                                                "; stop the other process first"));
  }
  // Where CURRENT cannot be read, RocksDB has these words for it.
  if (text.find("Direct I/O") != std::string::npos) {
    return FromRocks(rocksdb::Status::IOError("While opening CURRENT", text), folder);
  }
  // RocksDB reads a file of options of its own and wraps whatever hinders it.
  if (status.IsIOError() || IsDamage(status) || status.IsNoSpace() || text.find("IO error") != std::string::npos) {
    const std::string dropped = DroppedLogFile(rocks);
    return FromRocks(status, dropped.empty() || !status.IsCorruption() ? folder : dropped);
  }
  // A version it does not know, a comparator nobody uses: what was read is not what was written.
  return absl::DataLossError(StrCat("the database ", folder, " is damaged: ", text, ". ", kStoreRemedy));
}

// What a check met while it read: the same outcomes as opening has.
absl::Status CheckError(const absl::Status& status, const std::string& folder) {
  if (!absl::IsInternal(status)) return status;
  const std::string text(ToStd(status.message()));
  if (text.find("Corruption") != std::string::npos || text.find("No such file") != std::string::npos ||
      text.find("does not parse") != std::string::npos) {
    return absl::DataLossError(StrCat("the database ", folder, " is damaged: ", text, ". ", kStoreRemedy));
  }
  return FromRocks(rocksdb::Status::IOError(text), folder);
}

// RocksDB takes a folder without CURRENT for a new one, makes an empty database there and removes the tables of the old
// one. So whether it is new is found out before.
absl::Status CheckNotEmptied(rocksdb::FileSystem& files, const StoreOptions& options, const std::string& folder) {
  const rocksdb::IOOptions io;
  const std::string current = folder + "/CURRENT";
  if (!files.FileExists(current, io, nullptr).IsNotFound()) return absl::OkStatus();
  bool used = files.FileExists(StrCat(options.path, "/high_water"), io, nullptr).ok();
  std::vector<std::string> names;
  files.GetChildren(folder, io, &names, nullptr).PermitUncheckedError();
  for (const std::string& name : names) used = used || name.ends_with(".sst");
  if (!used) return absl::OkStatus();
  return absl::DataLossError(StrCat("the database ", folder,
                                    " has lost its file CURRENT or all of its files, or restoring it from a backup "
                                    "did not come to its end. It is not opened. ",
                                    kStoreRemedy));
}

// Opens and checks the database without changing a file.
absl::Status Look(const StoreOptions& options, const rocksdb::Options& rocks, const std::string& folder,
                  rocksdb::Status* opening, int64_t* last_sequence) {
  OpenedStore look;
  rocksdb::DB* db = nullptr;
  *opening = rocksdb::DB::OpenForReadOnly(rocks, folder, &db);
  DUBAN_RETURN_IF_ERROR(OpenError(*opening, rocks, options, folder));
  look.db.reset(db);
  DUBAN_ASSIGN_OR_RETURN(look.high_water,
                         HighWaterFile::Open(rocks.env->GetFileSystem(), StrCat(options.path, "/high_water")));
  DUBAN_RETURN_IF_ERROR(CheckError(CheckOpened(options, look), folder));
  *last_sequence = look.last_sequence;
  return absl::OkStatus();
}

// How to open a database that is there: nothing is changed before it is known that it may be. Where its log ends in
// something that nobody was told of, `rocks` is changed to leave that out.
absl::Status Examine(const StoreOptions& options, const std::string& folder, rocksdb::Options& rocks,
                     int64_t* last_sequence) {
  rocksdb::Status opening;
  const absl::Status strict = Look(options, rocks, folder, &opening, last_sequence);
  if (strict.ok() || !opening.IsCorruption()) return strict;
  rocks.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  rocksdb::Status ignored;
  const absl::Status lenient = Look(options, rocks, folder, &ignored, last_sequence);
  if (lenient.ok()) {
    Log(LogLevel::kWarning, "store.torn_end_dropped",
        {{"path", options.path}, {"cause", opening.ToString()}, {"sequence", StrCat(*last_sequence)}});
    return lenient;
  }
  if (ignored.IsCorruption()) return strict;
  return absl::Status(strict.code(), StrCat(ToStd(strict.message()), " (", ToStd(lenient.message()), ")"));
}

// Examine, with the database locked: what another process has open changes under the eyes.
absl::Status ExamineLocked(const StoreOptions& options, const std::string& folder, rocksdb::Options& rocks,
                           int64_t* last_sequence) {
  rocksdb::FileLock* lock = nullptr;
  DUBAN_RETURN_IF_ERROR(OpenError(rocks.env->LockFile(folder + "/LOCK", &lock), rocks, options, folder));
  const absl::Status examined = Examine(options, folder, rocks, last_sequence);
  DUBAN_RETURN_IF_ERROR(FromRocks(rocks.env->UnlockFile(lock), folder));
  return examined;
}

}  // namespace

bool HoldsStore(const StoreOptions& options) {
  const std::shared_ptr<rocksdb::FileSystem> files =
      RocksOptions(options.env, options.block_cache_bytes).env->GetFileSystem();
  // Another answer than that it is not there is for opening to say.
  return !files->FileExists(StrCat(options.path, "/db/CURRENT"), {}, nullptr).IsNotFound() ||
         !CheckNotEmptied(*files, options, StrCat(options.path, "/db")).ok();
}

absl::StatusOr<OpenedStore> OpenStoreFolder(const StoreOptions& options) {
  const std::string folder = StrCat(options.path, "/db");
  rocksdb::Options rocks = RocksOptions(options.env, options.block_cache_bytes);
  rocks.write_buffer_size = static_cast<size_t>(options.memtable_bytes);
  const std::shared_ptr<rocksdb::FileSystem> files = rocks.env->GetFileSystem();
  DUBAN_RETURN_IF_ERROR(MakeFolders(*files, options.path));
  DUBAN_RETURN_IF_ERROR(CheckNotEmptied(*files, options, folder));
  DUBAN_FAILPOINT("open.begin");
  OpenedStore opened;
  int64_t last_sequence = 0;
  if (files->FileExists(folder + "/CURRENT", {}, nullptr).ok()) {
    DUBAN_RETURN_IF_ERROR(ExamineLocked(options, folder, rocks, &last_sequence));
  }
  DUBAN_FAILPOINT("open.examined");
  const bool torn = rocks.wal_recovery_mode != rocksdb::WALRecoveryMode::kAbsoluteConsistency;
  if (torn) DUBAN_FAILPOINT("open.before_torn_end");
  rocksdb::DB* db = nullptr;
  DUBAN_RETURN_IF_ERROR(OpenError(rocksdb::DB::Open(rocks, folder, &db), rocks, options, folder));
  opened.db.reset(db);
  if (torn) DUBAN_FAILPOINT("open.after_torn_end");
  DUBAN_FAILPOINT("open.database_opened");
  DUBAN_ASSIGN_OR_RETURN(opened.high_water, HighWaterFile::Open(files, StrCat(options.path, "/high_water")));
  DUBAN_RETURN_IF_ERROR(CheckError(CheckIdentity(options, opened), folder));
  if (!opened.identity.has_value()) {
    DUBAN_RETURN_IF_ERROR(SyncParents(*files, options.path));
    return opened;
  }
  DUBAN_RETURN_IF_ERROR(CheckError(LoadHead(options, opened), folder));
  DUBAN_RETURN_IF_ERROR(CheckError(LoadLogName(options, opened), folder));
  if (opened.last_sequence != last_sequence) {
    return absl::DataLossError(StrCat("the database ", folder, " ended at sequence ", last_sequence,
                                      " when it was examined and at ", opened.last_sequence,
                                      " when it was opened: its disk gives other answers each time. ", kStoreRemedy));
  }
  // Whoever reads from now on may see all of it, so none of it may go missing unnoticed.
  const std::optional<HighWater>& mark = opened.high_water->mark();
  if (!mark.has_value() || mark->sequence < opened.last_sequence) {
    DUBAN_FAILPOINT("open.before_mark");
    DUBAN_RETURN_IF_ERROR(opened.high_water->Write(
        {EpochHash(opened.identity->epoch()), opened.last_sequence, MarkHash(opened.last_hash)}));
    DUBAN_FAILPOINT("open.after_mark");
  }
  return opened;
}

}  // namespace duban
