// The one rule that says whether somebody answers for a task.
//
// Pure; any thread.
#ifndef DUBAN_SERVICES_PLAN_READER_ANSWERING_H_
#define DUBAN_SERVICES_PLAN_READER_ANSWERING_H_

#include "duban/v1/plan.pb.h"

namespace duban {

// Who answers for a task, from nobody to somebody.
enum class Answering {
  kNobody,       // No unit stands in it.
  kHelpersOnly,  // Units stand in it, but somebody who only helps (配合) answers for nothing.
  kLeftOpen,     // Only words that leave open who is meant (相关单位, an unknown name that a person let stand).
  kNamed,        // A unit or group is named.
};
Answering AnsweringOf(const v1::Task& task);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_READER_ANSWERING_H_
