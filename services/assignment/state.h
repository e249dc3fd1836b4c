// Where an assignment stands, computed from its parts. Pure and thread-safe; keeps nothing.

#ifndef DUBAN_SERVICES_ASSIGNMENT_STATE_H_
#define DUBAN_SERVICES_ASSIGNMENT_STATE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/civil_time.h"
#include "common/calendar/working_calendar.h"
#include "common/contract/duty.h"
#include "duban/v1/assignment.pb.h"

namespace duban {

// Days before a deadline at which an assignment turns YELLOW. Inclusive.
inline constexpr int kNearDays = 7;
// Working days after issue within which a unit should have signed. Inclusive.
inline constexpr int kSigningWorkingDays = 3;
// Working days after issue within which a unit may decline, where the plan does not say. Inclusive.
inline constexpr int kDeclineWorkingDays = 5;

// Days since 1970-01-01, as kept rows count them; 1 for all days before the second, because there 0 is never.
uint32_t DayNumber(absl::CivilDay day);

// How an assignment stands, now and by itself later: until somebody acts, its light goes from GREEN to YELLOW to RED
// and never back.
struct Standing {
  v1::Assignment::State state = v1::Assignment::STATE_UNSPECIFIED;
  // The first day on which the light is YELLOW, and RED, as DayNumber; 0: never. A day that has passed says that it is
  // so already. Both 0 where the light is GREY. `red_day` is 0 or not before `yellow_day`.
  uint32_t yellow_day = 0;
  uint32_t red_day = 0;

  friend bool operator==(const Standing&, const Standing&) = default;
};

// The verdict on a submission; VERDICT_UNSPECIFIED while it waits.
v1::Review::Verdict VerdictOn(const v1::Oversight& oversight, std::string_view submission_id);

// ISSUED → RECEIVED → IN_PROGRESS → UNDER_REVIEW → DONE, DECLINED and CANCELLED. What is sent back stands where it
// stood before it was handed in, and what was declined and is binding where it stood before that. Duties judged by
// periods never get to DONE. What a revision changed is ISSUED until it is signed for again, and then stands where it
// stood; what is DONE stays so.
v1::Assignment::State StateOf(const Duty& duty);

// Whether enough results for the period called `key` are accepted.
bool PeriodClosed(const Duty& duty, std::string_view key);

// The last day, inclusive, on which a unit may decline: so many working days after it was told, or was last asked to
// sign because a revision changed what is asked.
absl::CivilDay LastDeclineDay(const Duty& duty, const WorkingCalendar& calendar);

// State and lights; see Assignment.Light.
Standing StandingOf(const Duty& duty, const WorkingCalendar& calendar);

// Whether nothing more is waited for in a state, so that its light is GREY whatever the day.
bool IsGrey(v1::Assignment::State state);

// The light on a day.
v1::Assignment::Light LightOn(const Standing& standing, absl::CivilDay day);

// Changes with every change of order, oversight or execution.
std::string EtagOf(const Duty& duty);

// The assignment as a caller sees it, but for what is kept elsewhere: delivery and decomposition.
v1::Assignment ViewOf(const Duty& duty, const Standing& standing, absl::CivilDay today);

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_STATE_H_
