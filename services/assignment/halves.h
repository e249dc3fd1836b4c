// The two halves of an assignment in the store: how they are named, indexed and read, to whom they go, and the one way
// to write them, which keeps what is counted upwards true in the same command.
//
// Rows of the assignment service's store:
//   entity  assignments/{a}             Assignment; to the notification service, and to the unit's node
//   entity  assignments/{a}/execution   Execution; to the notification service, and to the issuer's node
//   entity  units/.. groups/.. calendars/..   the directory as it was followed; to nobody
//   local   pending/{plan}              Plan that waits for the head of the plan feed
//   local   expansions/{plan}           storage.v1.PlanExpansion
//   local   leases/{assignment}         storage.v1.AssignmentLease
//
// Threads: functions may be called from any thread; a Change belongs to one command. Errors: those of the store.

#ifndef DUBAN_SERVICES_ASSIGNMENT_HALVES_H_
#define DUBAN_SERVICES_ASSIGNMENT_HALVES_H_

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/calendar/working_calendar.h"
#include "common/store/indexes.h"
#include "common/store/transaction.h"
#include "common/store/view.h"
#include "duban/v1/assignment.pb.h"
#include "services/assignment/decompose.h"

namespace duban {

struct Halves {
  v1::Assignment assignment;
  // Version 0 where the assignment is not delivered, or nothing of it has come up.
  v1::Execution execution;
};

std::string ExecutionName(std::string_view assignment);
// Local rows.
std::string LeaseName(std::string_view assignment);
inline constexpr std::string_view kPendingPrefix = "pending/";
std::string PendingName(std::string_view plan);
std::string ExpansionName(std::string_view plan);

// The part of an index that orders assignments within a plan: body before annexes, annexes by their number, then by the
// task's number, the task and the unit.
std::string OrderPart(const v1::Assignment& assignment);

// Both halves; nothing where there is no such assignment.
absl::StatusOr<std::optional<Halves>> ReadHalves(const ReadView& view, std::string_view name);

// Both halves, or RESOURCE_NOT_FOUND.
absl::StatusOr<Halves> NeedHalves(const ReadView& view, std::string_view name);

// The calendar of all notices that are known here.
absl::StatusOr<WorkingCalendar> ReadCalendar(const ReadView& view);

// Which assignments to walk over, in the order of the index: by plan, table, number and unit.
struct Walk {
  // Only of this unit; empty: all.
  std::string_view unit = {};
  // Only of this plan; empty: all.
  std::string_view plan = {};
  // Begin behind this one.
  const v1::Assignment* after = nullptr;
};
absl::Status WalkAssignments(const ReadView& view, const Walk& walk,
                             absl::FunctionRef<absl::StatusOr<bool>(Halves halves)> visit);

// Names of the assignments in an index under its first part.
absl::StatusOr<std::vector<std::string>> NamesIn(const ReadView& view, Index index, std::string_view part);

// The index rows that the assignments ask for, as IndexRows has them.
absl::Status AssignmentIndexRows(const ReadView& view, std::string_view node, IndexRowSink sink);

// Writes halves within one command. Call Finish before the command ends. Versions count up by themselves for what this
// node owns; what is written unchanged stays as it is.
class Change {
 public:
  Change(Transaction& transaction, std::string_view node, absl::Time now)
      : transaction_(transaction), node_(node), now_(now) {}

  // Writes the issuer's half as its owner, and delivers it where the unit works at this node. Where the unit now works
  // at another node than before, what it did travels along.
  absl::Status Issue(v1::Assignment next);
  // Writes the issuer's half as it came from its owner, and delivers it.
  absl::Status TakeIn(v1::Assignment copy);
  // Writes the executing unit's half as its owner.
  absl::Status Execute(const v1::Assignment& assignment, v1::Execution next);
  // Writes the executing unit's half as it came from its owner.
  absl::Status TakeIn(const v1::Assignment& assignment, const v1::Execution& copy);
  // Writes the issuer's half as its owner had written it, after the store was lost or restored; delivers nothing.
  absl::Status TakeBack(v1::Assignment own);
  // Has what was made out of an assignment counted again.
  void Recount(const v1::Assignment& assignment) { delivered_.insert(assignment.name()); }
  // Recomputes what this node says of the plans made out of an assignment, where something it counts has changed.
  absl::Status Finish();

 private:
  absl::Status Write(const v1::Assignment& next, const v1::Assignment* before);
  absl::Status WriteExecution(const v1::Assignment& assignment, const v1::Execution& next);
  // Prepares the issuer's half for the way from one node to another.
  absl::Status Move(const std::string& from, v1::Assignment& next) const;
  absl::Status Deliver(const v1::Assignment& assignment);
  absl::Status CountFor(const std::string& task, const std::vector<std::string>& addressed);
  v1::Decomposition DecompositionOf(const v1::Assignment& assignment, const std::vector<IssuedBelow>& issued) const;
  void Touch(const v1::Assignment& assignment);

  Transaction& transaction_;
  const std::string node_;
  const absl::Time now_;
  // Tasks of which what was made may have changed.
  std::set<std::string> touched_tasks_;
  // Assignments that were delivered here, or are to be counted anew.
  std::set<std::string> delivered_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_HALVES_H_
