// `duban assignment board|list|show|timeline`: how things stand.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/assignment_service.pb.h"
#include "tools/cli/assignment_calls.h"
#include "tools/cli/assignment_view.h"
#include "tools/cli/commands.h"
#include "tools/cli/evidence_calls.h"
#include "tools/cli/table_export.h"
#include "tools/cli/working_unit.h"

namespace duban::cli {
namespace {

struct FilterFlags {
  std::string plan, unit, heading;
  std::vector<v1::Assignment::State> states;
  v1::Assignment::Light light = v1::Assignment::LIGHT_UNSPECIFIED;
  bool without_heading = false;
  std::optional<int> limit;
  std::string sort = "plan";
  v1::GetBoardRequest::GroupBy group_by = v1::GetBoardRequest::PLAN;
  ExportFlags exports;
};

absl::Status Fill(Session& session, const FilterFlags& flags, v1::AssignmentFilter* filter) {
  filter->set_plan(FullName("plans/", flags.plan));
  DUBAN_ASSIGN_OR_RETURN(*filter->mutable_unit(), session.UnitName(flags.unit));
  if (flags.states.size() == 1) {
    filter->set_state(flags.states.front());
  } else {
    for (const v1::Assignment::State state : flags.states) filter->add_states(state);
  }
  filter->set_light(flags.light);
  filter->set_heading(flags.heading);
  filter->set_without_heading(flags.without_heading);
  return absl::OkStatus();
}

// Somebody who may not see everything has to say what they look at. Fills in the unit they work for and says so; where
// none is known, or it was not for want of that, returns what to do. `refused`: as the server said it.
absl::Status Narrow(Session& session, const absl::Status& refused, v1::AssignmentFilter* filter) {
  const bool open = filter->unit().empty() && filter->plan().empty();
  const bool for_want_of_it =
      ReasonOf(refused) == v1::NOT_ALLOWED && MetadataOf(refused)["field"].find("filter.") != std::string::npos;
  if (!open || !for_want_of_it) return refused;
  DUBAN_ASSIGN_OR_RETURN(*filter->mutable_unit(), WorkingUnit(session, ""));
  if (filter->unit().empty()) {
    return Error(v1::NOT_ALLOWED,
                 "only whoever may see everything sees all plans and units at once: name --unit=UNIT or "
                 "--plan=PLAN",
                 "只有可查看全部的人员才能一次查看所有计划和单位：请加 --unit=单位 或 --plan=计划");
  }
  session.printer().Hint({StrCat("只列出“", filter->unit(), "”的；看一个计划用 --plan=计划"),
                          StrCat("only of ", filter->unit(), "; --plan=PLAN shows a plan")});
  return absl::OkStatus();
}

absl::Status Board(Session& session, const FilterFlags& flags) {
  DUBAN_RETURN_IF_ERROR(CheckExports(flags.exports, session.printer()));
  v1::GetBoardRequest request;
  DUBAN_RETURN_IF_ERROR(Fill(session, flags, request.mutable_filter()));
  request.set_group_by(flags.group_by);
  auto read = session.Call<v1::GetBoardResponse>("AssignmentService/GetBoard", request);
  if (!read.ok()) {
    DUBAN_RETURN_IF_ERROR(Narrow(session, read.status(), request.mutable_filter()));
    read = session.Call<v1::GetBoardResponse>("AssignmentService/GetBoard", request);
  }
  DUBAN_ASSIGN_OR_RETURN(const v1::GetBoardResponse board, std::move(read));
  if (board.rows().empty()) DUBAN_RETURN_IF_ERROR(CheckFilterExists(session, request.filter()));
  if (flags.exports.any()) {
    return Export(BoardTable(board, flags.group_by, session.printer()), flags.exports,
                  {"交办事项看板", "Board of assignments"}, BoardDay(board), &session.printer());
  }
  session.printer().Json(board);
  PrintBoard(board, flags.group_by, &session.printer());
  return absl::OkStatus();
}

// By the day they are due, what has none behind; equal days stay as listed.
void SortByDeadline(google::protobuf::RepeatedPtrField<v1::Assignment>* assignments) {
  const auto day = [](const v1::Assignment& assignment) -> std::string_view {
    return assignment.deadline().due().empty() ? "~" : std::string_view(assignment.deadline().due());
  };
  std::stable_sort(assignments->begin(), assignments->end(),
                   [&](const v1::Assignment& a, const v1::Assignment& b) { return day(a) < day(b); });
}

absl::Status List(Session& session, const FilterFlags& flags) {
  DUBAN_RETURN_IF_ERROR(CheckExports(flags.exports, session.printer()));
  v1::ListAssignmentsRequest request;
  DUBAN_RETURN_IF_ERROR(Fill(session, flags, request.mutable_filter()));
  const ListOrder order = flags.sort == "deadline" ? ListOrder::kByDeadline : ListOrder::kByPlan;
  const bool one = !request.filter().plan().empty() || !request.filter().unit().empty();
  if (order == ListOrder::kByDeadline && one) request.set_order_by("due");
  // Over all plans and units the server keeps no order by deadline; the nearest can stand anywhere.
  bool whole = order == ListOrder::kByDeadline && !one;
  auto read = ListAssignments(session, request, whole ? std::nullopt : flags.limit);
  if (!read.ok()) {
    DUBAN_RETURN_IF_ERROR(Narrow(session, read.status(), request.mutable_filter()));
    if (whole) request.set_order_by("due");
    whole = false;
    read = ListAssignments(session, request, flags.limit);
  }
  DUBAN_ASSIGN_OR_RETURN(v1::ListAssignmentsResponse all, std::move(read));
  bool more = !all.next_page_token().empty();
  if (all.assignments().empty()) DUBAN_RETURN_IF_ERROR(CheckFilterExists(session, request.filter()));
  if (whole) SortByDeadline(all.mutable_assignments());
  if (whole && flags.limit.has_value() && all.assignments_size() > *flags.limit) {
    more = true;
    all.mutable_assignments()->DeleteSubrange(*flags.limit, all.assignments_size() - *flags.limit);
  }
  Printer& printer = session.printer();
  if (flags.exports.any()) {
    DUBAN_RETURN_IF_ERROR(Export(AssignmentTable(all.assignments(), order, TableUse::kExport, printer), flags.exports,
                                 {"交办事项", "Assignments"}, {}, &printer));
  } else {
    printer.Json(all);
    PrintAssignments(all.assignments(), {"没有符合条件的交办事项", "no such assignments"}, order, &printer);
  }
  if (more) {
    printer.Hint(
        {StrCat("只列出了前 ", all.assignments_size(), " 项"), StrCat("only the first ", all.assignments_size())});
  }
  return absl::OkStatus();
}

absl::Status Show(Session& session, const std::string& name) {
  v1::GetAssignmentRequest request;
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_name(), ResolveAssignment(session, name));
  DUBAN_ASSIGN_OR_RETURN(const auto assignment,
                         session.Call<v1::Assignment>("AssignmentService/GetAssignment", request));
  session.printer().Json(assignment);
  PrintAssignment(assignment, &session.printer());
  if (session.printer().json()) return absl::OkStatus();
  for (const v1::EvidenceFile& file : FilesOf(session, assignment)) {
    const std::string what = StrCat(file.sha256().substr(0, 12), file.file_name().empty() ? "" : " ", file.file_name());
    const Phrase where = FileWords(file);
    session.printer().Line({StrCat("材料文件 ", what, "：", where.zh), StrCat("file ", what, ": ", where.en)});
  }
  return absl::OkStatus();
}

absl::Status Timeline(Session& session, const std::string& name) {
  v1::GetTimelineRequest request;
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_name(), ResolveAssignment(session, name));
  DUBAN_ASSIGN_OR_RETURN(const auto timeline,
                         session.Call<v1::GetTimelineResponse>("AssignmentService/GetTimeline", request));
  session.printer().Json(timeline);
  PrintTimeline(timeline, &session.printer());
  return absl::OkStatus();
}

void AddFilter(Command& command, FilterFlags* flags) {
  command.Text("--plan=PLAN", &flags->plan, {"只看此计划", "only this plan"})
      .Text("--unit=UNIT", &flags->unit, {"只看此单位", "only this unit"})
      .Enums("--state", &flags->states, {"只看此状态；可多次", "only this state; may be repeated"})
      .Enum("--light", &flags->light, {"只看此灯色", "only this light"})
      .Text("--heading=TEXT", &flags->heading,
            {"只看此标题下的（最内层，与原文一致）", "only under this heading, as printed"})
      .Flag("--without-heading", &flags->without_heading, {"只看没有标题的", "only tasks without a heading"});
}

}  // namespace

void AddAssignmentReads(Command assignment) {
  auto board = std::make_shared<FilterFlags>();
  Command board_command = assignment.Leaf("board", {"看板：按计划、单位或标题汇总", "counts by plan, unit or heading"},
                                          [board](Session& session) { return Board(session, *board); });
  board_command.Enum("--group-by", &board->group_by, {"每行是什么，默认计划", "what a row is; plan if left out"});
  AddFilter(board_command, board.get());
  AddExports(board_command, &board->exports);

  auto list = std::make_shared<FilterFlags>();
  Command list_command = assignment.Leaf("list", {"列出交办事项", "list assignments"},
                                         [list](Session& session) { return List(session, *list); });
  AddFilter(list_command, list.get());
  list_command.Choice("--sort", &list->sort, {"plan", "deadline"},
                      {"按计划或按期限排列；默认 plan", "by plan or by deadline; plan if left out"});
  list_command.Number("--limit=N", &list->limit, 1, 1000000,
                      {"最多列几项；默认全部", "at most so many; all if left out"});
  AddExports(list_command, &list->exports);

  auto show = std::make_shared<std::string>();
  assignment.Leaf("show", {"查看一项", "show one"}, [show](Session& session) { return Show(session, *show); })
      .Text("ASSIGNMENT", show.get(), AssignmentArgument(), kRequired);

  auto timeline = std::make_shared<std::string>();
  assignment
      .Leaf("timeline", {"全过程记录", "all that happened to one"},
            [timeline](Session& session) { return Timeline(session, *timeline); })
      .Text("ASSIGNMENT", timeline.get(), AssignmentArgument(), kRequired);
}

}  // namespace duban::cli
