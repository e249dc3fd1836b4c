// Changing a reminder policy by field mask. Pure and thread-safe.

#ifndef DUBAN_SERVICES_NOTIFICATION_POLICY_UPDATE_H_
#define DUBAN_SERVICES_NOTIFICATION_POLICY_UPDATE_H_

#include "absl/status/statusor.h"
#include "duban/v1/notification_service.pb.h"

namespace duban {

// `current` with the fields that the request's mask names taken over, without etag; without a mask, those that are
// populated; with the mask `*`, all. Lists are replaced, not added to. Errors: INVALID_FIELD for a mask path that names
// no field that can change, and for every field of the result that is out of its range.
absl::StatusOr<v1::ReminderPolicy> UpdatedPolicy(const v1::ReminderPolicy& current,
                                                 const v1::UpdateReminderPolicyRequest& request);

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_POLICY_UPDATE_H_
