#include "common/calendar/working_calendar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <string>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/calendar/holiday_data.h"
#include "tests/support/tree.h"

namespace duban {
namespace {

using ::testing::HasSubstr;

absl::CivilDay Day(std::string_view text) {
  return ParseDay(text).value();
}

const WorkingCalendar& BuiltIn() {
  static const auto* calendar = new WorkingCalendar(BuiltInCalendars());
  return *calendar;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(WorkingCalendar, EveryKnownYearHasTheNumberOfWorkingDaysItsNoticeGives) {
  const std::map<int, int> expected = {{2018, 250}, {2019, 250}, {2020, 249}, {2021, 250}, {2022, 249},
                                       {2023, 249}, {2024, 251}, {2025, 248}, {2026, 248}};
  for (const auto& [year, days] : expected) {
    EXPECT_TRUE(BuiltIn().known(year)) << year;
    EXPECT_EQ(BuiltIn().WorkingDaysBetween(absl::CivilDay(year, 1, 1), absl::CivilDay(year + 1, 1, 1)), days) << year;
  }
}

TEST(WorkingCalendar, HolidaysAndMakeUpDaysOverruleTheWeek) {
  struct Row {
    const char* day;
    bool works;
    const char* why;
  };
  const Row rows[] = {
      {"2024-10-01", false, "National Day, a Tuesday"},
      {"2024-10-07", false, "its last day, a Monday"},
      {"2024-09-29", true, "a Sunday worked for it"},
      {"2024-10-12", true, "a Saturday worked for it"},
      {"2024-09-28", false, "an ordinary Saturday"},
      {"2024-10-08", true, "the day after"},
      {"2020-01-31", false, "the holiday made longer"},
      {"2020-02-01", false, "worked first, then taken back"},
      {"2018-12-29", true, "worked for the next year"},
      {"2018-12-31", false, "off by the next year's notice"},
      {"2022-12-31", false, "off by the next year's notice"},
      {"2026-10-10", true, "a Saturday worked for National Day"},
  };
  for (const Row& row : rows) EXPECT_EQ(BuiltIn().IsWorkingDay(Day(row.day)), row.works) << row.day << ": " << row.why;
}

TEST(WorkingCalendar, AddingCountsWorkingDaysAcrossHolidaysInBothDirections) {
  struct Row {
    const char* from;
    int count;
    const char* to;
  };
  const Row rows[] = {
      {"2024-09-30", 1, "2024-10-08"},                                    // Over Golden Week.
      {"2024-10-08", -1, "2024-09-30"},                                   // And back.
      {"2024-09-30", 5, "2024-10-12"},                                    // The make-up Saturday is the fifth.
      {"2024-10-08", -3, "2024-09-27"},                                   // The make-up Sunday is the second.
      {"2024-10-03", 1, "2024-10-08"},                                    // From inside a holiday.
      {"2024-10-03", -1, "2024-09-30"}, {"2024-06-07", 1, "2024-06-11"},  // A weekend and a Monday off.
      {"2024-06-08", 0, "2024-06-08"},  // Nothing to count: the day itself, though it is a Saturday.
      {"2024-12-31", 1, "2025-01-02"},  // Into the next year's notice.
      {"2018-12-28", 2, "2019-01-02"},  // A Saturday worked, four days off.
  };
  for (const Row& row : rows) {
    EXPECT_EQ(FormatDay(BuiltIn().AddWorkingDays(Day(row.from), row.count)), row.to) << row.from << " " << row.count;
  }
}

TEST(WorkingCalendar, NeighboursOfAHolidayAreFoundOnBothSides) {
  EXPECT_EQ(FormatDay(BuiltIn().WorkingDayOnOrBefore(Day("2024-10-05"))), "2024-09-30");
  EXPECT_EQ(FormatDay(BuiltIn().WorkingDayOnOrAfter(Day("2024-10-05"))), "2024-10-08");
  EXPECT_EQ(FormatDay(BuiltIn().WorkingDayOnOrBefore(Day("2024-09-30"))), "2024-09-30");
  EXPECT_EQ(FormatDay(BuiltIn().WorkingDayOnOrAfter(Day("2024-09-30"))), "2024-09-30");
  EXPECT_EQ(FormatDay(BuiltIn().NextWorkingDay(Day("2024-09-30"))), "2024-10-08");
  EXPECT_EQ(FormatDay(BuiltIn().PreviousWorkingDay(Day("2024-10-08"))), "2024-09-30");
}

TEST(WorkingCalendar, CountingAndAddingAgreeOnRandomDays) {
  std::mt19937 random(20240930);
  for (int round = 0; round < 2000; ++round) {
    const absl::CivilDay from = absl::CivilDay(2018, 1, 1) + static_cast<int>(random() % 3200);
    const int count = static_cast<int>(random() % 120) + 1;
    const absl::CivilDay to = BuiltIn().AddWorkingDays(from, count);
    ASSERT_TRUE(BuiltIn().IsWorkingDay(to));
    // (from, to] holds `count` working days.
    ASSERT_EQ(BuiltIn().WorkingDaysBetween(from + 1, to + 1), count) << FormatDay(from);
    ASSERT_EQ(BuiltIn().WorkingDaysBetween(to + 1, from + 1), -count) << FormatDay(from);
    // Back again: the day itself, or the last working day before it.
    ASSERT_EQ(BuiltIn().AddWorkingDays(to, -count), BuiltIn().WorkingDayOnOrBefore(from)) << FormatDay(from);
  }
}

TEST(WorkingCalendar, AYearWithoutANoticeFallsBackToWeekendsAndSaysSo) {
  EXPECT_FALSE(BuiltIn().known(2027));
  EXPECT_TRUE(BuiltIn().IsWorkingDay(Day("2027-10-01")));   // A Friday.
  EXPECT_FALSE(BuiltIn().IsWorkingDay(Day("2027-10-02")));  // A Saturday.
  EXPECT_EQ(FormatDay(BuiltIn().AddWorkingDays(Day("2027-09-30"), 2)), "2027-10-04");
  EXPECT_TRUE(BuiltIn().KnownBetween(Day("2026-12-01"), Day("2026-12-31")));
  EXPECT_FALSE(BuiltIn().KnownBetween(Day("2026-12-01"), Day("2027-01-01")));
  EXPECT_FALSE(BuiltIn().KnownBetween(Day("2027-01-01"), Day("2026-12-01")));
  EXPECT_FALSE(WorkingCalendar().known(2024));
  EXPECT_TRUE(WorkingCalendar().IsWorkingDay(Day("2024-10-01")));
}

TEST(WorkingCalendar, AnAmendedCalendarReplacesItsYearWhole) {
  std::vector<v1::Calendar> calendars = BuiltInCalendars();
  v1::Calendar amended;
  amended.set_year(2024);
  amended.set_version(2);
  v1::Calendar::Day* day = amended.add_days();
  day->set_date("2024-03-08");
  day->set_kind(v1::Calendar::Day::OFF);
  // Versions count, not the order.
  calendars.insert(calendars.begin(), amended);
  const WorkingCalendar calendar(calendars);
  EXPECT_FALSE(calendar.IsWorkingDay(Day("2024-03-08")));
  EXPECT_TRUE(calendar.IsWorkingDay(Day("2024-10-01")));
  EXPECT_FALSE(calendar.IsWorkingDay(Day("2025-10-01")));
}

TEST(HolidayCsv, TheBuiltInYearsCarryTheirNoticesAndVersions) {
  const std::vector<v1::Calendar> calendars = BuiltInCalendars();
  ASSERT_EQ(calendars.size(), 9u);
  EXPECT_EQ(calendars[1].name(), "calendars/y2019");
  EXPECT_EQ(calendars[1].version(), 2);
  EXPECT_EQ(calendars[1].days(0).date(), "2018-12-29");
  EXPECT_EQ(calendars[6].year(), 2024);
  EXPECT_EQ(calendars[6].notice(), "国办发明电〔2023〕7号");
  int days = 0;
  for (const v1::Calendar& calendar : calendars) days += calendar.days_size();
  EXPECT_EQ(days, 314);
}

TEST(HolidayCsv, TheBuiltInFactsAreThoseOfTheReferenceFile) {
  const std::string reference = ReadFile(SourceFolder() + "/../shared/holidays.csv");
  if (reference.empty()) GTEST_SKIP() << "NOTICE: no reference file beside the source tree; comparison not made";
  EXPECT_EQ(ReadFile(SourceFolder() + "/deploy/calendars/holidays.csv"), reference);
}

TEST(HolidayCsv, MarksAndLineEndsOfOtherEditorsAreAccepted) {
  auto calendars = ParseHolidayCsv(
      "\xEF\xBB\xBF"
      "date,kind,name\r\n2024-10-12,work,国庆节\r\n\r\n2024-10-01,off,国庆节");
  ASSERT_TRUE(calendars.ok()) << calendars.status();
  ASSERT_EQ(calendars->size(), 1u);
  EXPECT_EQ(calendars->front().days(0).date(), "2024-10-01");
  EXPECT_EQ(calendars->front().days(1).kind(), v1::Calendar::Day::WORK);
}

TEST(HolidayCsv, AWrongLineIsNamed) {
  struct Row {
    std::string csv, field, says;
  };
  const std::string header = "date,kind,name\n";
  std::string many = header;
  for (absl::CivilDay day(2024, 1, 1); day < absl::CivilDay(2024, 5, 1); ++day) many += FormatDay(day) + ",off,\n";
  std::string long_name;
  for (int i = 0; i < 41; ++i) long_name += "节";
  const Row rows[] = {
      {"day,kind,name\n", "line 1", "header"},
      {header + "2024-10-01,off\n", "line 2", "2 columns"},
      {header + "2024-10-01,off,a,b\n", "line 2", "4 columns"},
      {header + "2024-10-01,off,\n\n2024-02-30,off,\n", "line 4", "2024-02-30"},
      {header + "1989-10-01,off,\n", "line 2", "1990 to 2200"},
      {header + "2024-10-01,holiday,\n", "line 2", "`off` or `work`"},
      {header + "2024-10-01,off,\n2024-10-01,work,\n", "line 3", "second time"},
      {header + "2024-10-01,off," + long_name + "\n", "line 2", "40 characters"},
      {header + "2024-10-01,off,\xff\n", "line 2", "not UTF-8"},
      {many, "line 122", "a year holds 120"},
  };
  for (const Row& row : rows) {
    const absl::Status status = ParseHolidayCsv(row.csv).status();
    EXPECT_EQ(ReasonOf(status), v1::INVALID_FIELD) << row.csv;
    EXPECT_EQ(MetadataOf(status)["field"], row.field) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(row.says));
  }
  many.resize(many.rfind('\n', many.size() - 2) + 1);
  EXPECT_TRUE(ParseHolidayCsv(many).ok());
}

TEST(NoticeCsv, AYearWithoutDaysOrANumberThatIsNoneIsRefused) {
  std::vector<v1::Calendar> calendars = BuiltInCalendars();
  EXPECT_EQ(MetadataOf(ParseNoticeCsv("year,version,notice\n2031,1,x\n", &calendars))["field"], "line 2");
  EXPECT_EQ(MetadataOf(ParseNoticeCsv("year,version,notice\n2024,0,x\n", &calendars))["field"], "line 2");
  EXPECT_EQ(MetadataOf(ParseNoticeCsv("year,notice\n", &calendars))["field"], "line 1");
  EXPECT_TRUE(ParseNoticeCsv("year,version,notice\n2024,3,x\n", &calendars).ok());
  EXPECT_EQ(calendars[6].version(), 3);
}

}  // namespace
}  // namespace duban
