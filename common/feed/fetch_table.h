// Fetch calls that wait for something new, as a table: no threads, no waiting, no gRPC. FetchQueue works it off with
// threads, the simulator with events.
//
// A call is read when it comes, when a commit has touched one of its audiences, and when its wait is over; in between
// it is an entry here. What is to be read at one time is a round: a page is read once for all calls of the round that
// get the same, and its bytes are made once. Calls get the same where the audiences that have something new for them
// are the same: ten thousand nodes that wait for what concerns all of them get one page.

#ifndef DUBAN_COMMON_FEED_FETCH_TABLE_H_
#define DUBAN_COMMON_FEED_FETCH_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/feed/feed_server.h"

namespace duban {

// A page as every caller gets it. Thread-safe.
class SharedPage {
 public:
  explicit SharedPage(v1::FetchResponse response) : response_(std::move(response)) {}
  const v1::FetchResponse& response() const { return response_; }
  // As it goes over the wire; made by the first that asks.
  const std::string& bytes() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  const v1::FetchResponse response_;
  mutable Mutex mu_;
  mutable bool made_ ABSL_GUARDED_BY(mu_) = false;
  mutable std::string bytes_ ABSL_GUARDED_BY(mu_);
};

// Thread-safe. Clock and feeds outlive it. Each call is answered exactly once, unless it was cancelled; answers are
// given on the thread of Work or Drain, or on that of the call that replaces or refuses, and no lock is held meanwhile.
class FetchTable {
 public:
  using Answer = std::function<void(absl::StatusOr<std::shared_ptr<const SharedPage>>)>;
  class Round;

  // At most `max_waiting` calls wait; one more is refused with OVERLOADED. `stir` is called, from any thread, when
  // there may be something to work off or a sooner end of a wait; it must return quickly and call nothing here.
  FetchTable(Clock* clock, int max_waiting, std::function<void()> stir);
  ~FetchTable();

  // Before the first call.
  void AddFeed(FeedServer* feed);

  // Takes a validated call in and returns its number for Cancel; `address` is where it comes from. A follower has one
  // waiting call: an older one of the same process, whose connection may be gone, is answered with an empty page. A
  // call that does not ask to wait is none of them. Errors are given to `answer`: RESOURCE_NOT_FOUND for an unknown
  // feed, NODE_ID_TAKEN where another process follows under this name, OVERLOADED, NOT_SERVING while draining or
  // where the store failed, and those of reading the page.
  int64_t Submit(const v1::FetchRequest& request, std::string address, Answer answer) ABSL_LOCKS_EXCLUDED(mu_);
  // Forgets a call whose caller is gone: its answer will not be called any more, unless that has begun already.
  void Cancel(int64_t number) ABSL_LOCKS_EXCLUDED(mu_);
  // A commit has moved the feeds of these audiences. For the store's listener: it costs what was touched, not who
  // waits.
  void Touch(const std::string& feed, const Audiences& touched) ABSL_LOCKS_EXCLUDED(mu_);
  // Answers every waiting call of `feed` with NOT_SERVING, because its store has failed.
  void FailFeed(const std::string& feed) ABSL_LOCKS_EXCLUDED(mu_);
  // Answers all waiting calls with an empty page, and refuses new ones.
  void Drain() ABSL_LOCKS_EXCLUDED(mu_);

  // The round that is being worked off, or a new one of what is ready; null where nothing is.
  std::shared_ptr<Round> Join() ABSL_LOCKS_EXCLUDED(mu_);
  // Reads the next `most` calls of a round, and answers those that have something. Several threads may work on one
  // round. Returns whether it has more.
  bool Work(Round& round, size_t most) ABSL_LOCKS_EXCLUDED(mu_);
  // How long until the next wait is over; infinite where nobody waits.
  absl::Duration UntilNextEnd() const ABSL_LOCKS_EXCLUDED(mu_);

  // Number of calls that wait.
  int waiting() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  // Feed, follower, downstream.
  using Follower = std::tuple<std::string, std::string, bool>;
  // Feed and audience.
  using Group = std::pair<std::string, std::string>;
  struct Call;

  absl::Status CheckFeed(const v1::FetchRequest& request) const;
  absl::Status CheckRoom(const v1::FetchRequest& request) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Put(int64_t number, std::shared_ptr<Call> call) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Takes a call out of all tables; nothing where it is not there any more.
  std::shared_ptr<Call> Take(int64_t number) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Moves what is ready into a round.
  std::shared_ptr<Round> Collect() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Read(Round& round, Call& call);

  Clock* const clock_;
  const int max_waiting_;
  const std::function<void()> stir_;
  // Set before the first call, then only read.
  std::map<std::string, FeedServer*> feeds_;

  mutable Mutex mu_;
  int64_t last_number_ ABSL_GUARDED_BY(mu_) = 0;
  std::map<int64_t, std::shared_ptr<Call>> calls_ ABSL_GUARDED_BY(mu_);
  std::map<Follower, int64_t> by_follower_ ABSL_GUARDED_BY(mu_);
  std::map<Group, std::set<int64_t>> by_audience_ ABSL_GUARDED_BY(mu_);
  std::set<std::pair<absl::Duration, int64_t>> by_end_ ABSL_GUARDED_BY(mu_);
  // New calls, and groups that were touched: what the next round reads. A call that is touched while it is read is read
  // again.
  std::vector<int64_t> new_ ABSL_GUARDED_BY(mu_);
  std::set<Group> touched_ ABSL_GUARDED_BY(mu_);
  std::shared_ptr<Round> round_ ABSL_GUARDED_BY(mu_);
  int64_t rounds_ ABSL_GUARDED_BY(mu_) = 0;
  bool draining_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace duban

#endif  // DUBAN_COMMON_FEED_FETCH_TABLE_H_
