// How every gRPC server of ours is built: limits, windows, keepalive.

#ifndef DUBAN_COMMON_RPC_BUILDER_H_
#define DUBAN_COMMON_RPC_BUILDER_H_

#include <grpcpp/grpcpp.h>

#include "common/rpc/server_options.h"

namespace duban {

void ConfigureBuilder(const ServerOptions& options, grpc::ServerBuilder& builder);

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_BUILDER_H_
