// Acts that have to be refused: on what another node owns, and on what is published.

#ifndef DUBAN_TESTS_SIMULATION_TRESPASS_H_
#define DUBAN_TESTS_SIMULATION_TRESPASS_H_

#include <functional>
#include <string>

#include "tests/simulation/sim_node.h"

namespace duban::simulation {

// Tries one such act at random at a node that is up; breaks F8 or P1 where it is taken. `new_id` makes request ids.
void Trespass(World* world, SimNode* node, const std::function<std::string()>& new_id);

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_TRESPASS_H_
