#include "common/rpc/builder.h"

#include <unistd.h>

#include "common/rpc/call_metadata.h"

namespace duban {
namespace {

// Where gRPC itself gives up, with or without a proper answer; calls are refused long before (call_metadata.h).
constexpr int kMaxHeaderBytes = 64 * 1024;
static_assert(kMaxHeaderBytes >= 2 * kMaxMetadataBytes);
constexpr int kHandshakeMillis = 10'000;
// Of one client at a time. Followers, which wait, have a connection each.
constexpr int kMaxStreamsPerConnection = 256;

}  // namespace

std::unique_ptr<ConnectionAcceptor> ConfigureBuilder(const ServerOptions& options,
                                                     const std::shared_ptr<grpc::ServerCredentials>& credentials,
                                                     grpc::ServerBuilder& builder) {
  // A builder always has gRPC's own health service unless told otherwise; ours has a descriptor and lets go at a drain.
  grpc::EnableDefaultHealthCheckService(false);
  builder.SetMaxReceiveMessageSize(options.max_message_bytes);
  // What we send is bounded by what we took in; a plan has grown by its parts when it goes down in one feed entry.
  builder.SetMaxSendMessageSize(-1);
  grpc::ResourceQuota quota("duban");
  quota.Resize(static_cast<size_t>(options.memory_mib) << 20);
  builder.SetResourceQuota(quota);
  const auto set = [&builder](const char* name, int value) { builder.AddChannelArgument(name, value); };
  // Windows stay small: a client that never reads pins little memory.
  set(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  set(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 65536);
  set(GRPC_ARG_MAX_METADATA_SIZE, kMaxHeaderBytes);
  set(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMillis);
  set(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
  // Pings find dead peers; clients may ping twice as often as ours do (client.h).
  set(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  set(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  set(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  set(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 30'000);
  set(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  set(GRPC_ARG_MAX_CONNECTION_AGE_MS, static_cast<int>(absl::ToInt64Milliseconds(options.max_connection_age)));
  // Longer than the longest waiting call.
  set(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, 60'000);
  return builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, credentials);
}

void TakeConnections(Listener& listener, ConnectionGuard& guard, ConnectionAcceptor& acceptor) {
  guard.Start();
  listener.Start([&guard, &acceptor](int listening, int connection) {
    if (!guard.Accept(connection)) {
      close(connection);
      return;
    }
    ConnectionAcceptor::NewConnectionParameters parameters;
    parameters.listener_fd = listening;
    parameters.fd = connection;
    acceptor.HandleNewConnection(&parameters);
  });
}

}  // namespace duban
