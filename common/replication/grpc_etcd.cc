#include "common/replication/grpc_etcd.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "common/base/errors.h"
#include "common/base/loop.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/rpc/client.h"
#include "common/rpc/grpc_status.h"
#include "etcdserverpb/etcd_service.grpc.pb.h"

namespace duban {
namespace {

constexpr unsigned int kLookAgainSeconds = 2;
// In both directions. etcd takes requests of 1.5 MiB; answers can have more.
constexpr int kMaxMessageBytes = 16 << 20;
// For a new connection, TLS included; and what is waited for one that is tried again.
constexpr absl::Duration kConnectWithin = absl::Seconds(1);
constexpr absl::Duration kTryAgainWithin = absl::Milliseconds(100);
constexpr absl::Duration kWatchAgainAfter = absl::Milliseconds(200);
constexpr absl::Duration kSignInWithin = absl::Seconds(2);

// As etcd has its servers: they hang up on clients that ping more often than every five seconds, or without a call.
grpc::ChannelArguments ChannelArguments() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 2'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  // Repeats are for whoever knows what is safe to repeat.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // A second client of the process has connections of its own.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return arguments;
}

// One member of the cluster.
struct Member {
  Member(const std::string& at, const std::shared_ptr<grpc::Channel>& to)
      : endpoint(at),
        channel(to),
        kv(etcdserverpb::KV::NewStub(channel)),
        watch(etcdserverpb::Watch::NewStub(channel)),
        lease(etcdserverpb::Lease::NewStub(channel)),
        maintenance(etcdserverpb::Maintenance::NewStub(channel)),
        auth(etcdserverpb::Auth::NewStub(channel)) {}

  const std::string endpoint;
  const std::shared_ptr<grpc::Channel> channel;
  const std::unique_ptr<etcdserverpb::KV::Stub> kv;
  const std::unique_ptr<etcdserverpb::Watch::Stub> watch;
  const std::unique_ptr<etcdserverpb::Lease::Stub> lease;
  const std::unique_ptr<etcdserverpb::Maintenance::Stub> maintenance;
  const std::unique_ptr<etcdserverpb::Auth::Stub> auth;
};

// Waits until there is a connection; not long for one that failed a moment ago. Without, calls would fail at once,
// again and again: nothing else looks after connections while no call runs.
absl::Status AwaitConnection(const Member& member, absl::Duration within) {
  const absl::Duration end = RealClock().Steady() + std::min(within, kConnectWithin);
  grpc_connectivity_state state = member.channel->GetState(/*try_to_connect=*/true);
  while (state != GRPC_CHANNEL_READY) {
    const absl::Duration left = end - RealClock().Steady();
    const absl::Duration wait = state == GRPC_CHANNEL_TRANSIENT_FAILURE ? std::min(left, kTryAgainWithin) : left;
    if (!member.channel->WaitForStateChange(state, absl::ToChronoTime(RealClock().Now() + wait))) {
      return absl::UnavailableError(StrCat("etcd at ", member.endpoint, " cannot be reached"));
    }
    state = member.channel->GetState(/*try_to_connect=*/true);
  }
  return absl::OkStatus();
}

// Whether another member may fare better.
bool IsMembersFault(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsCancelled(status) ||
         absl::IsUnknown(status);
}

// A stream that tells of changes of one key, opened again whenever it ends.
class EtcdWatch {
 public:
  // Opens a stream: a member's stub, and the context that it needs.
  using Open = std::function<etcdserverpb::Watch::Stub*(grpc::ClientContext&)>;

  EtcdWatch(std::string key, Clock* clock, Open open, std::function<void()> failed, std::function<void()> ring)
      : key_(std::move(key)),
        open_(std::move(open)),
        failed_(std::move(failed)),
        ring_(std::move(ring)),
        loop_("etcd-watch", clock, kWatchAgainAfter, [this] {
          Listen();
          return false;
        }) {}
  ~EtcdWatch() {
    {
      MutexLock lock(&mu_);
      stopping_ = true;
      if (context_ != nullptr) context_->TryCancel();
    }
    loop_.Stop();
  }

 private:
  // Null once it has to stop.
  bool Take(grpc::ClientContext* context) {
    MutexLock lock(&mu_);
    context_ = context;
    return !stopping_;
  }

  void Listen() {
    grpc::ClientContext context;
    etcdserverpb::Watch::Stub* const stub = open_(context);
    if (!Take(&context)) return;
    const auto stream = stub->Watch(&context);
    etcdserverpb::WatchRequest request;
    request.mutable_create_request()->set_key(key_);
    etcdserverpb::WatchResponse response;
    stream->Write(request);
    // Word that the watch has begun rings as well: nobody heard of what changed before.
    while (stream->Read(&response) && !response.canceled()) ring_();
    context.TryCancel();
    const grpc::Status ended = stream->Finish();
    Take(nullptr);
    if (!ended.ok()) failed_();
  }

  const std::string key_;
  const Open open_;
  const std::function<void()> failed_;
  const std::function<void()> ring_;
  Mutex mu_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  // Of the stream under way.
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mu_) = nullptr;
  // Last: it uses all of the above.
  Loop loop_;
};

class GrpcEtcd : public Etcd {
 public:
  GrpcEtcd(GrpcEtcdOptions options, const std::shared_ptr<grpc::ChannelCredentials>& credentials)
      : options_(std::move(options)) {
    for (const std::string& endpoint : options_.endpoints) {
      members_.push_back(
          std::make_unique<Member>(endpoint, grpc::CreateCustomChannel(endpoint, credentials, ChannelArguments())));
    }
  }

  absl::StatusOr<etcdserverpb::RangeResponse> Range(const etcdserverpb::RangeRequest& request,
                                                    absl::Duration within) override {
    return Unary(&Member::kv, &etcdserverpb::KV::Stub::Range, request, within);
  }
  absl::StatusOr<etcdserverpb::TxnResponse> Txn(const etcdserverpb::TxnRequest& request,
                                                absl::Duration within) override {
    return Unary(&Member::kv, &etcdserverpb::KV::Stub::Txn, request, within);
  }
  absl::Status Compact(int64_t revision, absl::Duration within) override;
  absl::StatusOr<etcdserverpb::LeaseGrantResponse> GrantLease(absl::Duration ttl, absl::Duration within) override;
  absl::StatusOr<absl::Duration> KeepLeaseAlive(int64_t lease, absl::Duration within) override;
  absl::Status RevokeLease(int64_t lease, absl::Duration within) override;
  absl::StatusOr<etcdserverpb::StatusResponse> Status(absl::Duration within) override {
    return Unary(&Member::maintenance, &etcdserverpb::Maintenance::Stub::Status, etcdserverpb::StatusRequest(), within);
  }
  absl::StatusOr<etcdserverpb::AlarmResponse> Alarms(absl::Duration within) override {
    return Unary(&Member::maintenance, &etcdserverpb::Maintenance::Stub::Alarm, etcdserverpb::AlarmRequest(), within);
  }
  std::shared_ptr<void> Watch(const std::string& key, std::function<void()> ring) override;

 private:
  // One attempt at the member whose turn it is.
  absl::Status Attempt(absl::Duration within,
                       absl::FunctionRef<grpc::Status(grpc::ClientContext* context, Member& member)> call);

  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Unary(const std::unique_ptr<Stub> Member::*stub, GrpcMethod<Stub, Request, Response> method,
                                 const Request& request, absl::Duration within) {
    Response response;
    const absl::Status status = Attempt(within, [&](grpc::ClientContext* context, Member& member) {
      response.Clear();
      return ((*(member.*stub)).*method)(context, request, &response);
    });
    if (!status.ok()) return status;
    return response;
  }

  // Connects, and adds what a call carries beside its message; until `end`, in steady time. Errors: UNAVAILABLE; those
  // of signing in.
  absl::Status Prepare(Member& member, grpc::ClientContext& context, absl::Duration end);
  absl::StatusOr<std::string> Token(Member& member, absl::Duration within) ABSL_LOCKS_EXCLUDED(mu_);
  void ForgetToken() ABSL_LOCKS_EXCLUDED(mu_);
  void MoveOn(size_t from) { turn_.compare_exchange_strong(from, from + 1); }

  const GrpcEtcdOptions options_;
  std::vector<std::unique_ptr<Member>> members_;
  // Modulo their number: the member that is asked.
  std::atomic<size_t> turn_{0};

  Mutex mu_;
  std::string token_ ABSL_GUARDED_BY(mu_);
};

void SetDeadline(grpc::ClientContext& context, absl::Duration within) {
  // The wire carries a deadline as real time.
  context.set_deadline(absl::ToChronoTime(RealClock().Now() + within));
}

absl::StatusOr<std::string> GrpcEtcd::Token(Member& member, absl::Duration within) {
  {
    MutexLock lock(&mu_);
    if (!token_.empty()) return token_;
  }
  grpc::ClientContext context;
  SetDeadline(context, within);
  etcdserverpb::AuthenticateRequest request;
  request.set_name(options_.user);
  request.set_password(options_.password);
  etcdserverpb::AuthenticateResponse response;
  DUBAN_RETURN_IF_ERROR(FromGrpcStatus(member.auth->Authenticate(&context, request, &response)));
  MutexLock lock(&mu_);
  token_ = response.token();
  return token_;
}

void GrpcEtcd::ForgetToken() {
  MutexLock lock(&mu_);
  token_.clear();
}

absl::Status GrpcEtcd::Prepare(Member& member, grpc::ClientContext& context, absl::Duration end) {
  DUBAN_RETURN_IF_ERROR(AwaitConnection(member, end - RealClock().Steady()));
  // A member that has lost the others says so at once.
  context.AddMetadata("hasleader", "true");
  if (options_.user.empty()) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(const std::string token, Token(member, end - RealClock().Steady()));
  context.AddMetadata("token", token);
  return absl::OkStatus();
}

absl::Status GrpcEtcd::Attempt(absl::Duration within,
                               absl::FunctionRef<grpc::Status(grpc::ClientContext*, Member&)> call) {
  absl::Status status;
  const absl::Duration end = RealClock().Steady() + within;
  // The second time with a new token, where there is one and it has run out.
  for (int time = 0; time < 2; ++time) {
    const size_t turn = turn_;
    Member& member = *members_[turn % members_.size()];
    grpc::ClientContext context;
    status = Prepare(member, context, end);
    SetDeadline(context, end - RealClock().Steady());
    if (status.ok()) status = FromGrpcStatus(call(&context, member));
    if (IsMembersFault(status)) MoveOn(turn);
    if (!absl::IsUnauthenticated(status) || options_.user.empty()) break;
    ForgetToken();
  }
  return status;
}

absl::Status GrpcEtcd::Compact(int64_t revision, absl::Duration within) {
  etcdserverpb::CompactionRequest request;
  request.set_revision(revision);
  return Unary(&Member::kv, &etcdserverpb::KV::Stub::Compact, request, within).status();
}

absl::StatusOr<etcdserverpb::LeaseGrantResponse> GrpcEtcd::GrantLease(absl::Duration ttl, absl::Duration within) {
  etcdserverpb::LeaseGrantRequest request;
  request.set_ttl(absl::ToInt64Seconds(ttl));
  return Unary(&Member::lease, &etcdserverpb::Lease::Stub::LeaseGrant, request, within);
}

absl::StatusOr<absl::Duration> GrpcEtcd::KeepLeaseAlive(int64_t lease, absl::Duration within) {
  etcdserverpb::LeaseKeepAliveRequest request;
  request.set_id(lease);
  etcdserverpb::LeaseKeepAliveResponse response;
  bool answered = false;
  // A stream for one question: nothing is left open that could be dead without a word.
  const absl::Status status = Attempt(within, [&](grpc::ClientContext* context, Member& member) {
    const auto stream = member.lease->LeaseKeepAlive(context);
    stream->Write(request);
    stream->WritesDone();
    answered = stream->Read(&response);
    etcdserverpb::LeaseKeepAliveResponse more;
    while (answered && stream->Read(&more)) continue;
    return stream->Finish();
  });
  if (answered) return absl::Seconds(response.ttl());
  return status.ok() ? absl::UnavailableError("etcd did not answer a keep-alive") : status;
}

absl::Status GrpcEtcd::RevokeLease(int64_t lease, absl::Duration within) {
  etcdserverpb::LeaseRevokeRequest request;
  request.set_id(lease);
  return Unary(&Member::lease, &etcdserverpb::Lease::Stub::LeaseRevoke, request, within).status();
}

std::shared_ptr<void> GrpcEtcd::Watch(const std::string& key, std::function<void()> ring) {
  const auto asked = std::make_shared<std::atomic<size_t>>(0);
  const auto open = [this, asked](grpc::ClientContext& context) {
    const size_t turn = turn_;
    *asked = turn;
    Member& member = *members_[turn % members_.size()];
    // Without a connection or a token the stream ends at once, and is opened once more.
    Prepare(member, context, RealClock().Steady() + kSignInWithin).IgnoreError();
    return member.watch.get();
  };
  return std::make_shared<EtcdWatch>(
      key, options_.clock, open, [this, asked] { MoveOn(*asked); }, std::move(ring));
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeCredentials(const GrpcEtcdOptions& options) {
  if (options.certificate_file.empty() != options.key_file.empty()) {
    return absl::InvalidArgumentError("a client certificate for etcd needs its key, and a key its certificate");
  }
  if (options.ca_file.empty()) {
    if (options.certificate_file.empty()) return grpc::InsecureChannelCredentials();
    return absl::InvalidArgumentError("a client certificate for etcd needs the authority of its servers as well");
  }
  grpc::experimental::TlsChannelCredentialsOptions tls;
  if (options.certificate_file.empty()) {
    tls.set_certificate_provider(
        std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(options.ca_file, kLookAgainSeconds));
  } else {
    tls.set_certificate_provider(std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
        options.key_file, options.certificate_file, options.ca_file, kLookAgainSeconds));
    tls.watch_identity_key_cert_pairs();
  }
  tls.watch_root_certs();
  return grpc::experimental::TlsCredentials(tls);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Etcd>> MakeGrpcEtcd(GrpcEtcdOptions options) {
  if (options.endpoints.empty()) return absl::InvalidArgumentError("no endpoint of etcd is named");
  DUBAN_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ChannelCredentials> credentials, MakeCredentials(options));
  return std::make_unique<GrpcEtcd>(std::move(options), credentials);
}

}  // namespace duban
