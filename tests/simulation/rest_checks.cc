#include "tests/simulation/rest_checks.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/base/strings.h"
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
  if (!node->plans().ListPlans(request, &response).ok()) return plans;
  for (const v1::Plan& head : response.plans()) {
    v1::GetPlanRequest get;
    get.set_name(head.name());
    v1::Plan plan;
    if (node->plans().GetPlan(get, &plan).ok()) plans.push_back(std::move(plan));
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

// Every reminder of a node.
std::vector<v1::Reminder> AllReminders(SimNode* node) {
  std::vector<v1::Reminder> all;
  v1::ListRemindersRequest request;
  request.set_page_size(500);
  while (true) {
    v1::ListRemindersResponse page;
    if (!node->notifications().ListReminders(request, &page).ok()) return all;
    all.insert(all.end(), page.reminders().begin(), page.reminders().end());
    if (page.next_page_token().empty()) return all;
    request.set_page_token(page.next_page_token());
  }
}

}  // namespace

void CheckExpansion(World* world, SimNode* node) {
  for (const v1::Plan& plan : OwnPublished(node)) {
    v1::AssignmentFilter filter;
    filter.set_plan(plan.name());
    Duties issued;
    for (const v1::Assignment& assignment : Listed(world, node, filter)) {
      if (assignment.state() == v1::Assignment::CANCELLED || assignment.issuer_node() != node->id()) continue;
      issued.emplace(assignment.task(), assignment.unit());
    }
    if (issued != DutiesOf(plan)) {
      world->Broken("F2", StrCat(node->id(), " has ", issued.size(), " duties of ", plan.name(), ", which names ",
                                 DutiesOf(plan).size()));
    }
  }
}

void CheckPublished(World* world, SimNode* node, const Promises& promises) {
  for (const auto& [name, bytes] : promises.published) {
    v1::GetPlanRequest request;
    request.set_name(name);
    v1::Plan plan, published;
    if (!published.ParseFromString(bytes) || !node->plans().GetPlan(request, &plan).ok()) continue;
    if (Lasting(plan) != Lasting(published)) {
      world->Broken("P1", StrCat(name, " at ", node->id(), " is not what was published"));
    }
  }
}

void CheckDueReminders(World* world, SimNode* node, const Promises& promises) {
  const auto alive = promises.alive_until.find(node->id());
  const absl::Time counts_as_sent = alive == promises.alive_until.end() ? absl::InfinitePast() : alive->second;
  std::set<std::string> due;
  for (const v1::Reminder& reminder : AllReminders(node)) {
    if (reminder.state() == v1::Reminder::MISSED && FromProto(reminder.remind_time()) > counts_as_sent) {
      world->Broken("N5", StrCat(reminder.name(), " was given up as missed at ", node->id()));
    }
    const auto& time = reminder.has_next_attempt_time() ? reminder.next_attempt_time() : reminder.remind_time();
    if (reminder.state() == v1::Reminder::SCHEDULED && FromProto(time) <= node->clock().Now()) {
      due.insert(reminder.name());
    }
  }
  for (int calls = 0;;) {
    v1::LeaseRemindersRequest request;
    request.set_request_id(StrCat("rest-", node->id(), "-", ++calls));
    request.set_max_reminders(500);
    v1::LeaseRemindersResponse leased;
    if (!node->notifications().LeaseReminders(request, &leased).ok() || leased.reminders().empty()) break;
    for (const v1::Reminder& reminder : leased.reminders()) due.erase(reminder.name());
  }
  for (const std::string& name : due)
    world->Broken("N6", StrCat(name, " is due at ", node->id(), " and not handed out"));
}

}  // namespace duban::simulation
