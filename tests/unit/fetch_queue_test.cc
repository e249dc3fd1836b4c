#include "common/rpc/fetch_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "common/base/errors.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "duban/v1/unit.pb.h"
#include "tests/support/test_store.h"

namespace duban {
namespace {

using testing::TestStore;

// A feed on a store in memory, and a queue before it, on the machine's clock.
class Fixture {
 public:
  explicit Fixture(int max_waiting = 100) : store_("plan"), queue_(&RealClock(), max_waiting) {
    FeedSpec spec;
    spec.feed = "plan";
    spec.store = store_.get();
    spec.audiences_of = DefaultAudiences;
    feed_ = std::make_unique<FeedServer>(std::move(spec), &RealClock());
    queue_.AddFeed(feed_.get());
    queue_.Start(2);
  }
  ~Fixture() { queue_.Drain(); }

  FetchQueue& queue() { return queue_; }
  TestStore& store() { return store_; }

  void Write(const std::string& id, const std::string& audience) {
    v1::Unit unit;
    unit.set_name("units/" + id);
    const absl::Status status = store_->Run({"test", ""}, [&](Transaction& transaction) {
      return transaction.Put(unit.name(), unit, {audience}).status();
    });
    ASSERT_TRUE(status.ok()) << status;
  }

 private:
  TestStore store_;
  std::unique_ptr<FeedServer> feed_;
  FetchQueue queue_;
};

v1::FetchRequest RequestOf(const std::string& follower, absl::Duration wait) {
  v1::FetchRequest request;
  request.set_feed("plan");
  request.set_follower(follower);
  request.set_downstream(true);
  request.mutable_position();
  request.mutable_wait()->set_seconds(absl::ToInt64Seconds(wait));
  return request;
}

// An answer, once it is there.
struct Awaited {
  Notification done;
  absl::StatusOr<v1::FetchResponse> answer;
  FetchQueue::Answer Callback() {
    return [this](const absl::StatusOr<std::shared_ptr<const SharedPage>>& given) {
      if (given.ok()) answer = (*given)->response();
      if (!given.ok()) answer = given.status();
      done.Notify();
    };
  }
  const absl::StatusOr<v1::FetchResponse>& Get() {
    done.WaitForNotification();
    return answer;
  }
};

TEST(FetchQueue, AnswersTheFollowersOfACommitAndLeavesTheOthersWaiting) {
  Fixture f;
  Awaited district, street;
  f.queue().Submit(RequestOf("district", absl::Seconds(20)), "", district.Callback());
  const int64_t number = f.queue().Submit(RequestOf("street", absl::Seconds(20)), "", street.Callback());
  EXPECT_EQ(f.queue().waiting(), 2);
  f.Write("u1", NodeAudience("district"));
  ASSERT_TRUE(district.Get().ok());
  EXPECT_EQ(district.answer->page().entries_size(), 1);
  EXPECT_EQ(f.queue().waiting(), 1);
  EXPECT_FALSE(street.done.HasBeenNotified());
  f.queue().Cancel(number);
  EXPECT_EQ(f.queue().waiting(), 0);
  f.queue().Cancel(number);
}

TEST(FetchQueue, DrainAnswersWithWhereTheFollowerWasAndRefusesFromThenOn) {
  Fixture f;
  Awaited waiting, late;
  v1::FetchRequest request = RequestOf("district", absl::Seconds(20));
  *request.mutable_position() = f.store()->head();
  f.queue().Submit(request, "", waiting.Callback());
  f.queue().Drain();
  ASSERT_TRUE(waiting.Get().ok()) << waiting.answer.status();
  EXPECT_EQ(waiting.answer->page().entries_size(), 0);
  EXPECT_EQ(waiting.answer->page().from().sequence(), f.store()->head().sequence());
  EXPECT_EQ(waiting.answer->page().to().hash(), f.store()->head().hash());
  EXPECT_FALSE(waiting.answer->page().at_head()) << "nothing was read";
  f.queue().Submit(request, "", late.Callback());
  EXPECT_EQ(ReasonOf(late.Get().status()), v1::NOT_SERVING);
}

TEST(FetchQueue, TheLimitCountsWaitingCallsAndLetsAFollowerReplaceItsOwn) {
  Fixture f(2);
  Awaited a, b, c, again;
  f.queue().Submit(RequestOf("a", absl::Seconds(20)), "", a.Callback());
  f.queue().Submit(RequestOf("b", absl::Seconds(20)), "", b.Callback());
  f.queue().Submit(RequestOf("c", absl::Seconds(20)), "", c.Callback());
  EXPECT_EQ(ReasonOf(c.Get().status()), v1::OVERLOADED);
  EXPECT_EQ(MetadataOf(c.answer.status())["limit"], "2");
  f.queue().Submit(RequestOf("a", absl::Seconds(20)), "", again.Callback());
  EXPECT_TRUE(a.Get().ok());
  EXPECT_EQ(f.queue().waiting(), 2);
  EXPECT_FALSE(b.done.HasBeenNotified());
  f.queue().Drain();
}

TEST(FetchQueue, AFailedFeedAnswersItsCallsWithNotServing) {
  Fixture f;
  Awaited waiting;
  f.queue().Submit(RequestOf("district", absl::Seconds(20)), "", waiting.Callback());
  f.queue().FailFeed("assignment");
  EXPECT_EQ(f.queue().waiting(), 1);
  f.queue().FailFeed("plan");
  EXPECT_EQ(ReasonOf(waiting.Get().status()), v1::NOT_SERVING);
}

// Submits, cancels, commits and a drain at once: every call that was not cancelled is answered exactly once, and no
// follower misses the last commit.
TEST(FetchQueue, EveryCallIsAnsweredOnceWhateverHappensAtTheSameTime) {
  constexpr int kFollowers = 8;
  constexpr int kCalls = 200;
  Fixture f;
  std::atomic<int> answers{0}, cancels{0}, twice{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kFollowers; ++i) {
    threads.emplace_back([&, i] {
      std::mt19937 random(static_cast<unsigned>(i));
      for (int call = 0; call < kCalls; ++call) {
        auto given = std::make_shared<std::atomic<int>>(0);
        const int64_t number =
            f.queue().Submit(RequestOf(StrCat("f-", i), absl::Seconds(random() % 2)), "", [&, given](const auto&) {
              ++answers;
              if (given->fetch_add(1) > 0) ++twice;
            });
        if (random() % 4 == 0) {
          f.queue().Cancel(number);
          ++cancels;
        }
      }
    });
  }
  for (int i = 0; i < 50; ++i) f.Write(StrCat("u", i), NodeAudience(StrCat("f-", i % kFollowers)));
  for (std::thread& thread : threads) thread.join();
  f.queue().Drain();
  EXPECT_EQ(twice, 0);
  EXPECT_LE(answers, kFollowers * kCalls);
  EXPECT_GE(answers + cancels, kFollowers * kCalls) << "a call was neither answered nor cancelled";
  EXPECT_EQ(f.queue().waiting(), 0);
}

}  // namespace
}  // namespace duban
