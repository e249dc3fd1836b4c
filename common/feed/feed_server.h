// The serving side of a feed: answers Fetch and takes in Offer, without gRPC and without waiting.

#ifndef DUBAN_COMMON_FEED_FEED_SERVER_H_
#define DUBAN_COMMON_FEED_FEED_SERVER_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/feed/hop.h"

namespace duban {

// Thread-safe. `clock` and the spec's store outlive it.
class FeedServer {
 public:
  FeedServer(FeedSpec spec, Clock* clock) : spec_(std::move(spec)), clock_(clock) {}

  const std::string& feed() const { return spec_.feed; }
  Store* store() const { return spec_.store; }

  // Whose changes the follower of `request` waits for.
  Audiences audiences(const v1::FetchRequest& request) const {
    return spec_.audiences_of(request.follower(), request.downstream());
  }

  // Reads a page at once; it is empty where nothing is new. Errors: FEED_MISMATCH.
  absl::StatusOr<v1::FetchResponse> TryFetch(const v1::FetchRequest& request) const;

  // Takes in a page, effect and position in one write. A page that begins elsewhere than at the stored position
  // changes nothing; the answer has the stored position in either case. Errors: NOT_OWNER where an entry is not the
  // caller's to change: then nothing of the page is kept.
  absl::Status Offer(const v1::OfferRequest& request, v1::OfferResponse* response);

  // Gives a neighbour a page of what is held here of its own. Errors: NOT_OWNER for a caller that calls itself what
  // this node is called.
  absl::Status GiveBack(const v1::GiveBackRequest& request, v1::GiveBackResponse* response) const;

 private:
  // Whether this node may be asked by `node`. The one place: callers name themselves so far.
  absl::Status CheckCaller(const std::string& node) const;

  const FeedSpec spec_;
  Clock* const clock_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_FEED_FEED_SERVER_H_
