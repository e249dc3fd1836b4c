#include "common/store/backup.h"

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>
#include <xxhash.h>

#include <memory>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/base/failpoint.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/store/commit.h"
#include "common/store/high_water.h"
#include "common/store/maintenance.h"
#include "common/store/opening.h"
#include "common/store/rocks.h"
#include "common/store/watched_view.h"

namespace duban {
namespace {

constexpr size_t kBatchBytes = 1 << 20;
// Whoever watches a copy sees it advance by so many rows.
constexpr int64_t kRowsAtATime = 1000;

// A database that is being filled. Nothing of it counts before Finish: until then it has no identity, and whoever
// opens it refuses it.
class RowWriter {
 public:
  static absl::StatusOr<std::unique_ptr<RowWriter>> Make(rocksdb::Env* env, const std::string& folder) {
    rocksdb::Options options = RocksOptions(env);
    options.error_if_exists = true;
    rocksdb::DB* db = nullptr;
    DUBAN_RETURN_IF_ERROR(FromRocks(rocksdb::DB::Open(options, folder, &db), folder));
    return std::unique_ptr<RowWriter>(new RowWriter(db, folder));
  }

  absl::Status Put(std::string_view key, std::string_view value) {
    DUBAN_RETURN_IF_ERROR(FromRocks(batch_.Put(ToSlice(key), ToSlice(value)), folder_));
    return batch_.GetDataSize() < kBatchBytes ? absl::OkStatus() : Write();
  }

  // Makes what was put durable, then `last`, whole or not at all.
  absl::Status Finish(rocksdb::WriteBatch last) {
    DUBAN_RETURN_IF_ERROR(Write());
    DUBAN_FAILPOINT("copy.before_last");
    batch_ = std::move(last);
    DUBAN_RETURN_IF_ERROR(Write());
    DUBAN_FAILPOINT("copy.after_last");
    return FromRocks(db_->Close(), folder_);
  }

 private:
  RowWriter(rocksdb::DB* db, std::string folder) : db_(db), folder_(std::move(folder)) {}

  // Each batch is synced, like those of a store: RocksDB 7.8 keeps wrong books of logs that are synced later.
  absl::Status Write() {
    rocksdb::WriteOptions synced;
    synced.sync = true;
    const rocksdb::Status written = db_->Write(synced, &batch_);
    batch_.Clear();
    return FromRocks(written, folder_);
  }

  const std::unique_ptr<rocksdb::DB> db_;
  const std::string folder_;
  rocksdb::WriteBatch batch_;
};

// Copies all rows but the identity.
absl::Status CopyRows(const ReadView& from, RowWriter& to, Work* work = nullptr) {
  absl::Status put;
  int64_t rows = 0;
  const auto advance = [&] {
    if (work != nullptr) work->Advance(std::exchange(rows, 0));
  };
  const absl::Status scanned =
      WatchedView(&from, work)
          .ScanRows(PrefixEnd(IdentityKey()), "", [&](std::string_view key, std::string_view value) {
            put = to.Put(key, value);
            if (++rows == kRowsAtATime) advance();
            return put.ok();
          });
  advance();
  return put.ok() ? scanned : put;
}

absl::Status CheckIsEmpty(rocksdb::FileSystem& files, const std::string& folder) {
  std::vector<std::string> names;
  const rocksdb::IOStatus listed = files.GetChildren(folder, {}, &names, nullptr);
  if (listed.IsNotFound() || listed.IsPathNotFound()) return absl::OkStatus();
  DUBAN_RETURN_IF_ERROR(FromRocks(listed, folder));
  for (const std::string& name : names) {
    if (name == "." || name == "..") continue;
    return absl::FailedPreconditionError(StrCat("the folder ", folder, " is not empty (it holds ", name,
                                                "); nothing is written over it. Move it away or name another"));
  }
  return absl::OkStatus();
}

// A copy that is open for reading, and what it says of itself.
struct OpenCopy {
  std::unique_ptr<rocksdb::DB> db;
  storage::v1::StoreIdentity identity;
  // The store that was copied was a copy of a log.
  bool of_log = false;
  StoreCopy facts;
};

absl::Status NotWhole(const std::string& folder, const absl::Status& why) {
  return absl::Status(why.code(), StrCat("the copy ", folder, " is not whole: ", ToStd(why.message())));
}

absl::Status CheckRows(OpenCopy& copy, const std::string& folder, const Work* work) {
  const RocksView rows(copy.db.get(), nullptr);
  const WatchedView view(&rows, work);
  DUBAN_ASSIGN_OR_RETURN(copy.identity, ReadIdentity(view));
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> log, view.GetRow(LocalKey(kLogNameRow)));
  copy.of_log = log.has_value();
  if (copy.identity.format_version() != kFormatVersion) {
    return absl::FailedPreconditionError(StrCat("it has format ", copy.identity.format_version(),
                                                ", this program reads format ", kFormatVersion,
                                                "; run the program version that made it"));
  }
  DUBAN_RETURN_IF_ERROR(FromRocks(copy.db->VerifyChecksum(), folder));
  DUBAN_ASSIGN_OR_RETURN(ChainEnd end, WalkChain(view, 0, copy.identity));
  if (end.sequence == 0) return absl::DataLossError("it has no commits");
  copy.facts.service = copy.identity.service();
  copy.facts.node = copy.identity.node();
  copy.facts.head.set_epoch(copy.identity.epoch());
  copy.facts.head.set_sequence(end.sequence);
  copy.facts.head.set_hash(end.commit.hash());
  copy.facts.head_time = FromProto(end.commit.commit_time());
  return VerifyFeedOf(view, end.sequence);
}

absl::StatusOr<OpenCopy> OpenAndCheck(rocksdb::Env* env, const std::string& folder, const Work* work = nullptr) {
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened = rocksdb::DB::OpenForReadOnly(RocksOptions(env), folder, &db);
  // Whatever is the matter with its files, a copy that cannot be read is no copy.
  if (!opened.ok()) return NotWhole(folder, absl::DataLossError(opened.ToString()));
  OpenCopy copy;
  copy.db.reset(db);
  if (absl::Status checked = CheckRows(copy, folder, work); !checked.ok()) {
    if (absl::IsCancelled(checked)) return checked;
    // A block that cannot be read is an error of the view, which knows nothing of copies.
    const bool damage = ReasonOf(checked) == v1::INVARIANT_BROKEN;
    return NotWhole(folder, damage ? absl::DataLossError(checked.message()) : checked);
  }
  return copy;
}

// The commit with which the new epoch begins, as the last rows of the store; fills in where that leaves the head.
rocksdb::WriteBatch BeginEpoch(const StoreOptions& options, const OpenCopy& copy, v1::FeedPosition& head) {
  const v1::FeedPosition& old = copy.facts.head;
  storage::v1::StoreIdentity identity = copy.identity;
  storage::v1::FormerEpoch* former = identity.add_former_epochs();
  former->set_epoch(old.epoch());
  former->set_last_sequence(old.sequence());
  if (!DUBAN_BUG("restore.keeps_epoch")) identity.set_epoch(options.ids->NextId("e-"));
  rocksdb::WriteBatch batch;
  // A batch refuses nothing that is smaller than 4 GiB.
  batch.Put(IdentityKey(), identity.SerializeAsString()).PermitUncheckedError();
  // What it goes on with is in no log: it may become a copy of a new one.
  if (copy.of_log) batch.Delete(LocalKey(kLogNameRow)).PermitUncheckedError();
  storage::v1::CommitRecord commit;
  commit.set_first_sequence(old.sequence() + 1);
  commit.set_previous_hash(old.hash());
  commit.set_epoch(identity.epoch());
  commit.set_rows_hash(HashBytes(XXH3_64bits(batch.Data().data(), batch.Data().size())));
  *commit.mutable_commit_time() = ToProto(options.clock->Now());
  storage::v1::AuditRecord* audit = commit.add_audits();
  audit->set_method("store/Restore");
  audit->set_sequence(old.sequence() + 1);
  SealCommit(commit, old.sequence() + 1);
  batch.Put(CommitKey(old.sequence() + 1), commit.SerializeAsString()).PermitUncheckedError();
  head.set_epoch(identity.epoch());
  head.set_sequence(old.sequence() + 1);
  head.set_hash(commit.hash());
  return batch;
}

}  // namespace

absl::StatusOr<StoreCopy> CopyStore(const Store& store, const std::string& folder, Work* work) {
  const std::unique_ptr<Snapshot> snapshot = store.TakeSnapshot();
  rocksdb::Env* const env = store.options().env != nullptr ? store.options().env : rocksdb::Env::Default();
  DUBAN_RETURN_IF_ERROR(CheckIsEmpty(*env->GetFileSystem(), folder));
  DUBAN_RETURN_IF_ERROR(MakeFolders(*env->GetFileSystem(), folder));
  DUBAN_ASSIGN_OR_RETURN(std::unique_ptr<RowWriter> writer, RowWriter::Make(env, folder));
  DUBAN_RETURN_IF_ERROR(CopyRows(*snapshot, *writer, work));
  DUBAN_ASSIGN_OR_RETURN(storage::v1::StoreIdentity identity, ReadIdentity(*snapshot));
  rocksdb::WriteBatch last;
  DUBAN_RETURN_IF_ERROR(FromRocks(last.Put(IdentityKey(), identity.SerializeAsString()), folder));
  DUBAN_RETURN_IF_ERROR(writer->Finish(std::move(last)));
  StoreCopy copy;
  copy.service = identity.service();
  copy.node = identity.node();
  copy.head = snapshot->head();
  DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> row, snapshot->GetRow(CommitKey(copy.head.sequence())));
  storage::v1::CommitRecord commit;
  if (!row.has_value() || !commit.ParseFromString(*row)) return BrokenRecord("last commit");
  copy.head_time = FromProto(commit.commit_time());
  return copy;
}

absl::StatusOr<StoreCopy> CheckCopy(rocksdb::Env* env, const std::string& folder, const Work* work) {
  DUBAN_ASSIGN_OR_RETURN(OpenCopy copy, OpenAndCheck(env, folder, work));
  return copy.facts;
}

absl::StatusOr<RestoredStore> RestoreStore(const StoreOptions& options, const std::string& folder) {
  rocksdb::Env* const env = options.env != nullptr ? options.env : rocksdb::Env::Default();
  const std::shared_ptr<rocksdb::FileSystem> files = env->GetFileSystem();
  const std::string database = StrCat(options.path, "/db");
  DUBAN_ASSIGN_OR_RETURN(OpenCopy copy, OpenAndCheck(env, folder));
  if (copy.facts.service != options.service || copy.facts.node != options.node) {
    return absl::FailedPreconditionError(StrCat("the copy ", folder, " is of service `", copy.facts.service,
                                                "` of node `", copy.facts.node, "`, not of `", options.service,
                                                "` of `", options.node, "`; restore it there"));
  }
  DUBAN_RETURN_IF_ERROR(CheckIsEmpty(*files, options.path));
  DUBAN_RETURN_IF_ERROR(MakeFolders(*files, database));
  RestoredStore restored;
  restored.copy = copy.facts;
  rocksdb::WriteBatch last = BeginEpoch(options, copy, restored.head);
  // The mark comes first: from here on nothing opens that holds less than the whole.
  DUBAN_ASSIGN_OR_RETURN(std::unique_ptr<HighWaterFile> mark,
                         HighWaterFile::Open(files, StrCat(options.path, "/high_water")));
  DUBAN_RETURN_IF_ERROR(
      mark->Write({EpochHash(restored.head.epoch()), restored.head.sequence(), MarkHash(restored.head.hash())}));
  DUBAN_FAILPOINT("restore.after_mark");
  DUBAN_ASSIGN_OR_RETURN(std::unique_ptr<RowWriter> writer, RowWriter::Make(env, database));
  DUBAN_RETURN_IF_ERROR(CopyRows(RocksView(copy.db.get(), nullptr), *writer));
  DUBAN_RETURN_IF_ERROR(writer->Finish(std::move(last)));
  return restored;
}

}  // namespace duban
