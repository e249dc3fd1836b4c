// One of a node's replicas: the copies of all its stores, and who of them leads.
//
//   etcd ◀── lease      stands for election, and keeps the lease while it leads
//        ◀── work       follows; takes over; steps down; syncs the copies, says so, and cuts the log off
//
// While it follows, its copies take what the log has. Once it leads, its owner lets the services work on the stores;
// when it stops leading, they refuse at once what would be written, the owner ends the services and says so (Release),
// and it follows again: without a restart.
//
//   following ──elected──▶ taking over ──holds the very head──▶ leading ──lost or refused──▶ released ──▶ following
//
// Threads: two of its own; every method may be called from any thread. Ownership: the etcd, the clock and the ids
// outlive it; it owns the stores, which whoever uses them gives back before it is destroyed.

#ifndef DUBAN_COMMON_REPLICATION_REPLICA_H_
#define DUBAN_COMMON_REPLICATION_REPLICA_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/loop.h"
#include "common/base/mutex.h"
#include "common/replication/elector.h"
#include "common/replication/etcd.h"
#include "common/replication/etcd_log.h"
#include "common/store/replicated_store.h"

namespace duban {

struct ReplicaOptions {
  std::string node;
  // This one of the node's replicas; stays the same as long as its copies do.
  std::string replica;
  // Where clients reach it, HOST:PORT.
  std::string address;
  Etcd* etcd = nullptr;
  Clock* clock = &RealClock();
  IdSource* ids = &SystemIds();
  // How long the lease of a leader holds without a word; whole seconds.
  absl::Duration ttl = absl::Seconds(3);
  // The log and the lease are looked at so often at least.
  absl::Duration poll = absl::Seconds(1);
  // Of the log so much is kept for replicas that come back: so long, and of what this leader appended so many bytes.
  absl::Duration log_kept = absl::Minutes(10);
  int64_t log_bytes = int64_t{512} << 20;
};

// How far a log may be cut off: up to a place that it had reached long ago, or so many bytes ago. Not thread-safe.
class TrimPlan {
 public:
  TrimPlan(absl::Duration kept, int64_t bytes) : kept_(kept), bytes_(bytes) {}
  // The log ends at `sequence` now, and so many bytes were appended in all.
  void Note(absl::Duration now, int64_t sequence, int64_t appended);
  // What was noted before counts no more.
  void Clear() { samples_.clear(); }
  // The last sequence that may go, of which a majority holds everything up to `held`; 0 where none may.
  int64_t UpTo(absl::Duration now, int64_t held) const;
  // It was cut off up to there.
  void Trimmed(int64_t through);

 private:
  struct Sample {
    absl::Duration at;
    int64_t sequence = 0;
    int64_t appended = 0;
  };
  const absl::Duration kept_;
  const int64_t bytes_;
  std::deque<Sample> samples_;
};

class Replica {
 public:
  // Opens the copies, `stores` of one node, and begins their logs where there are none yet. Errors: those of
  // ReplicatedStore::Open; FAILED_PRECONDITION where a copy belongs to another log or another cluster, or its log is
  // gone; UNAVAILABLE where etcd cannot be reached.
  static absl::StatusOr<std::unique_ptr<Replica>> Open(ReplicaOptions options, std::vector<StoreOptions> stores);
  // Stops.
  ~Replica();
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  void Start();
  // Steps down, lets others lead at once, and ends the threads. REQUIRES: nobody works on the stores any more.
  void Stop();

  // Waits until this replica leads, which is true then, or until `Interrupt`.
  bool AwaitLeading() ABSL_LOCKS_EXCLUDED(mu_);
  // Waits until it leads no more, or until `Interrupt`.
  void AwaitNotLeading() ABSL_LOCKS_EXCLUDED(mu_);
  // Those who wait return at once, from now on.
  void Interrupt() ABSL_LOCKS_EXCLUDED(mu_);
  bool interrupted() const ABSL_LOCKS_EXCLUDED(mu_);
  // It leads no more, and never again: whoever leads cannot do what it should.
  void GiveUp(const absl::Status& why) ABSL_LOCKS_EXCLUDED(mu_);
  // Whoever worked on the stores since AwaitLeading does so no more: now this replica may lead again.
  void Release() ABSL_LOCKS_EXCLUDED(mu_);

  // OK while it leads and its lease holds for sure; else NOT_LEADER, with whom to call, or NOT_SERVING where a store
  // has failed.
  absl::Status CheckLeads() const ABSL_LOCKS_EXCLUDED(mu_);
  // OK, or why the process has to be restarted: a store has failed.
  absl::Status Live() const;
  // A store of it; null where there is none of the service.
  std::shared_ptr<Store> store(std::string_view service) const;
  // Who leads, as far as it was heard; empty: nobody.
  std::string leader_address() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Copy {
    explicit Copy(TrimPlan plan) : trim(std::move(plan)) {}

    std::string service;
    std::unique_ptr<EtcdLog> log;
    std::shared_ptr<ReplicatedStore> store;
    std::shared_ptr<void> bell;
    // The work's own.
    bool registered = false;
    int64_t noted = 0;
    TrimPlan trim;
    // What was logged last of what went wrong.
    std::string told;
  };
  enum class State { kFollowing, kLeading, kReleasing };

  explicit Replica(ReplicaOptions options);
  bool stopped() const ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status OpenCopy(StoreOptions options, uint64_t cluster);
  absl::Status BeginLog(Copy& copy);
  CopyEnds ends() const;

  bool LeaseStep() ABSL_LOCKS_EXCLUDED(mu_);
  void Campaign() ABSL_LOCKS_EXCLUDED(mu_);
  bool WorkStep() ABSL_LOCKS_EXCLUDED(mu_);
  void TakeOver(const Tenure& tenure) ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status Lead(const Tenure& tenure);
  absl::Status LeadStore(ReplicatedStore& store, const LogPosition& head);
  bool StillLeads() const;
  void StepDown(std::string_view why) ABSL_LOCKS_EXCLUDED(mu_);
  // Returns whether all copies have all that the log showed.
  bool Follow();
  void KeepCopy(Copy& copy, bool leads);
  void Trim(Copy& copy);
  // Logs what went wrong with a copy, once.
  void Tell(Copy& copy, std::string_view event, const absl::Status& status) const;

  const ReplicaOptions options_;
  Elector elector_;
  std::vector<std::unique_ptr<Copy>> copies_;
  // The lease's own: what was told last about standing for election.
  std::string campaign_told_;
  // The work's own, in steady time: when the copies were synced last.
  absl::Duration kept_at_ = -absl::InfiniteDuration();

  mutable Mutex mu_;
  State state_ ABSL_GUARDED_BY(mu_) = State::kFollowing;
  // Won, and not yet taken up; or taken up.
  std::optional<Tenure> tenure_ ABSL_GUARDED_BY(mu_);
  // The lease is to be given back.
  bool resigning_ ABSL_GUARDED_BY(mu_) = false;
  // The copies had all that the log showed when it was looked at last.
  bool caught_up_ ABSL_GUARDED_BY(mu_) = false;
  bool interrupted_ ABSL_GUARDED_BY(mu_) = false;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  std::string leader_address_ ABSL_GUARDED_BY(mu_);
  // Why it never leads again: a copy can follow no more, or it gave up.
  absl::Status broken_ ABSL_GUARDED_BY(mu_);
  // The loops are there, and so is what they wake.
  bool started_ ABSL_GUARDED_BY(mu_) = false;

  std::unique_ptr<Loop> lease_, work_;
  std::shared_ptr<void> leader_watch_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_REPLICATION_REPLICA_H_
