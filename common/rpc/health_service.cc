#include "common/rpc/health_service.h"

#include <optional>
#include <utility>
#include <vector>

#include "common/base/errors.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/rpc/call_metadata.h"
#include "common/rpc/grpc_status.h"

namespace duban {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

namespace {

// The protocol has clients call again after a pause, whatever the code (but not UNIMPLEMENTED).
absl::Status Stopping() {
  return Error(v1::NOT_SERVING, "the server is stopping; watch again later", "服务正在停止，请稍后重试");
}

// These calls do not pass the edge.
void Count(ConnectionGuard& guard, const grpc::CallbackServerContext& context, const HealthCheckRequest& request) {
  guard.TallyOf(context.peer())->bytes +=
      kCallBytes + static_cast<int64_t>(MetadataBytes(context.client_metadata()) + request.ByteSizeLong());
}

}  // namespace

// One Watch stream. Callbacks may run together with Update; `mu_` makes one state machine of them. At most one write is
// under way, and Finish is called once, when none is.
class HealthService::Watcher : public grpc::ServerWriteReactor<HealthCheckResponse> {
 public:
  Watcher(HealthService* service, std::string name) : service_(service), name_(std::move(name)) {}

  const std::string& name() const { return name_; }

  void Update(Status status) {
    MutexLock lock(&mu_);
    wanted_ = status;
    Step();
  }

  // Ends the stream with `status` after what is still to be said. The first call decides.
  void End(const absl::Status& status) {
    MutexLock lock(&mu_);
    if (!std::exchange(ending_, true)) end_ = status;
    Step();
  }

  void OnWriteDone(bool ok) override {
    MutexLock lock(&mu_);
    writing_ = false;
    if (!ok) broken_ = true;
    Step();
  }

  void OnCancel() override {
    MutexLock lock(&mu_);
    broken_ = true;
    Step();
  }

  // May destroy this.
  void OnDone() override { service_->Remove(this); }

 private:
  void Step() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (writing_ || finished_) return;
    if (!broken_ && wanted_ != said_) {
      said_ = wanted_;
      message_.set_status(*said_);
      writing_ = true;
      return StartWrite(&message_);
    }
    if (!broken_ && !ending_) return;
    finished_ = true;
    Finish(ToGrpcStatus(end_));
  }

  HealthService* const service_;
  const std::string name_;
  Mutex mu_;
  std::optional<Status> wanted_ ABSL_GUARDED_BY(mu_);
  std::optional<Status> said_ ABSL_GUARDED_BY(mu_);
  // Belongs to gRPC while `writing_`.
  HealthCheckResponse message_;
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool ending_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status end_ ABSL_GUARDED_BY(mu_) = absl::CancelledError("the caller went away");
  bool broken_ ABSL_GUARDED_BY(mu_) = false;
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
};

HealthService::HealthService(ConnectionGuard* guard) : guard_(guard) {}
HealthService::~HealthService() = default;

HealthService::Status HealthService::StatusOf(const std::string& service) const {
  auto it = serving_.find(service);
  if (it == serving_.end()) return HealthCheckResponse::SERVICE_UNKNOWN;
  return it->second && !draining_ ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

void HealthService::Set(const std::map<std::string, bool>& serving) {
  MutexLock lock(&mu_);
  for (const auto& [service, serves] : serving) serving_[service] = serves;
  for (const std::shared_ptr<Watcher>& watcher : watchers_) {
    if (serving.contains(watcher->name())) watcher->Update(StatusOf(watcher->name()));
  }
}

void HealthService::Drain() {
  MutexLock lock(&mu_);
  draining_ = true;
  for (const std::shared_ptr<Watcher>& watcher : watchers_) {
    watcher->Update(StatusOf(watcher->name()));
    watcher->End(Stopping());
  }
}

grpc::ServerUnaryReactor* HealthService::Check(grpc::CallbackServerContext* context, const HealthCheckRequest* request,
                                               HealthCheckResponse* response) {
  Count(*guard_, *context, *request);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (const absl::Status checked = CheckMetadata(*context); !checked.ok()) {
    reactor->Finish(ToGrpcStatus(checked));
    return reactor;
  }
  MutexLock lock(&mu_);
  const Status status = StatusOf(request->service());
  response->set_status(status);
  if (status == HealthCheckResponse::SERVICE_UNKNOWN) {
    reactor->Finish(ToGrpcStatus(NotFound(request->service().substr(0, 200))));
  } else {
    reactor->Finish(grpc::Status::OK);
  }
  return reactor;
}

grpc::ServerWriteReactor<HealthCheckResponse>* HealthService::Watch(grpc::CallbackServerContext* context,
                                                                    const HealthCheckRequest* request) {
  Count(*guard_, *context, *request);
  auto watcher = std::make_shared<Watcher>(this, request->service());
  MutexLock lock(&mu_);
  watchers_.insert(watcher);
  if (const absl::Status checked = CheckMetadata(*context); !checked.ok()) {
    watcher->End(checked);
    return watcher.get();
  }
  watcher->Update(StatusOf(request->service()));
  if (draining_) watcher->End(Stopping());
  return watcher.get();
}

void HealthService::Remove(Watcher* watcher) {
  std::shared_ptr<Watcher> last;
  MutexLock lock(&mu_);
  for (auto it = watchers_.begin(); it != watchers_.end(); ++it) {
    if (it->get() != watcher) continue;
    last = *it;
    watchers_.erase(it);
    return;
  }
}

}  // namespace duban
