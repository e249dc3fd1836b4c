// How every gRPC server of ours is built: limits, windows, keepalive, and who takes its connections.

#ifndef DUBAN_COMMON_RPC_BUILDER_H_
#define DUBAN_COMMON_RPC_BUILDER_H_

#include <grpcpp/grpcpp.h>

#include <memory>

#include "common/rpc/connection_guard.h"
#include "common/rpc/listener.h"
#include "common/rpc/server_options.h"

namespace duban {

using ConnectionAcceptor = grpc::experimental::ExternalConnectionAcceptor;

// Sets up a server that takes its connections from a listener of ours; returns what it takes them by.
std::unique_ptr<ConnectionAcceptor> ConfigureBuilder(const ServerOptions& options,
                                                     const std::shared_ptr<grpc::ServerCredentials>& credentials,
                                                     grpc::ServerBuilder& builder);

// Lets connections in: past the guard, to the server. All three outlive the listener's Stop.
void TakeConnections(Listener& listener, ConnectionGuard& guard, ConnectionAcceptor& acceptor);

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_BUILDER_H_
