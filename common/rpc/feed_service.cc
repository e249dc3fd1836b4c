#include "common/rpc/feed_service.h"

#include <utility>

#include "common/base/errors.h"
#include "common/base/strings.h"

namespace duban {

absl::StatusOr<FeedServer*> FeedService::FeedOf(const std::string& name) const {
  auto it = feeds_.find(name);
  if (it == feeds_.end()) {
    return Error(v1::RESOURCE_NOT_FOUND, StrCat("this server has no feed `", name, "`; check the address"),
                 StrCat("本服务没有“", name, "”数据流，请检查地址"), {{"name", name}});
  }
  DUBAN_RETURN_IF_ERROR(it->second->store()->serving());
  return it->second;
}

std::vector<Method> FeedService::methods() {
  using Answer = std::function<void(absl::StatusOr<v1::FetchResponse>)>;
  return {
      WaitingRpc<v1::FetchRequest, v1::FetchResponse>(
          "duban.v1.FeedService/Fetch",
          [this](const CallContext&, const v1::FetchRequest& request, Answer answer) -> std::function<void()> {
            const int64_t number = queue_->Submit(request, std::move(answer));
            return [this, number] { queue_->Cancel(number); };
          }),
      RpcWithContext<v1::OfferRequest, v1::OfferResponse>(
          "duban.v1.FeedService/Offer", Lane::kNeighbour,
          [this](const CallContext&, const v1::OfferRequest& request, v1::OfferResponse* response) -> absl::Status {
            DUBAN_ASSIGN_OR_RETURN(FeedServer * feed, FeedOf(request.feed()));
            return feed->Offer(request, response);
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
