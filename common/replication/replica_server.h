// The server of one replica of a node (common/replication/replica.h): while another leads it stands in at the port and
// says where to call; while it leads it is the ordinary server of the node, on the stores of the replica.
//
// Services are built anew each time it comes to lead: what they had in mind of the stores before is not what others
// have written since.

#ifndef DUBAN_COMMON_REPLICATION_REPLICA_SERVER_H_
#define DUBAN_COMMON_REPLICATION_REPLICA_SERVER_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "common/rpc/server.h"

namespace duban {

// Opens the copies and stands in; leads once it is elected. REQUIRES: options.replicated_by says where the log is.
// Errors: those of Server::Start and Replica::Open.
absl::StatusOr<std::unique_ptr<Server>> StartReplica(const ServerOptions& options,
                                                     const std::vector<ModuleFactory>& modules,
                                                     const ServerPorts& ports);

}  // namespace duban

#endif  // DUBAN_COMMON_REPLICATION_REPLICA_SERVER_H_
