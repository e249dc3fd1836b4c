// Threads for calls: their number, their places, their end.

#include "common/rpc/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "tests/support/patience.h"

namespace duban {
namespace {

using testing::Eventually;

class Job final : public Task {
 public:
  explicit Job(std::function<void()> work, std::function<void()> answer = nullptr)
      : work_(std::move(work)), answer_(std::move(answer)) {}
  void Run() override { work_(); }
  void Answer() override {
    if (answer_ != nullptr) answer_();
  }

 private:
  const std::function<void()> work_, answer_;
};

TEST(WorkerPool, WorksOnAsManyAsItHasThreadsLetsAsManyWaitAsItMayAndTakesNoMore) {
  Notification go_on;
  std::atomic<int> begun{0}, done{0};
  WorkerPool pool({.threads = 3, .queue = 2});
  const auto submit = [&] {
    return pool.Submit(std::make_shared<Job>([&] {
      ++begun;
      go_on.WaitForNotification();
      ++done;
    }));
  };
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(pool.has_room()) << i;
    EXPECT_TRUE(submit()) << i;
  }
  EXPECT_FALSE(pool.has_room());
  EXPECT_FALSE(submit());
  EXPECT_TRUE(Eventually([&] { return begun == 3; }));
  EXPECT_EQ(pool.busy(), 3);
  EXPECT_EQ(pool.waiting(), 2);
  go_on.Notify();
  pool.Stop();
  EXPECT_EQ(done, 5) << "what was taken in is done before the pool stops";
  EXPECT_FALSE(submit()) << "and nothing is taken in afterwards";
}

TEST(WorkerPool, EveryTaskIsDoneHoweverTheyCome) {
  constexpr int kTasks = 20'000;
  std::atomic<int> done{0};
  WorkerPool pool({.threads = 8, .queue = kTasks});
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      for (int j = 0; j < kTasks / 4; ++j) EXPECT_TRUE(pool.Submit(std::make_shared<Job>([&] { ++done; })));
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_TRUE(Eventually([&] { return done == kTasks; })) << "a task was taken in and nobody came for it: " << done;
}

TEST(WorkerPool, ThePlaceIsFreeBeforeTheAnswerIsGiven) {
  WorkerPool pool({.threads = 1, .queue = 0});
  std::atomic<int> answered{0}, refused{0};
  std::function<void()> again = [&] {
    // As the caller's next call does, at once.
    const bool taken = pool.Submit(std::make_shared<Job>([] {},
                                                         [&] {
                                                           if (++answered < 1000) again();
                                                         }));
    if (!taken) ++refused;
  };
  again();
  EXPECT_TRUE(Eventually([&] { return answered == 1000 || refused > 0; }));
  EXPECT_EQ(refused, 0);
}

TEST(WorkerPool, WhatNobodyHasBegunCanBeTakenBack) {
  Notification begun, go_on;
  std::atomic<bool> second{false};
  WorkerPool pool({.threads = 1, .queue = 1});
  const auto first = std::make_shared<Job>([&] {
    begun.Notify();
    go_on.WaitForNotification();
  });
  const auto waiting = std::make_shared<Job>([&] { second = true; });
  ASSERT_TRUE(pool.Submit(first));
  begun.WaitForNotification();
  ASSERT_TRUE(pool.Submit(waiting));
  EXPECT_FALSE(pool.Withdraw(first.get()));
  EXPECT_TRUE(pool.Withdraw(waiting.get()));
  EXPECT_FALSE(pool.Withdraw(waiting.get()));
  EXPECT_TRUE(pool.has_room());
  go_on.Notify();
  pool.Stop();
  EXPECT_FALSE(second);
}

}  // namespace
}  // namespace duban
