// Reads every row of a store and compares what says the same thing twice. F1, S2, S3, S6, S7.
//
// Not the store's own verification: that has its code from the code that writes.

#ifndef DUBAN_TESTS_SIMULATION_STORE_SCAN_H_
#define DUBAN_TESTS_SIMULATION_STORE_SCAN_H_

#include <string>

#include "common/store/store.h"
#include "tests/simulation/world.h"

namespace duban::simulation {

// Commits follow on from each other up to the head; what their audits say was done is there, and nothing else is: every
// entity's last change, its places in feeds both ways, every answer to a request. `memos_expire`: answers may have been
// forgotten. `where` is for reports.
void ScanStore(World* world, const std::string& where, const Store& store, bool memos_expire);

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_STORE_SCAN_H_
