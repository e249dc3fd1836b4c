// Settling findings: a person's answers, and what they do to a draft.
//
// Not thread-safe (a PlanReader's view belongs to one call). Changes nothing but the plan it is given.

#ifndef DUBAN_SERVICES_PLAN_SETTLE_H_
#define DUBAN_SERVICES_PLAN_SETTLE_H_

#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "duban/v1/plan_service.pb.h"
#include "services/plan/draft.h"

namespace duban {

// Applies the answers of `request` to a judged draft and notes them in its findings; the draft has to be judged anew
// afterwards. An answer that names one unit for a printed name is to be remembered as an alias: it goes into
// `prepared->learned`. Dismissing an unknown name leaves it open: it stands as printed and nobody is assigned. Errors:
// those of SettleFindings that concern answers.
absl::Status ApplyAnswers(const PlanReader& reader, absl::Time now, const v1::SettleFindingsRequest& request,
                          PreparedPlan* prepared);

// Takes the open findings about the changed fields of a task as answered by the change.
void SettleByEdit(const std::string& task_id, const std::set<std::string>& changed_fields, absl::Time now,
                  v1::Plan* plan);

// Reads the printed deadlines again for another year of the plan; those that a person changed stay.
void ReadDeadlinesAgain(int old_year, v1::Plan* plan);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_SETTLE_H_
