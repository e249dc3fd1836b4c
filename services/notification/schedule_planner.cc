#include "services/notification/schedule_planner.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <vector>

#include "common/access/ended_tokens.h"
#include "common/base/civil.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "duban/storage/v1/rebuild.pb.h"
#include "duban/v1/person.pb.h"
#include "services/notification/digest_rows.h"
#include "services/notification/duty_copies.h"
#include "services/notification/queue_clock.h"
#include "services/notification/reminder_batch.h"
#include "services/notification/reminder_rows.h"

namespace duban {
namespace {

using storage::v1::ListHead;
using storage::v1::OrderPlan;
using storage::v1::Schedule;

constexpr std::string_view kCalendars = "calendars/";
constexpr size_t kReplanStep = 100;

constexpr absl::CivilDay kFirstDay(1970, 1, 1);

OwnTimes OwnTimesOf(const OrderPlan& plan) {
  OwnTimes times;
  for (const storage::v1::GrantedDue& granted : plan.granted()) times.due.insert(kFirstDay + granted.day());
  for (const storage::v1::UrgeMinute& urged : plan.urged()) {
    times.urged.insert(absl::FromUnixSeconds(urged.minute() * 60));
  }
  return times;
}

// Counts `by` more units that have these times of their own.
void CountUnits(const OwnTimes& times, int by, OrderPlan& plan) {
  std::map<int32_t, int32_t> days;
  for (const storage::v1::GrantedDue& granted : plan.granted()) days[granted.day()] = granted.units();
  for (const absl::CivilDay day : times.due) days[static_cast<int32_t>(day - kFirstDay)] += by;
  std::map<int64_t, int32_t> minutes;
  for (const storage::v1::UrgeMinute& urged : plan.urged()) minutes[urged.minute()] = urged.units();
  for (const absl::Time minute : times.urged) minutes[absl::ToUnixSeconds(minute) / 60] += by;
  plan.clear_granted();
  for (const auto& [day, units] : days) {
    if (units == 0) continue;
    storage::v1::GrantedDue& granted = *plan.add_granted();
    granted.set_day(day);
    granted.set_units(units);
  }
  plan.clear_urged();
  for (const auto& [minute, units] : minutes) {
    if (units == 0) continue;
    storage::v1::UrgeMinute& urged = *plan.add_urged();
    urged.set_minute(minute);
    urged.set_units(units);
  }
}

// Schedules of this time and before are gone, and are not made again.
absl::StatusOr<absl::Time> PurgedUpTo(const ReadView& view) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<storage::v1::Purged> purged,
                         view.GetLocal<storage::v1::Purged>(kPurgedRow));
  return purged.has_value() ? FromProto(purged->up_to()) : absl::InfinitePast();
}

// What planning one order depends on besides the order.
struct Circumstances {
  absl::Time now;
  absl::Time alive_until = absl::InfinitePast();
  absl::Time purged_up_to = absl::InfinitePast();
  absl::Duration catch_up_window = absl::ZeroDuration();
  // What passed already is not made up for.
  bool drops_past = false;
  // What has come to concern one more unit.
  OwnTimes concerns = {};
};

Schedule Fresh(const std::string& key, const PlannedSchedule& expected, const Circumstances& at) {
  Schedule schedule;
  schedule.set_key(key);
  schedule.set_remind_micros(absl::ToUnixMicros(expected.time));
  // A node that was lost has sent what is older, as far as can be known.
  const bool dropped = (at.drops_past && expected.time < at.now) || expected.time <= at.alive_until;
  schedule.set_phase(dropped ? Schedule::DROPPED : Schedule::WAITING);
  return schedule;
}

// Whether a schedule concerns one more unit than before.
bool ConcernsMore(const ScheduleKey& key, const OwnTimes& concerns) {
  if (key.reason == v1::Reminder::URGE) return concerns.urged.contains(TimeAt(key.day, key.days));
  return key.reason != v1::Reminder::UNSIGNED && concerns.due.contains(key.day);
}

// Whoever was added to the list of a schedule that has begun, or was given its time, is looked for, while it can still
// go out.
void AdaptBegun(Schedule& schedule, const ScheduleKey& key, std::string_view list, const Circumstances& at) {
  const bool same = schedule.list() == list && !ConcernsMore(key, at.concerns);
  if (same && !DUBAN_BUG("notification.confirmed_comes_back")) return;
  if (DUBAN_BUG("notification.added_forgotten")) return;
  schedule.set_list(std::string(list));
  if (TimeOf(schedule) + at.catch_up_window < at.now) return;
  schedule.set_phase(Schedule::RUNNING);
  schedule.set_cursor(0);
}

// Brings a schedule that is there up to date with what is expected of it.
void Adapt(Schedule& schedule, const PlannedSchedule& expected, std::string_view list, const Circumstances& at) {
  schedule.set_recalled(false);
  switch (schedule.phase()) {
    case Schedule::DROPPED:
      if (expected.time < at.now || expected.time <= at.alive_until) return;
      schedule.set_phase(Schedule::WAITING);
      [[fallthrough]];
    case Schedule::WAITING:
      schedule.set_remind_micros(absl::ToUnixMicros(expected.time));
      return;
    default:
      // Its time has come and stays.
      AdaptBegun(schedule, expected.key, list, at);
  }
}

// The schedules of `plan` become those expected.
void Merge(OrderPlan& plan, const std::vector<PlannedSchedule>& expected, const Circumstances& at) {
  std::map<std::string, const PlannedSchedule*> asked;
  for (const PlannedSchedule& planned : expected) asked.emplace(planned.key.ToString(), &planned);
  std::map<std::string, Schedule> schedules;
  for (Schedule& schedule : *plan.mutable_schedules()) {
    const auto found = asked.find(schedule.key());
    if (found != asked.end()) {
      Adapt(schedule, *found->second, plan.order().addressee_list(), at);
      asked.erase(found);
    } else if (schedule.phase() == Schedule::RUNNING || schedule.phase() == Schedule::DONE) {
      schedule.set_recalled(true);
    } else {
      continue;
    }
    std::string key = schedule.key();
    schedules.emplace(std::move(key), std::move(schedule));
  }
  for (const auto& [key, planned] : asked) {
    if (planned->time > at.purged_up_to) schedules.emplace(key, Fresh(key, *planned, at));
  }
  plan.clear_schedules();
  for (auto& [key, schedule] : schedules) *plan.add_schedules() = std::move(schedule);
}

std::map<std::string, std::string> RowsOf(std::string_view order, const OrderPlan& plan) {
  std::map<std::string, std::string> rows;
  for (const Schedule& schedule : plan.schedules()) {
    ScheduleRows(order, schedule, [&](std::string key, std::optional<std::string> value) {
      rows.emplace(std::move(key), *std::move(value));
    });
  }
  return rows;
}

// Writes the difference between the index rows of `before` and `after`.
absl::Status MoveRows(Transaction& transaction, const std::map<std::string, std::string>& before,
                      const std::map<std::string, std::string>& after) {
  if (before == after) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(Queue queue, Queue::Open(transaction));
  for (const auto& [key, value] : before) {
    if (!after.contains(key)) queue.Delete(key);
  }
  for (const auto& [key, value] : after) {
    if (before.contains(key)) continue;
    if (key[1] == static_cast<char>(kReminderQueue)) {
      queue.Put(key, value);
    } else {
      transaction.PutRow(key, value);
    }
  }
  queue.Finish();
  return absl::OkStatus();
}

// What the edge asks of people's calls; in no feed.
absl::Status KeepEndedTokens(Transaction& transaction, const v1::FeedEntry& entry) {
  if (entry.withdrawn()) return transaction.Delete(entry.entity());
  v1::EndedTokens tokens;
  if (!entry.payload().UnpackTo(&tokens)) return BrokenRecord(entry.entity());
  return transaction.Put(entry.entity(), tokens, {}).status();
}

}  // namespace

v1::ReminderPolicy DefaultReminderPolicy() {
  v1::ReminderPolicy policy;
  policy.set_name(kDefaultPolicy);
  for (const int days : {5, 1}) policy.add_before_due_working_days(days);
  policy.set_on_due(true);
  for (const int days : {1, 3, 5}) policy.add_overdue_working_days(days);
  policy.add_escalation_working_days(2);
  for (const int days : {1, 3}) policy.add_unsigned_working_days(days);
  policy.set_periodic_working_days(5);
  policy.set_minute_of_day(9 * 60);
  policy.set_max_attempts(8);
  policy.mutable_first_backoff()->set_seconds(60);
  // Four days: what fell due on a Friday still goes out after the weekend.
  policy.mutable_catch_up_window()->set_seconds(4 * 24 * 3600);
  return policy;
}

absl::StatusOr<std::optional<Stored<v1::ReminderPolicy>>> FindPolicy(const ReadView& view, std::string_view name) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::ReminderPolicy>> stored, view.Get<v1::ReminderPolicy>(name));
  if (!stored.has_value() && name == kDefaultPolicy) stored = {DefaultReminderPolicy(), 0};
  return stored;
}

absl::StatusOr<v1::ReminderPolicy> PolicyInForce(const ReadView& view) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::ReminderPolicy>> stored, FindPolicy(view, kDefaultPolicy));
  return std::move(stored->value);
}

absl::StatusOr<absl::Time> AliveUntil(const ReadView& view) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<storage::v1::Rebuilt> rebuilt,
                         view.GetLocal<storage::v1::Rebuilt>(kRebuiltRow));
  return rebuilt.has_value() ? FromProto(rebuilt->alive_until()) : absl::InfinitePast();
}

absl::StatusOr<std::optional<OrderPlan>> ReadOrder(const ReadView& view, std::string_view order) {
  return view.GetLocal<OrderPlan>(OrderRow(order));
}

Schedule* FindSchedule(OrderPlan& plan, std::string_view key) {
  for (Schedule& schedule : *plan.mutable_schedules()) {
    if (schedule.key() == key) return &schedule;
  }
  return nullptr;
}

const Schedule* FindSchedule(const OrderPlan& plan, std::string_view key) {
  for (const Schedule& schedule : plan.schedules()) {
    if (schedule.key() == key) return &schedule;
  }
  return nullptr;
}

absl::Time TimeOf(const Schedule& schedule) {
  return absl::FromUnixMicros(schedule.remind_micros());
}

bool IsQueued(const Schedule& schedule) {
  return !schedule.recalled() && (schedule.phase() == Schedule::WAITING || schedule.phase() == Schedule::RUNNING);
}

bool IsAsked(const OrderPlan& plan, const Schedule& schedule) {
  return plan.has_order() && !schedule.recalled() && schedule.phase() != Schedule::DROPPED;
}

void ScheduleRows(std::string_view order, const Schedule& schedule, IndexRowSink sink) {
  if (schedule.phase() == Schedule::DROPPED) return;
  const std::string time = TimePart(TimeOf(schedule));
  sink(IndexKey(kScheduleByTime, {time, order, schedule.key()}), std::string());
  if (!IsQueued(schedule)) return;
  sink(QueueKey(QueuePart::kSchedules, {TimeOf(schedule), {std::string(order), schedule.key(), 0}}), std::string());
}

absl::Status VisitOrders(const ReadView& view, std::string_view after,
                         absl::FunctionRef<bool(std::string_view order, OrderPlan plan)> visit) {
  const std::string all = LocalKey(kOrderRows);
  const std::string begin = after.empty() ? all : LocalKey(OrderRow(after)) + '\0';
  absl::Status parsed;
  DUBAN_RETURN_IF_ERROR(view.ScanRows(begin, PrefixEnd(all), [&](std::string_view key, std::string_view value) {
    OrderPlan plan;
    if (!plan.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      parsed = BrokenRecord(key.substr(1));
      return false;
    }
    return visit(key.substr(all.size()), std::move(plan));
  }));
  return parsed;
}

absl::Status SchedulePlanner::ApplyAssignment(Transaction& transaction, const v1::FeedEntry& entry, absl::Time now) {
  const ParsedName name = ParseName(entry.entity());
  switch (name.noun) {
    case Noun::kOrder:
      return ApplyOrder(transaction, name, entry, now);
    case Noun::kAddresseeList: {
      DUBAN_ASSIGN_OR_RETURN(const bool matters, TakeInList(transaction, entry, node_));
      if (matters) StartReplanning(transaction);
      return absl::OkStatus();
    }
    case Noun::kExecution:
    case Noun::kOversight:
      return ApplyActs(transaction, name, entry, now);
    default:
      return absl::OkStatus();
  }
}

absl::Status SchedulePlanner::ApplyOrder(Transaction& transaction, const ParsedName& name, const v1::FeedEntry& entry,
                                         absl::Time now) {
  const std::string key = OrderKey(name.task);
  DUBAN_ASSIGN_OR_RETURN(const std::optional<OrderPlan> stored, ReadOrder(transaction, key));
  OrderPlan plan = stored.value_or(OrderPlan());
  plan.set_task(std::string(name.task));
  if (entry.withdrawn()) {
    if (!plan.has_order()) return absl::OkStatus();
    plan.clear_order();
  } else {
    v1::Order order;
    if (!entry.payload().UnpackTo(&order)) return absl::OkStatus();
    order = TrimmedOrder(order);
    order.set_task(plan.task());
    if (plan.has_order() && plan.order().SerializeAsString() == order.SerializeAsString()) return absl::OkStatus();
    *plan.mutable_order() = std::move(order);
  }
  return Plan(transaction, key, std::move(plan), now, Past::kCatchUp);
}

namespace {

// What is in `after` and not in `before`.
OwnTimes Added(const OwnTimes& before, const OwnTimes& after) {
  OwnTimes added;
  std::set_difference(after.due.begin(), after.due.end(), before.due.begin(), before.due.end(),
                      std::inserter(added.due, added.due.end()));
  std::set_difference(after.urged.begin(), after.urged.end(), before.urged.begin(), before.urged.end(),
                      std::inserter(added.urged, added.urged.end()));
  return added;
}

}  // namespace

absl::Status SchedulePlanner::ApplyActs(Transaction& transaction, const ParsedName& name, const v1::FeedEntry& entry,
                                        absl::Time now) {
  DUBAN_ASSIGN_OR_RETURN(const TakenOversight taken, TakeInActs(transaction, name, entry));
  const OwnTimes before = duban::OwnTimesOf(taken.before), after = duban::OwnTimesOf(taken.after);
  if (before == after) return absl::OkStatus();
  const std::string key = OrderKey(name.task);
  // A new policy that this order has not met yet brings nothing of what is past.
  DUBAN_RETURN_IF_ERROR(ReplanAhead(transaction, key, now));
  DUBAN_ASSIGN_OR_RETURN(const std::optional<OrderPlan> stored, ReadOrder(transaction, key));
  OrderPlan plan = stored.value_or(OrderPlan());
  plan.set_task(std::string(name.task));
  CountUnits(before, -1, plan);
  CountUnits(after, 1, plan);
  return Plan(transaction, key, std::move(plan), now, Past::kCatchUp, Added(before, after));
}

absl::Status SchedulePlanner::ApplyPlan(Transaction& transaction, const v1::FeedEntry& entry) {
  const std::string_view name = entry.entity();
  if (name.starts_with(kUnitRows)) return FollowUnit(transaction, entry);
  if (name.starts_with(kEndedTokens)) return KeepEndedTokens(transaction, entry);
  if (!name.starts_with(kCalendars)) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(const bool changed, FollowCalendar(transaction, entry));
  if (changed) StartReplanning(transaction);
  return absl::OkStatus();
}

void SchedulePlanner::StartReplanning(Transaction& transaction) {
  transaction.PutLocal(kReplanningRow, storage::v1::Replanning());
}

absl::StatusOr<bool> SchedulePlanner::IsReplanning(const ReadView& view) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> row, view.GetRow(LocalKey(kReplanningRow)));
  return row.has_value();
}

absl::Status SchedulePlanner::ContinueReplanning(Transaction& transaction, absl::Time now) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<storage::v1::Replanning> replanning,
                         transaction.GetLocal<storage::v1::Replanning>(kReplanningRow));
  if (!replanning.has_value()) return absl::OkStatus();
  std::vector<std::pair<std::string, OrderPlan>> orders;
  DUBAN_RETURN_IF_ERROR(VisitOrders(transaction, replanning->after(), [&](std::string_view order, OrderPlan plan) {
    orders.emplace_back(order, std::move(plan));
    return orders.size() < kReplanStep;
  }));
  for (auto& [order, plan] : orders) {
    DUBAN_RETURN_IF_ERROR(Plan(transaction, order, std::move(plan), now, Past::kDrop));
  }
  if (orders.size() < kReplanStep) {
    transaction.DeleteLocal(kReplanningRow);
    return absl::OkStatus();
  }
  replanning->set_after(orders.back().first);
  transaction.PutLocal(kReplanningRow, *replanning);
  return absl::OkStatus();
}

absl::Status SchedulePlanner::ReplanAhead(Transaction& transaction, std::string_view order, absl::Time now) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<storage::v1::Replanning> replanning,
                         transaction.GetLocal<storage::v1::Replanning>(kReplanningRow));
  if (!replanning.has_value() || order <= replanning->after()) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(std::optional<OrderPlan> plan, ReadOrder(transaction, order));
  if (!plan.has_value()) return absl::OkStatus();
  return Plan(transaction, order, *std::move(plan), now, Past::kDrop);
}

absl::Status SchedulePlanner::Rebuilt(Transaction& transaction, absl::Time alive_until) {
  storage::v1::Rebuilt rebuilt;
  *rebuilt.mutable_alive_until() = ToProto(alive_until);
  transaction.PutLocal(kRebuiltRow, rebuilt);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<PlannedSchedule>> SchedulePlanner::Expected(const ReadView& view, const OrderPlan& plan,
                                                                       std::string_view node,
                                                                       const WorkingCalendar& calendar) {
  if (!plan.has_order()) return std::vector<PlannedSchedule>();
  DUBAN_ASSIGN_OR_RETURN(const std::optional<ListHead> list, ReadListHead(view, plan.order().addressee_list()));
  if (!list.has_value()) return std::vector<PlannedSchedule>();
  DUBAN_ASSIGN_OR_RETURN(const v1::ReminderPolicy policy, PolicyInForce(view));
  return OrderToSchedules(plan.order(), *list,
                          {.policy = policy, .calendar = calendar, .node = node, .own_times = OwnTimesOf(plan)});
}

absl::Status SchedulePlanner::Plan(Transaction& transaction, std::string_view order, OrderPlan plan, absl::Time now,
                                   Past past, const OwnTimes& concerns) {
  const std::map<std::string, std::string> rows_before = RowsOf(order, plan);
  DUBAN_ASSIGN_OR_RETURN(const std::shared_ptr<const WorkingCalendar> calendar, cache_->CalendarOf(transaction));
  DUBAN_ASSIGN_OR_RETURN(const std::vector<PlannedSchedule> expected, Expected(transaction, plan, node_, *calendar));
  DUBAN_ASSIGN_OR_RETURN(const v1::ReminderPolicy policy, PolicyInForce(transaction));
  Circumstances at{
      .now = now, .catch_up_window = CatchUpWindow(policy), .drops_past = past == Past::kDrop, .concerns = concerns};
  DUBAN_ASSIGN_OR_RETURN(at.alive_until, AliveUntil(transaction));
  DUBAN_ASSIGN_OR_RETURN(at.purged_up_to, PurgedUpTo(transaction));
  Merge(plan, expected, at);
  DUBAN_RETURN_IF_ERROR(MoveRows(transaction, rows_before, RowsOf(order, plan)));
  if (plan.has_order()) {
    const std::string& list = plan.order().addressee_list();
    DUBAN_ASSIGN_OR_RETURN(const std::optional<ListHead> head, ReadListHead(transaction, list));
    if (!head.has_value()) transaction.PutRow(LocalKey(AwaitedRow(list)), "");
  }
  const std::string row = LocalKey(OrderRow(order));
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> before, transaction.GetRow(row));
  const bool empty = !plan.has_order() && plan.schedules().empty() && plan.granted().empty() && plan.urged().empty();
  if (empty) {
    if (before.has_value()) transaction.DeleteRow(row);
  } else if (std::string bytes = plan.SerializeAsString(); before != bytes) {
    transaction.PutRow(row, std::move(bytes));
  }
  return absl::OkStatus();
}

namespace {

// The rows of an order's schedules. One that waits is as the arrow has it, whatever the order's row says; so one that
// was forgotten is asked for, and one too many is not.
absl::Status OrderIndexRows(const ReadView& view, std::string_view node, const WorkingCalendar& calendar,
                            absl::Time purged_up_to, std::string_view order, const OrderPlan& plan, IndexRowSink sink) {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<PlannedSchedule> expected,
                         SchedulePlanner::Expected(view, plan, node, calendar));
  std::set<std::string> settled;
  for (const Schedule& schedule : plan.schedules()) {
    if (schedule.phase() == Schedule::WAITING) continue;
    settled.insert(schedule.key());
    ScheduleRows(order, schedule, sink);
  }
  for (const PlannedSchedule& planned : expected) {
    Schedule waiting;
    waiting.set_key(planned.key.ToString());
    waiting.set_remind_micros(absl::ToUnixMicros(planned.time));
    waiting.set_phase(Schedule::WAITING);
    const bool kept = planned.time > purged_up_to || FindSchedule(plan, waiting.key()) != nullptr;
    if (kept && !settled.contains(waiting.key())) ScheduleRows(order, waiting, sink);
  }
  return absl::OkStatus();
}

absl::Status BatchIndexRows(const ReadView& view, IndexRowSink sink) {
  const std::string batches = LocalKey(kBatchRows);
  std::string schedule;
  std::optional<uint64_t> last;
  absl::Status status;
  DUBAN_RETURN_IF_ERROR(view.ScanRows(batches, PrefixEnd(batches), [&](std::string_view key, std::string_view value) {
    const std::optional<BatchId> id = ParseBatchRow(key.substr(1));
    storage::v1::ReminderBatch record;
    if (!id.has_value() || !record.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      status = BrokenRecord(key.substr(1));
      return false;
    }
    if (std::string own = BatchRowsOf(id->order, id->schedule); own != schedule) {
      schedule = std::move(own);
      last.reset();
    }
    for (const uint64_t unit : record.keys()) {
      if (last.has_value() && unit <= *last) status = absl::DataLossError(StrCat("a unit stands twice in ", schedule));
      last = unit;
    }
    for (auto& [row, ticket] : Batch::QueueRows(*id, record)) sink(row, std::move(ticket));
    return status.ok();
  }));
  return status;
}

}  // namespace

absl::Status ReminderIndexRows(const ReadView& view, std::string_view node, IndexRowSink sink) {
  DirectoryCache cache;
  DUBAN_ASSIGN_OR_RETURN(const std::shared_ptr<const WorkingCalendar> calendar, cache.CalendarOf(view));
  DUBAN_ASSIGN_OR_RETURN(const absl::Time purged_up_to, PurgedUpTo(view));
  DUBAN_ASSIGN_OR_RETURN(const std::optional<storage::v1::Replanning> replanning,
                         view.GetLocal<storage::v1::Replanning>(kReplanningRow));
  absl::Status status;
  DUBAN_RETURN_IF_ERROR(VisitOrders(view, "", [&](std::string_view order, const OrderPlan& plan) {
    if (replanning.has_value() && order > replanning->after()) {
      // Still as the policy or calendar before had it, which nobody keeps.
      for (const Schedule& schedule : plan.schedules()) ScheduleRows(order, schedule, sink);
    } else {
      status = OrderIndexRows(view, node, *calendar, purged_up_to, order, plan, sink);
    }
    return status.ok();
  }));
  DUBAN_RETURN_IF_ERROR(status);
  DUBAN_RETURN_IF_ERROR(DigestIndexRows(view, sink));
  return BatchIndexRows(view, sink);
}

}  // namespace duban
