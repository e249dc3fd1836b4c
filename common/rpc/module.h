// What a server process hosts: a service, as the process sees it.
//
// A service is built in two layers. Its core (`services/plan/plan_core.h`, say) holds the logic: one method per RPC,
// `absl::Status Method(const Request&, Response*)`, on ports only, with no gRPC; the simulator and the tests call it
// directly. Its edge (`plan_service.cc`) maps each RPC to the core through Edge::Call, and nothing more.

#ifndef DUBAN_COMMON_RPC_MODULE_H_
#define DUBAN_COMMON_RPC_MODULE_H_

#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/feed/hop.h"
#include "common/store/store.h"

namespace grpc {
class Service;
}

namespace duban {

class Edge;

// The ports a core is built from. All outlive it.
struct Ports {
  Store* store = nullptr;
  Clock* clock = nullptr;
  IdSource* ids = nullptr;
  // Id of this node.
  std::string node;
  // File that the notification service's log channel appends due reminders to; empty: no such channel.
  std::string log_channel_file = {};
};

// A service in a process. Built by the service's `MakeModule(Ports, Edge*)`; destroyed before its store.
// One thread, the process's own, calls these methods.
class Module {
 public:
  virtual ~Module() = default;
  // `plan`, `assignment` or `notification`: also the name of its store's folder and of its feed.
  virtual std::string name() const = 0;
  // gRPC services to register; owned by the module.
  virtual std::vector<grpc::Service*> services() = 0;
  virtual HopSpecs hops() = 0;
  // Starts and stops own loops (a channel that delivers reminders, say). Stop returns within a second.
  virtual void Start() {}
  virtual void Stop() {}
};

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_MODULE_H_
