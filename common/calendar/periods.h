// The periods by which duties without an end are judged: a year for standing and whole-period duties, else what the
// deadline's frequency says. Pure and thread-safe; keeps nothing.

#ifndef DUBAN_COMMON_CALENDAR_PERIODS_H_
#define DUBAN_COMMON_CALENDAR_PERIODS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/civil_time.h"
#include "duban/v1/deadline.pb.h"

namespace duban {

struct Period {
  // `2024`, `2024-H1`, `2024-Q3`, `2024-09`, `2024-W07` (ISO 8601), `2024-03-05`.
  std::string key;
  // Both inclusive.
  absl::CivilDay first;
  absl::CivilDay last;

  friend bool operator==(const Period&, const Period&) = default;
};

// Whether a duty never finishes and is judged by its periods: 全年, 常态化, 每月 and the like.
bool IsJudgedByPeriods(const v1::Deadline& deadline);

// How often a duty is judged; YEARLY for all that is not PERIODIC and for a PERIODIC one that does not say.
v1::Deadline::Frequency FrequencyOf(const v1::Deadline& deadline);

// The period of a frequency that holds `day`.
Period PeriodAt(v1::Deadline::Frequency frequency, absl::CivilDay day);

// The period called `key`; nothing where it is not the name of a period of this frequency.
std::optional<Period> ParsePeriod(v1::Deadline::Frequency frequency, std::string_view key);

// The first day of the period called `key`, without making the period.
std::optional<absl::CivilDay> FirstDayOf(v1::Deadline::Frequency frequency, std::string_view key);

// The periods a duty with this deadline is judged by, in order: those of the plan's year (of the year of issue, where
// it was issued later) that had not ended when it was issued. A whole-period duty has one, which ends on its due day. A
// duty that is not judged by periods has none.
std::vector<Period> PeriodsOf(const v1::Deadline& deadline, int year, absl::CivilDay issued);

// Visits the first and last day of each of them in order, without making their keys, until `visit` returns false.
void WalkPeriods(const v1::Deadline& deadline, int year, absl::CivilDay issued,
                 absl::FunctionRef<bool(absl::CivilDay first, absl::CivilDay last)> visit);

// The most days before the end of a period at which it counts as nearly due: a week, but only the last day where the
// period is itself no longer than a week.
int NearDays(absl::CivilDay first, absl::CivilDay last);

}  // namespace duban

#endif  // DUBAN_COMMON_CALENDAR_PERIODS_H_
