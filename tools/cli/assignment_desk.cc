// `duban assignment waiting|unsigned`: the issuer's desk. What waits for its review, and who has not signed.

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/assignment_service.pb.h"
#include "duban/v1/plan_service.pb.h"
#include "tools/cli/assignment_calls.h"
#include "tools/cli/assignment_view.h"
#include "tools/cli/commands.h"

namespace duban::cli {
namespace {

// The plans that a unit has published, newest first.
absl::StatusOr<std::vector<std::string>> PublishedBy(Session& session, const std::string& unit) {
  v1::ListPlansRequest request;
  request.set_state(v1::Plan::PUBLISHED);
  request.set_viewer(unit);
  request.set_page_size(500);
  std::vector<std::string> plans;
  do {
    DUBAN_ASSIGN_OR_RETURN(const auto page, session.Call<v1::ListPlansResponse>("PlanService/ListPlans", request));
    for (const v1::Plan& plan : page.plans()) {
      if (plan.issuer() == unit) plans.push_back(plan.name());
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return plans;
}

// The assignments of plans in a state, plan after plan.
absl::StatusOr<v1::ListAssignmentsResponse> InState(Session& session, const std::vector<std::string>& plans,
                                                    v1::Assignment::State state) {
  v1::ListAssignmentsResponse all;
  for (const std::string& plan : plans) {
    v1::ListAssignmentsRequest request;
    request.mutable_filter()->set_plan(plan);
    request.mutable_filter()->set_state(state);
    DUBAN_ASSIGN_OR_RETURN(v1::ListAssignmentsResponse some, ListAssignments(session, request, std::nullopt));
    for (v1::Assignment& assignment : *some.mutable_assignments()) *all.add_assignments() = std::move(assignment);
  }
  return all;
}

struct DeskFlags {
  std::string unit, plan;
};

// The plans that a person asks about: one, or all that their unit has published.
absl::StatusOr<std::vector<std::string>> PlansAsked(Session& session, const DeskFlags& flags) {
  if (!flags.plan.empty()) return std::vector<std::string>{FullName("plans/", flags.plan)};
  DUBAN_ASSIGN_OR_RETURN(std::string unit, session.UnitName(flags.unit));
  if (unit.empty()) unit = session.OwnUnit();
  if (!unit.empty()) return PublishedBy(session, unit);
  return UsageError({"请写明计划（--plan）或发布单位（--unit）；用单位的证书（--keys）时可省略",
                     "name the plan (--plan) or the unit that published (--unit); with a unit's keys both can be left "
                     "out"});
}

absl::Status Waiting(Session& session, const DeskFlags& flags) {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> plans, PlansAsked(session, flags));
  DUBAN_ASSIGN_OR_RETURN(const auto waiting, InState(session, plans, v1::Assignment::UNDER_REVIEW));
  Printer& printer = session.printer();
  printer.Json(waiting);
  PrintAssignments(waiting.assignments(), {"没有待审核的办结申请", "nothing waits for review"}, ListOrder::kByPlan,
                   &printer);
  if (waiting.assignments().empty()) return absl::OkStatus();
  printer.Hint(
      {"逐项审核：duban assignment review 编号… --accept 或 --return --comment=…；一个计划的一并审核：--all-waiting "
       "--plan=计划",
       "review them: duban assignment review ID... --accept, or --return --comment=...; all of a plan: "
       "--all-waiting --plan=PLAN"});
  return absl::OkStatus();
}

// `第3项`, `附件1第4项`.
Phrase TaskWords(const v1::Assignment& assignment) {
  const std::string table = assignment.table() == "body" ? "" : assignment.table();
  return {StrCat(table, "第", assignment.number(), "项"),
          StrCat(table, table.empty() ? "" : " ", "task ", assignment.number())};
}

// What a unit has not signed for under a plan.
struct UnsignedRow {
  std::string unit;
  int count = 0;
  std::string tasks;
};

absl::Status Unsigned(Session& session, const DeskFlags& flags) {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> plans, PlansAsked(session, flags));
  DUBAN_ASSIGN_OR_RETURN(const auto issued, InState(session, plans, v1::Assignment::ISSUED));
  Printer& printer = session.printer();
  printer.Json(issued);
  if (printer.json()) return absl::OkStatus();
  Table table({{printer.Say({"单位", "Unit"}), false, true},
               {printer.Say({"未签收", "Unsigned"}), true, false},
               {printer.Say({"任务", "Tasks"}), false, true, 3},
               {printer.Say({"签收人", "Signed by"}), false, false},
               {printer.Say({"日期", "Date"}), false, false}});
  std::string plan;
  std::map<std::string, UnsignedRow> rows;
  const auto flush = [&] {
    if (!rows.empty()) table.Section(StrCat("《", plan, "》"));
    // Two columns are left blank, for a page that is printed and passed round.
    for (const auto& [unit, row] : rows) table.Row({row.unit, StrCat(row.count), row.tasks, "", ""});
    rows.clear();
  };
  for (const v1::Assignment& assignment : issued.assignments()) {
    if (assignment.plan_title() != plan) flush();
    plan = assignment.plan_title();
    UnsignedRow& row = rows[assignment.unit()];
    row.unit = assignment.unit_display_name().empty() ? ShortName(assignment.unit()) : assignment.unit_display_name();
    ++row.count;
    StrAppend(&row.tasks, row.tasks.empty() ? "" : printer.Say({"、", ", "}), printer.Say(TaskWords(assignment)));
  }
  flush();
  printer.Show(table, {"都已签收", "everything is signed for"});
  return absl::OkStatus();
}

void AddDeskFlags(Command& command, DeskFlags* flags) {
  command.Text("--plan=PLAN", &flags->plan, {"只看此计划", "only this plan"})
      .Text("--unit=UNIT", &flags->unit,
            {"发布单位；默认取证书的单位", "the unit that published; that of the keys if left out"});
}

}  // namespace

void AddAssignmentDesk(Command assignment) {
  auto waiting = std::make_shared<DeskFlags>();
  Command waiting_command = assignment.Leaf(
      "waiting", {"待我审核：本单位发布的计划中，已申请办结、等待审核的", "what waits for my unit's review"},
      [waiting](Session& session) { return Waiting(session, *waiting); });
  AddDeskFlags(waiting_command, waiting.get());
  auto not_signed = std::make_shared<DeskFlags>();
  Command unsigned_command =
      assignment.Leaf("unsigned", {"谁还没有签收，按单位列出，可打印", "who has not signed, by unit, to be printed"},
                      [not_signed](Session& session) { return Unsigned(session, *not_signed); });
  AddDeskFlags(unsigned_command, not_signed.get());
}

}  // namespace duban::cli
