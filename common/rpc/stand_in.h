// What answers at the port of a replica that does not lead: the health service, which says so, and of every other call
// where to make it instead. It opens no store.
//
// Thread-safe; destroying it stops it.

#ifndef DUBAN_COMMON_RPC_STAND_IN_H_
#define DUBAN_COMMON_RPC_STAND_IN_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/rpc/admin_server.h"
#include "common/rpc/server_options.h"

namespace duban {

class StandIn {
 public:
  virtual ~StandIn() = default;
  // `refusal` is what calls get; on any thread, and it returns at once. Errors: UNAVAILABLE where a port cannot be
  // taken; INVALID_ARGUMENT where the keys cannot be used.
  static absl::StatusOr<std::unique_ptr<StandIn>> Start(const ServerOptions& options,
                                                        std::function<absl::Status()> refusal, AdminPages pages);
  // Ports it listens on. Admin: 0 where there is none.
  virtual int port() const = 0;
  virtual int admin_port() const = 0;
  // Ends at once; the ports are free then.
  virtual void Stop() = 0;
};

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_STAND_IN_H_
