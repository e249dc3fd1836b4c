#include "common/store/transaction.h"

#include <algorithm>
#include <utility>

#include "common/base/strings.h"

namespace duban {
namespace {

// What a feed row says about its entity.
constexpr char kPresent = 0;
constexpr char kWithdrawn = 1;

// Walks two ordered sources as one; where both have a key, the upper one hides the lower.
class OverlayCursor {
 public:
  OverlayCursor(const WriteSet& set, std::string_view begin, std::string_view end)
      : next_(set.lower_bound(begin)), end_(end.empty() ? set.end() : set.lower_bound(end)) {}
  bool done() const { return next_ == end_; }
  const std::string& key() const { return next_->first; }
  const std::optional<std::string>& value() const { return next_->second; }
  void Advance() { ++next_; }

 private:
  WriteSet::const_iterator next_;
  const WriteSet::const_iterator end_;
};

}  // namespace

absl::StatusOr<std::optional<std::string>> Transaction::GetRow(std::string_view key) const {
  if (auto own = writes_.find(key); own != writes_.end()) return own->second;
  if (auto earlier = group_->find(key); earlier != group_->end()) return earlier->second;
  return base_->GetRow(key);
}

absl::Status Transaction::ScanRows(std::string_view begin, std::string_view end,
                                   absl::FunctionRef<bool(std::string_view key, std::string_view value)> visit) const {
  OverlayCursor own(writes_, begin, end);
  OverlayCursor group(*group_, begin, end);
  bool stopped = false;
  // Visits the overlay's rows before `limit` (all where it is empty), then returns whether `limit` itself is hidden.
  const auto visit_overlay = [&](std::string_view limit) {
    while (!stopped) {
      const bool own_first = !own.done() && (group.done() || own.key() <= group.key());
      if (!own_first && group.done()) return false;
      const std::string& key = own_first ? own.key() : group.key();
      if (!limit.empty() && key > limit) return false;
      const std::optional<std::string>& value = own_first ? own.value() : group.value();
      if (own_first && !group.done() && group.key() == key) group.Advance();
      const bool at_limit = !limit.empty() && key == limit;
      if (value.has_value() && !visit(key, *value)) stopped = true;
      own_first ? own.Advance() : group.Advance();
      if (at_limit) return true;
    }
    return true;
  };
  DUBAN_RETURN_IF_ERROR(base_->ScanRows(begin, end, [&](std::string_view key, std::string_view value) {
    const bool hidden = visit_overlay(key);
    if (!stopped && !hidden && !visit(key, value)) stopped = true;
    return !stopped;
  }));
  if (!stopped) visit_overlay({});
  return absl::OkStatus();
}

void Transaction::PutRow(std::string key, std::string value) {
  writes_.insert_or_assign(std::move(key), std::move(value));
}

void Transaction::DeleteRow(std::string key) {
  // A feed row that this group made is in no store yet: it is dropped, not deleted.
  const bool fresh =
      key[0] == static_cast<char>(KeyKind::kFeed) && SequenceOfKey(key) >= group_begin_ && !group_->contains(key);
  if (fresh) {
    writes_.erase(key);
  } else {
    writes_.insert_or_assign(std::move(key), std::nullopt);
  }
}

void Transaction::Place(storage::v1::EntityRecord& record, std::string_view name, const Audiences& audiences,
                        int64_t sequence) {
  Audiences missing = audiences;
  const auto put = [&](storage::v1::EntityRecord::Place& place, bool withdrawn) {
    place.set_sequence(sequence);
    place.set_withdrawn(withdrawn);
    PutRow(FeedKey(place.audience(), sequence), std::string(1, withdrawn ? kWithdrawn : kPresent).append(name));
    touched_.insert(place.audience());
  };
  for (auto& place : *record.mutable_places()) {
    const bool wanted = missing.erase(place.audience()) > 0;
    if (!wanted && place.withdrawn()) continue;
    DeleteRow(FeedKey(place.audience(), place.sequence()));
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
  payload.PackFrom(value);
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

void Transaction::Restore(Savepoint savepoint) {
  writes_ = std::move(savepoint.writes);
  last_sequence_ = savepoint.last_sequence;
  changed_ = std::move(savepoint.changed);
  touched_ = std::move(savepoint.touched);
}

}  // namespace duban
