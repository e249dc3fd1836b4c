#include "tests/simulation/work.h"

#include <algorithm>
#include <utility>

#include "common/base/civil.h"
#include "common/base/strings.h"
#include "tests/simulation/newer_version.h"
#include "tests/simulation/trespass.h"

namespace duban::simulation {
namespace {

std::string DisplayName(const std::string& unit) {
  return StrCat("单位", LastSegment(unit));
}

}  // namespace

Work::Work(World* world, std::vector<SimNode*> nodes, const Drawn& drawn, int64_t acts,
           std::function<void(SimNode*)> again)
    : world_(*world),
      nodes_(std::move(nodes)),
      drawn_(drawn),
      most_acts_(acts),
      caller_(world, drawn, std::move(again)),
      duties_(world, drawn, &caller_, &promises_),
      desk_(world, &caller_),
      requests_(world, &caller_),
      reminder_leases_(world, "N1") {}

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
    if (node->directory().GetUnit(Anybody(), get, &made).ok()) continue;
    const absl::Status status =
        caller_.Sure(node, [&] { return node->directory().CreateUnit(Anybody(), request, &made); });
    if (!node->up()) return false;
    if (!status.ok()) world_.Broken("S7", StrCat(node->id(), " unit ", name, ": ", ToStd(status.message())));
  }
  return true;
}

void Work::Lost(SimNode* node, absl::Time copied) {
  duties_.Lost(node);
  reminder_leases_.Forget(node->id());
  caller_.Forget(node->id(), copied);
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
    request.set_request_id(caller_.NewRequestId());
    request.set_name(plan);
    request.set_reason("重新撤回");
    const absl::Status status =
        caller_.Sure(node, [&] { return node->plans().WithdrawPlan(Anybody(), request, &response); });
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
  switch (world_.Below(24)) {
    case 20:
    case 21:
    case 22:
    case 23:
      return requests_.Act(node, UnitsBelow(node));
    case 0:
      return Publish(node);
    case 14:
      return Upgrade(node);
    case 19:
      return Revise(node);
    case 15:
      return caller_.Repeat();
    case 16:
    case 17:
    case 18:
      return desk_.Act(node, UnitsBelow(node));
    case 12:
      return Trespass(&world_, node, [this] { return caller_.NewRequestId(); });
    case 13:
      return world_.Below(3) == 0 ? MoveOffice(node) : RenameUnit(node);
    case 1:
      return world_.Below(4) == 0 ? Withdraw(node) : duties_.Conflict(node);
    case 2:
    case 3:
      return duties_.PullAndSign(node);
    case 4:
    case 5:
      return duties_.Report(node);
    case 6:
    case 7:
      return duties_.Submit(node);
    case 8:
    case 9:
      return duties_.Review(node);
    default:
      return Remind(node);
  }
}

void Work::Publish(SimNode* node) {
  v1::CreatePlanRequest create;
  create.set_request_id(caller_.NewRequestId());
  v1::Plan& plan = *create.mutable_plan();
  const absl::CivilDay today = DayOf(node->clock().Now());
  plan.set_title(StrCat("工作要点", create.request_id()));
  plan.set_year(static_cast<int>(today.year()));
  const int count = 1 + world_.Below(5);
  for (int i = 1; i <= count; ++i) DrawTask(i, today, UnitsBelow(node), *plan.add_tasks());
  v1::Plan made;
  absl::Status status = caller_.Twice<v1::CreatePlanRequest, v1::Plan>(
      node, create, &made,
      [node](const auto& request, auto* response) { return node->plans().CreatePlan(Anybody(), request, response); });
  if (!status.ok()) return world_.Broken("P4", StrCat(node->id(), " cannot create: ", ToStd(status.message())));
  if (world_.Below(2) == 0) desk_.Align(node, made);
  if (!node->up()) return;
  v1::PublishPlanRequest publish;
  publish.set_request_id(caller_.NewRequestId());
  publish.set_name(made.name());
  publish.set_issuer(UnitOf(node->id()));
  v1::Plan published;
  status = caller_.Twice<v1::PublishPlanRequest, v1::Plan>(
      node, publish, &published,
      [node](const auto& request, auto* response) { return node->plans().PublishPlan(Anybody(), request, response); });
  world_.Trace(StrCat(node->id(), " publish ", published.name(), " ", ToStd(status.message())));
  // The issuer's own unit comes down from above, and may not have yet.
  if (!status.ok()) return;
  published.clear_etag();
  promises_.published[published.name()].push_back(published.SerializeAsString());
}

// A task under a heading or none, for some of the units, with a date or with periods.
void Work::DrawTask(int number, absl::CivilDay today, const std::vector<std::string>& units, v1::Task& task) {
  task.set_task_id(StrCat("body-", number));
  task.set_table("body");
  task.set_number(number);
  task.set_text(StrCat("做好第", number, "项工作"));
  static constexpr const char* kHeadings[] = {"", "一、总体要求", "二、民生实事"};
  const std::string heading = kHeadings[world_.Below(3)];
  if (!heading.empty()) task.add_headings(heading);
  const auto address = [&](const std::string& unit) {
    v1::Responsibility& responsibility = *task.add_responsibilities();
    responsibility.set_unit(DisplayName(unit));
    responsibility.set_printed(DisplayName(unit));
    responsibility.set_role(task.responsibilities_size() == 1 ? v1::Responsibility::LEAD
                                                              : v1::Responsibility::COOPERATE);
  };
  for (const std::string& unit : units) {
    if (world_.Below(2) == 0) address(unit);
  }
  if (task.responsibilities().empty()) address(units[0]);
  v1::Deadline& deadline = *task.mutable_deadline();
  deadline.set_printed("近期");
  const int kind = world_.Below(8), days = world_.Below(20);
  if (kind == 0) {
    deadline.set_kind(v1::Deadline::STANDING);
  } else if (kind == 1) {
    deadline.set_kind(v1::Deadline::PERIODIC);
    deadline.set_frequency(days % 2 == 0 ? v1::Deadline::MONTHLY : v1::Deadline::DAILY);
    deadline.set_times(1);
  } else {
    deadline.set_kind(v1::Deadline::BY_DATE);
    deadline.set_due(FormatDay(today + days));
  }
}

// The unit's place in the feed moves behind plans that name it.
void Work::RenameUnit(SimNode* node) {
  const std::vector<std::string> units = UnitsBelow(node);
  v1::UpdateUnitRequest request;
  request.set_request_id(caller_.NewRequestId());
  request.mutable_unit()->set_name(units[static_cast<size_t>(world_.Below(static_cast<int>(units.size())))]);
  request.mutable_unit()->add_aliases(StrCat("又名", acts_));
  request.mutable_update_mask()->add_paths("aliases");
  v1::Unit response;
  const absl::Status status = caller_.Twice<v1::UpdateUnitRequest, v1::Unit>(
      node, request, &response,
      [node](const auto& sent, auto* answer) { return node->directory().UpdateUnit(Anybody(), sent, answer); });
  if (!status.ok()) world_.Broken("P4", StrCat(node->id(), " cannot rename: ", ToStd(status.message())));
}

// The office that works as a client of a node gets a node below to work at, or comes back: its open duties go along.
void Work::MoveOffice(SimNode* node) {
  std::vector<std::string> places = {node->id()};
  for (const std::string& unit : UnitsBelow(node)) {
    if (unit != LocalUnit(node->id())) places.emplace_back(LastSegment(unit).substr(2));
  }
  v1::UpdateUnitRequest request;
  request.set_request_id(caller_.NewRequestId());
  request.mutable_unit()->set_name(LocalUnit(node->id()));
  request.mutable_unit()->set_node(places[static_cast<size_t>(world_.Below(static_cast<int>(places.size())))]);
  request.mutable_update_mask()->add_paths("node");
  // Before anybody knows what becomes of the request: it may have taken effect, whatever is answered.
  promises_.moved.insert(request.unit().name());
  v1::Unit response;
  const absl::Status status = caller_.Twice<v1::UpdateUnitRequest, v1::Unit>(
      node, request, &response,
      [node](const auto& sent, auto* answer) { return node->directory().UpdateUnit(Anybody(), sent, answer); });
  if (!status.ok()) return world_.Broken("P4", StrCat(node->id(), " cannot move: ", ToStd(status.message())));
  world_.Count("work.move");
  world_.Trace(StrCat(node->id(), " move ", request.unit().name(), " to ", request.unit().node()));
}

void Work::Withdraw(SimNode* node) {
  v1::ListPlansRequest list;
  list.set_state(v1::Plan::PUBLISHED);
  list.set_owner_node(node->id());
  v1::ListPlansResponse plans;
  if (!node->plans().ListPlans(Anybody(), list, &plans).ok() || plans.plans().empty()) return;
  v1::WithdrawPlanRequest request;
  request.set_request_id(caller_.NewRequestId());
  request.set_name(plans.plans(world_.Below(plans.plans_size())).name());
  request.set_reason("另行安排");
  v1::Plan response;
  if (caller_.Sure(node, [&] { return node->plans().WithdrawPlan(Anybody(), request, &response); }).ok()) {
    promises_.withdrawn.insert(request.name());
    world_.Trace(StrCat(node->id(), " withdraw ", request.name()));
  }
}

void Work::Revise(SimNode* node) {
  v1::ListPlansRequest list;
  list.set_owner_node(node->id());
  list.set_page_size(500);
  v1::ListPlansResponse plans;
  if (!node->plans().ListPlans(Anybody(), list, &plans).ok()) return;
  std::vector<v1::Plan> drafts, published;
  for (const v1::Plan& head : plans.plans()) {
    if (head.state() == v1::Plan::PUBLISHED) published.push_back(head);
    if (head.state() == v1::Plan::DRAFT && !head.revises().empty()) drafts.push_back(head);
  }
  if (!drafts.empty() && world_.Below(3) != 0) {
    return PublishDraft(node, drafts[static_cast<size_t>(world_.Below(static_cast<int>(drafts.size())))]);
  }
  if (published.empty()) return;
  v1::RevisePlanRequest request;
  request.set_request_id(caller_.NewRequestId());
  request.set_name(published[static_cast<size_t>(world_.Below(static_cast<int>(published.size())))].name());
  v1::Plan draft;
  const absl::Status status = caller_.Sure(node, [&] { return node->plans().RevisePlan(Anybody(), request, &draft); });
  // One draft at a time.
  const bool open = ReasonOf(status) == v1::RESOURCE_EXISTS;
  world_.Check("P4", status.ok() || open,
               [&] { return StrCat(node->id(), " cannot revise ", request.name(), ": ", ToStd(status.message())); });
  if (!status.ok()) return;
  ChangeDraft(node, draft);
  if (node->up() && world_.Below(4) != 0) PublishDraft(node, draft);
}

// A task goes, a task comes, one gets another deadline or other units; any of it or nothing.
void Work::ChangeDraft(SimNode* node, const v1::Plan& draft) {
  v1::EditPlanRequest edits;
  edits.set_request_id(caller_.NewRequestId());
  edits.set_name(draft.name());
  const absl::CivilDay today = DayOf(node->clock().Now());
  v1::Plan response;
  if (draft.tasks_size() > 1 && world_.Below(4) == 0) {
    const v1::Task& gone = draft.tasks(world_.Below(draft.tasks_size()));
    edits.add_edits()->mutable_remove_task()->set_task_id(gone.task_id());
  }
  if (world_.Below(4) == 0) {
    v1::Task& fresh = *edits.add_edits()->mutable_add_task()->mutable_task();
    DrawTask(100 + world_.Below(900), today, UnitsBelow(node), fresh);
    fresh.clear_task_id();
    fresh.clear_number();
  }
  if (!edits.edits().empty()) {
    const auto edit = [&] { return node->plans().EditPlan(Anybody(), edits, &response); };
    if (!caller_.Sure(node, edit).ok() || !node->up()) return;
  }
  const v1::Plan& now = edits.edits().empty() ? draft : response;
  v1::UpdateTaskRequest change;
  change.set_request_id(caller_.NewRequestId());
  v1::Task drawn;
  DrawTask(1, today, UnitsBelow(node), drawn);
  v1::Task& task = *change.mutable_task();
  task.set_name(now.tasks(world_.Below(now.tasks_size())).name());
  const auto changes = [&](int one_in, const char* field) {
    if (world_.Below(one_in) != 0) return false;
    change.mutable_update_mask()->add_paths(field);
    return true;
  };
  if (changes(2, "deadline")) *task.mutable_deadline() = drawn.deadline();
  if (changes(3, "responsibilities")) *task.mutable_responsibilities() = drawn.responsibilities();
  if (changes(4, "headings")) *task.mutable_headings() = drawn.headings();
  if (changes(4, "text")) task.set_text(StrCat("改为", change.request_id()));
  if (change.update_mask().paths().empty()) return;
  v1::Plan changed;
  caller_.Sure(node, [&] { return node->plans().UpdateTask(Anybody(), change, &changed); }).IgnoreError();
}

void Work::PublishDraft(SimNode* node, const v1::Plan& draft) {
  v1::PublishPlanRequest publish;
  publish.set_request_id(caller_.NewRequestId());
  publish.set_name(draft.name());
  publish.set_issuer(UnitOf(node->id()));
  publish.set_reason("情况有变");
  v1::Plan published;
  const absl::Status status = caller_.Twice<v1::PublishPlanRequest, v1::Plan>(
      node, publish, &published,
      [node](const auto& request, auto* response) { return node->plans().PublishPlan(Anybody(), request, response); });
  world_.Trace(StrCat(node->id(), " revise ", draft.revises(), " ", ToStd(status.message())));
  // Findings can be open, the plan withdrawn, the issuer's unit not known here yet after a loss.
  if (!status.ok()) return;
  world_.Count("work.revise");
  published.clear_etag();
  promises_.published[published.name()].push_back(published.SerializeAsString());
}

void Work::Remind(SimNode* node) {
  v1::LeaseRemindersRequest lease;
  lease.set_request_id(caller_.NewRequestId());
  lease.set_max_reminders(1 + world_.Below(10));
  lease.mutable_lease()->set_seconds(drawn_.short_leases ? 1 : 1 + world_.Below(120));
  v1::LeaseRemindersResponse leased;
  const absl::Status status = caller_.Twice<v1::LeaseRemindersRequest, v1::LeaseRemindersResponse>(
      node, lease, &leased, [node](const auto& request, auto* response) {
        return node->notifications().LeaseReminders(Anybody(), request, response);
      });
  if (!status.ok()) return world_.Broken("N6", StrCat(node->id(), " cannot lease: ", ToStd(status.message())));
  const bool at_once = world_.Below(2) == 0;
  std::vector<std::string> delivered;
  for (const v1::Reminder& reminder : leased.reminders()) {
    CheckHandedOut(node, reminder);
    reminder_leases_.Take(node, StrCat(node->id(), " ", reminder.name()), leased.lease_token(),
                          FromProto(leased.lease_expire_time()));
    if (world_.Below(5) != 0) delivered.push_back(reminder.name());
  }
  if (at_once) return ConfirmAll(node, delivered, leased.lease_token());
  for (const std::string& name : delivered) Confirm(node, name, leased.lease_token());
}

void Work::CheckHandedOut(SimNode* node, const v1::Reminder& reminder) {
  const absl::Time time = FromProto(reminder.remind_time());
  world_.Check("N3", reminder.attempts() > 1 || time <= node->clock().Now(),
               [&] { return StrCat(reminder.name(), " is handed out before its time"); });
  const auto confirmed = promises_.confirmed.find(reminder.name());
  // A unit that has moved can be told by its new node what the old one has told it.
  const bool again =
      confirmed != promises_.confirmed.end() && confirmed->second.node == node->id() && time <= confirmed->second.up_to;
  world_.Check("N5", !again, [&] { return StrCat(reminder.name(), " is handed out again after it was confirmed"); });
}

void Work::TryFormerLease(SimNode* node, const std::string& reminder) {
  v1::ConfirmReminderRequest confirm;
  v1::Reminder response;
  confirm.set_name(reminder);
  confirm.set_lease_token(reminder_leases_.FormerToken(StrCat(node->id(), " ", reminder)));
  if (confirm.lease_token().empty()) return;
  confirm.set_request_id(caller_.NewRequestId());
  if (node->notifications().ConfirmReminder(Anybody(), confirm, &response).ok()) {
    world_.Broken("N1", StrCat(reminder, " was confirmed by one whose lease another had taken over"));
  }
}

void Work::Confirmed(SimNode* node, const std::string& reminder, const std::string& error) {
  reminder_leases_.End(StrCat(node->id(), " ", reminder));
  if (error.empty()) promises_.confirmed[reminder] = {node->id(), absl::InfiniteFuture()};
}

std::string Work::AnyError() {
  return world_.Below(5) == 0 ? "对方未接听" : "";
}

void Work::Confirm(SimNode* node, const std::string& reminder, const std::string& lease_token) {
  TryFormerLease(node, reminder);
  v1::ConfirmReminderRequest confirm;
  v1::Reminder response;
  confirm.set_request_id(caller_.NewRequestId());
  confirm.set_name(reminder);
  confirm.set_lease_token(lease_token);
  confirm.set_error(AnyError());
  const absl::Status status =
      caller_.Sure(node, [&] { return node->notifications().ConfirmReminder(Anybody(), confirm, &response); });
  if (status.ok()) Confirmed(node, reminder, confirm.error());
}

void Work::ConfirmAll(SimNode* node, const std::vector<std::string>& reminders, const std::string& lease_token) {
  if (reminders.empty()) return;
  v1::ConfirmRemindersRequest confirm;
  confirm.set_request_id(caller_.NewRequestId());
  confirm.set_lease_token(lease_token);
  for (const std::string& reminder : reminders) {
    TryFormerLease(node, reminder);
    confirm.add_items()->set_name(reminder);
    confirm.mutable_items()->rbegin()->set_error(AnyError());
  }
  // One that names no reminder is refused, and nothing else for it.
  confirm.add_items()->set_name("reminders/nobody");
  v1::ConfirmRemindersResponse response;
  const absl::Status status = caller_.Twice<v1::ConfirmRemindersRequest, v1::ConfirmRemindersResponse>(
      node, confirm, &response, [node](const auto& sent, auto* answer) {
        return node->notifications().ConfirmReminders(Anybody(), sent, answer);
      });
  if (!status.ok()) return;
  world_.Count("work.bulk");
  const bool whole = response.results_size() == confirm.items_size();
  world_.Check("A6", whole && ReasonOfResult(response.results().rbegin()->error()) == v1::RESOURCE_NOT_FOUND,
               [&] { return StrCat("of ", confirm.items_size(), " confirmations: ", response.ShortDebugString()); });
  for (int i = 0; whole && i + 1 < confirm.items_size(); ++i) {
    const auto& result = response.results(i);
    world_.Check("A6", result.name() == confirm.items(i).name(),
                 [&] { return StrCat("a confirmation of ", confirm.items(i).name(), " answers ", result.name()); });
    if (!result.has_error()) Confirmed(node, result.name(), confirm.items(i).error());
  }
}

void Work::Upgrade(SimNode* node) {
  const std::string unit = WriteAsNewerVersion(node, world_.dice("newer"));
  if (!unit.empty()) promises_.newer.emplace(node->id(), unit);
}

}  // namespace duban::simulation
