// The other side of a hop without anything between: calls go straight to a feed.

#ifndef DUBAN_TESTS_SUPPORT_DIRECT_PEER_H_
#define DUBAN_TESTS_SUPPORT_DIRECT_PEER_H_

#include "common/base/errors.h"
#include "common/feed/feed_server.h"

namespace duban::testing {

// Never waits. Thread-safe; the feed outlives it.
class DirectPeer : public FeedPeer {
 public:
  explicit DirectPeer(FeedServer* server) : server_(server) {}
  absl::StatusOr<v1::FetchResponse> Fetch(const v1::FetchRequest& request) override {
    absl::StatusOr<v1::FetchResponse> page = server_->TryFetch(request);
    if (page.ok()) server_->followers().Found(CallOf(request, ""), request.position(), page->page().at_head());
    return page;
  }
  absl::StatusOr<v1::OfferResponse> Offer(const v1::OfferRequest& request) override {
    v1::OfferResponse response;
    DUBAN_RETURN_IF_ERROR(server_->Offer(request, &response));
    return response;
  }
  absl::StatusOr<v1::GiveBackResponse> GiveBack(const v1::GiveBackRequest& request) override {
    v1::GiveBackResponse response;
    DUBAN_RETURN_IF_ERROR(server_->GiveBack(request, &response));
    return response;
  }
  void Cancel() override {}

 private:
  FeedServer* const server_;
};

}  // namespace duban::testing

#endif  // DUBAN_TESTS_SUPPORT_DIRECT_PEER_H_
