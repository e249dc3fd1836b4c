// What waits for the issuer: the plans of a unit, and the assignments under them that it has to decide about.

#ifndef DUBAN_TOOLS_CLI_ISSUERS_DESK_H_
#define DUBAN_TOOLS_CLI_ISSUERS_DESK_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "duban/v1/assignment_service.pb.h"
#include "tools/cli/command.h"
#include "tools/cli/session.h"

namespace duban::cli {

// Which plans a command of the issuer's is about.
struct IssuersPlans {
  std::string unit, plan;
};

// Adds `--plan` and `--unit`.
void AddIssuersPlans(Command& command, IssuersPlans* plans);

// The plan that is named, or all that the unit has published, newest first. Error: a usage error where neither is
// known.
absl::StatusOr<std::vector<std::string>> PlansAsked(Session& session, const IssuersPlans& asked);

// Adds what a filter means under each plan, plan after plan, in the order `order_by` of each.
absl::Status AddOfPlans(Session& session, const std::vector<std::string>& plans, v1::AssignmentFilter filter,
                        const std::string& order_by, v1::ListAssignmentsResponse* all);

// What the issuer has to decide about: results, declines and requests for an extension, plan after plan, the nearest
// deadlines first. Error: a usage error where neither the plan nor the unit is known.
absl::StatusOr<v1::ListAssignmentsResponse> WaitingForIssuer(Session& session, const IssuersPlans& asked);

}  // namespace duban::cli

#endif  // DUBAN_TOOLS_CLI_ISSUERS_DESK_H_
