#include "tools/cli/grpc_connection.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <map>
#include <string>
#include <utility>

#include "common/base/civil.h"
#include "common/base/clock.h"
#include "common/base/errors.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/rpc/client.h"
#include "common/rpc/grpc_peer.h"
#include "common/rpc/server_options.h"
#include "common/rpc/transport_keys.h"
#include "tools/cli/printer.h"

namespace duban::cli {
namespace {

// A stub for any method: the commands name theirs, and the messages bring their own codec.
using AnyStub = grpc::TemplatedGenericStub<google::protobuf::Message, google::protobuf::Message>;

using Credentials = std::shared_ptr<grpc::ChannelCredentials>;

absl::Status NoKeys() {
  return UsageError(
      {"没有证书：请用 --keys 或 DUBAN_KEYS 指明证书文件夹（由本节点主管单位用 duban keys issue 签发）；"
       "本机开发可加 --insecure",
       "no keys: name their folder with --keys or DUBAN_KEYS (the office of the node issues them with `duban keys "
       "issue`); for development on this machine add --insecure"});
}

// What to call `address` with; `node` is who has to be there, empty: whose the keys are. Null: no TLS.
absl::StatusOr<Credentials> CredentialsFor(const Transport& transport, const std::string& address,
                                           const std::string& node) {
  if (transport.keys.empty() && !transport.insecure) return NoKeys();
  if (transport.insecure) {
    absl::StatusOr<std::pair<std::string, int>> split = SplitAddress(address);
    if (split.ok() && IsLoopback(split->first)) return Credentials();
    return UsageError({StrCat("--insecure 只限本机，", address, " 不是本机地址；请用 --keys"),
                       StrCat("--insecure is for this machine alone, and ", address, " is not; give --keys")});
  }
  absl::StatusOr<std::shared_ptr<TransportKeys>> keys = TransportKeys::Open(transport.keys);
  if (!keys.ok()) {
    const std::string_view cause = ToStd(keys.status().message());
    return UsageError({StrCat("证书文件夹 ", transport.keys, " 不能用：", cause),
                       StrCat("the keys in ", transport.keys, " cannot be used: ", cause)});
  }
  const absl::StatusOr<absl::Time> end = (*keys)->ExpireTime();
  if (end.ok() && *end <= RealClock().Now()) {
    const std::string day = FormatDay(DayOf(*end));
    return UsageError(
        {StrCat("证书文件夹 ", transport.keys, " 中的证书已于 ", day, " 到期；请用 duban keys renew 换发"),
         StrCat("the certificate in ", transport.keys, " ran out on ", day,
                "; have it issued anew with `duban keys renew`")});
  }
  return (*keys)->ForCalling(node.empty() ? (*keys)->identity().node : node);
}

class GrpcConnection : public Connection {
 public:
  GrpcConnection(const Addresses& addresses, const Transport& transport, Clock* clock, IdSource* ids)
      : addresses_(addresses), transport_(transport), clock_(clock), ids_(ids) {}

  void SetToken(const std::string& token) override { token_ = token; }

  absl::Status Call(Peer peer, std::string_view method, const google::protobuf::Message& request,
                    google::protobuf::Message* response, absl::Duration timeout) override {
    CallOptions options;
    options.deadline = timeout;
    options.repeatable = method != "duban.v1.AccessService/RefreshSession";
    options.max_attempts = 4;
    options.clock = clock_;
    options.ids = ids_;
    DUBAN_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, ChannelTo(addresses_.of(peer)));
    AnyStub stub(channel);
    const std::string path = StrCat("/", method);
    return CallWithRetry(options, [&](grpc::ClientContext* context) {
      response->Clear();
      if (!token_.empty()) context->AddMetadata("authorization", StrCat("Bearer ", token_));
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
  absl::StatusOr<std::shared_ptr<grpc::Channel>> ChannelTo(const std::string& address) {
    auto& channel = channels_[address];
    if (channel == nullptr) {
      DUBAN_ASSIGN_OR_RETURN(Credentials credentials, CredentialsFor(transport_, address, ""));
      channel = MakeChannel(address, {.credentials = std::move(credentials)});
    }
    return channel;
  }

  const Addresses addresses_;
  const Transport transport_;
  Clock* const clock_;
  IdSource* const ids_;
  std::string token_;
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels_;
};

}  // namespace

std::unique_ptr<Connection> MakeGrpcConnection(const Addresses& addresses, const Transport& transport, Clock* clock,
                                               IdSource* ids) {
  return std::make_unique<GrpcConnection>(addresses, transport, clock, ids);
}

absl::StatusOr<std::shared_ptr<FeedPeer>> MakeFeedPeer(const std::string& address, const std::string& node,
                                                       const Transport& transport) {
  DUBAN_ASSIGN_OR_RETURN(Credentials credentials, CredentialsFor(transport, address, node));
  return MakeGrpcPeer(address, std::move(credentials));
}

}  // namespace duban::cli
