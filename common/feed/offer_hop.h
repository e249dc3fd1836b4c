// The offering side of a hop: own entries for one upstream, as two steps without waiting or threads.

#ifndef DUBAN_COMMON_FEED_OFFER_HOP_H_
#define DUBAN_COMMON_FEED_OFFER_HOP_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/feed/hop.h"
#include "duban/v1/verification.pb.h"

namespace duban {

// Not thread-safe: one driver calls Prepare and Deliver in turn. The store outlives it.
class OfferHop {
 public:
  // Offers the entries of audience `node/<upstream>` from `store`, in the name of `node`.
  // `held_above` as in OfferSpec, `instance` as in FollowHop.
  OfferHop(std::string feed, std::string node, const std::string& upstream, Store* store,
           HeldAbove held_above = nullptr, std::string instance = "");

  // The next request; nothing where the upstream has everything. Errors: those of reading the store.
  absl::StatusOr<std::optional<v1::OfferRequest>> Prepare();

  // Takes the answer to the last request: continues where the upstream says it is. Both sides keep the position.
  absl::Status Deliver(const absl::StatusOr<v1::OfferResponse>& answer);

  // Compares what was offered with what the upstream holds of this node's own, and changes nothing there or here. What
  // was not offered yet, or changes meanwhile, is not looked at. Unlike the rest it may be called from any thread.
  v1::NodeCheck Compare(FeedPeer& peer) const;

  // Audience whose changes are worth another Prepare.
  const std::string& audience() const { return audience_; }
  const std::string& name() const { return name_; }
  const v1::FeedPosition& position() const { return position_; }
  // The upstream has what was offered last; else it is elsewhere, and the next page begins there.
  bool taken() const { return taken_; }
  bool at_head() const { return at_head_; }
  // This node, and the one it offers to.
  const std::string& node() const { return node_; }
  const std::string& upstream() const { return upstream_; }

 private:
  v1::FeedPosition Beginning() const;
  // Begins the feed anew, because of `why`.
  absl::StatusOr<v1::FeedPage> BeginAnew(const Snapshot& snapshot, const absl::Status& why);
  absl::Status DoCompare(FeedPeer& peer, v1::NodeCheck& check) const;
  absl::Status Keep(const v1::FeedPosition& position);

  const std::string feed_;
  const std::string node_;
  const std::string upstream_;
  const std::string name_;
  const std::string audience_;
  Store* const store_;
  const HeldAbove held_above_;
  const std::string instance_;
  bool loaded_ = false;
  // Where the next page begins, and what the store says.
  v1::FeedPosition position_;
  v1::FeedPosition kept_;
  v1::FeedPosition offered_to_;
  // Where the upstream said it was, where this side cannot go on from: no place of this history, or one that is not
  // kept any more.
  std::optional<v1::FeedPosition> instead_of_;
  bool at_head_ = false;
  bool taken_ = false;
};

}  // namespace duban

#endif  // DUBAN_COMMON_FEED_OFFER_HOP_H_
