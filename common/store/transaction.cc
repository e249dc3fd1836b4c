#include "common/store/transaction.h"

#include <utility>

#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace duban {
namespace {

// What a feed row says about its entity.
constexpr char kPresent = 0;
constexpr char kWithdrawn = 1;

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
  // A feed row that this command made is in no store yet: it is dropped, not deleted.
  const bool fresh =
      key[0] == static_cast<char>(KeyKind::kFeed) && SequenceOfKey(key) >= group_begin_ && !group_->contains(key);
  if (!fresh) return Write(std::move(key), std::nullopt);
  auto row = writes_.find(key);
  if (row == writes_.end()) return;
  if (undoing_) undos_.push_back({std::move(key), true, std::move(row->second)});
  writes_.erase(row);
}

void Transaction::Touch(const std::string& audience) {
  const bool inserted = touched_.insert(audience).second;
  if (inserted && undoing_) touches_.push_back(audience);
}

void Transaction::Place(storage::v1::EntityRecord& record, std::string_view name, const Audiences& audiences,
                        int64_t sequence) {
  Audiences missing = audiences;
  const auto put = [&](storage::v1::EntityRecord::Place& place, bool withdrawn) {
    place.set_sequence(sequence);
    place.set_withdrawn(withdrawn);
    PutRow(FeedKey(place.audience(), sequence), std::string(1, withdrawn ? kWithdrawn : kPresent).append(name));
    Touch(place.audience());
  };
  for (auto& place : *record.mutable_places()) {
    const bool wanted = missing.erase(place.audience()) > 0;
    if (!wanted && (place.withdrawn() || DUBAN_BUG("store.withdrawal_dropped"))) continue;
    if (!DUBAN_BUG("store.old_place_left")) DeleteRow(FeedKey(place.audience(), place.sequence()));
    put(place, !wanted);
  }
  for (const std::string& audience : missing) {
    auto* place = record.add_places();
    place->set_audience(audience);
    put(*place, false);
  }
}

absl::StatusOr<int64_t> Transaction::Put(std::string_view name, const google::protobuf::Message& value,
                                         const Audiences& audiences) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<storage::v1::EntityRecord> found, GetRecord(name));
  storage::v1::EntityRecord record = found.value_or(storage::v1::EntityRecord());
  google::protobuf::Any payload;
  payload.set_type_url(StrCat("type.googleapis.com/", value.GetDescriptor()->full_name()));
  payload.set_value(DeterministicBytes(value));
  if (found.has_value() && !record.deleted() && record.payload().type_url() == payload.type_url() &&
      record.payload().value() == payload.value()) {
    Audiences placed;
    for (const auto& place : record.places()) {
      if (!place.withdrawn()) placed.insert(place.audience());
    }
    if (placed == audiences) return record.sequence();
  }
  const int64_t sequence = ++last_sequence_;
  *record.mutable_payload() = std::move(payload);
  record.set_sequence(sequence);
  record.set_deleted(false);
  Place(record, name, audiences, sequence);
  PutRow(EntityKey(name), record.SerializeAsString());
  changed_.emplace_back(name);
  return sequence;
}

absl::Status Transaction::Delete(std::string_view name) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<storage::v1::EntityRecord> record, GetRecord(name));
  if (!record.has_value() || record->deleted()) return absl::OkStatus();
  const int64_t sequence = ++last_sequence_;
  record->clear_payload();
  record->set_sequence(sequence);
  record->set_deleted(true);
  Place(*record, name, {}, sequence);
  PutRow(EntityKey(name), record->SerializeAsString());
  changed_.emplace_back(name);
  return absl::OkStatus();
}

absl::Status Transaction::PassOnWithdrawal(std::string_view name, const Audiences& audiences) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<storage::v1::EntityRecord> found, GetRecord(name));
  if (found.has_value() || DUBAN_BUG("store.unknown_withdrawal_dropped")) return absl::OkStatus();
  storage::v1::EntityRecord record;
  const int64_t sequence = ++last_sequence_;
  record.set_sequence(sequence);
  record.set_deleted(true);
  for (const std::string& audience : audiences) {
    auto* place = record.add_places();
    place->set_audience(audience);
    place->set_sequence(sequence);
    place->set_withdrawn(true);
    PutRow(FeedKey(audience, sequence), std::string(1, kWithdrawn).append(name));
    Touch(audience);
  }
  PutRow(EntityKey(name), record.SerializeAsString());
  changed_.emplace_back(name);
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
  return {undos_.size(), changed_.size(), touches_.size(), last_sequence_};
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
  while (touches_.size() > savepoint.touches) {
    touched_.erase(touches_.back());
    touches_.pop_back();
  }
  changed_.resize(savepoint.changed);
  last_sequence_ = savepoint.last_sequence;
}

}  // namespace duban
