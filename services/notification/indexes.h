// The indexes of the notification service. Parts in brackets; the value is empty unless said. Numbers are part of the
// format on disk, and no two of all services are the same: never change or reuse one. tests/unit/index_numbers_test.cc
// holds them.

#ifndef DUBAN_SERVICES_NOTIFICATION_INDEXES_H_
#define DUBAN_SERVICES_NOTIFICATION_INDEXES_H_

#include "common/store/keys.h"

namespace duban {

// [next time: microseconds since 1970 as 16 hex digits] [reminder] -> storage ReminderTicket; only reminders that wait
// (until they are due again) or are leased (until the lease runs out).
inline constexpr Index kReminderByTime{8};
// [remind time: 16 hex digits] [reminder].
inline constexpr Index kReminderByRemindTime{9};
// [recipient] [remind time: 16 hex digits] [reminder].
inline constexpr Index kReminderByRecipient{10};

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_INDEXES_H_
