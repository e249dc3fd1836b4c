// All that happened to an assignment, everybody's part together, by time. Pure and thread-safe.

#ifndef DUBAN_SERVICES_ASSIGNMENT_TIMELINE_H_
#define DUBAN_SERVICES_ASSIGNMENT_TIMELINE_H_

#include <vector>

#include "duban/v1/assignment.pb.h"

namespace duban {

// Of an assignment as a caller sees it, but with all that revisions changed, signed for or not. By time, but never an
// effect before its cause: where the clocks of two nodes disagree, what was caused stands right behind what caused it.
std::vector<v1::TimelineEntry> TimelineOf(const v1::Assignment& assignment);

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_TIMELINE_H_
