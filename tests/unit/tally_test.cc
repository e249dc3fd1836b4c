// Counting how assignments stand: what is kept equals a recount, and a sum on any day equals looking at each one.

#include "services/assignment/tally.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "common/base/strings.h"

namespace duban {
namespace {

using A = v1::Assignment;
using Day = absl::CivilDay;
using Row = v1::GetBoardResponse::Row;
using storage::v1::Tally;
using ::testing::ElementsAre;

constexpr Day kToday(2024, 3, 4);

Standing Stands(A::State state, Day yellow = Day(1970, 1, 1), Day red = Day(1970, 1, 1)) {
  const auto number = [](Day day) { return day == Day(1970, 1, 1) ? 0 : DayNumber(day); };
  return {state, number(yellow), number(red)};
}

Tally TallyOf(const std::vector<Standing>& standings) {
  Tally tally;
  for (const Standing& standing : standings) Count(standing, 1, tally);
  return tally;
}

class RandomStandings {
 public:
  explicit RandomStandings(uint32_t seed) : random_(seed) {}

  size_t Below(size_t limit) { return random_() % limit; }

  // As StandingOf gives them, on few days, so that many fall together.
  Standing Next() {
    Standing standing;
    standing.state = static_cast<A::State>(1 + Below(A::State_ARRAYSIZE - 1));
    if (IsGrey(standing.state)) return standing;
    if (Below(4) > 0) standing.yellow_day = DayNumber(kToday) - 15 + static_cast<uint32_t>(Below(30));
    if (standing.yellow_day > 0 && Below(4) > 0)
      standing.red_day = standing.yellow_day + static_cast<uint32_t>(Below(9));
    return standing;
  }

 private:
  std::mt19937 random_;
};

std::vector<TallyFilter> AllFilters() {
  std::vector<TallyFilter> filters;
  for (int state = 0; state < A::State_ARRAYSIZE; ++state) {
    for (int light = 0; light < A::Light_ARRAYSIZE; ++light) {
      filters.push_back({state == 0 ? 0 : 1U << state, static_cast<A::Light>(light)});
    }
  }
  filters.push_back({1U << A::ISSUED | 1U << A::DONE, A::LIGHT_UNSPECIFIED});
  filters.push_back({1U << A::RECEIVED | 1U << A::UNDER_REVIEW, A::YELLOW});
  return filters;
}

// What a tally holds, as `state turn day: count`.
std::vector<std::string> Sums(const Tally& tally) {
  EXPECT_EQ(tally.keys_size(), tally.counts_size());
  std::vector<std::string> sums;
  for (int i = 0; i < tally.keys_size(); ++i) {
    const uint32_t key = tally.keys(i);
    sums.push_back(StrCat(key >> 26, " ", key >> 24 & 3, " ", key & 0xFFFFFF, ": ", tally.counts(i)));
  }
  return sums;
}

TEST(TallyTest, KeepsStatesAndDaysInOrderAndNothingEmpty) {
  Tally tally = TallyOf({Stands(A::RECEIVED, kToday + 9, kToday + 17), Stands(A::ISSUED, kToday + 5),
                         Stands(A::RECEIVED, kToday + 2, kToday + 10), Stands(A::DONE),
                         Stands(A::RECEIVED, kToday + 9, kToday + 10), Stands(A::RECEIVED)});
  EXPECT_THAT(Sums(tally), ElementsAre("1 0 0: 1", "1 1 19791: 1", "2 0 0: 4", "2 1 19788: 1", "2 1 19795: 2",
                                       "2 2 19796: 2", "2 2 19803: 1", "5 0 0: 1"));
  Count(Stands(A::RECEIVED, kToday + 9, kToday + 10), -1, tally);
  Count(Stands(A::DONE), -1, tally);
  EXPECT_THAT(Sums(tally), ElementsAre("1 0 0: 1", "1 1 19791: 1", "2 0 0: 3", "2 1 19788: 1", "2 1 19795: 1",
                                       "2 2 19796: 1", "2 2 19803: 1"));
}

TEST(TallyTest, CountsManyAtOnce) {
  Tally tally;
  Count(Stands(A::ISSUED, kToday, kToday + 1), 200, tally);
  Count(Stands(A::ISSUED, kToday, kToday + 1), -50, tally);
  EXPECT_EQ(CountOf(tally, {}, kToday), 150);
  Count(Stands(A::ISSUED, kToday, kToday + 1), -150, tally);
  EXPECT_EQ(tally.SerializeAsString(), "");
}

TEST(TallyTest, WhateverTheHistoryEqualCountsAreEqualBytes) {
  RandomStandings random(7);
  for (int round = 0; round < 200; ++round) {
    // Assignments come, change how they stand, and go.
    Tally kept;
    std::vector<Standing> standings;
    for (int step = 0; step < 120; ++step) {
      if (standings.empty() || random.Below(3) == 0) {
        standings.push_back(random.Next());
        Count(standings.back(), 1, kept);
        continue;
      }
      Standing& one = standings[random.Below(standings.size())];
      Count(one, -1, kept);
      if (random.Below(3) == 0) {
        one = standings.back();
        standings.pop_back();
      } else {
        one = random.Next();
        Count(one, 1, kept);
      }
    }
    ASSERT_EQ(kept.SerializeAsString(), TallyOf(standings).SerializeAsString()) << round;
    for (const Standing& standing : standings) Count(standing, -1, kept);
    ASSERT_EQ(kept.SerializeAsString(), "") << round;
  }
}

TEST(TallyTest, ASumOnAnyDayEqualsLookingAtEachOne) {
  RandomStandings random(20240304);
  const std::vector<TallyFilter> filters = AllFilters();
  for (int round = 0; round < 40; ++round) {
    std::vector<Standing> standings(random.Below(60));
    for (Standing& standing : standings) standing = random.Next();
    const Tally tally = TallyOf(standings);
    for (Day day = kToday - 20; day < kToday + 30; ++day) {
      for (const TallyFilter& filter : filters) {
        Row summed, counted;
        AddTo(tally, filter, day, summed);
        int64_t meant = 0;
        for (const Standing& standing : standings) {
          AddTo(standing, filter, day, counted);
          if (Means(filter, standing, day)) ++meant;
        }
        // Whether there is a message of nothing but zeros is no difference.
        summed.mutable_counts();
        counted.mutable_counts();
        ASSERT_EQ(summed.SerializeAsString(), counted.SerializeAsString())
            << day << " " << filter.states << " " << filter.light << "\n"
            << tally.ShortDebugString();
        ASSERT_EQ(CountOf(tally, filter, day), meant) << day << " " << filter.states << " " << filter.light;
        ASSERT_EQ(summed.green() + summed.yellow() + summed.red() + summed.grey(), meant);
        ASSERT_EQ(summed.counts().total() + summed.counts().cancelled(), meant);
      }
    }
  }
}

TEST(TallyTest, OneAssignmentStandsInOneStateAndOneLight) {
  Row row;
  AddTo(Stands(A::RECEIVED, kToday, kToday + 8), {}, kToday, row);
  EXPECT_EQ(row.ShortDebugString(), "counts { received: 1 total: 1 } yellow: 1");
  AddTo(Stands(A::RECEIVED, kToday - 8, kToday), {}, kToday, row);
  AddTo(Stands(A::CANCELLED), {}, kToday, row);
  EXPECT_EQ(row.ShortDebugString(), "counts { received: 2 cancelled: 1 total: 2 } yellow: 1 red: 1 grey: 1");
}

TEST(TallyTest, AFilterAsksForStateAndLightAtOnce) {
  const Standing standing = Stands(A::RECEIVED, kToday);
  EXPECT_TRUE(Means({}, standing, kToday));
  EXPECT_TRUE(Means({1U << A::RECEIVED, A::YELLOW}, standing, kToday));
  EXPECT_FALSE(Means({1U << A::ISSUED, A::YELLOW}, standing, kToday));
  EXPECT_FALSE(Means({1U << A::RECEIVED, A::GREEN}, standing, kToday));
  EXPECT_TRUE(Means({1U << A::RECEIVED, A::GREEN}, standing, kToday - 1));
}

TEST(StateCountsTest, TheTotalLeavesOutWhatIsCancelled) {
  v1::StateCounts counts;
  for (int state = 1; state < A::State_ARRAYSIZE; ++state) CountState(static_cast<A::State>(state), state, counts);
  EXPECT_EQ(counts.ShortDebugString(),
            "issued: 1 received: 2 in_progress: 3 under_review: 4 done: 5 declined: 6 cancelled: 7 total: 21");
  v1::StateCounts twice = counts;
  AddCounts(counts, 1, twice);
  EXPECT_EQ(twice.ShortDebugString(),
            "issued: 2 received: 4 in_progress: 6 under_review: 8 done: 10 declined: 12 cancelled: 14 total: 42");
  AddCounts(counts, -1, twice);
  EXPECT_EQ(twice.SerializeAsString(), counts.SerializeAsString());
  AddCounts(counts, -1, twice);
  EXPECT_EQ(twice.SerializeAsString(), "");
}

}  // namespace
}  // namespace duban
