#include "common/rpc/node_service.h"

#include <optional>
#include <string>
#include <utility>

#include "common/base/errors.h"

namespace duban {
namespace {

absl::Duration WaitOf(const v1::GetJobRequest& request) {
  return absl::Seconds(request.wait().seconds()) + absl::Nanoseconds(request.wait().nanos());
}

// A backup that was made before the process began, as a job.
v1::Job JobOf(v1::Backup backup) {
  v1::Job job;
  *job.mutable_start_time() = backup.create_time();
  *job.mutable_end_time() = backup.create_time();
  *job.mutable_backup() = std::move(backup);
  return job;
}

}  // namespace

std::vector<Method> NodeService::methods() {
  return {
      Rpc("duban.v1.NodeService/GetNodeStatus", this, &NodeService::GetNodeStatus, Lane::kOperator),
      Rpc("duban.v1.NodeService/StartBackup", this, &NodeService::StartBackup, Lane::kOperator),
      Rpc("duban.v1.NodeService/StartVerification", this, &NodeService::StartVerification, Lane::kOperator),
      WaitingRpc<v1::GetJobRequest>(
          "duban.v1.NodeService/GetJob",
          [this](const CallContext&, const v1::GetJobRequest& request, Method::Respond respond) {
            return GetJob(request, [respond = std::move(respond)](const absl::StatusOr<v1::Job>& job) {
              grpc::ByteBuffer bytes;
              absl::Status status = job.status();
              if (status.ok()) status = WriteResponse(*job, &bytes);
              status.ok() ? respond(std::move(bytes)) : respond(status);
            });
          }),
      Rpc("duban.v1.NodeService/ListJobs", this, &NodeService::ListJobs, Lane::kOperator),
      Rpc("duban.v1.NodeService/CancelJob", this, &NodeService::CancelJob, Lane::kOperator),
      Rpc("duban.v1.NodeService/ListBackups", this, &NodeService::ListBackups, Lane::kOperator),
      Rpc("duban.v1.NodeService/SetLogLevel", this, &NodeService::SetLogLevel, Lane::kOperator),
  };
}

absl::Status NodeService::GetNodeStatus(const Caller&, const v1::GetNodeStatusRequest& /*request*/,
                                        v1::NodeStatus* response) {
  *response = ports_.status();
  return absl::OkStatus();
}

absl::Status NodeService::StartBackup(const Caller&, const v1::StartBackupRequest& request, v1::Job* response) {
  JobKeeper::Request job;
  job.kind = v1::Job::BACKUP;
  job.unit = v1::Job::Progress::ROWS;
  job.request_id = request.request_id();
  DUBAN_ASSIGN_OR_RETURN(std::optional<v1::Job> known, ports_.jobs->Find(job));
  if (!known) {
    DUBAN_ASSIGN_OR_RETURN(std::optional<v1::Backup> made, ports_.backups->Find(request.request_id()));
    if (made) known = ports_.jobs->TakeDone(job, JobOf(*std::move(made)));
  }
  if (known) {
    *response = *std::move(known);
    return absl::OkStatus();
  }
  DUBAN_RETURN_IF_ERROR(ports_.backups->CheckMayBegin());
  const auto body = [backups = ports_.backups, id = request.request_id()](Work* work, v1::Job* done) -> absl::Status {
    DUBAN_ASSIGN_OR_RETURN(*done->mutable_backup(), backups->Create(id, work));
    return absl::OkStatus();
  };
  DUBAN_ASSIGN_OR_RETURN(*response, ports_.jobs->Begin(job, body));
  return absl::OkStatus();
}

absl::Status NodeService::StartVerification(const Caller&, const v1::StartVerificationRequest& request,
                                            v1::Job* response) {
  JobKeeper::Request job;
  job.kind = v1::Job::VERIFICATION;
  job.unit = v1::Job::Progress::CHECKS;
  job.request_id = request.request_id();
  job.parameters = request.skip_neighbours() ? "skip_neighbours" : "";
  const auto body = [verify = ports_.verify, neighbours = !request.skip_neighbours()](Work* work, v1::Job* done) {
    for (v1::NodeCheck& check : verify(neighbours, work)) {
      *done->mutable_verification()->add_checks() = std::move(check);
    }
    return CheckWanted(work);
  };
  DUBAN_ASSIGN_OR_RETURN(*response, ports_.jobs->Begin(job, body));
  return absl::OkStatus();
}

std::function<void()> NodeService::GetJob(const v1::GetJobRequest& request, JobKeeper::Answer answer) {
  const int64_t number = ports_.jobs->Wait(request.name(), WaitOf(request), std::move(answer));
  return [jobs = ports_.jobs, number] { jobs->Forget(number); };
}

absl::Status NodeService::ListJobs(const Caller&, const v1::ListJobsRequest& request, v1::ListJobsResponse* response) {
  for (v1::Job& job : ports_.jobs->List()) {
    if (request.page_size() > 0 && response->jobs_size() == request.page_size()) break;
    *response->add_jobs() = std::move(job);
  }
  return absl::OkStatus();
}

absl::Status NodeService::CancelJob(const Caller&, const v1::CancelJobRequest& request, v1::Job* response) {
  DUBAN_ASSIGN_OR_RETURN(*response, ports_.jobs->Cancel(request.name()));
  return absl::OkStatus();
}

absl::Status NodeService::SetLogLevel(const Caller& caller, const v1::SetLogLevelRequest& request,
                                      v1::SetLogLevelResponse* response) {
  DUBAN_ASSIGN_OR_RETURN(*response, ports_.set_log_level(caller, request));
  return absl::OkStatus();
}

absl::Status NodeService::ListBackups(const Caller&, const v1::ListBackupsRequest& request,
                                      v1::ListBackupsResponse* response) {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<v1::Backup> backups, ports_.backups->List());
  for (const v1::Backup& backup : backups) {
    if (request.page_size() > 0 && response->backups_size() == request.page_size()) break;
    *response->add_backups() = backup;
  }
  return absl::OkStatus();
}

}  // namespace duban
