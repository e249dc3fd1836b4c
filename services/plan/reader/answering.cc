#include "services/plan/reader/answering.h"

#include <algorithm>

namespace duban {

Answering AnsweringOf(const v1::Task& task) {
  Answering best = Answering::kNobody;
  for (const v1::Responsibility& entry : task.responsibilities()) {
    const Answering of_entry = entry.role() == v1::Responsibility::COOPERATE ? Answering::kHelpersOnly
                               : entry.open()                                ? Answering::kLeftOpen
                                                                             : Answering::kNamed;
    best = std::max(best, of_entry);
  }
  return best;
}

}  // namespace duban
