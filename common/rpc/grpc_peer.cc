#include "common/rpc/grpc_peer.h"

#include <grpcpp/grpcpp.h>

#include <set>
#include <utility>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/rpc/client.h"
#include "common/rpc/grpc_status.h"
#include "duban/v1/evidence_service.grpc.pb.h"
#include "duban/v1/feed_service.grpc.pb.h"

namespace duban {
namespace {

// A page has 256 KiB, but one entry is always whole, and the largest is a plan.
constexpr int kMaxMessageBytes = 64 << 20;
constexpr absl::Duration kAnswerTime = absl::Seconds(10);
// A piece of a file over a slow line, and the last one until all of it is on the disk there.
constexpr absl::Duration kPieceTime = absl::Seconds(30);

// The calls under way to one server, each with a deadline. Thread-safe.
class Calls {
 public:
  absl::Status Make(absl::Duration deadline, absl::FunctionRef<GrpcAttempt> call) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(RealClock().Now() + deadline));
    {
      MutexLock lock(&mu_);
      if (cancelled_) return absl::CancelledError("the hop is stopping");
      running_.insert(&context);
    }
    const grpc::Status status = call(&context);
    {
      MutexLock lock(&mu_);
      running_.erase(&context);
    }
    return FromGrpcStatus(status);
  }

  // From now on there are none.
  void Cancel() {
    MutexLock lock(&mu_);
    cancelled_ = true;
    for (grpc::ClientContext* context : running_) context->TryCancel();
  }

 private:
  Mutex mu_;
  std::set<grpc::ClientContext*> running_ ABSL_GUARDED_BY(mu_);
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
};

std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address,
                                         std::shared_ptr<grpc::ChannelCredentials> credentials) {
  return MakeChannel(address, {.max_message_bytes = kMaxMessageBytes, .credentials = std::move(credentials)});
}

class GrpcPeer final : public FeedPeer {
 public:
  explicit GrpcPeer(const std::shared_ptr<grpc::Channel>& channel) : stub_(v1::FeedService::NewStub(channel)) {}

  absl::StatusOr<v1::FetchResponse> Fetch(const v1::FetchRequest& request) override {
    const absl::Duration wait = absl::Seconds(request.wait().seconds()) + absl::Nanoseconds(request.wait().nanos());
    v1::FetchResponse response;
    absl::Status status = calls_.Make(
        wait + kAnswerTime, [&](grpc::ClientContext* context) { return stub_->Fetch(context, request, &response); });
    if (!status.ok()) return status;
    return response;
  }

  absl::StatusOr<v1::OfferResponse> Offer(const v1::OfferRequest& request) override {
    v1::OfferResponse response;
    absl::Status status = calls_.Make(
        kAnswerTime, [&](grpc::ClientContext* context) { return stub_->Offer(context, request, &response); });
    if (!status.ok()) return status;
    return response;
  }

  absl::StatusOr<v1::GiveBackResponse> GiveBack(const v1::GiveBackRequest& request) override {
    v1::GiveBackResponse response;
    absl::Status status = calls_.Make(
        kAnswerTime, [&](grpc::ClientContext* context) { return stub_->GiveBack(context, request, &response); });
    if (!status.ok()) return status;
    return response;
  }

  void Cancel() override { calls_.Cancel(); }

 private:
  const std::unique_ptr<v1::FeedService::Stub> stub_;
  Calls calls_;
};

class GrpcEvidencePeer final : public EvidencePeer {
 public:
  explicit GrpcEvidencePeer(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(v1::EvidenceService::NewStub(channel)) {}

  absl::StatusOr<v1::HandUpEvidenceResponse> HandUp(const v1::HandUpEvidenceRequest& request) override {
    v1::HandUpEvidenceResponse response;
    absl::Status status = calls_.Make(
        kPieceTime, [&](grpc::ClientContext* context) { return stub_->HandUpEvidence(context, request, &response); });
    if (!status.ok()) return status;
    return response;
  }

  void Cancel() override { calls_.Cancel(); }

 private:
  const std::unique_ptr<v1::EvidenceService::Stub> stub_;
  Calls calls_;
};

}  // namespace

std::shared_ptr<FeedPeer> MakeGrpcPeer(const std::string& address,
                                       std::shared_ptr<grpc::ChannelCredentials> credentials) {
  return std::make_shared<GrpcPeer>(ChannelTo(address, std::move(credentials)));
}

std::shared_ptr<EvidencePeer> MakeGrpcEvidencePeer(const std::string& address,
                                                   std::shared_ptr<grpc::ChannelCredentials> credentials) {
  return std::make_shared<GrpcEvidencePeer>(ChannelTo(address, std::move(credentials)));
}

}  // namespace duban
