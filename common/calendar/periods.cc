#include "common/calendar/periods.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "common/base/civil.h"

namespace duban {
namespace {

absl::CivilDay LastOfMonth(absl::CivilDay day) {
  return absl::CivilDay(absl::CivilMonth(day) + 1) - 1;
}

// Whole months, `count` of them, from the first of `first_month` in the year of `day`.
Period Months(std::string key, absl::CivilDay day, int first_month, int count) {
  const absl::CivilDay first(day.year(), first_month, 1);
  return {std::move(key), first, LastOfMonth(absl::CivilDay(day.year(), first_month + count - 1, 1))};
}

// ISO 8601: a week begins on Monday and belongs to the year of its Thursday.
Period Week(absl::CivilDay day) {
  const int after_monday = static_cast<int>(absl::GetWeekday(day));  // Abseil counts from Monday as 0.
  const absl::CivilDay monday = day - after_monday;
  const absl::CivilDay thursday = monday + 3;
  const int week = (absl::GetYearDay(thursday) - 1) / 7 + 1;
  return {absl::StrFormat("%04d-W%02d", thursday.year(), week), monday, monday + 6};
}

}  // namespace

bool IsJudgedByPeriods(const v1::Deadline& deadline) {
  switch (deadline.kind()) {
    case v1::Deadline::WHOLE_PERIOD:
    case v1::Deadline::STANDING:
    case v1::Deadline::PERIODIC:
      return true;
    default:
      return false;
  }
}

v1::Deadline::Frequency FrequencyOf(const v1::Deadline& deadline) {
  if (deadline.kind() != v1::Deadline::PERIODIC) return v1::Deadline::YEARLY;
  return deadline.frequency() == v1::Deadline::FREQUENCY_UNSPECIFIED ? v1::Deadline::YEARLY : deadline.frequency();
}

Period PeriodAt(v1::Deadline::Frequency frequency, absl::CivilDay day) {
  const auto year = day.year();
  switch (frequency) {
    case v1::Deadline::DAILY:
      return {FormatDay(day), day, day};
    case v1::Deadline::WEEKLY:
      return Week(day);
    case v1::Deadline::MONTHLY:
      return Months(absl::StrFormat("%04d-%02d", year, day.month()), day, day.month(), 1);
    case v1::Deadline::QUARTERLY: {
      const int quarter = (day.month() - 1) / 3;
      return Months(absl::StrFormat("%04d-Q%d", year, quarter + 1), day, quarter * 3 + 1, 3);
    }
    case v1::Deadline::HALF_YEARLY: {
      const int half = (day.month() - 1) / 6;
      return Months(absl::StrFormat("%04d-H%d", year, half + 1), day, half * 6 + 1, 6);
    }
    default:
      return Months(absl::StrFormat("%04d", year), day, 1, 12);
  }
}

std::optional<Period> ParsePeriod(v1::Deadline::Frequency frequency, std::string_view key) {
  // Every form begins with the year; walking its periods needs no second grammar.
  const std::optional<absl::CivilDay> new_year = ParseDay(std::string(key.substr(0, 4)) + "-01-01");
  if (!new_year.has_value()) return std::nullopt;
  // The first ISO week of a year can begin in the December before it, the last can end in the January after it.
  const absl::CivilDay end = absl::CivilDay(new_year->year() + 1, 1, 7);
  for (absl::CivilDay day = *new_year; day <= end;) {
    Period period = PeriodAt(frequency, day);
    if (period.key == key) return period;
    day = period.last + 1;
  }
  return std::nullopt;
}

std::vector<Period> PeriodsOf(const v1::Deadline& deadline, int year, absl::CivilDay issued) {
  if (!IsJudgedByPeriods(deadline)) return {};
  const absl::CivilDay new_year(std::max<absl::civil_year_t>(year, issued.year()), 1, 1);
  if (deadline.kind() == v1::Deadline::WHOLE_PERIOD) {
    const std::optional<absl::CivilDay> due = ParseDay(deadline.due());
    Period period = PeriodAt(v1::Deadline::YEARLY, due.value_or(new_year));
    if (due.has_value()) period.last = *due;
    return {period};
  }
  std::vector<Period> periods;
  const v1::Deadline::Frequency frequency = FrequencyOf(deadline);
  for (absl::CivilDay day = std::max(issued, new_year); day.year() == new_year.year();) {
    periods.push_back(PeriodAt(frequency, day));
    day = periods.back().last + 1;
  }
  return periods;
}

int NearDays(const Period& period) {
  return period.last - period.first < 7 ? 0 : 7;
}

}  // namespace duban
