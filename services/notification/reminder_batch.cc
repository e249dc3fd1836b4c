#include "services/notification/reminder_batch.h"

#include <algorithm>
#include <utility>

#include "common/base/planted_bug.h"
#include "common/base/strings.h"

namespace duban {
namespace {

using storage::v1::ReminderBatch;
using storage::v1::ReminderTicket;
using storage::v1::Standing;
using v1::Reminder;

bool Same(const Standing& a, const Standing& b) {
  return a.state() == b.state() && a.attempts() == b.attempts() && a.until_micros() == b.until_micros() &&
         a.since_micros() == b.since_micros() && a.confirm_micros() == b.confirm_micros() && a.late() == b.late() &&
         a.lease_token() == b.lease_token() && a.last_error() == b.last_error();
}

// Whether the record holds together: what is read was written here, or is damaged.
bool IsWhole(const ReminderBatch& record) {
  const bool sized = record.keys_size() == record.units_size() && record.keys_size() == record.standing_of_size();
  return sized && std::all_of(record.standing_of().begin(), record.standing_of().end(),
                              [&](uint32_t place) { return place < static_cast<uint32_t>(record.standings_size()); });
}

}  // namespace

bool IsHeld(const Standing& standing) {
  if (standing.state() == Reminder::LEASED) return !DUBAN_BUG("notification.lease_ends_at_once");
  return standing.state() == Reminder::SCHEDULED && standing.until_micros() != 0;
}

bool IsFree(const Standing& standing) {
  const bool open = standing.state() == Reminder::SCHEDULED || standing.state() == Reminder::LEASED;
  return open && !IsHeld(standing);
}

Batch::Batch(BatchId id, absl::Time time, std::string_view recipient) : id_(std::move(id)), changed_(true) {
  record_.set_remind_micros(absl::ToUnixMicros(time));
  record_.set_recipient(std::string(recipient));
}

Batch::Batch(BatchId id, ReminderBatch record)
    : id_(std::move(id)), record_(std::move(record)), stored_rows_(QueueRows(id_, record_)) {}

absl::StatusOr<std::optional<Batch>> Batch::Read(const ReadView& view, const BatchId& id) {
  const std::string name = BatchRow(id);
  DUBAN_ASSIGN_OR_RETURN(std::optional<ReminderBatch> record, view.GetLocal<ReminderBatch>(name));
  if (!record.has_value()) return std::nullopt;
  if (!IsWhole(*record)) return BrokenRecord(name);
  return Batch(id, *std::move(record));
}

absl::StatusOr<std::vector<Batch>> Batch::ReadBetween(const ReadView& view, std::string_view order,
                                                      std::string_view schedule, uint64_t first, uint64_t last,
                                                      size_t max) {
  const std::string rows = LocalKey(BatchRowsOf(order, schedule));
  std::vector<Batch> batches;
  absl::Status parsed;
  DUBAN_RETURN_IF_ERROR(
      view.ScanRows(rows + HexKey(first), PrefixEnd(rows), [&](std::string_view key, std::string_view row) {
        const std::optional<BatchId> id = ParseBatchRow(key.substr(1));
        ReminderBatch record;
        if (!id.has_value() || !record.ParseFromArray(row.data(), static_cast<int>(row.size())) || !IsWhole(record)) {
          parsed = BrokenRecord(key.substr(1));
          return false;
        }
        batches.push_back(Batch(*id, std::move(record)));
        return id->end < last && batches.size() < max;
      }));
  DUBAN_RETURN_IF_ERROR(parsed);
  return batches;
}

absl::StatusOr<std::optional<Batch>> Batch::ReadAround(const ReadView& view, std::string_view order,
                                                       std::string_view schedule, uint64_t unit) {
  DUBAN_ASSIGN_OR_RETURN(std::vector<Batch> batches, ReadBetween(view, order, schedule, unit, unit, 1));
  if (batches.empty() || !batches[0].Find(unit).has_value()) return std::nullopt;
  return std::move(batches[0]);
}

std::optional<int> Batch::Find(uint64_t unit) const {
  const auto& keys = record_.keys();
  const auto found = std::lower_bound(keys.begin(), keys.end(), unit);
  if (found == keys.end() || *found != unit) return std::nullopt;
  return static_cast<int>(found - keys.begin());
}

uint32_t Batch::Intern(Standing standing) {
  // Those that were added last are asked for most.
  for (int place = record_.standings_size() - 1; place >= 0; --place) {
    if (Same(record_.standings(place), standing)) return static_cast<uint32_t>(place);
  }
  *record_.add_standings() = std::move(standing);
  return static_cast<uint32_t>(record_.standings_size() - 1);
}

void Batch::Set(int i, Standing standing) {
  const uint32_t place = Intern(std::move(standing));
  changed_ = changed_ || place != record_.standing_of(i);
  record_.set_standing_of(i, place);
}

void Batch::Insert(uint64_t key, std::string_view unit, Standing standing) {
  const uint32_t place = Intern(std::move(standing));
  record_.add_keys(key);
  record_.add_units(std::string(unit));
  record_.add_standing_of(place);
  for (int i = record_.keys_size() - 1; i > 0 && record_.keys(i - 1) > key; --i) {
    record_.mutable_keys()->SwapElements(i, i - 1);
    record_.mutable_units()->SwapElements(i, i - 1);
    record_.mutable_standing_of()->SwapElements(i, i - 1);
  }
  changed_ = true;
}

void Batch::Tidy() {
  google::protobuf::RepeatedPtrField<Standing> used;
  std::vector<int> moved(static_cast<size_t>(record_.standings_size()), -1);
  for (uint32_t& place : *record_.mutable_standing_of()) {
    if (moved[place] < 0) {
      moved[place] = used.size();
      used.Add()->Swap(record_.mutable_standings(static_cast<int>(place)));
    }
    place = static_cast<uint32_t>(moved[place]);
  }
  record_.mutable_standings()->Swap(&used);
}

std::map<std::string, std::string> Batch::QueueRows(const BatchId& id, const ReminderBatch& record) {
  std::vector<bool> is_used(static_cast<size_t>(record.standings_size()));
  for (const uint32_t place : record.standing_of()) is_used[place] = true;
  std::optional<int64_t> held_until;
  bool any_free = false;
  bool any_dead = false;
  ReminderTicket ticket;
  for (int i = 0; i < record.standings_size(); ++i) {
    const Standing& standing = record.standings(i);
    if (!is_used[static_cast<size_t>(i)]) continue;
    any_dead = any_dead || standing.state() == Reminder::DEAD;
    if (IsHeld(standing)) {
      const bool lost = standing.state() == Reminder::SCHEDULED && DUBAN_BUG("notification.failed_not_retried");
      if (!lost) held_until = std::min(held_until.value_or(standing.until_micros()), standing.until_micros());
    } else if (IsFree(standing)) {
      any_free = true;
      if (standing.since_micros() == 0) {
        ticket.set_nominal_since_micros(record.remind_micros());
      } else if (ticket.steady_since_micros() == 0 || standing.since_micros() < ticket.steady_since_micros()) {
        ticket.set_steady_since_micros(standing.since_micros());
      }
    }
  }
  std::map<std::string, std::string> rows;
  if (held_until.has_value()) {
    rows.emplace(QueueKey(QueuePart::kHeld, {absl::FromUnixMicros(*held_until), id}), "");
  }
  const absl::Time nominal = absl::FromUnixMicros(record.remind_micros());
  if (any_dead) rows.emplace(QueueKey(QueuePart::kDead, {nominal, id}), "");
  if (!any_free) return rows;
  ticket.set_recipient(record.recipient());
  if (record.recipient().empty()) ticket.set_filter(UnitFilter(record.keys()));
  rows.emplace(QueueKey(QueuePart::kDue, {nominal, id}), ticket.SerializeAsString());
  return rows;
}

void Batch::Write(Queue& queue) {
  Tidy();
  std::map<std::string, std::string> rows = QueueRows(id_, record_);
  for (const auto& [key, value] : stored_rows_) {
    if (!rows.contains(key) && !DUBAN_BUG("notification.old_time_left")) queue.Delete(key);
  }
  for (const auto& [key, value] : rows) {
    const auto stored = stored_rows_.find(key);
    if (stored == stored_rows_.end() || stored->second != value) queue.Put(key, value);
  }
  queue.transaction().PutLocal(BatchRow(id_), record_);
  stored_rows_ = std::move(rows);
  changed_ = false;
}

void Batch::Save(Queue& queue) {
  if (!changed_) return;
  // What was added between others is cut off in front; the rest keeps the name.
  while (size() > kMostInBatch) {
    Batch front({id_.order, id_.schedule, key(kMostInBatch - 1)}, time(), recipient());
    for (int i = 0; i < kMostInBatch; ++i) front.Insert(key(i), unit(i), standing(i));
    record_.mutable_keys()->erase(record_.keys().begin(), record_.keys().begin() + kMostInBatch);
    record_.mutable_units()->DeleteSubrange(0, kMostInBatch);
    record_.mutable_standing_of()->erase(record_.standing_of().begin(), record_.standing_of().begin() + kMostInBatch);
    front.Write(queue);
  }
  Write(queue);
}

void Batch::Drop(Transaction& transaction) const {
  for (const auto& [key, value] : stored_rows_) transaction.DeleteRow(key);
  transaction.DeleteLocal(BatchRow(id_));
}

}  // namespace duban
