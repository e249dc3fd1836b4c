// The edge of a server process: every RPC passes through Edge::Call, which validates, measures, logs and converts.
//
// Thread-safe. Owned by the server; outlives the services.

#ifndef DUBAN_COMMON_RPC_EDGE_H_
#define DUBAN_COMMON_RPC_EDGE_H_

#include <grpcpp/grpcpp.h>

#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace duban {

class Edge {
 public:
  virtual ~Edge() = default;

  // Runs one unary RPC: refuses it with too much metadata (METADATA_TOO_LARGE), while draining or while a store has
  // failed (NOT_SERVING), validates `request` against the (rules) of its proto, calls `body`, and converts its error
  // with all details. `method` is the full name, such as `duban.v1.PlanService/GetPlan`.
  grpc::Status Call(grpc::ServerContext* context, std::string_view method, const google::protobuf::Message& request,
                    absl::FunctionRef<absl::Status()> body) {
    return DoCall(context, method, request, body);
  }

 protected:
  virtual grpc::Status DoCall(grpc::ServerContext* context, std::string_view method,
                              const google::protobuf::Message& request, absl::FunctionRef<absl::Status()> body) = 0;
};

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_EDGE_H_
