// Targets with figures that running text states: `数据集总量1000个`, `不低于4%`. Stateless; any thread.
#ifndef DUBAN_SERVICES_PLAN_PHRASES_TEXT_TARGETS_H_
#define DUBAN_SERVICES_PLAN_PHRASES_TEXT_TARGETS_H_

#include <vector>

#include "duban/v1/plan.pb.h"
#include "services/plan/phrases/chinese_text.h"

namespace duban {

// The targets of a text, in order: a figure with a measure word in a clause that says it is to be reached (a verb of
// achieving, or a relation such as 不低于, 以上). Years, versions, hot lines and frequencies are none.
std::vector<v1::Target> FindTargets(TextView folded);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PHRASES_TEXT_TARGETS_H_
