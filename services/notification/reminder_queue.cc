#include "services/notification/reminder_queue.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/strings.h"

namespace duban {
namespace {

using storage::v1::QueueState;
using storage::v1::ReminderTicket;

std::string PartName(QueuePart part) {
  return std::string(1, static_cast<char>(part));
}

const std::string& FloorOf(const QueueState& state, QueuePart part) {
  if (part == QueuePart::kSchedules) return state.schedules_floor();
  return part == QueuePart::kDue ? state.due_floor() : state.held_floor();
}

std::string* MutableFloor(QueueState& state, QueuePart part) {
  if (part == QueuePart::kSchedules) return state.mutable_schedules_floor();
  return part == QueuePart::kDue ? state.mutable_due_floor() : state.mutable_held_floor();
}

// The parts of a queue key behind the part's letter; nothing where it is none.
std::optional<QueuePlace> ParsePlace(std::string_view rest) {
  std::array<std::string_view, 4> parts;
  size_t count = 0;
  for (size_t end = rest.find('\0'); end != std::string_view::npos && count < parts.size(); end = rest.find('\0')) {
    parts[count++] = rest.substr(0, end);
    rest.remove_prefix(end + 1);
  }
  const std::optional<absl::Time> time = ParseTimePart(parts[0]);
  if (!time.has_value() || count < 3 || !rest.empty()) return std::nullopt;
  const std::optional<uint64_t> end = count == 4 ? ParseHexKey(parts[3]) : 0;
  if (!end.has_value()) return std::nullopt;
  return QueuePlace{*time, {std::string(parts[1]), std::string(parts[2]), *end}};
}

// From the key `begin` on. The key of the first entry seen comes back through `first`.
absl::StatusOr<std::vector<QueueEntry>> ReadFront(const ReadView& view, std::string_view begin, QueuePart part,
                                                  absl::Time until, size_t max, std::string* first) {
  const std::string prefix = IndexKey(kReminderQueue, {PartName(part)});
  const std::string end = prefix + TimePart(until) + '\x01';
  std::vector<QueueEntry> entries;
  absl::Status parsed;
  DUBAN_RETURN_IF_ERROR(view.ScanRows(
      std::max<std::string_view>(prefix, begin), PrefixEnd(prefix), [&](std::string_view key, std::string_view value) {
        if (first->empty()) *first = key;
        if (key >= end || entries.size() >= max) return false;
        std::optional<QueuePlace> place = ParsePlace(key.substr(prefix.size()));
        QueueEntry entry;
        if (!place.has_value() || !entry.ticket.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
          parsed = BrokenRecord("queue");
          return false;
        }
        entry.place = *std::move(place);
        entries.push_back(std::move(entry));
        return true;
      }));
  DUBAN_RETURN_IF_ERROR(parsed);
  if (first->empty()) *first = PrefixEnd(prefix);
  return entries;
}

// Bits for each unit of a filter, and how many of them a unit sets.
constexpr size_t kBitsPerUnit = 10;
constexpr int kHashes = 5;

}  // namespace

std::string QueueKey(QueuePart part, const QueuePlace& place) {
  const BatchId& id = place.id;
  const std::string time = TimePart(place.time);
  if (part == QueuePart::kSchedules) return IndexKey(kReminderQueue, {PartName(part), time, id.order, id.schedule});
  return IndexKey(kReminderQueue, {PartName(part), time, id.order, id.schedule, HexKey(id.end)});
}

absl::StatusOr<std::vector<QueueEntry>> QueueFront(const ReadView& view, const QueueState& state, QueuePart part,
                                                   absl::Time until, size_t max) {
  std::string first;
  return ReadFront(view, FloorOf(state, part), part, until, max, &first);
}

absl::StatusOr<std::vector<QueueEntry>> QueueBetween(const ReadView& view, const QueueState& state, QueuePart part,
                                                     absl::Time from, absl::Time until, size_t max) {
  std::string first, begin = FloorOf(state, part);
  if (from > absl::InfinitePast()) {
    begin = std::max(begin, IndexKey(kReminderQueue, {PartName(part)}) + TimePart(from));
  }
  return ReadFront(view, begin, part, until, max, &first);
}

absl::StatusOr<QueueState> ReadQueueState(const ReadView& view) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<QueueState> state, view.GetLocal<QueueState>(kQueueRow));
  return std::move(state).value_or(QueueState());
}

absl::StatusOr<Queue> Queue::Open(Transaction& transaction) {
  DUBAN_ASSIGN_OR_RETURN(QueueState state, ReadQueueState(transaction));
  return Queue(&transaction, std::move(state));
}

void Queue::Observe(const ClockReading& reading, absl::Duration catch_up_window) {
  state_ = Observed(std::move(state_), reading, catch_up_window);
}

absl::StatusOr<std::vector<QueueEntry>> Queue::Front(QueuePart part, absl::Time until, size_t max) {
  std::string first;
  DUBAN_ASSIGN_OR_RETURN(std::vector<QueueEntry> entries,
                         ReadFront(*transaction_, FloorOf(state_, part), part, until, max, &first));
  *MutableFloor(state_, part) = std::move(first);
  return entries;
}

absl::StatusOr<std::vector<QueueEntry>> Queue::Between(QueuePart part, absl::Time from, absl::Time until,
                                                       size_t max) const {
  return QueueBetween(*transaction_, state_, part, from, until, max);
}

void Queue::Put(std::string key, std::string value) {
  // The letter of the part stands behind kind and number.
  const auto part = static_cast<QueuePart>(key[2]);
  if (part != QueuePart::kDead) {
    std::string* floor = MutableFloor(state_, part);
    if (key < *floor) *floor = key;
  }
  transaction_->PutRow(std::move(key), std::move(value));
}

void Queue::Delete(std::string key) {
  transaction_->DeleteRow(std::move(key));
}

void Queue::Finish() {
  if (state_.SerializeAsString() != stored_) transaction_->PutLocal(kQueueRow, state_);
}

std::string UnitFilter(const google::protobuf::RepeatedField<uint64_t>& keys) {
  std::string filter((static_cast<size_t>(keys.size()) * kBitsPerUnit + 7) / 8, '\0');
  for (const uint64_t key : keys) {
    uint64_t bit = key;
    for (int i = 0; i < kHashes; ++i, bit += (key >> 32 | 1) * 0x9E3779B97F4A7C15u) {
      filter[bit % (filter.size() * 8) / 8] |= static_cast<char>(1 << bit % 8);
    }
  }
  return filter;
}

bool MayConcern(const ReminderTicket& ticket, std::string_view recipient) {
  if (!ticket.recipient().empty()) return ticket.recipient() == recipient;
  const std::string& filter = ticket.filter();
  if (filter.empty()) return false;
  const uint64_t key = UnitKey(recipient);
  uint64_t bit = key;
  for (int i = 0; i < kHashes; ++i, bit += (key >> 32 | 1) * 0x9E3779B97F4A7C15u) {
    if ((filter[bit % (filter.size() * 8) / 8] & (1 << bit % 8)) == 0) return false;
  }
  return true;
}

}  // namespace duban
