// Tasks that come as rows instead of out of a document: checked, completed and named.
//
// Pure and thread-safe.

#ifndef DUBAN_SERVICES_PLAN_TASK_ROWS_H_
#define DUBAN_SERVICES_PLAN_TASK_ROWS_H_

#include <string_view>

#include "common/base/errors.h"
#include "duban/v1/plan.pb.h"
#include "services/plan/judge.h"

namespace duban {

// Completes the tasks of a plan made from rows: table, number and id where they are missing (`body-1`), printed words
// of units, deadlines of which only the printed words are given. Notes what is wrong, with fields such as
// `plan.tasks[3].task_id`. A printed deadline that is not understood becomes a finding.
void CompleteRows(v1::Plan* plan, FieldErrors* errors);

// Completes one such task: printed words of units, a deadline of which only the printed words are given. `field` is its
// path, such as `plan.tasks[3]`.
void CompleteRow(const v1::Plan& plan, std::string_view field, v1::Task* task, FindingAdder* adder,
                 FieldErrors* errors);

// Notes where a rule of the plan says nothing that could be applied: no kind, no unit, or a first task that is not
// there. `prefix` goes before the field, such as `plan.`.
void CheckRules(const v1::Plan& plan, std::string_view prefix, FieldErrors* errors);

// Notes where the parts of a deadline do not fit its kind. `field` is its path, such as `task.deadline`.
void CheckDeadline(const v1::Deadline& deadline, std::string_view field, FieldErrors* errors);

// Gives every task its name under the plan's.
void NameTasks(v1::Plan* plan);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_TASK_ROWS_H_
