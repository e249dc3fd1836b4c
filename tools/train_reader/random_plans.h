// Random plans, written the way offices write them, with the table of what they say: material for learning and tests.
// Their words are our own. Pure and deterministic: a seed is a plan.
#ifndef DUBAN_TOOLS_TRAIN_READER_RANDOM_PLANS_H_
#define DUBAN_TOOLS_TRAIN_READER_RANDOM_PLANS_H_

#include "tools/train_reader/golden_plan.h"

namespace duban {

GoldenPlan MakeRandomPlan(unsigned seed);

}  // namespace duban

#endif  // DUBAN_TOOLS_TRAIN_READER_RANDOM_PLANS_H_
