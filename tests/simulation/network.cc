#include "tests/simulation/network.h"

namespace duban::simulation {

void Network::Send(const std::string& from, const std::string& to, std::function<void()> arrive) {
  if (from == to) {
    world_.After(absl::Microseconds(50), std::move(arrive));
    return;
  }
  // A cut that begins while a message is under way stops it too.
  auto deliver = [this, from, to, arrive = std::move(arrive)] {
    if (!cut_.contains({from, to})) arrive();
  };
  if (world_.Chance(faults_.doubling)) {
    world_.After(world_.Between(faults_.least_delay, faults_.most_delay * 4), deliver);
  }
  if (world_.Chance(faults_.loss)) return;
  world_.After(world_.Between(faults_.least_delay, faults_.most_delay), std::move(deliver));
}

void Network::Heal() {
  cut_.clear();
  faults_ = NetworkFaults();
}

}  // namespace duban::simulation
