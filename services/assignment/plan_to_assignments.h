// From a published plan to assignments: who has to do what, as of the publishing day.
//
// The second of the three arrows. Pure: data in, data out; the same plan and directory give the same assignments, in
// the same order, with the same names, in every run and at every node. Thread-safe. Errors: none; what cannot be
// assigned to anybody comes back as an omission, never silently.

#ifndef DUBAN_SERVICES_ASSIGNMENT_PLAN_TO_ASSIGNMENTS_H_
#define DUBAN_SERVICES_ASSIGNMENT_PLAN_TO_ASSIGNMENTS_H_

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "duban/v1/assignment.pb.h"
#include "duban/v1/plan.pb.h"
#include "duban/v1/unit.pb.h"

namespace duban {

// Who can be addressed, by resource name.
struct Directory {
  std::map<std::string, v1::Unit, std::less<>> units;
  std::map<std::string, v1::UnitGroup, std::less<>> groups;
};

// Why an entry of a task's list, or the whole task, reaches nobody.
enum class OmissionReason {
  // The name leads to no unit or group of the directory.
  kUnknownName,
  // The unit no longer existed on the day.
  kEnded,
  // The unit did not exist yet on the day.
  kNotYet,
  // The group had no members on the day.
  kEmptyGroup,
  // The rule begins at a task that the plan does not have.
  kRuleWithoutTask,
  // Nobody at all is assigned to the task.
  kNobody,
  // The plan has more than kMaxAssignments; this task's go no further.
  kTooMany,
};

// Something the plan says that no assignment came of.
struct Omission {
  OmissionReason reason;
  // `plans/{plan}/tasks/{task}`; empty for a rule of the plan.
  std::string task;
  // The words or the resource name it is about.
  std::string subject;

  friend bool operator==(const Omission&, const Omission&) = default;
};

// Most assignments of one plan. Inclusive. A year's plan of 200 tasks for 200 units each stays below it; what is above
// is omitted and reported, because all of a plan is issued in one command that has to fit into memory.
inline constexpr size_t kMaxAssignments = 50000;

std::string_view OmissionName(OmissionReason reason);

struct Expansion {
  // By task in the order of the plan, then by unit; version 1, as they are when issued.
  std::vector<v1::Assignment> assignments;
  // In the order of the plan, each once.
  std::vector<Omission> omissions;
};

// The node where a unit works: its own, or that which owns its directory entry; `node` where neither is known.
std::string_view NodeOf(const v1::Unit& unit, std::string_view node);

// The day as of which the plan's groups are expanded.
absl::CivilDay ExpansionDay(const v1::Plan& plan);

// Expands a plan of `node`. Groups become their members on `as_of`; a unit gets one assignment a task, with its
// strongest role; rules of the plan are applied; open entries (`等单位`) assign nobody. A plan that is not published
// gives no assignments.
Expansion PlanToAssignments(const v1::Plan& plan, const Directory& directory, absl::CivilDay as_of,
                            std::string_view node);

// What has to be written so that the plan's assignments become the expanded ones: new ones, changed ones (history,
// reviews and receipts stay), and cancelled ones for what is no longer there, with the reason the plan gives. What is
// the same is not returned. `current` holds the assignments that `node` issued for the plan.
std::vector<v1::Assignment> ReconcileAssignments(const std::vector<v1::Assignment>& current, const Expansion& expansion,
                                                 const v1::Plan& plan);

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_PLAN_TO_ASSIGNMENTS_H_
