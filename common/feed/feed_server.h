// The serving side of a feed: answers Fetch and takes in Offer, without gRPC and without waiting.

#ifndef DUBAN_COMMON_FEED_FEED_SERVER_H_
#define DUBAN_COMMON_FEED_FEED_SERVER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/feed/feed_page.h"
#include "common/feed/followers.h"
#include "common/feed/hop.h"
#include "common/feed/set_aside.h"

namespace duban {

// RESOURCE_NOT_FOUND for a feed that a server does not have.
absl::Status NoFeed(const std::string& name);

// Thread-safe. `clock` and the spec's store outlive it.
class FeedServer {
 public:
  FeedServer(FeedSpec spec, Clock* clock)
      : spec_(std::move(spec)), clock_(clock), followers_(spec_.feed, spec_.store->options().node, clock) {}

  const std::string& feed() const { return spec_.feed; }
  Store* store() const { return spec_.store; }

  // Who calls from other processes. Whoever answers a Fetch notes its beginning and its end there.
  Followers& followers() { return followers_; }

  // Who follows, for the node's status: at most `most`; how far one is behind is counted against the present head, and
  // is 0 where nothing that came since concerns it. And those that are only noted in the store: heard of before this
  // process began, and not since.
  std::vector<v1::NodeStatus::Follower> ListFollowers(size_t most) const;

  // Whose changes the follower of `request` waits for.
  Audiences audiences(const v1::FetchRequest& request) const {
    return spec_.audiences_of(request.follower(), request.downstream());
  }

  // Reads a page at once; it is empty where nothing is new. Errors: FEED_MISMATCH.
  absl::StatusOr<v1::FetchResponse> TryFetch(const v1::FetchRequest& request) const;

  // The same of a snapshot, where only `audiences` have something new for the follower.
  absl::StatusOr<v1::FetchResponse> ReadPage(const Snapshot& snapshot, const Audiences& audiences,
                                             const v1::FetchRequest& request) const;
  // The same for whoever stands there and has something new in the same audiences; nothing where they see an entity of
  // it differently.
  absl::StatusOr<std::optional<v1::FetchResponse>> ReadPageForAll(const Snapshot& snapshot, const Audiences& audiences,
                                                                  const v1::FetchRequest& request) const;

  // Notes in the store where followers stand that were heard of since they were noted, each at most once in `every`, so
  // that what they still need is not cut off (Store::Trim). A bounded number; returns whether there are more. Whoever
  // hosts the feed runs it every minute, with a small part of the time that history is kept.
  absl::StatusOr<bool> NoteFollowers(absl::Duration every);

  // Takes in a page, effect and position in one write. A page that begins elsewhere than at the stored position
  // changes nothing; the answer has the stored position in either case. Entries that are the caller's mistake are set
  // aside, and named in the answer. Errors: INVALID_FIELD where the page is none; NOT_OWNER where nothing is taken in
  // from below.
  absl::Status Offer(const v1::OfferRequest& request, v1::OfferResponse* response);
  // The same for a caller in another process, from `address`. Errors: NODE_ID_TAKEN while another one calls under this
  // name.
  absl::Status ServeOffer(const v1::OfferRequest& request, std::string address, v1::OfferResponse* response);

  // Gives a neighbour a page of what is held here of its own. Errors: NOT_OWNER for a caller that calls itself what
  // this node is called.
  absl::Status GiveBack(const v1::GiveBackRequest& request, v1::GiveBackResponse* response) const;

 private:
  // Whether this node may be asked by `node`. The one place: callers name themselves so far.
  absl::Status CheckCaller(const std::string& node) const;
  // Adds the nodes below that the store knows of and the list does not.
  void AddNoted(size_t most, std::vector<v1::NodeStatus::Follower>& list) const;
  absl::StatusOr<v1::FetchResponse> Read(const Snapshot& snapshot, const Audiences& audiences,
                                         const v1::FetchRequest& request, const EntityView& view) const;
  // Begins another history of the caller's store; returns whether it goes on from a backup of the one that was known.
  absl::StatusOr<bool> BeginHistory(Transaction& transaction, const v1::OfferRequest& request,
                                    const v1::FeedPosition& stored) const;
  absl::Status TakePageIn(Transaction& transaction, const v1::OfferRequest& request, Undoing undoing,
                          v1::OfferResponse* response) const;

  const FeedSpec spec_;
  Clock* const clock_;
  Followers followers_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_FEED_FEED_SERVER_H_
