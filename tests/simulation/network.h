// The network between nodes: messages that are late, lost, doubled, overtaken, cut off, or answers that never come.

#ifndef DUBAN_TESTS_SIMULATION_NETWORK_H_
#define DUBAN_TESTS_SIMULATION_NETWORK_H_

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "tests/simulation/faults.h"
#include "tests/simulation/world.h"

namespace duban::simulation {

// Not thread-safe. The world outlives it.
class Network {
 public:
  explicit Network(World* world) : world_(*world), dice_(world->dice("network")) {}

  enum class Message { kRequest, kAnswer };
  // Carries a message from one node to another: `arrive` runs there once, never, or twice. Inside a node nothing is
  // lost, and only the order of events decides.
  void Send(Message message, const std::string& from, const std::string& to, std::function<void()> arrive);

  void set_knobs(const NetworkKnobs& knobs) { knobs_ = knobs; }
  // From now on nothing goes from one to the other (one way).
  void Cut(const std::string& from, const std::string& to) { cut_.insert({from, to}); }
  void Mend(const std::string& from, const std::string& to) { cut_.erase({from, to}); }
  // Every message to and from a node takes seconds.
  void Slow(const std::string& node) { slow_.insert(node); }
  void Hasten(const std::string& node) { slow_.erase(node); }
  // A machine is gone for good: its connections end, and with them every message that is under way to or from it.
  void Lose(const std::string& node) { ++lost_[node]; }
  // Mends everything. Messages that are under way stay so.
  void Heal();

 private:
  absl::Duration DelayOf(const std::string& from, const std::string& to);

  World& world_;
  Dice& dice_;
  NetworkKnobs knobs_;
  std::set<std::pair<std::string, std::string>> cut_;
  std::set<std::string> slow_;
  // How many machines a node has lost.
  std::map<std::string, int> lost_;
};

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_NETWORK_H_
