#include "common/calendar/holiday_data.h"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_join.h"
#include "common/base/civil.h"
#include "common/base/csv.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "common/calendar/built_in_csv.h"

namespace duban {
namespace {

constexpr int kMaxDays = 120;
constexpr size_t kMaxHoliday = 40;
constexpr size_t kMaxNotice = 100;
constexpr int kMinYear = 1990;
constexpr int kMaxYear = 2200;

absl::Status BadLine(int line, std::string_view english, std::string_view chinese) {
  return InvalidField(StrCat("line ", line), english, chinese);
}

// Hands each record behind the header to `row`, with its line, in three columns.
absl::Status ForEachRow(std::string_view csv, const std::vector<std::string>& header,
                        const std::function<absl::Status(int, const std::vector<std::string>&)>& row) {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<CsvRecord> records, ParseCsv(csv));
  const std::string names = absl::StrJoin(header, ",");
  for (size_t i = 0; i < records.size(); ++i) {
    const auto& [line, cells] = records[i];
    if (i == 0) {
      if (cells == header) continue;
      return BadLine(line, StrCat("has to be the header `", names, "`"), StrCat("应为表头“", names, "”"));
    }
    if (cells.size() != header.size()) {
      return BadLine(line, StrCat("has ", cells.size(), " columns; write `", names, "`"),
                     StrCat("有", cells.size(), "列，应为“", names, "”三列"));
    }
    DUBAN_RETURN_IF_ERROR(row(line, cells));
  }
  return absl::OkStatus();
}

absl::Status CheckText(int line, std::string_view text, size_t max_length) {
  const std::optional<size_t> length = CodePoints(text);
  if (length.has_value() && *length <= max_length) return absl::OkStatus();
  return BadLine(line, StrCat("has a text that is not UTF-8 or longer than ", max_length, " characters; shorten it"),
                 StrCat("的文字不是UTF-8编码或超过", max_length, "字，请修改"));
}

// The year whose notice names the day.
int NoticeYear(absl::CivilDay date, std::string_view holiday) {
  return static_cast<int>(date.year()) + (date.month() == 12 && holiday == "元旦" ? 1 : 0);
}

absl::StatusOr<v1::Calendar::Day> ParseRow(int line, const std::vector<std::string>& columns) {
  const std::optional<absl::CivilDay> date = ParseDay(columns[0]);
  if (!date.has_value() || date->year() < kMinYear || date->year() > kMaxYear) {
    return BadLine(line, StrCat("has no date `YYYY-MM-DD` of 1990 to 2200 in column `date`: `", columns[0], "`"),
                   StrCat("的date列“", columns[0], "”不是1990至2200年间的日期（YYYY-MM-DD）"));
  }
  v1::Calendar::Day day;
  day.set_date(FormatDay(*date));
  if (columns[1] == "off") {
    day.set_kind(v1::Calendar::Day::OFF);
  } else if (columns[1] == "work") {
    day.set_kind(v1::Calendar::Day::WORK);
  } else {
    return BadLine(line, StrCat("has `", columns[1], "` in column `kind`; write `off` or `work`"),
                   StrCat("的kind列为“", columns[1], "”，应为off（放假）或work（调休上班）"));
  }
  DUBAN_RETURN_IF_ERROR(CheckText(line, columns[2], kMaxHoliday));
  day.set_holiday(columns[2]);
  return day;
}

}  // namespace

absl::StatusOr<std::vector<v1::Calendar>> ParseHolidayCsv(std::string_view csv) {
  std::map<int, std::map<std::string, v1::Calendar::Day>> years;
  std::set<std::string> dates;
  auto add = [&](int line, const std::vector<std::string>& columns) -> absl::Status {
    DUBAN_ASSIGN_OR_RETURN(v1::Calendar::Day day, ParseRow(line, columns));
    if (!dates.insert(day.date()).second) {
      return BadLine(line, StrCat("gives ", day.date(), " a second time; keep one"),
                     StrCat("重复给出", day.date(), "，请只保留一行"));
    }
    auto& days = years[NoticeYear(*ParseDay(day.date()), day.holiday())];
    if (days.size() == kMaxDays) {
      return BadLine(line, StrCat("is one day too many: a year holds ", kMaxDays),
                     StrCat("超出限制：每年最多", kMaxDays, "天"));
    }
    std::string date = day.date();
    days.emplace(std::move(date), std::move(day));
    return absl::OkStatus();
  };
  DUBAN_RETURN_IF_ERROR(ForEachRow(csv, {"date", "kind", "name"}, add));
  std::vector<v1::Calendar> calendars;
  for (const auto& [year, days] : years) {
    v1::Calendar& calendar = calendars.emplace_back();
    calendar.set_name(StrCat("calendars/y", year));
    calendar.set_year(year);
    calendar.set_version(1);
    for (const auto& [date, day] : days) *calendar.add_days() = day;
  }
  return calendars;
}

absl::Status ParseNoticeCsv(std::string_view csv, std::vector<v1::Calendar>* calendars) {
  return ForEachRow(
      csv, {"year", "version", "notice"}, [&](int line, const std::vector<std::string>& columns) -> absl::Status {
        int year = 0;
        int version = 0;
        if (!ParseNumber(columns[0], &year) || !ParseNumber(columns[1], &version) || version < 1) {
          return BadLine(line, "needs numbers in columns `year` and `version`", "的year列和version列应为数字");
        }
        DUBAN_RETURN_IF_ERROR(CheckText(line, columns[2], kMaxNotice));
        for (v1::Calendar& calendar : *calendars) {
          if (calendar.year() != year) continue;
          calendar.set_version(version);
          calendar.set_notice(columns[2]);
          return absl::OkStatus();
        }
        return BadLine(line, StrCat("names ", year, ", a year without days"), StrCat("所列", year, "年没有放假数据"));
      });
}

std::vector<v1::Calendar> BuiltInCalendars() {
  absl::StatusOr<std::vector<v1::Calendar>> calendars = ParseHolidayCsv(kBuiltInHolidaysCsv);
  // The data is compiled in and tested; were it broken, weekends alone would be the honest rest, and known() says so.
  if (!calendars.ok() || !ParseNoticeCsv(kBuiltInNoticesCsv, &*calendars).ok()) return {};
  return *std::move(calendars);
}

}  // namespace duban
