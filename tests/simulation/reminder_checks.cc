#include "tests/simulation/reminder_checks.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/civil.h"
#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/calendar/working_calendar.h"
#include "common/contract/names.h"
#include "services/notification/order_to_schedules.h"
#include "services/notification/reminder_rows.h"
#include "services/notification/schedule_planner.h"

namespace duban::simulation {
namespace {

using storage::v1::Schedule;
using v1::Reminder;

// Calls of a job that looks for everything that is due.
constexpr int kMostCalls = 200;

// Every reminder of a node that a list shows, by name; breaks N9 where one is shown twice.
std::map<std::string, Reminder> AllReminders(World* world, SimNode* node) {
  std::map<std::string, Reminder> all;
  v1::ListRemindersRequest request;
  request.set_page_size(500);
  while (true) {
    v1::ListRemindersResponse page;
    const absl::Status status = node->notifications().ListReminders(Anybody(), request, &page);
    world->Check("N1", status.ok(), [&] { return StrCat(node->id(), " cannot list: ", ToStd(status.message())); });
    for (const Reminder& reminder : page.reminders()) {
      world->Check("N9", all.emplace(reminder.name(), reminder).second,
                   [&] { return StrCat(node->id(), " has ", reminder.name(), " twice"); });
    }
    if (!status.ok() || page.next_page_token().empty()) return all;
    request.set_page_token(page.next_page_token());
  }
}

WorkingCalendar CalendarOf(SimNode* node) {
  const std::unique_ptr<Snapshot> snapshot = node->store("plan")->TakeSnapshot();
  std::vector<v1::Calendar> calendars;
  (void)snapshot->Scan<v1::Calendar>("calendars/", "", [&](std::string_view, auto stored) {
    calendars.push_back(std::move(stored.value));
    return true;
  });
  return WorkingCalendar(calendars);
}

template <typename Half>
Half HalfOf(const Snapshot& snapshot, const std::string& name) {
  const auto stored = snapshot.Get<Half>(name);
  return stored.ok() && stored->has_value() ? (*stored)->value : Half();
}

storage::v1::ListedUnit ListedOf(const v1::Addressee& addressee, std::string_view node) {
  storage::v1::ListedUnit unit;
  unit.set_unit(std::string(LastSegment(addressee.unit())));
  unit.set_here(addressee.unit_node() == node);
  unit.set_cancelled(addressee.has_cancel_time());
  if (addressee.has_issue_time()) unit.set_issue_micros(absl::ToUnixMicros(FromProto(addressee.issue_time())));
  unit.set_moves(addressee.moves());
  if (addressee.has_duty_change()) {
    unit.set_asked_micros(absl::ToUnixMicros(FromProto(addressee.duty_change().change_time())));
    unit.set_asked_revision(addressee.duty_change().plan_revision());
  }
  return unit;
}

// When the units of a list were told.
storage::v1::ListHead HeadOf(const std::vector<storage::v1::ListedUnit>& units) {
  std::set<int64_t> here, all, asked;
  for (const storage::v1::ListedUnit& unit : units) {
    if (unit.cancelled()) continue;
    all.insert(unit.issue_micros());
    if (unit.here()) here.insert(unit.issue_micros());
    if (unit.here() && unit.asked_micros() != 0) asked.insert(unit.asked_micros());
  }
  storage::v1::ListHead head;
  head.mutable_issue_micros()->Assign(all.begin(), all.end());
  head.mutable_issue_micros_here()->Assign(here.begin(), here.end());
  head.mutable_asked_micros_here()->Assign(asked.begin(), asked.end());
  return head;
}

// Compares the reminders of a node with what its orders ask for.
class Comparison {
 public:
  Comparison(World* world, SimNode* node, bool lossless)
      : world_(*world),
        node_(*node),
        lossless_(lossless),
        calendar_(CalendarOf(node)),
        assignments_(node->store("assignment")->TakeSnapshot()),
        notifications_(node->store("notification")->TakeSnapshot()),
        listed_(AllReminders(world, node)) {
    v1::GetReminderPolicyRequest request;
    request.set_name(kDefaultPolicy);
    const absl::Status read = node->notifications().GetReminderPolicy(Anybody(), request, &policy_);
    world->Check("N1", read.ok(), [&] { return StrCat(node->id(), " has no policy: ", ToStd(read.message())); });
  }

  void Run() {
    const absl::Status read = assignments_->Scan<v1::Order>("plans/", "", [&](std::string_view, const auto& stored) {
      CheckOrder(stored.value);
      return true;
    });
    world_.Check("N1", read.ok(), [&] { return StrCat(node_.id(), " cannot be read: ", ToStd(read.message())); });
    for (const auto& [name, reminder] : listed_) {
      if (reminder.state() == Reminder::SCHEDULED) CheckAsked(reminder);
    }
  }

 private:
  void CheckOrder(const v1::Order& order) {
    const auto list = HalfOf<v1::AddresseeList>(*assignments_, order.addressee_list());
    std::vector<storage::v1::ListedUnit> units;
    for (const v1::Addressee& addressee : list.addressees()) units.push_back(ListedOf(addressee, node_.id()));
    const std::string order_key = OrderKey(order.task());
    const auto plan = ReadOrder(*notifications_, order_key).value_or(std::nullopt);
    const ScheduleContext context{policy_, calendar_, node_.id(), OwnTimesUnder(order, units)};
    for (const PlannedSchedule& planned : OrderToSchedules(order, HeadOf(units), context)) {
      const std::string key = planned.key.ToString();
      const Schedule* schedule = plan.has_value() ? FindSchedule(*plan, key) : nullptr;
      world_.Check("N1", schedule != nullptr && !schedule->recalled(), [&] {
        return StrCat(node_.id(), " has no schedule ", key, " for ", order.name(), ", which is asked for");
      });
      if (schedule == nullptr || schedule->phase() == Schedule::DROPPED) continue;
      const bool waits = schedule->phase() == Schedule::WAITING;
      world_.Check("N1", !waits || TimeOf(*schedule) == planned.time, [&] {
        return StrCat(node_.id(), " has the schedule ", key, " of ", order.name(),
                      " at another time than is asked for");
      });
      ScheduleJudge judge(order, planned.key, TimeOf(*schedule), calendar_);
      for (const storage::v1::ListedUnit& unit : units) {
        const bool to_issuer = planned.key.reason == Reminder::ESCALATION;
        const std::string assignment = AssignmentName(order.task(), StrCat("units/", unit.unit()));
        if ((!to_issuer && !unit.here()) || !judge(unit, ActsOn(assignment)).wanted) continue;
        const std::string name = ReminderName(order_key, key, UnitKey(unit.unit()));
        asked_[name] = {TimeOf(*schedule), to_issuer ? order.issuer() : StrCat("units/", unit.unit())};
        if (!waits && !lossless_) continue;
        world_.Check(waits ? "N1" : "N9", listed_.contains(name),
                     [&] { return StrCat(node_.id(), " does not have ", name, ", which is asked for"); });
      }
    }
  }

  // What was said to each of the units, together.
  OwnTimes OwnTimesUnder(const v1::Order& order, const std::vector<storage::v1::ListedUnit>& units) const {
    OwnTimes all;
    for (const storage::v1::ListedUnit& unit : units) {
      const std::string assignment = AssignmentName(order.task(), StrCat("units/", unit.unit()));
      const OwnTimes own = OwnTimesOf(HalfOf<v1::Oversight>(*assignments_, OversightName(assignment)));
      all.due.insert(own.due.begin(), own.due.end());
      all.urged.insert(own.urged.begin(), own.urged.end());
    }
    return all;
  }

  storage::v1::DutyActs ActsOn(const std::string& assignment) const {
    storage::v1::DutyActs acts;
    const auto execution = HalfOf<v1::Execution>(*assignments_, ExecutionName(assignment));
    const auto oversight = HalfOf<v1::Oversight>(*assignments_, OversightName(assignment));
    if (execution.version() > 0) *acts.mutable_execution() = execution;
    if (oversight.version() > 0) *acts.mutable_oversight() = oversight;
    return acts;
  }

  void CheckAsked(const Reminder& reminder) {
    v1::GetAssignmentRequest get;
    v1::Assignment about;
    get.set_name(reminder.assignment());
    const bool known = node_.assignments().GetAssignment(Anybody(), get, &about).ok();
    world_.Check("N8", known,
                 [&] { return StrCat(node_.id(), " plans ", reminder.name(), " for an assignment it does not know"); });
    const bool open = about.state() != v1::Assignment::CANCELLED && about.state() != v1::Assignment::DONE &&
                      about.state() != v1::Assignment::DECLINED;
    world_.Check("N4", !known || open, [&] {
      return StrCat(node_.id(), " still plans ", reminder.name(), " for closed ", reminder.assignment());
    });
    const auto asked = asked_.find(reminder.name());
    const bool alike = asked != asked_.end() && asked->second.recipient == reminder.recipient() &&
                       asked->second.time == FromProto(reminder.remind_time());
    world_.Check("N1", alike,
                 [&] { return StrCat(node_.id(), " plans ", reminder.name(), ", which nothing asks for"); });
  }

  struct Asked {
    absl::Time time;
    std::string recipient;
  };

  World& world_;
  SimNode& node_;
  const bool lossless_;
  const WorkingCalendar calendar_;
  const std::unique_ptr<Snapshot> assignments_, notifications_;
  const std::map<std::string, Reminder> listed_;
  v1::ReminderPolicy policy_;
  // By name: what the arrow and its judge ask for.
  std::map<std::string, Asked> asked_;
};

}  // namespace

void CheckReminders(World* world, SimNode* node, bool lossless) {
  Comparison(world, node, lossless).Run();
}

void CheckDueReminders(World* world, SimNode* node, const Promises& promises) {
  const auto alive = promises.alive_until.find(node->id());
  const absl::Time counts_as_sent = alive == promises.alive_until.end() ? absl::InfinitePast() : alive->second;
  std::set<std::string> due;
  for (const auto& [name, reminder] : AllReminders(world, node)) {
    const bool missed = reminder.state() == Reminder::MISSED && FromProto(reminder.remind_time()) > counts_as_sent;
    world->Check("N5", !missed, [&, &name = name] { return StrCat(name, " was given up as missed at ", node->id()); });
    const absl::Time again =
        reminder.has_next_attempt_time() ? FromProto(reminder.next_attempt_time()) : absl::InfinitePast();
    // Not before its nominal time, even where a clock that has been set back since had been past it.
    const absl::Time time = std::max(FromProto(reminder.remind_time()), again);
    if (reminder.state() == Reminder::SCHEDULED && time <= node->clock().Now()) due.insert(name);
  }
  for (int calls = 0; !due.empty() && calls < kMostCalls; ++calls) {
    v1::LeaseRemindersRequest request;
    request.set_request_id(StrCat("rest-", node->id(), "-", calls));
    request.set_max_reminders(500);
    v1::LeaseRemindersResponse leased;
    const absl::Status status = node->notifications().LeaseReminders(Anybody(), request, &leased);
    world->Check("N6", status.ok(), [&] { return StrCat(node->id(), " cannot lease: ", ToStd(status.message())); });
    for (const Reminder& reminder : leased.reminders()) due.erase(reminder.name());
  }
  for (const std::string& name : due) {
    v1::GetReminderRequest request;
    Reminder left;
    request.set_name(name);
    node->notifications().GetReminder(Anybody(), request, &left).IgnoreError();
    world->Broken("N6", StrCat(left.ShortDebugString(), " is due at ", node->id(), " and not handed out"));
  }
}

}  // namespace duban::simulation
