// Whom entities concern, and how the rows of feeds are merged: what followers read stays the same, what it costs does
// not grow with what happened.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "common/base/strings.h"
#include "common/store/concern.h"
#include "common/store/feed_rows.h"
#include "common/store/store.h"
#include "duban/v1/unit.pb.h"
#include "tests/support/test_store.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using testing::TestStore;

absl::Status PutUnit(Store* store, const std::string& name, const std::string& display_name,
                     const Audiences& audiences) {
  return store->Run({"test", ""}, [&](Transaction& tx) -> absl::Status {
    v1::Unit unit;
    unit.set_display_name(display_name);
    return tx.Put(name, unit, audiences).status();
  });
}

// The rows of a kind, by key.
std::map<std::string, std::string> Rows(const Store& store, KeyKind kind) {
  std::map<std::string, std::string> rows;
  const std::string begin(1, static_cast<char>(kind));
  EXPECT_TRUE(store.TakeSnapshot()
                  ->ScanRows(begin, PrefixEnd(begin),
                             [&](std::string_view key, std::string_view value) {
                               rows.emplace(key, value);
                               return true;
                             })
                  .ok());
  return rows;
}

// The places in all feeds, latest or not.
std::vector<std::string> Places(const Store& store) {
  std::vector<std::string> places;
  for (const auto& [key, value] : Rows(store, KeyKind::kFeed)) {
    const std::string audience(AudienceOfKey(key));
    EXPECT_TRUE(ReadFeedRow(key, value, [&](const FeedPlace& place) {
      places.push_back(StrCat(audience, place.withdrawn ? " -" : " +", place.name, " ", place.sequence));
      return true;
    }));
  }
  return places;
}

void MergeAll(Store* store) {
  std::string at;
  absl::StatusOr<bool> more = true;
  for (int steps = 0; *more; ++steps) {
    ASSERT_LT(steps, 10'000) << "merging has no end";
    more = store->MergeFeeds(&at);
    ASSERT_TRUE(more.ok()) << more.status();
    ASSERT_EQ(store->VerifyFeed(), absl::OkStatus());
  }
  EXPECT_EQ(at, "");
}

Audiences Nodes(int count) {
  Audiences nodes;
  for (int i = 0; i < count; ++i) nodes.insert(StrCat("node/n-", i));
  return nodes;
}

TEST(ConcernTest, AFewAudiencesLieInTheEntitysRowAndManyInOneOfTheirOwn) {
  TestStore store("plan");
  ASSERT_EQ(PutUnit(store.get(), "units/a", "1", Nodes(3)), absl::OkStatus());
  EXPECT_EQ(Rows(*store.get(), KeyKind::kConcern).size(), 0u);
  ASSERT_EQ(PutUnit(store.get(), "units/a", "1", Nodes(300)), absl::OkStatus());
  const auto apart = Rows(*store.get(), KeyKind::kConcern);
  EXPECT_EQ(apart.size(), 1u);
  EXPECT_LT(Rows(*store.get(), KeyKind::kEntity).begin()->second.size(), 100u);
  EXPECT_EQ(store->VerifyFeed(), absl::OkStatus());
  // A change that leaves the audiences alone leaves their row alone.
  ASSERT_EQ(PutUnit(store.get(), "units/a", "2", Nodes(300)), absl::OkStatus());
  EXPECT_EQ(Rows(*store.get(), KeyKind::kConcern), apart);
  EXPECT_EQ(store->VerifyFeed(), absl::OkStatus());
  // What nobody but one sees has left the others.
  ASSERT_EQ(PutUnit(store.get(), "units/a", "2", Nodes(1)), absl::OkStatus());
  const auto record = store->TakeSnapshot()->GetRecord("units/a");
  const auto concern = ReadConcern(*store->TakeSnapshot(), "units/a", **record);
  EXPECT_EQ(concern->audiences_size(), 1);
  EXPECT_EQ(concern->withdrawals_size(), 299);
  EXPECT_EQ(store->VerifyFeed(), absl::OkStatus());
  ASSERT_EQ(PutUnit(store.get(), "units/a", "2", Nodes(300)), absl::OkStatus());
  EXPECT_EQ(Rows(*store.get(), KeyKind::kConcern), apart);
}

TEST(ConcernTest, ARowOfItsOwnGoesWithTheLastNeedForIt) {
  TestStore store("plan");
  const std::string wide = StrCat("node/", std::string(300, 'w'));
  ASSERT_EQ(PutUnit(store.get(), "units/a", "1", {wide}), absl::OkStatus());
  EXPECT_EQ(Rows(*store.get(), KeyKind::kConcern).size(), 1u);
  EXPECT_EQ(store->Run({"test", ""},
                       [&](Transaction& tx) -> absl::Status {
                         v1::Unit unit;
                         DUBAN_RETURN_IF_ERROR(tx.Put("units/b", unit, {wide}).status());
                         const Transaction::Savepoint savepoint = tx.Save();
                         DUBAN_RETURN_IF_ERROR(tx.Put("units/b", unit, Nodes(300)).status());
                         tx.Restore(savepoint);
                         return tx.Put("units/b", unit, {wide, "x"}).status();
                       }),
            absl::OkStatus());
  EXPECT_EQ(store->VerifyFeed(), absl::OkStatus());
  EXPECT_EQ(Rows(*store.get(), KeyKind::kConcern).size(), 2u);
}

TEST(ConcernTest, WhatIsSaidTwiceInOneCommandIsOneChange) {
  TestStore store("plan");
  int64_t first = 0, second = 0;
  ASSERT_EQ(store->Run({"test", ""},
                       [&](Transaction& tx) -> absl::Status {
                         DUBAN_ASSIGN_OR_RETURN(first, tx.Put("units/a", v1::Unit(), Nodes(300)));
                         DUBAN_ASSIGN_OR_RETURN(second, tx.Put("units/a", v1::Unit(), Nodes(300)));
                         return absl::OkStatus();
                       }),
            absl::OkStatus());
  EXPECT_EQ(first, second);
}

TEST(FeedMergeTest, WhatHappenedIsMergedIntoWhatIsThere) {
  TestStore store("plan");
  for (int round = 0; round < 600; ++round) {
    for (int i = 0; i < 5; ++i) {
      ASSERT_EQ(PutUnit(store.get(), StrCat("units/", i), StrCat(round), {"x", "y"}), absl::OkStatus());
    }
  }
  ASSERT_EQ(Places(*store.get()).size(), 6000u);
  MergeAll(store.get());
  EXPECT_EQ(Places(*store.get()).size(), 10u);
  EXPECT_EQ(Rows(*store.get(), KeyKind::kFeed).size(), 2u);
  store.Restart();
  EXPECT_EQ(store->VerifyFeed(), absl::OkStatus());
  EXPECT_EQ(store->VerifyChain(), absl::OkStatus());
}

TEST(FeedMergeTest, ThereIsNoMoreThanTwiceWhatIsThereHoweverMuchHappens) {
  TestStore store("plan");
  std::mt19937 dice(5);
  constexpr int kUnits = 400;
  std::string at;
  for (int i = 0; i < 8000; ++i) {
    ASSERT_EQ(PutUnit(store.get(), StrCat("units/", static_cast<int>(dice() % kUnits)), StrCat(i), {"x"}),
              absl::OkStatus());
    if (i % 100 != 0) continue;
    for (absl::StatusOr<bool> more = true; *more;) {
      more = store->MergeFeeds(&at);
      ASSERT_TRUE(more.ok()) << more.status();
    }
    // What is left, as much again and a thousand, and what came since the last pass.
    EXPECT_LE(Places(*store.get()).size(), 2u * kUnits + 1000 + 100) << i;
    EXPECT_LE(Rows(*store.get(), KeyKind::kFeed).size(), 20u) << i;
  }
  EXPECT_EQ(store->VerifyFeed(), absl::OkStatus());
}

TEST(FeedMergeTest, AFeedWithLittleNewIsLeftAlone) {
  TestStore store("plan");
  for (int i = 0; i < 7; ++i) ASSERT_EQ(PutUnit(store.get(), StrCat("units/", i), "1", {"x"}), absl::OkStatus());
  const v1::FeedPosition head = store->head();
  MergeAll(store.get());
  EXPECT_EQ(store->head().sequence(), head.sequence());
  ASSERT_EQ(PutUnit(store.get(), "units/7", "1", {"x"}), absl::OkStatus());
  MergeAll(store.get());
  EXPECT_EQ(Rows(*store.get(), KeyKind::kFeed).size(), 1u);
  // And once it is merged, too.
  const v1::FeedPosition merged = store->head();
  MergeAll(store.get());
  EXPECT_EQ(store->head().sequence(), merged.sequence());
}

TEST(FeedMergeTest, WithdrawalsStayAndThoseTakenBackGo) {
  TestStore store("plan");
  store.Close();
  store.options().merge = {2, 100, 100, 1};
  store.Open();
  ASSERT_EQ(PutUnit(store.get(), "units/a", "1", {"x", "y"}), absl::OkStatus());
  ASSERT_EQ(PutUnit(store.get(), "units/a", "1", {"x"}), absl::OkStatus());
  ASSERT_EQ(PutUnit(store.get(), "units/b", "1", {"y"}), absl::OkStatus());
  ASSERT_EQ(store->Run({"test", ""}, [](Transaction& tx) { return tx.Delete("units/b"); }), absl::OkStatus());
  const int64_t before = store->head().sequence();
  MergeAll(store.get());
  EXPECT_THAT(Places(*store.get()), ElementsAre("x +units/a 4", "y -units/a 4", StrCat("y -units/b ", before - 1)));
  for (const char* value : {"2", "3", "4"}) ASSERT_EQ(PutUnit(store.get(), "units/b", value, {"y"}), absl::OkStatus());
  const int64_t again = store->head().sequence();
  MergeAll(store.get());
  EXPECT_THAT(Places(*store.get()), ElementsAre("x +units/a 4", "y -units/a 4", StrCat("y +units/b ", again - 1)));
}

}  // namespace
}  // namespace duban
