// Where an assignment stands, computed from its two halves and never stored. Pure and thread-safe; keeps nothing.

#ifndef DUBAN_SERVICES_ASSIGNMENT_STATE_H_
#define DUBAN_SERVICES_ASSIGNMENT_STATE_H_

#include <string>
#include <string_view>

#include "absl/time/civil_time.h"
#include "common/calendar/working_calendar.h"
#include "duban/v1/assignment.pb.h"

namespace duban {

// Days before a deadline at which an assignment turns YELLOW. Inclusive.
inline constexpr int kNearDays = 7;
// Working days after issue within which a unit should have signed. Inclusive.
inline constexpr int kSigningWorkingDays = 3;

// The verdict on a submission; VERDICT_UNSPECIFIED while it waits.
v1::Review::Verdict VerdictOn(const v1::Assignment& assignment, std::string_view submission_id);

// ISSUED → RECEIVED → IN_PROGRESS → UNDER_REVIEW → DONE, and CANCELLED. What is sent back stands where it stood before
// it was handed in. Duties judged by periods never get to DONE.
v1::Assignment::State StateOf(const v1::Assignment& assignment, const v1::Execution& execution);

// Whether enough results for the period called `key` are accepted.
bool PeriodClosed(const v1::Assignment& assignment, const v1::Execution& execution, std::string_view key);

// The light for a day; see Assignment.Light.
v1::Assignment::Light LightOf(const v1::Assignment& assignment, const v1::Execution& execution, absl::CivilDay today,
                              const WorkingCalendar& calendar);

// Changes with every change of either half.
std::string EtagOfHalves(const v1::Assignment& assignment, const v1::Execution& execution);

// The assignment as a caller sees it: with its other half, state, light and etag.
v1::Assignment ViewOf(v1::Assignment assignment, const v1::Execution& execution, absl::CivilDay today,
                      const WorkingCalendar& calendar);

// Takes away what is joined or computed when read, and is never stored.
void ClearComputed(v1::Assignment& assignment);

// 签收 and its kin, for messages.
std::string_view StateInChinese(v1::Assignment::State state);

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_STATE_H_
