#include "common/rpc/health_service.h"

#include <optional>
#include <utility>
#include <vector>

#include "common/base/errors.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/rpc/call_metadata.h"
#include "common/rpc/method.h"

namespace duban {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

namespace {

// The protocol has clients call again after a pause, whatever the code (but not UNIMPLEMENTED).
absl::Status Stopping() {
  return Error(v1::NOT_SERVING, "the server is stopping; watch again later", "服务正在停止，请稍后重试");
}

}  // namespace

// One call of either method: reads the name, then says how it goes, once or at every change. Callbacks may run together
// with Update; `mu_` makes one state machine of them. At most one write is under way, and Finish is called once, when
// none is.
class HealthService::Client final : public ServerCall {
 public:
  Client(HealthService* service, std::unique_ptr<Wire> wire)
      : ServerCall(std::move(wire)), service_(service), watches_(context().method() == kWatchPath) {}

  bool watches() const { return watches_; }
  // What it watches, once it has said so. Read and set with the lock of the service.
  const std::optional<std::string>& watched() const { return watched_; }
  void set_watched(std::string service) { watched_ = std::move(service); }

  void Begin() {
    // These calls are not counted by the edge.
    tally_ = service_->guard_->TallyOf(context().peer());
    tally_->bytes += kCallBytes + static_cast<int64_t>(MetadataBytes(context().client_metadata()));
    if (const absl::Status checked = CheckMetadata(context()); !checked.ok()) return End(checked);
    StartRead(&request_);
  }

  void OnRead(bool ok) override {
    HealthCheckRequest request;
    if (!ok) return End(absl::CancelledError("the caller sent no request"));
    tally_->bytes += static_cast<int64_t>(request_.Length());
    if (const absl::Status read = ReadRequest(&request_, &request); !read.ok()) return End(read);
    service_->Tell(this, request.service());
  }

  void Update(Status status) {
    MutexLock lock(&mu_);
    wanted_ = status;
    Step();
  }

  // Ends the call with `status` after what is still to be said. The first call decides.
  void End(const absl::Status& status) {
    MutexLock lock(&mu_);
    if (!std::exchange(ending_, true)) end_ = status;
    Step();
  }

  void OnWritten(bool ok) override {
    MutexLock lock(&mu_);
    writing_ = false;
    if (!ok) broken_ = true;
    Step();
  }

  void OnCancelled() override {
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
      HealthCheckResponse response;
      response.set_status(*said_);
      if (const absl::Status written = WriteResponse(response, &message_); written.ok()) {
        writing_ = true;
        return StartWrite(message_);
      }
      broken_ = true;
    }
    if (!broken_ && !ending_) return;
    finished_ = true;
    Finish(broken_ ? absl::CancelledError("the caller went away") : end_);
  }

  HealthService* const service_;
  const bool watches_;
  std::shared_ptr<ConnectionGuard::Tally> tally_;
  grpc::ByteBuffer request_;
  std::optional<std::string> watched_;
  Mutex mu_;
  std::optional<Status> wanted_ ABSL_GUARDED_BY(mu_);
  std::optional<Status> said_ ABSL_GUARDED_BY(mu_);
  // Belongs to gRPC while `writing_`.
  grpc::ByteBuffer message_;
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool ending_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status end_ ABSL_GUARDED_BY(mu_);
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
  for (const std::shared_ptr<Client>& client : clients_) {
    const auto& watched = client->watched();
    if (watched && serving.contains(*watched)) client->Update(StatusOf(*watched));
  }
}

void HealthService::Drain() {
  MutexLock lock(&mu_);
  draining_ = true;
  for (const std::shared_ptr<Client>& client : clients_) {
    if (client->watched()) client->Update(StatusOf(*client->watched()));
    client->End(Stopping());
  }
}

void HealthService::Serve(std::unique_ptr<Wire> wire) {
  auto client = std::make_shared<Client>(this, std::move(wire));
  MutexLock lock(&mu_);
  clients_.insert(client);
  draining_ && client->watches() ? client->End(Stopping()) : client->Begin();
}

void HealthService::Tell(Client* client, const std::string& service) {
  MutexLock lock(&mu_);
  const Status status = StatusOf(service);
  if (client->watches()) {
    client->set_watched(service);
    client->Update(status);
  } else if (status == HealthCheckResponse::SERVICE_UNKNOWN) {
    client->End(NotFound(service.substr(0, 200)));
  } else {
    client->Update(status);
    client->End(absl::OkStatus());
  }
}

void HealthService::Remove(Client* client) {
  // Destroyed behind the lock.
  std::shared_ptr<Client> last;
  MutexLock lock(&mu_);
  for (auto it = clients_.begin(); it != clients_.end(); ++it) {
    if (it->get() != client) continue;
    last = *it;
    clients_.erase(it);
    return;
  }
}

}  // namespace duban
