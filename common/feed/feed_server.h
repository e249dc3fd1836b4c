// The serving side of a feed: answers Fetch and takes in Offer, without gRPC and without waiting.

#ifndef DUBAN_COMMON_FEED_FEED_SERVER_H_
#define DUBAN_COMMON_FEED_FEED_SERVER_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/feed/hop.h"

namespace duban {

// Where the followers of a feed stand, as they said when they were heard of last. Thread-safe.
class FollowerBook {
 public:
  void Hear(const v1::FetchRequest& request, absl::Time now);
  // Those heard of whose last note, as far as is known here, is from before `before`; at most `most`.
  std::vector<FollowerStand> NotedBefore(absl::Time before, size_t most) const;
  // When a follower was noted.
  void SetNoted(const std::string& follower, absl::Time noted);

 private:
  // Followers name themselves; more than these are not waited for when history is cut off.
  static constexpr size_t kMost = 50'000;
  struct Known {
    v1::FeedPosition position;
    absl::Time heard;
    absl::Time noted = absl::InfinitePast();
  };
  mutable Mutex mu_;
  std::map<std::string, Known> known_ ABSL_GUARDED_BY(mu_);
};

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

  // Notes in the store where followers stand that were heard of since they were noted, each at most once in `every`, so
  // that what they still need is not cut off (Store::Trim). A bounded number; returns whether there are more. Whoever
  // hosts the feed runs it every minute, with a small part of the time that history is kept.
  absl::StatusOr<bool> NoteFollowers(absl::Duration every);

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
  mutable FollowerBook followers_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_FEED_FEED_SERVER_H_
