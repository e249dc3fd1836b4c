#include "tools/cli/assignment_calls.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_split.h"
#include "common/base/errors.h"
#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "duban/v1/directory_service.pb.h"
#include "duban/v1/plan_service.pb.h"
#include "tools/cli/assignment_view.h"
#include "tools/cli/todo_numbers.h"

namespace duban::cli {
namespace {

constexpr std::string_view kPlans = "plans/";
constexpr int kPageSize = 500;

absl::Status NoAssignmentId(std::string_view text) {
  return UsageError({StrCat("“", text,
                            "”不是交办事项的编号：应为 计划/任务/单位，如 p2024/body-3/jiaoyu；可先用 duban assignment "
                            "list 查看"),
                     StrCat("`", text,
                            "` is no id of an assignment: PLAN/TASK/UNIT is wanted, such as p2024/body-3/jiaoyu; "
                            "duban assignment list shows them")});
}

// Whether a call found nothing of that name.
bool IsMissing(const absl::Status& status) {
  return ReasonOf(status) == v1::RESOURCE_NOT_FOUND;
}

// Whether this node has assignments of a plan, or the plan itself.
absl::Status CheckPlanExists(Session& session, const std::string& plan) {
  v1::GetBoardRequest board;
  board.set_group_by(v1::GetBoardRequest::PLAN);
  board.mutable_filter()->set_plan(plan);
  DUBAN_ASSIGN_OR_RETURN(const auto rows, session.Call<v1::GetBoardResponse>("AssignmentService/GetBoard", board));
  if (!rows.rows().empty()) return absl::OkStatus();
  v1::GetPlanRequest get;
  get.set_name(plan);
  const auto found = session.Call<v1::Plan>("PlanService/GetPlan", get);
  return IsMissing(found.status()) ? found.status() : absl::OkStatus();
}

absl::Status CheckUnitExists(Session& session, const std::string& unit) {
  v1::GetUnitRequest get;
  get.set_name(unit);
  const auto found = session.Call<v1::Unit>("DirectoryService/GetUnit", get);
  return IsMissing(found.status()) ? found.status() : absl::OkStatus();
}

}  // namespace

Phrase AssignmentArgument() {
  return {"duban todo 列出的编号，如 2；或 计划/任务/单位，如 p2024/body-3/jiaoyu",
          "a number of duban todo, such as 2, or PLAN/TASK/UNIT, such as p2024/body-3/jiaoyu"};
}

absl::StatusOr<std::string> ResolveAssignment(Session& session, std::string_view text) {
  if (text.empty()) return std::string();
  if (int number = 0; ParseNumber(text, &number)) {
    std::optional<std::string> name = TodoNumbers::Read(session).NameOf(number);
    if (name.has_value()) return *std::move(name);
    return NotFoundError({StrCat("没有编号为 ", number, " 的待办事项；用 duban todo 列出"),
                          StrCat("nothing to do has the number ", number, "; duban todo lists what there is")});
  }
  std::string_view rest = text;
  if (rest.rfind(kPlans, 0) == 0) rest.remove_prefix(kPlans.size());
  std::vector<std::string> parts = absl::StrSplit(ToAbsl(rest), '/');
  if (parts.size() == 5 && parts[1] == "tasks" && parts[3] == "assignments") parts = {parts[0], parts[2], parts[4]};
  if (parts.size() != 3 || !IsResourceId(parts[0]) || !IsResourceId(parts[1]) || parts[2].empty()) {
    return NoAssignmentId(text);
  }
  DUBAN_ASSIGN_OR_RETURN(const std::string unit, session.UnitName(parts[2]));
  return AssignmentName(StrCat(kPlans, parts[0], "/tasks/", parts[1]), unit);
}

absl::StatusOr<std::vector<std::string>> ResolveAssignments(Session& session, const std::vector<std::string>& texts) {
  std::vector<std::string> names;
  for (const std::string& text : texts) {
    DUBAN_ASSIGN_OR_RETURN(const std::string name, ResolveAssignment(session, text));
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

std::string ShortAssignmentName(std::string_view name) {
  const ParsedName parsed = ParseName(name);
  if (parsed.noun != Noun::kAssignment) return std::string(name);
  return StrCat(LastSegment(parsed.plan), "/", LastSegment(parsed.task), "/", parsed.id);
}

absl::Status CheckEtagIsForOne(size_t things, const Mutation& mutation) {
  if (things == 1 || mutation.etag.empty()) return absl::OkStatus();
  return UsageError({"--etag 只用于一项", "--etag is for one assignment only"});
}

absl::StatusOr<v1::ListAssignmentsResponse> ListAssignments(Session& session, v1::ListAssignmentsRequest request,
                                                            std::optional<int> limit) {
  v1::ListAssignmentsResponse all;
  do {
    request.set_page_size(limit.has_value() ? std::min(kPageSize, *limit - all.assignments_size()) : kPageSize);
    DUBAN_ASSIGN_OR_RETURN(auto page,
                           session.Call<v1::ListAssignmentsResponse>("AssignmentService/ListAssignments", request));
    for (v1::Assignment& assignment : *page.mutable_assignments()) *all.add_assignments() = std::move(assignment);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty() && (!limit.has_value() || all.assignments_size() < *limit));
  all.set_next_page_token(request.page_token());
  return all;
}

absl::Status CheckFilterExists(Session& session, const v1::AssignmentFilter& filter) {
  if (!filter.plan().empty()) DUBAN_RETURN_IF_ERROR(CheckPlanExists(session, filter.plan()));
  return filter.unit().empty() ? absl::OkStatus() : CheckUnitExists(session, filter.unit());
}

v1::ActResult RefusedAct(const std::string& name, const absl::Status& why) {
  v1::ActResult result;
  result.set_name(name);
  *result.mutable_error() = ToRpcStatus(why);
  DropUnknownDetails(result.mutable_error());
  return result;
}

absl::Status TellActed(Session& session, const Phrase& what, const absl::StatusOr<v1::Assignment>& acted) {
  if (!acted.ok()) return acted.status();
  session.printer().Json(*acted);
  session.printer().Line(ChangeWords(what, *acted));
  return absl::OkStatus();
}

void TellActs(const Phrase& what, const ActResults& results, const std::vector<v1::Assignment>& known,
              Outcome* outcome) {
  std::map<std::string_view, const v1::Assignment*> by_name;
  for (const v1::Assignment& assignment : known) by_name.emplace(assignment.name(), &assignment);
  for (const v1::ActResult& result : results) {
    if (result.has_error()) {
      outcome->Refused(ShortAssignmentName(result.name()), FromRpcStatus(result.error()));
      continue;
    }
    v1::Assignment assignment;
    const auto seen = by_name.find(result.name());
    if (seen != by_name.end()) assignment = *seen->second;
    assignment.set_name(result.name());
    assignment.set_state(result.state());
    outcome->Done(ChangeWords(what, assignment));
  }
}

}  // namespace duban::cli
