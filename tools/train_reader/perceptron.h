// Learns the weights of readings: an averaged structured perceptron with a margin. In each round every example is read
// as the weights have it and as its truth allows; where they differ, the features of the one lose and those of the
// other gain. The weights are the mean over all steps. Deterministic for a seed.
#ifndef DUBAN_TOOLS_TRAIN_READER_PERCEPTRON_H_
#define DUBAN_TOOLS_TRAIN_READER_PERCEPTRON_H_

#include <string>
#include <vector>

#include "services/plan/reader/features.h"
#include "tools/train_reader/reader_truth.h"

namespace duban {

struct TrainingOptions {
  int rounds = 8;
  unsigned seed = 1;
};

// Examples are not owned. `start`: the weights to begin with.
Weights Train(const std::vector<const Example*>& examples, const Weights& start, const TrainingOptions& options);

// Weights as the text table, with `comment` above it.
std::string WeightsText(const Weights& weights, const std::string& comment);

}  // namespace duban

#endif  // DUBAN_TOOLS_TRAIN_READER_PERCEPTRON_H_
