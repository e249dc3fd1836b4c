// tools/train_reader: learns services/plan/reader/weights.txt.
//
//   train_reader PLANS learn        learns from all documents of PLANS and from random plans; prints the table
//   train_reader PLANS differences  prints where the learned weights read otherwise than the tables say
//   train_reader PLANS quick        the same, but keeps the least margin
//   train_reader PLANS leave-out    leaves each document out in turn and prints how it is read
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "services/plan/reader/document_to_plan.h"
#include "tools/train_reader/reader_training.h"

namespace {

void OnTwoThreads(const std::function<void(size_t half)>& work) {
  std::thread other(work, 1);
  work(0);
  other.join();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: train_reader PLANS learn|quick|differences|leave-out [rounds]\n");
    return 2;
  }
  const std::vector<duban::GoldenPlan> plans = duban::LoadGoldenPlans(argv[1]);
  if (plans.empty()) {
    std::fprintf(stderr, "train_reader: no documents in %s\n", argv[1]);
    return 1;
  }
  duban::TrainingOptions options;
  if (argc > 3) options.rounds = std::atoi(argv[3]);
  const bool quick = std::strcmp(argv[2], "quick") == 0;
  if (quick || std::strcmp(argv[2], "learn") == 0) {
    std::fputs(duban::LearnWeights(plans, !quick, options, OnTwoThreads).c_str(), stdout);
    return 0;
  }
  if (std::strcmp(argv[2], "differences") == 0) {
    std::fputs(duban::Differences(plans).c_str(), stdout);
    return 0;
  }
  for (const duban::LeftOut& left : duban::LeaveEachOut(plans, options, OnTwoThreads)) {
    std::fputs(duban::Describe(left.name, left.comparison).c_str(), stdout);
  }
  return 0;
}
