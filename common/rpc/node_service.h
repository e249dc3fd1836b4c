// How this process is doing, for people and programs: stores and hops; and its backups.

#ifndef DUBAN_COMMON_RPC_NODE_SERVICE_H_
#define DUBAN_COMMON_RPC_NODE_SERVICE_H_

#include <functional>
#include <utility>
#include <vector>

#include "common/backup/node_backup.h"
#include "common/rpc/edge.h"
#include "duban/v1/node_service.grpc.pb.h"

namespace duban {

// Thread-safe; outlives the server it is registered with.
class NodeService final : public v1::NodeService::Service {
 public:
  // `status` and `verify` are called on serving threads. All outlive the service.
  NodeService(Edge* edge, std::function<v1::NodeStatus()> status, BackupKeeper* backups,
              std::function<std::vector<v1::NodeCheck>(bool neighbours)> verify)
      : edge_(edge), status_(std::move(status)), backups_(backups), verify_(std::move(verify)) {}

  grpc::Status GetNodeStatus(grpc::ServerContext* context, const v1::GetNodeStatusRequest* request,
                             v1::NodeStatus* response) override {
    return edge_->Call(context, "duban.v1.NodeService/GetNodeStatus", *request, [&] {
      *response = status_();
      return absl::OkStatus();
    });
  }
  grpc::Status CreateBackup(grpc::ServerContext* context, const v1::CreateBackupRequest* request,
                            v1::Backup* response) override {
    return edge_->Call(context, "duban.v1.NodeService/CreateBackup", *request, [&]() -> absl::Status {
      DUBAN_ASSIGN_OR_RETURN(*response, backups_->Create(request->request_id()));
      return absl::OkStatus();
    });
  }

  grpc::Status ListBackups(grpc::ServerContext* context, const v1::ListBackupsRequest* request,
                           v1::ListBackupsResponse* response) override {
    return edge_->Call(context, "duban.v1.NodeService/ListBackups", *request, [&]() -> absl::Status {
      DUBAN_ASSIGN_OR_RETURN(const std::vector<v1::Backup> backups, backups_->List());
      for (const v1::Backup& backup : backups) {
        if (request->page_size() > 0 && response->backups_size() == request->page_size()) break;
        *response->add_backups() = backup;
      }
      return absl::OkStatus();
    });
  }

  grpc::Status VerifyNode(grpc::ServerContext* context, const v1::VerifyNodeRequest* request,
                          v1::VerifyNodeResponse* response) override {
    return edge_->Call(context, "duban.v1.NodeService/VerifyNode", *request, [&] {
      for (const v1::NodeCheck& check : verify_(!request->skip_neighbours())) *response->add_checks() = check;
      return absl::OkStatus();
    });
  }

 private:
  Edge* const edge_;
  const std::function<v1::NodeStatus()> status_;
  BackupKeeper* const backups_;
  const std::function<std::vector<v1::NodeCheck>(bool neighbours)> verify_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_NODE_SERVICE_H_
