// Calling a Duban server: a channel with sensible arguments, a deadline in every call, repeats where they are safe.
//
// Thread-safe. Deadlines are set in code and never by service config, whose timeouts this gRPC gets wrong by a second.

#ifndef DUBAN_COMMON_RPC_CLIENT_H_
#define DUBAN_COMMON_RPC_CLIENT_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/rpc/grpc_status.h"

namespace duban {

struct ChannelOptions {
  // Largest message in either direction.
  int max_message_bytes = 16 << 20;
  // A ping after this time without traffic finds a dead connection; servers allow twice as many.
  absl::Duration keepalive = absl::Seconds(60);
  // First and longest pause before a broken connection is tried again.
  absl::Duration first_reconnect = absl::Milliseconds(200);
  absl::Duration longest_reconnect = absl::Seconds(10);
  // What an attempt to connect has, the handshake with it; as long as servers give one.
  absl::Duration connect_within = absl::Seconds(10);
  // How the two sides prove who they are; null: not at all, which is for loopback alone.
  std::shared_ptr<grpc::ChannelCredentials> credentials = nullptr;
  // Channels to the same address share a connection. Without, this one has its own.
  bool shared_connection = true;
};

// A channel to HOST:PORT. Connects at the first call.
std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address, const ChannelOptions& options = {});

struct CallOptions {
  // For the call and its repeats together.
  absl::Duration deadline = absl::Seconds(30);
  // The call may be repeated when its outcome is unknown: it reads only, or carries a request id.
  bool repeatable = false;
  // Most attempts, the first included.
  int max_attempts = 5;
  // Pause before the second attempt; doubles each time up to five seconds, each shortened by up to half at random.
  absl::Duration first_pause = absl::Milliseconds(200);
  Clock* clock = &RealClock();
  IdSource* ids = &SystemIds();
};

// One attempt of a call.
using GrpcAttempt = grpc::Status(grpc::ClientContext* context);

// A unary method of a generated stub.
template <typename Stub, typename Request, typename Response>
using GrpcMethod = grpc::Status (Stub::*)(grpc::ClientContext*, const Request&, Response*);

// Runs `attempt` with a fresh context, and again after a pause while it returns UNAVAILABLE, the call is repeatable and
// there is time left. Returns the last status, with the payloads of the server.
absl::Status CallWithRetry(const CallOptions& options, absl::FunctionRef<GrpcAttempt> attempt);

// `UnaryCall(*stub, &v1::PlanService::Stub::GetPlan, request, options)`: the response or the server's error.
template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> UnaryCall(Stub& stub, GrpcMethod<Stub, Request, Response> method, const Request& request,
                                   const CallOptions& options = {}) {
  Response response;
  absl::Status status = CallWithRetry(options, [&](grpc::ClientContext* context) {
    response.Clear();
    return (stub.*method)(context, request, &response);
  });
  if (!status.ok()) return status;
  return response;
}

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_CLIENT_H_
