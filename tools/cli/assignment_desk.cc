// `duban assignment waiting|unsigned`: the issuer's desk. What waits for its review, and who has not signed.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "duban/v1/assignment_service.pb.h"
#include "tools/cli/assignment_calls.h"
#include "tools/cli/assignment_view.h"
#include "tools/cli/commands.h"
#include "tools/cli/issuers_desk.h"
#include "tools/cli/table_export.h"

namespace duban::cli {
namespace {

// Columns of a task's text.
constexpr size_t kTextColumns = 56;

struct DeskFlags {
  IssuersPlans plans;
  ExportFlags exports;
};

Table WaitingTable(const v1::ListAssignmentsResponse& waiting, TableUse use, const Printer& printer) {
  Table table({{printer.Say({"序号", "No."}), true, false},
               {printer.Say({"任务", "Task"}), false, true, 3},
               {printer.Say({"单位", "Unit"}), false, true},
               {printer.Say({"期限", "Deadline"}), false, false},
               {printer.Say({"请办", "To do"}), false, false},
               {printer.Say({"编号", "Id"}), false, false}});
  table.NameSections(printer.Say({"计划", "Plan"}));
  std::string plan;
  for (const v1::Assignment& assignment : waiting.assignments()) {
    if (assignment.plan_title() != plan) table.Section(StrCat("《", assignment.plan_title(), "》"));
    plan = assignment.plan_title();
    const bool whole = use == TableUse::kExport;
    table.Row({NumberWords(assignment), whole ? assignment.text() : Ellipsize(assignment.text(), kTextColumns),
               UnitWords(assignment), assignment.deadline().due(), printer.Say(WaitsFor(assignment)),
               ShortAssignmentName(assignment.name())});
  }
  return table;
}

absl::Status Waiting(Session& session, const DeskFlags& flags) {
  Printer& printer = session.printer();
  DUBAN_RETURN_IF_ERROR(CheckExports(flags.exports, printer));
  DUBAN_ASSIGN_OR_RETURN(const auto waiting, WaitingForIssuer(session, flags.plans));
  if (flags.exports.any()) {
    return Export(WaitingTable(waiting, TableUse::kExport, printer), flags.exports,
                  {"待我审核事项", "What waits for my unit"}, {}, &printer);
  }
  printer.Json(waiting);
  if (printer.json()) return absl::OkStatus();
  printer.Show(WaitingTable(waiting, TableUse::kScreen, printer), {"没有待审核的事项", "nothing waits for review"});
  if (waiting.assignments().empty()) return absl::OkStatus();
  printer.Hint(
      {"逐项办理：duban review；一个计划的一并审核：duban assignment review --all-waiting --plan=计划 --accept",
       "one after the other: duban review; all of a plan: duban assignment review --all-waiting --plan=PLAN "
       "--accept"});
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

Table UnsignedTable(const v1::ListAssignmentsResponse& issued, const Printer& printer) {
  Table table({{printer.Say({"单位", "Unit"}), false, true},
               {printer.Say({"未签收", "Unsigned"}), true, false},
               {printer.Say({"任务", "Tasks"}), false, true, 3},
               {printer.Say({"签收人", "Signed by"}), false, false},
               {printer.Say({"日期", "Date"}), false, false}});
  table.NameSections(printer.Say({"计划", "Plan"}));
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
    row.unit = UnitWords(assignment);
    ++row.count;
    StrAppend(&row.tasks, row.tasks.empty() ? "" : printer.Say({"、", ", "}), printer.Say(TaskWords(assignment)));
  }
  flush();
  return table;
}

absl::Status Unsigned(Session& session, const DeskFlags& flags) {
  Printer& printer = session.printer();
  DUBAN_RETURN_IF_ERROR(CheckExports(flags.exports, printer));
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> plans, PlansAsked(session, flags.plans));
  v1::ListAssignmentsResponse issued;
  v1::AssignmentFilter filter;
  filter.set_state(v1::Assignment::ISSUED);
  DUBAN_RETURN_IF_ERROR(AddOfPlans(session, plans, filter, "", &issued));
  const Table table = UnsignedTable(issued, printer);
  if (flags.exports.any()) {
    return Export(table, flags.exports, {"未签收事项", "What is not signed for"}, {}, &printer);
  }
  printer.Json(issued);
  printer.Show(table, {"都已签收", "everything is signed for"});
  return absl::OkStatus();
}

void AddDeskFlags(Command& command, DeskFlags* flags) {
  AddIssuersPlans(command, &flags->plans);
  AddExports(command, &flags->exports);
}

}  // namespace

void AddAssignmentDesk(Command assignment) {
  auto waiting = std::make_shared<DeskFlags>();
  Command waiting_command = assignment.Leaf("waiting",
                                            {"待我审核：本单位发布的计划中，等待审核、裁定退办和答复延期的",
                                             "what waits for my unit: results, declines, requests for an extension"},
                                            [waiting](Session& session) { return Waiting(session, *waiting); });
  AddDeskFlags(waiting_command, waiting.get());
  auto not_signed = std::make_shared<DeskFlags>();
  Command unsigned_command =
      assignment.Leaf("unsigned", {"谁还没有签收，按单位列出，可打印", "who has not signed, by unit, to be printed"},
                      [not_signed](Session& session) { return Unsigned(session, *not_signed); });
  AddDeskFlags(unsigned_command, not_signed.get());
}

}  // namespace duban::cli
