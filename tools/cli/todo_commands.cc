// `duban todo`, and the acts that go with it by its short numbers: sign, report, submit.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "common/calendar/periods.h"
#include "common/calendar/working_calendar.h"
#include "duban/v1/assignment_service.pb.h"
#include "duban/v1/directory_service.pb.h"
#include "tools/cli/assignment_calls.h"
#include "tools/cli/assignment_view.h"
#include "tools/cli/commands.h"
#include "tools/cli/table_export.h"
#include "tools/cli/todo_numbers.h"
#include "tools/cli/working_unit.h"

namespace duban::cli {
namespace {

// Columns of a task's text, and periods that are named; of the others it says how many.
constexpr size_t kTextColumns = 60;
constexpr size_t kNamedPeriods = 6;
// Behind every day.
constexpr char kNever[] = "9999-99-99";

// What a unit owes of one assignment.
struct Owed {
  const v1::Assignment* assignment = nullptr;
  // The day by which the next thing is due; kNever where there is none.
  std::string due = kNever;
  // Periods that have ended and that nothing was handed in for, oldest first.
  std::vector<std::string> missing;
};

// Whether a result for a period is accepted or waits for review.
bool IsHandedIn(const v1::Assignment& assignment, const std::string& period) {
  const auto& submissions = assignment.execution().submissions();
  return std::any_of(submissions.begin(), submissions.end(), [&](const v1::Submission& submission) {
    if (submission.period() != period) return false;
    const auto& reviews = assignment.oversight().reviews();
    return std::none_of(reviews.begin(), reviews.end(), [&](const v1::Review& review) {
      return review.submission_id() == submission.submission_id() && review.verdict() == v1::Review::RETURNED;
    });
  });
}

// What is owed by periods: those that are over, and the one that runs or comes next.
void AddPeriods(absl::CivilDay today, const WorkingCalendar& calendar, Owed* owed) {
  const v1::Assignment& assignment = *owed->assignment;
  const bool daily = FrequencyOf(assignment.deadline()) == v1::Deadline::DAILY;
  const absl::CivilDay issued = DayOf(FromProto(assignment.issue_time()));
  for (const Period& period : PeriodsOf(assignment.deadline(), assignment.year(), issued)) {
    // Nobody owes anything for a day that nobody works.
    if (daily && !calendar.IsWorkingDay(period.first)) continue;
    if (IsHandedIn(assignment, period.key)) continue;
    owed->due = std::min(owed->due, FormatDay(period.last));
    if (period.last >= today) return;
    owed->missing.push_back(period.key);
  }
}

// Whether it is the unit's turn; what waits for review, is done or cancelled is not.
bool IsUnitsTurn(const v1::Assignment& assignment) {
  return assignment.state() == v1::Assignment::ISSUED || assignment.state() == v1::Assignment::RECEIVED ||
         assignment.state() == v1::Assignment::IN_PROGRESS;
}

std::vector<Owed> OwedOf(const v1::ListAssignmentsResponse& all, absl::CivilDay today,
                         const WorkingCalendar& calendar) {
  std::vector<Owed> owed;
  for (const v1::Assignment& assignment : all.assignments()) {
    Owed one{&assignment, kNever, {}};
    if (IsJudgedByPeriods(assignment.deadline())) {
      AddPeriods(today, calendar, &one);
    } else if (!assignment.deadline().due().empty()) {
      one.due = assignment.deadline().due();
    }
    // One result under review keeps nobody from owing another period's.
    const bool other_period = assignment.state() == v1::Assignment::UNDER_REVIEW && !one.missing.empty();
    if (IsUnitsTurn(assignment) || other_period) owed.push_back(std::move(one));
  }
  std::stable_sort(owed.begin(), owed.end(), [](const Owed& a, const Owed& b) { return a.due < b.due; });
  return owed;
}

// The calendars that the node has; weekends alone where it does not say.
WorkingCalendar ReadCalendar(Session& session) {
  v1::ListCalendarsRequest request;
  const auto listed = session.Call<v1::ListCalendarsResponse>("DirectoryService/ListCalendars", request);
  if (!listed.ok()) return WorkingCalendar();
  return WorkingCalendar(std::vector<v1::Calendar>(listed->calendars().begin(), listed->calendars().end()));
}

std::string MissingCell(const Owed& owed, const Words& words) {
  std::string cell;
  for (size_t i = 0; i < owed.missing.size() && i < kNamedPeriods; ++i) {
    StrAppend(&cell, i == 0 ? "" : "、", owed.missing[i]);
  }
  if (owed.missing.size() <= kNamedPeriods) return cell;
  return words({StrCat(cell, "等 ", owed.missing.size(), " 期"), StrCat(cell, ", ", owed.missing.size(), " in all")});
}

Table OwedTable(const std::vector<Owed>& owed, const TodoNumbers& numbers, TableUse use, const Printer& printer) {
  const Words& words = printer.words();
  const bool whole = use == TableUse::kExport;
  Table table({{words({"编号", "No."}), true, false},
               {words({"任务", "Task"}), false, true, 3},
               {words({"时限", "Due"}), false, false},
               {words({"缺报所属期", "Missing"}), false, true},
               {words({"状态", "State"}), false, false},
               {words({"灯", "Light"}), false, false}});
  for (const Owed& one : owed) {
    const v1::Assignment& assignment = *one.assignment;
    const std::string changes = words(UnsignedChanges(assignment));
    const std::string text = whole ? assignment.text() : Ellipsize(assignment.text(), kTextColumns);
    table.Row({StrCat(numbers.Of(assignment.name())), StrCat(text, changes.empty() ? "" : "\n", changes),
               one.due == kNever ? words({"无时限", "none"}) : one.due, MissingCell(one, words),
               words(StateWords(assignment)),
               whole ? Cell(words(WordOf(assignment.light()))) : LightCell(assignment.light(), printer)});
  }
  return table;
}

// The unit a person works for: what they say, else whose keys they hold.
absl::StatusOr<std::string> NeedWorkingUnit(Session& session, const std::string& text) {
  DUBAN_ASSIGN_OR_RETURN(std::string unit, WorkingUnit(session, text));
  if (!unit.empty()) return unit;
  return UsageError({"请写明单位：--unit=单位，或设环境变量 DUBAN_UNIT；用单位的证书（--keys）时可省略",
                     "name the unit: --unit=UNIT, or DUBAN_UNIT in the environment; with a unit's keys (--keys) it can "
                     "be left out"});
}

struct TodoFlags {
  std::string unit;
  ExportFlags exports;
};

absl::Status Todo(Session& session, const TodoFlags& flags) {
  DUBAN_RETURN_IF_ERROR(CheckExports(flags.exports, session.printer()));
  v1::ListAssignmentsRequest request;
  DUBAN_ASSIGN_OR_RETURN(const std::string unit, NeedWorkingUnit(session, flags.unit));
  request.mutable_filter()->set_unit(unit);
  DUBAN_ASSIGN_OR_RETURN(v1::ListAssignmentsResponse all, ListAssignments(session, request, std::nullopt));
  if (all.assignments().empty()) DUBAN_RETURN_IF_ERROR(CheckFilterExists(session, request.filter()));
  // The day is the server's: lights and lists have to agree.
  v1::GetBoardRequest board;
  board.set_group_by(v1::GetBoardRequest::UNIT);
  board.mutable_filter()->set_unit(unit);
  DUBAN_ASSIGN_OR_RETURN(const auto counted, session.Call<v1::GetBoardResponse>("AssignmentService/GetBoard", board));
  const absl::CivilDay today = ParseDay(counted.as_of()).value_or(DayOf(session.environment().clock->Now()));
  const std::vector<Owed> owed = OwedOf(all, today, ReadCalendar(session));
  std::vector<std::string> names;
  for (const Owed& one : owed) names.push_back(one.assignment->name());
  TodoNumbers numbers = TodoNumbers::Read(session);
  const bool kept = numbers.Update(unit, names);
  v1::ListAssignmentsResponse listed;
  for (const Owed& one : owed) *listed.add_assignments() = *one.assignment;
  Printer& printer = session.printer();
  if (flags.exports.any()) {
    return Export(OwedTable(owed, numbers, TableUse::kExport, printer), flags.exports, {"待办事项", "To do"},
                  {StrCat("截至 ", FormatDay(today)), StrCat("as of ", FormatDay(today))}, &printer);
  }
  printer.Json(listed);
  printer.Show(OwedTable(owed, numbers, TableUse::kScreen, printer), {"没有待办事项", "nothing to do"});
  if (!kept) {
    printer.Hint(
        {"编号未能保存，签收、报送请用完整编号（duban assignment list）；可用 DUBAN_STATE 指定保存编号的文件夹",
         "the numbers could not be kept; use full ids (duban assignment list), or name a folder in DUBAN_STATE"});
  } else if (!owed.empty()) {
    printer.Hint({"按编号办理：duban sign 编号…、duban report 编号 --text=…、duban submit 编号… --text=…",
                  "by number: duban sign N..., duban report N --text=..., duban submit N... --text=..."});
  }
  return absl::OkStatus();
}

}  // namespace

void AddTodoCommands(Command root) {
  auto flags = std::make_shared<TodoFlags>();
  Command todo = root.Leaf("todo", {"待办：本单位还要办什么，先到期的在前", "what a unit owes, nearest first"},
                           [flags](Session& session) { return Todo(session, *flags); });
  todo.Text("--unit=UNIT", &flags->unit, {"单位；默认取证书的单位", "the unit; that of the keys if left out"});
  AddExports(todo, &flags->exports);
  AddSigningCommand(root, "sign");
  AddReportCommand(root, "report");
  AddSubmitCommand(root, "submit");
  AddDeclineCommand(root, "decline");
  AddExtendCommand(root, "extend");
  AddRetractCommand(root, "retract");
  AddReviewDialogue(root);
}

}  // namespace duban::cli
