// What publishing adds to a plan: its document-wide rules, applied to every task they bind.
//
// Pure and thread-safe.

#ifndef DUBAN_SERVICES_PLAN_PUBLISH_H_
#define DUBAN_SERVICES_PLAN_PUBLISH_H_

#include "duban/v1/plan.pb.h"

namespace duban {

// Applies ADD_UNIT, then INCLUDE_UNIT, to the tasks from the rule's first one on. A rule that adds a unit to "the units
// below" speaks of its own table: an annex prints its own units. A rule that says what a name includes holds for the
// annexes, too. A task that names a unit already does not get it again. Added responsibilities are not resolved yet.
void ApplyPlanRules(v1::Plan* plan);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PUBLISH_H_
