// What grants come to: the posts of a person on a day, and what an office's three administrators are kept from.
//
// Pure and thread-safe.

#ifndef DUBAN_SERVICES_PLAN_PEOPLE_GRANTS_H_
#define DUBAN_SERVICES_PLAN_PEOPLE_GRANTS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/access/caller.h"
#include "common/store/view.h"
#include "duban/v1/person.pb.h"

namespace duban {

// Whether a grant counts on a day.
bool CountsOn(const v1::Grant& grant, absl::CivilDay day);
// Whether there is a day that both are for.
bool Overlap(const v1::Grant& a, const v1::Grant& b);

// What the grants of one person give on a day, a post for each unit and one for the node.
std::vector<Post> PostsOn(const std::vector<v1::Grant>& grants, absl::CivilDay day);

// A post as callers see it.
void ShowPost(const Post& post, v1::Post* shown);

// OK where a grant means something: a role that is granted, for a unit or the node as the role has it, and an end
// behind its begin. Errors: INVALID_FIELD for fields of `grant.`.
absl::Status CheckGrant(const v1::Grant& grant);

// OK where a person with `held` may be given `grant` too. Errors: RESOURCE_EXISTS for the same at one time;
// WRONG_STATE for a second administrator's role; LIMIT_REACHED.
absl::Status CheckBeside(const std::vector<v1::Grant>& held, const v1::Grant& grant);

// People who hold SECURITY_OFFICER on a day and can sign in.
absl::StatusOr<std::vector<std::string>> OfficersOn(const ReadView& view, absl::CivilDay day);
// Whether a person holds one of the three administrators' roles on a day, or is to.
bool IsAdministrator(const std::vector<v1::Grant>& grants, absl::CivilDay day);

// Makes WRONG_STATE.
absl::Status WrongState(std::string_view state, std::string_view english, std::string_view chinese);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PEOPLE_GRANTS_H_
