// `duban assignment board|list|show|timeline`: how things stand.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/assignment_service.pb.h"
#include "tools/cli/assignment_view.h"
#include "tools/cli/commands.h"

namespace duban::cli {
namespace {

struct FilterFlags {
  std::string plan, unit, heading;
  v1::Assignment::State state = v1::Assignment::STATE_UNSPECIFIED;
  v1::Assignment::Light light = v1::Assignment::LIGHT_UNSPECIFIED;
  bool without_heading = false;
  std::optional<int> limit;
  v1::GetBoardRequest::GroupBy group_by = v1::GetBoardRequest::PLAN;
};

absl::Status Fill(Session& session, const FilterFlags& flags, v1::AssignmentFilter* filter) {
  filter->set_plan(FullName("plans/", flags.plan));
  DUBAN_ASSIGN_OR_RETURN(*filter->mutable_unit(), session.UnitName(flags.unit));
  filter->set_state(flags.state);
  filter->set_light(flags.light);
  filter->set_heading(flags.heading);
  filter->set_without_heading(flags.without_heading);
  return absl::OkStatus();
}

absl::Status Board(Session& session, const FilterFlags& flags) {
  v1::GetBoardRequest request;
  DUBAN_RETURN_IF_ERROR(Fill(session, flags, request.mutable_filter()));
  request.set_group_by(flags.group_by);
  DUBAN_ASSIGN_OR_RETURN(const auto board, session.Call<v1::GetBoardResponse>("AssignmentService/GetBoard", request));
  session.printer().Json(board);
  PrintBoard(board, flags.group_by, &session.printer());
  return absl::OkStatus();
}

absl::Status List(Session& session, const FilterFlags& flags) {
  v1::ListAssignmentsRequest request;
  DUBAN_RETURN_IF_ERROR(Fill(session, flags, request.mutable_filter()));
  const int limit = flags.limit.value_or(0);
  v1::ListAssignmentsResponse all;
  do {
    request.set_page_size(limit == 0 ? 500 : std::min(500, limit - all.assignments_size()));
    DUBAN_ASSIGN_OR_RETURN(const auto page,
                           session.Call<v1::ListAssignmentsResponse>("AssignmentService/ListAssignments", request));
    all.mutable_assignments()->MergeFrom(page.assignments());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty() && (limit == 0 || all.assignments_size() < limit));
  all.set_next_page_token(request.page_token());
  Printer& printer = session.printer();
  printer.Json(all);
  PrintAssignments(all.assignments(), {"没有符合条件的交办事项", "no such assignments"}, &printer);
  if (!all.next_page_token().empty()) {
    printer.Hint(
        {StrCat("只列出了前 ", all.assignments_size(), " 项"), StrCat("only the first ", all.assignments_size())});
  }
  return absl::OkStatus();
}

absl::Status Show(Session& session, const std::string& name) {
  v1::GetAssignmentRequest request;
  request.set_name(FullName("assignments/", name));
  DUBAN_ASSIGN_OR_RETURN(const auto assignment,
                         session.Call<v1::Assignment>("AssignmentService/GetAssignment", request));
  session.printer().Json(assignment);
  PrintAssignment(assignment, &session.printer());
  return absl::OkStatus();
}

absl::Status Timeline(Session& session, const std::string& name) {
  v1::GetTimelineRequest request;
  request.set_name(FullName("assignments/", name));
  DUBAN_ASSIGN_OR_RETURN(const auto timeline,
                         session.Call<v1::GetTimelineResponse>("AssignmentService/GetTimeline", request));
  session.printer().Json(timeline);
  PrintTimeline(timeline, &session.printer());
  return absl::OkStatus();
}

void AddFilter(Command& command, FilterFlags* flags) {
  command.Text("--plan=PLAN", &flags->plan, {"只看此计划", "only this plan"})
      .Text("--unit=UNIT", &flags->unit, {"只看此单位", "only this unit"})
      .Enum("--state", &flags->state, {"只看此状态", "only this state"})
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

  auto list = std::make_shared<FilterFlags>();
  Command list_command = assignment.Leaf("list", {"列出交办事项", "list assignments"},
                                         [list](Session& session) { return List(session, *list); });
  AddFilter(list_command, list.get());
  list_command.Number("--limit=N", &list->limit, 1, 1000000,
                      {"最多列几项；默认全部", "at most so many; all if left out"});

  auto show = std::make_shared<std::string>();
  assignment.Leaf("show", {"查看一项", "show one"}, [show](Session& session) { return Show(session, *show); })
      .Text("ASSIGNMENT", show.get(), {"编号", "the assignment"}, kRequired);

  auto timeline = std::make_shared<std::string>();
  assignment
      .Leaf("timeline", {"全过程记录", "all that happened to one"},
            [timeline](Session& session) { return Timeline(session, *timeline); })
      .Text("ASSIGNMENT", timeline.get(), {"编号", "the assignment"}, kRequired);
}

}  // namespace duban::cli
