// Connections over gRPC. Thread-compatible; the clock and the ids outlive the connection.

#ifndef DUBAN_TOOLS_CLI_GRPC_CONNECTION_H_
#define DUBAN_TOOLS_CLI_GRPC_CONNECTION_H_

#include <memory>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "tools/cli/connection.h"

namespace duban::cli {

// Connects to `addresses`, one channel for each that differs, when the first call needs it.
std::unique_ptr<Connection> MakeGrpcConnection(const Addresses& addresses, Clock* clock, IdSource* ids);

}  // namespace duban::cli

#endif  // DUBAN_TOOLS_CLI_GRPC_CONNECTION_H_
