// Listing reminders by time, with filters and pages. Runs on a view; keeps nothing.

#ifndef DUBAN_SERVICES_NOTIFICATION_REMINDER_LIST_H_
#define DUBAN_SERVICES_NOTIFICATION_REMINDER_LIST_H_

#include "absl/status/status.h"
#include "common/base/page_token.h"
#include "common/store/view.h"
#include "duban/v1/notification_service.pb.h"
#include "services/notification/reminder_reader.h"

namespace duban {

// Fills `response` with the page that the request asks for, by nominal time, then by name; those that wait in their
// schedules included. A page looks at no more than 500 schedules and 5,000 reminders, so one with a rare filter can be
// short or empty and still have a next page.
// `listing`: the caller's; its scope is filled in. Errors: INVALID_FIELD for a page token of another listing.
absl::Status ListStoredReminders(const ReadView& view, ReminderReader& reader, Listing listing,
                                 const v1::ListRemindersRequest& request, v1::ListRemindersResponse* response);

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_REMINDER_LIST_H_
