// Results that are judged by whoever handed them in. A node that knows its people asks why (acts.h); where a program
// says whose name stands under an act, all that can be done is to say that both are the same.

#ifndef DUBAN_TOOLS_CLI_OWN_RESULTS_H_
#define DUBAN_TOOLS_CLI_OWN_RESULTS_H_

#include <string>
#include <vector>

#include "duban/v1/assignment.pb.h"
#include "tools/cli/assignment_calls.h"
#include "tools/cli/session.h"

namespace duban::cli {

// Says which of the results that were accepted in the name of `reviewer` were handed in in the same name. Nothing where
// `reviewer` is empty: a person who signed in, whom the node knows. `judged`: as they were seen before.
void TellOwnResults(Session& session, const std::string& reviewer, const std::vector<v1::Assignment>& judged,
                    const ActResults& results);

// Whether a review was refused because the reviewer handed the result in, and did not say why they accept it.
bool WantsReason(const absl::Status& status);

}  // namespace duban::cli

#endif  // DUBAN_TOOLS_CLI_OWN_RESULTS_H_
