// What the queue knows of time: the wall clock, which a person can set, and a steady time that goes on with it but
// never back, in which leases and pauses are counted.
//
// Pure: the state lies in a row (storage.v1.QueueState), so nothing is carried in memory from one command to the next.
// Thread-safe. Errors: none.

#ifndef DUBAN_SERVICES_NOTIFICATION_QUEUE_CLOCK_H_
#define DUBAN_SERVICES_NOTIFICATION_QUEUE_CLOCK_H_

#include <string>

#include "absl/time/time.h"
#include "duban/storage/v1/notification.pb.h"
#include "duban/v1/reminder.pb.h"

namespace duban {

// Longest lease and longest pause after a failure, from the contract.
inline constexpr absl::Duration kMaxLease = absl::Hours(24);
inline constexpr absl::Duration kMaxBackoff = absl::Hours(1);

// The machine's clocks at one moment.
struct ClockReading {
  absl::Time now;
  absl::Duration steady;
  // Which process read them: the steady clocks of two processes say nothing of each other.
  std::string process;
};

// The state as this moment has it: where the wall clock was set back or forward by more than a minute since `state` was
// written, it says so. Within a process that is known exactly; of a clock that was set back while nothing ran, as far
// as it now shows less than then.
storage::v1::QueueState Observed(storage::v1::QueueState state, const ClockReading& reading,
                                 absl::Duration catch_up_window);

// What judges reminders at one moment. All outlive it.
struct Moment {
  absl::Time now;
  // The same in steady time.
  absl::Time steady;
  const v1::ReminderPolicy& policy;
  const storage::v1::QueueState& state;
  // Reminders of a time up to this one count as sent: the store was lost, or restored from a backup.
  absl::Time alive_until = absl::InfinitePast();

  // Whether one that waits since `time` of the wall clock was missed: nothing took it for longer than the catch-up
  // window, and no clock that was set forward leapt over it.
  bool IsMissed(absl::Time time) const;
  // No reminder of an earlier time can be due any more.
  absl::Time Earliest() const;
  // What the wall shows at a steady time.
  absl::Time WallAt(absl::Time steady_time) const { return steady_time - (steady - now); }
};
Moment MomentOf(const storage::v1::QueueState& observed, const ClockReading& reading, const v1::ReminderPolicy& policy);

absl::Duration CatchUpWindow(const v1::ReminderPolicy& policy);

// How long a reminder rests after its `attempts`-th failure: doubles from the policy's first pause up to an hour.
absl::Duration BackoffAfter(int attempts, const v1::ReminderPolicy& policy);

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_QUEUE_CLOCK_H_
