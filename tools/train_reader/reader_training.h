// Training as a whole: from documents and random plans to a table of weights, and the same with each document left out.
//
// Pure but for the samples it reads; starts no threads itself.
#ifndef DUBAN_TOOLS_TRAIN_READER_READER_TRAINING_H_
#define DUBAN_TOOLS_TRAIN_READER_READER_TRAINING_H_

#include <functional>
#include <string>
#include <vector>

#include "tools/train_reader/golden_plan.h"
#include "tools/train_reader/perceptron.h"

namespace duban {

// Runs `work(0)` and `work(1)`, side by side where the caller starts threads.
using RunBoth = std::function<void(const std::function<void(size_t half)>& work)>;

// The table of weights learned from `plans` and random plans, as text. `margin`: also the least margin, for which each
// document has to be left out once; else it stays as it is.
std::string LearnWeights(const std::vector<GoldenPlan>& plans, bool margin, const TrainingOptions& options,
                         const RunBoth& run_both);

struct LeftOut {
  std::string name;  // The last is `all`.
  Comparison comparison;
};
// How each document is read by weights that were learned without it.
std::vector<LeftOut> LeaveEachOut(const std::vector<GoldenPlan>& plans, const TrainingOptions& options,
                                  const RunBoth& run_both);

// Where the learned weights read the documents and random plans otherwise than their tables say: a line for each, the
// first difference of a region.
std::string Differences(const std::vector<GoldenPlan>& plans);

// How `plan` is read by `weights`.
Comparison ReadWith(const GoldenPlan& plan, const Weights* weights);

// One line of figures.
std::string Describe(const std::string& name, const Comparison& comparison);

}  // namespace duban

#endif  // DUBAN_TOOLS_TRAIN_READER_READER_TRAINING_H_
