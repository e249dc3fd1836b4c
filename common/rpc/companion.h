// Something that a server program runs beside the services of its node, in the same process: it has flags of its own,
// begins once they serve, and is drained when they are.
//
// Thread-safe but for AddFlags and Check, which come first. Owned by main.

#ifndef DUBAN_COMMON_RPC_COMPANION_H_
#define DUBAN_COMMON_RPC_COMPANION_H_

#include <vector>

#include "absl/status/status.h"
#include "common/rpc/metrics.h"
#include "common/rpc/server_options.h"

namespace CLI {
class App;
}

namespace duban {

class Companion {
 public:
  virtual ~Companion() = default;
  virtual void AddFlags(CLI::App& app) = 0;
  // OK, or why its flags and those of the server contradict each other: INVALID_ARGUMENT.
  virtual absl::Status Check(const ServerOptions& options) const = 0;
  // `port`: where the services listen. Errors: UNAVAILABLE where a port cannot be taken, INVALID_ARGUMENT where a file
  // cannot be used.
  virtual absl::Status Start(const ServerOptions& options, int port) = 0;
  // For the page of metrics; also before Start and after Drain.
  virtual std::vector<Sample> Samples() const = 0;
  // Within kDrainTime (server.h), while the services drain.
  virtual void Drain() = 0;
};

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_COMPANION_H_
