// In whose name something is done. Pure and thread-safe.
//
// A person acts in their own name, which the node knows; in another's only where they hold 代办 (ON_BEHALF) beside the
// role of the act, and then both names are kept. A unit's own program, or the node itself, says whose act it brings:
// it knows its people, and the audit has its name.

#ifndef DUBAN_COMMON_ACCESS_ACTING_H_
#define DUBAN_COMMON_ACCESS_ACTING_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/access/caller.h"
#include "duban/v1/access.pb.h"

namespace duban {

struct ActingPerson {
  std::string name;
  // Who did it for them; empty: they themselves.
  std::string agent;
};

// What an act is done as.
struct ActingAs {
  v1::Role role;
  // `units/{unit}`; empty: any at which the role is held.
  std::string unit;
};

// The longest name, in characters, as the contract has it.
inline constexpr int kMaxNameLength = 60;

// Whose act it is, where the request says `said` in its field `field`. Errors: INVALID_FIELD where nobody is named and
// the caller is no person; NOT_ALLOWED where a person names somebody else and may not.
absl::StatusOr<ActingPerson> InWhoseName(const Caller& caller, const ActingAs& as, const std::string& said,
                                         const std::string& field);

}  // namespace duban

#endif  // DUBAN_COMMON_ACCESS_ACTING_H_
