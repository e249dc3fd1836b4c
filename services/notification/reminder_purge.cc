#include "services/notification/reminder_purge.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "duban/storage/v1/notification.pb.h"
#include "services/notification/reminder_batch.h"
#include "services/notification/reminder_queue.h"
#include "services/notification/reminder_rows.h"
#include "services/notification/schedule_planner.h"

namespace duban {
namespace {

using storage::v1::OrderPlan;
using storage::v1::Schedule;

// Schedules before a time, in order, as they stand in the index by time. At most `max`.
absl::StatusOr<std::vector<QueuePlace>> SchedulesBefore(const ReadView& view, absl::Time before, size_t max) {
  std::vector<QueuePlace> places;
  absl::Status parsed;
  DUBAN_RETURN_IF_ERROR(
      view.ScanIndex(kScheduleByTime, {}, [&](const std::vector<std::string_view>& rest, std::string_view) {
        const std::optional<absl::Time> time = rest.size() == 3 ? ParseTimePart(rest[0]) : std::nullopt;
        if (!time.has_value()) {
          parsed = BrokenRecord("schedule");
          return false;
        }
        if (*time >= before || places.size() == max) return false;
        places.push_back({*time, {std::string(rest[1]), std::string(rest[2]), 0}});
        return true;
      }));
  DUBAN_RETURN_IF_ERROR(parsed);
  return places;
}

absl::StatusOr<std::vector<std::string>> LeasesBefore(const ReadView& view, absl::Time before, size_t max) {
  std::vector<std::string> keys;
  const std::string begin = LocalKey(kLeaseRows);
  DUBAN_RETURN_IF_ERROR(view.ScanRows(begin, begin + TimePart(before), [&](std::string_view key, std::string_view) {
    keys.emplace_back(key);
    return keys.size() < max;
  }));
  return keys;
}

// Deletes the batches of a schedule with their places in the queue. Returns how many rows.
absl::StatusOr<size_t> DropBatches(Transaction& transaction, const BatchId& schedule) {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<Batch> batches,
                         Batch::ReadBetween(transaction, schedule.order, schedule.schedule, 0, kLastUnit, SIZE_MAX));
  for (const Batch& batch : batches) batch.Drop(transaction);
  return batches.size();
}

absl::Status DropSchedule(Transaction& transaction, const QueuePlace& place) {
  const BatchId& id = place.id;
  DUBAN_ASSIGN_OR_RETURN(std::optional<OrderPlan> plan, ReadOrder(transaction, id.order));
  transaction.DeleteRow(IndexKey(kScheduleByTime, {TimePart(place.time), id.order, id.schedule}));
  if (!plan.has_value()) return absl::OkStatus();
  auto& schedules = *plan->mutable_schedules();
  const auto old = std::find_if(schedules.begin(), schedules.end(),
                                [&](const Schedule& schedule) { return schedule.key() == id.schedule; });
  if (old == schedules.end()) return absl::OkStatus();
  if (IsQueued(*old)) transaction.DeleteRow(QueueKey(QueuePart::kSchedules, place));
  schedules.erase(old);
  if (schedules.empty() && !plan->has_order()) {
    transaction.DeleteLocal(OrderRow(id.order));
  } else {
    transaction.PutLocal(OrderRow(id.order), *plan);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<bool> HasOld(const ReadView& view, absl::Time reminders_before, absl::Time leases_before) {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<QueuePlace> schedules, SchedulesBefore(view, reminders_before, 1));
  if (!schedules.empty()) return true;
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> leases, LeasesBefore(view, leases_before, 1));
  return !leases.empty();
}

absl::StatusOr<bool> PurgeReminders(Transaction& transaction, absl::Time before, size_t max) {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<QueuePlace> places, SchedulesBefore(transaction, before, max));
  size_t rows = 0;
  for (const QueuePlace& place : places) {
    if (rows >= max) return true;
    DUBAN_ASSIGN_OR_RETURN(const size_t batches, DropBatches(transaction, place.id));
    DUBAN_RETURN_IF_ERROR(DropSchedule(transaction, place));
    rows += batches + 1;
    storage::v1::Purged purged;
    *purged.mutable_up_to() = ToProto(place.time);
    transaction.PutLocal(kPurgedRow, purged);
  }
  return places.size() == max;
}

absl::StatusOr<bool> PurgeLeases(Transaction& transaction, absl::Time before, size_t max) {
  DUBAN_ASSIGN_OR_RETURN(std::vector<std::string> keys, LeasesBefore(transaction, before, max));
  const bool more = keys.size() == max;
  for (std::string& key : keys) transaction.DeleteRow(std::move(key));
  return more;
}

}  // namespace duban
