// Deletes what nobody asks for any more, in steps.
//
// Functions on a transaction; they keep nothing. Errors: those of the store.

#ifndef DUBAN_SERVICES_NOTIFICATION_REMINDER_PURGE_H_
#define DUBAN_SERVICES_NOTIFICATION_REMINDER_PURGE_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/store/transaction.h"

namespace duban {

// Whether PurgeReminders or PurgeLeases would delete anything.
absl::StatusOr<bool> HasOld(const ReadView& view, absl::Time reminders_before, absl::Time leases_before);

// Deletes the schedules whose time was before `before`, the earliest first, with the reminders they became; at most
// `max` rows, and the last schedule whole. They are not made again. Returns whether there may be more.
absl::StatusOr<bool> PurgeReminders(Transaction& transaction, absl::Time before, size_t max);

// Deletes leases that ended before steady time `before`, at most `max`. Returns whether there may be more.
absl::StatusOr<bool> PurgeLeases(Transaction& transaction, absl::Time before, size_t max);

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_REMINDER_PURGE_H_
