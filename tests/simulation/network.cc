#include "tests/simulation/network.h"

namespace duban::simulation {
namespace {

constexpr absl::Duration kInside = absl::Microseconds(50);
constexpr absl::Duration kLeast = absl::Milliseconds(1);
constexpr absl::Duration kLongest = absl::Minutes(8);

}  // namespace

absl::Duration Network::DelayOf(const std::string& from, const std::string& to) {
  absl::Duration delay = dice_.Between(kLeast, knobs_.most_delay);
  if (slow_.contains(from) || slow_.contains(to)) {
    world_.Count("fault.slow_peer");
    delay += dice_.Between(absl::Seconds(1), absl::Seconds(9));
  }
  if (dice_.Chance(knobs_.straggler)) {
    world_.Count("fault.straggler");
    delay += dice_.Between(absl::Seconds(30), kLongest);
  }
  if (delay > absl::Seconds(1)) world_.Count("fault.delay");
  return delay;
}

void Network::Send(Message message, const std::string& from, const std::string& to, std::function<void()> arrive) {
  if (from == to) {
    world_.After(kInside, std::move(arrive));
    return;
  }
  // A cut that begins while a message is under way stops it too.
  auto deliver = [this, from, to, machines = lost_[from] + lost_[to], arrive = std::move(arrive)] {
    if (cut_.contains({from, to}) || machines != lost_[from] + lost_[to]) return world_.Count("message.cut");
    arrive();
  };
  if (dice_.Chance(knobs_.doubling)) {
    world_.Count("fault.doubling");
    world_.After(DelayOf(from, to) * 3, deliver);
  }
  const absl::Duration delay = DelayOf(from, to);
  if (dice_.Chance(knobs_.loss)) return world_.Count("fault.loss");
  if (message == Message::kAnswer && dice_.Chance(knobs_.lost_answer)) return world_.Count("fault.lost_answer");
  world_.After(delay, std::move(deliver));
}

void Network::Heal() {
  cut_.clear();
  slow_.clear();
  knobs_ = NetworkKnobs();
}

}  // namespace duban::simulation
