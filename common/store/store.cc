#include "common/store/store.h"

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>
#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <limits>
#include <map>
#include <thread>
#include <utility>

#include "common/access/audit_chain.h"
#include "common/base/civil.h"
#include "common/base/failpoint.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/base/thread_name.h"
#include "common/store/commit.h"
#include "common/store/feed_rows.h"
#include "common/store/held_snapshots.h"
#include "common/store/high_water.h"
#include "common/store/logged_rows.h"
#include "common/store/opening.h"
#include "common/store/replicated_store.h"
#include "common/store/rocks.h"

namespace duban {
namespace {

// Commands run between two looks at whether the disk is done, while a group is on its way to it.
constexpr size_t kSlice = 16;

// The disk is asked for its room so often, in nanoseconds, and sooner once so much was written since.
constexpr int64_t kAskForRoomEvery = 1'000'000'000;
constexpr int64_t kAskForRoomBehind = 8 << 20;

// A copy of a log is synced by itself after so many bytes.
constexpr int64_t kSyncBehind = 4 << 20;

// About what a place of an entity in a feed adds to a group.
constexpr int64_t kBytesOfPlace = 24;

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

// OK where a store is a copy of the log that it is opened with, or says of none: null is none.
absl::Status CheckLog(const StoreOptions& options, const OpenedStore& opened, const LogName* log) {
  if (!opened.log.has_value()) return absl::OkStatus();
  const storage::v1::LogName& own = *opened.log;
  const std::string which = StrCat("the store at ", options.path, " is a copy of the log ", own.prefix(),
                                   " of the etcd cluster ", own.cluster_id());
  if (log == nullptr) {
    if (DUBAN_BUG("store.copy_opened_alone")) return absl::OkStatus();
    return absl::FailedPreconditionError(
        StrCat(which, ": alone it would go its own way. Start the node with --replicated-by, as its other replicas"));
  }
  if (own.prefix() == log->prefix && own.cluster_id() == log->cluster_id) return absl::OkStatus();
  return absl::FailedPreconditionError(StrCat(which, ", not of ", log->prefix, " of the cluster ", log->cluster_id,
                                              "; see that --replicated-by names the cluster that has its log"));
}

absl::Status CheckOptions(const StoreOptions& options) {
  if (options.max_group_commands >= 1 && options.max_group_commands <= 10'000) return absl::OkStatus();
  return absl::InvalidArgumentError(
      StrCat("max_group_commands is ", options.max_group_commands, ", must be 1 to 10,000"));
}

class SharedSnapshot : public Snapshot {
 public:
  SharedSnapshot(std::shared_ptr<const Published> published, const DamageListener* listener, std::atomic<int64_t>* held)
      : published_(std::move(published)),
        view_(published_->db, DUBAN_BUG("store.reads_without_snapshot") ? nullptr : published_->snapshot, listener),
        held_(*held) {
    ++held_;
  }
  ~SharedSnapshot() override { --held_; }
  absl::StatusOr<std::optional<std::string>> GetRow(std::string_view key) const override { return view_.GetRow(key); }
  absl::Status ScanRows(std::string_view begin, std::string_view end,
                        absl::FunctionRef<bool(std::string_view key, std::string_view value)> visit) const override {
    return view_.ScanRows(begin, end, visit);
  }
  const v1::FeedPosition& head() const override { return published_->head; }

 private:
  const std::shared_ptr<const Published> published_;
  const RocksView view_;
  std::atomic<int64_t>& held_;
};

// Who wants to know of commits. Lives as long as the store or one of the handles it gave out.
struct Listeners {
  Mutex mu;
  std::map<int64_t, Store::CommitListener> by_id ABSL_GUARDED_BY(mu);
  std::map<int64_t, Store::ChangeListener> of_changes ABSL_GUARDED_BY(mu);
  int64_t next_id ABSL_GUARDED_BY(mu) = 0;
};

// A command on its way through the writer. Lives on the stack of its caller, which waits for `done`.
struct Pending {
  const CommandInfo* info;
  Store::Body body;
  absl::Status status;
  Notification done;
};

// Commands that share one synced write, and everything they write.
struct Group {
  // Nothing is to be written.
  bool empty() const { return writes.empty() && commit.audits().empty(); }

  std::vector<Pending*> pending;
  WriteSet writes;
  // What its commands changed, in order of sequence; the rows of the feeds are made of it.
  std::vector<EntityChange> changes;
  storage::v1::CommitRecord commit;
  Audiences touched;
  int64_t last_sequence = 0;
  int64_t bytes = 0;
  // The group before, where it was on its way to the disk when this one began.
  std::shared_ptr<const Group> beneath;

  // Once sealed. Where there is a log, what goes into it.
  rocksdb::WriteBatch batch;
  HighWater mark;
  LoggedCommit logged;
  AppendResult appended;

  // Once written: what readers see of the store when this is published.
  std::shared_ptr<const Published> state;
  // Read and set with the store's mutex held.
  bool on_disk = false;
  rocksdb::Status written;
};

// The writer is a pipeline of two threads. The first runs the commands of a group, seals it into one batch and hands
// it to the second, which does nothing but write batches. While that one waits for the disk, the first runs the next
// group's commands against the group before and the database beneath; when the disk is done, it hands over the next
// group, moves the high-water mark past the written one, and answers its callers.
//
// With a log, a group goes into that before it goes to the database, whose mark says then what is synced, not what was
// answered. Without one the database is the log.
class RocksStore : public ReplicatedStore {
 public:
  RocksStore(StoreOptions options, OpenedStore opened, CommitLog* log, LogName log_name = {});
  ~RocksStore() override;

  // Writes the first commit where the store is new, and starts the threads.
  absl::Status Start();

  absl::Status Run(const CommandInfo& info, Body body) override;
  std::unique_ptr<Snapshot> TakeSnapshot() const override;
  absl::Status serving() const override;
  std::shared_ptr<void> OnCommit(CommitListener listener) override;
  std::shared_ptr<void> OnChange(ChangeListener listener) override;
  absl::Status VerifyFiles() override;
  void OnFailure(std::function<void(const absl::Status&)> listener) override ABSL_LOCKS_EXCLUDED(failure_mu_);
  const std::string& epoch() const override { return identity_.epoch(); }
  const StoreOptions& options() const override { return options_; }
  v1::FeedPosition head() const override;
  GroupStats group_stats() const override;
  int64_t estimated_rows() const override;
  int64_t held_snapshots() const { return held_snapshots_; }

  absl::StatusOr<bool> CatchUp() override ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status Lead(const LogPosition& head) override ABSL_LOCKS_EXCLUDED(mu_);
  void Follow() override ABSL_LOCKS_EXCLUDED(mu_);
  bool leads() const override ABSL_LOCKS_EXCLUDED(mu_);
  bool names_its_log() const override;
  absl::Status NameLog() override;
  absl::StatusOr<int64_t> SyncCopy() override ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void WriterLoop() ABSL_LOCKS_EXCLUDED(mu_);
  void DiskLoop() ABSL_LOCKS_EXCLUDED(mu_);
  bool WriterHasWork() const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  bool DiskHasWork() const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  std::vector<Pending*> TakeCommands() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void BeginGroup() ABSL_LOCKS_EXCLUDED(mu_);
  void RunCommands(const std::vector<Pending*>& commands) ABSL_LOCKS_EXCLUDED(mu_);
  void RunCommand(Pending& command, Group& group);
  void Absorb(Transaction& transaction, const CommandInfo& info, Group& group);
  void Seal(Group& group);
  std::shared_ptr<Group> HandOver() ABSL_LOCKS_EXCLUDED(mu_);
  rocksdb::Status Write(Group& group);
  void Finish(Group& group, const absl::Status& written) ABSL_LOCKS_EXCLUDED(mu_);
  void Answer(Group& group, const absl::Status& outcome) ABSL_LOCKS_EXCLUDED(mu_);
  void CommitAlone(const std::vector<Pending*>& commands) ABSL_LOCKS_EXCLUDED(mu_);
  // The store as it is on the disk, which ends with the commit at `sequence`.
  std::shared_ptr<const Published> StateAt(int64_t sequence, const std::string& hash) const;
  void Publish(std::shared_ptr<const Published> state) ABSL_LOCKS_EXCLUDED(mu_);
  void AskForRoom();
  absl::Status CheckRoom();
  void Fail(const absl::Status& cause) ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status NotServing() const ABSL_SHARED_LOCKS_REQUIRED(mu_);

  // Where there is a log.
  bool AtRest() const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  absl::Status CheckLeads() const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  // What is told of a group that the log did not take.
  absl::Status Refusal(Appended outcome) const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  absl::Time CommitTime() const;
  void TakeBack(Group& group) ABSL_LOCKS_EXCLUDED(mu_);
  void FinishLogged(Group& group, const absl::Status& written) ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status Apply(const LoggedCommit& logged) ABSL_LOCKS_EXCLUDED(mu_);
  void NoteUnsynced(int64_t bytes) ABSL_LOCKS_EXCLUDED(mu_);
  void Tell(const std::vector<EntityChange>& changes, const Audiences& touched);

  // Set while opening.
  const StoreOptions options_;
  const std::unique_ptr<rocksdb::DB> db_;
  const std::unique_ptr<HighWaterFile> high_water_;
  // Null: the database itself is the log.
  CommitLog* const log_;
  const LogName log_name_;
  storage::v1::StoreIdentity identity_;
  const DamageListener on_damage_ = [this](const rocksdb::Status& damage) { Fail(FromRocks(damage, options_.path)); };
  // Held while the listener is told: whoever took it back is not told afterwards.
  Mutex failure_mu_;
  std::function<void(const absl::Status&)> on_failure_ ABSL_GUARDED_BY(failure_mu_);
  const std::shared_ptr<Listeners> listeners_ = std::make_shared<Listeners>();

  // Used by the writer only: the end of the chain, sealed but perhaps not on disk, and the group that is forming. While
  // the store follows the writer rests, and whoever holds inline_mu_ uses them.
  int64_t last_sequence_;
  std::string last_hash_;
  // With a log only.
  absl::Time last_commit_time_;
  std::shared_ptr<Group> forming_;

  mutable std::atomic<int64_t> held_snapshots_ = 0;

  mutable Mutex mu_;
  std::deque<Pending*> queue_ ABSL_GUARDED_BY(mu_);
  // On its way to the disk, or back.
  std::shared_ptr<Group> writing_ ABSL_GUARDED_BY(mu_);
  bool forming_is_full_ ABSL_GUARDED_BY(mu_) = false;
  // The writer's thread is between two looks at what there is to do.
  bool writer_is_busy_ ABSL_GUARDED_BY(mu_) = false;
  bool leading_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  bool disk_stopping_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status failure_ ABSL_GUARDED_BY(mu_);
  std::shared_ptr<const Published> published_ ABSL_GUARDED_BY(mu_);
  GroupStats stats_ ABSL_GUARDED_BY(mu_);

  // The disk's room, as it was told when it was asked last (steady time); and the bytes of groups since.
  std::atomic<bool> short_of_room_{false};
  std::atomic<uint64_t> free_bytes_{0};
  std::atomic<int64_t> room_asked_{std::numeric_limits<int64_t>::min()};
  std::atomic<int64_t> room_used_{0};

  // What is written since the copy of a log was synced last; and up to where it was. Held while it is synced.
  std::atomic<int64_t> unsynced_bytes_{0};
  Mutex sync_mu_;
  int64_t synced_sequence_ ABSL_GUARDED_BY(sync_mu_) = 0;

  // Without threads of the store's own, commands take turns here; so do those who write what a log has.
  Mutex inline_mu_;
  std::thread writer_;
  std::thread disk_;
};

RocksStore::RocksStore(StoreOptions options, OpenedStore opened, CommitLog* log, LogName log_name)
    : options_(std::move(options)),
      db_(std::move(opened.db)),
      high_water_(std::move(opened.high_water)),
      log_(log),
      log_name_(std::move(log_name)),
      identity_(opened.identity.value_or(storage::v1::StoreIdentity())),
      last_sequence_(opened.last_sequence),
      last_hash_(opened.last_hash),
      last_commit_time_(log == nullptr ? absl::InfinitePast() : opened.last_commit_time),
      leading_(log == nullptr),
      synced_sequence_(opened.last_sequence) {}

RocksStore::~RocksStore() {
  {
    MutexLock lock(&mu_);
    stopping_ = true;
  }
  if (writer_.joinable()) writer_.join();
  {
    MutexLock lock(&mu_);
    disk_stopping_ = true;
  }
  if (disk_.joinable()) disk_.join();
  std::shared_ptr<const Published> last;
  {
    MutexLock lock(&mu_);
    last.swap(published_);
  }
  if (last.use_count() > 1) {
    Log(LogLevel::kError, "store.snapshot_outlives_store", {{"path", options_.path}});
    std::abort();
  }
  last.reset();
  const rocksdb::Status closed = db_->Close();
  if (!closed.ok()) {
    Log(LogLevel::kWarning, "store.close_failed", {{"path", options_.path}, {"cause", closed.ToString()}});
  }
}

absl::Status RocksStore::Start() {
  if (identity_.epoch().empty()) {
    identity_.set_format_version(kFormatVersion);
    identity_.set_service(options_.service);
    identity_.set_node(options_.node);
    identity_.set_epoch(options_.ids->NextId("e-"));
    last_hash_ = GenesisHash(identity_.epoch());
    Group group;
    group.writes[IdentityKey()] = identity_.SerializeAsString();
    Seal(group);
    DUBAN_RETURN_IF_ERROR(FromRocks(Write(group), options_.path));
    DUBAN_FAILPOINT("create.identity_written");
    DUBAN_RETURN_IF_ERROR(high_water_->Write(group.mark));
  }
  Publish(StateAt(last_sequence_, last_hash_));
  if (options_.threaded) {
    writer_ = std::thread([this] { WriterLoop(); });
    disk_ = std::thread([this] { DiskLoop(); });
  }
  return absl::OkStatus();
}

bool RocksStore::WriterHasWork() const {
  if (writing_ != nullptr && writing_->on_disk) return true;
  if (!queue_.empty()) return !forming_is_full_;
  return stopping_ && writing_ == nullptr;
}

bool RocksStore::DiskHasWork() const {
  return disk_stopping_ || (writing_ != nullptr && !writing_->on_disk);
}

std::vector<Pending*> RocksStore::TakeCommands() {
  const size_t room = static_cast<size_t>(options_.max_group_commands) - (forming_ ? forming_->pending.size() : 0);
  // Callers that were answered together come back together. Where the disk is free, only half of those that wait go at
  // once, so that the other half is made ready meanwhile; else all would wait for the disk, and the disk for all.
  const size_t fair = writing_ != nullptr ? kSlice : std::max(kSlice, (queue_.size() + 1) / 2);
  const size_t most = std::min(fair, room);
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(std::min(most, queue_.size()));
  std::vector<Pending*> taken(queue_.begin(), end);
  queue_.erase(queue_.begin(), end);
  return taken;
}

void RocksStore::WriterLoop() {
  NameThread("store-writer");
  while (true) {
    std::shared_ptr<Group> written;
    std::vector<Pending*> commands;
    bool idle = false;
    {
      MutexLock lock(&mu_);
      writer_is_busy_ = false;
      mu_.Await(absl::Condition(this, &RocksStore::WriterHasWork));
      writer_is_busy_ = true;
      if (writing_ != nullptr && writing_->on_disk) {
        written.swap(writing_);
      } else if (!queue_.empty()) {
        commands = TakeCommands();
        idle = writing_ == nullptr && queue_.empty();
      } else {
        return;
      }
    }
    if (written != nullptr) {
      Finish(*written, FromRocks(written->written, options_.path));
    } else if (idle && commands.size() == 1) {
      // Nobody to share the write with: the way to the other thread and back would only cost time.
      CommitAlone(commands);
    } else {
      RunCommands(commands);
    }
  }
}

void RocksStore::DiskLoop() {
  NameThread("store-disk");
  while (true) {
    std::shared_ptr<Group> group;
    {
      MutexLock lock(&mu_);
      mu_.Await(absl::Condition(this, &RocksStore::DiskHasWork));
      if (disk_stopping_) return;
      group = writing_;
    }
    rocksdb::Status written = Write(*group);
    MutexLock lock(&mu_);
    group->written = std::move(written);
    group->on_disk = true;
  }
}

absl::Status RocksStore::NotServing() const {
  return Error(v1::NOT_SERVING,
               StrCat("the store takes no writes: ", ToStd(failure_.message()), "; the server has to be restarted"),
               "存储已停止写入，请联系管理员重启服务后重试");
}

absl::Status RocksStore::serving() const {
  MutexLock lock(&mu_);
  return failure_.ok() ? absl::OkStatus() : NotServing();
}

absl::Status RocksStore::Run(const CommandInfo& info, Body body) {
  DUBAN_RETURN_IF_ERROR(CheckRoom());
  Pending command{&info, body, absl::OkStatus(), {}};
  if (!options_.threaded) {
    MutexLock lock(&inline_mu_);
    DUBAN_RETURN_IF_ERROR(serving());
    {
      MutexLock state(&mu_);
      DUBAN_RETURN_IF_ERROR(CheckLeads());
    }
    CommitAlone({&command});
    return command.status;
  }
  {
    MutexLock lock(&mu_);
    if (!failure_.ok()) return NotServing();
    DUBAN_RETURN_IF_ERROR(CheckLeads());
    if (stopping_)
      return Error(v1::NOT_SERVING, "the server is stopping; repeat the call later", "服务正在停止，请稍后重试");
    if (static_cast<int>(queue_.size()) >= options_.max_queue) {
      return Error(v1::OVERLOADED, "too many writes are waiting; pause and repeat the call",
                   "等待写入的请求过多，请稍后重试");
    }
    queue_.push_back(&command);
  }
  command.done.WaitForNotification();
  return command.status;
}

void RocksStore::AskForRoom() {
  const int64_t now = absl::ToInt64Nanoseconds(options_.clock->Steady());
  const int64_t asked = room_asked_;
  const bool known = asked != std::numeric_limits<int64_t>::min() && now - asked < kAskForRoomEvery;
  if (known && room_used_ < kAskForRoomBehind) return;
  room_asked_ = now;
  room_used_ = 0;
  uint64_t free = 0;
  // A file system that does not say has room until a write fails.
  const bool told = db_->GetFileSystem()->GetFreeSpace(options_.path, {}, &free, nullptr).ok();
  const bool short_of_room = told && free < static_cast<uint64_t>(options_.min_free_bytes);
  free_bytes_ = free;
  if (short_of_room_.exchange(short_of_room) == short_of_room) return;
  Log(LogLevel::kWarning, short_of_room ? "store.disk_short" : "store.disk_has_room",
      {{"path", options_.path}, {"free_bytes", StrCat(free)}, {"kept_free_bytes", StrCat(options_.min_free_bytes)}});
}

absl::Status RocksStore::CheckRoom() {
  if (options_.min_free_bytes == 0) return absl::OkStatus();
  AskForRoom();
  if (!short_of_room_) return absl::OkStatus();
  const uint64_t free = free_bytes_;
  return Error(v1::LIMIT_REACHED,
               StrCat("the disk of the store has only ", free >> 20, " MiB left; nothing is written until there are ",
                      options_.min_free_bytes >> 20, " MiB. Free space on it, then repeat the call"),
               StrCat("存储磁盘仅剩 ", free >> 20, " MiB，低于 ", options_.min_free_bytes >> 20,
                      " MiB 时不再写入；请清理磁盘后重试"));
}

void RocksStore::BeginGroup() {
  forming_ = std::make_shared<Group>();
  forming_->last_sequence = last_sequence_;
  MutexLock lock(&mu_);
  forming_->beneath = writing_;
}

void RocksStore::RunCommands(const std::vector<Pending*>& commands) {
  if (forming_ == nullptr) BeginGroup();
  Group& group = *forming_;
  size_t ran = 0;
  while (ran < commands.size() && group.bytes < options_.max_group_bytes) {
    group.pending.push_back(commands[ran]);
    RunCommand(*commands[ran++], group);
  }
  bool disk_is_free = false;
  {
    MutexLock lock(&mu_);
    queue_.insert(queue_.begin(), commands.begin() + static_cast<std::ptrdiff_t>(ran), commands.end());
    forming_is_full_ = group.bytes >= options_.max_group_bytes ||
                       static_cast<int>(group.pending.size()) >= options_.max_group_commands;
    disk_is_free = writing_ == nullptr;
  }
  if (!disk_is_free) return;
  if (std::shared_ptr<Group> unwritten = HandOver(); unwritten != nullptr) Answer(*unwritten, absl::OkStatus());
}

void RocksStore::RunCommand(Pending& command, Group& group) {
  const RocksView database(db_.get(), nullptr, &on_damage_);
  static const WriteSet* const kNothing = new WriteSet;
  const bool beneath = group.beneath != nullptr && !DUBAN_BUG("store.group_reads_too_deep");
  const OverlayView base(&database, beneath ? &group.beneath->writes : kNothing);
  Transaction transaction(&base, &group.writes, group.last_sequence);
  command.status = command.body(transaction);
  const bool tells = command.info->refused != v1::ERROR_REASON_UNSPECIFIED;
  if (command.status.ok() && (tells || !transaction.writes().empty())) Absorb(transaction, *command.info, group);
}

void RocksStore::Absorb(Transaction& transaction, const CommandInfo& info, Group& group) {
  group.last_sequence = transaction.last_sequence();
  auto* audit = group.commit.add_audits();
  audit->set_method(info.method);
  audit->set_request_id(info.request_id);
  audit->set_caller(info.caller);
  audit->set_session(info.session);
  audit->set_address(info.address);
  audit->set_sequence(group.last_sequence);
  audit->set_refused(info.refused);
  if (info.times > 1) audit->set_times(info.times);
  if (!info.about.empty()) audit->add_entities(info.about);
  for (EntityChange& change : transaction.mutable_changes()) {
    audit->add_entities(change.name);
    group.bytes += kBytesOfPlace * static_cast<int64_t>(change.audiences->size() + change.withdrawn_from.size());
    group.changes.push_back(std::move(change));
  }
  WriteSet& writes = transaction.mutable_writes();
  while (!writes.empty()) {
    auto row = writes.extract(writes.begin());
    group.bytes += static_cast<int64_t>(row.key().size() + (row.mapped().has_value() ? row.mapped()->size() : 0));
    auto inserted = group.writes.insert(std::move(row));
    if (!inserted.inserted) inserted.position->second = std::move(inserted.node.mapped());
  }
}

void RocksStore::Seal(Group& group) {
  group.beneath.reset();
  const int64_t sequence = std::max(group.last_sequence, last_sequence_) + 1;
  AddFeedRows(group.changes, group.writes, group.touched);
  group.batch = rocksdb::WriteBatch(static_cast<size_t>(group.bytes) + 64 * (group.writes.size() + 16));
  rocksdb::Status put;
  for (const auto& [key, value] : group.writes) {
    put = value.has_value() ? group.batch.Put(key, *value) : group.batch.Delete(key);
    if (!put.ok()) break;
  }
  const std::string& rows = group.batch.Data();
  group.commit.set_first_sequence(last_sequence_ + 1);
  group.commit.set_previous_hash(last_hash_);
  group.commit.set_rows_hash(HashBytes(XXH3_64bits(rows.data(), rows.size())));
  *group.commit.mutable_commit_time() = ToProto(CommitTime());
  SealCommit(group.commit, sequence);
  if (put.ok()) put = group.batch.Put(CommitKey(sequence), group.commit.SerializeAsString());
  // Only a row of 4 GiB does not fit; no caller is allowed a hundredth of that.
  if (!put.ok()) {
    Log(LogLevel::kError, "store.batch_refused", {{"path", options_.path}, {"cause", put.ToString()}});
    std::abort();
  }
  room_used_ += static_cast<int64_t>(group.batch.GetDataSize());
  if (log_ != nullptr) group.logged = ToLogged(group.writes, sequence, group.commit);
  last_sequence_ = sequence;
  last_hash_ = group.commit.hash();
  group.mark = {EpochHash(identity_.epoch()), last_sequence_, MarkHash(last_hash_)};
  if (DUBAN_BUG("store.mark_before_write")) high_water_->Write(group.mark).IgnoreError();
  if (DUBAN_BUG("store.answer_before_write")) {
    Answer(group, absl::OkStatus());
    group.pending.clear();
  }
}

std::shared_ptr<Group> RocksStore::HandOver() {
  std::shared_ptr<Group> group = std::move(forming_);
  forming_ = nullptr;
  if (group != nullptr && !group->empty()) Seal(*group);
  MutexLock lock(&mu_);
  forming_is_full_ = false;
  if (group == nullptr || group->empty()) return group;
  writing_ = std::move(group);
  return nullptr;
}

rocksdb::Status RocksStore::Write(Group& group) {
  if (log_ != nullptr) {
    if (DUBAN_BUG("store.copy_before_log")) db_->Write({}, &group.batch).PermitUncheckedError();
    // What a store that failed goes on from is perhaps not what the log has.
    if (const absl::Status able = serving(); !able.ok()) {
      group.appended = {Appended::kRefused, able};
      return rocksdb::Status::OK();
    }
    group.appended = log_->Append(group.logged);
    if (group.appended.outcome != Appended::kDurable) return rocksdb::Status::OK();
  }
  rocksdb::WriteOptions synced;
  synced.sync = log_ == nullptr && !DUBAN_BUG("store.write_without_sync");
  DUBAN_FAILPOINT("commit.before_write");
  const absl::Duration begun = options_.clock->Steady();
  rocksdb::Status written = db_->Write(synced, &group.batch);
  {
    MutexLock lock(&mu_);
    stats_.last_sync = options_.clock->Steady() - begun;
    stats_.synced += stats_.last_sync;
  }
  // Here, where nothing else can be on its way to the disk: until this group is published the next one may be there.
  group.state = StateAt(group.mark.sequence, group.commit.hash());
  DUBAN_FAILPOINT("commit.after_write");
  return written;
}

void RocksStore::Finish(Group& group, const absl::Status& written) {
  if (log_ != nullptr) return FinishLogged(group, written);
  absl::Status outcome = serving();
  std::shared_ptr<Group> unwritten;
  std::shared_ptr<const Published> state = std::exchange(group.state, nullptr);
  if (outcome.ok()) {
    if (!DUBAN_BUG("store.write_error_swallowed")) outcome = written;
    if (outcome.ok()) {
      // The next group goes to the disk first, so that its write and this mark are under way together.
      unwritten = HandOver();
      if (!DUBAN_BUG("store.mark_never_moves")) outcome = high_water_->Write(group.mark);
      DUBAN_FAILPOINT("commit.after_mark");
    }
    if (DUBAN_BUG("store.state_taken_late")) state = StateAt(group.mark.sequence, group.commit.hash());
    outcome.ok() ? Publish(std::move(state)) : Fail(outcome);
    DUBAN_FAILPOINT("snapshot.published");
  }
  if (!outcome.ok() && forming_ != nullptr) unwritten = std::exchange(forming_, nullptr);
  Answer(group, outcome.ok() ? absl::OkStatus()
                : DUBAN_BUG("store.unknown_told_as_refused")
                    ? serving()
                    : Error(v1::OUTCOME_UNKNOWN,
                            "the write failed and may or may not be there; repeat with the same request id",
                            "写入失败，结果未知，请使用同一请求编号重试"));
  // Commands that wrote nothing, but may have read what was not durable until now; or that came too late.
  if (unwritten != nullptr) Answer(*unwritten, serving());
}

absl::Status RocksStore::CheckLeads() const {
  return leading_ ? absl::OkStatus() : NotLeader("");
}

bool RocksStore::names_its_log() const {
  const auto row = RocksView(db_.get(), nullptr).GetRow(LocalKey(kLogNameRow));
  return row.ok() && row->has_value();
}

absl::Status RocksStore::NameLog() {
  if (names_its_log()) return absl::OkStatus();
  return Run({"name_log", ""}, [this](Transaction& transaction) {
    storage::v1::LogName name;
    name.set_prefix(log_name_.prefix);
    name.set_cluster_id(log_name_.cluster_id);
    transaction.PutLocal(kLogNameRow, name);
    return absl::OkStatus();
  });
}

bool RocksStore::AtRest() const {
  return queue_.empty() && writing_ == nullptr && !writer_is_busy_;
}

bool RocksStore::leads() const {
  MutexLock lock(&mu_);
  return leading_ && failure_.ok();
}

absl::Time RocksStore::CommitTime() const {
  // A former leader's clock may have been ahead of this one's, and this one's before a restart.
  return std::max(options_.clock->Now(), last_commit_time_);
}

absl::Status RocksStore::Refusal(Appended outcome) const {
  if (!failure_.ok()) return NotServing();
  if (!leading_) return CheckLeads();
  if (outcome == Appended::kTooLarge) {
    return Error(v1::LIMIT_REACHED,
                 "what was to be written together is too large for the log of this node's replicas; nothing was done. "
                 "Repeat the call, or make it smaller",
                 "一并写入的内容超过各副本共用日志的单次上限，操作未执行；请重试或减少内容");
  }
  return Error(v1::LIMIT_REACHED, "the log of this node's replicas has no room; nothing was done",
               "各副本共用的日志空间已满，操作未执行，请联系管理员");
}

// What the log did not take is as if it had never been: neither the group nor what formed on top of it.
void RocksStore::TakeBack(Group& group) {
  const Appended outcome = group.appended.outcome;
  const bool unknown = outcome == Appended::kUnknown;
  const bool goes_on = outcome == Appended::kNoRoom || outcome == Appended::kTooLarge;
  Log(LogLevel::kWarning, unknown ? "store.append_unknown" : "store.append_refused",
      {{"service", options_.service}, {"path", options_.path}, {"cause", group.appended.cause.ToString()}});
  std::shared_ptr<Group> forming = std::exchange(forming_, nullptr);
  last_sequence_ = group.commit.first_sequence() - 1;
  last_hash_ = group.commit.previous_hash();
  std::deque<Pending*> queued;
  absl::Status refusal;
  {
    MutexLock lock(&mu_);
    forming_is_full_ = false;
    leading_ = leading_ && goes_on;
    if (!leading_) queued.swap(queue_);
    refusal = Refusal(outcome);
  }
  Answer(group,
         unknown && !DUBAN_BUG("store.unknown_append_told_as_refused")
             ? Error(v1::OUTCOME_UNKNOWN,
                     "the log gave no answer, and the write may or may not be there; repeat with the same request id",
                     "日志未答复，结果未知，请使用同一请求编号重试")
             : refusal);
  if (forming != nullptr) Answer(*forming, DUBAN_BUG("store.formed_group_told_done") ? absl::OkStatus() : refusal);
  for (Pending* command : queued) {
    command->status = refusal;
    command->done.Notify();
  }
}

void RocksStore::FinishLogged(Group& group, const absl::Status& written) {
  if (group.appended.outcome != Appended::kDurable) return TakeBack(group);
  last_commit_time_ = FromProto(group.commit.commit_time());
  std::shared_ptr<const Published> state = std::exchange(group.state, nullptr);
  std::shared_ptr<Group> unwritten;
  if (written.ok()) {
    unwritten = HandOver();
    Publish(std::move(state));
    NoteUnsynced(static_cast<int64_t>(group.batch.GetDataSize()));
  } else {
    // The group is in the log, so it did happen; but this copy of it is worth nothing any more.
    Fail(written);
    unwritten = std::exchange(forming_, nullptr);
  }
  Answer(group, absl::OkStatus());
  if (unwritten != nullptr) Answer(*unwritten, serving());
}

void RocksStore::NoteUnsynced(int64_t bytes) {
  if ((unsynced_bytes_ += bytes) >= kSyncBehind) SyncCopy().status().IgnoreError();
}

absl::StatusOr<int64_t> RocksStore::SyncCopy() {
  MutexLock lock(&sync_mu_);
  DUBAN_RETURN_IF_ERROR(serving());
  unsynced_bytes_ = 0;
  const v1::FeedPosition reached = head();
  if (reached.sequence() == synced_sequence_) return synced_sequence_;
  // A write of nothing, synced: the log of the database is synced up to it.
  rocksdb::WriteOptions synced;
  synced.sync = true;
  rocksdb::WriteBatch nothing;
  absl::Status done = FromRocks(db_->Write(synced, &nothing), options_.path);
  if (done.ok()) {
    done = high_water_->Write({EpochHash(identity_.epoch()), reached.sequence(), MarkHash(reached.hash())});
  }
  if (!done.ok()) {
    Fail(done);
    return done;
  }
  synced_sequence_ = reached.sequence();
  return synced_sequence_;
}

absl::Status RocksStore::Apply(const LoggedCommit& logged) {
  const RocksView copy(db_.get(), nullptr, &on_damage_);
  DUBAN_ASSIGN_OR_RETURN(RebuiltCommit rebuilt, RebuildCommit(logged, copy));
  if (logged.first_sequence != last_sequence_ + 1 || logged.previous_hash != last_hash_) {
    return absl::DataLossError(StrCat("the commit at sequence ", logged.first_sequence,
                                      " of the log does not go on from this copy, which ends at ", last_sequence_));
  }
  const absl::Status written = FromRocks(db_->Write({}, &rebuilt.batch), options_.path);
  if (!written.ok()) {
    Fail(written);
    return written;
  }
  last_sequence_ = logged.last_sequence;
  last_hash_ = logged.hash;
  last_commit_time_ = FromProto(rebuilt.commit.commit_time());
  Publish(StateAt(last_sequence_, last_hash_));
  NoteUnsynced(static_cast<int64_t>(rebuilt.batch.GetDataSize()));
  Tell(rebuilt.changes, rebuilt.touched);
  return absl::OkStatus();
}

absl::StatusOr<bool> RocksStore::CatchUp() {
  MutexLock one_at_a_time(&inline_mu_);
  {
    MutexLock lock(&mu_);
    if (!failure_.ok()) return NotServing();
    if (leading_) return absl::FailedPreconditionError("this replica leads: there is nothing to follow");
    mu_.Await(absl::Condition(this, &RocksStore::AtRest));
  }
  DUBAN_ASSIGN_OR_RETURN(const std::vector<LoggedCommit> commits, log_->Read({last_sequence_, last_hash_}));
  for (const LoggedCommit& commit : commits) DUBAN_RETURN_IF_ERROR(Apply(commit));
  return !commits.empty();
}

absl::Status RocksStore::Lead(const LogPosition& head) {
  if (leads()) return absl::FailedPreconditionError("this replica leads already; have it follow first");
  while (this->head().sequence() < head.sequence && !DUBAN_BUG("store.serves_before_the_head")) {
    DUBAN_ASSIGN_OR_RETURN(const bool more, CatchUp());
    if (!more) return absl::UnavailableError(StrCat("the log does not show its end at ", head.sequence, " yet"));
  }
  MutexLock one_at_a_time(&inline_mu_);
  MutexLock lock(&mu_);
  if (!failure_.ok()) return NotServing();
  mu_.Await(absl::Condition(this, &RocksStore::AtRest));
  const LogPosition copy{published_->head.sequence(), published_->head.hash()};
  if (copy != head && !DUBAN_BUG("store.serves_before_the_head")) {
    return absl::FailedPreconditionError(StrCat("the log ends at sequence ", head.sequence, " and this copy at ",
                                                copy.sequence,
                                                ", with another history: it is another log, or was put "
                                                "back to an earlier state. Nothing is written"));
  }
  leading_ = true;
  return absl::OkStatus();
}

void RocksStore::Follow() {
  MutexLock one_at_a_time(&inline_mu_);
  std::deque<Pending*> queued;
  {
    MutexLock lock(&mu_);
    leading_ = false;
    queued.swap(queue_);
    for (Pending* command : queued) command->status = CheckLeads();
  }
  for (Pending* command : queued) command->done.Notify();
  MutexLock lock(&mu_);
  mu_.Await(absl::Condition(this, &RocksStore::AtRest));
}

void RocksStore::Answer(Group& group, const absl::Status& outcome) {
  {
    MutexLock lock(&mu_);
    ++stats_.groups;
    stats_.commands += static_cast<int64_t>(group.pending.size());
  }
  for (Pending* command : group.pending) {
    if (!outcome.ok()) command->status = outcome;
    command->done.Notify();
  }
  DUBAN_FAILPOINT("commit.answered");
  if (outcome.ok()) Tell(group.changes, group.touched);
}

void RocksStore::Tell(const std::vector<EntityChange>& changes, const Audiences& touched) {
  if (changes.empty() && touched.empty()) return;
  MutexLock lock(&listeners_->mu);
  if (!changes.empty()) {
    for (const auto& [id, listener] : listeners_->of_changes) listener(changes);
  }
  if (touched.empty()) return;
  for (const auto& [id, listener] : listeners_->by_id) listener(touched);
}

void RocksStore::CommitAlone(const std::vector<Pending*>& commands) {
  BeginGroup();
  const std::shared_ptr<Group> group = std::exchange(forming_, nullptr);
  group->pending = commands;
  for (Pending* command : commands) RunCommand(*command, *group);
  if (group->empty()) return Answer(*group, absl::OkStatus());
  Seal(*group);
  Finish(*group, FromRocks(Write(*group), options_.path));
}

std::shared_ptr<const Published> RocksStore::StateAt(int64_t sequence, const std::string& hash) const {
  v1::FeedPosition head;
  head.set_epoch(identity_.epoch());
  head.set_sequence(sequence);
  head.set_hash(hash);
  return std::make_shared<const Published>(db_.get(), std::move(head));
}

void RocksStore::Publish(std::shared_ptr<const Published> state) {
  MutexLock lock(&mu_);
  published_.swap(state);
}

void RocksStore::OnFailure(std::function<void(const absl::Status&)> listener) {
  MutexLock lock(&failure_mu_);
  on_failure_ = std::move(listener);
}

void RocksStore::Fail(const absl::Status& cause) {
  std::deque<Pending*> refused;
  {
    MutexLock lock(&mu_);
    if (!failure_.ok()) return;
    failure_ = cause;
    refused.swap(queue_);
  }
  Log(LogLevel::kError, "store.failed",
      {{"service", options_.service}, {"path", options_.path}, {"cause", std::string(cause.message())}});
  {
    MutexLock lock(&failure_mu_);
    if (on_failure_) on_failure_(cause);
  }
  for (Pending* command : refused) {
    command->status = serving();
    command->done.Notify();
  }
}

std::unique_ptr<Snapshot> RocksStore::TakeSnapshot() const {
  MutexLock lock(&mu_);
  return std::make_unique<SharedSnapshot>(published_, &on_damage_, &held_snapshots_);
}

absl::Status RocksStore::VerifyFiles() {
  const rocksdb::Status tables = db_->VerifyChecksum();
  if (!tables.ok()) {
    const absl::Status failure = FromRocks(tables, options_.path);
    if (IsDamage(tables)) Fail(failure);
    return failure;
  }
  // What the mark says may have moved on meanwhile; that it can be read at all is what counts.
  absl::Status found = high_water_->Check();
  if (found.ok()) found = VerifyChain();
  if (absl::IsDataLoss(found)) Fail(found);
  return found;
}

v1::FeedPosition RocksStore::head() const {
  MutexLock lock(&mu_);
  return published_->head;
}

int64_t RocksStore::estimated_rows() const {
  uint64_t rows = 0;
  db_->GetIntProperty(rocksdb::DB::Properties::kEstimateNumKeys, &rows);
  return static_cast<int64_t>(rows);
}

GroupStats RocksStore::group_stats() const {
  MutexLock lock(&mu_);
  return stats_;
}

std::shared_ptr<void> RocksStore::OnCommit(CommitListener listener) {
  MutexLock lock(&listeners_->mu);
  const int64_t id = listeners_->next_id++;
  listeners_->by_id[id] = std::move(listener);
  return std::shared_ptr<void>(nullptr, [listeners = listeners_, id](void*) {
    MutexLock inner(&listeners->mu);
    listeners->by_id.erase(id);
  });
}

std::shared_ptr<void> RocksStore::OnChange(ChangeListener listener) {
  MutexLock lock(&listeners_->mu);
  const int64_t id = listeners_->next_id++;
  listeners_->of_changes[id] = std::move(listener);
  return std::shared_ptr<void>(nullptr, [listeners = listeners_, id](void*) {
    MutexLock inner(&listeners->mu);
    listeners->of_changes.erase(id);
  });
}

}  // namespace

int64_t HeldSnapshots(const Store& store) {
  const auto* rocks = dynamic_cast<const RocksStore*>(&store);
  return rocks == nullptr ? 0 : rocks->held_snapshots();
}

absl::StatusOr<std::unique_ptr<Store>> Store::Open(StoreOptions options) {
  DUBAN_RETURN_IF_ERROR(CheckOptions(options));
  DUBAN_ASSIGN_OR_RETURN(OpenedStore opened, OpenStoreFolder(options));
  DUBAN_RETURN_IF_ERROR(CheckLog(options, opened, nullptr));
  auto store = std::make_unique<RocksStore>(std::move(options), std::move(opened), nullptr);
  DUBAN_RETURN_IF_ERROR(store->Start());
  return store;
}

absl::Status NotLeader(std::string_view leader) {
  const std::string at(leader);
  if (at.empty()) {
    return Error(v1::NOT_SERVING,
                 "this replica does not lead, and nothing was done; repeat the call at the one that does",
                 "本副本当前不是主副本，操作未执行；请在主副本上重试");
  }
  return Error(v1::NOT_SERVING, StrCat("this replica does not lead, and nothing was done; repeat the call at ", at),
               StrCat("本副本当前不是主副本，操作未执行；请改到主副本（", at, "）重试"), {{"leader", at}});
}

absl::StatusOr<std::unique_ptr<ReplicatedStore>> ReplicatedStore::Open(StoreOptions options, CommitLog* log,
                                                                       LogName name) {
  DUBAN_RETURN_IF_ERROR(CheckOptions(options));
  const absl::Status empty = absl::FailedPreconditionError(
      StrCat("the store at ", options.path, " is empty: a replica begins with a copy of another one"));
  // Opening would begin a store there.
  if (!HoldsStore(options)) return empty;
  DUBAN_ASSIGN_OR_RETURN(OpenedStore opened, OpenStoreFolder(options));
  if (!opened.identity.has_value()) return empty;
  DUBAN_RETURN_IF_ERROR(CheckLog(options, opened, &name));
  auto store = std::make_unique<RocksStore>(std::move(options), std::move(opened), log, std::move(name));
  DUBAN_RETURN_IF_ERROR(store->Start());
  return store;
}

}  // namespace duban
