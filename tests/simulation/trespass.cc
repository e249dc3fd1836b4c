#include "tests/simulation/trespass.h"

#include "common/base/strings.h"

namespace duban::simulation {
namespace {

// A random one of all assignments at the node; empty where there is none.
v1::Assignment AnyAssignment(World* world, SimNode* node) {
  v1::ListAssignmentsRequest request;
  request.set_page_size(200);
  v1::ListAssignmentsResponse response;
  if (!node->assignments().ListAssignments(Anybody(), request, &response).ok() || response.assignments().empty())
    return {};
  return response.assignments(world->Below(response.assignments_size()));
}

v1::Plan AnyPublished(World* world, SimNode* node) {
  v1::ListPlansRequest request;
  request.set_state(v1::Plan::PUBLISHED);
  request.set_page_size(200);
  v1::ListPlansResponse response;
  if (!node->plans().ListPlans(Anybody(), request, &response).ok() || response.plans().empty()) return {};
  return response.plans(world->Below(response.plans_size()));
}

void ReportForAnother(World* world, SimNode* node, const std::string& id) {
  const v1::Assignment assignment = AnyAssignment(world, node);
  if (assignment.name().empty() || assignment.unit_node() == node->id()) return;
  v1::ReportProgressRequest request;
  request.set_request_id(id);
  request.set_name(assignment.name());
  request.mutable_report()->set_text("代为报送");
  request.mutable_report()->set_reporter("别处");
  v1::Assignment response;
  if (node->assignments().ReportProgress(Anybody(), request, &response).ok()) {
    world->Broken("F8", StrCat(node->id(), " reported on ", assignment.name(), " of ", assignment.unit_node()));
  }
}

// Among several, where what may be done is done.
void SubmitForAnother(World* world, SimNode* node, const std::string& id) {
  const v1::Assignment assignment = AnyAssignment(world, node);
  if (assignment.name().empty() || assignment.unit_node() == node->id()) return;
  v1::SubmitResultsRequest request;
  request.set_request_id(id);
  auto* item = request.add_items();
  item->set_name(assignment.name());
  item->mutable_submission()->set_text("代为申请办结");
  item->mutable_submission()->set_submitter("别处");
  v1::SubmitResultsResponse response;
  if (!node->assignments().SubmitResults(Anybody(), request, &response).ok()) return;
  if (response.results_size() != 1 || !response.results(0).has_error()) {
    world->Broken("F8", StrCat(node->id(), " handed in for ", assignment.name(), " of ", assignment.unit_node()));
  }
}

void ReviewForAnother(World* world, SimNode* node, const std::string& id) {
  const v1::Assignment assignment = AnyAssignment(world, node);
  const auto& submissions = assignment.execution().submissions();
  if (submissions.empty() || assignment.issuer_node() == node->id()) return;
  v1::ReviewSubmissionRequest request;
  request.set_request_id(id);
  request.set_name(assignment.name());
  request.set_submission_id(submissions.rbegin()->submission_id());
  request.set_verdict(v1::Review::ACCEPTED);
  request.set_reviewer("别处");
  v1::Assignment response;
  if (node->assignments().ReviewSubmission(Anybody(), request, &response).ok()) {
    world->Broken("F8", StrCat(node->id(), " reviewed ", assignment.name(), " of ", assignment.issuer_node()));
  }
}

// A published plan: its owner changes nothing in it, another node nothing at all.
void ChangePublished(World* world, SimNode* node, const std::string& id) {
  const v1::Plan plan = AnyPublished(world, node);
  if (plan.name().empty()) return;
  v1::Plan response;
  if (plan.owner_node() != node->id()) {
    v1::WithdrawPlanRequest request;
    request.set_request_id(id);
    request.set_name(plan.name());
    request.set_reason("越权撤回");
    if (!node->plans().WithdrawPlan(Anybody(), request, &response).ok()) return;
    return world->Broken("F8", StrCat(node->id(), " withdrew ", plan.name(), " of ", plan.owner_node()));
  }
  if (world->Below(2) == 0) {
    v1::PublishPlanRequest request;
    request.set_request_id(id);
    request.set_name(plan.name());
    request.set_issuer(plan.issuer());
    if (!node->plans().PublishPlan(Anybody(), request, &response).ok()) return;
    return world->Broken("P1", StrCat(plan.name(), " was published twice at ", node->id()));
  }
  v1::UpdatePlanRequest request;
  request.set_request_id(id);
  request.mutable_plan()->set_name(plan.name());
  request.mutable_plan()->set_title("改过的标题");
  request.mutable_update_mask()->add_paths("title");
  if (!node->plans().UpdatePlan(Anybody(), request, &response).ok()) return;
  world->Broken("P1", StrCat(plan.name(), " was changed after it was published at ", node->id()));
}

}  // namespace

void Trespass(World* world, SimNode* node, const std::function<std::string()>& new_id) {
  switch (world->Below(4)) {
    case 0:
      return ReportForAnother(world, node, new_id());
    case 1:
      return ReviewForAnother(world, node, new_id());
    case 2:
      return SubmitForAnother(world, node, new_id());
    default:
      return ChangePublished(world, node, new_id());
  }
}

}  // namespace duban::simulation
