#include "common/rpc/stand_in.h"

#include <grpcpp/grpcpp.h>

#include <string>
#include <utility>

#include "common/base/clock.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/rpc/builder.h"
#include "common/rpc/connection_guard.h"
#include "common/rpc/front.h"
#include "common/rpc/health_service.h"
#include "common/rpc/listener.h"
#include "common/rpc/transport_keys.h"

namespace duban {
namespace {

// How long answers may take to leave.
constexpr absl::Duration kHangUpTime = absl::Milliseconds(200);

// Deletes itself.
class Refused final : public ServerCall {
 public:
  Refused(std::unique_ptr<Wire> wire, const absl::Status& why) : ServerCall(std::move(wire)) { Finish(why); }
  void OnDone() override { delete this; }
};

class GrpcStandIn final : public StandIn {
 public:
  GrpcStandIn(const ServerOptions& options, std::function<absl::Status()> refusal)
      : options_(options), refusal_(std::move(refusal)), guard_({options.max_connections, options.max_message_bytes}) {}
  ~GrpcStandIn() override { Stop(); }

  absl::Status Begin(AdminPages pages) {
    std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials();
    if (!options_.keys.empty()) {
      absl::StatusOr<std::shared_ptr<TransportKeys>> keys = TransportKeys::Open(options_.keys);
      if (!keys.ok()) {
        return absl::InvalidArgumentError(StrCat("--keys=", options_.keys, ": ", ToStd(keys.status().message())));
      }
      keys_ = *std::move(keys);
      credentials = keys_->ForServer();
    }
    health_.Set({{"", false}, {kLeaderHealth, false}});
    DUBAN_RETURN_IF_ERROR(Listen(credentials));
    if (options_.admin_listen.empty()) return absl::OkStatus();
    DUBAN_ASSIGN_OR_RETURN(const auto address, SplitAddress(options_.admin_listen));
    DUBAN_ASSIGN_OR_RETURN(admin_, AdminServer::Start(address.first, address.second, std::move(pages)));
    return absl::OkStatus();
  }

  int port() const override { return listener_ == nullptr ? 0 : listener_->port(); }
  int admin_port() const override { return admin_ == nullptr ? 0 : admin_->port(); }

  void Stop() override {
    if (grpc_ != nullptr) {
      health_.Drain();
      listener_->Stop();
      guard_.Stop();
      grpc_->Shutdown(absl::ToChronoTime(RealClock().Now() + kHangUpTime));
      grpc_->Wait();
      front_.Stop();
      grpc_.reset();
    }
    listener_.reset();
    if (admin_ != nullptr) admin_->Stop();
    admin_.reset();
  }

 private:
  absl::Status Listen(const std::shared_ptr<grpc::ServerCredentials>& credentials) {
    DUBAN_ASSIGN_OR_RETURN(const auto address, SplitAddress(options_.listen));
    DUBAN_ASSIGN_OR_RETURN(listener_, Listener::Open(address.first, address.second));
    grpc::ServerBuilder builder;
    acceptor_ = ConfigureBuilder(options_, credentials, builder);
    front_.Register(builder);
    grpc_ = builder.BuildAndStart();
    if (grpc_ == nullptr) return absl::UnavailableError("gRPC cannot start; its log says why");
    front_.Start();
    TakeConnections(*listener_, guard_, *acceptor_);
    return absl::OkStatus();
  }

  void Take(std::unique_ptr<Wire> wire) {
    const std::string& method = wire->context().method();
    if (method == HealthService::kCheckPath || method == HealthService::kWatchPath) {
      return health_.Serve(std::move(wire));
    }
    new Refused(std::move(wire), refusal_());
  }

  const ServerOptions options_;
  const std::function<absl::Status()> refusal_;
  ConnectionGuard guard_;
  HealthService health_{&guard_};
  Front front_{[this](std::unique_ptr<Wire> wire) { Take(std::move(wire)); }};
  std::shared_ptr<TransportKeys> keys_;
  std::unique_ptr<grpc::Server> grpc_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<AdminServer> admin_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<StandIn>> StandIn::Start(const ServerOptions& options,
                                                        std::function<absl::Status()> refusal, AdminPages pages) {
  auto stand_in = std::make_unique<GrpcStandIn>(options, std::move(refusal));
  DUBAN_RETURN_IF_ERROR(stand_in->Begin(std::move(pages)));
  return stand_in;
}

}  // namespace duban
