// What has to hold between the nodes at rest, when everything has been mended and every level has caught up; and what
// has to hold of a node that has just started. Not thread-safe; everything handed in outlives the calls.

#ifndef DUBAN_TESTS_SIMULATION_SYSTEM_CHECKS_H_
#define DUBAN_TESTS_SIMULATION_SYSTEM_CHECKS_H_

#include <map>
#include <string>
#include <vector>

#include "tests/simulation/sim_node.h"
#include "tests/simulation/work.h"

namespace duban::simulation {

// S1: what a node acknowledged is there when it has started again.
void CheckAfterStart(World* world, SimNode* node, const Promises& promises);

// S1, S3, S4: every effect that was acknowledged is there, once.
void CheckPromises(World* world, const std::vector<SimNode*>& nodes, const Promises& promises);
// A1, A2, A4, F4, F8: what a node issued to units elsewhere is there, alike in both halves.
void CheckAssignments(World* world, const std::vector<SimNode*>& nodes);
// P1, P5: plans are what was published, wherever they have come; what is withdrawn leaves nothing open.
void CheckPlans(World* world, SimNode* node, const Promises& promises);
// F9, F14, F15: every level below holds the directory of those above, byte by byte.
void CheckDirectories(World* world, const std::vector<SimNode*>& nodes, const Promises& promises);

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_SYSTEM_CHECKS_H_
