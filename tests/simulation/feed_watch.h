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

// What a follower holds of a feed, folded from its pages; and the rules that every page has to keep. F2, F3, F4, F12.
class FeedFold {
 public:
  // `name` is for reports.
  FeedFold(World* world, std::string name) : world_(*world), name_(std::move(name)) {}

  // Takes in a page that was applied.
  void Take(const v1::FeedPage& page);
  // The follower starts over in another history.
  void StartOver(const std::string& epoch);
  const v1::FeedPosition& position() const { return position_; }
  void set_position(const v1::FeedPosition& position) { position_ = position; }

  // At rest: compares with the feed read anew from its beginning, for the same follower.
  void CompareWith(const FeedServer& server, const v1::FetchRequest& request);

 private:
  struct Held {
    int64_t sequence = 0;
    bool withdrawn = false;
    std::string payload;
  };
  World& world_;
  const std::string name_;
  v1::FeedPosition position_;
  std::map<std::string, Held> held_;
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
