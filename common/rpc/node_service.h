// How this process is doing, for people and programs: stores and hops.

#ifndef DUBAN_COMMON_RPC_NODE_SERVICE_H_
#define DUBAN_COMMON_RPC_NODE_SERVICE_H_

#include <functional>

#include "common/rpc/edge.h"
#include "duban/v1/node_service.grpc.pb.h"

namespace duban {

// Thread-safe; outlives the server it is registered with.
class NodeService final : public v1::NodeService::Service {
 public:
  // `status` is called on serving threads. Both outlive the service.
  NodeService(Edge* edge, std::function<v1::NodeStatus()> status) : edge_(edge), status_(std::move(status)) {}

  grpc::Status GetNodeStatus(grpc::ServerContext* context, const v1::GetNodeStatusRequest* request,
                             v1::NodeStatus* response) override {
    return edge_->Call(context, "duban.v1.NodeService/GetNodeStatus", *request, [&] {
      *response = status_();
      return absl::OkStatus();
    });
  }

 private:
  Edge* const edge_;
  const std::function<v1::NodeStatus()> status_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_NODE_SERVICE_H_
