// Working days: the weekly pattern of five days on and two off, corrected by the State Council's holiday notices with
// their days off and their make-up working days (调休上班).
//
// A WorkingCalendar is immutable and may be used from any thread. It keeps no reference to what it was built from.
// Errors: none; a year without a notice falls back to weekends, and known() says so.

#ifndef DUBAN_COMMON_CALENDAR_WORKING_CALENDAR_H_
#define DUBAN_COMMON_CALENDAR_WORKING_CALENDAR_H_

#include <map>
#include <set>
#include <vector>

#include "absl/time/civil_time.h"
#include "duban/v1/calendar.pb.h"

namespace duban {

class WorkingCalendar {
 public:
  // Knows no notice: weekends only.
  WorkingCalendar() = default;

  // Of several calendars for one year the one with the highest version counts, of equal versions the last. A notice may
  // name days of the December before its year; where two notices name a day, that of the later year counts. Days whose
  // date or kind is not valid are passed over.
  explicit WorkingCalendar(const std::vector<v1::Calendar>& calendars);

  // Whether people work on `day`.
  bool IsWorkingDay(absl::CivilDay day) const;

  // The `count`-th working day after `day`, or, where `count` is negative, the `-count`-th before it; `day` itself,
  // working or not, for 0. Days are counted, never hours. Range of `count`: -10,000 to 10,000.
  absl::CivilDay AddWorkingDays(absl::CivilDay day, int count) const;

  // Number of working days in [from, to); negative where `to` is before `from`.
  int WorkingDaysBetween(absl::CivilDay from, absl::CivilDay to) const;

  // The first working day after `day`, and the last one before it.
  absl::CivilDay NextWorkingDay(absl::CivilDay day) const { return AddWorkingDays(day, 1); }
  absl::CivilDay PreviousWorkingDay(absl::CivilDay day) const { return AddWorkingDays(day, -1); }

  // `day` where it is a working day; else the first one after it, or the last one before it.
  absl::CivilDay WorkingDayOnOrAfter(absl::CivilDay day) const;
  absl::CivilDay WorkingDayOnOrBefore(absl::CivilDay day) const;

  // Whether the notice of `year` is there. Without it the year's weekends count as days off and nothing else does.
  bool known(int year) const { return years_.count(year) > 0; }

  // Whether the notices of all years of [from, to] are there (both days included, in either order).
  bool KnownBetween(absl::CivilDay from, absl::CivilDay to) const;

 private:
  // Days that a notice names: whether they are worked.
  std::map<absl::CivilDay, bool> named_;
  std::set<int> years_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_CALENDAR_WORKING_CALENDAR_H_
