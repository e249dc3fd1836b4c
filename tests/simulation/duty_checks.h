// What has to hold of assignments at rest: they are views of orders, and whatever is kept of them is what a count by
// hand gives. The store's own check (AssignmentIndexRows) knows the code that writes; these know what callers are
// shown.
//
// Not thread-safe; everything handed in outlives the calls.

#ifndef DUBAN_TESTS_SIMULATION_DUTY_CHECKS_H_
#define DUBAN_TESTS_SIMULATION_DUTY_CHECKS_H_

#include <vector>

#include "tests/simulation/sim_node.h"

namespace duban::simulation {

// All that a filter means, page by page; breaks A9 where a list fails.
std::vector<v1::Assignment> Listed(World* world, SimNode* node, const v1::AssignmentFilter& filter);

// A7: each addressee of each order has one assignment, which says what the order, the addressee and the halves say, and
// nothing else is listed; read by itself it is the same.
void CheckViews(World* world, SimNode* node);

// A9: every list holds what its filter means, and every number of a board is that of the list it opens, counted by
// hand.
void CheckCounters(World* world, SimNode* node);

// A4: what is said of the plans made out of an assignment is what a count of them gives.
void CheckMadeBelow(World* world, SimNode* node);

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_DUTY_CHECKS_H_
