// Who holds a lease on what, as the holders were told.

#ifndef DUBAN_TESTS_SIMULATION_LEASE_BOOK_H_
#define DUBAN_TESTS_SIMULATION_LEASE_BOOK_H_

#include <map>
#include <string>

#include "tests/simulation/sim_node.h"

namespace duban::simulation {

// Not thread-safe. The world outlives it.
class LeaseBook {
 public:
  // Breaks `invariant` where two hold one thing.
  LeaseBook(World* world, std::string invariant) : world_(*world), invariant_(std::move(invariant)) {}

  // Somebody was handed `name` at `node` until `expire`, which the node's clock says; broken where somebody else was
  // promised it for longer, by that clock and by true time. `asked` counts up where it becomes another thing than was
  // leased, which ends what ran.
  void Take(SimNode* node, const std::string& name, const std::string& token, absl::Time expire, int asked = 0) {
    Lease& lease = leases_[name];
    const bool runs = world_.now() < lease.true_end && node->clock().Now() < lease.expire && lease.node == node->id() &&
                      lease.asked == asked;
    if (runs && lease.token != token) world_.Broken(invariant_, name + " is leased to two at once at " + node->id());
    if (lease.token == token) return;
    // A clock may run a little fast.
    const absl::Time true_end = world_.now() + (expire - node->clock().Now()) * 0.999;
    lease = {node->id(), token, lease.token, expire, true_end, asked};
  }

  // The token that the last one replaced; empty where there was none.
  std::string FormerToken(const std::string& name) const {
    const auto found = leases_.find(name);
    return found == leases_.end() ? std::string() : found->second.former_token;
  }

  // A node has lost its disk, and knows nothing of the leases it gave.
  void Forget(const std::string& node) {
    std::erase_if(leases_, [&](const auto& item) { return item.second.node == node; });
  }

  // The lease was used up.
  void End(const std::string& name) { leases_.erase(name); }

 private:
  struct Lease {
    std::string node;
    std::string token;
    std::string former_token;
    absl::Time expire = absl::InfinitePast();
    absl::Time true_end = absl::InfinitePast();
    int asked = 0;
  };

  World& world_;
  const std::string invariant_;
  std::map<std::string, Lease> leases_;
};

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_LEASE_BOOK_H_
