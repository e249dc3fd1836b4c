#include "common/rpc/grpc_peer.h"

#include <grpcpp/grpcpp.h>

#include <set>
#include <utility>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/rpc/client.h"
#include "common/rpc/grpc_status.h"
#include "duban/v1/feed_service.grpc.pb.h"

namespace duban {
namespace {

// A page has 256 KiB, but one entry is always whole, and the largest is a plan.
constexpr int kMaxMessageBytes = 64 << 20;
constexpr absl::Duration kAnswerTime = absl::Seconds(10);

class GrpcPeer final : public FeedPeer {
 public:
  explicit GrpcPeer(const std::string& address, std::shared_ptr<grpc::ChannelCredentials> credentials)
      : stub_(v1::FeedService::NewStub(
            MakeChannel(address, {.max_message_bytes = kMaxMessageBytes, .credentials = std::move(credentials)}))) {}

  absl::StatusOr<v1::FetchResponse> Fetch(const v1::FetchRequest& request) override {
    const absl::Duration wait = absl::Seconds(request.wait().seconds()) + absl::Nanoseconds(request.wait().nanos());
    v1::FetchResponse response;
    absl::Status status = Call(wait + kAnswerTime,
                               [&](grpc::ClientContext* context) { return stub_->Fetch(context, request, &response); });
    if (!status.ok()) return status;
    return response;
  }

  absl::StatusOr<v1::OfferResponse> Offer(const v1::OfferRequest& request) override {
    v1::OfferResponse response;
    absl::Status status =
        Call(kAnswerTime, [&](grpc::ClientContext* context) { return stub_->Offer(context, request, &response); });
    if (!status.ok()) return status;
    return response;
  }

  absl::StatusOr<v1::GiveBackResponse> GiveBack(const v1::GiveBackRequest& request) override {
    v1::GiveBackResponse response;
    absl::Status status =
        Call(kAnswerTime, [&](grpc::ClientContext* context) { return stub_->GiveBack(context, request, &response); });
    if (!status.ok()) return status;
    return response;
  }

  void Cancel() override {
    MutexLock lock(&mu_);
    cancelled_ = true;
    for (grpc::ClientContext* context : running_) context->TryCancel();
  }

 private:
  absl::Status Call(absl::Duration deadline, absl::FunctionRef<GrpcAttempt> call) {
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

  const std::unique_ptr<v1::FeedService::Stub> stub_;
  Mutex mu_;
  std::set<grpc::ClientContext*> running_ ABSL_GUARDED_BY(mu_);
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace

std::shared_ptr<FeedPeer> MakeGrpcPeer(const std::string& address,
                                       std::shared_ptr<grpc::ChannelCredentials> credentials) {
  return std::make_shared<GrpcPeer>(address, std::move(credentials));
}

}  // namespace duban
