// What a newer version of the software would leave in a node's store: entities with fields that this one does not know.
// F9. Not thread-safe.

#ifndef DUBAN_TESTS_SIMULATION_NEWER_VERSION_H_
#define DUBAN_TESTS_SIMULATION_NEWER_VERSION_H_

#include <string>

#include "tests/simulation/sim_node.h"

namespace duban::simulation {

// Adds such a field to a unit of the node's own. Returns the unit; empty where there is none, or the write failed.
std::string WriteAsNewerVersion(SimNode* node, Dice& dice);

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_NEWER_VERSION_H_
