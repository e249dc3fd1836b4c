// A server process: stores, modules, hops, gRPC, the admin page, and a drain that ends.

#ifndef DUBAN_COMMON_RPC_SERVER_H_
#define DUBAN_COMMON_RPC_SERVER_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/node/node.h"
#include "common/rpc/exit_codes.h"
#include "common/rpc/metrics.h"
#include "common/rpc/module.h"
#include "common/rpc/server_options.h"

namespace duban {

// A service to host, and how it is built.
struct ModuleFactory {
  // `plan`, `assignment` or `notification`.
  std::string service;
  std::function<std::unique_ptr<Module>(const Ports&)> make;
  // Looks over what it alone understands of the options, before anything is opened: INVALID_ARGUMENT says what to do.
  // Null: there is nothing.
  std::function<absl::Status(const ServerOptions&)> check = nullptr;
};

// What tests replace, and what the process adds. All outlive the server.
struct ServerPorts {
  Clock* clock = &RealClock();
  IdSource* ids = &SystemIds();
  // Null: the machine's file system.
  decltype(StoreOptions::env) env = nullptr;
  // How its stores are opened; null: Store::Open.
  StoreOpener open_store = nullptr;
  // Of one of several replicas: OK while it leads, else what calls are refused with. Null: it is no replica.
  std::function<absl::Status()> admit = nullptr;
  // Numbers of something else in the process, for its page of metrics; null: there is nothing.
  std::function<std::vector<Sample>()> more_samples = nullptr;
};

// What a server opens its node with.
NodeOptions NodeOptionsOf(const ServerOptions& options, const ServerPorts& ports);

// Longest drain: refusing, finishing waiting calls, letting running ones end.
inline constexpr absl::Duration kDrainTime = absl::Seconds(5);
// A server inside a process. Start, use, Drain. Thread-safe; destroying it drains.
class Server {
 public:
  // Opens the stores, builds the modules, serves, and starts the hops. Errors: DATA_LOSS, FAILED_PRECONDITION or
  // INTERNAL of a store (see Store::Open), with payload kStoreFailureUrl; UNAVAILABLE where a port cannot be taken.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                                       const std::vector<ModuleFactory>& modules,
                                                       const ServerPorts& ports = {});
  virtual ~Server() = default;

  // Ports it listens on. Admin: 0 where there is none.
  virtual int port() const = 0;
  virtual int admin_port() const = 0;
  // Steps: refuse new calls and say NOT_SERVING; stop hops; answer waiting calls; let running calls end; stop modules;
  // close the stores. Takes at most kDrainTime unless a call's code does not return. Again: nothing.
  virtual void Drain() = 0;
  // The store of a hosted service; null where it is not hosted or closed by Drain.
  virtual Store* store(std::string_view service) = 0;
  // Waiting Fetch calls.
  virtual int waiting_fetches() const = 0;
};

// How another server than that of Server::Start is started.
using ServerStarter = std::function<absl::StatusOr<std::unique_ptr<Server>>(
    const ServerOptions& options, const std::vector<ModuleFactory>& modules, const ServerPorts& ports)>;

// Runs a server until SIGTERM or SIGINT, drains it, and returns the exit code of the process: 0 after a drain. A second
// signal ends the process at once. To be called on the first thread, before there are others. `companion`: runs beside
// the services; null: nothing does. `replica`: starts one of several replicas, where the options say that it is one.
int RunServer(const ServerOptions& options, const std::vector<ModuleFactory>& modules, Companion* companion = nullptr,
              const ServerStarter& replica = nullptr);

// The main function of a server program.
int ServerMain(std::string_view program, int argc, const char* const* argv, const std::vector<ModuleFactory>& modules,
               Companion* companion = nullptr, const ServerStarter& replica = nullptr);

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_SERVER_H_
