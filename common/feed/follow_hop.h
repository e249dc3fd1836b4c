// The following side of a hop, as two steps without waiting or threads: what to ask, and what to do with the answer.
// The runner drives it with a thread and gRPC, the simulator with neither.

#ifndef DUBAN_COMMON_FEED_FOLLOW_HOP_H_
#define DUBAN_COMMON_FEED_FOLLOW_HOP_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/feed/hop.h"
#include "common/feed/set_aside.h"
#include "duban/v1/verification.pb.h"

namespace duban {

// Not thread-safe: one driver calls Prepare and Deliver in turn. Store and clock outlive it.
class FollowHop {
 public:
  // `source_node` is the node whose feed is followed; `name` becomes the key of the position and must not change.
  // `instance` is the process that follows (followers.h), one for all hops of a store.
  FollowHop(std::string name, std::string source_node, FollowSpec spec, Store* store, Clock* clock,
            std::string instance = "");

  // The next request: a page after the stored position, which waits for news up to `wait`, but not while something is
  // left to do. Errors: those of reading the store.
  absl::StatusOr<v1::FetchRequest> Prepare(absl::Duration wait);

  // The request for what comes behind `page`, an answer that is about to be delivered: a driver may have it under way
  // meanwhile. Its answer fits only once `page` is stored; drop it where Deliver failed.
  v1::FetchRequest PrepareBehind(const v1::FeedPage& page) const;

  // Applies the answer to the last request and commits effect and position in one write; what brings nothing writes
  // nothing. An entry that is its sender's mistake is set aside. Returns whether it brought entries, or there are more.
  // A feed of another epoch makes the next Prepare start over at its beginning, and the hop
  // that offers to the same upstream too. Errors: those of the call, of applying, or INVARIANT_BROKEN for a page that
  // does not fit; nothing is skipped then, the next Prepare asks again.
  absl::StatusOr<bool> Deliver(const absl::StatusOr<v1::FetchResponse>& answer);

  // Reads the source's feed from its beginning and compares it with what is held here; changes nothing. What changed at
  // the source since it was followed last is not looked at. Unlike the rest it may be called from any thread.
  v1::NodeCheck Compare(FeedPeer& peer) const;

  const std::string& name() const { return name_; }
  const FollowSpec& spec() const { return spec_; }
  // Last position known to be stored.
  const v1::FeedPosition& position() const { return position_; }
  // Whether it has taken in all there was, and what waited for that is done.
  bool at_head() const { return at_head_ && finished_; }
  // This node, and the one it follows.
  const std::string& node() const { return store_->options().node; }
  const std::string& source_node() const { return source_node_; }

 private:
  v1::FetchRequest RequestAfter(const v1::FeedPosition& position) const;
  absl::Status DoCompare(FeedPeer& peer, v1::NodeCheck& check) const;
  absl::Status StartOver(const absl::Status& mismatch);
  absl::Status StorePosition(const v1::FeedPosition& position);
  // Whether its end lies so far behind the stored position that moving that alone is worth a write.
  bool IsFar(const v1::FeedPage& page) const;
  // What became of a page.
  struct Taken {
    // Where the store stands then.
    v1::FeedPosition reached;
    // What FinishPage says.
    bool finished = false;
  };
  // Applies a page and what waits for its end, and moves the position where that is worth a write.
  absl::StatusOr<Taken> Take(Transaction& transaction, const v1::FeedPage& page, Undoing undoing) const;
  // Returns whether what waits for the page's end is done.
  absl::StatusOr<bool> Apply(Transaction& transaction, const v1::FeedPage& page, Undoing undoing) const;

  const std::string name_;
  const std::string source_node_;
  const FollowSpec spec_;
  Store* const store_;
  Clock* const clock_;
  const std::string instance_;
  bool loaded_ = false;
  v1::FeedPosition position_;
  bool at_head_ = false;
  // What waited for the head (FinishPage, a sweep) is done since the last page that was not there.
  bool finished_ = false;
};

}  // namespace duban

#endif  // DUBAN_COMMON_FEED_FOLLOW_HOP_H_
