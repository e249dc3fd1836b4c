// How the reader does on plans it has not seen: random plans that were not learned from, and, where ../shared is
// present, real documents, each read with weights that were learned without it. The figures are printed.
#include "tools/train_reader/reader_training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "services/plan/phrases/vocabulary.h"
#include "tests/support/tree.h"
#include "tools/train_reader/random_plans.h"

namespace duban {
namespace {

// Seeds behind those that are learned from.
constexpr unsigned kFirstSeed = 100001;
constexpr unsigned kSeeds = 150;

std::vector<GoldenPlan> SharedPlans() {
  return LoadGoldenPlans(SourceFolder() + "/../shared/plans");
}

void OnTwoThreads(const std::function<void(size_t half)>& work) {
  std::thread other(work, 1);
  work(0);
  other.join();
}

#define SKIP_WITHOUT(plans)                                                                               \
  if ((plans).empty()) {                                                                                  \
    GTEST_SKIP() << "NOTICE: ../shared/plans is absent, so readings of real documents were not measured"; \
  }

TEST(ReaderTraining, RandomPlansThatWereNotLearnedFromAreReadAsWell) {
  Comparison all;
  for (unsigned seed = kFirstSeed; seed < kFirstSeed + kSeeds; ++seed) all.Add(ReadWith(MakeRandomPlan(seed), nullptr));
  std::fputs(Describe("random plans", all).c_str(), stdout);
  EXPECT_GE(all.UnitF1(), 0.93);
  EXPECT_GE(all.found, all.tasks * 0.9);
}

TEST(ReaderTraining, TheDocumentsThatWereLearnedFromAreReadRight) {
  const std::vector<GoldenPlan> plans = SharedPlans();
  SKIP_WITHOUT(plans);
  Comparison first, more;
  for (const GoldenPlan& plan : plans) {
    const Comparison comparison = ReadWith(plan, nullptr);
    std::fputs(Describe(plan.name, comparison).c_str(), stdout);
    (&plan - plans.data() < 4 ? first : more).Add(comparison);
  }
  EXPECT_EQ(first.exact, first.tasks);
  EXPECT_GE(more.exact, more.tasks * 0.95);
}

TEST(ReaderTraining, DocumentsThatWereLeftOutAreReadNearlyAsWell) {
  const std::vector<GoldenPlan> plans = SharedPlans();
  SKIP_WITHOUT(plans);
  TrainingOptions options;
  options.rounds = 4;
  const std::vector<LeftOut> left_out = LeaveEachOut(plans, options, OnTwoThreads);
  for (const LeftOut& left : left_out) std::fputs(Describe(left.name, left.comparison).c_str(), stdout);
  const Comparison& all = left_out.back().comparison;
  EXPECT_GE(all.exact, all.tasks * 0.85);
  EXPECT_GE(all.UnitF1(), 0.95);
  EXPECT_LE(all.silent, all.tasks * 0.03);
  EXPECT_LE(all.needless, all.tasks * 0.05);
}

// Reports that were split up, rectification lists, safety, party building and livelihood projects, in layouts that were
// new when they were written; nothing is learned from them.
TEST(ReaderTraining, PlansOfOtherKindsAreReadRightOrAskedAbout) {
  const bool pdf = access("/usr/bin/pdftotext", X_OK) == 0;
  Comparison all;
  for (const char* set : {"first", "second", "third", "fourth", "fifth"}) {
    Comparison of_set;
    for (const GoldenPlan& plan : LoadTables(SourceFolder() + "/tests/unseen/" + set)) {
      if (plan.name.ends_with(".pdf") && !pdf) continue;
      of_set.Add(ReadWith(plan, nullptr));
    }
    std::fputs(Describe(set, of_set).c_str(), stdout);
    all.Add(of_set);
  }
  ASSERT_GE(all.tasks, 200);
  EXPECT_GE(all.exact, all.tasks * 0.97);
  EXPECT_GE(all.UnitF1(), 0.98);
  EXPECT_LE(all.silent, all.tasks * 0.03);
  EXPECT_LE(all.needless, all.tasks * 0.05);
}

TEST(ReaderTraining, EveryWeightInTheTableIsOfAFeature) {
  const Weights& learned = Weights::Learned();
  ASSERT_EQ(learned.values().size(), FeatureCount());
  const Weights again = Weights::FromText(WeightsText(learned, "# Comment.\n"));
  for (FeatureId id = 0; id < FeatureCount(); ++id) EXPECT_NEAR(again[id], learned[id], 0.006) << FeatureName(id);
}

}  // namespace
}  // namespace duban
