// Random commands from several threads against a plain model: entities, whom they concern, their places in every feed,
// indexes, locals, failing commands, savepoints, whole groups, merged feeds, restarts.

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <thread>

#include "common/base/strings.h"
#include "common/store/concern.h"
#include "common/store/feed_rows.h"
#include "common/store/store.h"
#include "duban/v1/unit.pb.h"
#include "tests/support/test_store.h"

namespace duban {
namespace {

using testing::TestStore;
using Dice = std::mt19937_64;

// What a store has to hold, kept in the simplest way there is.
struct Model {
  struct Place {
    int64_t sequence;
    bool withdrawn;
    bool operator==(const Place&) const = default;
  };
  struct Entity {
    std::string value;
    bool deleted = false;
    int64_t sequence = 0;
    std::map<std::string, Place> places;
  };
  std::map<std::string, Entity> entities;
  std::map<std::string, std::string> locals;
  std::map<std::pair<std::string, std::string>, std::string> index;

  // A put that returned `sequence`.
  void Put(const std::string& name, const std::string& value, const Audiences& audiences, int64_t sequence) {
    Entity& entity = entities[name];
    if (entity.sequence == sequence) return;
    for (auto& [audience, place] : entity.places) {
      if (!audiences.contains(audience) && !place.withdrawn) place = {sequence, true};
    }
    for (const std::string& audience : audiences) entity.places[audience] = {sequence, false};
    entity.value = value;
    entity.deleted = false;
    entity.sequence = sequence;
  }

  void Delete(const std::string& name, int64_t sequence) {
    auto found = entities.find(name);
    if (found == entities.end() || found->second.deleted) return;
    for (auto& [audience, place] : found->second.places) {
      if (!place.withdrawn) place = {sequence, true};
    }
    found->second.deleted = true;
    found->second.sequence = sequence;
  }
};

v1::Unit UnitWith(const std::string& value) {
  v1::Unit unit;
  unit.set_display_name(value);
  return unit;
}

// One random step of a command, on the transaction and on the model alike.
void Step(Transaction& tx, Model& model, Dice& dice) {
  // With both of the last, a concern does not fit its entity's row.
  static const std::vector<std::string> kAudiences = {"downstream", "node/a", StrCat("node/b", std::string(120, 'b')),
                                                      StrCat("node/c", std::string(150, 'c'))};
  const std::string name = StrCat("units/", static_cast<int>(dice() % 12));
  const std::string part = StrCat(static_cast<int>(dice() % 4));
  switch (dice() % 8) {
    case 0:
    case 1:
    case 2:
    case 3: {
      const std::string value = StrCat("v", static_cast<int>(dice() % 3));
      Audiences audiences;
      for (const std::string& audience : kAudiences) {
        if (dice() % 2 == 0) audiences.insert(audience);
      }
      auto sequence = tx.Put(name, UnitWith(value), audiences);
      ASSERT_TRUE(sequence.ok()) << sequence.status();
      model.Put(name, value, audiences, *sequence);
      break;
    }
    case 4: {
      ASSERT_EQ(tx.Delete(name), absl::OkStatus());
      model.Delete(name, tx.last_sequence());
      break;
    }
    case 5:
      tx.PutIndex(Index::kUnitUse, {part, name}, name);
      model.index[{part, name}] = name;
      break;
    case 6:
      tx.DeleteIndex(Index::kUnitUse, {part, name});
      model.index.erase({part, name});
      break;
    case 7:
      if (dice() % 3 == 0) {
        tx.DeleteLocal(name);
        model.locals.erase(name);
      } else {
        tx.PutLocal(name, UnitWith(part));
        model.locals[name] = part;
      }
      break;
  }
}

// The last place of each entity in each feed.
using Feeds = std::map<std::pair<std::string, std::string>, Model::Place>;

Feeds FeedsOf(const ReadView& view) {
  Feeds feeds;
  const std::string begin = FeedKey("", 0).substr(0, 1);
  EXPECT_TRUE(view.ScanRows(begin, PrefixEnd(begin),
                            [&](std::string_view key, std::string_view value) {
                              const std::string audience(AudienceOfKey(key));
                              EXPECT_TRUE(ReadFeedRow(key, value, [&](const FeedPlace& place) {
                                feeds[{audience, std::string(place.name)}] = {place.sequence, place.withdrawn};
                                return true;
                              }));
                              return true;
                            })
                  .ok());
  return feeds;
}

// The places that the entities of a view say they have.
Feeds PlacesOf(const ReadView& view, const Model& model) {
  Feeds places;
  for (const auto& [name, entity] : model.entities) {
    const auto record = view.GetRecord(name);
    if (!record.ok() || !record->has_value()) {
      ADD_FAILURE() << name;
      continue;
    }
    const auto concern = ReadConcern(view, name, **record);
    EXPECT_TRUE(concern.ok()) << concern.status();
    for (const std::string& audience : concern->audiences()) places[{audience, name}] = {(*record)->sequence(), false};
    for (const auto& left : concern->withdrawals()) places[{left.audience(), name}] = {left.sequence(), true};
  }
  return places;
}

// What a view holds, next to the model.
void Compare(const ReadView& view, const Model& model) {
  std::map<std::string, std::string> entities, expected_entities;
  std::map<std::string, int64_t> sequences, expected_sequences;
  ASSERT_TRUE(view.Scan<v1::Unit>("units/", "",
                                  [&](std::string_view name, Stored<v1::Unit> unit) {
                                    entities[std::string(name)] = unit.value.display_name();
                                    sequences[std::string(name)] = unit.sequence;
                                    return true;
                                  })
                  .ok());
  Feeds expected_feeds;
  for (const auto& [name, entity] : model.entities) {
    if (!entity.deleted) {
      expected_entities[name] = entity.value;
      expected_sequences[name] = entity.sequence;
    }
    for (const auto& [audience, place] : entity.places) expected_feeds[{audience, name}] = place;
  }
  EXPECT_EQ(entities, expected_entities);
  EXPECT_EQ(sequences, expected_sequences);
  EXPECT_EQ(PlacesOf(view, model), expected_feeds);
  // The rows of feeds are made when a group is complete.
  const bool complete = dynamic_cast<const Snapshot*>(&view) != nullptr;
  EXPECT_EQ(complete ? FeedsOf(view) : expected_feeds, expected_feeds);
  std::map<std::pair<std::string, std::string>, std::string> index;
  ASSERT_TRUE(view.ScanIndex(Index::kUnitUse, {},
                             [&](const std::vector<std::string_view>& rest, std::string_view value) {
                               index[{std::string(rest[0]), std::string(rest[1])}] = value;
                               return true;
                             })
                  .ok());
  EXPECT_EQ(index, model.index);
  for (int i = 0; i < 12; ++i) {
    const std::string name = StrCat("units/", i);
    auto local = view.GetLocal<v1::Unit>(name);
    ASSERT_TRUE(local.ok());
    ASSERT_EQ(local->has_value(), model.locals.contains(name)) << name;
    if (!local->has_value()) continue;
    EXPECT_EQ((*local)->display_name(), model.locals.at(name));
  }
}

// Reads inside a command: from a random place on, and until the visitor stops.
void ReadInside(const Transaction& tx, const Model& model, Dice& dice) {
  const std::string after = dice() % 2 == 0 ? "" : StrCat("units/", static_cast<int>(dice() % 12));
  const size_t most = 1 + dice() % 12;
  std::vector<std::string> seen, expected;
  ASSERT_TRUE(tx.Scan<v1::Unit>("units/", after, [&](std::string_view name, Stored<v1::Unit>) {
                  seen.emplace_back(name);
                  return seen.size() < most;
                }).ok());
  for (const auto& [name, entity] : model.entities) {
    if (!entity.deleted && name > after && expected.size() < most) expected.push_back(name);
  }
  EXPECT_EQ(seen, expected);
}

// One random command. It runs on the writer's thread, which is what guards the model.
absl::Status RunRandomCommand(Store* store, Model* model, Dice& dice) {
  const uint64_t seed = dice();
  return store->Run({"test", ""}, [&](Transaction& tx) -> absl::Status {
    Dice mine(seed);
    const Model before = *model;
    const bool fails = mine() % 5 == 0;
    for (uint64_t steps = mine() % 6; steps > 0; --steps) {
      if (mine() % 4 == 0) {
        const Transaction::Savepoint savepoint = tx.Save();
        const Model saved = *model;
        Step(tx, *model, mine);
        Step(tx, *model, mine);
        tx.Restore(savepoint);
        *model = saved;
      }
      Step(tx, *model, mine);
      if (mine() % 3 == 0) ReadInside(tx, *model, mine);
    }
    if (mine() % 8 == 0) Compare(tx, *model);
    if (!fails) return absl::OkStatus();
    *model = before;
    return NotFound("plans/none");
  });
}

// Merges of a few rows at a time, so that they begin and end everywhere.
constexpr FeedMergeLimits kSmallMerges = {2, 3, 7, 10};

void MergeAStep(Store* store, std::string* at) {
  const absl::StatusOr<bool> merged = store->MergeFeeds(at);
  EXPECT_TRUE(merged.ok()) << merged.status();
}

class StoreModelTest : public ::testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(Seeds, StoreModelTest, ::testing::Range(1, 5));

TEST_P(StoreModelTest, OneCallerAtATimeHoldsWhatTheModelHoldsAndStillDoesAfterRestarts) {
  TestStore store("plan");
  store.Close();
  store.options().merge = kSmallMerges;
  store.Open();
  Model model;
  Dice dice(static_cast<uint64_t>(GetParam()));
  std::string merged_at;
  for (int i = 0; i < 250 && !HasFailure(); ++i) {
    RunRandomCommand(store.get(), &model, dice).IgnoreError();
    if (dice() % 40 == 0) store.Restart();
    if (dice() % 10 == 0) MergeAStep(store.get(), &merged_at);
    if (dice() % 20 == 0) Compare(*store->TakeSnapshot(), model);
  }
  store.Restart();
  Compare(*store->TakeSnapshot(), model);
  EXPECT_EQ(store->VerifyChain(), absl::OkStatus());
  EXPECT_EQ(store->VerifyFeed(), absl::OkStatus());
}

TEST_P(StoreModelTest, ManyCallersAtOnceInGroupsHoldWhatTheModelHolds) {
  TestStore store("plan");
  store.Close();
  store.options().threaded = true;
  // Small groups, now and then, so that their borders fall everywhere.
  store.options().max_group_commands = 1 + GetParam() * GetParam();
  store.options().merge = kSmallMerges;
  store.Open();
  Model model;
  for (int round = 0; round < 3 && !HasFailure(); ++round) {
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 8; ++caller) {
      callers.emplace_back([&, caller] {
        Dice dice(static_cast<uint64_t>(GetParam() * 10'000 + round * 100 + caller));
        for (int i = 0; i < 20; ++i) RunRandomCommand(store.get(), &model, dice).IgnoreError();
      });
    }
    // Twice at a time, which no node does: a merge that comes too late has to notice.
    for (int merger = 0; merger < 2; ++merger) {
      callers.emplace_back([&] {
        std::string at;
        for (int i = 0; i < 30; ++i) MergeAStep(store.get(), &at);
      });
    }
    for (std::thread& caller : callers) caller.join();
    Compare(*store->TakeSnapshot(), model);
    EXPECT_EQ(store->VerifyFeed(), absl::OkStatus());
    store.Restart();
  }
  Compare(*store->TakeSnapshot(), model);
  EXPECT_EQ(store->VerifyChain(), absl::OkStatus());
}

}  // namespace
}  // namespace duban
