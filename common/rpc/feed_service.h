// The RPCs of feeds: Offer and GiveBack on threads of the neighbours' lane, Fetch without a thread in a FetchQueue.
//
// Thread-safe; outlives the edge that its methods are added to.

#ifndef DUBAN_COMMON_RPC_FEED_SERVICE_H_
#define DUBAN_COMMON_RPC_FEED_SERVICE_H_

#include <map>
#include <string>
#include <vector>

#include "common/feed/feed_server.h"
#include "common/rpc/fetch_queue.h"
#include "common/rpc/method.h"
#include "duban/v1/feed_service.pb.h"

namespace duban {

class FeedService {
 public:
  // The queue outlives the service.
  explicit FeedService(FetchQueue* queue) : queue_(queue) {}

  // Before the server starts. The feed outlives the service.
  void AddFeed(FeedServer* feed) { feeds_[feed->feed()] = feed; }

  std::vector<Method> methods();

 private:
  // The feed a call names. Errors: RESOURCE_NOT_FOUND where that is not here; NOT_SERVING where its store has failed.
  absl::StatusOr<FeedServer*> FeedOf(const std::string& name) const;

  FetchQueue* const queue_;
  std::map<std::string, FeedServer*> feeds_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_FEED_SERVICE_H_
