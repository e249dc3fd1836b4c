// How this process is doing, for people and programs: stores and hops; and its backups.

#ifndef DUBAN_COMMON_RPC_NODE_SERVICE_H_
#define DUBAN_COMMON_RPC_NODE_SERVICE_H_

#include <functional>
#include <utility>
#include <vector>

#include "common/backup/node_backup.h"
#include "common/rpc/method.h"
#include "duban/v1/node_service.pb.h"

namespace duban {

// Thread-safe; outlives the edge that its methods are added to.
class NodeService {
 public:
  // `status` and `verify` are called on serving threads. All outlive the service.
  NodeService(std::function<v1::NodeStatus()> status, BackupKeeper* backups,
              std::function<std::vector<v1::NodeCheck>(bool neighbours)> verify)
      : status_(std::move(status)), backups_(backups), verify_(std::move(verify)) {}

  std::vector<Method> methods() {
    return {Rpc("duban.v1.NodeService/GetNodeStatus", this, &NodeService::GetNodeStatus, Lane::kOperator),
            Rpc("duban.v1.NodeService/CreateBackup", this, &NodeService::CreateBackup, Lane::kOperator),
            Rpc("duban.v1.NodeService/ListBackups", this, &NodeService::ListBackups, Lane::kOperator),
            Rpc("duban.v1.NodeService/VerifyNode", this, &NodeService::VerifyNode, Lane::kOperator)};
  }

 private:
  absl::Status GetNodeStatus(const v1::GetNodeStatusRequest& /*request*/, v1::NodeStatus* response) {
    *response = status_();
    return absl::OkStatus();
  }

  absl::Status CreateBackup(const v1::CreateBackupRequest& request, v1::Backup* response) {
    DUBAN_ASSIGN_OR_RETURN(*response, backups_->Create(request.request_id()));
    return absl::OkStatus();
  }

  absl::Status ListBackups(const v1::ListBackupsRequest& request, v1::ListBackupsResponse* response) {
    DUBAN_ASSIGN_OR_RETURN(const std::vector<v1::Backup> backups, backups_->List());
    for (const v1::Backup& backup : backups) {
      if (request.page_size() > 0 && response->backups_size() == request.page_size()) break;
      *response->add_backups() = backup;
    }
    return absl::OkStatus();
  }

  absl::Status VerifyNode(const v1::VerifyNodeRequest& request, v1::VerifyNodeResponse* response) {
    for (const v1::NodeCheck& check : verify_(!request.skip_neighbours())) *response->add_checks() = check;
    return absl::OkStatus();
  }

  const std::function<v1::NodeStatus()> status_;
  BackupKeeper* const backups_;
  const std::function<std::vector<v1::NodeCheck>(bool neighbours)> verify_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_NODE_SERVICE_H_
