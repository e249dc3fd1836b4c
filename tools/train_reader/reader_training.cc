#include "tools/train_reader/reader_training.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>
#include <limits>
#include <map>
#include <utility>

#include "services/plan/reader/document_to_plan.h"
#include "services/plan/source/read_source.h"
#include "tools/train_reader/random_plans.h"
#include "tools/train_reader/reader_truth.h"

namespace duban {
namespace {

constexpr int kRandomPlans = 400;
// The table is the mean of so many trainings.
constexpr size_t kOrders = 6;
// A sample stands for a layout, and is seen as often as several random plans of one.
constexpr size_t kSampleCopies = 3;
// Least margins that are tried, and the share of right rows that may be asked about.
constexpr float kMargins[] = {0, 0.3F, 0.6F, 1, 1.5F, 2, 2.5F, 3, 4, 5, 6, 8};
constexpr double kMostNeedless = 0.03;

struct Material {
  std::vector<std::vector<Example>> documents;
  std::vector<Example> random;
};

Material MaterialOf(const std::vector<GoldenPlan>& plans) {
  Material material;
  for (const GoldenPlan& plan : plans) material.documents.push_back(ExamplesOf(plan));
  for (const GoldenPlan& plan : LoadSamples(std::string(DUBAN_SOURCE_DIR) + "/tests/samples")) {
    for (const Example& example : ExamplesOf(plan))
      material.random.insert(material.random.end(), kSampleCopies, example);
  }
  for (int seed = 1; seed <= kRandomPlans; ++seed) {
    for (Example& example : ExamplesOf(MakeRandomPlan(static_cast<unsigned>(seed)))) {
      material.random.push_back(std::move(example));
    }
  }
  return material;
}

// The features that speak most for one reading and against another.
std::string Reasons(const Example& example, const Reading& mine, const Reading& right) {
  std::map<FeatureId, int> counts;
  const TextView text = example.region.run.flow.text();
  for (FeatureId id : FeaturesOf(example.region.marks, text, mine)) ++counts[id];
  for (FeatureId id : FeaturesOf(example.region.marks, text, right)) --counts[id];
  std::vector<std::pair<float, FeatureId>> reasons;
  for (const auto& [id, count] : counts) reasons.emplace_back(Weights::Learned()[id] * static_cast<float>(count), id);
  std::sort(reasons.rbegin(), reasons.rend());
  std::string out;
  for (size_t i = 0; i < reasons.size() && i < 6; ++i) {
    char line[160];
    std::snprintf(line, sizeof line, "    %+.2f %+d %s\n", static_cast<double>(reasons[i].first),
                  counts[reasons[i].second], FeatureName(reasons[i].second).c_str());
    out += line;
  }
  return out;
}

std::string FirstDifference(const std::string& name, const Example& example) {
  const Reading mine = BestReading(example.region, Weights::Learned(), false);
  const Reading right = BestReading(example.region, Weights::Learned(), false, &example.truth);
  for (size_t i = 0; i < mine.steps.size(); ++i) {
    const Step& a = mine.steps[i];
    const Step& b = right.steps[i];
    if (a.field == b.field && a.starts_item == b.starts_item && a.role == b.role && a.label == b.label) continue;
    const auto text = [&](size_t from, size_t to) {
      std::string out;
      for (size_t k = from; k < to && k < example.region.marks.size(); ++k) {
        out += "|" + example.region.run.flow.Printed(example.region.marks[k].begin, example.region.marks[k].end);
      }
      return out;
    };
    char scores[120];
    std::snprintf(scores, sizeof scores, " %.2f > %.2f field %d not %d start %d not %d role %d not %d ", mine.score,
                  right.score, static_cast<int>(a.field), static_cast<int>(b.field), a.starts_item, b.starts_item,
                  a.role, b.role);
    return name + scores + text(i < 6 ? 0 : i - 6, i) + " >>> " + text(i, i + 5) + "\n" + Reasons(example, mine, right);
  }
  return "";
}

// Documents are left out two by two: half as many trainings, and each document is read by weights that know neither it
// nor another one. Document k goes with the one half the list away, which has another layout.
size_t PairOf(size_t document, size_t documents) {
  return document % ((documents + 1) / 2);
}

// Learns from everything but the documents of pair `left_out`; -1: from all.
Weights LearnFrom(const Material& material, int left_out, const TrainingOptions& options) {
  std::vector<const Example*> examples;
  for (const Example& example : material.random) examples.push_back(&example);
  for (size_t k = 0; k < material.documents.size(); ++k) {
    if (static_cast<int>(PairOf(k, material.documents.size())) == left_out) continue;
    for (const Example& example : material.documents[k]) examples.push_back(&example);
  }
  // Nothing is known beforehand but what tells the two layouts of rows run together apart.
  std::vector<float> start(FeatureCount(), 0);
  start[Feature(Family::kBehind, Layout::kSquashed, Field::kText, Field::kUnits, Before::kStop)] = 2;
  start[Feature(Family::kBehind, Layout::kGlued, Field::kText, Field::kUnits, Before::kWords)] = 2;
  return Train(examples, Weights(std::move(start)), options);
}

// The mean of what is learned in several orders: what one order happens to prefer is worn off.
Weights LearnInSeveralOrders(const Material& material, const TrainingOptions& options, const RunBoth& run_both) {
  std::vector<Weights> runs(kOrders, Weights(std::vector<float>(FeatureCount(), 0)));
  run_both([&](size_t first) {
    for (size_t k = first; k < kOrders; k += 2) {
      TrainingOptions order = options;
      order.seed += static_cast<unsigned>(k);
      runs[k] = LearnFrom(material, -1, order);
    }
  });
  std::vector<float> mean(FeatureCount(), 0);
  for (const Weights& run : runs) {
    for (FeatureId id = 0; id < mean.size(); ++id) mean[id] += run[id] / static_cast<float>(kOrders);
  }
  return Weights(std::move(mean));
}

// How a left-out document is read with each least margin.
using Trials = std::array<Comparison, std::size(kMargins)>;

// The margin that leaves the fewest wrong rows unasked without asking about too many right ones, the least of those
// that do equally well; by all documents but `left_out`.
size_t BestMargin(const std::vector<Trials>& trials, size_t left_out) {
  size_t best = 0;
  int fewest = std::numeric_limits<int>::max();
  for (size_t m = 0; m < std::size(kMargins); ++m) {
    Comparison all;
    for (size_t k = 0; k < trials.size(); ++k) {
      if (k != left_out) all.Add(trials[k][m]);
    }
    if (all.needless <= kMostNeedless * all.tasks && all.silent < fewest) best = m, fewest = all.silent;
  }
  return best;
}

// Reads each document with weights learned without it, on two threads.
std::vector<Trials> LeaveOut(const std::vector<GoldenPlan>& plans, const Material& material,
                             const TrainingOptions& options, const RunBoth& run_both) {
  std::vector<Trials> trials(plans.size());
  const auto work = [&](size_t first) {
    for (size_t pair = first; pair < (plans.size() + 1) / 2; pair += 2) {
      Weights weights = LearnFrom(material, static_cast<int>(pair), options);
      for (size_t k = 0; k < plans.size(); ++k) {
        for (size_t m = 0; m < std::size(kMargins) && PairOf(k, plans.size()) == pair; ++m) {
          weights.set_least_margin(kMargins[m]);
          trials[k][m] = ReadWith(plans[k], &weights);
        }
      }
    }
  };
  run_both(work);
  return trials;
}

}  // namespace

std::string LearnWeights(const std::vector<GoldenPlan>& plans, bool margin, const TrainingOptions& options,
                         const RunBoth& run_both) {
  const Material material = MaterialOf(plans);
  Weights weights = LearnInSeveralOrders(material, options, run_both);
  weights.set_least_margin(Weights::Learned().least_margin());
  if (margin) {
    const std::vector<Trials> trials = LeaveOut(plans, material, options, run_both);
    weights.set_least_margin(kMargins[BestMargin(trials, trials.size())]);
  }
  return WeightsText(weights, "# The weights of readings. Learned by tools/train_reader from " +
                                  std::to_string(plans.size()) + " documents, the samples of tests/samples and " +
                                  std::to_string(kRandomPlans) + " random plans, as the mean of " +
                                  std::to_string(kOrders) + " trainings.\n");
}

std::vector<LeftOut> LeaveEachOut(const std::vector<GoldenPlan>& plans, const TrainingOptions& options,
                                  const RunBoth& run_both) {
  const std::vector<Trials> trials = LeaveOut(plans, MaterialOf(plans), options, run_both);
  std::vector<LeftOut> out;
  LeftOut all{"all", {}};
  for (size_t k = 0; k < plans.size(); ++k) {
    out.push_back({plans[k].name, trials[k][BestMargin(trials, k)]});
    all.comparison.Add(out.back().comparison);
  }
  for (size_t m = 0; m < std::size(kMargins); ++m) {
    LeftOut with{"all, least margin " + std::to_string(kMargins[m]).substr(0, 4), {}};
    for (const Trials& trial : trials) with.comparison.Add(trial[m]);
    out.push_back(std::move(with));
  }
  out.push_back(std::move(all));
  return out;
}

std::string Differences(const std::vector<GoldenPlan>& plans) {
  std::vector<GoldenPlan> all = plans;
  for (GoldenPlan& plan : LoadSamples(std::string(DUBAN_SOURCE_DIR) + "/tests/samples")) all.push_back(std::move(plan));
  for (int seed = 1; seed <= kRandomPlans; ++seed) all.push_back(MakeRandomPlan(static_cast<unsigned>(seed)));
  std::string out;
  for (const GoldenPlan& plan : all) {
    for (const Example& example : ExamplesOf(plan)) out += FirstDifference(plan.name, example);
  }
  return out;
}

Comparison ReadWith(const GoldenPlan& plan, const Weights* weights) {
  const absl::StatusOr<SourceDocument> source = ReadSource(plan.bytes, plan.name);
  if (!source.ok()) return Compare(plan, v1::Plan());
  ReadContext context;
  context.weights = weights;
  const absl::StatusOr<v1::Plan> read = DocumentToPlan(*source, context);
  return Compare(plan, read.ok() ? *read : v1::Plan());
}

std::string Describe(const std::string& name, const Comparison& c) {
  char line[300];
  const double n = std::max(1, c.tasks);
  std::snprintf(line, sizeof line,
                "%-36s tasks %d/%d (parsed %d) exact %.3f silent %.3f needless %.3f unit F1 %.3f headings %.3f "
                "deadlines %.3f\n",
                name.c_str(), c.found, c.tasks, c.parsed, c.exact / n, c.silent / n, c.needless / n, c.UnitF1(),
                c.headings / n, c.deadlines / n);
  return line;
}

}  // namespace duban
