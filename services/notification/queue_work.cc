#include "services/notification/queue_work.h"

#include <algorithm>
#include <utility>

#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "services/notification/duty_copies.h"
#include "services/notification/order_to_schedules.h"

namespace duban {
namespace {

using storage::v1::LeaseRow;
using storage::v1::ListHead;
using storage::v1::OrderPlan;
using storage::v1::Schedule;
using storage::v1::Standing;
using v1::Reminder;

constexpr absl::Duration kLate = absl::Hours(1);
// Entries of the queue that are read at a time.
constexpr size_t kAtOnce = 64;
// Most entries that a lease looks at without finding anything for the job.
constexpr int kMostFruitless = 256;
// Steps of schedules that a lease for one recipient makes first, and batches whose tickets it looks at.
constexpr int kStepsForOne = 20;
constexpr size_t kMostTickets = 10000;

// Whether a reminder of this schedule about `unit` is this node's to send.
bool IsOurs(const ScheduleKey& key, const storage::v1::ListedUnit& unit) {
  return key.reason == Reminder::ESCALATION || unit.here();
}

absl::Status WrongState(std::string_view name, Reminder::State state, std::string_view english,
                        std::string_view chinese) {
  const std::string& word = Reminder::State_Name(state);
  return Error(v1::WRONG_STATE, StrCat("`", name, "` is ", word, "; ", english),
               StrCat("提醒“", name, "”的状态为", word, "，", chinese), {{"name", std::string(name)}, {"state", word}});
}

absl::Status NotDead(std::string_view name, Reminder::State state) {
  return WrongState(name, state, "only a DEAD one can be sent again", "只有投递失败（DEAD）的提醒可以重新投递");
}

}  // namespace

absl::Status RefusalOf(v1::ErrorReason reason, std::string_view name, Reminder::State state) {
  if (reason == v1::RESOURCE_NOT_FOUND) return NotFound(name);
  if (reason == v1::WRONG_STATE) {
    return WrongState(name, state, "only a leased one can be confirmed; drop it",
                      "只有已领取的提醒可以确认，请放弃本次投递");
  }
  return Error(v1::LEASE_NOT_HELD,
               StrCat("the lease token for `", name, "` is not the latest one or has run out; lease again"),
               StrCat("提醒“", name, "”的领取编号不是最新的或已过期，请重新领取"), {{"name", std::string(name)}});
}

absl::Status QueueWork::Begin() {
  DUBAN_ASSIGN_OR_RETURN(Queue queue, Queue::Open(transaction_));
  queue_ = std::move(queue);
  DUBAN_ASSIGN_OR_RETURN(policy_, PolicyInForce(transaction_));
  DUBAN_ASSIGN_OR_RETURN(calendar_, cache_->CalendarOf(transaction_));
  observed_ = Observed(queue_->state(), clock_, CatchUpWindow(policy_));
  moment_.emplace(MomentOf(observed_, clock_, policy_));
  DUBAN_ASSIGN_OR_RETURN(moment_->alive_until, AliveUntil(transaction_));
  return absl::OkStatus();
}

void QueueWork::Finish() {
  if (notes_clock_) queue_->Observe(clock_, CatchUpWindow(policy_));
  queue_->Finish();
}

// --- What time does ---

void QueueWork::Miss(Batch& batch, int i) {
  Standing standing = batch.standing(i);
  standing.set_state(Reminder::MISSED);
  standing.clear_since_micros();
  batch.Set(i, std::move(standing));
  ++missed_;
}

bool QueueWork::IsOver(absl::Time nominal, int64_t since_micros) const {
  // Nobody could take it before its time, whatever the clock was set to meanwhile.
  const absl::Time since =
      since_micros == 0 ? nominal : std::max(nominal, moment_->WallAt(absl::FromUnixMicros(since_micros)));
  return since <= moment_->alive_until || moment_->IsMissed(since);
}

Standing QueueWork::FirstStanding(absl::Time time) const {
  Standing standing;
  standing.set_state(IsOver(time, 0) ? Reminder::MISSED : Reminder::SCHEDULED);
  if (time <= moment_->alive_until) {
    standing.set_last_error("the store was restored from a backup; whether it was sent is not known");
  }
  return standing;
}

absl::StatusOr<std::vector<BatchId>> QueueWork::RunStep(const QueuePlace& place) {
  std::vector<BatchId> made;
  const BatchId& id = place.id;
  // Never send what a policy that is already in force does not ask for.
  DUBAN_RETURN_IF_ERROR(planner_->ReplanAhead(transaction_, id.order, moment_->now));
  DUBAN_ASSIGN_OR_RETURN(std::optional<OrderPlan> plan, ReadOrder(transaction_, id.order));
  Schedule* schedule = plan.has_value() ? FindSchedule(*plan, id.schedule) : nullptr;
  const std::string row = QueueKey(QueuePart::kSchedules, place);
  if (schedule == nullptr || !IsQueued(*schedule) || TimeOf(*schedule) != place.time) {
    // Planning anew has moved it.
    DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> left, transaction_.GetRow(row));
    if (left.has_value()) return BrokenRecord(OrderRow(id.order));
    return made;
  }
  if (schedule->phase() == Schedule::WAITING) {
    schedule->set_phase(Schedule::RUNNING);
    schedule->set_list(plan->order().addressee_list());
  }
  DUBAN_ASSIGN_OR_RETURN(const bool more, NextPage(*plan, *schedule, made));
  if (!more) {
    schedule->set_phase(Schedule::DONE);
    queue_->Delete(row);
  }
  transaction_.PutLocal(OrderRow(id.order), *plan);
  return made;
}

absl::StatusOr<int> QueueWork::RunSchedules(int max) {
  for (int step = 0; step < max; ++step) {
    DUBAN_ASSIGN_OR_RETURN(const std::vector<QueueEntry> front, queue_->Front(QueuePart::kSchedules, moment_->now, 1));
    if (front.empty()) return step;
    DUBAN_RETURN_IF_ERROR(RunStep(front[0].place).status());
  }
  return max;
}

absl::StatusOr<bool> QueueWork::NextPage(const OrderPlan& plan, Schedule& schedule, std::vector<BatchId>& made) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<ListHead> head, ReadListHead(transaction_, schedule.list()));
  if (!head.has_value()) return false;
  const auto& ends = head->page_ends();
  const uint64_t first = schedule.cursor() == 0 ? 0 : schedule.cursor() + 1;
  const auto page = std::lower_bound(ends.begin(), ends.end(), first);
  if (page == ends.end()) return false;
  DUBAN_RETURN_IF_ERROR(MakeReminders(plan, schedule, first, *page, made));
  schedule.set_cursor(*page);
  return ends.end() - page > (DUBAN_BUG("notification.last_page_left") ? 2 : 1);
}

absl::Status QueueWork::MakeReminders(const OrderPlan& plan, const Schedule& schedule, uint64_t first, uint64_t last,
                                      std::vector<BatchId>& made) {
  const std::optional<ScheduleKey> key = ScheduleKey::Parse(schedule.key());
  if (!key.has_value()) return BrokenRecord(plan.task());
  const absl::Time time = TimeOf(schedule);
  DUBAN_ASSIGN_OR_RETURN(const std::vector<KnownDuty> duties, ReadDuties(transaction_, plan.order(), first, last));
  const std::string order = OrderKey(plan.task());
  DUBAN_ASSIGN_OR_RETURN(std::vector<Batch> batches,
                         Batch::ReadBetween(transaction_, order, schedule.key(), first, last, SIZE_MAX));
  ScheduleJudge judge(plan.order(), *key, time, *calendar_);
  const Standing standing = FirstStanding(time);
  auto batch = batches.begin();
  for (const KnownDuty& duty : duties) {
    const storage::v1::ListedUnit& unit = duty.unit;
    while (batch != batches.end() && batch->id().end < unit.key()) ++batch;
    const std::optional<int> there = batch == batches.end() ? std::nullopt : batch->Find(unit.key());
    if (there.has_value() && DUBAN_BUG("notification.confirmed_comes_back")) batch->Set(*there, standing);
    if (there.has_value() && !DUBAN_BUG("notification.made_again")) continue;
    if (!IsOurs(*key, unit) || !judge(unit, duty.acts).wanted) continue;
    if (batch == batches.end()) {
      const bool to_issuer = key->reason == Reminder::ESCALATION;
      batches.push_back(Batch({order, schedule.key(), last}, time, to_issuer ? plan.order().issuer() : ""));
      batch = batches.end() - 1;
    }
    batch->Insert(unit.key(), unit.unit(), standing);
    missed_ += standing.state() == Reminder::MISSED ? 1 : 0;
  }
  for (Batch& changed : batches) {
    if (changed.changed()) made.push_back(changed.id());
    changed.Save(*queue_);
  }
  return absl::OkStatus();
}

Standing QueueWork::Freed(Standing standing) {
  const bool leased = standing.state() == Reminder::LEASED;
  standing.set_state(Reminder::SCHEDULED);
  standing.set_since_micros(standing.until_micros());
  standing.clear_until_micros();
  if (!leased) return standing;
  standing.clear_lease_token();
  standing.clear_late();
  standing.set_last_error("the lease ran out without an answer");
  if (standing.attempts() >= policy_.max_attempts()) {
    standing.set_state(Reminder::DEAD);
    standing.clear_since_micros();
    ++dead_;
  }
  return standing;
}

void QueueWork::FreeAll(Batch& batch) {
  const int64_t steady = absl::ToUnixMicros(moment_->steady);
  for (int i = 0; i < batch.size(); ++i) {
    const Standing& standing = batch.standing(i);
    if (IsHeld(standing) && standing.until_micros() <= steady) batch.Set(i, Freed(standing));
  }
}

absl::StatusOr<int> QueueWork::FreeHeld(int max) {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<QueueEntry> entries,
                         queue_->Front(QueuePart::kHeld, moment_->steady, static_cast<size_t>(max)));
  for (const QueueEntry& entry : entries) {
    DUBAN_ASSIGN_OR_RETURN(std::optional<Batch> batch, Batch::Read(transaction_, entry.place.id));
    if (!batch.has_value()) return BrokenRecord(BatchRow(entry.place.id));
    FreeAll(*batch);
    batch->Save(*queue_);
  }
  return static_cast<int>(entries.size());
}

absl::StatusOr<int> QueueWork::MarkMissed(int max) {
  const absl::Time until = std::max(moment_->now - CatchUpWindow(policy_), moment_->alive_until);
  DUBAN_ASSIGN_OR_RETURN(const std::vector<QueueEntry> entries, queue_->Front(QueuePart::kDue, until, kMostTickets));
  int changed = 0;
  for (const QueueEntry& entry : entries) {
    if (changed == max) break;
    const storage::v1::ReminderTicket& ticket = entry.ticket;
    const bool over = (ticket.nominal_since_micros() != 0 && IsOver(entry.place.time, 0)) ||
                      (ticket.steady_since_micros() != 0 && IsOver(entry.place.time, ticket.steady_since_micros()));
    if (!over) continue;
    DUBAN_ASSIGN_OR_RETURN(std::optional<Batch> batch, Batch::Read(transaction_, entry.place.id));
    if (!batch.has_value()) return BrokenRecord(BatchRow(entry.place.id));
    for (int i = 0; i < batch->size(); ++i) {
      if (IsFree(batch->standing(i)) && IsOver(*batch, i)) Miss(*batch, i);
    }
    batch->Save(*queue_);
    ++changed;
  }
  return changed;
}

// --- What jobs do ---

absl::StatusOr<std::vector<bool>> QueueWork::JudgeWanted(const Batch& batch, const std::vector<int>& places) {
  std::vector<bool> wanted(places.size());
  DUBAN_RETURN_IF_ERROR(planner_->ReplanAhead(transaction_, batch.id().order, moment_->now));
  DUBAN_ASSIGN_OR_RETURN(const std::optional<OrderPlan> plan, ReadOrder(transaction_, batch.id().order));
  const Schedule* schedule = plan.has_value() ? FindSchedule(*plan, batch.id().schedule) : nullptr;
  const std::optional<ScheduleKey> key = ScheduleKey::Parse(batch.id().schedule);
  if (schedule == nullptr || !key.has_value() || !IsAsked(*plan, *schedule)) return wanted;
  DUBAN_ASSIGN_OR_RETURN(const std::vector<KnownDuty> duties,
                         ReadDuties(transaction_, plan->order(), batch.key(places.front()), batch.key(places.back())));
  ScheduleJudge judge(plan->order(), *key, batch.time(), *calendar_);
  auto duty = duties.begin();
  for (size_t i = 0; i < places.size(); ++i) {
    const uint64_t unit = batch.key(places[i]);
    while (duty != duties.end() && duty->unit.key() < unit) ++duty;
    if (duty == duties.end() || duty->unit.key() != unit) continue;
    wanted[i] = IsOurs(*key, duty->unit) && judge(duty->unit, duty->acts).wanted;
  }
  return wanted;
}

absl::StatusOr<int> QueueWork::LeaseAt(Batch& batch, const std::vector<int>& places, const LeaseAsk& ask) {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<bool> wanted, JudgeWanted(batch, places));
  int leased = 0;
  for (size_t i = 0; i < places.size(); ++i) {
    Standing standing = batch.standing(places[i]);
    standing.clear_since_micros();
    standing.set_state(wanted[i] ? Reminder::LEASED : Reminder::CANCELLED);
    if (wanted[i]) {
      standing.set_attempts(standing.attempts() + 1);
      standing.set_lease_token(std::string(ask.token));
      standing.set_until_micros(absl::ToUnixMicros(moment_->steady + ask.lease));
      standing.set_late(moment_->now - batch.time() > kLate);
      ++leased;
    }
    batch.Set(places[i], std::move(standing));
  }
  return leased;
}

absl::StatusOr<int> QueueWork::LeaseFrom(Batch& batch, const LeaseAsk& ask, int room, LeaseRow::Part& part) {
  const bool any = ask.recipient.empty() || batch.recipient() == ask.recipient;
  if (!any && !batch.recipient().empty()) return 0;
  const uint64_t only = UnitKey(ask.recipient);
  int leased = 0;
  for (int i = 0; i < batch.size() && leased < room;) {
    // As many as there is room for are judged together.
    std::vector<int> places;
    for (; i < batch.size() && static_cast<int>(places.size()) < room - leased; ++i) {
      if (!IsFree(batch.standing(i)) || !(any || batch.key(i) == only)) continue;
      if (IsOver(batch, i)) {
        Miss(batch, i);
      } else {
        places.push_back(i);
      }
    }
    if (places.empty()) break;
    DUBAN_ASSIGN_OR_RETURN(const int more, LeaseAt(batch, places, ask));
    if (leased == 0) part.set_first(batch.key(places.front()));
    part.set_last(batch.key(places.back()));
    leased += more;
  }
  return leased;
}

absl::StatusOr<int> QueueWork::LeaseBatch(const BatchId& id, const LeaseAsk& ask, int room, LeaseRow& row) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<Batch> batch, Batch::Read(transaction_, id));
  if (!batch.has_value()) return 0;
  LeaseRow::Part part;
  part.set_order(id.order);
  part.set_schedule(id.schedule);
  DUBAN_ASSIGN_OR_RETURN(const int leased, LeaseFrom(*batch, ask, room, part));
  batch->Save(*queue_);
  if (leased > 0) *row.add_parts() = std::move(part);
  return leased;
}

absl::Status QueueWork::LeaseEarliest(const LeaseAsk& ask, int room, LeaseRow& row) {
  const absl::Time now =
      moment_->now + (DUBAN_BUG("notification.an_hour_early") ? absl::Hours(1) : absl::ZeroDuration());
  for (int fruitless = 0; room > 0 && fruitless < kMostFruitless;) {
    const int room_before = room;
    DUBAN_ASSIGN_OR_RETURN(const std::vector<QueueEntry> due, queue_->Front(QueuePart::kDue, now, kAtOnce));
    // What was missed while nothing ran is the chore's to write down: a job must not wait for it.
    DUBAN_ASSIGN_OR_RETURN(const std::vector<QueueEntry> schedules,
                           queue_->Between(QueuePart::kSchedules, moment_->Earliest(), now, 1));
    if (due.empty() && schedules.empty()) return absl::OkStatus();
    std::vector<BatchId> next;
    for (const QueueEntry& entry : due) {
      if (schedules.empty() || entry.place.time <= schedules[0].place.time) next.push_back(entry.place.id);
    }
    if (next.empty()) {
      DUBAN_ASSIGN_OR_RETURN(next, RunStep(schedules[0].place));
      ++fruitless;
    }
    for (const BatchId& id : next) {
      if (room == 0 || fruitless >= kMostFruitless) break;
      DUBAN_ASSIGN_OR_RETURN(const int leased, LeaseBatch(id, ask, room, row));
      room -= leased;
      fruitless += leased == 0 ? 1 : 0;
    }
    if (room < room_before) fruitless = 0;
  }
  return absl::OkStatus();
}

absl::Status QueueWork::LeaseOnlyTo(const LeaseAsk& ask, int room, LeaseRow& row) {
  DUBAN_RETURN_IF_ERROR(RunSchedules(kStepsForOne).status());
  DUBAN_ASSIGN_OR_RETURN(const std::vector<QueueEntry> due, queue_->Front(QueuePart::kDue, moment_->now, kMostTickets));
  for (const QueueEntry& entry : due) {
    if (room == 0) break;
    if (!MayConcern(entry.ticket, ask.recipient)) continue;
    DUBAN_ASSIGN_OR_RETURN(const int leased, LeaseBatch(entry.place.id, ask, room, row));
    room -= leased;
  }
  return absl::OkStatus();
}

absl::Status QueueWork::Lease(const LeaseAsk& ask, LeaseRow& row) {
  DUBAN_RETURN_IF_ERROR(FreeHeld(static_cast<int>(kAtOnce)).status());
  DUBAN_RETURN_IF_ERROR(ask.recipient.empty() ? LeaseEarliest(ask, ask.max, row) : LeaseOnlyTo(ask, ask.max, row));
  if (row.parts().empty()) return absl::OkStatus();
  transaction_.PutLocal(LeaseRowName(moment_->steady + ask.lease, ask.token), row);
  NoteClock();
  return absl::OkStatus();
}

absl::Status QueueWork::LeaseEach(const std::vector<LeaseAsk>& asks, int most, std::vector<LeaseRow>& rows) {
  rows.resize(asks.size());
  std::vector<int> room;
  for (const LeaseAsk& ask : asks) room.push_back(ask.max);
  DUBAN_ASSIGN_OR_RETURN(const std::vector<QueueEntry> due, queue_->Front(QueuePart::kDue, moment_->now, kMostTickets));
  for (const QueueEntry& entry : due) {
    for (size_t i = 0; i < asks.size(); ++i) {
      const int left = std::min(room[i], most);
      if (left == 0 || !MayConcern(entry.ticket, asks[i].recipient)) continue;
      DUBAN_ASSIGN_OR_RETURN(const int leased, LeaseBatch(entry.place.id, asks[i], left, rows[i]));
      room[i] -= leased;
      most -= leased;
    }
  }
  NoteClock();
  return absl::OkStatus();
}

absl::StatusOr<std::optional<QueueWork::Held>> QueueWork::Hold(std::string_view name) {
  const std::optional<ReminderId> id = ParseReminderName(name);
  if (!id.has_value()) return std::nullopt;
  // Those of one lease mostly lie together.
  const auto near = held_.lower_bound({id->order, id->schedule, id->unit});
  if (near != held_.end() && near->first.order == id->order && near->first.schedule == id->schedule) {
    if (const std::optional<int> place = near->second.Find(id->unit)) return Held{&near->second, *place};
  }
  DUBAN_ASSIGN_OR_RETURN(std::optional<Batch> batch,
                         Batch::ReadAround(transaction_, id->order, id->schedule, id->unit));
  if (!batch.has_value()) return std::nullopt;
  const BatchId batch_id = batch->id();
  const auto held = held_.emplace(batch_id, *std::move(batch)).first;
  return Held{&held->second, *held->second.Find(id->unit)};
}

absl::StatusOr<bool> QueueWork::IsExpected(std::string_view name) {
  const std::optional<ReminderId> id = ParseReminderName(name);
  if (!id.has_value()) return false;
  DUBAN_ASSIGN_OR_RETURN(const std::optional<OrderPlan> plan, ReadOrder(transaction_, id->order));
  const Schedule* schedule = plan.has_value() ? FindSchedule(*plan, id->schedule) : nullptr;
  const std::optional<ScheduleKey> key = ScheduleKey::Parse(id->schedule);
  if (schedule == nullptr || !key.has_value() || !IsAsked(*plan, *schedule) || !IsQueued(*schedule)) return false;
  DUBAN_ASSIGN_OR_RETURN(const std::vector<KnownDuty> duties,
                         ReadDuties(transaction_, plan->order(), id->unit, id->unit));
  ScheduleJudge judge(plan->order(), *key, TimeOf(*schedule), *calendar_);
  return !duties.empty() && IsOurs(*key, duties[0].unit) && judge(duties[0].unit, duties[0].acts).wanted;
}

absl::Status QueueWork::Confirm(std::string_view name, std::string_view token, std::string_view error) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<Held> held, Hold(name));
  if (!held.has_value()) {
    DUBAN_ASSIGN_OR_RETURN(const bool expected, IsExpected(name));
    return RefusalOf(expected ? v1::LEASE_NOT_HELD : v1::RESOURCE_NOT_FOUND, name, Reminder::SCHEDULED);
  }
  Standing standing = held->batch->standing(held->place);
  if (standing.state() != Reminder::LEASED && standing.state() != Reminder::SCHEDULED) {
    return RefusalOf(v1::WRONG_STATE, name, standing.state());
  }
  const bool own = standing.state() == Reminder::LEASED &&
                   (standing.lease_token() == token || DUBAN_BUG("notification.any_lease_token"));
  if (!own || absl::FromUnixMicros(standing.until_micros()) <= moment_->steady) {
    return RefusalOf(v1::LEASE_NOT_HELD, name, standing.state());
  }
  standing.clear_lease_token();
  standing.clear_until_micros();
  if (error.empty()) {
    standing.set_state(Reminder::CONFIRMED);
    standing.clear_last_error();
    standing.set_confirm_micros(absl::ToUnixMicros(moment_->now));
    standing.set_late(standing.late() || moment_->now - held->batch->time() > kLate);
  } else {
    standing.set_last_error(std::string(error));
    const bool dead = standing.attempts() >= policy_.max_attempts();
    standing.set_state(dead ? Reminder::DEAD : Reminder::SCHEDULED);
    if (!dead) {
      standing.set_until_micros(absl::ToUnixMicros(moment_->steady + BackoffAfter(standing.attempts(), policy_)));
      NoteClock();
    }
  }
  held->batch->Set(held->place, std::move(standing));
  return absl::OkStatus();
}

absl::Status QueueWork::Redrive(std::string_view name) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<Held> held, Hold(name));
  if (!held.has_value()) {
    DUBAN_ASSIGN_OR_RETURN(const bool expected, IsExpected(name));
    return expected ? NotDead(name, Reminder::SCHEDULED) : NotFound(name);
  }
  Standing standing = held->batch->standing(held->place);
  if (standing.state() != Reminder::DEAD) return NotDead(name, standing.state());
  DUBAN_ASSIGN_OR_RETURN(const std::vector<bool> wanted, JudgeWanted(*held->batch, {held->place}));
  if (!wanted[0]) return NotDead(name, Reminder::CANCELLED);
  standing.set_state(Reminder::SCHEDULED);
  standing.set_attempts(0);
  standing.set_since_micros(absl::ToUnixMicros(moment_->steady));
  NoteClock();
  held->batch->Set(held->place, std::move(standing));
  return absl::OkStatus();
}

absl::StatusOr<bool> QueueWork::KeepIfWanted(std::string_view name, std::string_view token) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<Held> held, Hold(name));
  if (!held.has_value()) return false;
  Standing standing = held->batch->standing(held->place);
  const bool leased = standing.state() == Reminder::LEASED && standing.lease_token() == token;
  if (!leased && standing.state() != Reminder::CONFIRMED) return false;
  DUBAN_ASSIGN_OR_RETURN(const std::vector<bool> wanted, JudgeWanted(*held->batch, {held->place}));
  if (wanted[0] || !leased) return wanted[0];
  standing.set_state(Reminder::CANCELLED);
  standing.clear_lease_token();
  standing.clear_until_micros();
  held->batch->Set(held->place, std::move(standing));
  return false;
}

absl::Status QueueWork::GiveUp(std::string_view name, std::string_view token, std::string_view error) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<Held> held, Hold(name));
  if (!held.has_value()) return absl::OkStatus();
  Standing standing = held->batch->standing(held->place);
  if (standing.state() != Reminder::LEASED || standing.lease_token() != token) return absl::OkStatus();
  standing.set_state(Reminder::DEAD);
  standing.clear_lease_token();
  standing.clear_until_micros();
  standing.set_last_error(std::string(error));
  held->batch->Set(held->place, std::move(standing));
  ++dead_;
  return absl::OkStatus();
}

absl::StatusOr<bool> QueueWork::Resume(std::string_view name, std::string_view token, absl::Duration lease) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<Held> held, Hold(name));
  if (!held.has_value()) return false;
  Standing standing = held->batch->standing(held->place);
  if (standing.state() != Reminder::DEAD) return false;
  DUBAN_ASSIGN_OR_RETURN(const std::vector<bool> wanted, JudgeWanted(*held->batch, {held->place}));
  if (!wanted[0]) return false;
  standing.set_state(Reminder::LEASED);
  standing.set_lease_token(std::string(token));
  standing.set_until_micros(absl::ToUnixMicros(moment_->steady + lease));
  held->batch->Set(held->place, std::move(standing));
  NoteClock();
  return true;
}

Reminder::State QueueWork::StateOf(std::string_view name) const {
  const std::optional<ReminderId> id = ParseReminderName(name);
  if (!id.has_value()) return Reminder::STATE_UNSPECIFIED;
  const auto held = held_.lower_bound({id->order, id->schedule, id->unit});
  if (held == held_.end() || held->first.order != id->order || held->first.schedule != id->schedule) {
    return Reminder::STATE_UNSPECIFIED;
  }
  const std::optional<int> place = held->second.Find(id->unit);
  return place.has_value() ? held->second.standing(*place).state() : Reminder::STATE_UNSPECIFIED;
}

void QueueWork::Save() {
  for (auto& [id, batch] : held_) batch.Save(*queue_);
}

}  // namespace duban
