#include "common/store/transaction.h"

#include <algorithm>
#include <map>
#include <utility>

#include "common/base/planted_bug.h"
#include "common/store/concern.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace duban {
namespace {

// Bytes of a message that are the same whenever the message is the same, maps included.
std::string DeterministicBytes(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

}  // namespace

absl::StatusOr<std::optional<std::string>> Transaction::GetRow(std::string_view key) const {
  if (auto row = writes_.find(key); row != writes_.end()) return row->second;
  return GetBeneath(key);
}

absl::StatusOr<std::optional<std::string>> Transaction::GetBeneath(std::string_view key) const {
  for (const Read& read : reads_) {
    // No key is empty.
    if (read.key == key) return read.value;
  }
  DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> value, beneath_.GetRow(key));
  Read& oldest = reads_[next_read_++ % kReads];
  oldest.key = key;
  oldest.value = value;
  return value;
}

absl::Status Transaction::ScanRows(std::string_view begin, std::string_view end,
                                   absl::FunctionRef<bool(std::string_view key, std::string_view value)> visit) const {
  return OverlayView(&beneath_, &writes_).ScanRows(begin, end, visit);
}

void Transaction::Write(std::string key, std::optional<std::string> value) {
  auto [row, inserted] = writes_.try_emplace(std::move(key));
  if (undoing_) undos_.push_back({row->first, !inserted, std::move(row->second)});
  row->second = std::move(value);
}

void Transaction::PutRow(std::string key, std::string value) {
  Write(std::move(key), std::move(value));
}

void Transaction::DeleteRow(std::string key) {
  Write(std::move(key), std::nullopt);
}

std::shared_ptr<const AudienceList> Transaction::ListOf(const Audiences& audiences) {
  const AudienceList* const before = changes_.empty() ? nullptr : changes_.back().audiences.get();
  // Entities that are written together mostly concern the same audiences, sometimes thousands.
  const bool same = before != nullptr && std::equal(before->begin(), before->end(), audiences.begin(), audiences.end());
  if (same) return changes_.back().audiences;
  return std::make_shared<const AudienceList>(audiences.begin(), audiences.end());
}

void Transaction::PutConcern(storage::v1::EntityRecord& record, const EntityChange& change,
                             storage::v1::Concern concern) {
  const bool was_apart = !record.audiences_hash().empty();
  record.clear_concern();
  record.clear_audiences_hash();
  const size_t bytes = concern.ByteSizeLong();
  if (bytes > kMostBytesInRecord) {
    PutRow(ConcernKey(change.name), concern.SerializeAsString());
    record.set_audiences_hash(HashOfAudiences(*change.audiences));
    return;
  }
  if (bytes > 0) *record.mutable_concern() = std::move(concern);
  if (was_apart) DeleteRow(ConcernKey(change.name));
}

absl::Status Transaction::ChangeConcern(storage::v1::EntityRecord& record, EntityChange& change) {
  DUBAN_ASSIGN_OR_RETURN(const storage::v1::Concern before, ReadConcern(*this, change.name, record));
  const AudienceList& now = *change.audiences;
  const auto sees = [&](const std::string& audience) { return std::binary_search(now.begin(), now.end(), audience); };
  std::map<std::string_view, int64_t> withdrawals;
  for (const auto& withdrawal : before.withdrawals()) {
    if (!sees(withdrawal.audience())) withdrawals.emplace(withdrawal.audience(), withdrawal.sequence());
  }
  for (const std::string& audience : before.audiences()) {
    if (sees(audience) || DUBAN_BUG("store.withdrawal_dropped")) continue;
    withdrawals.emplace(audience, change.sequence);
    change.withdrawn_from.push_back(audience);
  }
  storage::v1::Concern concern;
  concern.mutable_audiences()->Add(now.begin(), now.end());
  for (const auto& [audience, sequence] : withdrawals) {
    auto& withdrawal = *concern.add_withdrawals();
    withdrawal.set_audience(std::string(audience));
    withdrawal.set_sequence(sequence);
  }
  PutConcern(record, change, std::move(concern));
  return absl::OkStatus();
}

absl::StatusOr<int64_t> Transaction::Put(std::string_view name, const google::protobuf::Message& value,
                                         const Audiences& audiences) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<storage::v1::EntityRecord> found, GetRecord(name));
  storage::v1::EntityRecord record = std::move(found).value_or(storage::v1::EntityRecord());
  EntityChange change{0, std::string(name), ListOf(audiences), {}};
  const bool same_concern = Concerns(record, *change.audiences);
  const std::string& type = value.GetDescriptor()->full_name();
  std::string payload = DeterministicBytes(value);
  const bool there = record.sequence() > 0 && !record.deleted();
  if (there && same_concern && record.type() == type && record.payload() == payload) return record.sequence();
  change.sequence = ++last_sequence_;
  record.set_type(type);
  record.set_payload(std::move(payload));
  record.set_sequence(change.sequence);
  record.set_deleted(false);
  if (!same_concern) DUBAN_RETURN_IF_ERROR(ChangeConcern(record, change));
  PutRow(EntityKey(name), record.SerializeAsString());
  changes_.push_back(std::move(change));
  return last_sequence_;
}

absl::Status Transaction::Delete(std::string_view name) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<storage::v1::EntityRecord> record, GetRecord(name));
  if (!record.has_value() || record->deleted()) return absl::OkStatus();
  EntityChange change{++last_sequence_, std::string(name), ListOf({}), {}};
  record->clear_type();
  record->clear_payload();
  record->set_sequence(change.sequence);
  record->set_deleted(true);
  DUBAN_RETURN_IF_ERROR(ChangeConcern(*record, change));
  PutRow(EntityKey(name), record->SerializeAsString());
  changes_.push_back(std::move(change));
  return absl::OkStatus();
}

absl::Status Transaction::PassOnWithdrawal(std::string_view name, const Audiences& audiences) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<storage::v1::EntityRecord> found, GetRecord(name));
  if (found.has_value() || DUBAN_BUG("store.unknown_withdrawal_dropped")) return absl::OkStatus();
  EntityChange change{++last_sequence_, std::string(name), ListOf({}), {audiences.begin(), audiences.end()}};
  storage::v1::EntityRecord record;
  record.set_sequence(change.sequence);
  record.set_deleted(true);
  storage::v1::Concern concern;
  for (const std::string& audience : audiences) {
    auto& withdrawal = *concern.add_withdrawals();
    withdrawal.set_audience(audience);
    withdrawal.set_sequence(change.sequence);
  }
  PutConcern(record, change, std::move(concern));
  PutRow(EntityKey(name), record.SerializeAsString());
  changes_.push_back(std::move(change));
  return absl::OkStatus();
}

void Transaction::PutLocal(std::string_view name, const google::protobuf::Message& value) {
  PutRow(LocalKey(name), value.SerializeAsString());
}

void Transaction::DeleteLocal(std::string_view name) {
  DeleteRow(LocalKey(name));
}

void Transaction::PutIndex(Index index, std::initializer_list<std::string_view> parts, std::string_view value) {
  PutRow(IndexKey(index, parts), std::string(value));
}

void Transaction::DeleteIndex(Index index, std::initializer_list<std::string_view> parts) {
  DeleteRow(IndexKey(index, parts));
}

void Transaction::SetPosition(std::string_view hop, const v1::FeedPosition& position) {
  PutRow(PositionKey(hop), position.SerializeAsString());
}

Transaction::Savepoint Transaction::Save() {
  undoing_ = true;
  return {undos_.size(), changes_.size(), last_sequence_};
}

void Transaction::Restore(const Savepoint& savepoint) {
  while (undos_.size() > savepoint.undos) {
    Undo& undo = undos_.back();
    if (undo.existed) {
      writes_.insert_or_assign(std::move(undo.key), std::move(undo.value));
    } else {
      writes_.erase(undo.key);
    }
    undos_.pop_back();
  }
  changes_.resize(savepoint.changes);
  last_sequence_ = savepoint.last_sequence;
}

}  // namespace duban
