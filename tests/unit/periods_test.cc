// The periods of duties without an end: how they are named, and which of them a duty is judged by.

#include "common/calendar/periods.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "common/base/civil.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using D = v1::Deadline;
using Day = absl::CivilDay;

constexpr D::Frequency kFrequencies[] = {D::DAILY, D::WEEKLY, D::MONTHLY, D::QUARTERLY, D::HALF_YEARLY, D::YEARLY};

D Deadline(D::Kind kind, D::Frequency frequency = D::FREQUENCY_UNSPECIFIED, const std::string& due = "") {
  D deadline;
  deadline.set_kind(kind);
  deadline.set_frequency(frequency);
  deadline.set_due(due);
  return deadline;
}

std::vector<std::string> Keys(const std::vector<Period>& periods) {
  std::vector<std::string> keys;
  for (const Period& period : periods) keys.push_back(period.key);
  return keys;
}

TEST(PeriodsTest, NamesFollowTheFrequency) {
  struct Row {
    D::Frequency frequency;
    Day day;
    Period period;
  };
  const std::vector<Row> rows = {
      {D::YEARLY, Day(2024, 3, 5), {"2024", Day(2024, 1, 1), Day(2024, 12, 31)}},
      {D::HALF_YEARLY, Day(2024, 6, 30), {"2024-H1", Day(2024, 1, 1), Day(2024, 6, 30)}},
      {D::HALF_YEARLY, Day(2024, 7, 1), {"2024-H2", Day(2024, 7, 1), Day(2024, 12, 31)}},
      {D::QUARTERLY, Day(2024, 9, 30), {"2024-Q3", Day(2024, 7, 1), Day(2024, 9, 30)}},
      {D::MONTHLY, Day(2024, 2, 29), {"2024-02", Day(2024, 2, 1), Day(2024, 2, 29)}},
      {D::MONTHLY, Day(2023, 2, 1), {"2023-02", Day(2023, 2, 1), Day(2023, 2, 28)}},
      {D::WEEKLY, Day(2024, 12, 31), {"2025-W01", Day(2024, 12, 30), Day(2025, 1, 5)}},
      {D::WEEKLY, Day(2021, 1, 3), {"2020-W53", Day(2020, 12, 28), Day(2021, 1, 3)}},
      {D::DAILY, Day(2024, 3, 5), {"2024-03-05", Day(2024, 3, 5), Day(2024, 3, 5)}},
  };
  for (const Row& row : rows) {
    const Period period = PeriodAt(row.frequency, row.day);
    EXPECT_EQ(period, row.period) << period.key;
    EXPECT_EQ(ParsePeriod(row.frequency, row.period.key), row.period) << row.period.key;
  }
}

TEST(PeriodsTest, ANameOfAnotherFrequencyIsNone) {
  for (const char* key : {"", "2024", "2024-Q5", "2024-Q0", "2024-3", "2024-03", "Q3", "24-Q3", "2024-Q33"}) {
    EXPECT_EQ(ParsePeriod(D::QUARTERLY, key), std::nullopt) << key;
  }
  EXPECT_EQ(ParsePeriod(D::WEEKLY, "2024-W53"), std::nullopt);
}

TEST(PeriodsTest, CutTheYearsIntoPiecesThatAreFoundByTheirNames) {
  for (D::Frequency frequency : kFrequencies) {
    Period before = PeriodAt(frequency, Day(2019, 12, 31));
    for (Day day(2020, 1, 1); day < Day(2027, 1, 1); ++day) {
      const Period period = PeriodAt(frequency, day);
      ASSERT_TRUE(period.first <= day && day <= period.last) << period.key;
      ASSERT_EQ(ParsePeriod(frequency, period.key), period) << period.key;
      ASSERT_EQ(FirstDayOf(frequency, period.key), period.first) << period.key;
      if (period == before) continue;
      ASSERT_EQ(period.first, before.last + 1) << period.key;
      ASSERT_LT(before.key, period.key);
      before = period;
    }
  }
}

TEST(PeriodsTest, ANameHasOneFormForEachFrequency) {
  // Each text looks most like the frequency beside it, and is the name of a period of no other.
  const std::map<std::string, D::Frequency> names = {
      {"2024-03-05", D::DAILY},   {"2024-W53", D::WEEKLY},     {"2020-W53", D::WEEKLY},   {"2024-12", D::MONTHLY},
      {"2024-Q1", D::QUARTERLY},  {"2024-H2", D::HALF_YEARLY}, {"2024", D::YEARLY},       {"2024-13", D::MONTHLY},
      {"2023-02-29", D::DAILY},   {"1899", D::YEARLY},         {"2024-00", D::MONTHLY},   {"2024-H3", D::HALF_YEARLY},
      {"2024-W00", D::WEEKLY},    {"2024-3-5", D::DAILY},      {"2024-q1", D::QUARTERLY}, {"2024-Q", D::QUARTERLY},
      {"2024-Q-1", D::QUARTERLY}, {"2024-+1", D::MONTHLY},     {"2024 ", D::YEARLY},      {"202", D::YEARLY}};
  std::map<std::string, std::vector<std::string>> found;
  for (const auto& [name, of] : names) {
    for (D::Frequency frequency : kFrequencies) {
      const bool parses = ParsePeriod(frequency, name).has_value();
      EXPECT_EQ(FirstDayOf(frequency, name).has_value(), parses) << name;
      EXPECT_TRUE(!parses || frequency == of) << name;
      if (parses) found[D::Frequency_Name(of)].push_back(name);
    }
  }
  const std::map<std::string, std::vector<std::string>> expected = {
      {"DAILY", {"2024-03-05"}},  {"WEEKLY", {"2020-W53"}},     {"MONTHLY", {"2024-12"}},
      {"QUARTERLY", {"2024-Q1"}}, {"HALF_YEARLY", {"2024-H2"}}, {"YEARLY", {"2024"}}};
  EXPECT_EQ(found, expected);
}

TEST(PeriodsTest, AreThoseOfTheYearThatHadNotEndedAtIssue) {
  const D quarterly = Deadline(D::PERIODIC, D::QUARTERLY);
  EXPECT_THAT(Keys(PeriodsOf(quarterly, 2024, Day(2024, 8, 20))), ElementsAre("2024-Q3", "2024-Q4"));
  EXPECT_THAT(Keys(PeriodsOf(quarterly, 2024, Day(2024, 9, 30))), ElementsAre("2024-Q3", "2024-Q4"));
  EXPECT_THAT(Keys(PeriodsOf(quarterly, 2024, Day(2024, 10, 1))), ElementsAre("2024-Q4"));
  // Issued before its year begins, and after it is over.
  EXPECT_THAT(Keys(PeriodsOf(quarterly, 2025, Day(2024, 8, 20))),
              ElementsAre("2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"));
  EXPECT_THAT(Keys(PeriodsOf(quarterly, 2022, Day(2024, 8, 20))), ElementsAre("2024-Q3", "2024-Q4"));
  EXPECT_THAT(Keys(PeriodsOf(Deadline(D::STANDING), 2024, Day(2024, 8, 20))), ElementsAre("2024"));
  EXPECT_THAT(Keys(PeriodsOf(Deadline(D::PERIODIC), 2024, Day(2024, 8, 20))), ElementsAre("2024"));
}

TEST(PeriodsTest, EveryDayOfAYearIsOneOfADailyDuty) {
  const std::vector<Period> days = PeriodsOf(Deadline(D::PERIODIC, D::DAILY), 2024, Day(2023, 11, 1));
  EXPECT_EQ(days.size(), 366u);
  EXPECT_EQ(days.front().key, "2024-01-01");
  EXPECT_EQ(days.back().key, "2024-12-31");
}

TEST(PeriodsTest, WeeksOfAYearAreThoseWithADayInIt) {
  const std::vector<Period> weeks = PeriodsOf(Deadline(D::PERIODIC, D::WEEKLY), 2024, Day(2023, 11, 1));
  EXPECT_EQ(weeks.size(), 53u);
  EXPECT_EQ(weeks.front().key, "2024-W01");
  EXPECT_EQ(weeks.back().key, "2025-W01");
}

TEST(PeriodsTest, AWholePeriodEndsOnItsDueDay) {
  EXPECT_THAT(PeriodsOf(Deadline(D::WHOLE_PERIOD, {}, "2024-11-30"), 2024, Day(2024, 3, 4)),
              ElementsAre(Period{"2024", Day(2024, 1, 1), Day(2024, 11, 30)}));
  EXPECT_THAT(PeriodsOf(Deadline(D::WHOLE_PERIOD), 2025, Day(2024, 3, 4)),
              ElementsAre(Period{"2025", Day(2025, 1, 1), Day(2025, 12, 31)}));
}

TEST(PeriodsTest, ADutyThatEndsHasNone) {
  for (D::Kind kind : {D::KIND_UNSPECIFIED, D::BY_DATE, D::WORKING_DAYS}) {
    EXPECT_THAT(PeriodsOf(Deadline(kind, D::MONTHLY, "2024-09-30"), 2024, Day(2024, 3, 4)), IsEmpty());
  }
}

TEST(PeriodsTest, AWalkStopsWhereItIsTold) {
  std::vector<Day> firsts;
  WalkPeriods(Deadline(D::PERIODIC, D::MONTHLY), 2024, Day(2024, 3, 4), [&](Day first, Day last) {
    EXPECT_EQ(PeriodAt(D::MONTHLY, first).last, last);
    firsts.push_back(first);
    return first < Day(2024, 5, 1);
  });
  EXPECT_THAT(firsts, ElementsAre(Day(2024, 3, 1), Day(2024, 4, 1), Day(2024, 5, 1)));
}

TEST(PeriodsTest, APeriodNoLongerThanAWeekIsNearlyDueOnItsLastDayOnly) {
  EXPECT_EQ(NearDays(Day(2024, 3, 4), Day(2024, 3, 4)), 0);
  EXPECT_EQ(NearDays(Day(2024, 3, 4), Day(2024, 3, 10)), 0);
  EXPECT_EQ(NearDays(Day(2024, 2, 1), Day(2024, 2, 29)), 7);
}

}  // namespace
}  // namespace duban
