// Work at the desk: drafts, the directory, reminder policies. What is published from them is in work.h. A5, F14, N1,
// P4.
//
// Not thread-safe. World and nodes outlive it.

#ifndef DUBAN_TESTS_SIMULATION_DESK_WORK_H_
#define DUBAN_TESTS_SIMULATION_DESK_WORK_H_

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/base/strings.h"
#include "tests/simulation/sim_node.h"

namespace duban::simulation {

class DeskWork {
 public:
  // Calls a node until it says what became of a request.
  using Sure = std::function<absl::Status(SimNode* node, const std::function<absl::Status()>& call)>;

  DeskWork(World* world, Sure sure) : world_(*world), dice_(world->dice("desk")), sure_(std::move(sure)) {}

  // One random act at a node. `units` are those that it addresses.
  void Act(SimNode* node, const std::vector<std::string>& units);
  // A node is back from a loss: what it has left is looked up.
  void Returned(SimNode* node);

 private:
  void Draft(SimNode* node);
  void EditDraft(SimNode* node, v1::Plan draft);
  void Settle(SimNode* node, const v1::Plan& draft);
  void Align(SimNode* node, const v1::Plan& draft);
  void Group(SimNode* node, const std::vector<std::string>& units);
  void TemporaryUnit(SimNode* node);
  void Policy(SimNode* node);
  void Redrive(SimNode* node);
  std::string NewId() { return StrCat("desk-", ++ids_); }
  // Counts an act that was done; of one that was refused, why is nobody's concern.
  void Done(const char* what, const absl::Status& status);

  World& world_;
  Dice& dice_;
  const Sure sure_;
  int64_t ids_ = 0;
  // By node.
  std::map<std::string, std::set<std::string>> temporary_;
};

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_DESK_WORK_H_
