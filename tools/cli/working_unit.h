// For which unit somebody works.

#ifndef DUBAN_TOOLS_CLI_WORKING_UNIT_H_
#define DUBAN_TOOLS_CLI_WORKING_UNIT_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tools/cli/session.h"

namespace duban::cli {

// What they say; else whose client the keys are of; else DUBAN_UNIT. A person who signed in over another connection
// than a unit's has to say it one way or the other. Empty where nobody said. Errors: as Session::UnitName.
absl::StatusOr<std::string> WorkingUnit(Session& session, std::string_view said);

}  // namespace duban::cli

#endif  // DUBAN_TOOLS_CLI_WORKING_UNIT_H_
