// Who of a node's replicas leads: a key in etcd that hangs on a lease.
//
// The lease only says when to try, and when to stop answering reads. That nobody but the leader appends, each append
// compares for itself (etcd_log.h).
//
// Threads: leads and tenure may be called by any thread; the rest by one at a time. Ownership: what is handed in
// outlives the elector. Leading ends with it, by itself: Resign makes it quicker.

#ifndef DUBAN_COMMON_REPLICATION_ELECTOR_H_
#define DUBAN_COMMON_REPLICATION_ELECTOR_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/mutex.h"
#include "common/replication/etcd.h"
#include "common/replication/etcd_log.h"
#include "common/replication/log_keys.h"
#include "common/store/commit_log.h"
#include "duban/storage/v1/log_entry.pb.h"

namespace duban {

struct ElectorOptions {
  std::string node;
  // Where clients reach this replica, HOST:PORT; others send them there while it leads.
  std::string address;
  Etcd* etcd = nullptr;
  Clock* clock = &RealClock();
  IdSource* ids = &SystemIds();
  // How long the lease holds without a word; whole seconds. Less: a dead leader is replaced sooner, and a slow one
  // loses its place. etcd may give more. Renew about three times in it.
  absl::Duration ttl = absl::Seconds(3);
  Patience patience = {.within = absl::Seconds(3), .attempt_within = absl::Seconds(1)};
};

// The last commit of each of a replica's stores, by service.
using CopyEnds = std::map<std::string, LogPosition>;

class Elector {
 public:
  explicit Elector(ElectorOptions options) : options_(std::move(options)), keys_(options_.node) {}

  // Tries, once, to lead all stores of the node. Errors: FAILED_PRECONDITION where a copy is not one that may lead: it
  // is empty, there is none, the log was cut off behind it, or has another history; NOT_FOUND where there is no log;
  // ABORTED where another leads, or came first: try again later; UNAVAILABLE. After an error this replica does not
  // lead.
  absl::StatusOr<Tenure> Campaign(const CopyEnds& copies);

  // Renews the lease; returns whether this replica still leads. Where etcd cannot be reached it does until the lease
  // ends.
  bool KeepAlive();

  // Ends the lease, and with it the key, so that others need not wait. Errors: UNAVAILABLE, and it ends by itself.
  absl::Status Resign();

  // Whether the lease holds for sure, by steady time from before it was asked for.
  bool leads() const { return tenure().has_value(); }
  std::optional<Tenure> tenure() const ABSL_LOCKS_EXCLUDED(mu_);

  // Who leads, or led a moment ago; nothing where nobody does. Errors: UNAVAILABLE.
  absl::StatusOr<std::optional<storage::v1::LogLeader>> Leader();

 private:
  // A log as it was seen: its head, how far it was said to be cut off, and whether it has the entry behind the copy.
  struct LogView {
    std::optional<std::string> head;
    int64_t trimmed = 0;
    bool goes_on = false;
  };

  absl::StatusOr<std::optional<std::string>> ReadKey(const std::string& key, const Patience& patience);
  absl::StatusOr<LogView> ViewOf(const LogKeys& keys, const Patience& patience);
  // Compares that the log has everything behind a copy. Errors: as Campaign.
  absl::Status CompareCopy(const LogKeys& keys, std::string_view service, const LogPosition& end, const LogView& view,
                           etcdserverpb::TxnRequest& txn) const;
  static absl::Status CheckCopy(std::string_view service, const LogPosition& end, const LogView& view);
  // Until `end`, in steady time.
  absl::StatusOr<Tenure> TakeLead(const CopyEnds& copies, int64_t lease, absl::Duration end);

  const ElectorOptions options_;
  const NodeKeys keys_;

  mutable Mutex mu_;
  std::optional<Tenure> tenure_ ABSL_GUARDED_BY(mu_);
  int64_t lease_ ABSL_GUARDED_BY(mu_) = 0;
  // Steady time.
  absl::Duration holds_until_ ABSL_GUARDED_BY(mu_);
};

}  // namespace duban

#endif  // DUBAN_COMMON_REPLICATION_ELECTOR_H_
