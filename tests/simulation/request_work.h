// What unit and issuer ask of each other: declines and decisions, extensions and answers, reports taken back and read,
// remarks and urges. A10, N4.
//
// Not thread-safe. World, nodes and caller outlive it.

#ifndef DUBAN_TESTS_SIMULATION_REQUEST_WORK_H_
#define DUBAN_TESTS_SIMULATION_REQUEST_WORK_H_

#include <string>
#include <vector>

#include "tests/simulation/caller.h"
#include "tests/simulation/sim_node.h"

namespace duban::simulation {

class RequestWork {
 public:
  RequestWork(World* world, PatientCaller* caller) : world_(*world), dice_(world->dice("requests")), caller_(*caller) {}

  // One random act at a node that is up. `units` are those that it addresses.
  void Act(SimNode* node, const std::vector<std::string>& units);

 private:
  void ActAsUnit(SimNode* node);
  void ActAsIssuer(SimNode* node, const std::vector<std::string>& units);
  void Decline(SimNode* node);
  void Ask(SimNode* node);
  void Retract(SimNode* node);
  void Decide(SimNode* node, const std::vector<std::string>& units);
  void Answer(SimNode* node);
  void Read(SimNode* node);
  void Remark(SimNode* node);
  void Urge(SimNode* node);

  // A random assignment that a filter means: one that a unit of the node has, or that the node issued. Without a name
  // where there is none.
  v1::Assignment AnyAtUnit(SimNode* node, const v1::AssignmentFilter& filter);
  v1::Assignment AnyIssued(SimNode* node, const v1::AssignmentFilter& filter);
  // Calls until it is known what came of it, now and then once more. Counts what was done; of what was refused, why is
  // nobody's concern.
  template <typename Request, typename Response, typename Method>
  bool Do(const char* what, SimNode* node, Request request, Response* response, Method method);

  World& world_;
  Dice& dice_;
  PatientCaller& caller_;
};

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_REQUEST_WORK_H_
