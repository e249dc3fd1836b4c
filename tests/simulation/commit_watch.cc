#include "tests/simulation/commit_watch.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "common/base/civil.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "services/assignment/state.h"
#include "services/notification/reminder_rows.h"

namespace duban::simulation {
namespace {

using v1::Assignment;
using v1::Reminder;

// The revision that last changed what is asked of a unit; 0: none.
int32_t LastChange(const Duty& duty) {
  int32_t last = duty.addressee.duty_change().plan_revision();
  for (const v1::DutyChange& change : duty.order->duty_changes()) last = std::max(last, change.plan_revision());
  return last;
}

// Whether an assignment may get from one state to another in any number of moves. `retracted`: a report was taken back,
// or turned out to have been read; `revised`: a revision asked something else in between.
bool MayGet(Assignment::State from, Assignment::State to, bool retracted, bool revised) {
  if (from == to || to == Assignment::CANCELLED) return true;
  if (revised && from != Assignment::DONE) return true;
  switch (from) {
    case Assignment::ISSUED:
      return true;
    case Assignment::RECEIVED:
      return to != Assignment::ISSUED;
    case Assignment::IN_PROGRESS:
      return to != Assignment::ISSUED && (to != Assignment::RECEIVED || retracted);
    case Assignment::UNDER_REVIEW:
      return to != Assignment::ISSUED;
    case Assignment::DECLINED:
      return true;
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

bool HasRetracted(const v1::Execution& execution) {
  return std::any_of(execution.reports().begin(), execution.reports().end(),
                     [](const v1::Report& report) { return report.has_retract_time(); });
}

// `before` with the reports taken back that `now` has taken back.
v1::Execution RetractedAs(const v1::Execution& now, v1::Execution before) {
  for (int i = 0; i < before.reports_size() && i < now.reports_size(); ++i) {
    v1::Report& report = *before.mutable_reports(i);
    const bool retracted = now.reports(i).has_retract_time() && !report.has_retract_time();
    if (retracted) *report.mutable_retract_time() = now.reports(i).retract_time();
  }
  return before;
}

// All receipts, in the order in which they were signed.
std::vector<v1::Receipt> ReceiptsOf(const v1::Execution& execution) {
  std::vector<v1::Receipt> all(execution.earlier_receipts().begin(), execution.earlier_receipts().end());
  if (execution.has_receipt()) all.push_back(execution.receipt());
  return all;
}

bool SameBytes(const google::protobuf::Message& a, const google::protobuf::Message& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

// Whether an order says the same to one unit. Which list names the unit is this node's own affair.
bool SameOrder(const Duty& a, const Duty& b) {
  v1::Order one = *a.order, other = *b.order;
  one.clear_addressee_list();
  other.clear_addressee_list();
  return SameBytes(one, other) && SameBytes(a.addressee, b.addressee);
}

// A half as it is stored; version 0 where there is none.
template <typename Half>
Half HalfOf(const Snapshot& snapshot, const std::string& name) {
  const auto stored = snapshot.Get<Half>(name);
  return stored.ok() && stored->has_value() ? (*stored)->value : Half();
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

void SubmissionBook::See(const std::string& assignment, const v1::Execution& execution) {
  for (const v1::Submission& submission : execution.submissions()) {
    const auto [it, fresh] = seen_.emplace(std::pair(assignment, submission.submission_id()), "");
    const std::string bytes = submission.SerializeAsString();
    if (fresh) it->second = bytes;
    world_.Check("A8", it->second == bytes,
                 [&] { return StrCat(submission.submission_id(), " of ", assignment, " stands for two results"); });
  }
}

std::set<std::string> CommitWatch::ChangedSince(const Snapshot& snapshot, int64_t after) {
  std::set<std::string> names;
  const absl::Status scanned = snapshot.ScanRows(
      CommitKey(after + 1), PrefixEnd(CommitKey(0).substr(0, 1)), [&](std::string_view, std::string_view value) {
        storage::v1::CommitRecord commit;
        if (!commit.ParseFromArray(value.data(), static_cast<int>(value.size()))) return false;
        for (const auto& audit : commit.audits()) {
          if (audit.refused() == v1::ERROR_REASON_UNSPECIFIED) {
            names.insert(audit.entities().begin(), audit.entities().end());
          }
        }
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
    duties_.clear();
    rows_.clear();
    reminders_.clear();
  }
  for (const std::string& name : ChangedSince(*snapshot, seen_)) See(*snapshot, name);
  if (store.options().service == "notification") SeeQueue(*snapshot);
  seen_ = snapshot->head().sequence();
}

void CommitWatch::See(const Snapshot& snapshot, const std::string& name) {
  const ParsedName parsed = ParseName(name);
  switch (parsed.noun) {
    case Noun::kPlan: {
      const auto plan = snapshot.Get<v1::Plan>(name);
      if (plan.ok() && plan->has_value()) SeePlan((*plan)->value);
      return;
    }
    case Noun::kOrder:
      return SeeDuties(snapshot, parsed.task, "");
    case Noun::kOversight:
    case Noun::kExecution:
      return SeeDuties(snapshot, parsed.task, parsed.unit());
    default:
      return;
  }
}

void CommitWatch::SeeQueue(const Snapshot& snapshot) {
  for (const std::string_view rows : {kOrderRows, kBatchRows}) {
    const std::string begin = LocalKey(rows);
    const absl::Status scanned =
        snapshot.ScanRows(begin, PrefixEnd(begin), [&](std::string_view key, std::string_view value) {
          std::string& known = rows_[std::string(key)];
          if (known == value) return true;
          known = value;
          if (rows == kOrderRows) {
            scheduled_(std::string(key.substr(begin.size())));
          } else {
            SeeBatch(key.substr(1), value);
          }
          return true;
        });
    if (!scanned.ok()) world_.Broken("N6", StrCat(where_, " cannot be read: ", ToStd(scanned.message())));
  }
}

void CommitWatch::SeeBatch(std::string_view row, std::string_view value) {
  const std::optional<BatchId> id = ParseBatchRow(row);
  storage::v1::ReminderBatch batch;
  if (!id.has_value() || !batch.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return world_.Broken("N6", StrCat(where_, " has a batch that does not parse"));
  }
  for (int i = 0; i < batch.keys_size(); ++i) {
    SeeReminder(ReminderName(id->order, id->schedule, batch.keys(i)),
                batch.standings(static_cast<int>(batch.standing_of(i))));
  }
}

void CommitWatch::SeeDuties(const Snapshot& snapshot, std::string_view task, std::string_view unit) {
  const auto order = snapshot.Get<v1::Order>(OrderName(task));
  if (!order.ok() || !order->has_value()) return;
  Duty duty;
  duty.order = std::make_shared<const v1::Order>((*order)->value);
  const auto list = snapshot.Get<v1::AddresseeList>(duty.order->addressee_list());
  if (!list.ok() || !list->has_value()) {
    return world_.Broken("A7", StrCat(where_, " has no list of whom ", duty.order->name(), " is addressed to"));
  }
  for (const v1::Addressee& addressee : (*list)->value.addressees()) {
    if (!unit.empty() && addressee.unit() != unit) continue;
    duty.name = AssignmentName(task, addressee.unit());
    duty.addressee = addressee;
    duty.oversight = HalfOf<v1::Oversight>(snapshot, OversightName(duty.name));
    const auto execution = HalfOf<v1::Execution>(snapshot, ExecutionName(duty.name));
    book_.See(duty.name, execution);
    duty.execution = EffectiveExecution(addressee, duty.oversight, execution);
    SeeDuty(duty);
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
  // A follower hears of the latest one only.
  const bool own = where_ == StrCat(plan.owner_node(), " plan");
  world_.Check("P1", rise == 0 || rise == 1 || (rise > 0 && !own), [&] {
    return StrCat(where_, ": ", plan.name(), " went from revision ", before.revision(), " to ", plan.revision());
  });
  if (before.state() == v1::Plan::DRAFT || rise != 0) return;
  world_.Check("P1", Lasting(before) == Lasting(plan),
               [&] { return StrCat(where_, ": ", plan.name(), " changed after it was published"); });
}

void CommitWatch::SeeDuty(const Duty& duty) {
  const auto [it, fresh] = duties_.emplace(duty.name, duty);
  if (fresh) return;
  const Duty before = std::exchange(it->second, duty);
  // The unit's half begins anew with each move.
  if (before.addressee.moves() != duty.addressee.moves()) return;
  const int64_t order = duty.order->version() - before.order->version();
  const int64_t oversight = duty.oversight.version() - before.oversight.version();
  const int64_t execution = duty.execution.version() - before.execution.version();
  const std::string& issuer = duty.order->issuer_node();
  const bool order_back = order <= 0 && !SameOrder(before, duty);
  const bool oversight_back = oversight <= 0 && !SameBytes(before.oversight, duty.oversight);
  const bool unit_back = execution <= 0 && !SameBytes(before.execution, duty.execution);
  if (order_back && MayGoBack(duty.name, issuer, false)) return;
  if (oversight_back && MayGoBack(OversightName(duty.name), issuer, false)) return;
  // A node that goes on from a backup may know nothing of it any more.
  const std::string& unit_node = execution < 0 ? before.execution.node() : duty.execution.node();
  if (unit_back && MayGoBack(ExecutionName(duty.name), unit_node, false)) return;
  world_.Check("A3", order >= 0 && oversight >= 0 && execution >= 0,
               [&] { return StrCat(where_, ": ", duty.name, " went back to an older version"); });
  CheckKept(before, duty);
}

void CommitWatch::CheckKept(const Duty& before, const Duty& duty) {
  const Assignment::State from = StateOf(before), to = StateOf(duty);
  // What was cancelled can be addressed to the unit anew.
  const bool anew = FromProto(IssueTimeOf(before)) < FromProto(IssueTimeOf(duty));
  const bool revised = LastChange(duty) > LastChange(before);
  world_.Check("A3", anew || MayGet(from, to, HasRetracted(duty.execution), revised), [&] {
    return StrCat(where_, ": ", duty.name, " went from ", Assignment::State_Name(from), " to ",
                  Assignment::State_Name(to));
  });
  const v1::Execution& execution = duty.execution;
  const v1::Oversight& oversight = duty.oversight;
  const bool kept = BeginsWith(execution.reports(), RetractedAs(execution, before.execution).reports()) &&
                    BeginsWith(execution.submissions(), before.execution.submissions()) &&
                    BeginsWith(execution.declines(), before.execution.declines()) &&
                    BeginsWith(execution.extension_requests(), before.execution.extension_requests()) &&
                    BeginsWith(oversight.reviews(), before.oversight.reviews()) &&
                    BeginsWith(oversight.rulings(), before.oversight.rulings()) &&
                    BeginsWith(oversight.extension_answers(), before.oversight.extension_answers()) &&
                    BeginsWith(oversight.readings(), before.oversight.readings()) &&
                    BeginsWith(oversight.remarks(), before.oversight.remarks()) &&
                    BeginsWith(oversight.urges(), before.oversight.urges());
  world_.Check("A3", kept, [&] { return StrCat(where_, ": ", duty.name, " lost or changed an entry"); });
  world_.Check("A11", BeginsWith(ReceiptsOf(duty.execution), ReceiptsOf(before.execution)),
               [&] { return StrCat(where_, ": a receipt of ", duty.name, " changed or is gone"); });
  const bool counts_as_signed =
      to == Assignment::RECEIVED || to == Assignment::IN_PROGRESS || to == Assignment::UNDER_REVIEW;
  world_.Check("A11", !counts_as_signed || duty.execution.receipt().plan_revision() >= LastChange(duty), [&] {
    return StrCat(where_, ": ", duty.name, " is ", Assignment::State_Name(to), ", signed for revision ",
                  duty.execution.receipt().plan_revision(), " and changed by ", LastChange(duty));
  });
}

void CommitWatch::SeeReminder(const std::string& name, const storage::v1::Standing& standing) {
  const auto [it, fresh] = reminders_.emplace(name, standing);
  if (fresh) return;
  const storage::v1::Standing before = std::exchange(it->second, standing);
  world_.Check("N6", !IsFinal(before.state()) || standing.state() == before.state(), [&] {
    return StrCat(where_, ": ", name, " went from ", Reminder::State_Name(before.state()), " to ",
                  Reminder::State_Name(standing.state()));
  });
  world_.Check("N6", standing.attempts() <= 100,
               [&] { return StrCat(where_, ": ", name, " was tried ", standing.attempts(), " times"); });
}

}  // namespace duban::simulation
