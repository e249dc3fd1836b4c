// What is known of one unit's assignment, before it is judged or shown: the order and its addressee, which many
// assignments share, and what the issuer and the unit did about this one.

#ifndef DUBAN_COMMON_CONTRACT_DUTY_H_
#define DUBAN_COMMON_CONTRACT_DUTY_H_

#include <memory>
#include <string>

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

}  // namespace duban

#endif  // DUBAN_COMMON_CONTRACT_DUTY_H_
