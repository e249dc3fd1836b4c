// Fetch calls that wait for something new, without a thread each.
//
// One pump thread reads pages for all of them. A call is read when it comes, when a commit has touched its audience,
// and when its wait is over; in between it is an entry of a table. Knows no gRPC.
//
// Threads: every method may be called from any thread; answers are given on the pump thread, on the thread of Drain, or
// on that of the call that replaces or refuses. Each call is answered exactly once, unless it was cancelled.

#ifndef DUBAN_COMMON_RPC_FETCH_QUEUE_H_
#define DUBAN_COMMON_RPC_FETCH_QUEUE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/feed/feed_server.h"

namespace duban {

class FetchQueue {
 public:
  using Answer = std::function<void(absl::StatusOr<v1::FetchResponse>)>;

  // At most `max_waiting` calls wait; one more is refused with OVERLOADED. Add feeds, then Start.
  FetchQueue(Clock* clock, int max_waiting) : clock_(clock), max_waiting_(max_waiting) {}
  // Drains.
  ~FetchQueue();

  // The feed outlives the queue.
  void AddFeed(FeedServer* feed);
  void Start();

  // Takes a validated call in and returns its number for Cancel. A follower has one waiting call: an older one of the
  // same follower, whose connection may be gone, is answered with an empty page. Errors are given to `answer`:
  // RESOURCE_NOT_FOUND for an unknown feed, OVERLOADED, NOT_SERVING while draining or where the store failed.
  int64_t Submit(const v1::FetchRequest& request, Answer answer);
  // Forgets a call: its answer will not be called any more, unless that has begun already.
  void Cancel(int64_t number);
  // Answers every waiting call of `feed` with NOT_SERVING, because its store has failed.
  void FailFeed(const std::string& feed);
  // Answers all waiting calls with an empty page, refuses new ones, and ends the pump.
  void Drain();

  // Number of calls that wait.
  int waiting() const;

 private:
  // Feed, follower, downstream.
  using Follower = std::tuple<std::string, std::string, bool>;
  struct Call {
    v1::FetchRequest request;
    Answer answer;
    FeedServer* feed = nullptr;
    Audiences audiences;
    // Steady time.
    absl::Duration end;
  };
  struct Feed {
    FeedServer* server = nullptr;
    std::shared_ptr<void> listener;
  };

  static Follower FollowerOf(const v1::FetchRequest& request);
  static v1::FetchResponse EmptyPage(const v1::FetchRequest& request);

  absl::Status CheckFeed(const v1::FetchRequest& request) const;
  absl::Status CheckRoom(const v1::FetchRequest& request) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Takes a call out of all tables; nothing where it is not there any more.
  std::shared_ptr<Call> Take(int64_t number) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Touch(const std::string& feed, const Audiences& touched);
  void Pump();
  void Read(int64_t number, const std::shared_ptr<Call>& call);

  Clock* const clock_;
  const int max_waiting_;
  // Set before Start, then only read.
  std::map<std::string, Feed> feeds_;
  std::thread pump_;

  mutable Mutex mu_;
  int64_t last_number_ ABSL_GUARDED_BY(mu_) = 0;
  std::map<int64_t, std::shared_ptr<Call>> calls_ ABSL_GUARDED_BY(mu_);
  std::map<Follower, int64_t> by_follower_ ABSL_GUARDED_BY(mu_);
  // Feed and audience.
  std::map<std::pair<std::string, std::string>, std::set<int64_t>> by_audience_ ABSL_GUARDED_BY(mu_);
  std::set<std::pair<absl::Duration, int64_t>> by_end_ ABSL_GUARDED_BY(mu_);
  // To be read. A call that is touched while it is read is read again.
  std::set<int64_t> ready_ ABSL_GUARDED_BY(mu_);
  bool draining_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_FETCH_QUEUE_H_
