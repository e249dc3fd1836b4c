// Many callers at once: who wins, who is told what, what readers see meanwhile, and the limits.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "common/base/failpoint.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/store/keys.h"
#include "common/store/store.h"
#include "duban/v1/unit.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/patience.h"
#include "tests/support/test_store.h"

namespace duban {
namespace {

using testing::TestStore;

v1::Unit UnitNamed(const std::string& display_name) {
  v1::Unit unit;
  unit.set_display_name(display_name);
  return unit;
}

void OpenThreaded(TestStore& store) {
  store.Close();
  store.options().threaded = true;
  store.Open();
}

absl::Status PutUnit(Store* store, const std::string& name, const std::string& display_name) {
  return store->Run({"test", ""}, [&](Transaction& tx) -> absl::Status {
    return tx.Put(name, UnitNamed(display_name), {"downstream"}).status();
  });
}

// Calls `call(i)` from `count` threads that begin together.
template <typename Call>
void Together(int count, Call call) {
  std::vector<std::thread> threads;
  std::latch begin(count);
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&call, &begin, i] {
      begin.arrive_and_wait();
      call(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// A command that holds the writer until told to go on.
class HeldWriter {
 public:
  explicit HeldWriter(Store* store)
      : thread_([this, store] {
          EXPECT_EQ(store->Run({"test", ""},
                               [this](Transaction&) {
                                 running_.Notify();
                                 go_on_.WaitForNotification();
                                 return absl::OkStatus();
                               }),
                    absl::OkStatus());
        }) {
    running_.WaitForNotification();
  }
  void GoOn() {
    go_on_.Notify();
    thread_.join();
  }

 private:
  Notification running_, go_on_;
  std::thread thread_;
};

TEST(StoreConcurrencyTest, OfManyCallersWithOneEtagExactlyOneWins) {
  TestStore store("plan");
  OpenThreaded(store);
  ASSERT_EQ(PutUnit(store.get(), "units/a", "0"), absl::OkStatus());
  for (int round = 0; round < 10; ++round) {
    const std::string etag = EtagOf(store->TakeSnapshot()->Need<v1::Unit>("units/a")->sequence);
    std::atomic<int> won{0}, told{0};
    Together(16, [&](int caller) {
      const absl::Status status = store->Run({"test", ""}, [&](Transaction& tx) -> absl::Status {
        DUBAN_ASSIGN_OR_RETURN(Stored<v1::Unit> unit, tx.Need<v1::Unit>("units/a"));
        DUBAN_RETURN_IF_ERROR(CheckEtag("units/a", etag, EtagOf(unit.sequence)));
        return tx.Put("units/a", UnitNamed(StrCat(round, "-", caller)), {"downstream"}).status();
      });
      if (status.ok()) ++won;
      if (ReasonOf(status) == v1::ETAG_MISMATCH) ++told;
    });
    EXPECT_EQ(won, 1);
    EXPECT_EQ(told, 15);
  }
  store.Restart();
  EXPECT_EQ(store->VerifyFeed(), absl::OkStatus());
}

TEST(StoreConcurrencyTest, CallersWithOneRequestIdGetOneEffectAndOneAnswer) {
  TestStore store("plan");
  OpenThreaded(store);
  std::atomic<int> runs{0};
  std::vector<v1::Unit> answers(16);
  const auto create = [&](size_t caller) {
    return store->Request({Anybody(), "Create", "r-1", UnitNamed("甲")}, &answers[caller],
                          [&](Transaction& tx) -> absl::Status {
                            answers[caller].set_name(StrCat("units/u", ++runs));
                            return tx.Put(answers[caller].name(), UnitNamed("甲"), {"downstream"}).status();
                          });
  };
  Together(16, [&](int caller) { EXPECT_EQ(create(static_cast<size_t>(caller)), absl::OkStatus()); });
  EXPECT_EQ(runs, 1);
  for (const v1::Unit& answer : answers) EXPECT_EQ(answer.name(), "units/u1");
  store.Restart();
  ASSERT_EQ(create(0), absl::OkStatus());
  EXPECT_EQ(answers[0].name(), "units/u1");
  EXPECT_EQ(runs, 1);
}

TEST(StoreConcurrencyTest, ARequestThatFailedIsNotRemembered) {
  TestStore store("plan");
  v1::Unit answer;
  EXPECT_EQ(ReasonOf(store->Request({Anybody(), "Create", "r-1", UnitNamed("甲")}, &answer,
                                    [](Transaction&) { return NotFound("units/b"); })),
            v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(store->Request({Anybody(), "Create", "r-1", UnitNamed("乙")}, &answer,
                           [](Transaction&) { return absl::OkStatus(); }),
            absl::OkStatus());
  EXPECT_EQ(ReasonOf(store->Request({Anybody(), "Create", "", UnitNamed("乙")}, &answer,
                                    [](Transaction&) { return absl::OkStatus(); })),
            v1::INVALID_FIELD);
}

// While a group's mark is written the next group goes to the disk; what is published then ends with the first all the
// same. The disk is held until all commands of a round have run, so that the second half of them is such a next group.
TEST(StoreConcurrencyTest, ReadersSeeNothingBeyondTheHeadThatTheyAreTold) {
  TestStore store("plan");
  OpenThreaded(store);
  // More than two slices of what the writer takes at once while the disk is busy.
  constexpr int kCallers = 40;
  Mutex mu;
  // Commands that have run; groups on the disk that are not published.
  int ran = 0, ahead = 0, overtaken = 0, beyond = 0;
  const bool never = false;
  const auto wait_for = [&](absl::FunctionRef<bool()> condition) {
    const auto holds = [&] { return condition(); };
    return RealClock().AwaitWithTimeout(&mu, absl::Condition(&holds), absl::Milliseconds(200));
  };
  SetFailpointHandler("commit.after_write", [&] {
    MutexLock lock(&mu);
    ++ahead;
    wait_for([&] { return ran == kCallers; });
  });
  SetFailpointHandler("commit.after_mark", [&] {
    MutexLock lock(&mu);
    if (ran == kCallers && wait_for([&] { return ahead > 1; })) ++overtaken;
    --ahead;
  });
  SetFailpointHandler("snapshot.published", [&] {
    const auto snapshot = store->TakeSnapshot();
    EXPECT_EQ(snapshot->ScanRows(CommitKey(snapshot->head().sequence() + 1), PrefixEnd(CommitKey(0).substr(0, 1)),
                                 [&](std::string_view, std::string_view) {
                                   ++beyond;
                                   return false;
                                 }),
              absl::OkStatus());
  });
  // Whoever is about to call is mostly in the queue a moment later; a round in which too few were tries nothing.
  for (int round = 0; round < 100 && overtaken == 0; ++round) {
    int calling = 0;
    ran = 0;
    HeldWriter held(store.get());
    std::thread let_go([&] {
      {
        MutexLock lock(&mu);
        wait_for([&] { return calling == kCallers; });
        RealClock().AwaitWithTimeout(&mu, absl::Condition(&never), absl::Milliseconds(5));
      }
      held.GoOn();
    });
    Together(kCallers, [&](int caller) {
      {
        MutexLock lock(&mu);
        ++calling;
      }
      EXPECT_EQ(store->Run({"test", ""},
                           [&](Transaction& tx) {
                             MutexLock lock(&mu);
                             ++ran;
                             return tx.Put(StrCat("units/", caller), UnitNamed("x"), {"downstream"}).status();
                           }),
                absl::OkStatus());
    });
    let_go.join();
  }
  for (const char* place : {"commit.after_write", "commit.after_mark", "snapshot.published"}) {
    SetFailpointHandler(place, nullptr);
  }
  EXPECT_GT(overtaken, 0) << "no group was written while another's mark was: nothing was tried";
  EXPECT_EQ(beyond, 0);
}

TEST(StoreConcurrencyTest, ReadersSeeWholeCommandsOnlyAndNeverGoBack) {
  TestStore store("plan");
  OpenThreaded(store);
  ASSERT_EQ(PutUnit(store.get(), "units/a", "0"), absl::OkStatus());
  ASSERT_EQ(PutUnit(store.get(), "units/b", "0"), absl::OkStatus());
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      int last = 0;
      int64_t last_sequence = 0;
      while (!done) {
        auto snapshot = store->TakeSnapshot();
        int a = 0, b = 0;
        ASSERT_TRUE(ParseNumber(snapshot->Need<v1::Unit>("units/a")->value.display_name(), &a));
        ASSERT_TRUE(ParseNumber(snapshot->Need<v1::Unit>("units/b")->value.display_name(), &b));
        ASSERT_EQ(a, b);
        ASSERT_GE(a, last);
        ASSERT_GE(snapshot->head().sequence(), last_sequence);
        last = a;
        last_sequence = snapshot->head().sequence();
      }
    });
  }
  Together(4, [&](int) {
    for (int i = 0; i < 100; ++i) {
      EXPECT_EQ(store->Run({"test", ""},
                           [&](Transaction& tx) -> absl::Status {
                             int count = 0;
                             ParseNumber(tx.Need<v1::Unit>("units/a")->value.display_name(), &count);
                             const v1::Unit next = UnitNamed(StrCat(count + 1));
                             DUBAN_RETURN_IF_ERROR(tx.Put("units/a", next, {}).status());
                             return tx.Put("units/b", next, {}).status();
                           }),
                absl::OkStatus());
    }
  });
  done = true;
  for (std::thread& reader : readers) reader.join();
  store.Restart();
  EXPECT_EQ(store->TakeSnapshot()->Need<v1::Unit>("units/b")->value.display_name(), "400");
}

TEST(StoreConcurrencyTest, ACallerReadsItsOwnWriteAsSoonAsItIsAnswered) {
  TestStore store("plan");
  OpenThreaded(store);
  Together(8, [&](int caller) {
    for (int i = 0; i < 20; ++i) {
      const std::string name = StrCat("units/", caller, "-", i);
      ASSERT_EQ(PutUnit(store.get(), name, "甲"), absl::OkStatus());
      ASSERT_TRUE(store->TakeSnapshot()->Need<v1::Unit>(name).ok()) << name;
    }
  });
}

// Calls that wait behind a held writer: `queued` of `calls` are run, the others are told to come back.
void ExpectQueue(int calls, int queued) {
  TestStore store("plan");
  store.options().max_queue = 4;
  OpenThreaded(store);
  HeldWriter held(store.get());
  std::atomic<int> ran{0}, refused{0};
  std::latch waiting(calls - queued);
  std::vector<std::thread> callers;
  for (int i = 0; i < calls; ++i) {
    callers.emplace_back([&, i] {
      const absl::Status status = PutUnit(store.get(), StrCat("units/", i), "甲");
      if (status.ok()) {
        ++ran;
      } else {
        EXPECT_EQ(ReasonOf(status), v1::OVERLOADED) << status;
        ++refused;
        waiting.count_down();
      }
    });
  }
  if (calls > queued) waiting.wait();
  held.GoOn();
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(ran, queued);
  EXPECT_EQ(refused, calls - queued);
  store.Restart();
  EXPECT_EQ(store->VerifyFeed(), absl::OkStatus());
}

TEST(StoreConcurrencyTest, AFullQueueRefusesTheNextCallerAndNoneBefore) {
  ExpectQueue(/*calls=*/4, /*queued=*/4);
  ExpectQueue(/*calls=*/9, /*queued=*/4);
}

TEST(StoreConcurrencyTest, AGroupClosesAtItsBytesAndAtItsCommands) {
  for (bool by_bytes : {true, false}) {
    TestStore store("plan");
    by_bytes ? store.options().max_group_bytes = 1000 : store.options().max_group_commands = 3;
    OpenThreaded(store);
    HeldWriter held(store.get());
    std::vector<std::thread> callers;
    for (int i = 0; i < 12; ++i) {
      callers.emplace_back(
          [&, i] { EXPECT_EQ(PutUnit(store.get(), StrCat("units/", i), std::string(600, 'x')), absl::OkStatus()); });
    }
    held.GoOn();
    for (std::thread& caller : callers) caller.join();
    const GroupStats stats = store->group_stats();
    EXPECT_EQ(stats.commands, 13);
    EXPECT_GE(stats.groups, by_bytes ? 7 : 5) << by_bytes;
    store.Restart();
    EXPECT_EQ(store->VerifyChain(), absl::OkStatus());
  }
  TestStore store("plan");
  store.Close();
  store.options().max_group_commands = 0;
  EXPECT_EQ(Store::Open(store.options()).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(StoreConcurrencyTest, ClosingFinishesWhatIsQueued) {
  TestStore store("plan");
  OpenThreaded(store);
  HeldWriter held(store.get());
  std::atomic<int> ran{0};
  std::vector<std::thread> callers;
  std::latch started(20);
  for (int i = 0; i < 20; ++i) {
    callers.emplace_back([&, i] {
      started.count_down();
      const absl::Status status = PutUnit(store.get(), StrCat("units/", i), "甲");
      // One that came after the doors were closed is told so.
      EXPECT_TRUE(status.ok() || ReasonOf(status) == v1::NOT_SERVING) << status;
      if (status.ok()) ++ran;
    });
  }
  started.wait();
  held.GoOn();
  for (std::thread& caller : callers) caller.join();
  store.Restart();
  int there = 0;
  for (int i = 0; i < 20; ++i) there += store->TakeSnapshot()->Need<v1::Unit>(StrCat("units/", i)).ok() ? 1 : 0;
  EXPECT_EQ(there, ran);
}

TEST(StoreConcurrencyTest, AListenerHearsOfItsFeedsUntilItsHandleIsGoneEvenAfterTheStore) {
  TestStore store("plan");
  OpenThreaded(store);
  std::atomic<int> heard{0};
  Notification first;
  std::shared_ptr<void> handle = store->OnCommit([&](const Audiences& touched) {
    EXPECT_THAT(touched, ::testing::ElementsAre("downstream"));
    if (++heard == 1) first.Notify();
  });
  ASSERT_EQ(PutUnit(store.get(), "units/a", "甲"), absl::OkStatus());
  first.WaitForNotification();
  std::shared_ptr<void> other = store->OnCommit([](const Audiences&) {});
  handle.reset();
  ASSERT_EQ(PutUnit(store.get(), "units/b", "甲"), absl::OkStatus());
  EXPECT_EQ(heard, 1);
  store.Close();
  other.reset();
}

TEST(StoreConcurrencyTest, APageOfTenThousandEntriesFitsInOneCommandWithSomeOfThemRefused) {
  TestStore store("assignment");
  const absl::Duration begin = RealClock().Steady();
  ASSERT_EQ(store->Run({"follow/plan", ""},
                       [&](Transaction& tx) -> absl::Status {
                         for (int i = 0; i < 10'000; ++i) {
                           const Transaction::Savepoint savepoint = tx.Save();
                           DUBAN_RETURN_IF_ERROR(
                               tx.Put(StrCat("units/", i), UnitNamed(StrCat("单位", i)), {"downstream"}).status());
                           if (i % 100 == 0) tx.Restore(savepoint);
                         }
                         return absl::OkStatus();
                       }),
            absl::OkStatus());
  // Quadratic work takes minutes.
  EXPECT_LT(RealClock().Steady() - begin, testing::Patience(absl::Seconds(30)));
  store.Restart();
  int there = 0;
  ASSERT_TRUE(store->TakeSnapshot()
                  ->Scan<v1::Unit>("units/", "",
                                   [&](std::string_view, Stored<v1::Unit>) {
                                     ++there;
                                     return true;
                                   })
                  .ok());
  EXPECT_EQ(there, 9'900);
  EXPECT_EQ(store->VerifyFeed(), absl::OkStatus());
}

TEST(StoreConcurrencyTest, AnswersAreForgottenAfterTheirTimeAndNotBefore) {
  FakeClock clock;
  TestStore store("plan", "city", &clock);
  const auto create = [&](const std::string& id, int& runs) {
    v1::Unit answer;
    EXPECT_EQ(store->Request({Anybody(), "Create", id, UnitNamed("甲")}, &answer,
                             [&](Transaction&) {
                               ++runs;
                               return absl::OkStatus();
                             }),
              absl::OkStatus());
  };
  int runs = 0;
  for (int i = 0; i < 5; ++i) create(StrCat("old-", i), runs);
  clock.Advance(absl::Hours(24));
  create("young", runs);
  ASSERT_EQ(runs, 6);
  clock.Advance(kMemoLifetime - absl::Hours(12));
  // Three are looked for, then the rest.
  auto more = store->ExpireMemos(clock.Now() - kMemoLifetime, 3);
  ASSERT_TRUE(more.ok()) << more.status();
  EXPECT_TRUE(*more);
  more = store->ExpireMemos(clock.Now() - kMemoLifetime, 3);
  ASSERT_TRUE(more.ok());
  EXPECT_FALSE(*more);
  store.Restart();
  create("young", runs);
  EXPECT_EQ(runs, 6);
  for (int i = 0; i < 5; ++i) create(StrCat("old-", i), runs);
  EXPECT_EQ(runs, 11);
  // An id used again has a young answer, which stays.
  EXPECT_TRUE(store->ExpireMemos(clock.Now() - kMemoLifetime, 100).ok());
  create("old-0", runs);
  EXPECT_EQ(runs, 11);
}

}  // namespace
}  // namespace duban
