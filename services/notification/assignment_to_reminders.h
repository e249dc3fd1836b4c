// From an assignment to its reminders: who has to be told what, and when.
//
// The third of the three arrows. Pure: data in, data out; no clock, no disk, no RPC, no log. The same assignment,
// policy and calendar give the same reminders with the same names, in every run. Thread-safe. Errors: none; what cannot
// be planned (no date, no recipient) gives no reminder.
//
// A node plans only its own: reminders to the unit at the node where the unit works, those to the issuer (ESCALATION)
// at the issuer's node. So no two levels send the same one.

#ifndef DUBAN_SERVICES_NOTIFICATION_ASSIGNMENT_TO_REMINDERS_H_
#define DUBAN_SERVICES_NOTIFICATION_ASSIGNMENT_TO_REMINDERS_H_

#include <string_view>
#include <vector>

#include "common/calendar/working_calendar.h"
#include "duban/v1/assignment.pb.h"
#include "duban/v1/reminder.pb.h"

namespace duban {

// What an assignment is judged by. All outlive the call.
struct ReminderContext {
  const v1::ReminderPolicy& policy;
  const WorkingCalendar& calendar;
  // The node that plans.
  std::string_view node;
  // What the directory calls the unit and the issuer today; empty: as the assignment says.
  std::string_view unit_display_name = {};
  std::string_view issuer_display_name = {};
};

// The reminders that `assignment`, joined with its execution, asks for: by nominal time, then by name. State, attempts
// and etag are not set. Rules:
// - Nothing for what is closed: cancelled, or its result accepted. A standing or periodic duty closes period by period.
// - UNSIGNED: so many working days after the day of issue, while the unit has not signed.
// - BEFORE_DUE, DUE, OVERDUE: around `due` of a BY_DATE or WHOLE_PERIOD deadline. A due day that is not worked counts
// as
//   the last working day before it, so that the reminder finds somebody at the desk; overdue days are counted from the
//   due day itself. None while a result waits for review: the unit has done its part.
// - ESCALATION: so many working days after `due`, to the issuer; while a result waits, it asks for the review.
// - PERIODIC_REPORT: for a PERIODIC duty so many working days before the end of each period it is judged by (of each
//   week, where that is a day), unless enough results for it are handed in or accepted; for a STANDING duty before the
//   end of each quarter, unless the quarter has a report or the year a result; the last quarter asks for the result.
//   From issue to the end of the plan's year. Where the days reach out of the period, on its first working day.
// - A deadline in WORKING_DAYS after an event, or none, has no date to remind of.
// - Nothing whose time had passed before the assignment was issued, before its deadline was last changed, or while a
//   result that was returned later waited for review.
std::vector<v1::Reminder> AssignmentToReminders(const v1::Assignment& assignment, const ReminderContext& context);

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_ASSIGNMENT_TO_REMINDERS_H_
