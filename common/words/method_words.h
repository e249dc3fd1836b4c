// What people call the methods of the contracts, where the audit and explanations name them.
//
// Pure and thread-safe.

#ifndef DUBAN_COMMON_WORDS_METHOD_WORDS_H_
#define DUBAN_COMMON_WORDS_METHOD_WORDS_H_

#include <string_view>

#include "common/words/words.h"

namespace duban {

// Of `duban.v1.PlanService/PublishPlan`: 发布计划, `publish plan`; of what a node does of itself, such as a hop's
// `follow/plan_to_assignment`: 按计划交办. Of what is neither in this version, what stands there, without its package.
Phrase MethodWords(std::string_view method);

}  // namespace duban

#endif  // DUBAN_COMMON_WORDS_METHOD_WORDS_H_
