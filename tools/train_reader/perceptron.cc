#include "tools/train_reader/perceptron.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <random>
#include <utility>

namespace duban {
namespace {

// How far one example moves the weights.
constexpr float kStep = 0.1F;
// An example with very many differing features moves none of them further than this.
constexpr float kMostSteps = 5;
// What is smaller is left out of the table.
constexpr float kLeastWeight = 0.005F;

class Perceptron {
 public:
  explicit Perceptron(const Weights& start) : values_(start.values()), sums_(start.values().size(), 0) {}

  // Reads one example and learns from it. Returns whether it was read wrong.
  bool Learn(const Example& example) {
    const Weights weights(values_);
    const Reading right = BestReading(example.region, weights, false, &example.truth, TruthUse::kObey);
    const Reading mine = BestReading(example.region, weights, false, &example.truth, TruthUse::kDefy);
    ++steps_;
    const TextView text = example.region.run.flow.text();
    std::vector<float> change(values_.size(), 0);
    for (FeatureId id : FeaturesOf(example.region.marks, text, right)) change[id] += 1;
    for (FeatureId id : FeaturesOf(example.region.marks, text, mine)) change[id] -= 1;
    bool wrong = false;
    for (size_t id = 0; id < change.size(); ++id) {
      if (change[id] == 0) continue;
      wrong = true;
      const float step = kStep * std::clamp(change[id], -kMostSteps, kMostSteps);
      values_[id] += step;
      sums_[id] += static_cast<double>(step) * static_cast<double>(steps_);
    }
    return wrong;
  }

  Weights Mean() const {
    std::vector<float> mean(values_);
    for (size_t id = 0; id < mean.size(); ++id) {
      if (steps_ > 0) mean[id] -= static_cast<float>(sums_[id] / static_cast<double>(steps_ + 1));
    }
    return Weights(std::move(mean));
  }

 private:
  std::vector<float> values_;
  std::vector<double> sums_;
  size_t steps_ = 0;
};

}  // namespace

Weights Train(const std::vector<const Example*>& examples, const Weights& start, const TrainingOptions& options) {
  Perceptron perceptron(start);
  std::mt19937 random(options.seed);
  std::vector<size_t> order(examples.size());
  std::iota(order.begin(), order.end(), size_t{0});
  for (int round = 0; round < options.rounds; ++round) {
    std::shuffle(order.begin(), order.end(), random);
    size_t wrong = 0;
    for (size_t k : order) wrong += perceptron.Learn(*examples[k]);
    if (wrong == 0) break;
  }
  return perceptron.Mean();
}

std::string WeightsText(const Weights& weights, const std::string& comment) {
  std::string text = comment;
  char line[200];
  std::snprintf(line, sizeof line, "least_margin %.3f\n", static_cast<double>(weights.least_margin()));
  text += line;
  for (FeatureId id = 0; id < FeatureCount(); ++id) {
    if (std::abs(weights[id]) < kLeastWeight) continue;
    std::snprintf(line, sizeof line, "%s %.3f\n", FeatureName(id).c_str(), static_cast<double>(weights[id]));
    text += line;
  }
  return text;
}

}  // namespace duban
