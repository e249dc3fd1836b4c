// Which assignments publishing a revision would move, by the same rules by which the assignment service moves them
// (services/assignment/plan_to_orders.h).
//
// Pure on plans and directories. Not thread-safe (a DirectoryView belongs to one call). Errors: those of reading the
// directory.

#ifndef DUBAN_SERVICES_PLAN_REVISION_MOVES_H_
#define DUBAN_SERVICES_PLAN_REVISION_MOVES_H_

#include "absl/status/statusor.h"
#include "duban/storage/v1/plan.pb.h"
#include "duban/v1/plan_service.pb.h"
#include "services/plan/directory/directory.h"

namespace duban {

// Whom the groups that a completed plan names stand for.
absl::StatusOr<storage::v1::IssuedGroups> GroupsOf(DirectoryView& directory, const v1::Plan& plan);

// The revision in force, and whom its groups stood for when it was published.
struct RevisionInForce {
  const v1::Plan& plan;
  const storage::v1::IssuedGroups& groups;
};

// From the revision in force to a completed draft of the next one, by today's directory.
absl::StatusOr<v1::RevisionMoves> MovesOf(const RevisionInForce& in_force, DirectoryView& today, const v1::Plan& draft);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_REVISION_MOVES_H_
