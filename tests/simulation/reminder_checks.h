// What has to hold of reminders at rest: what is planned is what orders, acts, policy and calendar ask for, and what
// came of it came once.
//
// Not thread-safe; everything handed in outlives the calls.

#ifndef DUBAN_TESTS_SIMULATION_REMINDER_CHECKS_H_
#define DUBAN_TESTS_SIMULATION_REMINDER_CHECKS_H_

#include "tests/simulation/promises.h"
#include "tests/simulation/sim_node.h"

namespace duban::simulation {

// N1, N4, N8, N9: the arrow is run anew over what the assignment service has. `lossless`: nobody has forgotten what was
// done, so that whoever has to be told now had to be told when the time came.
void CheckReminders(World* world, SimNode* node, bool lossless);

// N5, N6: no reminder was given up as missed, and each that is due can be had. What waited in a backup at a time at
// which the lost node was still at work counts as sent, and says so.
void CheckDueReminders(World* world, SimNode* node, const Promises& promises);

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_REMINDER_CHECKS_H_
