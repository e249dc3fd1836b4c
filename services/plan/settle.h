// Settling findings: a person's answers, and what they do to a draft.
//
// Not thread-safe (a PlanReader's view belongs to one call). Changes nothing but the plan it is given.

#ifndef DUBAN_SERVICES_PLAN_SETTLE_H_
#define DUBAN_SERVICES_PLAN_SETTLE_H_

#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/access/acting.h"
#include "duban/v1/plan_service.pb.h"
#include "services/plan/draft.h"

namespace duban {

// Applies the answers of `request` to a judged draft and notes them in its findings, and in `prepared->answers` what
// they changed; the draft has to be judged anew afterwards. A name that is to be remembered goes into
// `prepared->learned`. Dismissing an unknown name leaves it open: it stands as printed and nobody is assigned. Errors:
// those of SettleFindings that concern answers.
absl::Status ApplyAnswers(const PlanReader& reader, absl::Time now, const v1::SettleFindingsRequest& request,
                          const ActingPerson& who, PreparedPlan* prepared);

// Takes back the answers to some findings, the latest first, with what they changed where nothing changed it since; the
// draft has to be judged anew afterwards. Errors: those of ReopenFindings that concern findings.
absl::Status TakeBackAnswers(const v1::ReopenFindingsRequest& request, PreparedPlan* prepared);

// Answers the findings of a judged draft that was read anew as they were answered in `before`, where the same question
// is asked about the same words of the same task. Returns how many: answers can raise questions of their own, so judge
// the draft and call it again until there are none. What an answer leads to and is not there any more is left open.
int KeepAnswers(const PlanReader& reader, const v1::Plan& before, PreparedPlan* prepared);

// Takes the open findings about the changed fields of a task as answered by the change.
void SettleByEdit(const std::string& task_id, const std::set<std::string>& changed_fields, absl::Time now,
                  v1::Plan* plan);

// Reads the printed deadlines again for another year of the plan; those that a person changed stay.
void ReadDeadlinesAgain(int old_year, v1::Plan* plan);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_SETTLE_H_
