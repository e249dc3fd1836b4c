// Connections over gRPC. Thread-compatible; the clock and the ids outlive the connection.

#ifndef DUBAN_TOOLS_CLI_GRPC_CONNECTION_H_
#define DUBAN_TOOLS_CLI_GRPC_CONNECTION_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/feed/hop.h"
#include "tools/cli/connection.h"

namespace duban::cli {

// Connects to `addresses`, one channel for each that differs, when the first call needs it. With keys, the other side
// has to be the node that they are of.
std::unique_ptr<Connection> MakeGrpcConnection(const Addresses& addresses, const Transport& transport, Clock* clock,
                                               IdSource* ids);

// The feeds of a node at HOST:PORT, as Environment::feed_peer has it.
absl::StatusOr<std::shared_ptr<FeedPeer>> MakeFeedPeer(const std::string& address, const std::string& node,
                                                       const Transport& transport);

}  // namespace duban::cli

#endif  // DUBAN_TOOLS_CLI_GRPC_CONNECTION_H_
