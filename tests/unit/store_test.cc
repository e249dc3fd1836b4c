// What the store promises its callers: rows, feeds, memos, etags, snapshots, restart.

#include "common/store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "duban/v1/unit.pb.h"
#include "tests/support/test_store.h"

namespace duban {
namespace {

using testing::TestStore;

v1::Unit UnitNamed(const std::string& display_name) {
  v1::Unit unit;
  unit.set_display_name(display_name);
  return unit;
}

absl::Status PutUnit(Store* store, const std::string& name, const std::string& display_name,
                     const Audiences& audiences = {"downstream"}) {
  return store->Run({"test", ""}, [&](Transaction& tx) -> absl::Status {
    return tx.Put(name, UnitNamed(display_name), audiences).status();
  });
}

TEST(StoreTest, ARowIsThereAfterRestart) {
  TestStore store("plan");
  ASSERT_TRUE(PutUnit(store.get(), "units/a", "甲").ok());
  const v1::FeedPosition before = store->head();
  store.Restart();
  auto read = store->TakeSnapshot()->Need<v1::Unit>("units/a");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->value.display_name(), "甲");
  EXPECT_EQ(store->head().SerializeAsString(), before.SerializeAsString());
}

TEST(StoreTest, AFailedCommandLeavesNoTrace) {
  TestStore store("plan");
  const int64_t head = store->head().sequence();
  const absl::Status status = store->Run({"test", ""}, [&](Transaction& tx) -> absl::Status {
    EXPECT_TRUE(tx.Put("units/a", UnitNamed("甲"), {"x"}).ok());
    return NotFound("units/b");
  });
  EXPECT_EQ(ReasonOf(status), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(store->head().sequence(), head);
  EXPECT_EQ(ReasonOf(store->TakeSnapshot()->Need<v1::Unit>("units/a").status()), v1::RESOURCE_NOT_FOUND);
}

TEST(StoreTest, ACommandReadsItsOwnWritesInOrder) {
  TestStore store("plan");
  ASSERT_TRUE(PutUnit(store.get(), "units/b", "乙").ok());
  ASSERT_TRUE(store
                  ->Run({"test", ""},
                        [&](Transaction& tx) -> absl::Status {
                          EXPECT_TRUE(tx.Put("units/a", UnitNamed("甲"), {}).ok());
                          EXPECT_TRUE(tx.Put("units/c", UnitNamed("丙"), {}).ok());
                          EXPECT_TRUE(tx.Delete("units/b").ok());
                          std::vector<std::string> seen;
                          EXPECT_TRUE(tx.Scan<v1::Unit>("units/", "", [&](std::string_view name, Stored<v1::Unit>) {
                                          seen.emplace_back(name);
                                          return true;
                                        }).ok());
                          EXPECT_THAT(seen, ::testing::ElementsAre("units/a", "units/c"));
                          return absl::OkStatus();
                        })
                  .ok());
}

TEST(StoreTest, WritingWhatIsThereChangesNothing) {
  TestStore store("plan");
  ASSERT_TRUE(PutUnit(store.get(), "units/a", "甲").ok());
  const int64_t head = store->head().sequence();
  ASSERT_TRUE(PutUnit(store.get(), "units/a", "甲").ok());
  EXPECT_EQ(store->head().sequence(), head);
}

TEST(StoreTest, TheSameRequestGetsTheFirstAnswerAgainAndAnotherBodyIsRefused) {
  TestStore store("plan");
  int runs = 0;
  const auto create = [&](const std::string& display_name, v1::Unit* response) {
    const v1::Unit request = UnitNamed(display_name);
    return store->Request({Anybody(), "Create", "r-1", request}, response, [&](Transaction& tx) -> absl::Status {
      ++runs;
      response->set_name("units/a");
      return tx.Put("units/a", request, {}).status();
    });
  };
  v1::Unit first, again, other;
  ASSERT_TRUE(create("甲", &first).ok());
  store.Restart();
  ASSERT_TRUE(create("甲", &again).ok());
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(again.SerializeAsString(), first.SerializeAsString());
  EXPECT_EQ(ReasonOf(create("乙", &other)), v1::REQUEST_ID_REUSED);
  EXPECT_EQ(runs, 1);
}

TEST(StoreTest, ASnapshotDoesNotSeeWhatComesLater) {
  TestStore store("plan");
  ASSERT_TRUE(PutUnit(store.get(), "units/a", "甲").ok());
  auto snapshot = store->TakeSnapshot();
  ASSERT_TRUE(PutUnit(store.get(), "units/a", "乙").ok());
  EXPECT_EQ(snapshot->Need<v1::Unit>("units/a")->value.display_name(), "甲");
  EXPECT_EQ(store->TakeSnapshot()->Need<v1::Unit>("units/a")->value.display_name(), "乙");
}

TEST(StoreTest, AStoreOfAnotherServiceOrNodeIsNotOpened) {
  TestStore store("plan");
  store.Close();
  StoreOptions other = store.options();
  other.service = "assignment";
  EXPECT_EQ(Store::Open(other).status().code(), absl::StatusCode::kFailedPrecondition);
  other = store.options();
  other.node = "district";
  EXPECT_EQ(Store::Open(other).status().code(), absl::StatusCode::kFailedPrecondition);
  store.Open();
}

}  // namespace
}  // namespace duban
