// The store of one service: one writer, one door, one way to change state.
//
// Commands run in order on the writer's thread, each against a transaction that reads its own writes. Many commands
// share one synced write; a caller is answered after the sync and after the high-water mark is durable. While one group
// is on its way to the disk, the next one forms on top of it. Reads use snapshots on the calling threads and never wait
// for the writer.
//
// Threads: every method may be called from any thread. Ownership: the caller owns the store and everything it hands
// in, which must outlive it. Errors: a failed write means *outcome unknown*: its callers get OUTCOME_UNKNOWN, the
// store stops serving for good (NOT_SERVING), and the process has to be restarted and the requests repeated with the
// same ids. A read that meets a damaged file fails with INVARIANT_BROKEN and stops the store as well: what else is
// damaged nobody knows.

#ifndef DUBAN_COMMON_STORE_STORE_H_
#define DUBAN_COMMON_STORE_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/access/caller.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/store/repeat.h"
#include "common/store/transaction.h"

namespace rocksdb {
class Env;
}

namespace duban {

// How the rows of feeds are merged (Store::MergeFeeds). Others than these are for tests.
struct FeedMergeLimits {
  // New rows of an audience that are worth joining. At least 2.
  int fewest_rows = 8;
  // Most rows, and places in them, that one command goes through; a row is gone through whole.
  int most_rows = 512;
  int64_t most_places = 4096;
  // All rows of an audience are gone through once as many places came as were left the last time, and these.
  int64_t fewest_places = 1000;
};

struct StoreOptions {
  // Folder of the store; made where it is not there.
  std::string path;
  // `plan`, `assignment` or `notification`. A store opens only for the service and node that made it.
  std::string service;
  std::string node;
  Clock* clock = &RealClock();
  IdSource* ids = &SystemIds();
  // File system; null: the machine's. Tests hand in faulty ones.
  rocksdb::Env* env = nullptr;
  // Without a thread of its own each command runs, alone in its group, on the caller's thread: for simulation.
  bool threaded = true;
  // Most commands of one synced write. Range 1 to 10,000; Open refuses others. More: fewer syncs, longer waits.
  int max_group_commands = 512;
  // A group is closed once its rows have this many bytes.
  int64_t max_group_bytes = 4 << 20;
  // Most commands that wait; more are refused with OVERLOADED.
  int max_queue = 8192;
  // While the disk has less room than this, commands are refused with LIMIT_REACHED and reading goes on. What is kept
  // free is for RocksDB's own work; once that has nothing left, a write fails and the store stops. The disk is asked
  // once a second, and sooner where much was written. 0: no such limit.
  int64_t min_free_bytes = 0;
  // Bytes of new rows in memory before RocksDB writes them to a file of their own; RocksDB takes 64 KiB at least. Less:
  // more and smaller files, sooner merged.
  int64_t memtable_bytes = 16 << 20;
  // Bytes of table blocks kept in memory. More: fewer reads from files.
  int64_t block_cache_bytes = 32 << 20;
  FeedMergeLimits merge;
};

// What a command is, for the audit.
struct CommandInfo {
  // Full method name, or `follow/<hop>`.
  std::string method;
  std::string request_id;
  // Who asked for it: Caller::label, Caller::session and Caller::address. Empty: the node itself.
  std::string caller = {};
  std::string session = {};
  std::string address = {};
  // Set where a call was refused and the command only says so: why, what the call was about, as far as its request
  // names that, and how many such refusals this speaks for. `about` may also name what a command that was done is about
  // where it changes no entity; its body may still fill that in.
  v1::ErrorReason refused = v1::ERROR_REASON_UNSPECIFIED;
  std::string about = {};
  int64_t times = 1;
};

// A request of a client. Views: what it is made of outlives it.
struct ClientRequest {
  template <typename Message>
  ClientRequest(const Caller& from, std::string_view full_method, const Message& request)
      : ClientRequest(from, full_method, request.request_id(), request) {}
  // For a message that does not carry its id itself.
  ClientRequest(const Caller& from, std::string_view full_method, std::string_view id,
                const google::protobuf::Message& request)
      : caller(from), method(full_method), request_id(id), message(request) {}

  const Caller& caller;
  // Such as `duban.v1.PlanService/CreatePlan`.
  std::string_view method;
  // The client's; two requests of one caller that have the same are one.
  std::string_view request_id;
  const google::protobuf::Message& message;
};

// How long the answer to a request id is kept: the same id later than this is a new request.
inline constexpr absl::Duration kMemoLifetime = absl::Hours(30 * 24);

// How long commits are kept at least.
inline constexpr absl::Duration kHistoryKept = absl::Hours(180 * 24);

// Where a follower of the store's feed stands.
struct FollowerStand {
  // `node/district` or `service/assignment`.
  std::string name;
  v1::FeedPosition position;
  // When it said so.
  absl::Time heard;
};

// How large the groups were, for measuring.
struct GroupStats {
  int64_t groups = 0;
  int64_t commands = 0;
  // How long synced writes took: all of them, and the last one.
  absl::Duration synced;
  absl::Duration last_sync;
};

// A consistent view of everything committed when it was taken. Keep it for a call, not longer: it holds files. Must
// be destroyed before the store.
class Snapshot : public ReadView {
 public:
  // What the store had committed when the snapshot was taken.
  virtual const v1::FeedPosition& head() const = 0;
};

class Store {
 public:
  using Body = absl::FunctionRef<absl::Status(Transaction&)>;
  // Called on the writer's thread after each durable group with the audiences whose feeds moved. Must return quickly,
  // and neither run commands nor add or drop listeners.
  using CommitListener = std::function<void(const Audiences& touched)>;
  // The same with what was changed, by sequence, whomever it concerns; not called where nothing was. Snapshots that are
  // taken from then on have it.
  using ChangeListener = std::function<void(const std::vector<EntityChange>& changes)>;

  // Opens or makes a store. Errors: FAILED_PRECONDITION for a store of another format, service or node; DATA_LOSS,
  // with the file and what to do, for one that is damaged or holds less than its high-water mark says.
  static absl::StatusOr<std::unique_ptr<Store>> Open(StoreOptions options);
  // Finishes the commands that are queued, then closes.
  virtual ~Store() = default;

  // Runs a command and waits until it is durable. One that writes nothing leaves nothing, unless it tells of a refusal.
  // Returns what `body` returned, or OUTCOME_UNKNOWN, NOT_SERVING,
  // OVERLOADED, LIMIT_REACHED. A body that fails leaves no trace; a body must not call Run. Where a write fails,
  // whoever shared it gets OUTCOME_UNKNOWN, those whose own body failed included: it may have failed over rows that
  // were never durable.
  virtual absl::Status Run(const CommandInfo& info, Body body) = 0;

  // Runs a client's request: the same id of the same caller with the same body gets the first answer again, without
  // running `body`; the same id with another body is refused with REQUEST_ID_REUSED, which names the field. `body`
  // fills `response`. A memo of the answer, at most kMaxMemoBytes, lies in the same write as its effect; `repeat` says
  // what it keeps, and how the rest is read when the request comes again. INVARIANT_BROKEN, and no effect, where that
  // is too much. Ids are remembered until ExpireMemos forgets them.
  absl::Status Request(const ClientRequest& request, google::protobuf::Message* response, Body body,
                       const Repeat& repeat = {});

  // Whether a request was done already; then `response` is the answer to it. Writes nothing and does not wait: for what
  // is dear to prepare before Request, which looks again. Errors: REQUEST_ID_REUSED; those of `repeat`.
  absl::StatusOr<bool> Known(const ClientRequest& request, google::protobuf::Message* response,
                             const Repeat& repeat = {}) const;

  // Never null while the store lives.
  virtual std::unique_ptr<Snapshot> TakeSnapshot() const = 0;

  // OK, or why the store takes no more writes (NOT_SERVING).
  virtual absl::Status serving() const = 0;

  // Forgets the answers to requests committed before `before`, oldest first, about `limit` of them in one command;
  // returns whether there may be more, so that it has to be called again. Whoever hosts the store runs it hourly, with
  // kMemoLifetime before now.
  absl::StatusOr<bool> ExpireMemos(absl::Time before, int limit);

  // Cuts off commits made before `before`, oldest first, with the withdrawals and tombstones up to there: those that
  // the last backup holds, whose memos are forgotten, and that everybody has who reads here: followers that were noted
  // since `before`, and `offers`, the hops that hand this store's entities up, each with its position here. A
  // checkpoint takes their place. A bounded number of them in one command; returns whether there may be more. Whoever
  // hosts the store runs it hourly, behind ExpireMemos, with kHistoryKept before now. Nothing goes while no backup was
  // noted.
  absl::StatusOr<bool> Trim(absl::Time before, const std::vector<std::string>& offers);

  // Notes that a backup up to `head` is complete.
  absl::Status NoteBackup(const v1::FeedPosition& head);

  // Notes where followers stand, for Trim; and what was noted of one last (nothing where it never was; its position is
  // without a hash).
  absl::Status NoteFollowers(const std::vector<FollowerStand>& followers);
  absl::StatusOr<std::optional<FollowerStand>> NotedFollower(std::string_view follower) const;
  // All that were noted, whose names begin with `prefix`, at most `most`.
  absl::StatusOr<std::vector<FollowerStand>> NotedFollowers(std::string_view prefix, size_t most) const;

  // Merges the rows of feeds: joins small neighbouring ones, and drops places for which later ones speak, so that
  // reading a feed from its beginning costs what is there, not what happened. Looks at a bounded number of audiences
  // from `*audience` on, and merges a bounded number of rows of the first one where that is worth it, in one command.
  // Returns whether to call it again with what is in `*audience` then; else the pass is over and `*audience` empty, as
  // it is before a pass. Where a pass ends early, the next one goes on with what is left. Whoever hosts the store runs
  // passes every few minutes.
  absl::StatusOr<bool> MergeFeeds(std::string* audience);

  // Reads every table of the database and compares its checksums, reads the high-water mark back and walks all commits:
  // DATA_LOSS where a file is damaged or gone, and then the store stops serving. Takes as long as reading the whole
  // database takes. The log is compared when the store is opened.
  virtual absl::Status VerifyFiles() = 0;

  // Walks all commits: DATA_LOSS where one was altered, lost or put in.
  absl::Status VerifyChain() const;

  // Compares every entity with its places in the feeds, both ways: DATA_LOSS where they do not agree.
  absl::Status VerifyFeed() const;

  // Adds a listener; lasts until the returned object is destroyed, which may be after the store.
  virtual std::shared_ptr<void> OnCommit(CommitListener listener) = 0;
  virtual std::shared_ptr<void> OnChange(ChangeListener listener) = 0;

  // Called once, on any thread, when the store stops serving: a write failed, or something read was damaged. Must
  // return quickly. Set before the first command.
  virtual void OnFailure(std::function<void(const absl::Status&)> listener) = 0;

  virtual const std::string& epoch() const = 0;
  virtual const StoreOptions& options() const = 0;
  virtual v1::FeedPosition head() const = 0;
  virtual GroupStats group_stats() const = 0;
  // About how many rows the database holds, as RocksDB estimates it.
  virtual int64_t estimated_rows() const = 0;
};

}  // namespace duban

#endif  // DUBAN_COMMON_STORE_STORE_H_
