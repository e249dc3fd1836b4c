// Who follows a feed, as the feed sees it; and that no name is followed under by two processes.
//
// Two processes of one name, such as two nodes made from one disk, would each take what the other one is waiting for,
// without end and without a word. So a process that calls presents an instance of its own, and while one is heard under
// a name, another one is refused. And where each of them stands is what history is kept for.

#ifndef DUBAN_COMMON_FEED_FOLLOWERS_H_
#define DUBAN_COMMON_FEED_FOLLOWERS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/store/store.h"
#include "duban/v1/feed_service.pb.h"
#include "duban/v1/node_service.pb.h"

namespace duban {

// Who calls.
struct FollowerCall {
  // A service of this node or, `downstream`, another node.
  std::string name;
  bool downstream = false;
  // The process, and the epoch of its store; empty where it says nothing.
  std::string instance;
  std::string own_epoch;
  // Where the call comes from; empty: from this process.
  std::string address;
  // How it introduced itself, and whom it takes this node for; empty where it says nothing.
  v1::NodeCard card = {};
  std::string to_node = {};
};
FollowerCall CallOf(const v1::FetchRequest& request, std::string address);
FollowerCall CallOf(const v1::OfferRequest& request, std::string address);

// Thread-safe. The clock outlives it.
class Followers {
 public:
  // How long after its last call a process that did not hang up counts as there: for one on the same store, as after a
  // crash, and for any other. Whoever is there calls again sooner: while it waits, it has a call under way; after a
  // failure it pauses for 10 s at most.
  static constexpr absl::Duration kSameStoreGone = absl::Seconds(2);
  static constexpr absl::Duration kGone = absl::Seconds(20);
  // Most names that are kept; beyond, whoever was silent for the longest is forgotten.
  static constexpr size_t kMostKept = 50'000;

  // How long what did not fit is shown. That another process was refused is shown no longer than it can still be
  // there: once the one that is let in was heard for kGone without it, it went away.
  static constexpr absl::Duration kShownFor = absl::Minutes(10);

  // `feed` is for words; `node`: what this node is called.
  Followers(std::string feed, std::string node, Clock* clock)
      : feed_(std::move(feed)), node_(std::move(node)), clock_(clock) {}

  // A call begins. Errors: WRONG_NODE and VERSION_TOO_FAR for whoever does not fit (node_card.h); NODE_ID_TAKEN while
  // another process is there under this name. Then there is no End.
  absl::Status Begin(const FollowerCall& call) ABSL_LOCKS_EXCLUDED(mu_);
  // It presented a position, from which it was found at the head of the feed or not. Nothing where another process is
  // there under its name.
  void Found(const FollowerCall& call, const v1::FeedPosition& position, bool at_head) ABSL_LOCKS_EXCLUDED(mu_);
  // It ends. `hung_up`: the caller, or its connection, went away before it was answered.
  void End(const FollowerCall& call, bool hung_up) ABSL_LOCKS_EXCLUDED(mu_);

  // Where those stand who presented a position since it was noted, as far as is known here, and were noted before
  // `before`; at most `most`. One that goes back counts as never noted.
  std::vector<FollowerStand> NotedBefore(absl::Time before, size_t most) const ABSL_LOCKS_EXCLUDED(mu_);
  // When one was noted; by the name of its stand.
  void SetNoted(const std::string& stand, absl::Time noted) ABSL_LOCKS_EXCLUDED(mu_);

  // At most `most`, nodes before services, by name, for the node's status. One that is not here any more is behind by
  // all that came since, whomever that concerns.
  std::vector<v1::NodeStatus::Follower> List(const v1::FeedPosition& head, size_t most) const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Entry {
    std::string name;
    bool downstream = false;
    std::string instance;
    std::string own_epoch;
    std::string address;
    int calls = 0;
    bool hung_up = false;
    // Steady time, and the time for people.
    absl::Duration last;
    absl::Time seen;
    // What a follower presented last, and when; empty where it has only offered. When that was noted in the store.
    v1::FeedPosition position;
    absl::Time heard = absl::InfinitePast();
    absl::Time noted = absl::InfinitePast();
    bool at_head = false;
    std::string refused_instance;
    std::string refused_address;
    absl::Time refused_at = absl::InfinitePast();
    absl::Duration refused_last = -absl::InfiniteDuration();
    v1::NodeCard card;
    std::optional<absl::Duration> clock_ahead;
    // By reason.
    std::map<std::string, v1::NodeStatus::Notice> notices;
  };
  bool IsThere(const Entry& entry, const FollowerCall& other) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Whether another process was refused that may still be there.
  bool HasTwin(const Entry& entry) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ShowNotices(const Entry& entry, v1::NodeStatus::Follower& follower) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Takes note of how a caller introduces itself.
  absl::Status Introduce(Entry& entry, const FollowerCall& call) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Notice(Entry& entry, const v1::NodeStatus::Notice& notice) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status Refuse(Entry& entry, const FollowerCall& call) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The entry of a name; a new one where it is not known.
  Entry& EntryOf(const FollowerCall& call) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void MakeRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::string feed_;
  const std::string node_;
  Clock* const clock_;
  mutable Mutex mu_;
  // By audience, which tells nodes from services.
  std::map<std::string, Entry> by_name_ ABSL_GUARDED_BY(mu_);
};

}  // namespace duban

#endif  // DUBAN_COMMON_FEED_FOLLOWERS_H_
