// Keeps what is planned equal to what the arrow expects: follows assignments, units and calendars, and writes the
// difference in the same command.
//
// Threads: every method but the constructor runs where its transaction runs; the cache of the calendar looks after
// itself. Errors: those of the store.

#ifndef DUBAN_SERVICES_NOTIFICATION_REMINDER_PLANNER_H_
#define DUBAN_SERVICES_NOTIFICATION_REMINDER_PLANNER_H_

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/calendar/working_calendar.h"
#include "common/store/transaction.h"
#include "duban/storage/v1/notification.pb.h"
#include "duban/v1/assignment.pb.h"
#include "duban/v1/feed.pb.h"
#include "duban/v1/reminder.pb.h"

namespace duban {

inline constexpr char kDefaultPolicy[] = "policies/default";

// The policy of a node that never changed its own.
v1::ReminderPolicy DefaultReminderPolicy();

// The policy called `name`; `policies/default` always exists. Sequence 0 where it was never changed.
absl::StatusOr<std::optional<Stored<v1::ReminderPolicy>>> FindPolicy(const ReadView& view, std::string_view name);

class ReminderPlanner {
 public:
  explicit ReminderPlanner(std::string node) : node_(std::move(node)) {}

  // Takes in an entry of the assignment feed: keeps the half. Entries of other kinds are passed over.
  absl::Status ApplyAssignment(Transaction& transaction, const v1::FeedEntry& entry);

  // Ends a page of the assignment feed, in the same write: plans the reminders of the assignments that `names`, the
  // entities of the page, are halves of. A page often brings both halves, so planning waits for its end.
  absl::Status FinishAssignments(Transaction& transaction, const std::set<std::string>& names, absl::Time now);

  // Takes in an entry of the plan feed: units give names, calendars working days. What changes a reminder starts a
  // replanning.
  absl::Status ApplyPlan(Transaction& transaction, const v1::FeedEntry& entry);

  // Plans every assignment anew from now on, in steps.
  static void StartReplanning(Transaction& transaction);
  static absl::StatusOr<bool> IsReplanning(const ReadView& view);

  // One step: the next 100 assignments. Nothing happens where nothing is being replanned.
  absl::Status ContinueReplanning(Transaction& transaction, absl::Time now);

  // After the store was lost or restored, before anything is planned: reminders of a time up to `alive_until` count as
  // sent. New ones are dropped; those that wait, of which a restored store does not know what became, are MISSED.
  static absl::Status Rebuilt(Transaction& transaction, absl::Time alive_until);

  // Plans one assignment anew, such as one whose reminder is about to go out while a replanning is under way.
  absl::Status Replan(Transaction& transaction, std::string_view assignment, absl::Time now);

 private:
  // What a change means for reminders whose time has passed already.
  enum class Past {
    // The assignment itself brings them: they are caught up with, or counted as missed.
    kCatchUp,
    // A new policy or calendar invents them: they are noted as dropped and never sent.
    kDrop,
  };

  // Makes the stored reminders those that the arrow expects of `copy`, and writes it as local row `row`. Sent ones
  // stay; so do those that are DEAD or MISSED while they are still expected.
  absl::Status Plan(Transaction& transaction, std::string_view row, storage::v1::AssignmentCopy& copy, absl::Time now,
                    Past past);
  // Writes one expected reminder; `stored` is null where there is none yet.
  absl::Status PlanOne(Transaction& transaction, const v1::Reminder* stored, const v1::Reminder& expected);
  absl::StatusOr<std::vector<v1::Reminder>> Expected(const ReadView& view, const v1::Assignment& assignment);
  absl::Status ApplyCalendar(Transaction& transaction, const v1::FeedEntry& entry);
  absl::Status ApplyUnit(Transaction& transaction, const v1::FeedEntry& entry);
  absl::StatusOr<std::shared_ptr<const WorkingCalendar>> CalendarOf(const ReadView& view);

  const std::string node_;
  Mutex mu_;
  // tidy: allow command-state because it is made from the bytes of the calendar row and read anew where they differ
  std::string calendar_bytes_ ABSL_GUARDED_BY(mu_);
  // tidy: allow command-state because it goes with calendar_bytes_
  std::shared_ptr<const WorkingCalendar> calendar_ ABSL_GUARDED_BY(mu_);
};

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_REMINDER_PLANNER_H_
