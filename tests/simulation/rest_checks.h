// What has to hold of a node's services at rest, when everything has been mended and every level has caught up.

#ifndef DUBAN_TESTS_SIMULATION_REST_CHECKS_H_
#define DUBAN_TESTS_SIMULATION_REST_CHECKS_H_

#include <vector>

#include "tests/simulation/sim_node.h"
#include "tests/simulation/work.h"

namespace duban::simulation {

// F2: the duties of each published plan that the node owns are those that its tasks name, no more and no fewer.
void CheckExpansion(World* world, SimNode* node);

// P1: a published plan is, here as at its owner, byte for byte what its publisher was shown.
void CheckPublished(World* world, SimNode* node, const Promises& promises);

// U1: each call that a node has refused is in its audit, once.
void CheckRefusals(World* world, const std::vector<SimNode*>& nodes, const RefusalCounts& refusals);

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_REST_CHECKS_H_
