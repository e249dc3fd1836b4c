// What turns a hop, step by step: whatever the other side answers, pauses grow and nothing is written for nothing.

#include "common/feed/hop_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <variant>
#include <vector>

#include "common/base/errors.h"
#include "common/feed/feed_server.h"
#include "duban/v1/unit.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_ids.h"
#include "tests/support/test_store.h"

namespace duban {
namespace {

using testing::TestStore;

absl::Status Put(Store* store, const std::string& name, const std::string& audience) {
  return store->Run({"test", ""}, [&](Transaction& tx) {
    v1::Unit unit;
    unit.set_name(name);
    return tx.Put(name, unit, {audience}).status();
  });
}

FollowSpec SpecOf(const std::string& feed) {
  FollowSpec spec;
  spec.feed = feed;
  spec.follower = "assignment";
  spec.apply = [](Transaction& tx, const v1::FeedEntry& entry, const EntrySource&) {
    v1::Unit unit;
    entry.payload().UnpackTo(&unit);
    return tx.Put(entry.entity(), unit, {}).status();
  };
  spec.finish_page = [](Transaction&, bool, const EntrySource&) { return true; };
  return spec;
}

// Turns a hop for ten virtual minutes against a peer; counts its calls.
template <typename Request, typename Peer>
int Turn(HopDriver& driver, const Peer& peer, FakeClock& clock) {
  int calls = 0;
  for (const absl::Time end = clock.Now() + absl::Minutes(10); clock.Now() < end;) {
    const HopDriver::Step step = driver.Next();
    if (!step.call.has_value()) {
      clock.Advance(step.pause);
      continue;
    }
    // A peer that answers at once.
    clock.Advance(absl::Milliseconds(1));
    ++calls;
    driver.Take(peer(std::get<Request>(*step.call)));
    driver.Commit().IgnoreError();
  }
  return calls;
}

struct Hop {
  explicit Hop(FollowSpec spec = SpecOf("plan"))
      : driver(std::make_unique<FollowHop>("plan_to_assignment", "city", std::move(spec), target.get(), &clock), &clock,
               &ids) {
    EXPECT_TRUE(Put(source.get(), "units/a", ServiceAudience("assignment")).ok());
  }
  using Fetched = absl::StatusOr<v1::FetchResponse>;

  FakeClock clock;
  FakeIds ids;
  TestStore source{"plan"}, target{"assignment"};
  FeedServer server{{"plan", source.get(), DefaultAudiences, {}}, &clock};
  HopDriver driver;
};

// Ten minutes of pauses of 5 to 10 s, and the growing ones before.
constexpr int kMostCalls = 130;

TEST(HopDriver, WhoIsAnsweredWithNothingReadPausesAndWritesNothing) {
  Hop hop;
  const int64_t head = hop.target->head().sequence();
  const int calls = Turn<v1::FetchRequest>(
      hop.driver,
      [](const v1::FetchRequest& request) -> Hop::Fetched {
        v1::FetchResponse response;
        *response.mutable_page()->mutable_from() = request.position();
        *response.mutable_page()->mutable_to() = request.position();
        return response;
      },
      hop.clock);
  EXPECT_LT(calls, kMostCalls);
  EXPECT_EQ(hop.target->head().sequence(), head);
  EXPECT_TRUE(hop.driver.status().connected());
}

TEST(HopDriver, WhoIsRefusedPausesAndSaysWhy) {
  Hop hop;
  const int calls = Turn<v1::FetchRequest>(
      hop.driver, [](const v1::FetchRequest&) -> Hop::Fetched { return Error(v1::NODE_ID_TAKEN, "taken", "已被占用"); },
      hop.clock);
  EXPECT_LT(calls, kMostCalls);
  EXPECT_FALSE(hop.driver.status().connected());
  EXPECT_EQ(hop.driver.status().error(), "taken");
}

TEST(HopDriver, WhoIsSentToAnotherHistoryEachTimePausesAndWritesFew) {
  Hop hop;
  const int64_t head = hop.target->head().sequence();
  int epochs = 0;
  const int calls = Turn<v1::FetchRequest>(
      hop.driver,
      [&](const v1::FetchRequest&) -> Hop::Fetched {
        return Error(v1::FEED_MISMATCH, "elsewhere", "不符", {{"epoch", "e-" + std::to_string(++epochs)}});
      },
      hop.clock);
  EXPECT_LT(calls, kMostCalls);
  EXPECT_LT(hop.target->head().sequence() - head, 3 * kMostCalls);
}

TEST(HopDriver, WhatIsOfferedToAnUpstreamThatIsAlwaysElsewherePauses) {
  FakeClock clock;
  FakeIds ids;
  TestStore below("assignment", "district");
  ASSERT_TRUE(Put(below.get(), "units/a", NodeAudience("city")).ok());
  ASSERT_TRUE(Put(below.get(), "units/b", NodeAudience("city")).ok());
  HopDriver driver(std::make_unique<OfferHop>("assignment", "district", "city", below.get()), &clock, &ids);
  const int64_t head = below->head().sequence();
  int turn = 0;
  const int calls = Turn<v1::OfferRequest>(
      driver,
      [&](const v1::OfferRequest& request) -> absl::StatusOr<v1::OfferResponse> {
        v1::OfferResponse response;
        // As where two nodes of one name take turns.
        if (++turn % 2 == 0) response.mutable_position()->set_epoch("e-other");
        return response;
      },
      clock);
  EXPECT_LT(calls, kMostCalls);
  EXPECT_EQ(below->head().sequence(), head);
}

TEST(HopDriver, WhoIsAtTheHeadWaitsAtTheServerAndWhoIsBehindDoesNotPause) {
  Hop hop;
  for (int i = 0; i < 3; ++i) {
    const HopDriver::Step step = hop.driver.Next();
    ASSERT_TRUE(step.call.has_value()) << i;
    const auto& request = std::get<v1::FetchRequest>(*step.call);
    EXPECT_EQ(request.wait().seconds(), i == 0 ? 0 : absl::ToInt64Seconds(HopDriver::kFetchWait));
    EXPECT_FALSE(hop.driver.Take(hop.server.TryFetch(request)).has_value());
    EXPECT_TRUE(hop.driver.Commit().ok());
    EXPECT_TRUE(hop.driver.status().at_head());
  }
}

TEST(HopDriver, WhatIsLeftToDoAtTheHeadIsDoneAtOnceAWriteEach) {
  int left = 3;
  FollowSpec spec = SpecOf("plan");
  spec.finish_page = [&left](Transaction& tx, bool at_head, const EntrySource&) -> absl::StatusOr<bool> {
    if (!at_head) return false;
    tx.PutLocal("left", v1::Unit());
    return --left == 0;
  };
  Hop hop(std::move(spec));
  std::vector<bool> waits;
  std::vector<int64_t> heads;
  for (int calls = 0; calls < 5; ++calls) {
    const HopDriver::Step step = hop.driver.Next();
    ASSERT_TRUE(step.call.has_value()) << "a pause of " << step.pause;
    const auto& request = std::get<v1::FetchRequest>(*step.call);
    waits.push_back(request.wait().seconds() > 0);
    hop.driver.Take(hop.server.TryFetch(request));
    ASSERT_TRUE(hop.driver.Commit().ok());
    EXPECT_EQ(hop.driver.status().at_head(), left == 0);
    heads.push_back(hop.target->head().sequence());
  }
  EXPECT_THAT(waits, ::testing::ElementsAre(false, false, false, true, true));
  EXPECT_EQ(left, 0) << "and never again without a page";
  EXPECT_THAT(heads, ::testing::ElementsAre(heads[0], heads[0] + 1, heads[0] + 2, heads[0] + 2, heads[0] + 2));
}

TEST(HopDriver, ThePageBehindOneThatFailedIsDroppedAndAskedForAgain) {
  int failures = 0;
  FollowSpec spec = SpecOf("plan");
  spec.apply = [&, apply = spec.apply](Transaction& tx, const v1::FeedEntry& entry, const EntrySource& source) {
    return ++failures == 1 ? absl::InternalError("not now") : apply(tx, entry, source);
  };
  Hop hop(spec);
  ASSERT_TRUE(Put(hop.source.get(), "units/b", ServiceAudience("assignment")).ok());
  const auto fetch = [&](v1::FetchRequest request) {
    request.set_max_bytes(1);
    return hop.server.TryFetch(request);
  };
  const int64_t head = hop.target->head().sequence();
  const auto behind = hop.driver.Take(fetch(std::get<v1::FetchRequest>(*hop.driver.Next().call)));
  ASSERT_TRUE(behind.has_value());
  EXPECT_FALSE(hop.driver.Commit().ok());
  EXPECT_FALSE(hop.driver.Take(fetch(*behind)).has_value());
  EXPECT_TRUE(hop.driver.Commit().ok());
  EXPECT_EQ(hop.target->head().sequence(), head) << "the page behind was applied";
  const HopDriver::Step pause = hop.driver.Next();
  ASSERT_FALSE(pause.call.has_value());
  EXPECT_GE(pause.pause, HopDriver::kFirstPause / 2);
  EXPECT_FALSE(pause.until_commit);
  const HopDriver::Step again = hop.driver.Next();
  ASSERT_TRUE(again.call.has_value());
  EXPECT_EQ(std::get<v1::FetchRequest>(*again.call).position().sequence(), 0);
}

}  // namespace
}  // namespace duban
