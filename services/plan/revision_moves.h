// Which assignments publishing a revision would move, by the same rules by which the assignment service moves them
// (services/assignment/plan_to_orders.h).
//
// Pure on plans and directories. Not thread-safe (a DirectoryView belongs to one call). Errors: those of reading the
// directory.

#ifndef DUBAN_SERVICES_PLAN_REVISION_MOVES_H_
#define DUBAN_SERVICES_PLAN_REVISION_MOVES_H_

#include "absl/status/statusor.h"
#include "duban/v1/plan_service.pb.h"
#include "services/plan/directory/directory.h"

namespace duban {

// From `base`, the revision in force, whose groups count as of its day in `then`, to a completed draft of the next one,
// with `today`'s directory.
absl::StatusOr<v1::RevisionMoves> MovesOf(DirectoryView& then, const v1::Plan& base, DirectoryView& today,
                                          const v1::Plan& draft);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_REVISION_MOVES_H_
