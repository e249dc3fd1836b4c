#include "common/calendar/periods.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "common/base/civil.h"

namespace duban {
namespace {

using D = v1::Deadline;

// Both inclusive.
struct Days {
  absl::CivilDay first;
  absl::CivilDay last;
};

// How many months a period has that is made of whole months.
int MonthsIn(D::Frequency frequency) {
  switch (frequency) {
    case D::MONTHLY:
      return 1;
    case D::QUARTERLY:
      return 3;
    case D::HALF_YEARLY:
      return 6;
    default:
      return 12;
  }
}

// Which of the parts of `count` months of its year holds `day`, from 0.
int PartOfYear(absl::CivilDay day, int count) {
  return (day.month() - 1) / count;
}

absl::CivilDay MondayOf(absl::CivilDay day) {
  return day - static_cast<int>(absl::GetWeekday(day));  // Abseil counts from Monday as 0.
}

Days DaysAt(D::Frequency frequency, absl::CivilDay day) {
  if (frequency == D::DAILY) return {day, day};
  if (frequency == D::WEEKLY) return {MondayOf(day), MondayOf(day) + 6};
  const int months = MonthsIn(frequency);
  const absl::CivilMonth first(day.year(), PartOfYear(day, months) * months + 1);
  return {absl::CivilDay(first), absl::CivilDay(first + months) - 1};
}

std::string KeyAt(D::Frequency frequency, absl::CivilDay day) {
  switch (frequency) {
    case D::DAILY:
      return FormatDay(day);
    case D::WEEKLY: {
      // ISO 8601: a week belongs to the year of its Thursday.
      const absl::CivilDay thursday = MondayOf(day) + 3;
      return absl::StrFormat("%04d-W%02d", thursday.year(), (absl::GetYearDay(thursday) - 1) / 7 + 1);
    }
    case D::MONTHLY:
      return absl::StrFormat("%04d-%02d", day.year(), day.month());
    case D::QUARTERLY:
      return absl::StrFormat("%04d-Q%d", day.year(), PartOfYear(day, 3) + 1);
    case D::HALF_YEARLY:
      return absl::StrFormat("%04d-H%d", day.year(), PartOfYear(day, 6) + 1);
    default:
      return absl::StrFormat("%04d", day.year());
  }
}

// `text` as a number, where it has exactly `digits` digits.
std::optional<int> Digits(std::string_view text, size_t digits) {
  if (text.size() != digits) return std::nullopt;
  int number = 0;
  for (const char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return number;
}

// The number, from 1 to `most`, that stands in a key behind its year and `mark`.
std::optional<int> NumberIn(std::string_view key, std::string_view mark, size_t digits, int most) {
  if (!key.substr(4).starts_with(mark)) return std::nullopt;
  const std::optional<int> number = Digits(key.substr(4 + mark.size()), digits);
  return number.has_value() && *number >= 1 && *number <= most ? number : std::nullopt;
}

std::optional<absl::CivilDay> FirstDayOfWeek(int year, std::string_view key) {
  const std::optional<int> week = NumberIn(key, "-W", 2, 53);
  if (!week.has_value()) return std::nullopt;
  // ISO 8601: the 4th of January is always in the first week.
  const absl::CivilDay monday = MondayOf(absl::CivilDay(year, 1, 4)) + (*week - 1) * 7;
  return (monday + 3).year() == year ? std::optional(monday) : std::nullopt;
}

// The number of a key's part of the year.
std::optional<int> PartIn(D::Frequency frequency, std::string_view key) {
  switch (frequency) {
    case D::MONTHLY:
      return NumberIn(key, "-", 2, 12);
    case D::QUARTERLY:
      return NumberIn(key, "-Q", 1, 4);
    case D::HALF_YEARLY:
      return NumberIn(key, "-H", 1, 2);
    default:
      return key.size() == 4 ? std::optional(1) : std::nullopt;
  }
}

}  // namespace

bool IsJudgedByPeriods(const D& deadline) {
  switch (deadline.kind()) {
    case D::WHOLE_PERIOD:
    case D::STANDING:
    case D::PERIODIC:
      return true;
    default:
      return false;
  }
}

D::Frequency FrequencyOf(const D& deadline) {
  if (deadline.kind() != D::PERIODIC) return D::YEARLY;
  return deadline.frequency() == D::FREQUENCY_UNSPECIFIED ? D::YEARLY : deadline.frequency();
}

Period PeriodAt(D::Frequency frequency, absl::CivilDay day) {
  const Days days = DaysAt(frequency, day);
  return {KeyAt(frequency, day), days.first, days.last};
}

std::optional<absl::CivilDay> FirstDayOf(D::Frequency frequency, std::string_view key) {
  if (frequency == D::DAILY) return ParseDay(key);
  const std::optional<int> year = Digits(key.substr(0, 4), 4);
  if (!year.has_value() || *year < 1900) return std::nullopt;
  if (frequency == D::WEEKLY) return FirstDayOfWeek(*year, key);
  const std::optional<int> part = PartIn(frequency, key);
  if (!part.has_value()) return std::nullopt;
  return absl::CivilDay(*year, (*part - 1) * MonthsIn(frequency) + 1, 1);
}

std::optional<Period> ParsePeriod(D::Frequency frequency, std::string_view key) {
  const std::optional<absl::CivilDay> first = FirstDayOf(frequency, key);
  if (!first.has_value()) return std::nullopt;
  return PeriodAt(frequency, *first);
}

void WalkPeriods(const D& deadline, int year, absl::CivilDay issued,
                 absl::FunctionRef<bool(absl::CivilDay first, absl::CivilDay last)> visit) {
  if (!IsJudgedByPeriods(deadline)) return;
  const absl::CivilDay new_year(std::max<absl::civil_year_t>(year, issued.year()), 1, 1);
  if (deadline.kind() == D::WHOLE_PERIOD) {
    const std::optional<absl::CivilDay> due = ParseDay(deadline.due());
    const Days whole = DaysAt(D::YEARLY, due.value_or(new_year));
    visit(whole.first, due.value_or(whole.last));
    return;
  }
  const D::Frequency frequency = FrequencyOf(deadline);
  for (absl::CivilDay day = std::max(issued, new_year); day.year() == new_year.year();) {
    const Days days = DaysAt(frequency, day);
    if (!visit(days.first, days.last)) return;
    day = days.last + 1;
  }
}

std::vector<Period> PeriodsOf(const D& deadline, int year, absl::CivilDay issued) {
  const D::Frequency frequency = FrequencyOf(deadline);
  std::vector<Period> periods;
  WalkPeriods(deadline, year, issued, [&](absl::CivilDay first, absl::CivilDay last) {
    periods.push_back({KeyAt(frequency, first), first, last});
    return true;
  });
  return periods;
}

int NearDays(absl::CivilDay first, absl::CivilDay last) {
  return last - first < 7 ? 0 : 7;
}

}  // namespace duban
