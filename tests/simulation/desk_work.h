// Work at the desk: drafts, the directory, calendars, reminder policies. What is published is in work.h. A5, A9, F14,
// N1, P4.
//
// Not thread-safe. World, nodes and caller outlive it.

#ifndef DUBAN_TESTS_SIMULATION_DESK_WORK_H_
#define DUBAN_TESTS_SIMULATION_DESK_WORK_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/caller.h"
#include "tests/simulation/sim_node.h"

namespace duban::simulation {

class DeskWork {
 public:
  DeskWork(World* world, PatientCaller* caller) : world_(*world), dice_(world->dice("desk")), caller_(*caller) {}

  // One random act at a node. `units` are those that it addresses.
  void Act(SimNode* node, const std::vector<std::string>& units);
  // Has a task of a draft take on one of a plan from above, where there is one.
  void Align(SimNode* node, const v1::Plan& draft);
  // A node is back from a loss: what it has left is looked up.
  void Returned(SimNode* node);

 private:
  void Draft(SimNode* node);
  void EditDraft(SimNode* node, v1::Plan draft);
  void Settle(SimNode* node, const v1::Plan& draft);
  void Group(SimNode* node, const std::vector<std::string>& units);
  void TemporaryUnit(SimNode* node);
  void Calendar(SimNode* node);
  void Policy(SimNode* node);
  void Redrive(SimNode* node);
  // Counts an act that was done; of one that was refused, why is nobody's concern.
  void Done(const char* what, const absl::Status& status);

  World& world_;
  Dice& dice_;
  PatientCaller& caller_;
  // By node.
  std::map<std::string, std::set<std::string>> temporary_;
};

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_DESK_WORK_H_
