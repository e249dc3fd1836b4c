// Every row of the notification service's store, as a grammar, and the names of reminders. Nothing of it is in a feed.
//
//   local (common/store/keys.h)
//     orders/{order}                                  storage.v1.OrderPlan: an order and its schedules
//     lists/{plan}/{list}                             ListHead
//     lists/{plan}/{list}/{page:hex4}                 ListPage
//     awaited/{plan}/{list}                           empty: an order named this list before it came
//     acts/{plan}/{number/64:hex4}/{unit}             UnitActs: what was done about a unit's duties, by the task's
//     number batches/{order}/{schedule}/{unit}               ReminderBatch: reminders to units up to and with this one
//     leases/{steady end of lease:hex16}/{token}      LeaseRow
//     units/{unit}                                    v1.Unit: its name; here {unit} is its id
//     calendars queue versions replanning purged      CalendarSet QueueState CacheVersions Replanning Purged
//     digests/{digest}                                DigestRow: one message and its deliveries
//     rebuilt                                         Rebuilt
//   entity
//     policies/default                                v1.ReminderPolicy, once it was changed
//     contacts/{unit id}                              v1.Contact
//   index
//     kReminderQueue  [s] [time] [order] [schedule]          a schedule that waits for its time, or has more to give
//                     [d] [time] [order] [schedule] [unit]   -> ReminderTicket; a batch with reminders that wait for a
//                     job,
//                                                            at their nominal time
//                     [h] [steady time] [order] [schedule] [unit]   a batch with reminders that a job holds, or that
//                                                            rest after a failure, at the earliest end of that
//                     [x] [time] [order] [schedule] [unit]   a batch with reminders that are DEAD
//     kScheduleByTime [time] [order] [schedule]              every schedule that waits or became reminders
//     kDeliveries     [w] [channel] [steady time] [digest] [place]   a delivery that waits, or is under way
//                     [x] [channel] [digest] [place]                 a delivery that is DEAD
//
//   {order}     20 hex digits computed from the task's name
//   {schedule}  `o3-20240930`: rule, number of working days, and the day it is about (ScheduleKey)
//   {unit}      16 hex digits: XXH3-64 of its id. Units are ordered by it everywhere here, so that a name leads to its
//               reminder without an index.
//   times       microseconds since 1970 as 16 hex digits; `steady` ones as storage/v1/notification.proto says
//
// A reminder is called `reminders/m-{order}-{schedule}-{unit}`.
//
// Pure functions, thread-safe. Errors: none; what is no name of a reminder is nothing.

#ifndef DUBAN_SERVICES_NOTIFICATION_REMINDER_ROWS_H_
#define DUBAN_SERVICES_NOTIFICATION_REMINDER_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "common/store/keys.h"

namespace duban {

inline constexpr Index kReminderQueue{20};
inline constexpr Index kScheduleByTime{21};
inline constexpr Index kDeliveries{30};

inline constexpr std::string_view kOrderRows = "orders/";
inline constexpr std::string_view kListRows = "lists/";
inline constexpr std::string_view kActRows = "acts/";
inline constexpr std::string_view kBatchRows = "batches/";
inline constexpr std::string_view kLeaseRows = "leases/";
inline constexpr std::string_view kUnitRows = "units/";
inline constexpr std::string_view kDigestRows = "digests/";
inline constexpr std::string_view kContacts = "contacts/";
inline constexpr std::string_view kQueueRow = "queue";
inline constexpr std::string_view kCalendarRow = "calendars";
inline constexpr std::string_view kVersionsRow = "versions";
inline constexpr std::string_view kReplanningRow = "replanning";
inline constexpr std::string_view kPurgedRow = "purged";
inline constexpr std::string_view kRebuiltRow = "rebuilt";

// The last possible key of a unit.
inline constexpr uint64_t kLastUnit = UINT64_MAX;

// Of `units/{unit}` or of the id alone.
uint64_t UnitKey(std::string_view unit);
// 20 hex digits, of `plans/{plan}/tasks/{task}`.
std::string OrderKey(std::string_view task);
// 16 hex digits: byte order is number order.
std::string HexKey(uint64_t key);
std::optional<uint64_t> ParseHexKey(std::string_view text);

// A time as it stands in keys: byte order is time order. Nothing before 1970.
std::string TimePart(absl::Time time);
std::optional<absl::Time> ParseTimePart(std::string_view text);

std::string OrderRow(std::string_view order);
// Of `plans/{plan}/addressees/{list}`.
std::string ListRow(std::string_view list);
std::string ListPageRow(std::string_view list, size_t page);
std::string AwaitedRow(std::string_view list);
// All rows of a plan that hold acts about tasks of this number, and the row of one unit.
std::string ActRows(std::string_view task);
std::string ActRow(std::string_view task, uint64_t unit);
std::string LeaseRowName(absl::Time until, std::string_view token);

// Which batch.
struct BatchId {
  std::string order;
  std::string schedule;
  // The key of the last unit that can be in it.
  uint64_t end = 0;

  friend auto operator<=>(const BatchId&, const BatchId&) = default;
};
// All batches of a schedule, and one of them.
std::string BatchRowsOf(std::string_view order, std::string_view schedule);
std::string BatchRow(const BatchId& id);
// Of the name of a row; nothing where it is none of a batch.
std::optional<BatchId> ParseBatchRow(std::string_view row);

// Which reminder.
struct ReminderId {
  std::string order;
  std::string schedule;
  uint64_t unit = 0;
};
std::string ReminderName(std::string_view order, std::string_view schedule, uint64_t unit);
std::optional<ReminderId> ParseReminderName(std::string_view name);

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_REMINDER_ROWS_H_
