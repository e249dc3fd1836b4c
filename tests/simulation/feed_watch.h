// What a simulation sees of feeds from outside: every head that was ever shown, and what each follower was brought.
//
// Not thread-safe. The world outlives everything here.

#ifndef DUBAN_TESTS_SIMULATION_FEED_WATCH_H_
#define DUBAN_TESTS_SIMULATION_FEED_WATCH_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "absl/status/statusor.h"
#include "common/feed/feed_server.h"
#include "tests/simulation/world.h"

namespace duban::simulation {

// The heads that the stores have shown, by node, service and epoch. F5, F6.
class FeedHistory {
 public:
  explicit FeedHistory(World* world) : world_(*world) {}
  // Somebody saw this position of a store.
  void Note(const std::string& node, const std::string& service, const v1::FeedPosition& position);
  // Whether a store whose epoch is `epoch` has to take a position that is presented to it.
  bool Knows(const std::string& node, const std::string& service, const std::string& epoch,
             const v1::FeedPosition& position) const;
  // Whether a store has ever shown anything of an epoch.
  bool Seen(const std::string& node, const std::string& service, const std::string& epoch) const {
    return heads_.contains({node, service, epoch});
  }

 private:
  using Epoch = std::tuple<std::string, std::string, std::string>;
  World& world_;
  std::map<Epoch, std::map<int64_t, std::string>> heads_;
};

// What a node has heard of a follower since it started: whether it may tell it that its history is cut off. F10.
class HeardFollower {
 public:
  // It asked from `position` at `now`, by the node's clock, and was answered, or told that this is cut off, or neither.
  // Returns whether it was cut off although it had to be waited for: it stood there or behind when it was answered
  // last, within `kept`. Who was told already begins anew, and a straggler of before hears the same of the same
  // position.
  bool IsWronged(const v1::FeedPosition& position, bool answered, bool cut_off, absl::Time now, absl::Duration kept);

 private:
  // Where it stood when it was answered, and when; 0 where it was refused.
  int64_t sequence_ = 0;
  absl::Time time_;
  // The position that was told last that it is cut off.
  std::optional<v1::FeedPosition> told_;
};

// What a follower holds of a feed, folded from its pages; and the rules that every page has to keep. F2, F3, F4, F12.
class FeedFold {
 public:
  // `name` is for reports.
  FeedFold(World* world, std::string name) : world_(*world), name_(std::move(name)) {}

  // Takes in a page that was applied.
  void Take(const v1::FeedPage& page);
  // The follower starts over in another history.
  void StartOver(const std::string& epoch);
  // What the follower was told last of an entity and holds; nothing where that is a withdrawal, or nothing. Where it
  // starts over, what it was told before counts until it has come to the head again.
  std::optional<google::protobuf::Any> Find(const std::string& entity) const;
  // The same, and of what was withdrawn what it was before.
  std::optional<google::protobuf::Any> FindLast(const std::string& entity) const;
  const v1::FeedPosition& position() const { return position_; }
  void set_position(const v1::FeedPosition& position) { position_ = position; }

  // At rest: compares with the feed read anew from its beginning, for the same follower.
  void CompareWith(const FeedServer& server, const v1::FetchRequest& request);

 private:
  struct Held {
    int64_t sequence = 0;
    bool withdrawn = false;
    std::string payload;
    // Of what is withdrawn: what it was.
    std::string last;
  };
  const Held* Lookup(const std::string& entity) const;

  World& world_;
  const std::string name_;
  v1::FeedPosition position_;
  std::map<std::string, Held> held_;
  // What it held before it started over, until it comes to the head again.
  std::map<std::string, Held> before_;
};

// A follower of a feed that is no service: it begins at zero at some moment, reads small pages between changes, and
// never crashes. F11.
class Watcher {
 public:
  Watcher(World* world, const std::string& node, v1::FetchRequest request);

  // Reads a page, where the node is up.
  void Step(const FeedServer& server);
  bool at_head() const { return at_head_; }
  void CompareWith(const FeedServer& server) { fold_.CompareWith(server, request_); }
  const std::string& node() const { return node_; }
  const std::string& feed() const { return request_.feed(); }

 private:
  World& world_;
  const std::string node_;
  v1::FetchRequest request_;
  FeedFold fold_;
  bool at_head_ = false;
};

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_FEED_WATCH_H_
