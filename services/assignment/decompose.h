// What a unit's own plans made of one upstream task: counts, not papers. Pure and thread-safe.

#ifndef DUBAN_SERVICES_ASSIGNMENT_DECOMPOSE_H_
#define DUBAN_SERVICES_ASSIGNMENT_DECOMPOSE_H_

#include <string_view>
#include <vector>

#include "duban/v1/assignment.pb.h"

namespace duban {

// One assignment that `node` issued for the task, with its other half.
struct IssuedBelow {
  v1::Assignment assignment;
  v1::Execution execution;
};

// Levels that are counted. Deeper rows are dropped: real offices have five levels, and nodes that were made upstreams
// of each other by mistake must not make each other's numbers grow for ever.
inline constexpr int kMaxDepth = 8;

// Counts the assignments of `node` that take on one upstream task: at depth 1 by unit, and one deeper whatever those
// units say of their own. Rows by depth, unit and node; titles of the plans in the order of their names.
v1::Decomposition Decompose(const std::vector<IssuedBelow>& issued, std::string_view node);

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_DECOMPOSE_H_
