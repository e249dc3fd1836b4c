#include "common/replication/etcd_log.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "common/base/errors.h"
#include "common/base/log.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/replication/change_bell.h"

namespace duban {
namespace {

using etcdserverpb::RangeResponse;
using etcdserverpb::RequestOp;
using etcdserverpb::ResponseOp;
using etcdserverpb::TxnRequest;
using etcdserverpb::TxnResponse;
using storage::v1::LogEntry;
using storage::v1::LogHead;
using storage::v1::LogMembers;
using storage::v1::LogTrimmed;

// Entries of at most kMaxPartBytes each, with what is around them, that fit into one answer of 16 MiB.
constexpr int64_t kMostEntriesRead = 15;

// Bytes of rows, uncompressed, behind which no further entry is read at once: each may have kMaxRowsBytes.
constexpr int64_t kMostBytesRead = 16 << 20;

// Replicas come and go seldom.
constexpr int kMostConflicts = 10;

// The value that one Get of a Txn found.
std::optional<std::string> Found(const TxnResponse& response, int index) {
  const RangeResponse& range = response.responses(index).range();
  if (range.kvs().empty()) return std::nullopt;
  return range.kvs(0).value();
}

absl::Status NotLeading() {
  return absl::FailedPreconditionError("this replica does not lead, or no more");
}

// The outcome of an append that certainly did not happen.
AppendResult TurnedDown(const absl::Status& cause) {
  if (IsFull(cause)) return {Appended::kNoRoom, cause};
  return {IsTooLarge(cause) ? Appended::kTooLarge : Appended::kRefused, cause};
}

absl::StatusOr<LogHead> ParseHead(const std::optional<std::string>& value) {
  if (!value.has_value()) return absl::NotFoundError("there is no log: its head is not there");
  LogHead head;
  if (!head.ParseFromString(*value)) return absl::DataLossError("the head of the log does not parse");
  return head;
}

absl::StatusOr<LogMembers> ParseMembers(const std::optional<std::string>& value) {
  LogMembers members;
  if (members.ParseFromString(value.value_or(""))) return members;
  return absl::DataLossError("the list of replicas in the log does not parse");
}

absl::Status CutOff(const LogPosition& after, std::string_view what) {
  return absl::OutOfRangeError(StrCat("the log was cut off behind sequence ", after.sequence, ": ", what,
                                      "; this copy has to be made anew from another replica"));
}

// OK where an entry goes on from a position.
absl::Status CheckGoesOn(const LogPosition& after, const LogEntry& entry) {
  if (DUBAN_BUG("replication.gap_skipped")) return absl::OkStatus();
  if (entry.first_sequence() != after.sequence + 1) {
    return CutOff(after, StrCat("it goes on at sequence ", entry.first_sequence()));
  }
  if (entry.previous_hash() == after.hash && entry.last_sequence() >= entry.first_sequence()) return absl::OkStatus();
  return absl::DataLossError(StrCat("the log holds another history than this copy behind sequence ", after.sequence,
                                    ": one of them was replaced. Nothing more is taken from it"));
}

}  // namespace

EtcdLog::EtcdLog(EtcdLogOptions options)
    : options_(std::move(options)), node_keys_(options_.node), keys_(node_keys_, options_.service) {}

std::optional<EtcdLog::Leading> EtcdLog::leading() const {
  MutexLock lock(&mu_);
  return leading_;
}

absl::StatusOr<TxnResponse> EtcdLog::RunTxn(const TxnRequest& request) {
  return InsistTxn(*options_.etcd, options_.others, *options_.clock, request);
}

absl::StatusOr<std::optional<std::string>> EtcdLog::ReadKey(const std::string& key) {
  return InsistGet(*options_.etcd, options_.others, *options_.clock, key);
}

absl::Status EtcdLog::Begin(const LogPosition& from) {
  LogHead head;
  head.set_sequence(from.sequence);
  head.set_hash(from.hash);
  LogTrimmed trimmed;
  trimmed.set_sequence(from.sequence);
  TxnRequest txn;
  *txn.add_compare() = IsNotThere(keys_.Head());
  *txn.add_success() = Put(keys_.Head(), head.SerializeAsString());
  *txn.add_success() = Put(keys_.Trimmed(), trimmed.SerializeAsString());
  *txn.add_failure() = Get(keys_.Head());
  DUBAN_ASSIGN_OR_RETURN(const TxnResponse response, RunTxn(txn));
  if (response.succeeded() || Found(response, 0) == head.SerializeAsString()) return absl::OkStatus();
  return absl::AlreadyExistsError(
      StrCat("there is a log already at ", keys_.Head(), "; a replica follows it, or its keys are removed first"));
}

// A tenure leads once. What was tried in it may still be on its way: an entry whose parts a second time would remove,
// or the removal itself, behind parts that were put meanwhile. The head with the new term lets none of that come later.
absl::StatusOr<LogPosition> EtcdLog::Lead(const Tenure& tenure) {
  {
    MutexLock lock(&mu_);
    const bool again = std::exchange(told_to_lead_, tenure.leader) == tenure.leader;
    if (again && !DUBAN_BUG("replication.leads_twice_in_a_tenure")) {
      return absl::FailedPreconditionError("this tenure has led the log before; stand for election again");
    }
  }
  DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> value, ReadKey(keys_.Head()));
  while (true) {
    DUBAN_ASSIGN_OR_RETURN(LogHead head, ParseHead(value));
    head.set_term(tenure.term);
    const std::string head_value = head.SerializeAsString();
    TxnRequest txn;
    *txn.add_compare() = ValueIs(node_keys_.Leader(), tenure.leader);
    *txn.add_compare() = ValueIs(keys_.Head(), *value);
    *txn.add_success() = Put(keys_.Head(), head_value);
    *txn.add_success() = Delete(keys_.PartsFrom(head.sequence() + 1), keys_.PartsEnd());
    *txn.add_failure() = Get(node_keys_.Leader());
    *txn.add_failure() = Get(keys_.Head());
    DUBAN_ASSIGN_OR_RETURN(const TxnResponse response, RunTxn(txn));
    if (!response.succeeded() && Found(response, 0) != tenure.leader) return NotLeading();
    // Or an attempt before this one, whose answer was lost.
    if (response.succeeded() || Found(response, 1) == head_value) {
      MutexLock lock(&mu_);
      leading_ = Leading{tenure, head, head_value};
      return LogPosition{head.sequence(), head.hash()};
    }
    value = Found(response, 1);
  }
}

void EtcdLog::Follow() {
  MutexLock lock(&mu_);
  leading_.reset();
}

absl::Status EtcdLog::CheckFollowsOn(const Leading& leading, const LoggedCommit& commit) const {
  const LogHead& head = leading.head;
  if (commit.first_sequence != head.sequence() + 1 || commit.previous_hash != head.hash() ||
      commit.last_sequence < commit.first_sequence) {
    return InvariantBroken(StrCat("the commit of sequences ", commit.first_sequence, " to ", commit.last_sequence,
                                  " does not go on from the log, which ends at ", head.sequence()));
  }
  return absl::OkStatus();
}

AppendResult EtcdLog::Append(const LoggedCommit& commit) {
  const std::optional<Leading> leading = this->leading();
  if (!leading.has_value()) return {Appended::kRefused, NotLeading()};
  if (absl::Status follows = CheckFollowsOn(*leading, commit); !follows.ok()) return {Appended::kRefused, follows};
  if (static_cast<int64_t>(commit.rows.size()) > kMaxRowsBytes) {
    return {Appended::kTooLarge, absl::InvalidArgumentError(StrCat("a commit of ", commit.rows.size(), " bytes"))};
  }
  const absl::Duration end = options_.clock->Steady() + options_.append.within;
  const PackedEntry packed = PackEntry(commit, leading->tenure.term);
  LogHead head;
  head.set_sequence(commit.last_sequence);
  head.set_hash(commit.hash);
  head.set_term(leading->tenure.term);
  const std::string head_value = head.SerializeAsString();
  AppendResult result = PutParts(*leading, packed, end);
  if (result.outcome == Appended::kDurable) result = PutEntry(*leading, packed.entry, head_value, end);
  if (result.outcome == Appended::kDurable) {
    appended_bytes_ += packed.entry.ByteSizeLong();
    for (const std::string& part : packed.parts) appended_bytes_ += static_cast<int64_t>(part.size());
  }
  MutexLock lock(&mu_);
  // Meanwhile it may have been told to follow, or to lead anew.
  if (!leading_.has_value() || leading_->tenure.leader != leading->tenure.leader) return result;
  if (result.outcome == Appended::kDurable) {
    leading_->head = head;
    leading_->head_value = head_value;
  } else if (result.outcome == Appended::kRefused || result.outcome == Appended::kUnknown) {
    leading_.reset();
  }
  return result;
}

AppendResult EtcdLog::PutParts(const Leading& leading, const PackedEntry& packed, absl::Duration end) {
  for (size_t i = 0; i < packed.parts.size(); ++i) {
    TxnRequest txn;
    if (!DUBAN_BUG("replication.parts_not_fenced")) {
      *txn.add_compare() = ValueIs(node_keys_.Leader(), leading.tenure.leader);
    }
    const std::string key = keys_.Part(packed.entry.first_sequence(), packed.entry.hash(), static_cast<int>(i));
    *txn.add_success() = Put(key, packed.parts[i]);
    const absl::StatusOr<TxnResponse> response =
        InsistTxn(*options_.etcd, Until(end, *options_.clock, options_.append), *options_.clock, txn);
    // Nothing names the parts yet: without its entry the commit is certainly not there.
    if (!response.ok()) return TurnedDown(response.status());
    if (!response->succeeded()) return {Appended::kRefused, NotLeading()};
  }
  return {Appended::kDurable, absl::OkStatus()};
}

AppendResult EtcdLog::PutEntry(const Leading& leading, const LogEntry& entry, const std::string& head_value,
                               absl::Duration end) {
  const std::string entry_value = entry.SerializeAsString();
  const std::string entry_key = keys_.Entry(entry.first_sequence());
  TxnRequest txn;
  if (!DUBAN_BUG("replication.leader_not_compared")) {
    *txn.add_compare() = ValueIs(node_keys_.Leader(), leading.tenure.leader);
  }
  if (!DUBAN_BUG("replication.head_not_compared")) {
    *txn.add_compare() = ValueIs(keys_.Head(), leading.head_value);
  }
  *txn.add_success() = Put(entry_key, entry_value);
  *txn.add_success() = Put(keys_.Head(), head_value);
  *txn.add_failure() = Get(node_keys_.Leader());
  *txn.add_failure() = Get(keys_.Head());
  *txn.add_failure() = Get(entry_key);
  AppendResult result;
  // Once an attempt may have taken effect, that a later one certainly did not settles nothing.
  bool perhaps_done = false;
  const Patience patience = Until(end, *options_.clock, options_.append);
  const absl::Status insisted = Insist(patience, *options_.clock, [&](absl::Duration within) {
    const absl::StatusOr<TxnResponse> response = options_.etcd->Txn(txn, within);
    if (response.ok()) {
      result = Judge(*response, entry_value, entry);
      return absl::OkStatus();
    }
    if (!CertainlyNotDone(response.status())) perhaps_done = true;
    return perhaps_done ? absl::UnavailableError(response.status().message()) : response.status();
  });
  if (insisted.ok()) return result;
  if (DUBAN_BUG("replication.timeout_told_as_refused")) perhaps_done = false;
  return perhaps_done ? AppendResult{Appended::kUnknown, insisted} : TurnedDown(insisted);
}

// The comparisons of a Txn that failed hold for no repeat of it any more, of those on their way included: a leader and
// a head that were never come again.
AppendResult EtcdLog::Judge(const TxnResponse& response, const std::string& entry_value, const LogEntry& entry) const {
  if (response.succeeded()) return {Appended::kDurable, absl::OkStatus()};
  const std::optional<std::string> there = Found(response, 2);
  // An attempt before this one, whose answer was lost.
  if (there == entry_value && !DUBAN_BUG("replication.own_entry_not_known")) {
    return {Appended::kDurable, absl::OkStatus()};
  }
  if (there.has_value()) {
    return {Appended::kRefused, absl::FailedPreconditionError("another leader has appended to the log")};
  }
  const absl::StatusOr<LogHead> head = ParseHead(Found(response, 1));
  if (!head.ok()) return {Appended::kUnknown, head.status()};
  if (head->sequence() < entry.first_sequence()) return {Appended::kRefused, NotLeading()};
  return {Appended::kUnknown,
          absl::UnavailableError("another leader has gone on, and the log is cut off where it might tell")};
}

absl::StatusOr<LoggedCommit> EtcdLog::ReadCommit(const LogEntry& entry) {
  if (entry.parts() == 0) return UnpackEntry(entry, entry.rows());
  std::string compressed;
  for (int i = 0; i < entry.parts(); ++i) {
    DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> part,
                           ReadKey(keys_.Part(entry.first_sequence(), entry.hash(), i)));
    // Cut off since the entry was read, which is found out at the next look.
    if (!part.has_value()) {
      return absl::UnavailableError(StrCat("part ", i, " of the entry at sequence ", entry.first_sequence(),
                                           " is not there; read the log again"));
    }
    compressed += *part;
  }
  return UnpackEntry(entry, compressed);
}

// A Range may show an old view, with less behind the copy or a head before it; what goes through etcd's own log does
// not. So nothing is said of another history before a Txn has shown it.
absl::Status EtcdLog::CheckEndsAt(const LogPosition& after) {
  DUBAN_ASSIGN_OR_RETURN(const LogPosition seen, Head());
  if (seen == after || DUBAN_BUG("replication.other_end_passed_over")) return absl::OkStatus();
  TxnRequest txn;
  *txn.add_compare() = IsNotThere(keys_.Head());
  // Which removes nothing, but makes it a Txn that writes.
  *txn.add_success() = Delete(keys_.Head(), keys_.Head() + '\0');
  *txn.add_failure() = Get(keys_.Head());
  RequestOp& behind = *txn.add_failure();
  behind = Get(keys_.Entry(after.sequence + 1));
  behind.mutable_range()->set_range_end(keys_.EntriesEnd());
  behind.mutable_range()->set_limit(1);
  DUBAN_ASSIGN_OR_RETURN(const TxnResponse response, RunTxn(txn));
  if (response.succeeded()) return ParseHead(std::nullopt).status();
  DUBAN_ASSIGN_OR_RETURN(const LogHead head, ParseHead(Found(response, 0)));
  // What it has gone on with is read at the next look.
  if (Found(response, 1).has_value() || LogPosition{head.sequence(), head.hash()} == after) return absl::OkStatus();
  return absl::DataLossError(StrCat("the log ends at sequence ", head.sequence(), " and this copy at ", after.sequence,
                                    ", with another history: one of them was replaced, or put back to an earlier "
                                    "state. Nothing more is taken from it"));
}

absl::StatusOr<std::vector<LoggedCommit>> EtcdLog::Read(const LogPosition& after) {
  etcdserverpb::RangeRequest request;
  request.set_key(keys_.Entry(after.sequence + 1));
  request.set_range_end(keys_.EntriesEnd());
  request.set_limit(kMostEntriesRead);
  DUBAN_ASSIGN_OR_RETURN(const RangeResponse response,
                         InsistRange(*options_.etcd, options_.others, *options_.clock, request));
  if (response.kvs().empty()) DUBAN_RETURN_IF_ERROR(CheckEndsAt(after));
  std::vector<LoggedCommit> commits;
  LogPosition end = after;
  int64_t bytes = 0;
  for (const etcdserverpb::KeyValue& row : response.kvs()) {
    DUBAN_ASSIGN_OR_RETURN(const LogEntry entry, ParseEntry(row.value()));
    if (row.key() != keys_.Entry(entry.first_sequence())) {
      return absl::DataLossError(StrCat("the entry at the key ", row.key(), " is another's"));
    }
    DUBAN_RETURN_IF_ERROR(CheckGoesOn(end, entry));
    bytes += std::max<int64_t>(entry.rows_bytes(), 0);
    if (bytes > kMostBytesRead && !commits.empty()) break;
    DUBAN_ASSIGN_OR_RETURN(LoggedCommit commit, ReadCommit(entry));
    end = commit.end();
    commits.push_back(std::move(commit));
  }
  return commits;
}

absl::StatusOr<LogPosition> EtcdLog::Head() {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> value, ReadKey(keys_.Head()));
  DUBAN_ASSIGN_OR_RETURN(const LogHead head, ParseHead(value));
  return LogPosition{head.sequence(), head.hash()};
}

// The Txn itself compares that a majority holds it: what was read before only says which ones to compare.
absl::StatusOr<TxnRequest> EtcdLog::TrimTxn(const Leading& leading, int64_t through) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> listed, ReadKey(node_keys_.Members()));
  DUBAN_ASSIGN_OR_RETURN(const LogMembers members, ParseMembers(listed));
  TxnRequest txn;
  *txn.add_compare() = ValueIs(node_keys_.Leader(), leading.tenure.leader);
  *txn.add_compare() = ValueIs(node_keys_.Members(), listed.value_or(""));
  *txn.add_compare() = IsThere(keys_.Entry(through + 1));
  const int majority = members.ids_size() / 2 + 1;
  int holding = 0;
  for (const std::string& id : members.ids()) {
    DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> synced, ReadKey(keys_.Synced(id)));
    if (holding == majority || NumberOf(synced.value_or("")).value_or(-1) < through) continue;
    ++holding;
    *txn.add_compare() = ValueIsAbove(keys_.Synced(id), NumberValue(through - 1));
  }
  if (holding < majority && !DUBAN_BUG("replication.trimmed_past_a_copy")) {
    return absl::FailedPreconditionError(StrCat("the log is not cut off at sequence ", through, ": only ", holding,
                                                " of ", members.ids_size(), " replicas hold everything up to there"));
  }
  LogTrimmed trimmed;
  trimmed.set_sequence(through);
  *txn.add_success() = Delete(keys_.Entry(0), keys_.Entry(through + 1));
  *txn.add_success() = Delete(keys_.PartsFrom(0), keys_.PartsFrom(through + 1));
  *txn.add_success() = Put(keys_.Trimmed(), trimmed.SerializeAsString());
  return txn;
}

absl::Status EtcdLog::Trim(int64_t through) {
  const std::optional<Leading> leading = this->leading();
  if (!leading.has_value()) return NotLeading();
  if (through < 1) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(TxnRequest txn, TrimTxn(*leading, through));
  absl::StatusOr<TxnResponse> response = RunTxn(txn);
  if (IsFull(response.status())) {
    // Without room nothing may be put, but what makes room may go. How far the log is cut off is said the next time.
    txn.mutable_success()->RemoveLast();
    response = RunTxn(txn);
  }
  DUBAN_RETURN_IF_ERROR(response.status());
  if (!response->succeeded()) {
    return absl::FailedPreconditionError(
        StrCat("the log is not cut off at sequence ", through,
               ": no commit begins behind it, another replica leads, or the replicas changed meanwhile"));
  }
  // What was deleted takes up room until its history is forgotten.
  return options_.etcd->Compact(response->header().revision(), options_.others.attempt_within);
}

absl::StatusOr<int64_t> EtcdLog::HeldByMajority() {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> listed, ReadKey(node_keys_.Members()));
  DUBAN_ASSIGN_OR_RETURN(const LogMembers members, ParseMembers(listed));
  if (members.ids().empty()) return 0;
  std::vector<int64_t> held;
  for (const std::string& id : members.ids()) {
    DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> synced, ReadKey(keys_.Synced(id)));
    held.push_back(NumberOf(synced.value_or("")).value_or(0));
  }
  std::sort(held.begin(), held.end(), std::greater<>());
  return held[held.size() / 2];
}

std::shared_ptr<void> EtcdLog::OnChange(std::function<void()> listener) {
  return std::make_shared<ChangeBell>(options_.etcd, keys_.Head(), options_.clock, options_.poll, std::move(listener));
}

absl::Status EtcdLog::ChangeMembers(std::string_view replica, bool in, int64_t synced) {
  for (int attempt = 0; attempt < kMostConflicts; ++attempt) {
    DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> before, ReadKey(node_keys_.Members()));
    DUBAN_ASSIGN_OR_RETURN(LogMembers members, ParseMembers(before));
    std::vector<std::string> ids(members.ids().begin(), members.ids().end());
    std::erase(ids, replica);
    if (in) ids.emplace_back(replica);
    std::sort(ids.begin(), ids.end());
    members.mutable_ids()->Assign(ids.begin(), ids.end());
    TxnRequest txn;
    *txn.add_compare() = before.has_value() ? ValueIs(node_keys_.Members(), *before) : IsNotThere(node_keys_.Members());
    *txn.add_success() = Put(node_keys_.Members(), members.SerializeAsString());
    const std::string key = keys_.Synced(replica);
    *txn.add_success() = in ? Put(key, NumberValue(synced)) : Delete(key, key + '\0');
    // Where an answer was lost, the repeat finds the list changed by itself, and goes around once more.
    DUBAN_ASSIGN_OR_RETURN(const TxnResponse response, RunTxn(txn));
    if (response.succeeded()) return absl::OkStatus();
  }
  return absl::UnavailableError("the list of replicas keeps changing; repeat the call");
}

absl::Status EtcdLog::Register(std::string_view replica, int64_t synced) {
  return ChangeMembers(replica, true, synced);
}

absl::Status EtcdLog::Forget(std::string_view replica) {
  return ChangeMembers(replica, false, 0);
}

absl::Status EtcdLog::NoteSynced(std::string_view replica, int64_t synced) {
  TxnRequest txn;
  *txn.add_compare() = IsThere(keys_.Synced(replica));
  *txn.add_success() = Put(keys_.Synced(replica), NumberValue(synced));
  DUBAN_ASSIGN_OR_RETURN(const TxnResponse response, RunTxn(txn));
  if (response.succeeded()) return absl::OkStatus();
  return absl::NotFoundError(StrCat("the replica ", replica, " is not registered, or no more"));
}

}  // namespace duban
