// The other side of a hop that lives in the same process: the feed itself, without gRPC.
//
// Thread-safe. A waiting Fetch sleeps on the thread that called it and is woken by the store's commits.

#ifndef DUBAN_COMMON_RPC_LOCAL_PEER_H_
#define DUBAN_COMMON_RPC_LOCAL_PEER_H_

#include <cstdint>
#include <memory>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/feed/feed_server.h"

namespace duban {

class LocalPeer final : public FeedPeer {
 public:
  // Both outlive the peer.
  LocalPeer(FeedServer* feed, Clock* clock);

  absl::StatusOr<v1::FetchResponse> Fetch(const v1::FetchRequest& request) override;
  absl::StatusOr<v1::OfferResponse> Offer(const v1::OfferRequest& request) override;
  absl::StatusOr<v1::GiveBackResponse> GiveBack(const v1::GiveBackRequest& request) override;
  void Cancel() override;

 private:
  FeedServer* const feed_;
  Clock* const clock_;
  Mutex mu_;
  // Counts commits; a reader that saw none since it read sleeps.
  int64_t commits_ ABSL_GUARDED_BY(mu_) = 0;
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
  // Last, so that it goes first: it uses the rest.
  std::shared_ptr<void> listener_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_LOCAL_PEER_H_
