// How this process is doing, for people and programs: stores and hops; its long work, and its backups.

#ifndef DUBAN_COMMON_RPC_NODE_SERVICE_H_
#define DUBAN_COMMON_RPC_NODE_SERVICE_H_

#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "common/backup/node_backup.h"
#include "common/base/work.h"
#include "common/rpc/job_keeper.h"
#include "common/rpc/method.h"
#include "duban/v1/node_service.pb.h"

namespace duban {

// What the service asks of the process. Called on serving threads and on those of jobs.
struct NodeServicePorts {
  std::function<v1::NodeStatus()> status;
  // Looks the stores over and, where `neighbours` is set, the hops; ends soon once `work` is stopped.
  std::function<std::vector<v1::NodeCheck>(bool neighbours, Work* work)> verify;
  // Changes what the process logs, and has it written down who did.
  std::function<absl::StatusOr<v1::SetLogLevelResponse>(const Caller&, const v1::SetLogLevelRequest&)> set_log_level;
  BackupKeeper* backups = nullptr;
  JobKeeper* jobs = nullptr;
};

// Thread-safe; outlives the edge that its methods are added to. All ports outlive the service.
class NodeService {
 public:
  explicit NodeService(NodeServicePorts ports) : ports_(std::move(ports)) {}

  std::vector<Method> methods();

 private:
  absl::Status GetNodeStatus(const Caller&, const v1::GetNodeStatusRequest& request, v1::NodeStatus* response);
  absl::Status StartBackup(const Caller&, const v1::StartBackupRequest& request, v1::Job* response);
  absl::Status StartVerification(const Caller&, const v1::StartVerificationRequest& request, v1::Job* response);
  std::function<void()> GetJob(const v1::GetJobRequest& request, JobKeeper::Answer answer);
  absl::Status ListJobs(const Caller&, const v1::ListJobsRequest& request, v1::ListJobsResponse* response);
  absl::Status CancelJob(const Caller&, const v1::CancelJobRequest& request, v1::Job* response);
  absl::Status ListBackups(const Caller&, const v1::ListBackupsRequest& request, v1::ListBackupsResponse* response);

  absl::Status SetLogLevel(const Caller& caller, const v1::SetLogLevelRequest& request,
                           v1::SetLogLevelResponse* response);

  const NodeServicePorts ports_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_NODE_SERVICE_H_
