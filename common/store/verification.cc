#include "common/store/verification.h"

#include <rocksdb/db.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "common/base/strings.h"
#include "common/store/commit.h"
#include "common/store/feed_rows.h"
#include "common/store/high_water.h"
#include "common/store/kept_files.h"
#include "common/store/maintenance.h"
#include "common/store/rocks.h"
#include "common/store/watched_view.h"
#include "google/protobuf/descriptor.h"

namespace duban {
namespace {

constexpr int kMarkReads = 3;
constexpr size_t kAudiencesHashBytes = 16;
constexpr size_t kFingerprintBytes = 16;

v1::NodeCheck Checked(const std::string& service, v1::NodeCheck::What what, const absl::Status& status,
                      int64_t count = 0) {
  v1::NodeCheck check;
  check.set_service(service);
  check.set_what(what);
  check.set_result(status.ok() ? v1::NodeCheck::GOOD : v1::NodeCheck::BAD);
  check.set_count(count);
  check.set_finding(std::string(ToStd(status.message())));
  return check;
}

template <typename Message>
bool Parses(std::string_view value) {
  Message message;
  return message.ParseFromArray(value.data(), static_cast<int>(value.size()));
}

// A message of a type this program knows has to parse; others are kept as they came.
bool PayloadParses(const std::string& type, const std::string& payload) {
  const auto* descriptor = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(type);
  if (descriptor == nullptr) return !type.empty();
  const auto* prototype = google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor);
  const std::unique_ptr<google::protobuf::Message> message(prototype->New());
  return message->ParseFromString(payload);
}

bool EntityIsSound(std::string_view value) {
  storage::v1::EntityRecord record;
  if (!record.ParseFromArray(value.data(), static_cast<int>(value.size())) || record.sequence() <= 0) return false;
  const size_t hash = record.audiences_hash().size();
  if ((hash != 0 && hash != kAudiencesHashBytes) || (hash != 0 && record.has_concern())) return false;
  return record.deleted() ? record.type().empty() && record.payload().empty()
                          : PayloadParses(record.type(), record.payload());
}

bool FeedRowIsSound(std::string_view key, std::string_view value) {
  const bool sound = key.size() > 10 && key[key.size() - 9] == '\0';
  return sound && ReadFeedRow(key, value, [](const FeedPlace&) { return true; });
}

bool MemoIsSound(std::string_view value) {
  storage::v1::RequestMemo memo;
  return value.size() <= kMaxMemoBytes && memo.ParseFromArray(value.data(), static_cast<int>(value.size())) &&
         memo.fingerprint().size() == kFingerprintBytes && memo.has_commit_time() &&
         memo.fields_size() == memo.field_hashes_size();
}

// What is wrong with a row; empty where nothing is. The kinds are drawn in keys.h.
std::string RowProblem(std::string_view key, std::string_view value) {
  const std::string_view rest = key.substr(1);
  switch (static_cast<KeyKind>(key[0])) {
    case KeyKind::kIdentity:
      return rest.empty() && Parses<storage::v1::StoreIdentity>(value) ? "" : "the identity does not parse";
    case KeyKind::kCommit:
      return rest.size() == 8 && Parses<storage::v1::CommitRecord>(value) ? "" : "a commit does not parse";
    case KeyKind::kEntity:
      return !rest.empty() && EntityIsSound(value) ? "" : StrCat("the entity `", rest, "` does not parse");
    case KeyKind::kFeed:
      return FeedRowIsSound(key, value) ? "" : "a feed row is malformed";
    case KeyKind::kMemo:
      return !rest.empty() && MemoIsSound(value) ? "" : StrCat("the answer to request `", rest, "` does not parse");
    case KeyKind::kPosition:
      return !rest.empty() && Parses<v1::FeedPosition>(value) ? ""
                                                              : StrCat("the position of `", rest, "` does not parse");
    case KeyKind::kIndex:
      return rest.size() > 1 && rest[0] >= 1 && rest.back() == '\0' ? "" : "an index row is malformed";
    case KeyKind::kLocal:
      return rest.empty() ? "a local row has no name" : "";
    case KeyKind::kCheckpoint:
      return rest.empty() && Parses<storage::v1::Checkpoint>(value) ? "" : "the checkpoint does not parse";
    case KeyKind::kConcern:
      return !rest.empty() && Parses<storage::v1::Concern>(value)
                 ? ""
                 : StrCat("whom the entity `", rest, "` concerns does not parse");
  }
  return StrCat("a row of kind ", static_cast<int>(key[0]), " is none that this program writes");
}

v1::NodeCheck CheckRecords(const std::string& service, const ReadView& view) {
  int64_t rows = 0;
  std::string problem;
  absl::Status status = view.ScanRows("", "", [&](std::string_view key, std::string_view value) {
    ++rows;
    problem = key.empty() ? "a row has no key" : RowProblem(key, value);
    return problem.empty();
  });
  if (status.ok() && !problem.empty()) status = absl::DataLossError(problem);
  return Checked(service, v1::NodeCheck::RECORDS, status, rows);
}

v1::NodeCheck CheckIndexes(const std::string& service, const ReadView& view, const storage::v1::StoreIdentity& identity,
                           IndexRows rows) {
  const absl::StatusOr<int64_t> count = VerifyIndexes(view, identity.node(), rows);
  return Checked(service, v1::NodeCheck::INDEXES, count.status(), count.value_or(0));
}

// Nothing where the store keeps no files.
std::optional<v1::NodeCheck> CheckFiles(const std::string& service, const ReadView& view, const std::string& path,
                                        const Work* work) {
  const absl::StatusOr<int64_t> count = VerifyKeptFiles(view, FilesFolder(path), work);
  if (count.ok() && *count == 0) return std::nullopt;
  return Checked(service, v1::NodeCheck::FILES, count.status(), count.value_or(0));
}

v1::NodeCheck CheckChain(const std::string& service, const ReadView& view, const storage::v1::StoreIdentity& identity,
                         int64_t& head) {
  const absl::StatusOr<ChainEnd> end = WalkChain(view, 0, identity);
  if (end.ok()) head = end->sequence;
  return Checked(service, v1::NodeCheck::CHAIN, end.status(), head);
}

absl::Status CompareMark(const HighWaterFile& file, const ReadView& view, const storage::v1::StoreIdentity& identity) {
  const std::optional<HighWater>& mark = file.mark();
  if (!mark.has_value()) return absl::DataLossError(StrCat("the high-water mark ", file.path(), " is missing"));
  if (mark->epoch_hash != EpochHash(identity.epoch())) {
    return absl::DataLossError(StrCat("the high-water mark ", file.path(), " is of another epoch than the database"));
  }
  DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> row, view.GetRow(CommitKey(mark->sequence)));
  storage::v1::CommitRecord commit;
  if (!row.has_value() || !commit.ParseFromString(*row) || MarkHash(commit.hash()) != mark->commit_hash) {
    return absl::DataLossError(
        StrCat("the database does not hold what ", file.path(), " says, sequence ", mark->sequence));
  }
  return absl::OkStatus();
}

}  // namespace

namespace {

// The mark moves while it is read, and then names a commit that the first snapshot may not have.
absl::Status CheckMark(const Store& store, const Snapshot& before, const storage::v1::StoreIdentity& identity) {
  rocksdb::Env* const env = store.options().env != nullptr ? store.options().env : rocksdb::Env::Default();
  absl::Status mark;
  for (int i = 0; i < kMarkReads; ++i) {
    auto file = HighWaterFile::Open(env->GetFileSystem(), StrCat(store.options().path, "/high_water"));
    mark = file.ok() ? CompareMark(**file, *store.TakeSnapshot(), identity) : file.status();
    const bool behind = mark.ok() && (*file)->mark()->sequence < before.head().sequence();
    if (behind) mark = absl::DataLossError("the high-water mark is behind what was acknowledged");
    if (mark.ok()) break;
  }
  return mark;
}

}  // namespace

int ChecksOfStore(IndexRows rows) {
  return rows == nullptr ? 5 : 6;
}

std::vector<v1::NodeCheck> VerifyStore(Store& store, IndexRows rows, Work* work) {
  const std::string& service = store.options().service;
  const std::unique_ptr<Snapshot> before = store.TakeSnapshot();
  const WatchedView view(before.get(), work);
  std::vector<v1::NodeCheck> checks;
  // A check that was under way when the work was stopped says nothing.
  const auto note = [&](v1::NodeCheck check) {
    if (!CheckWanted(work).ok()) return;
    checks.push_back(std::move(check));
    if (work != nullptr) work->Advance(1);
  };
  note(Checked(service, v1::NodeCheck::CHECKSUMS, store.VerifyFiles()));
  const absl::StatusOr<storage::v1::StoreIdentity> identity = ReadIdentity(*before);
  if (!identity.ok()) {
    note(Checked(service, v1::NodeCheck::CHAIN, identity.status()));
    return checks;
  }
  note(Checked(service, v1::NodeCheck::HIGH_WATER, CheckMark(store, *before, *identity)));
  int64_t head = 0;
  note(CheckChain(service, view, *identity, head));
  note(Checked(service, v1::NodeCheck::FEED, VerifyFeedOf(view, before->head().sequence())));
  note(CheckRecords(service, view));
  if (rows != nullptr) note(CheckIndexes(service, view, *identity, rows));
  if (auto files = CheckFiles(service, view, store.options().path, work)) note(*std::move(files));
  return checks;
}

std::vector<v1::NodeCheck> VerifyStoreFolder(rocksdb::Env* env, const std::string& path, IndexRows rows) {
  rocksdb::Options options = RocksOptions(env);
  rocksdb::DB* opened = nullptr;
  const std::string folder = StrCat(path, "/db");
  const std::string name = path.substr(path.rfind('/') + 1);
  const rocksdb::Status status = rocksdb::DB::OpenForReadOnly(options, folder, &opened);
  if (!status.ok()) return {Checked(name, v1::NodeCheck::CHECKSUMS, FromRocks(status, folder))};
  const std::unique_ptr<rocksdb::DB> db(opened);
  std::vector<v1::NodeCheck> checks = {
      Checked(name, v1::NodeCheck::CHECKSUMS, FromRocks(db->VerifyChecksum(), folder))};
  const RocksView view(db.get(), nullptr);
  const absl::StatusOr<storage::v1::StoreIdentity> identity = ReadIdentity(view);
  if (!identity.ok()) {
    checks.push_back(Checked(name, v1::NodeCheck::CHAIN, identity.status()));
    return checks;
  }
  const auto file = HighWaterFile::Open(options.env->GetFileSystem(), StrCat(path, "/high_water"));
  checks.push_back(
      Checked(name, v1::NodeCheck::HIGH_WATER, file.ok() ? CompareMark(**file, view, *identity) : file.status()));
  int64_t head = 0;
  checks.push_back(CheckChain(name, view, *identity, head));
  if (head > 0) checks.push_back(Checked(name, v1::NodeCheck::FEED, VerifyFeedOf(view, head)));
  checks.push_back(CheckRecords(name, view));
  if (rows != nullptr) checks.push_back(CheckIndexes(name, view, *identity, rows));
  if (auto files = CheckFiles(name, view, path, nullptr)) checks.push_back(*std::move(files));
  return checks;
}

}  // namespace duban
