// One node of a simulation: the real services and stores, their hops driven by events instead of threads and gRPC.

#ifndef DUBAN_TESTS_SIMULATION_SIM_NODE_H_
#define DUBAN_TESTS_SIMULATION_SIM_NODE_H_

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "common/node/node.h"
#include "services/assignment/assignment_logic.h"
#include "services/notification/notification_logic.h"
#include "services/plan/plan_logic.h"
#include "tests/simulation/network.h"
#include "tests/simulation/world.h"

namespace rocksdb {
class Env;
}

namespace duban::simulation {

// Extreme values that a seed can draw, to reach rare paths sooner.
struct NodeKnobs {
  // Most bytes of a fetched page.
  int page_bytes = 256 << 10;
};

// Not thread-safe. World and network outlive it; the nodes it talks to live as long as it.
class SimNode {
 public:
  using Find = std::function<SimNode*(const std::string& node)>;

  SimNode(World* world, Network* network, std::string id, std::vector<std::string> upstreams, Find find,
          NodeKnobs knobs);
  ~SimNode();

  // Opens the stores, builds the services, and begins to follow and to offer.
  void Start();
  // Ends the process without a word: calls under way are never answered.
  void Crash();
  // Throws the disk away; the next Start begins empty. REQUIRES: crashed.
  void LoseDisk();

  bool up() const { return running_ != nullptr; }
  const std::string& id() const { return id_; }
  const std::vector<std::string>& upstreams() const { return upstreams_; }
  NodeClock& clock() { return clock_; }

  // The services; only while up.
  PlanCore& plans() { return running_->plan->plans(); }
  DirectoryCore& directory() { return running_->plan->directory(); }
  AssignmentCore& assignments() { return running_->assignment->core(); }
  NotificationCore& notifications() { return running_->notification->core(); }
  Store* store(const std::string& service) const { return running_->node->store(service); }

  // Whether every hop is at the head of its feed and has nothing left to send.
  bool caught_up() const;
  // Names of the hops that are not; for a report.
  std::string behind() const;

 private:
  using FetchReply = std::function<void(absl::StatusOr<v1::FetchResponse>)>;
  using OfferReply = std::function<void(absl::StatusOr<v1::OfferResponse>)>;

  struct Follow {
    Node::Follow of;
    int failures = 0;
  };
  struct Offering {
    Node::Offer of;
    bool calling = false;
    int failures = 0;
  };
  // A Fetch that waits for something new.
  struct Waiting {
    v1::FetchRequest request;
    FetchReply reply;
    absl::Time until;
  };
  // Everything that a crash takes away. Members are destroyed in reverse order: hops before the node.
  struct Running {
    std::unique_ptr<Node> node;
    // Owned by the node.
    PlanLogic* plan = nullptr;
    AssignmentLogic* assignment = nullptr;
    NotificationLogic* notification = nullptr;
    std::vector<Chore> chores;
    std::vector<std::unique_ptr<Follow>> follows;
    std::vector<std::unique_ptr<Offering>> offers;
    std::list<Waiting> waiting;
    std::vector<std::shared_ptr<void>> listeners;
  };

  void Build();
  void Listen(Store* store);

  void Ask(Follow* follow);
  void Answered(Follow* follow, const absl::StatusOr<v1::FetchResponse>& answer);
  void ServeFetch(const v1::FetchRequest& request, FetchReply reply);
  void ServeWaiting();
  void OfferNext(Offering* offering);
  void ServeOffer(const v1::OfferRequest& request, const OfferReply& reply);
  void Do(const Chore* chore);
  absl::Duration PauseAfter(int failures);
  // Runs `event` later, unless the node was stopped in between.
  void Later(absl::Duration delay, std::function<void()> event);
  // Calls another node; `done` runs once, with UNAVAILABLE when no answer comes in time.
  template <typename Response>
  void CallNode(const std::string& node, std::function<void(SimNode*, std::function<void(Response)>)> serve,
                std::function<void(Response)> done);

  World& world_;
  Network& network_;
  const std::string id_;
  const std::vector<std::string> upstreams_;
  const Find find_;
  const NodeKnobs knobs_;
  NodeClock clock_;
  WorldIds ids_;
  // tidy: allow rocksdb-headers because a node keeps its disk over crashes
  std::shared_ptr<rocksdb::Env> disk_;
  int64_t incarnation_ = 0;
  std::unique_ptr<Running> running_;
};

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_SIM_NODE_H_
