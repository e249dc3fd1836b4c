#include "tools/cli/grpc_connection.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <map>
#include <string>

#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/rpc/client.h"

namespace duban::cli {
namespace {

// A stub for any method: the commands name theirs, and the messages bring their own codec.
using AnyStub = grpc::TemplatedGenericStub<google::protobuf::Message, google::protobuf::Message>;

class GrpcConnection : public Connection {
 public:
  GrpcConnection(const Addresses& addresses, Clock* clock, IdSource* ids)
      : addresses_(addresses), clock_(clock), ids_(ids) {}

  absl::Status Call(Peer peer, std::string_view method, const google::protobuf::Message& request,
                    google::protobuf::Message* response, absl::Duration timeout) override {
    CallOptions options;
    options.deadline = timeout;
    options.repeatable = true;
    options.max_attempts = 4;
    options.clock = clock_;
    options.ids = ids_;
    AnyStub stub(ChannelTo(addresses_.of(peer)));
    const std::string path = StrCat("/", method);
    return CallWithRetry(options, [&](grpc::ClientContext* context) {
      response->Clear();
      grpc::Status result;
      Notification done;
      stub.UnaryCall(context, path, grpc::StubOptions(), &request, response, [&](grpc::Status status) {
        result = std::move(status);
        done.Notify();
      });
      done.WaitForNotification();
      return result;
    });
  }

 private:
  std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address) {
    auto& channel = channels_[address];
    if (channel == nullptr) channel = MakeChannel(address);
    return channel;
  }

  const Addresses addresses_;
  Clock* const clock_;
  IdSource* const ids_;
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels_;
};

}  // namespace

std::unique_ptr<Connection> MakeGrpcConnection(const Addresses& addresses, Clock* clock, IdSource* ids) {
  return std::make_unique<GrpcConnection>(addresses, clock, ids);
}

}  // namespace duban::cli
