// Whether somebody still is who their token says. The edge believes a token for a quarter of an hour; what changes
// people and roles looks again, in its own transaction.
//
// Pure functions of a view.

#ifndef DUBAN_SERVICES_PLAN_PEOPLE_STANDING_H_
#define DUBAN_SERVICES_PLAN_PEOPLE_STANDING_H_

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/access/caller.h"
#include "common/store/view.h"

namespace duban {

// OK where the caller is no person, or one whose session has not ended. Errors: NOT_AUTHENTICATED with cause SESSION.
absl::Status CheckSession(const ReadView& view, const Caller& caller, absl::Time now);

// Whether posts have one of the three administrators' roles.
bool HoldsAdministrator(const std::vector<Post>& posts);

// Whether a person holds the role of an administrator today and their session was begun with one factor: then the role
// does not count.
absl::StatusOr<bool> MissesSecondFactor(const ReadView& view, const Caller& caller, absl::Time now);

// OK where the caller is no person, or one whose session has not ended, which was begun with two factors, and who is a
// security officer today. Errors: those of CheckSession; NOT_ALLOWED.
absl::Status CheckOfficer(const ReadView& view, const Caller& caller, absl::Time now);

// Makes NOT_AUTHENTICATED with cause SESSION.
absl::Status SessionOver();

// Makes NOT_ALLOWED for what the rule allows a caller and this does not.
absl::Status NotForCaller(const Caller& caller, std::string_view english, std::string_view chinese);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PEOPLE_STANDING_H_
