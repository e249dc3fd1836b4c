#include "tests/simulation/rest_checks.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/strings.h"
#include "common/store/audit.h"
#include "tests/simulation/commit_watch.h"
#include "tests/simulation/duty_checks.h"

namespace duban::simulation {
namespace {

// Task and unit of each duty.
using Duties = std::set<std::pair<std::string, std::string>>;

std::vector<v1::Plan> OwnPublished(SimNode* node) {
  v1::ListPlansRequest request;
  request.set_state(v1::Plan::PUBLISHED);
  request.set_owner_node(node->id());
  request.set_page_size(500);
  v1::ListPlansResponse response;
  std::vector<v1::Plan> plans;
  if (!node->plans().ListPlans(Anybody(), request, &response).ok()) return plans;
  for (const v1::Plan& head : response.plans()) {
    v1::GetPlanRequest get;
    get.set_name(head.name());
    v1::Plan plan;
    if (node->plans().GetPlan(Anybody(), get, &plan).ok()) plans.push_back(std::move(plan));
  }
  return plans;
}

Duties DutiesOf(const v1::Plan& plan) {
  Duties duties;
  for (const v1::Task& task : plan.tasks()) {
    for (const v1::Responsibility& responsibility : task.responsibilities()) {
      duties.emplace(task.name(), responsibility.resolved());
    }
  }
  return duties;
}

// P7: whoever is asked is asked what the latest revision says.
void CheckSaysTheSame(World* world, SimNode* node, const v1::Plan& plan, const v1::Assignment& assignment) {
  const auto found = std::find_if(plan.tasks().begin(), plan.tasks().end(),
                                  [&](const v1::Task& task) { return task.name() == assignment.task(); });
  if (found == plan.tasks().end()) return;
  // What the two sides agreed on since puts off the day for this unit alone.
  v1::Deadline issued = assignment.deadline();
  if (!assignment.issued_due().empty()) issued.set_due(assignment.issued_due());
  const bool same = found->text() == assignment.text() && found->number() == assignment.number() &&
                    found->deadline().SerializeAsString() == issued.SerializeAsString() &&
                    std::equal(found->headings().begin(), found->headings().end(), assignment.headings().begin(),
                               assignment.headings().end()) &&
                    plan.title() == assignment.plan_title();
  world->Check("P7", same, [&] {
    return StrCat(assignment.name(), " at ", node->id(), " is ", assignment.ShortDebugString(), ", revision ",
                  plan.revision(), " says ", found->ShortDebugString());
  });
}

}  // namespace

void CheckExpansion(World* world, SimNode* node) {
  for (const v1::Plan& plan : OwnPublished(node)) {
    v1::AssignmentFilter filter;
    filter.set_plan(plan.name());
    Duties issued;
    for (const v1::Assignment& assignment : Listed(world, node, filter)) {
      if (assignment.state() == v1::Assignment::CANCELLED || assignment.issuer_node() != node->id()) continue;
      const std::string& instead_of = assignment.readdressed_from();
      issued.emplace(assignment.task(), instead_of.empty() ? assignment.unit() : instead_of);
      CheckSaysTheSame(world, node, plan, assignment);
    }
    if (issued != DutiesOf(plan)) {
      world->Broken("F2", StrCat(node->id(), " has ", issued.size(), " duties of ", plan.name(), ", which names ",
                                 DutiesOf(plan).size()));
    }
    world->Check("P6", plan.issuance().assignments() == static_cast<int>(issued.size()), [&] {
      return StrCat(node->id(), " has ", issued.size(), " duties of ", plan.name(), ", of which publishing said ",
                    plan.issuance().assignments());
    });
  }
}

void CheckPublished(World* world, SimNode* node, const Promises& promises) {
  for (const auto& [name, revisions] : promises.published) {
    v1::GetPlanRequest request;
    request.set_name(name);
    v1::Plan plan, published;
    if (!published.ParseFromString(revisions.back()) || !node->plans().GetPlan(Anybody(), request, &plan).ok())
      continue;
    if (Lasting(plan) != Lasting(published)) {
      world->Broken("P1", StrCat(name, " at ", node->id(), " is not what was published"));
    }
  }
}

void CheckRefusals(World* world, const std::vector<SimNode*>& nodes, const RefusalCounts& refusals) {
  for (SimNode* node : nodes) {
    std::map<std::string, int64_t> told;
    const auto snapshot = node->store("plan")->TakeSnapshot();
    AuditQuery query;
    query.filter.set_outcome(v1::AuditEntry::REFUSED);
    query.before.commit = snapshot->head().sequence() + 1;
    query.most = 100;
    for (bool more = true; more;) {
      const absl::StatusOr<AuditPage> page = ReadAudit(*snapshot, query);
      if (!page.ok()) return world->Broken("U1", StrCat(node->id(), " has an audit that cannot be read"));
      for (const v1::AuditEntry& entry : page->entries) told[entry.caller()] += std::max<int64_t>(1, entry.times());
      more = page->next.has_value();
      if (more) query.before = *page->next;
    }
    for (const auto& [whose, counts] : refusals) {
      if (whose.first != node->id()) continue;
      const int64_t most = counts.refused - counts.lost, here = told[whose.second];
      world->Check("U1", here <= most && here >= most - counts.unknown, [&, caller = whose.second, counts = counts] {
        return StrCat(node->id(), " has refused ", caller, " ", counts.refused, " times, lost ", counts.lost,
                      " of them, and has ", here, " in its audit");
      });
    }
  }
}

}  // namespace duban::simulation
