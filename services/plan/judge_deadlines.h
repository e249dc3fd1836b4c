// What a draft does not say of when its tasks are due, or says too late: findings that ask.
//
// Pure; any thread. Changes nothing but the plan it is given.

#ifndef DUBAN_SERVICES_PLAN_JUDGE_DEADLINES_H_
#define DUBAN_SERVICES_PLAN_JUDGE_DEADLINES_H_

#include <string_view>

#include "duban/v1/plan.pb.h"
#include "services/plan/judge.h"

namespace duban {

// Whether a task of this deadline was due before the day `YYYY-MM-DD`.
bool IsPast(const v1::Deadline& deadline, std::string_view today);

// Drops open findings about deadlines that no longer hold on the day `YYYY-MM-DD`.
void DropStaleDeadlines(std::string_view today, v1::Plan* plan);

// Opens those that hold and that nobody was asked about yet:
// - DEADLINE_IN_TEXT: a task that has no deadline but in its text.
// - DEADLINE_PASSED: a task that was due before today, other than one that is in force with that day already.
// - NO_DEADLINES: none of the other tasks has any. Asked once a plan; the answer is a rule for all of them.
void AddDeadlineFindings(std::string_view today, const v1::Plan& in_force, v1::Plan* plan, FindingAdder* adder);

// Whether the rule that a person gives in answer to NO_DEADLINES is for this task.
bool TakesDeadlineRule(const v1::Task& task);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_JUDGE_DEADLINES_H_
