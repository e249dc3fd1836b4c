// What has to hold of a store: over each step of a hop, and at rest.

#ifndef DUBAN_TESTS_SIMULATION_STORE_CHECKS_H_
#define DUBAN_TESTS_SIMULATION_STORE_CHECKS_H_

#include <string>

#include "common/store/indexes.h"
#include "common/store/store.h"
#include "tests/simulation/world.h"

namespace duban::simulation {

// F3: a step of a hop, from its beginning to Check. The position and everything that goes with it are one commit, what
// the hop says is what is stored, and within an epoch no position goes back. World and store outlive it.
class HopStep {
 public:
  // `where` is for the report, `key` the position's.
  HopStep(World* world, std::string where, const Store* store, std::string key);
  // `said`: the position that the hop (or the answer) says is stored.
  void Check(const v1::FeedPosition& said);

 private:
  World& world_;
  const std::string where_;
  const Store& store_;
  const std::string key_;
  const int64_t head_;
  v1::FeedPosition before_;
};

// S3, S6, F2: the chain of commits holds, the feeds agree with the entities, and the indexes with the records, both
// ways: once as this file counts them, once row by row as the service itself says (VerifyIndexes). `service` is the
// store's, `rows` what it says.
void CheckStoreAtRest(World* world, const std::string& node, const std::string& service, const Store& store,
                      IndexRows rows);

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_STORE_CHECKS_H_
