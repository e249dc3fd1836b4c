// What differs between two revisions of a plan, task by task; and what of that changes a duty that was issued.
//
// Pure and thread-safe. The tasks of both are complete (CompleteForOrders), so that names are compared by what they
// lead to.

#ifndef DUBAN_SERVICES_PLAN_COMPARE_H_
#define DUBAN_SERVICES_PLAN_COMPARE_H_

#include <string>
#include <vector>

#include "duban/v1/plan_service.pb.h"

namespace duban {

// The fields of Task that differ, as TaskDifference names them.
std::vector<std::string> ChangedFields(const v1::Task& before, const v1::Task& after);

// Those of them that say what has to be done and by when: whoever signed for it signs again. Another way to print the
// same day changes nothing.
std::vector<std::string> ChangedDuty(const v1::Task& before, const v1::Task& after);

// Gives `task` the changes of `before`, which it was, and `change` behind them where its duty is another one. The
// oldest are left out.
void NoteDutyChange(const v1::Task& before, v1::DutyChange change, v1::Task* task);

// Everything that differs. `revision` of a draft is 0.
v1::ComparePlanRevisionsResponse ComparePlans(const v1::Plan& before, const v1::Plan& after);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_COMPARE_H_
