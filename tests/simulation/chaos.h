// Makes things go wrong in a simulated world, as its seed has drawn. Not thread-safe.

#ifndef DUBAN_TESTS_SIMULATION_CHAOS_H_
#define DUBAN_TESTS_SIMULATION_CHAOS_H_

#include <functional>
#include <string>
#include <vector>

#include "tests/simulation/replacements.h"
#include "tests/simulation/sim_node.h"

namespace duban::simulation {

// Everything handed in outlives it.
class Chaos {
 public:
  // `start` starts a node that is down, and checks what it finds.
  Chaos(const Surroundings& around, std::vector<SimNode*> nodes, Replacements* replacements,
        std::function<void(SimNode*)> start);

  // Schedules the faults that were drawn.
  void Begin();
  // Nothing new goes wrong; what is wrong stays so until somebody mends it.
  void End() { over_ = true; }
  // Starts a node again soon, whose store has failed.
  void Revive(SimNode* node);

 private:
  // Does `fault` again and again, `mean` apart.
  void Every(const std::string& kind, absl::Duration mean, const std::function<void(Dice&)>& fault);
  SimNode* Any(Dice& dice) { return dice.Pick(nodes_); }
  void StartLater(SimNode* node, absl::Duration delay);
  void Crash(Dice& dice);
  void PowerCut(Dice& dice);
  void Stop(Dice& dice);
  void FailDisk(Dice& dice);
  void Cut(Dice& dice, bool both);
  void Partition(Dice& dice);
  void Slow(Dice& dice);
  void Step(Dice& dice);
  void Forge(Dice& dice);
  void Pretend(Dice& dice);
  void PresentOldPosition(Dice& dice);
  void ReplaceEmpty(Dice& dice);
  void ReplaceOld(Dice& dice);
  void BackUp(Dice& dice);

  const Surroundings around_;
  World& world_;
  const std::vector<SimNode*> nodes_;
  Replacements& replacements_;
  const std::function<void(SimNode*)> start_;
  bool over_ = false;
};

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_CHAOS_H_
