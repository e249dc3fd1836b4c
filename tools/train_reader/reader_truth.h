// What a golden table says of each mark of a document: learning's right answers. Pure; any thread.
#ifndef DUBAN_TOOLS_TRAIN_READER_READER_TRUTH_H_
#define DUBAN_TOOLS_TRAIN_READER_READER_TRUTH_H_

#include <vector>

#include "services/plan/reader/region_reader.h"
#include "tools/train_reader/golden_plan.h"

namespace duban {

// A region to learn from.
struct Example {
  MarkedRegion region;
  std::vector<Truth> truth;
};

// The regions of a document with what its table says of them; those the table says nothing of are told apart as holding
// no task. Twice: as the first pass sees them, and as the second does, which knows the names.
std::vector<Example> ExamplesOf(const GoldenPlan& golden);

}  // namespace duban

#endif  // DUBAN_TOOLS_TRAIN_READER_READER_TRUTH_H_
