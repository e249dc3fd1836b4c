#include "common/rpc/fetch_queue.h"

#include <algorithm>

#include "common/base/mutex.h"
#include "common/base/thread_name.h"

namespace duban {
namespace {

// Calls that a thread reads before it looks whether others could help.
constexpr size_t kAtOnce = 64;
// A pump without anything to do looks again so often, for no reason but caution.
constexpr absl::Duration kLongestRest = absl::Minutes(1);

}  // namespace

FetchQueue::~FetchQueue() {
  Drain();
}

void FetchQueue::AddFeed(FeedServer* feed) {
  feeds_.push_back(feed);
  table_.AddFeed(feed);
}

void FetchQueue::Start(int threads) {
  for (FeedServer* feed : feeds_) {
    listeners_.push_back(feed->store()->OnCommit(
        [this, name = feed->feed()](const Audiences& touched) { table_.Touch(name, touched); }));
  }
  for (int i = 0; i < threads; ++i)
    pumps_.emplace_back([this] {
      NameThread("fetch-pump");
      Pump();
    });
}

void FetchQueue::Drain() {
  {
    MutexLock lock(&mu_);
    draining_ = true;
  }
  table_.Drain();
  for (std::thread& pump : pumps_) pump.join();
  pumps_.clear();
  listeners_.clear();
}

void FetchQueue::Stir() {
  MutexLock lock(&mu_);
  stirred_ = true;
}

void FetchQueue::Pump() {
  while (true) {
    if (std::shared_ptr<FetchTable::Round> round = table_.Join(); round != nullptr) {
      // Whoever wakes finds more, and wakes the next one.
      while (table_.Work(*round, kAtOnce)) Stir();
      continue;
    }
    const absl::Duration rest = std::min(table_.UntilNextEnd(), kLongestRest);
    MutexLock lock(&mu_);
    const auto stirred = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return stirred_ || draining_; };
    clock_->AwaitWithTimeout(&mu_, absl::Condition(&stirred), rest);
    if (draining_) return;
    stirred_ = false;
  }
}

}  // namespace duban
