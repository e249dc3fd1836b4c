#include "tests/simulation/work.h"

#include <algorithm>
#include <utility>

#include "common/base/civil.h"
#include "common/base/strings.h"
#include "tests/simulation/newer_version.h"
#include "tests/simulation/trespass.h"

namespace duban::simulation {
namespace {

// Its name begins with that of the unit it works beside.
std::string LocalUnit(const std::string& node) {
  return StrCat(Work::UnitOf(node), "-office");
}

// Requests that may be repeated much later.
constexpr size_t kMostRemembered = 200;

// Whether the caller cannot know what became of a request.
bool OutcomeUnknown(const absl::Status& status) {
  return ReasonOf(status) == v1::OUTCOME_UNKNOWN || ReasonOf(status) == v1::NOT_SERVING;
}

std::string DisplayName(const std::string& unit) {
  return StrCat("单位", LastSegment(unit));
}

// What an answer never says differently: what it is about, and the lease it gives.
std::string Kept(const google::protobuf::Message& answer) {
  std::string kept;
  for (const char* name : {"name", "lease_token"}) {
    const auto* field = answer.GetDescriptor()->FindFieldByName(name);
    if (field != nullptr) StrAppend(&kept, answer.GetReflection()->GetString(answer, field), " ");
  }
  return kept;
}

}  // namespace

Work::Work(World* world, std::vector<SimNode*> nodes, const Drawn& drawn, int64_t acts,
           std::function<void(SimNode*)> again)
    : world_(*world),
      nodes_(std::move(nodes)),
      drawn_(drawn),
      most_acts_(acts),
      again_(std::move(again)),
      desk_(world, [this](SimNode* node, const std::function<absl::Status()>& call) { return Sure(node, call); }),
      assignment_leases_(world, "A1"),
      reminder_leases_(world, "N1") {}

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

void Work::PutDirectory() {
  bool all = true;
  for (SimNode* node : nodes_) all &= node->up() && PutUnits(node);
  directory_done_ = all;
}

// Every node owns the units of the nodes directly below it, and an office that works as its client.
bool Work::PutUnits(SimNode* node) {
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
    v1::GetUnitRequest get;
    get.set_name(name);
    if (node->directory().GetUnit(get, &made).ok()) continue;
    const absl::Status status = Sure(node, [&] { return node->directory().CreateUnit(request, &made); });
    if (!node->up()) return false;
    if (!status.ok()) world_.Broken("S7", StrCat(node->id(), " unit ", name, ": ", ToStd(status.message())));
  }
  return true;
}

void Work::Lost(SimNode* node, absl::Time copied) {
  assignment_leases_.Forget(node->id());
  reminder_leases_.Forget(node->id());
  std::erase_if(done_, [&](const Done& done) { return done.node == node->id() && done.time >= copied; });
}

void Work::Returned(SimNode* node, const Promises& copied, Held held, absl::Time alive_until) {
  std::set<std::string> withdrawn = KeepWhatIsLeft(node->id(), copied, held, alive_until, &promises_);
  gone_[node->id()] = {std::move(held), std::move(withdrawn)};
}

void Work::Started(SimNode* node) {
  // Taken out first: where its store fails meanwhile, the node starts again and comes by here.
  auto gone = gone_.extract(node->id());
  if (gone.empty()) return;
  CheckCameBack(&world_, node, gone.mapped().held);
  desk_.Returned(node);
  if (!PutUnits(node) || !WithdrawAgain(node, gone.mapped().withdrawn)) gone_.insert(std::move(gone));
}

bool Work::WithdrawAgain(SimNode* node, const std::set<std::string>& plans) {
  for (const std::string& plan : plans) {
    v1::WithdrawPlanRequest request;
    v1::Plan response;
    request.set_request_id(NewRequestId());
    request.set_name(plan);
    request.set_reason("重新撤回");
    const absl::Status status = Sure(node, [&] { return node->plans().WithdrawPlan(request, &response); });
    if (!node->up()) return false;
    if (status.ok()) promises_.withdrawn.insert(plan);
    world_.Check("S1", status.ok(), [&] {
      return StrCat(plan, " of ", node->id(), " cannot be withdrawn again: ", ToStd(status.message()));
    });
  }
  return true;
}

void Work::Act() {
  SimNode* node = nodes_[static_cast<size_t>(world_.Below(static_cast<int>(nodes_.size())))];
  if (!node->up() || node->failed() || acts_ >= most_acts_) return;
  ++acts_;
  switch (world_.Below(20)) {
    case 0:
      return Publish(node);
    case 14:
      return Upgrade(node);
    case 15:
      return Repeat();
    case 16:
    case 17:
    case 18:
      return desk_.Act(node, UnitsBelow(node));
    case 12:
      return Trespass(&world_, node, [this] { return NewRequestId(); });
    case 13:
      return RenameUnit(node);
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

absl::Status Work::Sure(SimNode* node, absl::FunctionRef<absl::Status()> call) {
  absl::Status status = call();
  for (int tries = 0; OutcomeUnknown(status) && node->failed() && tries < 5; ++tries) {
    world_.Count("work.unknown_outcome");
    again_(node);
    if (!node->up()) return status;
    status = call();
  }
  return status;
}

template <typename Request, typename Response>
absl::Status Work::Twice(SimNode* node, const Request& request, Response* response,
                         const std::function<absl::Status(const Request&, Response*)>& call) {
  const absl::Status status = Sure(node, [&] {
    response->Clear();
    return call(request, response);
  });
  if (!status.ok()) return status;
  const auto repeat = [this, node, request, call, first = *response](bool at_once) {
    if (!node->up() || node->failed()) return;
    Response again;
    const absl::Status repeated = Sure(node, [&] {
      again.Clear();
      return call(request, &again);
    });
    // Later, what the request made may have been changed, or be gone.
    const bool gone = !at_once && ReasonOf(repeated) == v1::RESOURCE_NOT_FOUND;
    const bool same = at_once ? again.SerializeAsString() == first.SerializeAsString() : Kept(again) == Kept(first);
    world_.Check("S7", gone || (repeated.ok() && same), [&] {
      return StrCat("request ", request.request_id(), " got another answer later: ", ToStd(repeated.message()));
    });
  };
  if (world_.Below(4) == 0) repeat(true);
  // Later only while the answer is remembered.
  if (!drawn_.short_memos && done_.size() < kMostRemembered) {
    done_.push_back({node->id(), world_.now(), [repeat] { repeat(false); }});
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
      node, create, &made,
      [node](const auto& request, auto* response) { return node->plans().CreatePlan(request, response); });
  if (!status.ok()) return world_.Broken("P4", StrCat(node->id(), " cannot create: ", ToStd(status.message())));
  v1::PublishPlanRequest publish;
  publish.set_request_id(NewRequestId());
  publish.set_name(made.name());
  publish.set_issuer(UnitOf(node->id()));
  v1::Plan published;
  status = Twice<v1::PublishPlanRequest, v1::Plan>(
      node, publish, &published,
      [node](const auto& request, auto* response) { return node->plans().PublishPlan(request, response); });
  world_.Trace(StrCat(node->id(), " publish ", published.name(), " ", ToStd(status.message())));
  // The issuer's own unit comes down from above, and may not have yet.
  if (!status.ok()) return;
  published.clear_etag();
  promises_.published[published.name()] = published.SerializeAsString();
}

// The unit's place in the feed moves behind plans that name it.
void Work::RenameUnit(SimNode* node) {
  const std::vector<std::string> units = UnitsBelow(node);
  v1::UpdateUnitRequest request;
  request.set_request_id(NewRequestId());
  request.mutable_unit()->set_name(units[static_cast<size_t>(world_.Below(static_cast<int>(units.size())))]);
  request.mutable_unit()->add_aliases(StrCat("又名", acts_));
  request.mutable_update_mask()->add_paths("aliases");
  v1::Unit response;
  const absl::Status status = Twice<v1::UpdateUnitRequest, v1::Unit>(
      node, request, &response,
      [node](const auto& sent, auto* answer) { return node->directory().UpdateUnit(sent, answer); });
  if (!status.ok()) world_.Broken("P4", StrCat(node->id(), " cannot rename: ", ToStd(status.message())));
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
  if (Sure(node, [&] { return node->plans().WithdrawPlan(request, &response); }).ok()) {
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
  pull.mutable_lease()->set_seconds(drawn_.short_leases ? 1 : 1 + world_.Below(600));
  v1::PullAssignmentsResponse pulled;
  const absl::Status status = Twice<v1::PullAssignmentsRequest, v1::PullAssignmentsResponse>(
      node, pull, &pulled,
      [node](const auto& request, auto* response) { return node->assignments().PullAssignments(request, response); });
  // The unit comes down from above, and may not have yet.
  if (!status.ok()) return;
  for (const v1::Assignment& assignment : pulled.assignments()) {
    if (promises_.receipts.contains(assignment.name())) {
      world_.Broken("A3", StrCat(assignment.name(), " is handed out again after it was signed for"));
    }
    if (assignment.unit() != unit) {
      world_.Broken("A2", StrCat(assignment.name(), " of ", assignment.unit(), " is handed out to ", unit));
    }
    assignment_leases_.Take(node, assignment.name(), pulled.lease_token(), FromProto(pulled.lease_expire_time()));
    if (world_.Below(3) != 0) Sign(node, assignment, pulled.lease_token());
  }
}

void Work::Sign(SimNode* node, const v1::Assignment& assignment, const std::string& lease_token) {
  v1::ReceiveAssignmentRequest receive;
  v1::Assignment received;
  receive.set_name(assignment.name());
  receive.set_signer(StrCat("签收人", acts_));
  const std::string former = assignment_leases_.FormerToken(assignment.name());
  if (!former.empty()) {
    receive.set_request_id(NewRequestId());
    receive.set_lease_token(former);
    if (node->assignments().ReceiveAssignment(receive, &received).ok()) {
      world_.Broken("A1", StrCat(assignment.name(), " was signed for by one whose lease another had taken over"));
    }
  }
  receive.set_request_id(NewRequestId());
  receive.set_lease_token(lease_token);
  const absl::Status signed_for = Twice<v1::ReceiveAssignmentRequest, v1::Assignment>(
      node, receive, &received,
      [node](const auto& request, auto* response) { return node->assignments().ReceiveAssignment(request, response); });
  if (!signed_for.ok()) return;
  assignment_leases_.End(assignment.name());
  promises_.receipts[assignment.name()] = receive.signer();
  promises_.worked_at[assignment.name()] = node->id();
  world_.Trace(StrCat(node->id(), " receive ", assignment.name()));
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
      node, request, &response,
      [node](const auto& sent, auto* answer) { return node->assignments().ReportProgress(sent, answer); });
  if (!status.ok()) return;
  ++promises_.reports[assignment.name()];
  if (world_.Below(8) != 0) return;
  // The same id with something else in it must never pass for the first.
  request.mutable_report()->set_text("另有进展");
  const absl::Status reused = Sure(node, [&] { return node->assignments().ReportProgress(request, &response); });
  if (ReasonOf(reused) != v1::REQUEST_ID_REUSED) {
    world_.Broken("S7", StrCat("request ", request.request_id(), " was taken with another body"));
  }
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
      node, request, &response,
      [node](const auto& sent, auto* answer) { return node->assignments().SubmitResult(sent, answer); });
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
      node, request, &response,
      [node](const auto& sent, auto* answer) { return node->assignments().ReviewSubmission(sent, answer); });
  if (!status.ok()) return;
  world_.Trace(StrCat(node->id(), " review ", assignment.name(), " ", request.verdict()));
  const v1::Assignment::State before =
      assignment.execution().reports().empty() ? v1::Assignment::RECEIVED : v1::Assignment::IN_PROGRESS;
  if (response.state() != (request.verdict() == v1::Review::ACCEPTED ? v1::Assignment::DONE : before)) {
    world_.Broken("A3", StrCat(assignment.name(), " is ", v1::Assignment::State_Name(response.state()), " after ",
                               v1::Review::Verdict_Name(request.verdict())));
  }
}

void Work::Remind(SimNode* node) {
  v1::LeaseRemindersRequest lease;
  lease.set_request_id(NewRequestId());
  lease.set_max_reminders(1 + world_.Below(10));
  lease.mutable_lease()->set_seconds(drawn_.short_leases ? 1 : 1 + world_.Below(120));
  v1::LeaseRemindersResponse leased;
  const absl::Status status = Twice<v1::LeaseRemindersRequest, v1::LeaseRemindersResponse>(
      node, lease, &leased,
      [node](const auto& request, auto* response) { return node->notifications().LeaseReminders(request, response); });
  if (!status.ok()) return world_.Broken("N6", StrCat(node->id(), " cannot lease: ", ToStd(status.message())));
  for (const v1::Reminder& reminder : leased.reminders()) {
    if (reminder.attempts() <= 1 && FromProto(reminder.remind_time()) > node->clock().Now()) {
      world_.Broken("N3", StrCat(reminder.name(), " is handed out before its time"));
    }
    const auto confirmed = promises_.confirmed.find(reminder.name());
    if (confirmed != promises_.confirmed.end() && FromProto(reminder.remind_time()) <= confirmed->second.up_to) {
      world_.Broken("N5", StrCat(reminder.name(), " is handed out again after it was confirmed"));
    }
    reminder_leases_.Take(node, StrCat(node->id(), " ", reminder.name()), leased.lease_token(),
                          FromProto(leased.lease_expire_time()));
    if (world_.Below(5) != 0) Deliver(node, reminder, leased.lease_token());
  }
}

void Work::Deliver(SimNode* node, const v1::Reminder& reminder, const std::string& lease_token) {
  const std::string key = StrCat(node->id(), " ", reminder.name());
  v1::ConfirmReminderRequest confirm;
  v1::Reminder response;
  confirm.set_name(reminder.name());
  const std::string former = reminder_leases_.FormerToken(key);
  if (!former.empty()) {
    confirm.set_request_id(NewRequestId());
    confirm.set_lease_token(former);
    if (node->notifications().ConfirmReminder(confirm, &response).ok()) {
      world_.Broken("N1", StrCat(reminder.name(), " was confirmed by one whose lease another had taken over"));
    }
  }
  confirm.set_request_id(NewRequestId());
  confirm.set_lease_token(lease_token);
  const bool failed = world_.Below(5) == 0;
  if (failed) confirm.set_error("对方未接听");
  if (!Sure(node, [&] { return node->notifications().ConfirmReminder(confirm, &response); }).ok()) return;
  reminder_leases_.End(key);
  if (!failed) promises_.confirmed[reminder.name()] = {node->id(), absl::InfiniteFuture()};
}

// A caller whose answer was lost, and who comes back late: after other work, and after the node was started again.
void Work::Repeat() {
  if (!done_.empty()) done_[static_cast<size_t>(world_.Below(static_cast<int>(done_.size())))].repeat();
}

void Work::Upgrade(SimNode* node) {
  const std::string unit = WriteAsNewerVersion(node, world_.dice("newer"));
  if (!unit.empty()) promises_.newer.emplace(node->id(), unit);
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
    const absl::Status status = Sure(node, [&] { return node->assignments().ReportProgress(request, &response); });
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
