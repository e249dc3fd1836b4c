// The other side of a hop that lives in the same process: the feed itself, without gRPC.
//
// Thread-safe. A waiting Fetch sleeps on the thread that called it and is woken by commits that concern it.

#ifndef DUBAN_COMMON_RPC_LOCAL_PEER_H_
#define DUBAN_COMMON_RPC_LOCAL_PEER_H_

#include <memory>
#include <set>

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
  void Touch(const Audiences& touched) ABSL_LOCKS_EXCLUDED(mu_);
  absl::StatusOr<v1::FetchResponse> Await(const v1::FetchRequest& request) ABSL_LOCKS_EXCLUDED(mu_);

  FeedServer* const feed_;
  Clock* const clock_;
  // One who reads and then sleeps, and whether a commit has moved a feed of its audiences meanwhile.
  struct Reader {
    const Audiences audiences;
    bool touched = false;
  };
  Mutex mu_;
  std::set<Reader*> readers_ ABSL_GUARDED_BY(mu_);
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
  // Last, so that it goes first: it uses the rest.
  std::shared_ptr<void> listener_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_LOCAL_PEER_H_
