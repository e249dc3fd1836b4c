// What somebody has to be told of a change, found out a second time: by the call that reads what has changed, as the
// edge of a server would decide about it. Nothing here is of common/access/sight.h but its promises.
//
// Pure but for the facts.

#ifndef DUBAN_TESTS_SIMULATION_PAGE_SIGHT_H_
#define DUBAN_TESTS_SIMULATION_PAGE_SIGHT_H_

#include <string>
#include <string_view>

#include "absl/time/civil_time.h"
#include "common/access/caller.h"
#include "common/access/decision.h"

namespace duban::simulation {

// By what name people know something of a store: of an assignment's parts the assignment, of all else in a plan the
// plan. Empty: by none.
std::string KnownAs(std::string_view entity);

// What `caller` has to be told where what is known as `name` has changed; empty: nothing. `facts`: those of the service
// whose store it is in; null: it has none.
std::string ToldOf(const Caller& caller, const std::string& name, const AccessFacts* facts, absl::CivilDay day);

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_PAGE_SIGHT_H_
