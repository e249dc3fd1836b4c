// A store's log in etcd. log_keys.h draws its keys, README.md says why it can be relied on.
//
// What is decided, a Txn that writes decides: each one compares who leads, and an append where the log ends as well, by
// their values. Ranges only carry data.
//
// Threads: as CommitLog says; Lead and Follow may be called by any thread.

#ifndef DUBAN_COMMON_REPLICATION_ETCD_LOG_H_
#define DUBAN_COMMON_REPLICATION_ETCD_LOG_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/replication/etcd.h"
#include "common/replication/log_keys.h"
#include "common/replication/packed_entry.h"
#include "common/store/commit_log.h"

namespace duban {

// What a replica leads by, as Elector::Campaign hands it out.
struct Tenure {
  int64_t term = 0;
  // The key `leader` as it has to stand.
  std::string leader;
};

struct EtcdLogOptions {
  std::string node;
  // `plan`, `assignment` or `notification`.
  std::string service;
  // Outlive the log.
  Etcd* etcd = nullptr;
  Clock* clock = &RealClock();
  // An append, its parts included, whose outcome is not known after this time is told as unknown. As long as a leader's
  // lease: then another may lead.
  Patience append = {.within = absl::Seconds(3), .attempt_within = absl::Seconds(1)};
  // Everything else.
  Patience others = {.within = absl::Seconds(10), .attempt_within = absl::Seconds(2)};
  // OnChange calls at least so often.
  absl::Duration poll = absl::Seconds(1);
};

class EtcdLog : public CommitLog {
 public:
  explicit EtcdLog(EtcdLogOptions options);

  // Begins a log that goes on from a copy which ends at `from`; nothing where it was begun there already. Errors:
  // ALREADY_EXISTS where there is one.
  absl::Status Begin(const LogPosition& from);

  // From now on commits are appended, in this tenure: once in each, whatever comes of it. Writes the term into the
  // head, so that nothing still on its way fits any more, and removes parts that an earlier leader did not come to name
  // in an entry. Returns where the log ends: whoever leads has to hold everything up to there before the first append.
  // Errors: FAILED_PRECONDITION where another leads, and the second time; NOT_FOUND where there is no log; UNAVAILABLE.
  absl::StatusOr<LogPosition> Lead(const Tenure& tenure);
  // From now on every append is refused.
  void Follow();

  // Where this replica does not lead, or `commit` does not go on from the last one, it is refused at once. After one
  // that is refused because another leads or appended, and after an unknown one, this replica leads no more.
  AppendResult Append(const LoggedCommit& commit) override;
  absl::StatusOr<std::vector<LoggedCommit>> Read(const LogPosition& after) override;
  absl::StatusOr<LogPosition> Head() override;
  absl::Status Trim(int64_t through) override;
  std::shared_ptr<void> OnChange(std::function<void()> listener) override;

  // What its keys begin with.
  const std::string& prefix() const { return keys_.prefix(); }
  // Bytes of what was appended here, as it lies in etcd.
  int64_t appended_bytes() const { return appended_bytes_; }

  // The last sequence that a majority of the registered replicas has said to have on disk. It only says what may be
  // worth cutting off: Trim compares for itself. Errors: UNAVAILABLE.
  absl::StatusOr<int64_t> HeldByMajority();

  // Takes a replica into those that hold the log up and are asked before it is cut off, with a copy that is on disk up
  // to `synced`. Of one that is registered, only that changes. Errors: UNAVAILABLE.
  absl::Status Register(std::string_view replica, int64_t synced);
  // Takes it out again; nothing where it is not in. Errors: UNAVAILABLE.
  absl::Status Forget(std::string_view replica);
  // Notes how far the copy of a replica is on disk. Errors: NOT_FOUND where it is not registered, or no more.
  absl::Status NoteSynced(std::string_view replica, int64_t synced);

 private:
  // A tenure under way, and where the log ends in it.
  struct Leading {
    Tenure tenure;
    storage::v1::LogHead head;
    // As it stands in its key.
    std::string head_value;
  };

  std::optional<Leading> leading() const ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status CheckFollowsOn(const Leading& leading, const LoggedCommit& commit) const;
  // Both until `end`, in steady time.
  AppendResult PutParts(const Leading& leading, const PackedEntry& packed, absl::Duration end);
  AppendResult PutEntry(const Leading& leading, const storage::v1::LogEntry& entry, const std::string& head_value,
                        absl::Duration end);
  AppendResult Judge(const etcdserverpb::TxnResponse& response, const std::string& entry_value,
                     const storage::v1::LogEntry& entry) const;
  absl::StatusOr<etcdserverpb::TxnResponse> RunTxn(const etcdserverpb::TxnRequest& request);
  absl::StatusOr<std::optional<std::string>> ReadKey(const std::string& key);
  // OK where the log, in which nothing was seen behind `after`, may be the one that a copy which ends there goes on
  // from.
  absl::Status CheckEndsAt(const LogPosition& after);
  absl::StatusOr<LoggedCommit> ReadCommit(const storage::v1::LogEntry& entry);
  absl::StatusOr<etcdserverpb::TxnRequest> TrimTxn(const Leading& leading, int64_t through);
  absl::Status ChangeMembers(std::string_view replica, bool in, int64_t synced);

  const EtcdLogOptions options_;
  const NodeKeys node_keys_;
  const LogKeys keys_;

  std::atomic<int64_t> appended_bytes_{0};

  mutable Mutex mu_;
  std::optional<Leading> leading_ ABSL_GUARDED_BY(mu_);
  // The tenure that this log was told of last.
  std::string told_to_lead_ ABSL_GUARDED_BY(mu_);
};

}  // namespace duban

#endif  // DUBAN_COMMON_REPLICATION_ETCD_LOG_H_
