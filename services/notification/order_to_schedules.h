// From an order to its schedules: when somebody has to be told something about it; and whom, when that time has come.
//
// The third of the three arrows. Pure: data in, data out; no clock, no disk, no RPC, no log. The same order, policy and
// calendar give the same schedules with the same keys, in every run. Thread-safe. Errors: none; what cannot be planned
// (no date, nobody here) gives no schedule.
//
// A schedule is one time at which reminders come of an order by one rule, however many units that concerns. Who gets
// one is judged when the time has come, unit by unit (ScheduleJudge). A node plans only its own: reminders to a unit at
// the node where the unit works, those to the issuer (ESCALATION) at the issuer's node. So no two levels send the same
// one.

#ifndef DUBAN_SERVICES_NOTIFICATION_ORDER_TO_SCHEDULES_H_
#define DUBAN_SERVICES_NOTIFICATION_ORDER_TO_SCHEDULES_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/calendar/working_calendar.h"
#include "duban/storage/v1/notification.pb.h"
#include "duban/v1/order.pb.h"
#include "duban/v1/reminder.pb.h"

namespace duban {

// What tells apart the schedules of an order. With the unit it makes the id of a reminder, so receivers know it: never
// change how it is written.
struct ScheduleKey {
  v1::Reminder::Reason reason = v1::Reminder::REASON_UNSPECIFIED;
  // Working days before or after the day; 0 for DUE and PERIODIC_REPORT. For URGE the minute of the day, from 0.
  int days = 0;
  // The due day; the last day of the period for PERIODIC_REPORT; the day on which it was last asked to sign for
  // UNSIGNED; that of the urge for URGE.
  absl::CivilDay day;

  // `u1-20240304`, `b5-20240930`, `d-20240930`, `o3-20240930`, `e2-20240930`, `p-20240331`, `n541-20240304`.
  std::string ToString() const;
  static std::optional<ScheduleKey> Parse(std::string_view text);

  friend bool operator==(const ScheduleKey&, const ScheduleKey&) = default;
};

struct PlannedSchedule {
  ScheduleKey key;
  // When it goes out.
  absl::Time time;
};

// What the issuer said to single units of an order, as far as schedules depend on it.
struct OwnTimes {
  // Due days that were granted.
  std::set<absl::CivilDay> due;
  // Minutes in which urges of units go out: those in which they were urged, or where somebody said something else in
  // the same minute before, the next ones that are free.
  std::set<absl::Time> urged;

  friend bool operator==(const OwnTimes&, const OwnTimes&) = default;
};

// That of one unit: the latest day it was granted, and all its urges.
OwnTimes OwnTimesOf(const v1::Oversight& oversight);

// The key of the schedule of urges in one minute.
ScheduleKey UrgeKey(absl::Time minute);

// What schedules are planned by. All outlive the call.
struct ScheduleContext {
  const v1::ReminderPolicy& policy;
  const WorkingCalendar& calendar;
  // The node that plans.
  std::string_view node;
  OwnTimes own_times = {};
};

// The day by which it has to be done; nothing where it has none.
std::optional<absl::CivilDay> DueOf(const v1::Deadline& deadline);
// Whether a duty comes back by periods instead of ending on a day.
bool IsRecurring(const v1::Deadline& deadline);

// The schedules that `order`, addressed by `list`, asks for, by time, then by key. Rules:
// - UNSIGNED: so many working days after each day on which units were told, or were asked to sign again because a
//   revision changed what it asks.
// - BEFORE_DUE, DUE, OVERDUE: around `due` of a BY_DATE or WHOLE_PERIOD deadline, and around each day that was granted
//   to a unit instead. A due day that is not worked counts
//   as the last working day before it, so that the reminder finds somebody at the desk; overdue days are counted from
//   the due day itself.
// - ESCALATION: so many working days after those days, to the issuer.
// - URGE: for each minute in which an urge of a unit goes out: at once, other words within a minute one minute later.
// - PERIODIC_REPORT: for a PERIODIC duty so many working days before the end of each period it is judged by (of each
//   week, where that is a day); for a STANDING duty before the end of each quarter; the last quarter asks for the
//   result. From issue to the end of the plan's year. Where the days reach out of the period, on its first working day.
// - A deadline in WORKING_DAYS after an event, or none, has no date to remind of.
// - Nothing whose time had passed before the first unit was told, or before the deadline was last changed.
std::vector<PlannedSchedule> OrderToSchedules(const v1::Order& order, const storage::v1::ListHead& list,
                                              const ScheduleContext& context);

// What is to be said to one unit, or about it to the issuer.
struct Judgement {
  bool wanted = false;
  bool signed_for = false;
  // A result waits for review.
  bool under_review = false;
  // The due day that binds the unit; nothing where it has none.
  std::optional<absl::CivilDay> due = {};
  // URGE: what the issuer said.
  std::string urge = {};
};

// A period at whose end a reminder asks for something.
struct CheckIn {
  absl::CivilDay first;
  absl::CivilDay last;
  // Results about these periods of the duty serve it, as many as `results`.
  std::vector<std::string> keys;
  int results = 1;
  // A report of its days serves it too: nothing is judged yet.
  bool report_serves = false;
};

// Judges who gets a reminder of one schedule.
class ScheduleJudge {
 public:
  // `order` and `calendar` outlive it.
  ScheduleJudge(const v1::Order& order, const ScheduleKey& key, absl::Time time, const WorkingCalendar& calendar);

  // Wanted is a reminder to a unit that
  // - has not signed for what is asked now, for UNSIGNED;
  // - has not handed in a result that waits for review or is accepted, for BEFORE_DUE, DUE and OVERDUE;
  // - has no result that is accepted, for ESCALATION; while one waits, it asks for the review;
  // - has not handed in enough results for the period, for PERIODIC_REPORT; in the first three quarters of a standing
  //   duty a report is enough;
  // - was urged in that minute, and has not handed in a result that waits, for URGE;
  // where it is about a due day, the one that binds the unit; and never for what is cancelled or declined, whose time
  // had passed before the unit was told or the deadline was last changed for it, or before a result or a decline was
  // sent back: who gets it back knows.
  // Not thread-safe.
  Judgement operator()(const storage::v1::ListedUnit& unit, const storage::v1::DutyActs& acts);

 private:
  absl::Time IssueTimeOf(const storage::v1::ListedUnit& unit) const;
  // Fills in the due day that binds a unit; since when it does, at the earliest.
  absl::Time TakeDue(const v1::Oversight& oversight, Judgement& judgement) const;
  // Whether what has been judged so far asks for the reminder, whose time may not lie before `start`.
  bool Wants(const storage::v1::ListedUnit& unit, const v1::Execution& execution, const v1::Oversight& oversight,
             absl::Time start, Judgement& judgement);
  // When it was last asked to sign.
  absl::Time AskTimeOf(const storage::v1::ListedUnit& unit) const;
  // Whether it has signed for what is asked now.
  bool IsSigned(const storage::v1::ListedUnit& unit, const v1::Execution& execution) const;
  // The check-in of this schedule for units that were told on `issued`; null where it is none of theirs.
  const CheckIn* CheckInFor(absl::CivilDay issued);
  bool PeriodAsks(const CheckIn& check_in, const v1::Execution& execution, const v1::Oversight& oversight) const;

  const v1::Order& order_;
  const ScheduleKey key_;
  const absl::Time time_;
  const WorkingCalendar& calendar_;
  std::map<absl::CivilDay, std::optional<CheckIn>> check_ins_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_ORDER_TO_SCHEDULES_H_
