// The rows of reminders, and what time does to them: which are due, which a job holds, which are over.
//
// Functions on a transaction or a view; they run where it runs and keep nothing. Every change of a reminder goes
// through PutReminder, which keeps the indexes true. Errors: those of the store.

#ifndef DUBAN_SERVICES_NOTIFICATION_REMINDER_QUEUE_H_
#define DUBAN_SERVICES_NOTIFICATION_REMINDER_QUEUE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/store/indexes.h"
#include "common/store/transaction.h"
#include "duban/v1/reminder.pb.h"

namespace duban {

// Longest lease and longest pause after a failure, from the contract.
inline constexpr absl::Duration kMaxLease = absl::Hours(24);
inline constexpr absl::Duration kMaxBackoff = absl::Hours(1);

// A time as it stands in index keys: byte order is time order.
std::string TimePart(absl::Time time);

// When an open reminder asks for attention: its nominal time, the end of its pause, or the end of its lease. Nothing
// for one that is over.
std::optional<absl::Time> NextTime(const v1::Reminder& reminder);

// Writes `after` over `before` (null: it is new) and moves its index entries. `lease_token` goes with LEASED. Returns
// its sequence. The etag is not stored.
absl::StatusOr<int64_t> PutReminder(Transaction& transaction, const v1::Reminder* before, v1::Reminder after,
                                    std::string_view lease_token = {});

// The index rows that the reminders ask for, as IndexRows has them.
absl::Status ReminderIndexRows(const ReadView& view, std::string_view node, IndexRowSink sink);

// The token of the lease that holds `reminder`; empty where none does.
absl::StatusOr<std::string> LeaseTokenOf(const ReadView& view, const v1::Reminder& reminder);

// Names of the reminders that the lease with `token`, which runs until `expire_time`, holds.
absl::StatusOr<std::vector<std::string>> LeasedReminders(const ReadView& view, absl::Time expire_time,
                                                         std::string_view token);

// Watches how the wall clock and steady time drift apart, to tell a clock that was set from a time when nothing ran.
// A value; not thread-safe.
class ClockWatch {
 public:
  // Notes both clocks. Returns by how much the wall clock was set back since the last call, if by more than a minute;
  // else zero.
  absl::Duration Observe(absl::Time now, absl::Duration steady, absl::Duration catch_up_window);

  // Whether a reminder due at `time` lost its chance to a clock that was set forward: it gets the whole catch-up window
  // again, counted in steady time.
  bool Excuses(absl::Time time) const { return steady_ < until_ && begin_ <= time && time <= end_; }

 private:
  bool started_ = false;
  absl::Time wall_;
  absl::Duration steady_;
  // Times [begin, end] were leapt over; excused until steady time `until`.
  absl::Time begin_ = absl::InfiniteFuture();
  absl::Time end_ = absl::InfinitePast();
  absl::Duration until_ = -absl::InfiniteDuration();
};

// What judges a reminder at one moment.
struct Moment {
  absl::Time now;
  const v1::ReminderPolicy& policy;
  const ClockWatch& watch;
};

// Whether a reminder due at `time` was missed: nothing took it for longer than the catch-up window.
bool IsMissed(absl::Time time, const Moment& moment);

// Names of reminders whose next time has come, by that time, at most `max`; only those to `recipient` where it is not
// empty.
absl::StatusOr<std::vector<std::string>> DueReminders(const ReadView& view, absl::Time now, std::string_view recipient,
                                                      size_t max);

// Names of reminders that need no job to change: leases that ran out, and what was missed. At most `max`.
absl::StatusOr<std::vector<std::string>> StaleReminders(const ReadView& view, const Moment& moment, size_t max);

// Brings an open reminder whose next time has come up to date: MISSED where it was missed; DEAD where a lease ran out
// at its last attempt; else SCHEDULED. Writes only what changes. Returns the reminder; nothing where it is gone.
absl::StatusOr<std::optional<v1::Reminder>> Settle(Transaction& transaction, std::string_view name,
                                                   const Moment& moment);

// After the clock was set back by `shift` (or before anything else ran, with zero): brings forward leases and pauses
// that would last longer than they can. Returns how many it changed.
absl::StatusOr<int> Rebase(Transaction& transaction, absl::Time now, absl::Duration shift);

// How long a reminder rests after its `attempts`-th failure: doubles from the policy's first pause up to an hour.
absl::Duration BackoffAfter(int attempts, const v1::ReminderPolicy& policy);

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_REMINDER_QUEUE_H_
