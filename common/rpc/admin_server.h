// The HTTP page for operators: /metrics (Prometheus), /livez (restart me if this fails), /readyz (send me calls).
//
// No authentication, no secrets, nothing that changes anything. Owns its threads. Idle and slow connections, however
// many, do not hold it up: each has a few seconds.

#ifndef DUBAN_COMMON_RPC_ADMIN_SERVER_H_
#define DUBAN_COMMON_RPC_ADMIN_SERVER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace duban {

// What the pages say. Called on the server's thread, one at a time; each returns at once.
struct AdminPages {
  // Prometheus text.
  std::function<std::string()> metrics;
  // OK, or why the process should be restarted.
  std::function<absl::Status()> live;
  // OK, or why it should get no calls.
  std::function<absl::Status()> ready;
};

class AdminServer {
 public:
  virtual ~AdminServer() = default;
  // Serves at HOST and port; 0 takes a free one. Errors: UNAVAILABLE where the port cannot be taken.
  static absl::StatusOr<std::unique_ptr<AdminServer>> Start(const std::string& host, int port, AdminPages pages);
  virtual int port() const = 0;
  // Stops within a second.
  virtual void Stop() = 0;
};

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_ADMIN_SERVER_H_
