#include "tools/cli/issuers_desk.h"

#include <optional>
#include <utility>

#include "common/base/errors.h"
#include "duban/v1/plan_service.pb.h"
#include "tools/cli/assignment_calls.h"
#include "tools/cli/working_unit.h"

namespace duban::cli {
namespace {

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
  return UsageError({"请写明计划（--plan）或发布单位（--unit）；用单位的证书（--keys）时可省略",
                     "name the plan (--plan) or the unit that published (--unit); with a unit's keys both can be left "
                     "out"});
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

absl::StatusOr<v1::ListAssignmentsResponse> WaitingForIssuer(Session& session, const std::vector<std::string>& plans) {
  v1::AssignmentFilter decisions;
  decisions.add_states(v1::Assignment::UNDER_REVIEW);
  decisions.add_states(v1::Assignment::DECLINED);
  // What is under review or declined and asks for more time as well is in the first list already.
  v1::AssignmentFilter extensions;
  extensions.set_extension_open(true);
  for (const auto state : {v1::Assignment::ISSUED, v1::Assignment::RECEIVED, v1::Assignment::IN_PROGRESS}) {
    extensions.add_states(state);
  }
  v1::ListAssignmentsResponse all;
  for (const std::string& plan : plans) {
    DUBAN_RETURN_IF_ERROR(AddOfPlans(session, {plan}, decisions, "due", &all));
    DUBAN_RETURN_IF_ERROR(AddOfPlans(session, {plan}, extensions, "due", &all));
  }
  return all;
}

}  // namespace duban::cli
