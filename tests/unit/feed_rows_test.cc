// Rows of feeds: their bytes, what is no such row, and what a group of changes makes.

#include "common/store/feed_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "common/base/strings.h"
#include "common/store/keys.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Place {
  int64_t sequence;
  bool withdrawn;
  std::string name;
  bool operator==(const Place&) const = default;
};

std::vector<Place> PlacesOf(std::string_view key, std::string_view value, bool* sound = nullptr) {
  std::vector<Place> places;
  const bool read = ReadFeedRow(key, value, [&](const FeedPlace& place) {
    places.push_back({place.sequence, place.withdrawn, std::string(place.name)});
    return true;
  });
  EXPECT_TRUE(read || sound != nullptr);
  if (sound != nullptr) *sound = read;
  return places;
}

std::map<std::string, std::string> Pack(std::string_view audience, const std::vector<Place>& places) {
  std::map<std::string, std::string> rows;
  FeedRowPacker packer(audience);
  const auto sink = [&](std::string key, std::string value) {
    EXPECT_TRUE(rows.emplace(std::move(key), std::move(value)).second);
  };
  for (const Place& place : places) packer.Add({place.sequence, place.withdrawn, place.name}, sink);
  packer.Finish(sink);
  return rows;
}

std::string Bytes(std::initializer_list<int> bytes) {
  std::string text;
  for (const int byte : bytes) text.push_back(static_cast<char>(byte));
  return text;
}

TEST(FeedRowsTest, ARowHasItsBytes) {
  const auto rows = Pack("node/d", {{300, false, "plans/p1"}, {301, true, "plans/p2"}, {900, false, "units/u"}});
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows.begin()->first, FeedKey("node/d", 900));
  EXPECT_EQ(AudienceOfKey(rows.begin()->first), "node/d");
  // 600; 0 and `plans/p1` whole; 1 later, withdrawn, 7 bytes the same and `2`; 599 later, and `units/u` whole.
  EXPECT_EQ(rows.begin()->second, Bytes({0xD8, 0x04, 0x00, 0x00, 8}) + "plans/p1" + Bytes({0x03, 7, 1}) + "2" +
                                      Bytes({0xAE, 0x09, 0x00, 7}) + "units/u");
}

TEST(FeedRowsTest, WhatIsPackedIsReadAgainInRowsOfBoundedLength) {
  std::mt19937 dice(3);
  std::vector<Place> places;
  int64_t sequence = 0;
  for (int i = 0; i < 5000; ++i) {
    sequence += 1 + dice() % (dice() % 10 == 0 ? 100'000 : 3);
    places.push_back({sequence, dice() % 5 == 0, StrCat("assignments/", static_cast<int>(dice() % 100'000))});
  }
  const auto rows = Pack("downstream", places);
  EXPECT_GE(rows.size(), 3u);
  std::vector<Place> read;
  for (const auto& [key, value] : rows) {
    EXPECT_LE(value.size(), kFeedRowBytes + 40);
    for (Place& place : PlacesOf(key, value)) read.push_back(std::move(place));
    EXPECT_EQ(read.back().sequence, SequenceOfKey(key));
  }
  EXPECT_EQ(read, places);
}

TEST(FeedRowsTest, NothingElseIsARow) {
  const auto rows = Pack("x", {{7, false, "a"}, {9, true, "ab"}});
  const std::string key = rows.begin()->first, value = rows.begin()->second;
  const auto sound = [](std::string_view k, std::string_view v) {
    bool read = false;
    PlacesOf(k, v, &read);
    return read;
  };
  ASSERT_TRUE(sound(key, value));
  for (size_t length = 0; length < value.size(); ++length) EXPECT_FALSE(sound(key, value.substr(0, length))) << length;
  // Begins before the first sequence, goes on behind its key.
  EXPECT_FALSE(sound(FeedKey("x", 2), value));
  EXPECT_FALSE(sound(key, value + Bytes({2, 0, 1}) + "c"));
  // Twice the same sequence, a name that has more in common than there is, one without a byte, a number without end.
  EXPECT_FALSE(sound(FeedKey("x", 7), Bytes({0, 0, 0, 1}) + "a" + Bytes({0, 0, 1}) + "b"));
  EXPECT_FALSE(sound(FeedKey("x", 7), Bytes({0, 0, 1, 1}) + "a"));
  EXPECT_FALSE(sound(FeedKey("x", 7), Bytes({0, 0, 0, 0})));
  EXPECT_FALSE(sound(FeedKey("x", 7), std::string(20, '\xFF')));
}

TEST(FeedRowsTest, AGroupHasOneRowAnAudienceWithoutWhatALaterChangeSpeaksFor) {
  const auto both = std::make_shared<const AudienceList>(AudienceList{"a", "b"});
  const auto only_a = std::make_shared<const AudienceList>(AudienceList{"a"});
  const auto none = std::make_shared<const AudienceList>();
  const std::vector<EntityChange> changes = {
      {11, "units/1", both, {}},    {12, "units/2", both, {}}, {13, "units/1", only_a, {"b"}},
      {14, "units/3", none, {"c"}}, {15, "units/4", none, {}}, {16, "units/2", both, {}},
  };
  WriteSet rows;
  Audiences touched;
  AddFeedRows(changes, rows, touched);
  EXPECT_THAT(touched, ElementsAre("a", "b", "c"));
  ASSERT_EQ(rows.size(), 3u);
  const auto places = [&](const std::string& key) { return PlacesOf(key, rows[key].value_or("")); };
  EXPECT_THAT(places(FeedKey("a", 16)), ElementsAre(Place{13, false, "units/1"}, Place{16, false, "units/2"}));
  EXPECT_THAT(places(FeedKey("b", 16)), ElementsAre(Place{13, true, "units/1"}, Place{16, false, "units/2"}));
  EXPECT_THAT(places(FeedKey("c", 14)), ElementsAre(Place{14, true, "units/3"}));
  rows.clear();
  touched.clear();
  AddFeedRows({}, rows, touched);
  EXPECT_THAT(rows, IsEmpty());
  EXPECT_THAT(touched, IsEmpty());
}

}  // namespace
}  // namespace duban
