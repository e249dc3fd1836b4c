#include "common/replication/elector.h"

#include <utility>

#include "common/base/errors.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"

namespace duban {

using etcdserverpb::TxnRequest;
using etcdserverpb::TxnResponse;
using storage::v1::LogLeader;
using storage::v1::LogTrimmed;

absl::StatusOr<std::optional<std::string>> Elector::ReadKey(const std::string& key) {
  return InsistGet(*options_.etcd, options_.patience, *options_.clock, key);
}

absl::Status Elector::CompareCopies(const CopyEnds& copies, TxnRequest& txn) {
  for (const auto& [service, end] : copies) {
    const LogKeys store(keys_, service);
    DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> value, ReadKey(store.Trimmed()));
    if (!value.has_value()) return absl::NotFoundError(StrCat("there is no log of the service ", service));
    LogTrimmed trimmed;
    if (!trimmed.ParseFromString(*value)) return absl::DataLossError(StrCat(store.Trimmed(), " does not parse"));
    const bool holds = end.sequence > 0 && end.sequence >= trimmed.sequence();
    if (!holds && !DUBAN_BUG("replication.empty_replica_leads")) {
      return absl::FailedPreconditionError(StrCat("this replica cannot lead: its copy of the service ", service,
                                                  " ends at sequence ", end.sequence, ", and the log goes back to ",
                                                  trimmed.sequence(), " only; have the copy made anew"));
    }
    *txn.add_compare() = IsThere(store.Head());
    *txn.add_compare() = ValueIs(store.Trimmed(), *value);
  }
  return absl::OkStatus();
}

absl::StatusOr<Tenure> Elector::TakeLead(const CopyEnds& copies, int64_t lease) {
  TxnRequest txn;
  *txn.add_compare() = IsNotThere(keys_.Leader());
  DUBAN_RETURN_IF_ERROR(CompareCopies(copies, txn));
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> before, ReadKey(keys_.Term()));
  *txn.add_compare() = before.has_value() ? ValueIs(keys_.Term(), *before) : IsNotThere(keys_.Term());
  const std::optional<int64_t> last_term = NumberOf(before.value_or(NumberValue(0)));
  if (!last_term.has_value()) return absl::DataLossError(StrCat(keys_.Term(), " is not a number"));
  LogLeader leader;
  leader.set_term(*last_term + 1);
  leader.set_random(options_.ids->Next());
  leader.set_address(options_.address);
  const Tenure tenure{leader.term(), leader.SerializeAsString()};
  *txn.add_success() = Put(keys_.Leader(), tenure.leader, lease);
  *txn.add_success() = Put(keys_.Term(), NumberValue(tenure.term));
  *txn.add_failure() = Get(keys_.Leader());
  DUBAN_ASSIGN_OR_RETURN(const TxnResponse response,
                         InsistTxn(*options_.etcd, options_.patience, *options_.clock, txn));
  if (response.succeeded()) return tenure;
  const auto& there = response.responses(0).range().kvs();
  // An attempt before this one, whose answer was lost.
  if (!there.empty() && there[0].value() == tenure.leader) return tenure;
  return absl::AbortedError("another replica leads, or the log changed meanwhile; try again later");
}

absl::StatusOr<Tenure> Elector::Campaign(const CopyEnds& copies) {
  {
    MutexLock lock(&mu_);
    tenure_.reset();
  }
  const absl::Duration asked = options_.clock->Steady();
  DUBAN_ASSIGN_OR_RETURN(const etcdserverpb::LeaseGrantResponse granted,
                         options_.etcd->GrantLease(options_.ttl, options_.patience.attempt_within));
  if (!granted.error().empty()) return absl::UnavailableError(StrCat("etcd gives no lease: ", granted.error()));
  absl::StatusOr<Tenure> tenure = TakeLead(copies, granted.id());
  if (!tenure.ok()) {
    // One that is not needed ends by itself.
    options_.etcd->RevokeLease(granted.id(), options_.patience.attempt_within).IgnoreError();
    return tenure;
  }
  MutexLock lock(&mu_);
  tenure_ = *tenure;
  lease_ = granted.id();
  holds_until_ = asked + absl::Seconds(granted.ttl());
  return tenure;
}

bool Elector::KeepAlive() {
  int64_t lease = 0;
  {
    MutexLock lock(&mu_);
    if (!tenure_.has_value()) return false;
    lease = lease_;
  }
  const absl::Duration asked = options_.clock->Steady();
  const absl::StatusOr<absl::Duration> left = options_.etcd->KeepLeaseAlive(lease, options_.patience.attempt_within);
  {
    MutexLock lock(&mu_);
    if (left.ok() && *left <= absl::ZeroDuration()) tenure_.reset();
    if (left.ok()) holds_until_ = asked + *left;
  }
  return leads();
}

absl::Status Elector::Resign() {
  int64_t lease = 0;
  {
    MutexLock lock(&mu_);
    if (!tenure_.has_value()) return absl::OkStatus();
    lease = lease_;
    tenure_.reset();
  }
  return options_.etcd->RevokeLease(lease, options_.patience.attempt_within);
}

std::optional<Tenure> Elector::tenure() const {
  MutexLock lock(&mu_);
  if (options_.clock->Steady() >= holds_until_ && !DUBAN_BUG("replication.leads_past_its_lease")) return std::nullopt;
  return tenure_;
}

absl::StatusOr<std::optional<LogLeader>> Elector::Leader() {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> value, ReadKey(keys_.Leader()));
  if (!value.has_value()) return std::optional<LogLeader>();
  LogLeader leader;
  if (!leader.ParseFromString(*value)) return absl::DataLossError(StrCat(keys_.Leader(), " does not parse"));
  return std::optional<LogLeader>(leader);
}

}  // namespace duban
