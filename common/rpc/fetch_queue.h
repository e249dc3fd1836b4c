// Fetch calls that wait for something new, without a thread each: a FetchTable and the threads that work it off.
//
// Threads: every method may be called from any thread. Knows no gRPC.

#ifndef DUBAN_COMMON_RPC_FETCH_QUEUE_H_
#define DUBAN_COMMON_RPC_FETCH_QUEUE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/feed/fetch_table.h"

namespace duban {

class FetchQueue {
 public:
  using Answer = FetchTable::Answer;

  // Add feeds, then Start. `max_waiting` as in FetchTable.
  FetchQueue(Clock* clock, int max_waiting) : clock_(clock), table_(clock, max_waiting, [this] { Stir(); }) {}
  // Drains.
  ~FetchQueue();

  // The feed outlives the queue.
  void AddFeed(FeedServer* feed);
  // Begins to listen to the stores and to read pages, with so many threads.
  void Start(int threads) ABSL_LOCKS_EXCLUDED(mu_);

  // As in FetchTable.
  int64_t Submit(const v1::FetchRequest& request, std::string address, Answer answer) {
    return table_.Submit(request, std::move(address), std::move(answer));
  }
  void Cancel(int64_t number) { table_.Cancel(number); }
  void FailFeed(const std::string& feed) { table_.FailFeed(feed); }
  int waiting() const { return table_.waiting(); }
  // Answers all waiting calls with an empty page, refuses new ones, and ends the threads.
  void Drain() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void Stir() ABSL_LOCKS_EXCLUDED(mu_);
  void Pump() ABSL_LOCKS_EXCLUDED(mu_);

  Clock* const clock_;
  Mutex mu_;
  // There may be something to work off.
  bool stirred_ ABSL_GUARDED_BY(mu_) = false;
  bool draining_ ABSL_GUARDED_BY(mu_) = false;
  FetchTable table_;
  // Set before Start, then only read.
  std::vector<FeedServer*> feeds_;
  std::vector<std::thread> pumps_;
  std::vector<std::shared_ptr<void>> listeners_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_FETCH_QUEUE_H_
