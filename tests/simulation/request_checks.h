// Checks, at rest, of what unit and issuer agreed: A10. Everything is worked out anew from what both did, in the words
// of the contract.

#ifndef DUBAN_TESTS_SIMULATION_REQUEST_CHECKS_H_
#define DUBAN_TESTS_SIMULATION_REQUEST_CHECKS_H_

#include "tests/simulation/sim_node.h"

namespace duban::simulation {

// What `assignment` shows of what both did, as `order` asks it; its halves as they are stored are not looked at.
void CheckAgreed(World* world, SimNode* node, const v1::Order& order, const v1::Assignment& assignment);

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_REQUEST_CHECKS_H_
