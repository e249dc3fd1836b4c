#include "services/notification/reminder_reader.h"

#include <xxhash.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "common/base/civil.h"
#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "services/notification/reminder_rows.h"
#include "services/notification/reminder_text.h"
#include "services/notification/schedule_planner.h"

namespace duban {
namespace {

using storage::v1::LeaseRow;
using storage::v1::ListHead;
using storage::v1::OrderPlan;
using storage::v1::Schedule;
using storage::v1::Standing;
using v1::Reminder;

// Changes with whatever becomes of a reminder; not with words, which follow what others do.
std::string EtagOf(const Standing& standing, Reminder::State state) {
  const std::string bytes = standing.SerializeAsString();
  return HexKey(XXH3_64bits_withSeed(bytes.data(), bytes.size(), static_cast<uint64_t>(state)));
}

// One that is not delivered and wanted no more is over, whether or not a job has come by to note it.
Reminder::State StateOf(const Standing& standing, bool wanted) {
  const bool waits = standing.state() == Reminder::SCHEDULED || standing.state() == Reminder::DEAD;
  return waits && !wanted ? Reminder::CANCELLED : standing.state();
}

}  // namespace

absl::Status ReminderReader::Begin(const ClockReading& clock) {
  DUBAN_ASSIGN_OR_RETURN(policy_, PolicyInForce(view_));
  DUBAN_ASSIGN_OR_RETURN(calendar_, cache_->CalendarOf(view_));
  DUBAN_ASSIGN_OR_RETURN(versions_, DirectoryCache::VersionsOf(view_));
  DUBAN_ASSIGN_OR_RETURN(storage::v1::QueueState state, ReadQueueState(view_));
  observed_ = Observed(std::move(state), clock, CatchUpWindow(policy_));
  moment_.emplace(MomentOf(observed_, clock, policy_));
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> ReminderReader::EndOfStretch(const OrderPlan& plan, const Schedule& schedule, uint64_t first,
                                                      uint64_t last) const {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<ListHead> head, ReadListHead(view_, plan.order().addressee_list()));
  if (head.has_value()) {
    const auto& ends = head->page_ends();
    const auto page = std::lower_bound(ends.begin(), ends.end(), first);
    if (page != ends.end()) return std::min(last, *page);
  }
  DUBAN_ASSIGN_OR_RETURN(const std::vector<Batch> batches,
                         Batch::ReadBetween(view_, OrderKey(plan.task()), schedule.key(), first, last, 1));
  return batches.empty() ? last : std::min(last, batches[0].id().end);
}

absl::StatusOr<std::vector<ReminderItem>> ReminderReader::Items(const OrderPlan& plan, const Schedule& schedule,
                                                                uint64_t first, uint64_t last, uint64_t* end) {
  std::vector<ReminderItem> items;
  const std::optional<ScheduleKey> key = ScheduleKey::Parse(schedule.key());
  if (!key.has_value()) return BrokenRecord(plan.task());
  DUBAN_ASSIGN_OR_RETURN(*end, EndOfStretch(plan, schedule, first, last));
  if (schedule.phase() != Schedule::WAITING) {
    DUBAN_ASSIGN_OR_RETURN(const std::vector<Batch> batches,
                           Batch::ReadBetween(view_, OrderKey(plan.task()), schedule.key(), first, *end, SIZE_MAX));
    for (const Batch& batch : batches) {
      for (int i = 0; i < batch.size(); ++i) {
        if (batch.key(i) < first || batch.key(i) > *end) continue;
        items.push_back({.key = batch.key(i),
                         .unit = batch.unit(i),
                         .standing = batch.standing(i),
                         .time = batch.time(),
                         .issuer = batch.recipient()});
      }
    }
  }
  std::vector<KnownDuty> duties;
  if (plan.has_order()) {
    DUBAN_ASSIGN_OR_RETURN(duties, ReadDuties(view_, plan.order(), first, *end));
  }
  ScheduleJudge judge(plan.order(), *key, TimeOf(schedule), *calendar_);
  const bool asked = IsAsked(plan, schedule);
  const size_t stored = items.size();
  size_t at = 0;
  for (KnownDuty& duty : duties) {
    while (at < stored && items[at].key < duty.unit.key()) ++at;
    Judgement judgement = judge(duty.unit, duty.acts);
    const bool ours = key->reason == Reminder::ESCALATION || duty.unit.here();
    judgement.wanted = judgement.wanted && asked && ours;
    if (at < stored && items[at].key == duty.unit.key()) {
      items[at].judgement = judgement;
      items[at].listed = std::move(duty.unit);
      continue;
    }
    const bool comes = schedule.phase() == Schedule::WAITING || duty.unit.key() > schedule.cursor();
    if (!judgement.wanted || !IsQueued(schedule) || !comes) continue;
    ReminderItem& item = items.emplace_back();
    item.key = duty.unit.key();
    item.unit = duty.unit.unit();
    item.standing.set_state(Reminder::SCHEDULED);
    item.time = TimeOf(schedule);
    if (key->reason == Reminder::ESCALATION) item.issuer = plan.order().issuer();
    item.judgement = judgement;
    item.listed = std::move(duty.unit);
  }
  for (ReminderItem& item : items) item.state = StateOf(item.standing, item.judgement.wanted);
  std::sort(items.begin(), items.end(), [](const ReminderItem& a, const ReminderItem& b) { return a.key < b.key; });
  return items;
}

absl::StatusOr<std::string> ReminderReader::NameOf(std::string_view unit, std::string_view otherwise) {
  DUBAN_ASSIGN_OR_RETURN(std::string name, cache_->NameOf(view_, versions_, unit));
  if (name.empty()) name = otherwise;
  return name.empty() ? std::string(unit) : name;
}

absl::StatusOr<Reminder> ReminderReader::Show(const OrderPlan& plan, const Schedule& schedule,
                                              const ReminderItem& item) {
  const std::optional<ScheduleKey> key = ScheduleKey::Parse(schedule.key());
  if (!key.has_value()) return BrokenRecord(plan.task());
  const v1::Order& order = plan.order();
  const std::string unit = StrCat("units/", item.unit);
  DUBAN_ASSIGN_OR_RETURN(const std::string unit_name,
                         NameOf(unit, item.listed.has_value() ? item.listed->display_name() : ""));
  const bool to_issuer = !item.issuer.empty();
  std::string issuer_name;
  if (to_issuer) {
    DUBAN_ASSIGN_OR_RETURN(issuer_name, NameOf(item.issuer, order.issuer_display_name()));
  }
  Reminder reminder;
  reminder.set_name(ReminderName(OrderKey(plan.task()), schedule.key(), item.key));
  reminder.set_assignment(AssignmentName(plan.task(), unit));
  reminder.set_reason(key->reason);
  reminder.set_recipient(to_issuer ? item.issuer : unit);
  reminder.set_recipient_display_name(to_issuer ? issuer_name : unit_name);
  const bool about_due = key->reason != Reminder::UNSIGNED && key->reason != Reminder::URGE;
  if (about_due) reminder.set_due(FormatDay(key->day));
  *reminder.mutable_remind_time() = ToProto(item.time);
  const Standing& standing = item.standing;
  reminder.set_state(item.state);
  reminder.set_attempts(standing.attempts());
  reminder.set_late(standing.late());
  reminder.set_last_error(standing.last_error());
  const auto wall = [&](int64_t steady_micros) {
    return ToProto(moment_->WallAt(absl::FromUnixMicros(steady_micros)));
  };
  if (item.state == Reminder::LEASED) *reminder.mutable_lease_expire_time() = wall(standing.until_micros());
  if (item.state == Reminder::SCHEDULED && standing.attempts() + standing.since_micros() > 0) {
    *reminder.mutable_next_attempt_time() = wall(std::max(standing.until_micros(), standing.since_micros()));
  }
  if (item.state == Reminder::CONFIRMED) {
    *reminder.mutable_confirm_time() = ToProto(absl::FromUnixMicros(standing.confirm_micros()));
  }
  if (plan.has_order()) {
    const absl::CivilDay day = DayOf(item.time);
    const std::optional<absl::CivilDay> due = about_due ? key->day : item.judgement.due;
    if (quoted_task_ != plan.task()) {
      quoted_task_ = plan.task();
      quoted_ = QuotedText(order);
    }
    const ReminderFacts facts{
        .order = order,
        .quoted = quoted_,
        .role = item.listed.has_value() ? item.listed->role() : v1::Responsibility::RESPONSIBLE,
        .reason = key->reason,
        .unit_display_name = unit_name,
        .issuer_display_name = issuer_name,
        .due = due.value_or(key->day),
        .has_due = due.has_value(),
        .day = day,
        .signed_for = item.judgement.signed_for,
        .under_review = item.judgement.under_review,
        .calendar_known = key->reason == Reminder::URGE || calendar_->KnownBetween(day, about_due ? key->day : day),
        .urge = item.judgement.urge};
    reminder.set_text_zh(ReminderTextZh(facts));
    reminder.set_text_en(ReminderTextEn(facts));
  }
  reminder.set_etag(EtagOf(standing, item.state));
  return reminder;
}

absl::StatusOr<Reminder> ReminderReader::Need(std::string_view name) {
  const std::optional<ReminderId> id = ParseReminderName(name);
  if (!id.has_value()) return NotFound(name);
  DUBAN_ASSIGN_OR_RETURN(const std::optional<OrderPlan> plan, ReadOrder(view_, id->order));
  const Schedule* schedule = plan.has_value() ? FindSchedule(*plan, id->schedule) : nullptr;
  if (schedule == nullptr) return NotFound(name);
  uint64_t end = 0;
  DUBAN_ASSIGN_OR_RETURN(const std::vector<ReminderItem> items, Items(*plan, *schedule, id->unit, id->unit, &end));
  if (items.empty()) return NotFound(name);
  return Show(*plan, *schedule, items[0]);
}

absl::Status ReminderReader::AddLeased(const std::string& order, const std::string& key,
                                       std::pair<uint64_t, uint64_t> range, std::string_view token,
                                       std::vector<Reminder>& reminders) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<OrderPlan> plan, ReadOrder(view_, order));
  const Schedule* schedule = plan.has_value() ? FindSchedule(*plan, key) : nullptr;
  if (schedule == nullptr) return absl::OkStatus();
  uint64_t end = 0;
  for (uint64_t first = range.first; first <= range.second; first = end + 1) {
    DUBAN_ASSIGN_OR_RETURN(const std::vector<ReminderItem> items, Items(*plan, *schedule, first, range.second, &end));
    for (const ReminderItem& item : items) {
      if (item.state != Reminder::LEASED || item.standing.lease_token() != token) continue;
      DUBAN_ASSIGN_OR_RETURN(Reminder reminder, Show(*plan, *schedule, item));
      reminders.push_back(std::move(reminder));
    }
    if (end >= range.second) break;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Reminder>> ReminderReader::Leased(const LeaseRow& row, std::string_view token) {
  // A lease may have come by one schedule twice, as when it has gone on meanwhile.
  std::map<std::pair<std::string, std::string>, std::pair<uint64_t, uint64_t>> ranges;
  for (const LeaseRow::Part& part : row.parts()) {
    const auto range = ranges.try_emplace({part.order(), part.schedule()}, part.first(), part.last()).first;
    range->second.first = std::min(range->second.first, part.first());
    range->second.second = std::max(range->second.second, part.last());
  }
  std::vector<Reminder> reminders;
  for (const auto& [schedule, range] : ranges) {
    DUBAN_RETURN_IF_ERROR(AddLeased(schedule.first, schedule.second, range, token, reminders));
  }
  std::sort(reminders.begin(), reminders.end(), [](const Reminder& a, const Reminder& b) {
    return std::make_tuple(FromProto(a.remind_time()), std::string_view(a.name())) <
           std::make_tuple(FromProto(b.remind_time()), std::string_view(b.name()));
  });
  return reminders;
}

}  // namespace duban
