#include "common/store/store.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/write_batch.h>
#include <xxhash.h>

#include <deque>
#include <filesystem>
#include <thread>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "common/base/civil.h"
#include "common/base/failpoint.h"
#include "common/base/log.h"
#include "common/base/strings.h"
#include "common/store/high_water.h"
#include "common/store/rocks.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace duban {
namespace {

std::string HashBytes(uint64_t hash) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(hash >> shift));
  return bytes;
}

uint64_t HashNumber(std::string_view bytes) {
  uint64_t hash = 0;
  for (char c : bytes) hash = (hash << 8) | static_cast<unsigned char>(c);
  return hash;
}

// What is durable, and a snapshot of it that readers share.
struct Published {
  Published(rocksdb::DB* database, v1::FeedPosition position)
      : db(database), snapshot(db->GetSnapshot()), head(std::move(position)) {}
  ~Published() { db->ReleaseSnapshot(snapshot); }
  Published(const Published&) = delete;
  Published& operator=(const Published&) = delete;

  rocksdb::DB* const db;
  const rocksdb::Snapshot* const snapshot;
  const v1::FeedPosition head;
};

class SharedSnapshot : public Snapshot {
 public:
  explicit SharedSnapshot(std::shared_ptr<const Published> published)
      : published_(std::move(published)), view_(published_->db, published_->snapshot) {}
  absl::StatusOr<std::optional<std::string>> GetRow(std::string_view key) const override { return view_.GetRow(key); }
  absl::Status ScanRows(std::string_view begin, std::string_view end,
                        absl::FunctionRef<bool(std::string_view key, std::string_view value)> visit) const override {
    return view_.ScanRows(begin, end, visit);
  }
  const v1::FeedPosition& head() const override { return published_->head; }

 private:
  const std::shared_ptr<const Published> published_;
  const RocksView view_;
};

// A command on its way through the writer. Lives on the stack of its caller, which waits for `done`.
struct Pending {
  const CommandInfo* info;
  Store::Body body;
  absl::Status status;
  absl::Notification done;
};

class RocksStore : public Store {
 public:
  explicit RocksStore(StoreOptions options) : options_(std::move(options)) {}
  ~RocksStore() override;

  absl::Status OpenDatabase();
  void StartWriter();

  absl::Status Run(const CommandInfo& info, Body body) override;
  std::unique_ptr<Snapshot> TakeSnapshot() const override;
  absl::Status serving() const override;
  std::shared_ptr<void> OnCommit(CommitListener listener) override;
  void OnFailure(std::function<void(const absl::Status&)> listener) override { on_failure_ = std::move(listener); }
  const std::string& epoch() const override { return identity_.epoch(); }
  const StoreOptions& options() const override { return options_; }
  v1::FeedPosition head() const override;
  GroupStats group_stats() const override;

 private:
  // Everything one group writes.
  struct Group {
    WriteSet writes;
    storage::v1::CommitRecord commit;
    Audiences touched;
    int64_t last_sequence = 0;
    int64_t bytes = 0;
  };

  absl::Status CheckIdentity();
  absl::Status MakeIdentity();
  absl::Status LoadHead();
  absl::Status CheckHighWater();
  void WriterLoop();
  void CommitGroup(const std::vector<Pending*>& pending) ABSL_LOCKS_EXCLUDED(mu_);
  void RunCommand(Pending& command, Group& group);
  absl::Status WriteGroup(Group& group);
  void Publish();
  void Fail(const absl::Status& cause);
  absl::Status NotServing() const ABSL_SHARED_LOCKS_REQUIRED(mu_);

  // Set while opening.
  const StoreOptions options_;
  std::unique_ptr<rocksdb::DB> db_;
  std::unique_ptr<HighWaterFile> high_water_;
  storage::v1::StoreIdentity identity_;
  std::function<void(const absl::Status&)> on_failure_;

  // Used by the writer only.
  int64_t last_sequence_ = 0;
  uint64_t last_hash_ = 0;

  mutable absl::Mutex mu_;
  std::deque<Pending*> queue_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status failure_ ABSL_GUARDED_BY(mu_);
  std::shared_ptr<const Published> published_ ABSL_GUARDED_BY(mu_);
  GroupStats stats_ ABSL_GUARDED_BY(mu_);

  absl::Mutex listeners_mu_;
  std::map<int64_t, CommitListener> listeners_ ABSL_GUARDED_BY(listeners_mu_);
  int64_t next_listener_ ABSL_GUARDED_BY(listeners_mu_) = 0;

  // Without a thread of its own, commands take turns here.
  absl::Mutex inline_mu_;
  std::thread writer_;
};

RocksStore::~RocksStore() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  if (writer_.joinable()) writer_.join();
  {
    absl::MutexLock lock(&mu_);
    published_.reset();
  }
  if (db_ != nullptr) db_->Close();
}

absl::Status RocksStore::OpenDatabase() {
  const std::string folder = StrCat(options_.path, "/db");
  rocksdb::Options rocks = RocksOptions(options_.env);
  DUBAN_RETURN_IF_ERROR(FromRocks(rocks.env->CreateDirIfMissing(options_.path), options_.path));
  rocksdb::DB* db = nullptr;
  DUBAN_RETURN_IF_ERROR(FromRocks(rocksdb::DB::Open(rocks, folder, &db), folder));
  db_.reset(db);
  DUBAN_ASSIGN_OR_RETURN(high_water_,
                         HighWaterFile::Open(rocks.env->GetFileSystem(), StrCat(options_.path, "/high_water")));
  DUBAN_RETURN_IF_ERROR(CheckIdentity());
  DUBAN_RETURN_IF_ERROR(LoadHead());
  DUBAN_RETURN_IF_ERROR(CheckHighWater());
  Publish();
  return absl::OkStatus();
}

absl::Status RocksStore::CheckIdentity() {
  const RocksView view(db_.get(), nullptr);
  DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> row, view.GetRow(IdentityKey()));
  if (!row.has_value()) {
    bool any = false;
    DUBAN_RETURN_IF_ERROR(view.ScanRows("", "", [&](std::string_view, std::string_view) {
      any = true;
      return false;
    }));
    if (any || high_water_->mark().has_value()) {
      return absl::DataLossError(
          StrCat("the store at ", options_.path,
                 " has lost its identity. Restore the folder from a backup or rebuild the node"));
    }
    return MakeIdentity();
  }
  if (!identity_.ParseFromString(*row))
    return absl::DataLossError(StrCat("the identity of ", options_.path, " does not parse"));
  if (identity_.format_version() != kFormatVersion) {
    return absl::FailedPreconditionError(StrCat("the store at ", options_.path, " has format ",
                                                identity_.format_version(), ", this program reads format ",
                                                kFormatVersion, "; run the program version that made it"));
  }
  if (identity_.service() != options_.service || identity_.node() != options_.node) {
    return absl::FailedPreconditionError(StrCat(
        "the store at ", options_.path, " belongs to service `", identity_.service(), "` of node `", identity_.node(),
        "`, not to `", options_.service, "` of `", options_.node, "`; check --data-dir and --node"));
  }
  return absl::OkStatus();
}

absl::Status RocksStore::MakeIdentity() {
  identity_.set_format_version(kFormatVersion);
  identity_.set_service(options_.service);
  identity_.set_node(options_.node);
  identity_.set_epoch(options_.ids->NextId("e-"));
  last_hash_ = EpochHash(identity_.epoch());
  Group group;
  group.writes[IdentityKey()] = identity_.SerializeAsString();
  return WriteGroup(group);
}

absl::Status RocksStore::LoadHead() {
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(rocksdb::ReadOptions()));
  it->SeekForPrev(ToSlice(PrefixEnd(CommitKey(0).substr(0, 1))));
  storage::v1::CommitRecord commit;
  if (!it->status().ok() || !it->Valid() || it->key()[0] != static_cast<char>(KeyKind::kCommit) ||
      !commit.ParseFromArray(it->value().data(), static_cast<int>(it->value().size()))) {
    return absl::DataLossError(StrCat("the store at ", options_.path, " has no readable last commit (",
                                      it->status().ToString(), "). Restore the folder from a backup"));
  }
  last_sequence_ = SequenceOfKey(ToView(it->key()));
  last_hash_ = HashNumber(commit.hash());
  return absl::OkStatus();
}

absl::Status RocksStore::CheckHighWater() {
  const uint64_t epoch_hash = EpochHash(identity_.epoch());
  const std::optional<HighWater>& mark = high_water_->mark();
  if (!mark.has_value()) {
    // Only the commit that made the identity can be without a mark: the process ended between the two.
    const RocksView view(db_.get(), nullptr);
    DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> first, view.GetRow(CommitKey(last_sequence_)));
    if (last_sequence_ == 1) return high_water_->Write({epoch_hash, last_sequence_, last_hash_});
    return absl::DataLossError(StrCat("the high-water mark ", high_water_->path(),
                                      " is missing, so nothing says what the store acknowledged last. Restore the "
                                      "folder from a backup or rebuild the node"));
  }
  if (mark->epoch_hash != epoch_hash) {
    return absl::DataLossError(StrCat("the high-water mark ", high_water_->path(),
                                      " belongs to another history than the database beside it; one of them was "
                                      "replaced. Restore both from one backup"));
  }
  const RocksView view(db_.get(), nullptr);
  DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> row, view.GetRow(CommitKey(mark->sequence)));
  storage::v1::CommitRecord commit;
  if (!row.has_value() || !commit.ParseFromString(*row) || HashNumber(commit.hash()) != mark->commit_hash) {
    return absl::DataLossError(StrCat("the store at ", options_.path, " ends at sequence ", last_sequence_,
                                      " but had acknowledged sequence ", mark->sequence,
                                      ": files of it were lost or replaced. It is not opened. Restore the folder from "
                                      "a backup or rebuild the node from its neighbours"));
  }
  return absl::OkStatus();
}

void RocksStore::StartWriter() {
  if (options_.threaded) writer_ = std::thread([this] { WriterLoop(); });
}

void RocksStore::WriterLoop() {
  std::vector<Pending*> group;
  while (true) {
    group.clear();
    {
      absl::MutexLock lock(&mu_);
      mu_.Await(absl::Condition(
          +[](RocksStore* store)
               ABSL_EXCLUSIVE_LOCKS_REQUIRED(store->mu_) { return !store->queue_.empty() || store->stopping_; },
          this));
      if (queue_.empty()) return;
      while (!queue_.empty() && static_cast<int>(group.size()) < options_.max_group_commands) {
        group.push_back(queue_.front());
        queue_.pop_front();
      }
    }
    CommitGroup(group);
  }
}

absl::Status RocksStore::NotServing() const {
  return Error(v1::NOT_SERVING,
               StrCat("the store takes no writes: ", ToStd(failure_.message()), "; the server has to be restarted"),
               "存储已停止写入，请联系管理员重启服务后重试");
}

absl::Status RocksStore::serving() const {
  absl::MutexLock lock(&mu_);
  return failure_.ok() ? absl::OkStatus() : NotServing();
}

absl::Status RocksStore::Run(const CommandInfo& info, Body body) {
  Pending command{&info, body, absl::OkStatus(), {}};
  if (!options_.threaded) {
    absl::MutexLock lock(&inline_mu_);
    DUBAN_RETURN_IF_ERROR(serving());
    CommitGroup({&command});
    return command.status;
  }
  {
    absl::MutexLock lock(&mu_);
    if (!failure_.ok()) return NotServing();
    if (stopping_)
      return Error(v1::NOT_SERVING, "the server is stopping; repeat the call later", "服务正在停止，请稍后重试");
    if (static_cast<int>(queue_.size()) >= options_.max_queue) {
      return Error(v1::LIMIT_REACHED, "too many writes are waiting; pause and repeat the call",
                   "等待写入的请求过多，请稍后重试");
    }
    queue_.push_back(&command);
  }
  command.done.WaitForNotification();
  return command.status;
}

void RocksStore::RunCommand(Pending& command, Group& group) {
  const RocksView base(db_.get(), nullptr);
  Transaction transaction(&base, &group.writes, group.last_sequence, last_sequence_ + 1);
  command.status = command.body(transaction);
  if (!command.status.ok() || transaction.writes().empty()) return;
  group.last_sequence = transaction.last_sequence();
  group.touched.insert(transaction.touched().begin(), transaction.touched().end());
  auto* audit = group.commit.add_audits();
  audit->set_method(command.info->method);
  audit->set_request_id(command.info->request_id);
  audit->set_sequence(group.last_sequence);
  for (const std::string& name : transaction.changed()) audit->add_entities(name);
  for (auto& [key, value] : transaction.mutable_writes()) {
    group.bytes += static_cast<int64_t>(key.size() + (value.has_value() ? value->size() : 0));
  }
  if (group.writes.empty()) {
    group.writes = std::move(transaction.mutable_writes());
    return;
  }
  for (auto& [key, value] : transaction.mutable_writes()) {
    // A feed row that an earlier command of this group made never reached the database.
    const bool fresh =
        !value.has_value() && key[0] == static_cast<char>(KeyKind::kFeed) && SequenceOfKey(key) > last_sequence_;
    if (fresh) {
      group.writes.erase(key);
    } else {
      group.writes.insert_or_assign(key, std::move(value));
    }
  }
}

absl::Status RocksStore::WriteGroup(Group& group) {
  rocksdb::WriteBatch batch(static_cast<size_t>(group.bytes) + 64 * group.writes.size() + 1024);
  for (const auto& [key, value] : group.writes) {
    const rocksdb::Status status = value.has_value() ? batch.Put(key, *value) : batch.Delete(key);
    DUBAN_RETURN_IF_ERROR(FromRocks(status, options_.path));
  }
  const int64_t sequence = std::max(group.last_sequence, last_sequence_) + 1;
  const uint64_t hash = XXH3_64bits_withSeed(batch.Data().data(), batch.Data().size(), last_hash_);
  group.commit.set_first_sequence(last_sequence_ + 1);
  group.commit.set_hash(HashBytes(hash));
  group.commit.set_previous_hash(HashBytes(last_hash_));
  *group.commit.mutable_commit_time() = ToProto(options_.clock->Now());
  DUBAN_RETURN_IF_ERROR(FromRocks(batch.Put(CommitKey(sequence), group.commit.SerializeAsString()), options_.path));

  rocksdb::WriteOptions synced;
  synced.sync = true;
  DUBAN_FAILPOINT("commit.before_write");
  DUBAN_RETURN_IF_ERROR(FromRocks(db_->Write(synced, &batch), options_.path));
  DUBAN_FAILPOINT("commit.after_write");
  DUBAN_RETURN_IF_ERROR(high_water_->Write({EpochHash(identity_.epoch()), sequence, hash}));
  DUBAN_FAILPOINT("commit.after_mark");
  last_sequence_ = sequence;
  last_hash_ = hash;
  return absl::OkStatus();
}

void RocksStore::CommitGroup(const std::vector<Pending*>& pending) {
  Group group;
  group.last_sequence = last_sequence_;
  size_t ran = 0;
  while (ran < pending.size() && group.bytes < options_.max_group_bytes) RunCommand(*pending[ran++], group);
  if (ran < pending.size()) {
    absl::MutexLock lock(&mu_);
    for (size_t i = pending.size(); i > ran; --i) queue_.push_front(pending[i - 1]);
  }
  absl::Status written;
  if (!group.writes.empty()) {
    written = WriteGroup(group);
    if (written.ok()) {
      Publish();
    } else {
      Fail(written);
    }
  }
  {
    absl::MutexLock lock(&mu_);
    ++stats_.groups;
    stats_.commands += static_cast<int64_t>(ran);
  }
  for (size_t i = 0; i < ran; ++i) {
    if (!written.ok() && pending[i]->status.ok()) {
      pending[i]->status =
          Error(v1::OUTCOME_UNKNOWN, "the write failed and may or may not be there; repeat with the same request id",
                "写入失败，结果未知，请使用同一请求编号重试");
    }
    pending[i]->done.Notify();
  }
  if (!written.ok() || group.touched.empty()) return;
  absl::MutexLock lock(&listeners_mu_);
  for (const auto& [id, listener] : listeners_) listener(group.touched);
}

void RocksStore::Publish() {
  v1::FeedPosition head;
  head.set_epoch(identity_.epoch());
  head.set_sequence(last_sequence_);
  head.set_hash(HashBytes(last_hash_));
  auto published = std::make_shared<const Published>(db_.get(), std::move(head));
  absl::MutexLock lock(&mu_);
  published_.swap(published);
}

void RocksStore::Fail(const absl::Status& cause) {
  Log(LogLevel::kError, "store.failed",
      {{"service", options_.service}, {"path", options_.path}, {"cause", std::string(cause.message())}});
  std::deque<Pending*> refused;
  {
    absl::MutexLock lock(&mu_);
    failure_ = cause;
    refused.swap(queue_);
  }
  if (on_failure_) on_failure_(cause);
  for (Pending* command : refused) {
    command->status = serving();
    command->done.Notify();
  }
}

std::unique_ptr<Snapshot> RocksStore::TakeSnapshot() const {
  absl::MutexLock lock(&mu_);
  return std::make_unique<SharedSnapshot>(published_);
}

v1::FeedPosition RocksStore::head() const {
  absl::MutexLock lock(&mu_);
  return published_->head;
}

GroupStats RocksStore::group_stats() const {
  absl::MutexLock lock(&mu_);
  return stats_;
}

std::shared_ptr<void> RocksStore::OnCommit(CommitListener listener) {
  absl::MutexLock lock(&listeners_mu_);
  const int64_t id = next_listener_++;
  listeners_[id] = std::move(listener);
  return std::shared_ptr<void>(nullptr, [this, id](void*) {
    absl::MutexLock inner(&listeners_mu_);
    listeners_.erase(id);
  });
}

// XXH3-128 of the method and the request's deterministic bytes.
std::string FingerprintOf(std::string_view method, const google::protobuf::Message& request) {
  std::string bytes(method);
  bytes.push_back('\0');
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    request.SerializeToCodedStream(&coded);
  }
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return HashBytes(hash.high64) + HashBytes(hash.low64);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> Store::Open(StoreOptions options) {
  auto store = std::make_unique<RocksStore>(std::move(options));
  DUBAN_RETURN_IF_ERROR(store->OpenDatabase());
  store->StartWriter();
  return store;
}

absl::Status Store::Request(std::string_view method, std::string_view request_id,
                            const google::protobuf::Message& request, google::protobuf::Message* response, Body body) {
  const std::string fingerprint = FingerprintOf(method, request);
  const CommandInfo info{std::string(method), std::string(request_id)};
  return Run(info, [&](Transaction& transaction) -> absl::Status {
    storage::v1::RequestMemo memo;
    DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> row, transaction.GetRow(MemoKey(request_id)));
    if (row.has_value()) {
      if (!memo.ParseFromString(*row)) return BrokenRecord(request_id);
      if (memo.fingerprint() != fingerprint) {
        return Error(v1::REQUEST_ID_REUSED,
                     StrCat("request id `", request_id, "` was used before for another request; make a new id"),
                     StrCat("请求编号“", request_id, "”已用于另一请求，请换用新的编号"),
                     {{"requestId", std::string(request_id)}});
      }
      if (!memo.response().UnpackTo(response)) return BrokenRecord(request_id);
      return absl::OkStatus();
    }
    DUBAN_RETURN_IF_ERROR(body(transaction));
    memo.set_fingerprint(fingerprint);
    memo.mutable_response()->PackFrom(*response);
    *memo.mutable_commit_time() = ToProto(options().clock->Now());
    transaction.PutRow(MemoKey(request_id), memo.SerializeAsString());
    return absl::OkStatus();
  });
}

}  // namespace duban
