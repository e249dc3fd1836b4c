// Settling findings: a person's answers, and what they do to the draft.
//
// Runs on the writer's thread, inside one command; all of it or nothing.

#ifndef DUBAN_SERVICES_PLAN_SETTLE_H_
#define DUBAN_SERVICES_PLAN_SETTLE_H_

#include <set>
#include <string>

#include "absl/status/status.h"
#include "common/store/transaction.h"
#include "duban/v1/plan_service.pb.h"
#include "services/plan/directory/directory.h"

namespace duban {

// Applies the answers of `request` to a judged draft and notes them in its findings; the draft has to be judged anew
// afterwards. An answer that names one unit for a printed name is remembered as an alias. Dismissing an unknown name
// leaves it open: it stands as printed and nobody is assigned. Errors: those of SettleFindings that concern answers.
absl::Status ApplyAnswers(Transaction& transaction, const DirectoryAuthor& author,
                          const v1::SettleFindingsRequest& request, v1::Plan* plan);

// Takes the open findings about the changed fields of a task as answered by the change.
void SettleByEdit(const std::string& task_id, const std::set<std::string>& changed_fields, absl::Time now,
                  v1::Plan* plan);

// Reads the printed deadlines again for another year of the plan; those that a person changed stay.
void ReadDeadlinesAgain(int old_year, v1::Plan* plan);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_SETTLE_H_
