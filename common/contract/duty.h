// What is known of one unit's assignment, before it is judged or shown: the order and its addressee, which many
// assignments share, and what the issuer and the unit did about this one.

#ifndef DUBAN_COMMON_CONTRACT_DUTY_H_
#define DUBAN_COMMON_CONTRACT_DUTY_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/civil.h"
#include "duban/v1/assignment.pb.h"
#include "duban/v1/order.pb.h"

namespace duban {

// A value: cheap to copy before the first act, safe to hand to other threads.
struct Duty {
  // `plans/{plan}/tasks/{task}/assignments/{unit}`.
  std::string name;
  // Never null.
  std::shared_ptr<const v1::Order> order;
  v1::Addressee addressee;
  // Version 0 where the issuer has done nothing about it, or nothing has come down.
  v1::Oversight oversight;
  // What counts as done by the unit; see EffectiveExecution. Version 0 where that is nothing.
  v1::Execution execution;
};

// What counts as done by the unit, of what is stored under its name: before and after a move to another node not the
// same. What was stored before the unit's last move gives way to what the issuer says travelled along
// (Oversight.carried_execution), and to nothing where that is nothing.
inline v1::Execution EffectiveExecution(const v1::Addressee& addressee, const v1::Oversight& oversight,
                                        const v1::Execution& stored) {
  if (stored.version() > 0 && stored.moves() == addressee.moves()) return stored;
  return oversight.has_carried_execution() ? oversight.carried_execution() : v1::Execution();
}

// When the unit was told.
inline const google::protobuf::Timestamp& IssueTimeOf(const Duty& duty) {
  return duty.addressee.has_issue_time() ? duty.addressee.issue_time() : duty.order->issue_time();
}

// Whether two deadlines bind in the same way, however they are printed. An event after which something is due stands
// only in the printed words.
inline bool IsSameDeadline(const v1::Deadline& a, const v1::Deadline& b) {
  const bool by_words = a.kind() == v1::Deadline::KIND_UNSPECIFIED || a.kind() == v1::Deadline::WORKING_DAYS;
  return a.kind() == b.kind() && a.due() == b.due() && a.frequency() == b.frequency() && a.times() == b.times() &&
         a.working_days() == b.working_days() && (!by_words || a.printed() == b.printed());
}

// What revisions changed last for everybody that an order asks; an empty one where nothing.
inline const v1::DutyChange& LastChangeOf(const v1::Order& order) {
  return order.duty_changes().empty() ? v1::DutyChange::default_instance() : *order.duty_changes().rbegin();
}

// The revision that last changed what is asked of an addressee: a receipt has to be for it. 0: none has.
inline int32_t DutyRevisionOf(const v1::Order& order, const v1::Addressee& addressee) {
  return std::max(LastChangeOf(order).plan_revision(), addressee.duty_change().plan_revision());
}

// Whether the unit has signed for what is asked of it now.
inline bool IsSigned(const Duty& duty) {
  return duty.execution.has_receipt() &&
         duty.execution.receipt().plan_revision() >= DutyRevisionOf(*duty.order, duty.addressee);
}

// When the unit was last asked to sign.
inline absl::Time AskTimeOf(const Duty& duty) {
  absl::Time asked = FromProto(IssueTimeOf(duty));
  const v1::DutyChange& all = LastChangeOf(*duty.order);
  if (all.plan_revision() > 0) asked = std::max(asked, FromProto(all.change_time()));
  const v1::DutyChange& own = duty.addressee.duty_change();
  return own.plan_revision() > 0 ? std::max(asked, FromProto(own.change_time())) : asked;
}

// What revisions changed since the unit was told, in order; for everybody and for this unit alone.
inline std::vector<v1::DutyChange> ChangesOf(const Duty& duty) {
  std::vector<v1::DutyChange> changes(duty.order->duty_changes().begin(), duty.order->duty_changes().end());
  if (duty.addressee.has_duty_change()) changes.push_back(duty.addressee.duty_change());
  const auto known_before = [&](const v1::DutyChange& change) {
    return FromProto(change.change_time()) <= FromProto(IssueTimeOf(duty)) && !duty.execution.has_receipt();
  };
  changes.erase(std::remove_if(changes.begin(), changes.end(), known_before), changes.end());
  std::stable_sort(changes.begin(), changes.end(), [](const v1::DutyChange& a, const v1::DutyChange& b) {
    return a.plan_revision() < b.plan_revision();
  });
  return changes;
}

// Those of them since the unit last signed.
inline std::vector<v1::DutyChange> ChangesToSign(const Duty& duty) {
  std::vector<v1::DutyChange> changes = ChangesOf(duty);
  const auto is_signed = [&](const v1::DutyChange& change) {
    return duty.execution.has_receipt() && change.plan_revision() <= duty.execution.receipt().plan_revision();
  };
  changes.erase(std::remove_if(changes.begin(), changes.end(), is_signed), changes.end());
  return changes;
}

}  // namespace duban

#endif  // DUBAN_COMMON_CONTRACT_DUTY_H_
