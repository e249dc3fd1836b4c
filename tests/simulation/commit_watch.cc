#include "tests/simulation/commit_watch.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "common/base/strings.h"
#include "services/assignment/state.h"

namespace duban::simulation {
namespace {

using v1::Assignment;
using v1::Reminder;

constexpr std::string_view kExecution = "/execution";

// Whether an assignment may get from one state to another in any number of moves.
bool MayGet(Assignment::State from, Assignment::State to) {
  if (from == to || to == Assignment::CANCELLED) return true;
  switch (from) {
    case Assignment::ISSUED:
      return true;
    case Assignment::RECEIVED:
      return to != Assignment::ISSUED;
    case Assignment::IN_PROGRESS:
      return to != Assignment::ISSUED && to != Assignment::RECEIVED;
    case Assignment::UNDER_REVIEW:
      return to != Assignment::ISSUED;
    default:
      return false;
  }
}

// Whether the first items of `after` are those of `before`.
template <typename Items>
bool BeginsWith(const Items& after, const Items& before) {
  return after.size() >= before.size() &&
         std::equal(before.begin(), before.end(), after.begin(),
                    [](const auto& a, const auto& b) { return a.SerializeAsString() == b.SerializeAsString(); });
}

bool SameBytes(const google::protobuf::Message& a, const google::protobuf::Message& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

bool IsFinal(Reminder::State state) {
  return state == Reminder::CONFIRMED;
}

}  // namespace

std::string Lasting(v1::Plan plan) {
  plan.clear_etag();
  plan.clear_state();
  plan.clear_findings();
  plan.clear_update_time();
  plan.clear_withdraw_time();
  plan.clear_withdraw_reason();
  return plan.SerializeAsString();
}

std::set<std::string> CommitWatch::ChangedSince(const Snapshot& snapshot, int64_t after) {
  std::set<std::string> names;
  const absl::Status scanned = snapshot.ScanRows(
      CommitKey(after + 1), PrefixEnd(CommitKey(0).substr(0, 1)), [&](std::string_view, std::string_view value) {
        storage::v1::CommitRecord commit;
        if (!commit.ParseFromArray(value.data(), static_cast<int>(value.size()))) return false;
        for (const auto& audit : commit.audits()) names.insert(audit.entities().begin(), audit.entities().end());
        return true;
      });
  if (!scanned.ok()) world_.Broken("F1", StrCat(where_, " cannot be read: ", ToStd(scanned.message())));
  return names;
}

void CommitWatch::Look(const Store& store) {
  const std::unique_ptr<Snapshot> snapshot = store.TakeSnapshot();
  if (epoch_ != snapshot->head().epoch()) {
    // Another history: what a restored node has forgotten may happen again.
    epoch_ = snapshot->head().epoch();
    seen_ = 0;
    back_.clear();
    plans_.clear();
    assignments_.clear();
    reminders_.clear();
  }
  for (const std::string& name : ChangedSince(*snapshot, seen_)) See(*snapshot, name);
  seen_ = snapshot->head().sequence();
}

void CommitWatch::See(const Snapshot& snapshot, const std::string& name) {
  if (name.starts_with("plans/")) {
    const auto plan = snapshot.Get<v1::Plan>(name);
    if (plan.ok() && plan->has_value()) SeePlan((*plan)->value);
  } else if (name.starts_with("assignments/")) {
    const std::string whole = name.ends_with(kExecution) ? name.substr(0, name.size() - kExecution.size()) : name;
    const auto assignment = snapshot.Get<Assignment>(whole);
    const auto execution = snapshot.Get<v1::Execution>(StrCat(whole, kExecution));
    if (!assignment.ok() || !assignment->has_value() || !execution.ok()) return;
    SeeAssignment((*assignment)->value, execution->has_value() ? (*execution)->value : v1::Execution());
  } else if (name.starts_with("reminders/")) {
    const auto reminder = snapshot.Get<Reminder>(name);
    if (reminder.ok() && reminder->has_value()) SeeReminder((*reminder)->value);
  }
}

bool CommitWatch::MayGoBack(const std::string& entity, const std::string& owner, bool relayed) {
  return std::exchange(back_[entity], forgot_(owner, relayed)) < forgot_(owner, relayed);
}

void CommitWatch::SeePlan(const v1::Plan& plan) {
  const auto [it, fresh] = plans_.emplace(plan.name(), plan);
  if (fresh) return;
  const v1::Plan before = std::exchange(it->second, plan);
  const bool back = plan.state() < before.state() || plan.revision() < before.revision();
  if (back && MayGoBack(plan.name(), plan.owner_node(), true)) return;
  const bool moved = plan.state() >= before.state() && plan.state() <= v1::Plan::WITHDRAWN &&
                     !(before.state() == v1::Plan::DRAFT && plan.state() == v1::Plan::WITHDRAWN);
  world_.Check("P2", moved, [&] {
    return StrCat(where_, ": ", plan.name(), " went from ", v1::Plan::State_Name(before.state()), " to ",
                  v1::Plan::State_Name(plan.state()));
  });
  const int rise = plan.revision() - before.revision();
  world_.Check("P1", rise == 0 || rise == 1, [&] {
    return StrCat(where_, ": ", plan.name(), " went from revision ", before.revision(), " to ", plan.revision());
  });
  if (before.state() == v1::Plan::DRAFT || rise != 0) return;
  world_.Check("P1", Lasting(before) == Lasting(plan),
               [&] { return StrCat(where_, ": ", plan.name(), " changed after it was published"); });
}

void CommitWatch::SeeAssignment(const Assignment& assignment, const v1::Execution& execution) {
  const auto [it, fresh] = assignments_.emplace(assignment.name(), Halves{assignment, execution});
  if (fresh) return;
  const Halves before = std::exchange(it->second, Halves{assignment, execution});
  // A half begins anew with each move of its unit.
  if (before.assignment.moves() != assignment.moves() || before.execution.moves() != execution.moves()) return;
  const bool issuer_back =
      assignment.version() <= before.assignment.version() && !SameBytes(assignment, before.assignment);
  const bool unit_back = execution.version() <= before.execution.version() && !SameBytes(execution, before.execution);
  if (issuer_back && MayGoBack(assignment.name(), assignment.issuer_node(), false)) return;
  if (unit_back && MayGoBack(StrCat(assignment.name(), kExecution), execution.node(), false)) return;
  const bool rises =
      assignment.version() >= before.assignment.version() && execution.version() >= before.execution.version();
  world_.Check("A3", rises, [&] { return StrCat(where_, ": ", assignment.name(), " went back to an older version"); });
  const Assignment::State from = StateOf(before.assignment, before.execution), to = StateOf(assignment, execution);
  world_.Check("A3", MayGet(from, to), [&] {
    return StrCat(where_, ": ", assignment.name(), " went from ", Assignment::State_Name(from), " to ",
                  Assignment::State_Name(to));
  });
  const bool kept = BeginsWith(execution.reports(), before.execution.reports()) &&
                    BeginsWith(execution.submissions(), before.execution.submissions()) &&
                    BeginsWith(assignment.reviews(), before.assignment.reviews());
  world_.Check("A3", kept, [&] { return StrCat(where_, ": ", assignment.name(), " lost or changed an entry"); });
  const bool signed_for = !before.execution.has_receipt() ||
                          execution.receipt().SerializeAsString() == before.execution.receipt().SerializeAsString();
  world_.Check("A3", signed_for, [&] { return StrCat(where_, ": the receipt of ", assignment.name(), " changed"); });
}

void CommitWatch::SeeReminder(const Reminder& reminder) {
  if (reminder.state() == Reminder::SCHEDULED) scheduled_(reminder.name());
  const auto [it, fresh] = reminders_.emplace(reminder.name(), reminder);
  if (fresh) return;
  const Reminder before = std::exchange(it->second, reminder);
  world_.Check("N6", !IsFinal(before.state()) || reminder.state() == before.state(), [&] {
    return StrCat(where_, ": ", reminder.name(), " went from ", Reminder::State_Name(before.state()), " to ",
                  Reminder::State_Name(reminder.state()));
  });
  world_.Check("N6", reminder.attempts() <= 100,
               [&] { return StrCat(where_, ": ", reminder.name(), " was tried ", reminder.attempts(), " times"); });
}

}  // namespace duban::simulation
