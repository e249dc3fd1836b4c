// The standard health service (grpc.health.v1), per gRPC service and for the process as a whole ("").
//
// Own rather than gRPC's built-in one for two reasons: the built-in one has no descriptor, so that reflection tools
// fail on it, and its open Watch streams hold up a shutdown for its whole time limit. No thread is held by an open
// stream. Thread-safe; outlives the server it is registered with.

#ifndef DUBAN_COMMON_RPC_HEALTH_SERVICE_H_
#define DUBAN_COMMON_RPC_HEALTH_SERVICE_H_

#include <map>
#include <memory>
#include <set>
#include <string>

#include "common/base/mutex.h"
#include "common/rpc/connection_guard.h"
#include "common/rpc/front.h"
#include "grpc/health/v1/health.pb.h"

namespace duban {

// The name that leading is known by, of a node with several replicas: SERVING at the one that leads, and only there.
inline constexpr char kLeaderHealth[] = "leader";

class HealthService final {
 public:
  // What calls cost goes to the tallies of `guard`, which outlives the service.
  explicit HealthService(ConnectionGuard* guard);
  ~HealthService();

  // Sets what Check answers, of all named services at the same moment, and tells those who watch. A service that was
  // never set is unknown: NOT_FOUND.
  void Set(const std::map<std::string, bool>& serving);
  // Everything is NOT_SERVING from now on, and streams that are open end once they have said so.
  void Drain();

  static constexpr char kCheckPath[] = "/grpc.health.v1.Health/Check";
  static constexpr char kWatchPath[] = "/grpc.health.v1.Health/Watch";
  // Answers a call of one of the two.
  void Serve(std::unique_ptr<Wire> wire);

 private:
  class Client;
  using Status = grpc::health::v1::HealthCheckResponse::ServingStatus;

  Status StatusOf(const std::string& service) const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  // What a client asks for is known: tells it.
  void Tell(Client* client, const std::string& service);
  void Remove(Client* client);

  ConnectionGuard* const guard_;
  Mutex mu_;
  std::map<std::string, bool> serving_ ABSL_GUARDED_BY(mu_);
  bool draining_ ABSL_GUARDED_BY(mu_) = false;
  // Keeps each call until gRPC is done with it.
  std::set<std::shared_ptr<Client>> clients_ ABSL_GUARDED_BY(mu_);
};

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_HEALTH_SERVICE_H_
