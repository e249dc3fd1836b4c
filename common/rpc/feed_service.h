// The gRPC face of feeds: Offer on a thread of its own, Fetch as a callback method that waits in a FetchQueue. Fetch is
// handed bytes and gives bytes, so that a page which many callers get is made into bytes once.
//
// Thread-safe; outlives the server it is registered with.

#ifndef DUBAN_COMMON_RPC_FEED_SERVICE_H_
#define DUBAN_COMMON_RPC_FEED_SERVICE_H_

#include <map>
#include <memory>
#include <set>
#include <string>

#include "common/base/mutex.h"
#include "common/feed/feed_server.h"
#include "common/rpc/call_edge.h"
#include "common/rpc/fetch_queue.h"
#include "duban/v1/feed_service.grpc.pb.h"

namespace duban {

class FeedService final : public v1::FeedService::WithRawCallbackMethod_Fetch<v1::FeedService::Service> {
 public:
  // All outlive the service. `fallback` serves calls for feeds that are not here.
  FeedService(CallTable* table, FetchQueue* queue, Edge* fallback);
  ~FeedService() override;

  // Before the server starts. Both outlive the service.
  void AddFeed(FeedServer* feed, Edge* edge) { feeds_[feed->feed()] = {feed, edge}; }

  grpc::ServerUnaryReactor* Fetch(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                  grpc::ByteBuffer* response) override;
  grpc::Status Offer(grpc::ServerContext* context, const v1::OfferRequest* request,
                     v1::OfferResponse* response) override;
  grpc::Status GiveBack(grpc::ServerContext* context, const v1::GiveBackRequest* request,
                        v1::GiveBackResponse* response) override;

 private:
  class Waiting;
  struct Feed {
    FeedServer* server = nullptr;
    Edge* edge = nullptr;
  };
  void Remove(Waiting* waiting);
  // Runs a call on the feed it names; RESOURCE_NOT_FOUND where that is not here.
  template <typename Request>
  grpc::Status CallFeed(grpc::ServerContext* context, const char* method, const Request& request,
                        absl::FunctionRef<absl::Status(FeedServer&)> body);

  CallTable* const table_;
  FetchQueue* const queue_;
  Edge* const fallback_;
  std::map<std::string, Feed> feeds_;
  Mutex mu_;
  // Keeps each reactor until gRPC is done with it.
  std::map<Waiting*, std::shared_ptr<Waiting>> waiting_ ABSL_GUARDED_BY(mu_);
};

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_FEED_SERVICE_H_
