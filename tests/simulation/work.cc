#include "tests/simulation/work.h"

#include <algorithm>
#include <utility>

#include "common/base/civil.h"
#include "common/base/strings.h"

namespace duban::simulation {
namespace {

std::string LocalUnit(const std::string& node) {
  return StrCat("units/office-", node);
}

std::string DisplayName(const std::string& unit) {
  return StrCat("单位", LastSegment(unit));
}

}  // namespace

Work::Work(World* world, std::vector<SimNode*> nodes) : world_(*world), nodes_(std::move(nodes)) {}

std::string Work::UnitOf(const std::string& node) {
  return StrCat("units/u-", node);
}

std::string Work::NewRequestId() {
  return StrCat("r-", ++next_request_);
}

void Work::Begin() {
  world_.After(absl::Seconds(1), [this] { Next(); });
}

void Work::Next() {
  if (stopped_) return;
  if (!directory_done_) {
    PutDirectory();
  } else {
    Act();
  }
  world_.After(world_.Between(absl::Seconds(1), absl::Seconds(25)), [this] { Next(); });
}

std::vector<std::string> Work::UnitsBelow(const SimNode* node) const {
  std::vector<std::string> units = {LocalUnit(node->id())};
  for (const SimNode* other : nodes_) {
    const auto& up = other->upstreams();
    if (std::find(up.begin(), up.end(), node->id()) != up.end()) units.push_back(UnitOf(other->id()));
  }
  return units;
}

// Every node owns the units of the nodes directly below it, and an office that works as its client.
void Work::PutDirectory() {
  bool all = true;
  for (SimNode* node : nodes_) {
    if (!node->up()) {
      all = false;
      continue;
    }
    std::vector<std::pair<std::string, std::string>> units = {{LocalUnit(node->id()), node->id()}};
    if (node == nodes_[0]) units.emplace_back(UnitOf(node->id()), node->id());
    for (const std::string& unit : UnitsBelow(node)) {
      if (unit != LocalUnit(node->id())) units.emplace_back(unit, std::string(LastSegment(unit).substr(2)));
    }
    for (const auto& [name, where] : units) {
      v1::CreateUnitRequest request;
      v1::Unit made;
      request.set_request_id(StrCat("unit-", LastSegment(name)));
      request.set_unit_id(std::string(LastSegment(name)));
      request.mutable_unit()->set_display_name(DisplayName(name));
      request.mutable_unit()->set_kind(v1::Unit::DEPARTMENT);
      request.mutable_unit()->set_node(where);
      const absl::Status status = node->directory().CreateUnit(request, &made);
      if (!status.ok()) world_.Broken("S7", StrCat(node->id(), " unit ", name, ": ", ToStd(status.message())));
    }
  }
  directory_done_ = all;
}

void Work::Act() {
  SimNode* node = nodes_[static_cast<size_t>(world_.Below(static_cast<int>(nodes_.size())))];
  if (!node->up()) return;
  ++acts_;
  switch (world_.Below(12)) {
    case 0:
      return Publish(node);
    case 1:
      return world_.Below(4) == 0 ? Withdraw(node) : Conflict(node);
    case 2:
    case 3:
      return PullAndSign(node);
    case 4:
    case 5:
      return Report(node);
    case 6:
    case 7:
      return Submit(node);
    case 8:
    case 9:
      return Review(node);
    default:
      return Remind(node);
  }
}

template <typename Request, typename Response>
absl::Status Work::Twice(const Request& request, Response* response,
                         const std::function<absl::Status(const Request&, Response*)>& call) {
  const absl::Status status = call(request, response);
  if (!status.ok() || world_.Below(4) != 0) return status;
  Response again;
  const absl::Status repeated = call(request, &again);
  if (!repeated.ok() || again.SerializeAsString() != response->SerializeAsString()) {
    world_.Broken("S7", StrCat("request ", request.request_id(),
                               " got another answer the second time: ", ToStd(repeated.message())));
  }
  return status;
}

void Work::Publish(SimNode* node) {
  const std::vector<std::string> units = UnitsBelow(node);
  v1::CreatePlanRequest create;
  create.set_request_id(NewRequestId());
  v1::Plan& plan = *create.mutable_plan();
  const absl::CivilDay today = DayOf(node->clock().Now());
  plan.set_title(StrCat("工作要点", create.request_id()));
  plan.set_year(static_cast<int>(today.year()));
  const int count = 1 + world_.Below(5);
  for (int i = 1; i <= count; ++i) {
    v1::Task& task = *plan.add_tasks();
    task.set_task_id(StrCat("body-", i));
    task.set_table("body");
    task.set_number(i);
    task.set_text(StrCat("做好第", i, "项工作"));
    for (const std::string& unit : units) {
      if (world_.Below(2) != 0) continue;
      v1::Responsibility& responsibility = *task.add_responsibilities();
      responsibility.set_unit(DisplayName(unit));
      responsibility.set_printed(DisplayName(unit));
      responsibility.set_role(task.responsibilities_size() == 1 ? v1::Responsibility::LEAD
                                                                : v1::Responsibility::COOPERATE);
    }
    if (task.responsibilities().empty()) {
      v1::Responsibility& responsibility = *task.add_responsibilities();
      responsibility.set_unit(DisplayName(units[0]));
      responsibility.set_printed(DisplayName(units[0]));
      responsibility.set_role(v1::Responsibility::LEAD);
    }
    task.mutable_deadline()->set_kind(v1::Deadline::BY_DATE);
    task.mutable_deadline()->set_due(FormatDay(today + world_.Below(20)));
    task.mutable_deadline()->set_printed("近期");
  }
  v1::Plan made;
  absl::Status status = Twice<v1::CreatePlanRequest, v1::Plan>(
      create, &made, [&](const auto& request, auto* response) { return node->plans().CreatePlan(request, response); });
  if (!status.ok()) return world_.Broken("P4", StrCat(node->id(), " cannot create: ", ToStd(status.message())));
  v1::PublishPlanRequest publish;
  publish.set_request_id(NewRequestId());
  publish.set_name(made.name());
  publish.set_issuer(UnitOf(node->id()));
  v1::Plan published;
  status = Twice<v1::PublishPlanRequest, v1::Plan>(publish, &published, [&](const auto& request, auto* response) {
    return node->plans().PublishPlan(request, response);
  });
  world_.Trace(StrCat(node->id(), " publish ", published.name(), " ", ToStd(status.message())));
  // The issuer's own unit comes down from above, and may not have yet.
  if (!status.ok()) return;
  published.clear_etag();
  promises_.published[published.name()] = published.SerializeAsString();
}

void Work::Withdraw(SimNode* node) {
  v1::ListPlansRequest list;
  list.set_state(v1::Plan::PUBLISHED);
  list.set_owner_node(node->id());
  v1::ListPlansResponse plans;
  if (!node->plans().ListPlans(list, &plans).ok() || plans.plans().empty()) return;
  v1::WithdrawPlanRequest request;
  request.set_request_id(NewRequestId());
  request.set_name(plans.plans(world_.Below(plans.plans_size())).name());
  request.set_reason("另行安排");
  v1::Plan response;
  if (node->plans().WithdrawPlan(request, &response).ok()) {
    promises_.withdrawn.insert(request.name());
    world_.Trace(StrCat(node->id(), " withdraw ", request.name()));
  }
}

v1::Assignment Work::Pick(SimNode* node, const std::string& unit, v1::Assignment::State state) {
  v1::ListAssignmentsRequest request;
  if (!unit.empty()) request.mutable_filter()->set_unit(unit);
  request.mutable_filter()->set_state(state);
  request.set_page_size(100);
  v1::ListAssignmentsResponse response;
  const absl::Status status = node->assignments().ListAssignments(request, &response);
  if (!status.ok() || response.assignments().empty()) return v1::Assignment();
  return response.assignments(world_.Below(response.assignments_size()));
}

void Work::PullAndSign(SimNode* node) {
  const std::string unit = world_.Below(2) == 0 ? UnitOf(node->id()) : LocalUnit(node->id());
  v1::PullAssignmentsRequest pull;
  pull.set_request_id(NewRequestId());
  pull.set_unit(unit);
  pull.set_max_assignments(1 + world_.Below(5));
  pull.mutable_lease()->set_seconds(1 + world_.Below(600));
  v1::PullAssignmentsResponse pulled;
  const absl::Status status = Twice<v1::PullAssignmentsRequest, v1::PullAssignmentsResponse>(
      pull, &pulled,
      [&](const auto& request, auto* response) { return node->assignments().PullAssignments(request, response); });
  // The unit comes down from above, and may not have yet.
  if (!status.ok()) return;
  for (const v1::Assignment& assignment : pulled.assignments()) {
    if (promises_.receipts.contains(assignment.name())) {
      world_.Broken("A3", StrCat(assignment.name(), " is handed out again after it was signed for"));
    }
    if (world_.Below(3) == 0) continue;
    v1::ReceiveAssignmentRequest receive;
    receive.set_request_id(NewRequestId());
    receive.set_name(assignment.name());
    receive.set_lease_token(pulled.lease_token());
    receive.set_signer(StrCat("签收人", acts_));
    v1::Assignment received;
    const absl::Status signed_for = Twice<v1::ReceiveAssignmentRequest, v1::Assignment>(
        receive, &received,
        [&](const auto& request, auto* response) { return node->assignments().ReceiveAssignment(request, response); });
    if (!signed_for.ok()) continue;
    promises_.receipts[assignment.name()] = receive.signer();
    world_.Trace(StrCat(node->id(), " receive ", assignment.name()));
  }
}

void Work::Report(SimNode* node) {
  const v1::Assignment assignment = Pick(node, UnitOf(node->id()), v1::Assignment::RECEIVED);
  if (assignment.name().empty()) return;
  v1::ReportProgressRequest request;
  request.set_request_id(NewRequestId());
  request.set_name(assignment.name());
  request.mutable_report()->set_text("进展顺利");
  request.mutable_report()->set_reporter("经办人");
  request.mutable_report()->set_percent(world_.Below(101));
  v1::Assignment response;
  const absl::Status status = Twice<v1::ReportProgressRequest, v1::Assignment>(
      request, &response,
      [&](const auto& sent, auto* answer) { return node->assignments().ReportProgress(sent, answer); });
  if (status.ok()) ++promises_.reports[assignment.name()];
}

void Work::Submit(SimNode* node) {
  const std::string unit = world_.Below(2) == 0 ? UnitOf(node->id()) : LocalUnit(node->id());
  const auto state = world_.Below(2) == 0 ? v1::Assignment::IN_PROGRESS : v1::Assignment::RECEIVED;
  const v1::Assignment assignment = Pick(node, unit, state);
  if (assignment.name().empty()) return;
  v1::SubmitResultRequest request;
  request.set_request_id(NewRequestId());
  request.set_name(assignment.name());
  request.mutable_submission()->set_text("已完成");
  request.mutable_submission()->set_submitter("经办人");
  v1::Assignment response;
  const absl::Status status = Twice<v1::SubmitResultRequest, v1::Assignment>(
      request, &response,
      [&](const auto& sent, auto* answer) { return node->assignments().SubmitResult(sent, answer); });
  if (!status.ok()) return;
  ++promises_.submissions[assignment.name()];
  world_.Trace(StrCat(node->id(), " submit ", assignment.name()));
}

void Work::Review(SimNode* node) {
  const v1::Assignment assignment = Pick(node, "", v1::Assignment::UNDER_REVIEW);
  if (assignment.name().empty() || assignment.issuer_node() != node->id()) return;
  v1::ReviewSubmissionRequest request;
  request.set_request_id(NewRequestId());
  request.set_name(assignment.name());
  request.set_submission_id(assignment.execution().submissions().rbegin()->submission_id());
  request.set_verdict(world_.Below(3) == 0 ? v1::Review::RETURNED : v1::Review::ACCEPTED);
  request.set_comment("请补充材料");
  request.set_reviewer("审核人");
  v1::Assignment response;
  const absl::Status status = Twice<v1::ReviewSubmissionRequest, v1::Assignment>(
      request, &response,
      [&](const auto& sent, auto* answer) { return node->assignments().ReviewSubmission(sent, answer); });
  if (status.ok()) world_.Trace(StrCat(node->id(), " review ", assignment.name(), " ", request.verdict()));
}

void Work::Remind(SimNode* node) {
  v1::LeaseRemindersRequest lease;
  lease.set_request_id(NewRequestId());
  lease.set_max_reminders(1 + world_.Below(10));
  lease.mutable_lease()->set_seconds(1 + world_.Below(120));
  v1::LeaseRemindersResponse leased;
  const absl::Status status = Twice<v1::LeaseRemindersRequest, v1::LeaseRemindersResponse>(
      lease, &leased,
      [&](const auto& request, auto* response) { return node->notifications().LeaseReminders(request, response); });
  if (!status.ok()) return world_.Broken("N6", StrCat(node->id(), " cannot lease: ", ToStd(status.message())));
  for (const v1::Reminder& reminder : leased.reminders()) {
    if (FromProto(reminder.remind_time()) > node->clock().Now()) {
      world_.Broken("N3", StrCat(reminder.name(), " is handed out before its time"));
    }
    if (promises_.confirmed.contains(reminder.name())) {
      world_.Broken("N5", StrCat(reminder.name(), " is handed out again after it was confirmed"));
    }
    if (world_.Below(5) == 0) continue;
    v1::ConfirmReminderRequest confirm;
    confirm.set_request_id(NewRequestId());
    confirm.set_name(reminder.name());
    confirm.set_lease_token(leased.lease_token());
    const bool failed = world_.Below(5) == 0;
    if (failed) confirm.set_error("对方未接听");
    v1::Reminder response;
    if (node->notifications().ConfirmReminder(confirm, &response).ok() && !failed) {
      promises_.confirmed.insert(reminder.name());
    }
  }
}

// Two callers read the same state and both write: exactly one may win.
void Work::Conflict(SimNode* node) {
  const v1::Assignment assignment = Pick(node, UnitOf(node->id()), v1::Assignment::IN_PROGRESS);
  if (assignment.name().empty()) return;
  int won = 0;
  for (int caller = 0; caller < 2; ++caller) {
    v1::ReportProgressRequest request;
    request.set_request_id(NewRequestId());
    request.set_name(assignment.name());
    request.set_etag(assignment.etag());
    request.mutable_report()->set_text(StrCat("进展", caller));
    request.mutable_report()->set_reporter("经办人");
    v1::Assignment response;
    const absl::Status status = node->assignments().ReportProgress(request, &response);
    if (status.ok()) {
      ++won;
      ++promises_.reports[assignment.name()];
    } else if (ReasonOf(status) != v1::ETAG_MISMATCH) {
      world_.Broken("A5", StrCat(assignment.name(), ": ", ToStd(status.message())));
    }
  }
  if (won != 1) world_.Broken("A5", StrCat(won, " of two callers with one etag won on ", assignment.name()));
}

}  // namespace duban::simulation
