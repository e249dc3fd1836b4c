// The network between nodes: unary calls that are late, lost, doubled, overtaken, or answered into the void.

#ifndef DUBAN_TESTS_SIMULATION_NETWORK_H_
#define DUBAN_TESTS_SIMULATION_NETWORK_H_

#include <functional>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "tests/simulation/world.h"

namespace duban::simulation {

// How bad the network is; drawn anew for each seed.
struct NetworkFaults {
  double loss = 0;
  double doubling = 0;
  absl::Duration least_delay = absl::Milliseconds(1);
  absl::Duration most_delay = absl::Milliseconds(20);
};

// Not thread-safe. The world outlives it.
class Network {
 public:
  explicit Network(World* world) : world_(*world) {}

  // Carries a message from one node to another: `arrive` runs there once, never, or twice. Inside a node nothing is
  // lost, and only the order of events decides.
  void Send(const std::string& from, const std::string& to, std::function<void()> arrive);

  void set_faults(const NetworkFaults& faults) { faults_ = faults; }
  // From now on nothing goes from one to the other (one way).
  void Cut(const std::string& from, const std::string& to) { cut_.insert({from, to}); }
  // Mends everything: no cuts, no loss, no doubling.
  void Heal();
  void Mend(const std::string& from, const std::string& to) { cut_.erase({from, to}); }

 private:
  World& world_;
  NetworkFaults faults_;
  std::set<std::pair<std::string, std::string>> cut_;
};

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_NETWORK_H_
