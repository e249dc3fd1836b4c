// What happens to schedules and reminders, within one command: what time does to them, and what jobs do.
//
// A schedule whose time has come becomes reminders in steps, a page of addressees each; how far it has come stands in
// its own row, in the same write as the reminders it became. So each reminder comes into being once, whatever dies in
// between.
//
// One object for each command; not thread-safe. Everything it is given outlives it. Call Begin first and Finish last.
// Errors: those of the store, and those named.

#ifndef DUBAN_SERVICES_NOTIFICATION_QUEUE_WORK_H_
#define DUBAN_SERVICES_NOTIFICATION_QUEUE_WORK_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/calendar/working_calendar.h"
#include "common/store/transaction.h"
#include "duban/storage/v1/notification.pb.h"
#include "duban/v1/notification_service.pb.h"
#include "services/notification/directory_cache.h"
#include "services/notification/queue_clock.h"
#include "services/notification/reminder_batch.h"
#include "services/notification/reminder_queue.h"
#include "services/notification/schedule_planner.h"

namespace duban {

// What a lease asks for.
struct LeaseAsk {
  // At least 1.
  int max = 1;
  absl::Duration lease;
  // Only those to this unit; empty: to any.
  std::string_view recipient = {};
  std::string_view token = {};
};

// Why a reminder cannot be confirmed, in words: RESOURCE_NOT_FOUND, LEASE_NOT_HELD, WRONG_STATE.
absl::Status RefusalOf(v1::ErrorReason reason, std::string_view name, v1::Reminder::State state);

class QueueWork {
 public:
  QueueWork(Transaction& transaction, SchedulePlanner* planner, DirectoryCache* cache, const ClockReading& clock)
      : transaction_(transaction), planner_(planner), cache_(cache), clock_(clock) {}

  absl::Status Begin();
  void Finish();
  // Has what was seen of the clocks written with the command, even if nothing else is.
  void NoteClock() { notes_clock_ = true; }
  const Moment& moment() const { return *moment_; }
  const v1::ReminderPolicy& policy() const { return policy_; }

  // --- What time does ---

  // One step of a schedule in the queue: the next page of addressees. Returns the batches that hold new reminders.
  absl::StatusOr<std::vector<BatchId>> RunStep(const QueuePlace& place);
  // At most `max` steps of schedules whose time has come, the earliest first. Returns how many it made.
  absl::StatusOr<int> RunSchedules(int max);
  // Frees what a job held for too long and what has rested long enough, in at most `max` batches. Returns how many
  // batches it looked at.
  absl::StatusOr<int> FreeHeld(int max);
  // Marks as missed what has waited for longer than the catch-up window, in at most `max` batches. Returns how many it
  // changed.
  absl::StatusOr<int> MarkMissed(int max);

  // --- What jobs do ---

  // Leases reminders that are due. `row` says where they are; empty: there were none.
  absl::Status Lease(const LeaseAsk& ask, storage::v1::LeaseRow& row);
  // The same for several recipients, each with a token of its own, at most `most` reminders in all: `rows[i]` says
  // where those of `asks[i]` are. Schedules whose time has come have to be run before.
  absl::Status LeaseEach(const std::vector<LeaseAsk>& asks, int most, std::vector<storage::v1::LeaseRow>& rows);
  // Confirms delivery of one, or reports its failure where `error` says something. Save afterwards. Errors:
  // RESOURCE_NOT_FOUND, LEASE_NOT_HELD, WRONG_STATE.
  absl::Status Confirm(std::string_view name, std::string_view token, std::string_view error);
  // Puts one that is DEAD back into the queue. Save afterwards. Errors: RESOURCE_NOT_FOUND, WRONG_STATE.
  absl::Status Redrive(std::string_view name);
  // Whether one that was leased under `token`, or is CONFIRMED, is still to be said. Where it is leased and not wanted
  // any more, it becomes CANCELLED. Save afterwards.
  absl::StatusOr<bool> KeepIfWanted(std::string_view name, std::string_view token);
  // Makes one that is leased under `token` DEAD. Nothing happens to others. Save afterwards.
  absl::Status GiveUp(std::string_view name, std::string_view token, std::string_view error);
  // Leases one that is DEAD and still wanted anew under `token`. Returns whether it was. Save afterwards.
  absl::StatusOr<bool> Resume(std::string_view name, std::string_view token, absl::Duration lease);
  // Writes what the five before changed.
  void Save();
  // How the reminder called `name` stands, as far as it is stored.
  v1::Reminder::State StateOf(std::string_view name) const;

  // How many became MISSED and DEAD.
  int missed() const { return missed_; }
  int dead() const { return dead_; }

 private:
  using Standing = storage::v1::Standing;

  // Takes the next page of addressees. False: there is none.
  absl::StatusOr<bool> NextPage(const storage::v1::OrderPlan& plan, storage::v1::Schedule& schedule,
                                std::vector<BatchId>& made);
  absl::Status MakeReminders(const storage::v1::OrderPlan& plan, const storage::v1::Schedule& schedule, uint64_t first,
                             uint64_t last, std::vector<BatchId>& made);
  Standing FirstStanding(absl::Time time) const;
  // Whether one that waits since a nominal time, or since a steady one where that is not 0, waited for too long, or
  // counts as sent because the store was lost.
  bool IsOver(absl::Time nominal, int64_t since_micros) const;
  bool IsOver(const Batch& batch, int i) const { return IsOver(batch.time(), batch.standing(i).since_micros()); }
  void Miss(Batch& batch, int i);
  // The standing at this moment of one that was held.
  Standing Freed(Standing standing);
  void FreeAll(Batch& batch);

  // Leases up to `room` reminders of a batch, and closes those it finds missed or wanted no more. Returns how many.
  absl::StatusOr<int> LeaseBatch(const BatchId& id, const LeaseAsk& ask, int room, storage::v1::LeaseRow& row);
  absl::StatusOr<int> LeaseFrom(Batch& batch, const LeaseAsk& ask, int room, storage::v1::LeaseRow::Part& part);
  // The same for those at `places`, which are free.
  absl::StatusOr<int> LeaseAt(Batch& batch, const std::vector<int>& places, const LeaseAsk& ask);
  absl::Status LeaseEarliest(const LeaseAsk& ask, int room, storage::v1::LeaseRow& row);
  absl::Status LeaseOnlyTo(const LeaseAsk& ask, int room, storage::v1::LeaseRow& row);
  // Judges the reminders of `batch` at `places`, in order: whether each is still wanted.
  absl::StatusOr<std::vector<bool>> JudgeWanted(const Batch& batch, const std::vector<int>& places);

  // Where a reminder is, in a batch that is kept until Save; nothing where no batch holds it.
  struct Held {
    Batch* batch = nullptr;
    int place = 0;
  };
  absl::StatusOr<std::optional<Held>> Hold(std::string_view name);
  // Whether a schedule will become the reminder called `name`, as things stand now.
  absl::StatusOr<bool> IsExpected(std::string_view name);

  Transaction& transaction_;
  SchedulePlanner* const planner_;
  DirectoryCache* const cache_;
  const ClockReading clock_;
  std::optional<Queue> queue_;
  storage::v1::QueueState observed_;
  v1::ReminderPolicy policy_;
  std::shared_ptr<const WorkingCalendar> calendar_;
  std::optional<Moment> moment_;
  // Batches that Confirm and Redrive work on.
  std::map<BatchId, Batch> held_;
  // Whether steady times were written: then what was seen of the clocks has to be, too.
  bool notes_clock_ = false;
  int missed_ = 0;
  int dead_ = 0;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_QUEUE_WORK_H_
