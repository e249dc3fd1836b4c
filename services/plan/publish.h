// What publishing makes of a judged draft: tasks that say by themselves who has to act.
//
// Not thread-safe (a DirectoryView belongs to one call). Changes nothing but the plan it is given.

#ifndef DUBAN_SERVICES_PLAN_PUBLISH_H_
#define DUBAN_SERVICES_PLAN_PUBLISH_H_

#include "absl/status/status.h"
#include "duban/v1/plan.pb.h"
#include "services/plan/directory/directory.h"

namespace duban {

// Writes into each task's responsibilities all that an order needs, as Plan in plan.proto promises it:
// - The rules of the document are applied, ADD_UNIT first. A rule that adds a unit to "the units below" speaks of its
//   own table, for an annex prints its own units; a rule that says what a name includes holds for the annexes, too.
//   Included units stand right behind the entry that includes them, in its role.
// - An entry of the directory stands in a task once, in the strongest of its roles. Words that leave open who is meant
//   stay.
// - Every role is set: a list without a word for it means that each answers for its own share.
//
// REQUIRES: JudgeDraft went over the plan with the same directory, and nothing blocks. Errors: INVARIANT_BROKEN where a
// name leads nowhere all the same; those of reading the directory.
absl::Status CompleteForOrders(DirectoryView& directory, v1::Plan* plan);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PUBLISH_H_
