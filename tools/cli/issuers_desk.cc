#include "tools/cli/issuers_desk.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "common/base/errors.h"
#include "duban/v1/issuer_service.pb.h"
#include "duban/v1/plan_service.pb.h"
#include "tools/cli/assignment_calls.h"
#include "tools/cli/working_unit.h"

namespace duban::cli {
namespace {

using Wait = v1::ListIssuerItemsRequest;

absl::Status NeitherIsKnown() {
  return UsageError({"请写明计划（--plan）或发布单位（--unit）；用单位的证书（--keys）时可省略",
                     "name the plan (--plan) or the unit that published (--unit); with a unit's keys both can be left "
                     "out"});
}

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

// The unit whose desk is asked for; empty for a draft that nobody has issued.
absl::StatusOr<std::string> Issuer(Session& session, const IssuersPlans& asked) {
  if (asked.plan.empty()) {
    DUBAN_ASSIGN_OR_RETURN(const std::string unit, WorkingUnit(session, asked.unit));
    return unit.empty() ? absl::StatusOr<std::string>(NeitherIsKnown()) : unit;
  }
  v1::GetPlanRequest request;
  request.set_name(FullName("plans/", asked.plan));
  DUBAN_ASSIGN_OR_RETURN(const auto plan, session.Call<v1::Plan>("PlanService/GetPlan", request));
  return plan.issuer();
}

// Plan after plan, the nearest deadlines first, what has none last.
std::tuple<std::string_view, bool, std::string_view> OrderOf(const v1::Assignment& assignment) {
  const std::string_view name = assignment.name();
  const std::string_view due = assignment.deadline().due();
  return {name.substr(0, name.find("/tasks/")), due.empty(), due};
}

}  // namespace

void AddIssuersPlans(Command& command, IssuersPlans* plans) {
  command.Text("--plan=PLAN", &plans->plan, {"只看此计划", "only this plan"})
      .Text("--unit=UNIT", &plans->unit,
            {"发布单位；默认取证书的单位", "the unit that published; that of the keys if left out"});
}

absl::StatusOr<std::vector<std::string>> PlansAsked(Session& session, const IssuersPlans& asked) {
  if (!asked.plan.empty()) return std::vector<std::string>{FullName("plans/", asked.plan)};
  DUBAN_ASSIGN_OR_RETURN(const std::string unit, WorkingUnit(session, asked.unit));
  if (!unit.empty()) return PublishedBy(session, unit);
  return NeitherIsKnown();
}

absl::Status AddOfPlans(Session& session, const std::vector<std::string>& plans, v1::AssignmentFilter filter,
                        const std::string& order_by, v1::ListAssignmentsResponse* all) {
  for (const std::string& plan : plans) {
    v1::ListAssignmentsRequest request;
    filter.set_plan(plan);
    *request.mutable_filter() = filter;
    request.set_order_by(order_by);
    DUBAN_ASSIGN_OR_RETURN(v1::ListAssignmentsResponse some, ListAssignments(session, request, std::nullopt));
    for (v1::Assignment& assignment : *some.mutable_assignments()) *all->add_assignments() = std::move(assignment);
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::ListAssignmentsResponse> WaitingForIssuer(Session& session, const IssuersPlans& asked) {
  v1::ListIssuerItemsRequest request;
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_issuer(), Issuer(session, asked));
  if (request.issuer().empty()) return v1::ListAssignmentsResponse();
  for (const auto wait : {Wait::REVIEW, Wait::RULING, Wait::EXTENSION}) request.add_waits(wait);
  request.set_page_size(500);
  const std::string within = asked.plan.empty() ? "" : FullName("plans/", asked.plan) + "/";
  std::vector<v1::Assignment> waiting;
  bool still_counting = false;
  do {
    DUBAN_ASSIGN_OR_RETURN(auto page,
                           session.Call<v1::ListIssuerItemsResponse>("IssuerService/ListIssuerItems", request));
    for (auto& item : *page.mutable_items()) {
      if (absl::StartsWith(item.assignment().name(), within)) waiting.push_back(std::move(*item.mutable_assignment()));
    }
    still_counting |= page.still_counting();
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  if (still_counting) {
    session.printer().Hint({"系统升级后正在统计待办事项，此处可能尚不完整；请过些时候再看",
                            "the system was updated and is still counting what waits: there may be more; look again "
                            "some time later"});
  }
  std::stable_sort(waiting.begin(), waiting.end(),
                   [](const v1::Assignment& a, const v1::Assignment& b) { return OrderOf(a) < OrderOf(b); });
  v1::ListAssignmentsResponse all;
  for (v1::Assignment& assignment : waiting) *all.add_assignments() = std::move(assignment);
  return all;
}

}  // namespace duban::cli
