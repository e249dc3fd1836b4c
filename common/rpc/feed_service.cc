#include "common/rpc/feed_service.h"

#include <grpcpp/support/slice.h>

#include <memory>
#include <utility>

#include "common/base/errors.h"
#include "common/base/strings.h"

namespace duban {
namespace {

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

absl::StatusOr<FeedServer*> FeedService::FeedOf(const std::string& name) const {
  auto it = feeds_.find(name);
  if (it == feeds_.end()) return NoFeed(name);
  DUBAN_RETURN_IF_ERROR(it->second->store()->serving());
  return it->second;
}

std::vector<Method> FeedService::methods() {
  return {
      WaitingRpc<v1::FetchRequest>("duban.v1.FeedService/Fetch",
                                   [this](const CallContext& call, const v1::FetchRequest& request,
                                          Method::Respond respond) -> std::function<void()> {
                                     const int64_t number = queue_->Submit(
                                         request, call.peer(), [respond = std::move(respond)](const auto& page) {
                                           page.ok() ? respond(BytesOf(*page)) : respond(page.status());
                                         });
                                     return [this, number] { queue_->Cancel(number); };
                                   }),
      RpcWithContext<v1::OfferRequest, v1::OfferResponse>(
          "duban.v1.FeedService/Offer", Lane::kNeighbour,
          [this](const CallContext& call, const v1::OfferRequest& request,
                 v1::OfferResponse* response) -> absl::Status {
            DUBAN_ASSIGN_OR_RETURN(FeedServer * feed, FeedOf(request.feed()));
            return feed->ServeOffer(request, call.peer(), response);
          }),
      RpcWithContext<v1::GiveBackRequest, v1::GiveBackResponse>(
          "duban.v1.FeedService/GiveBack", Lane::kNeighbour,
          [this](const CallContext&, const v1::GiveBackRequest& request,
                 v1::GiveBackResponse* response) -> absl::Status {
            DUBAN_ASSIGN_OR_RETURN(FeedServer * feed, FeedOf(request.feed()));
            return feed->GiveBack(request, response);
          }),
  };
}

}  // namespace duban
