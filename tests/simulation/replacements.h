// Machines that are lost with their disks and replaced: by an empty one that is rebuilt from its neighbours, or by one
// that goes on from a backup, rebuilt or not.
//
// One node is replaced at a time, and messages of a lost machine end with its connections: before anybody puts another
// machine in its place, nothing of it is under way any more. Copies from before a machine was replaced are not used
// afterwards: they belong to a past in which what the neighbours know since did not happen.
//
// Not thread-safe. Everything handed in outlives it.

#ifndef DUBAN_TESTS_SIMULATION_REPLACEMENTS_H_
#define DUBAN_TESTS_SIMULATION_REPLACEMENTS_H_

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "tests/simulation/sim_node.h"
#include "tests/simulation/work.h"

namespace duban::simulation {

class Replacements {
 public:
  // `start` starts a node that is down.
  Replacements(const Surroundings& around, Work* work, std::function<void(SimNode*)> start);

  // Backs up a node: its stores are copied one after the other, followers before what they follow.
  void BackUp(SimNode* node, Dice& dice);
  bool HasBackup(const SimNode* node) const { return copies_.contains(node->id()); }

  enum class How { kEmptyAndRebuilt, kRestored, kRestoredAndRebuilt };
  // The machine of a node ends for good; after `delay` another one takes its place. REQUIRES: no other one is being
  // replaced, and there is a backup where one is needed.
  void Replace(SimNode* node, How how, absl::Duration delay);
  // Whether a machine is being replaced; whether this one is.
  bool busy() const { return lost_ != nullptr; }
  bool IsLost(const SimNode* node) const { return lost_ == node; }
  // A neighbour has given back to a node what it holds of it.
  void GaveBack(SimNode* by, const std::string& to);
  // How often a node went on from a backup and was not rebuilt: what it did since the backup never happened.
  int Forgot(const std::string& node) const;

 private:
  struct Copy {
    NodeCopy stores;
    // What was promised when the stores were copied.
    Promises promises;
    absl::Time begun;
  };
  void CopyNext(SimNode* node, std::shared_ptr<Copy> copy, size_t service);
  void Return(SimNode* node, absl::Time alive_until);

  const Surroundings around_;
  World& world_;
  Work& work_;
  const std::function<void(SimNode*)> start_;
  // The latest whole one of each node.
  std::map<std::string, std::shared_ptr<const Copy>> copies_;
  std::map<std::string, int> forgot_;
  // While one is replaced.
  SimNode* lost_ = nullptr;
  std::shared_ptr<const Copy> from_;
  Held held_;
  std::set<std::string> gave_;
};

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_REPLACEMENTS_H_
