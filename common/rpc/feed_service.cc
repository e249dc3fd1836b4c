#include "common/rpc/feed_service.h"

#include <utility>

#include "common/base/errors.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/rpc/call_metadata.h"
#include "common/rpc/grpc_status.h"
#include "common/rpc/validate.h"

namespace duban {
namespace {

constexpr char kFetch[] = "duban.v1.FeedService/Fetch";
constexpr char kOffer[] = "duban.v1.FeedService/Offer";
constexpr char kGiveBack[] = "duban.v1.FeedService/GiveBack";

absl::StatusOr<v1::FetchRequest> ParseFetch(const grpc::ByteBuffer& bytes) {
  v1::FetchRequest request;
  // Reading it needs a handle of its own; the bytes are shared.
  grpc::ByteBuffer handle(bytes);
  if (grpc::SerializationTraits<v1::FetchRequest>::Deserialize(&handle, &request).ok()) return request;
  return InvalidField("request", "the bytes are no FetchRequest", "内容不是FetchRequest");
}

// The bytes of a page, which live as long as any call that sends them.
grpc::ByteBuffer BytesOf(const std::shared_ptr<const SharedPage>& page) {
  const std::string& bytes = page->bytes();
  const auto release = [](void* held) { delete static_cast<std::shared_ptr<const SharedPage>*>(held); };
  // gRPC reads a slice and never writes it.
  grpc::Slice slice(const_cast<char*>(bytes.data()), bytes.size(), release,
                    new std::shared_ptr<const SharedPage>(page));
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace

// One Fetch call. Answered once: by the queue, or as cancelled; `mu_` decides which.
class FeedService::Waiting : public grpc::ServerUnaryReactor {
 public:
  Waiting(FeedService* service, std::string peer, grpc::ByteBuffer* response)
      : service_(service), peer_(std::move(peer)), response_(response), started_(service->table_->Started(kFetch)) {}

  void Answer(const absl::StatusOr<std::shared_ptr<const SharedPage>>& answer) {
    MutexLock lock(&mu_);
    if (std::exchange(finished_, true)) return;
    const absl::Status status = WithReason(answer.status());
    if (status.ok()) *response_ = BytesOf(*answer);
    service_->table_->Handled(kFetch, peer_, status, started_);
    Finish(ToGrpcStatus(status));
  }

  // The number in the queue comes after the call went in, and the caller may be gone by then.
  void SetNumber(int64_t number) {
    bool cancelled = false;
    {
      MutexLock lock(&mu_);
      number_ = number;
      cancelled = cancelled_;
    }
    if (cancelled) service_->queue_->Cancel(number);
  }

  void OnCancel() override {
    int64_t number = 0;
    {
      MutexLock lock(&mu_);
      cancelled_ = true;
      number = number_;
    }
    if (number != 0) service_->queue_->Cancel(number);
    Answer(absl::CancelledError("the caller went away"));
  }

  // May destroy this.
  void OnDone() override { service_->Remove(this); }

 private:
  FeedService* const service_;
  const std::string peer_;
  grpc::ByteBuffer* const response_;
  const absl::Duration started_;
  Mutex mu_;
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
  int64_t number_ ABSL_GUARDED_BY(mu_) = 0;
};

FeedService::FeedService(CallTable* table, FetchQueue* queue, Edge* fallback)
    : table_(table), queue_(queue), fallback_(fallback) {}
FeedService::~FeedService() = default;

grpc::ServerUnaryReactor* FeedService::Fetch(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                             grpc::ByteBuffer* response) {
  auto waiting = std::make_shared<Waiting>(this, context->peer(), response);
  {
    MutexLock lock(&mu_);
    waiting_[waiting.get()] = waiting;
  }
  absl::Status checked = CheckMetadata(*context);
  if (checked.ok()) checked = table_->Accepting();
  absl::StatusOr<v1::FetchRequest> parsed = ParseFetch(*request);
  if (checked.ok()) checked = parsed.status();
  if (checked.ok()) checked = ValidateRequest(*parsed);
  if (!checked.ok()) {
    waiting->Answer(checked);
    return waiting.get();
  }
  // The queue keeps the reactor alive while it may answer.
  waiting->SetNumber(
      queue_->Submit(*parsed, context->peer(), [waiting](const auto& answer) { waiting->Answer(answer); }));
  return waiting.get();
}

void FeedService::Remove(Waiting* waiting) {
  std::shared_ptr<Waiting> last;
  MutexLock lock(&mu_);
  auto it = waiting_.find(waiting);
  if (it == waiting_.end()) return;
  last = std::move(it->second);
  waiting_.erase(it);
}

template <typename Request>
grpc::Status FeedService::CallFeed(grpc::ServerContext* context, const char* method, const Request& request,
                                   absl::FunctionRef<absl::Status(FeedServer&)> body) {
  auto it = feeds_.find(request.feed());
  if (it == feeds_.end()) {
    return fallback_->Call(context, method, request, [&] {
      return Error(v1::RESOURCE_NOT_FOUND, StrCat("this server has no feed `", request.feed(), "`; check the address"),
                   StrCat("本服务没有“", request.feed(), "”数据流，请检查地址"), {{"name", request.feed()}});
    });
  }
  return it->second.edge->Call(context, method, request, [&] { return body(*it->second.server); });
}

grpc::Status FeedService::Offer(grpc::ServerContext* context, const v1::OfferRequest* request,
                                v1::OfferResponse* response) {
  return CallFeed(context, kOffer, *request,
                  [&](FeedServer& feed) { return feed.ServeOffer(*request, context->peer(), response); });
}

grpc::Status FeedService::GiveBack(grpc::ServerContext* context, const v1::GiveBackRequest* request,
                                   v1::GiveBackResponse* response) {
  return CallFeed(context, kGiveBack, *request, [&](FeedServer& feed) { return feed.GiveBack(*request, response); });
}

}  // namespace duban
