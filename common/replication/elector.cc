#include "common/replication/elector.h"

#include <algorithm>
#include <utility>

#include "common/base/errors.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"

namespace duban {

using etcdserverpb::TxnRequest;
using etcdserverpb::TxnResponse;
using storage::v1::LogHead;
using storage::v1::LogLeader;
using storage::v1::LogTrimmed;

absl::StatusOr<std::optional<std::string>> Elector::ReadKey(const std::string& key, const Patience& patience) {
  return InsistGet(*options_.etcd, patience, *options_.clock, key);
}

namespace {

constexpr int kMostViews = 4;

absl::Status NotFit(std::string_view service, const LogPosition& end, std::string_view why) {
  return absl::FailedPreconditionError(StrCat("this replica cannot lead: its copy of the service ", service,
                                              " ends at sequence ", end.sequence, ", and ", why,
                                              "; have the copy made anew"));
}

std::optional<std::string> ValueIn(const etcdserverpb::ResponseOp& response) {
  if (response.range().kvs().empty()) return std::nullopt;
  return response.range().kvs(0).value();
}

}  // namespace

// That it can be followed up to its end, a Txn compares: how far it was cut off is not always written down.
absl::Status Elector::CompareCopy(const LogKeys& keys, std::string_view service, const LogPosition& end,
                                  const LogView& view, TxnRequest& txn) const {
  if (!view.head.has_value()) return absl::NotFoundError(StrCat("there is no log of the service ", service));
  LogHead head;
  if (!head.ParseFromString(*view.head)) return absl::DataLossError(StrCat(keys.Head(), " does not parse"));
  if (DUBAN_BUG("replication.empty_replica_leads")) return absl::OkStatus();
  if (end.sequence <= 0 || end.sequence < view.trimmed) {
    return NotFit(service, end, StrCat("the log goes back to ", view.trimmed, " only"));
  }
  if (head.sequence() > end.sequence) {
    if (!DUBAN_BUG("replication.cut_off_copy_leads")) *txn.add_compare() = IsThere(keys.Entry(end.sequence + 1));
  } else if (LogPosition{head.sequence(), head.hash()} == end) {
    *txn.add_compare() = ValueIs(keys.Head(), *view.head);
  } else {
    // Not a log that this copy could lead, or an old view of one. Nobody is elected by this Txn: it is to show which.
    *txn.add_compare() = IsThere(keys_.Leader());
  }
  return absl::OkStatus();
}

// Once a Txn has shown what is there: OK where that is what this copy goes on from.
absl::Status Elector::CheckCopy(std::string_view service, const LogPosition& end, const LogView& view) {
  LogHead head;
  if (!view.head.has_value() || !head.ParseFromString(*view.head)) return absl::OkStatus();
  if (head.sequence() > end.sequence) {
    return view.goes_on ? absl::OkStatus() : NotFit(service, end, "the log was cut off behind that");
  }
  if (LogPosition{head.sequence(), head.hash()} == end) return absl::OkStatus();
  return NotFit(service, end,
                StrCat("the log ends at ", head.sequence(),
                       ", with another history: it is another log, or was put back to an earlier state"));
}

absl::StatusOr<Elector::LogView> Elector::ViewOf(const LogKeys& keys, const Patience& patience) {
  LogView view;
  DUBAN_ASSIGN_OR_RETURN(view.head, ReadKey(keys.Head(), patience));
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> value, ReadKey(keys.Trimmed(), patience));
  LogTrimmed trimmed;
  if (!trimmed.ParseFromString(value.value_or(""))) {
    return absl::DataLossError(StrCat(keys.Trimmed(), " does not parse"));
  }
  view.trimmed = trimmed.sequence();
  return view;
}

absl::StatusOr<Tenure> Elector::TakeLead(const CopyEnds& copies, int64_t lease, absl::Duration end) {
  const auto patience = [&] { return Until(end, *options_.clock, options_.patience); };
  std::map<std::string, LogView> views;
  for (const auto& [service, copy] : copies) {
    DUBAN_ASSIGN_OR_RETURN(views[service], ViewOf(LogKeys(keys_, service), patience()));
  }
  DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> last_term, ReadKey(keys_.Term(), patience()));
  LogLeader leader;
  leader.set_random(options_.ids->Next());
  leader.set_address(options_.address);
  // What was read first may be an old view; a Txn that fails shows what is there.
  for (int seen = 0; seen < kMostViews; ++seen) {
    const std::optional<int64_t> before = NumberOf(last_term.value_or(NumberValue(0)));
    if (!before.has_value()) return absl::DataLossError(StrCat(keys_.Term(), " is not a number"));
    leader.set_term(*before + 1);
    const Tenure tenure{leader.term(), leader.SerializeAsString()};
    TxnRequest txn;
    *txn.add_compare() = IsNotThere(keys_.Leader());
    *txn.add_compare() = last_term.has_value() ? ValueIs(keys_.Term(), *last_term) : IsNotThere(keys_.Term());
    *txn.add_success() = Put(keys_.Leader(), tenure.leader, lease);
    *txn.add_success() = Put(keys_.Term(), NumberValue(tenure.term));
    *txn.add_failure() = Get(keys_.Leader());
    *txn.add_failure() = Get(keys_.Term());
    for (const auto& [service, copy] : copies) {
      const LogKeys store(keys_, service);
      DUBAN_RETURN_IF_ERROR(CompareCopy(store, service, copy, views[service], txn));
      *txn.add_failure() = Get(store.Head());
      *txn.add_failure() = Get(store.Entry(copy.sequence + 1));
    }
    DUBAN_ASSIGN_OR_RETURN(const TxnResponse response, InsistTxn(*options_.etcd, patience(), *options_.clock, txn));
    if (response.succeeded()) return tenure;
    const std::optional<std::string> there = ValueIn(response.responses(0));
    // An attempt before this one, whose answer was lost.
    if (there == tenure.leader) return tenure;
    if (there.has_value()) return absl::AbortedError("another replica leads; try again later");
    last_term = ValueIn(response.responses(1));
    int at = 2;
    for (const auto& [service, copy] : copies) {
      views[service].head = ValueIn(response.responses(at++));
      views[service].goes_on = ValueIn(response.responses(at++)).has_value();
      DUBAN_RETURN_IF_ERROR(CheckCopy(service, copy, views[service]));
    }
  }
  return absl::AbortedError("the log keeps changing; try again later");
}

absl::StatusOr<Tenure> Elector::Campaign(const CopyEnds& copies) {
  {
    MutexLock lock(&mu_);
    tenure_.reset();
  }
  if (copies.empty()) return absl::FailedPreconditionError("this replica cannot lead: it has no copy of any store");
  const absl::Duration asked = options_.clock->Steady();
  DUBAN_ASSIGN_OR_RETURN(
      const etcdserverpb::LeaseGrantResponse granted,
      options_.etcd->GrantLease(options_.ttl, std::min(options_.patience.within, options_.patience.attempt_within)));
  if (!granted.error().empty()) return absl::UnavailableError(StrCat("etcd gives no lease: ", granted.error()));
  const absl::Duration holds_until = asked + absl::Seconds(granted.ttl());
  absl::StatusOr<Tenure> tenure =
      TakeLead(copies, granted.id(), std::min(asked + options_.patience.within, holds_until));
  if (tenure.ok() && options_.clock->Steady() >= holds_until) {
    tenure = absl::AbortedError("etcd answered when the lease had ended; try again later");
  }
  if (!tenure.ok()) {
    // One that is not needed ends by itself.
    options_.etcd->RevokeLease(granted.id(), options_.patience.attempt_within).IgnoreError();
    return tenure;
  }
  MutexLock lock(&mu_);
  tenure_ = *tenure;
  lease_ = granted.id();
  holds_until_ = holds_until;
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
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> value, ReadKey(keys_.Leader(), options_.patience));
  if (!value.has_value()) return std::optional<LogLeader>();
  LogLeader leader;
  if (!leader.ParseFromString(*value)) return absl::DataLossError(StrCat(keys_.Leader(), " does not parse"));
  return std::optional<LogLeader>(leader);
}

}  // namespace duban
