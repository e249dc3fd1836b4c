#include "common/calendar/working_calendar.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "common/base/civil.h"

namespace duban {

WorkingCalendar::WorkingCalendar(const std::vector<v1::Calendar>& calendars) {
  std::map<int, const v1::Calendar*> by_year;
  for (const v1::Calendar& calendar : calendars) {
    const v1::Calendar*& latest = by_year[calendar.year()];
    if (latest == nullptr || calendar.version() >= latest->version()) latest = &calendar;
  }
  for (const auto& [year, calendar] : by_year) {
    years_.insert(year);
    for (const v1::Calendar::Day& day : calendar->days()) {
      const std::optional<absl::CivilDay> date = ParseDay(day.date());
      if (!date.has_value()) continue;
      if (day.kind() != v1::Calendar::Day::OFF && day.kind() != v1::Calendar::Day::WORK) continue;
      named_[*date] = day.kind() == v1::Calendar::Day::WORK;
    }
  }
}

bool WorkingCalendar::IsWorkingDay(absl::CivilDay day) const {
  if (auto named = named_.find(day); named != named_.end()) return named->second;
  const absl::Weekday weekday = absl::GetWeekday(day);
  return weekday != absl::Weekday::saturday && weekday != absl::Weekday::sunday;
}

absl::CivilDay WorkingCalendar::AddWorkingDays(absl::CivilDay day, int count) const {
  const int step = count < 0 ? -1 : 1;
  for (int left = count * step; left > 0;) {
    day += step;
    if (IsWorkingDay(day)) --left;
  }
  return day;
}

int WorkingCalendar::WorkingDaysBetween(absl::CivilDay from, absl::CivilDay to) const {
  if (to < from) return -WorkingDaysBetween(to, from);
  int count = 0;
  for (; from < to; ++from) count += IsWorkingDay(from) ? 1 : 0;
  return count;
}

absl::CivilDay WorkingCalendar::WorkingDayOnOrAfter(absl::CivilDay day) const {
  return IsWorkingDay(day) ? day : NextWorkingDay(day);
}

absl::CivilDay WorkingCalendar::WorkingDayOnOrBefore(absl::CivilDay day) const {
  return IsWorkingDay(day) ? day : PreviousWorkingDay(day);
}

bool WorkingCalendar::KnownBetween(absl::CivilDay from, absl::CivilDay to) const {
  for (int64_t year = std::min(from, to).year(); year <= std::max(from, to).year(); ++year) {
    if (!known(static_cast<int>(year))) return false;
  }
  return true;
}

}  // namespace duban
