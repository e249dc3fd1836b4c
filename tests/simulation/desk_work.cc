#include "tests/simulation/desk_work.h"

#include <algorithm>
#include <utility>

#include "common/base/civil.h"

namespace duban::simulation {
namespace {

// A document whose second task names nobody: publishing has to wait for a person.
constexpr char kDocument[] =
    "2024年重点工作分工方案\n"
    "一、总体要求\n"
    "1.完成老旧小区改造。（责任单位：单位甲；完成时限：2024年12月底前）\n"
    "2.推进政务服务。（责任单位：；完成时限：2024年6月底前）\n";

v1::Plan AnyDraft(SimNode* node, Dice& dice) {
  v1::ListPlansRequest list;
  list.set_state(v1::Plan::DRAFT);
  list.set_owner_node(node->id());
  v1::ListPlansResponse plans;
  if (!node->plans().ListPlans(Anybody(), list, &plans).ok() || plans.plans().empty()) return v1::Plan();
  v1::GetPlanRequest get;
  get.set_name(plans.plans(dice.Below(plans.plans_size())).name());
  v1::Plan plan;
  return node->plans().GetPlan(Anybody(), get, &plan).ok() ? plan : v1::Plan();
}

}  // namespace

void DeskWork::Done(const char* what, const absl::Status& status) {
  if (status.ok()) world_.Count(StrCat("work.", what));
}

void DeskWork::Act(SimNode* node, const std::vector<std::string>& units) {
  switch (dice_.Below(9)) {
    case 0:
      return Draft(node);
    case 1:
    case 2: {
      const v1::Plan draft = AnyDraft(node, dice_);
      if (draft.name().empty()) return Draft(node);
      const int what = dice_.Below(3);
      return what == 0 ? EditDraft(node, draft) : what == 1 ? Settle(node, draft) : Align(node, draft);
    }
    case 3:
    case 4:
      return Group(node, units);
    case 5:
      return TemporaryUnit(node);
    case 6:
      return Policy(node);
    case 7:
      return Calendar(node);
    default:
      return Redrive(node);
  }
}

void DeskWork::Draft(SimNode* node) {
  v1::ImportPlanRequest request;
  v1::Plan first, second;
  request.set_request_id(caller_.NewRequestId());
  request.set_content(kDocument);
  request.set_source_name("plan.txt");
  const absl::Status status = caller_.Sure(node, [&] { return node->plans().ImportPlan(Anybody(), request, &first); });
  Done("import", status);
  if (!status.ok() || !node->up()) return;
  // Imported twice, it is there once.
  const absl::Status again = caller_.Sure(node, [&] { return node->plans().ImportPlan(Anybody(), request, &second); });
  world_.Check("P4", again.ok() && second.name() == first.name(),
               [&] { return StrCat(node->id(), " imported one document twice: ", first.name(), " ", second.name()); });
}

void DeskWork::EditDraft(SimNode* node, v1::Plan draft) {
  v1::UpdatePlanRequest request;
  v1::Plan response;
  request.set_request_id(caller_.NewRequestId());
  request.mutable_plan()->set_name(draft.name());
  request.mutable_plan()->set_title(StrCat("工作要点", request.request_id()));
  request.mutable_plan()->set_etag(draft.etag());
  request.mutable_update_mask()->add_paths("title");
  const absl::Status status =
      caller_.Sure(node, [&] { return node->plans().UpdatePlan(Anybody(), request, &response); });
  Done("update_plan", status);
  if (!status.ok() || !node->up() || draft.tasks().empty()) return;
  // On the version before: refused, and nothing of it stays.
  v1::UpdateTaskRequest late;
  late.set_request_id(caller_.NewRequestId());
  late.set_etag(draft.etag());
  late.mutable_task()->set_name(draft.tasks(0).name());
  late.mutable_task()->set_text("改过的任务");
  late.mutable_update_mask()->add_paths("text");
  const absl::Status stale = caller_.Sure(node, [&] { return node->plans().UpdateTask(Anybody(), late, &response); });
  world_.Check("A5", ReasonOf(stale) == v1::ETAG_MISMATCH, [&] {
    return StrCat(node->id(), " took a change of ", draft.name(), " on an old version: ", ToStd(stale.message()));
  });
  late.set_request_id(caller_.NewRequestId());
  late.clear_etag();
  if (node->up())
    Done("update_task", caller_.Sure(node, [&] { return node->plans().UpdateTask(Anybody(), late, &response); }));
}

void DeskWork::Settle(SimNode* node, const v1::Plan& draft) {
  v1::SettleFindingsRequest request;
  v1::Plan response;
  request.set_request_id(caller_.NewRequestId());
  request.set_name(draft.name());
  request.set_settled_by("经办人");
  for (const v1::Finding& finding : draft.findings()) {
    auto* answer = request.add_answers();
    answer->set_finding_id(finding.finding_id());
    answer->set_settlement(dice_.Below(2) == 0 ? v1::Finding::ACCEPTED : v1::Finding::DISMISSED);
  }
  if (request.answers().empty()) return;
  Done("settle", caller_.Sure(node, [&] { return node->plans().SettleFindings(Anybody(), request, &response); }));
}

void DeskWork::Align(SimNode* node, const v1::Plan& draft) {
  v1::ListPlansRequest list;
  list.set_state(v1::Plan::PUBLISHED);
  list.set_page_size(200);
  v1::ListPlansResponse plans;
  if (draft.tasks().empty() || !node->plans().ListPlans(Anybody(), list, &plans).ok()) return;
  std::vector<std::string> from_above;
  for (const v1::Plan& head : plans.plans()) {
    if (head.owner_node() != node->id()) from_above.push_back(head.name());
  }
  if (from_above.empty()) return;
  v1::GetPlanRequest get;
  v1::Plan above, response;
  get.set_name(dice_.Pick(from_above));
  if (!node->plans().GetPlan(Anybody(), get, &above).ok() || above.tasks().empty()) return;
  v1::AlignTasksRequest request;
  request.set_request_id(caller_.NewRequestId());
  request.set_name(draft.name());
  auto* alignment = request.add_alignments();
  alignment->set_task(draft.tasks(dice_.Below(draft.tasks_size())).name());
  alignment->add_upstream_tasks(above.tasks(dice_.Below(above.tasks_size())).name());
  Done("align", caller_.Sure(node, [&] { return node->plans().AlignTasks(Anybody(), request, &response); }));
}

void DeskWork::Group(SimNode* node, const std::vector<std::string>& units) {
  const std::string id = StrCat("g-", node->id());
  v1::UnitGroup made;
  if (dice_.Below(4) == 0) {
    v1::DeleteUnitGroupRequest request;
    v1::DeleteUnitGroupResponse response;
    request.set_request_id(caller_.NewRequestId());
    request.set_name(StrCat("groups/", id));
    return Done("delete_group",
                caller_.Sure(node, [&] { return node->directory().DeleteUnitGroup(Anybody(), request, &response); }));
  }
  v1::UnitGroup group;
  group.set_name(StrCat("groups/", id));
  group.set_display_name(StrCat("各单位", id));
  for (const std::string& unit : units) {
    if (dice_.Below(2) == 0) group.add_members()->set_unit(unit);
  }
  v1::CreateUnitGroupRequest create;
  create.set_request_id(caller_.NewRequestId());
  create.set_group_id(id);
  *create.mutable_group() = group;
  const absl::Status status =
      caller_.Sure(node, [&] { return node->directory().CreateUnitGroup(Anybody(), create, &made); });
  Done("create_group", status);
  if (status.ok() || !node->up()) return;
  v1::UpdateUnitGroupRequest update;
  update.set_request_id(caller_.NewRequestId());
  *update.mutable_group() = group;
  update.mutable_update_mask()->add_paths("members");
  Done("update_group", caller_.Sure(node, [&] { return node->directory().UpdateUnitGroup(Anybody(), update, &made); }));
}

void DeskWork::TemporaryUnit(SimNode* node) {
  std::set<std::string>& there = temporary_[node->id()];
  if (there.size() < 2) {
    v1::CreateUnitRequest request;
    v1::Unit made;
    request.set_request_id(caller_.NewRequestId());
    request.set_unit_id(StrCat("t-", node->id(), "-", dice_.Below(3)));
    request.mutable_unit()->set_display_name(StrCat("临时", request.unit_id()));
    request.mutable_unit()->set_kind(v1::Unit::OTHER);
    request.mutable_unit()->set_node(node->id());
    const absl::Status status =
        caller_.Sure(node, [&] { return node->directory().CreateUnit(Anybody(), request, &made); });
    Done("create_unit", status);
    if (status.ok()) there.insert(made.name());
    return;
  }
  v1::DeleteUnitRequest request;
  v1::DeleteUnitResponse response;
  request.set_request_id(caller_.NewRequestId());
  request.set_name(*there.begin());
  const absl::Status status =
      caller_.Sure(node, [&] { return node->directory().DeleteUnit(Anybody(), request, &response); });
  Done("delete_unit", status);
  if (status.ok()) there.erase(request.name());
}

void DeskWork::Returned(SimNode* node) {
  std::set<std::string>& there = temporary_[node->id()];
  there.clear();
  const absl::Status read = node->store("plan")->TakeSnapshot()->Scan<v1::Unit>(
      StrCat("units/t-", node->id(), "-"), "", [&](std::string_view name, const auto&) {
        there.emplace(name);
        return true;
      });
  if (!read.ok()) world_.Broken("S3", StrCat(node->id(), " cannot list its units: ", ToStd(read.message())));
}

// A notice names another day of the weeks to come: lights and reminders count by other working days from then on.
void DeskWork::Calendar(SimNode* node) {
  const absl::CivilDay day = DayOf(node->clock().Now()) + dice_.Below(25);
  const bool weekend =
      absl::GetWeekday(day) == absl::Weekday::saturday || absl::GetWeekday(day) == absl::Weekday::sunday;
  v1::ListCalendarsResponse calendars;
  if (!node->directory().ListCalendars(Anybody(), {}, &calendars).ok()) return;
  for (const v1::Calendar& calendar : calendars.calendars()) {
    if (calendar.year() != day.year()) continue;
    v1::UpdateCalendarRequest request;
    v1::Calendar response;
    request.set_request_id(caller_.NewRequestId());
    *request.mutable_calendar() = calendar;
    auto& days = *request.mutable_calendar()->mutable_days();
    const std::string date = FormatDay(day);
    const auto named = std::find_if(days.begin(), days.end(), [&](const auto& other) { return other.date() == date; });
    if (named != days.end()) {
      days.erase(named);
    } else {
      v1::Calendar::Day& other = *days.Add();
      other.set_date(date);
      other.set_kind(weekend ? v1::Calendar::Day::WORK : v1::Calendar::Day::OFF);
    }
    return Done("calendar",
                caller_.Sure(node, [&] { return node->directory().UpdateCalendar(Anybody(), request, &response); }));
  }
}

void DeskWork::Policy(SimNode* node) {
  v1::UpdateReminderPolicyRequest request;
  v1::ReminderPolicy response;
  request.set_request_id(caller_.NewRequestId());
  v1::ReminderPolicy& policy = *request.mutable_policy();
  policy.set_name("policies/default");
  const absl::Time now = node->clock().Now();
  const int minute = static_cast<int>(absl::ToInt64Minutes(now - TimeAt(DayOf(now), 0)));
  switch (dice_.Below(3)) {
    case 0:
      policy.set_minute_of_day((minute + 1 + dice_.Below(20)) % 1440);
      request.mutable_update_mask()->add_paths("minute_of_day");
      break;
    case 1:
      policy.set_max_attempts(1 + dice_.Below(8));
      request.mutable_update_mask()->add_paths("max_attempts");
      break;
    default:
      policy.add_before_due_working_days(1 + dice_.Below(10));
      request.mutable_update_mask()->add_paths("before_due_working_days");
  }
  Done("policy",
       caller_.Sure(node, [&] { return node->notifications().UpdateReminderPolicy(Anybody(), request, &response); }));
}

void DeskWork::Redrive(SimNode* node) {
  v1::ListRemindersRequest list;
  list.set_state(v1::Reminder::DEAD);
  v1::ListRemindersResponse dead;
  if (!node->notifications().ListReminders(Anybody(), list, &dead).ok() || dead.reminders().empty()) return;
  v1::RedriveReminderRequest request;
  v1::Reminder response;
  request.set_request_id(caller_.NewRequestId());
  request.set_name(dead.reminders(dice_.Below(dead.reminders_size())).name());
  Done("redrive",
       caller_.Sure(node, [&] { return node->notifications().RedriveReminder(Anybody(), request, &response); }));
}

}  // namespace duban::simulation
