// What the commands about assignments share: names as people write them, lists, and telling what came of acts.

#ifndef DUBAN_TOOLS_CLI_ASSIGNMENT_CALLS_H_
#define DUBAN_TOOLS_CLI_ASSIGNMENT_CALLS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "duban/v1/assignment_service.pb.h"
#include "google/protobuf/repeated_field.h"
#include "tools/cli/bulk.h"
#include "tools/cli/command.h"
#include "tools/cli/session.h"

namespace duban::cli {

// What a command's argument ASSIGNMENT can be.
Phrase AssignmentArgument();

// The name of an assignment as a person wrote it: a number of todo_numbers.h; `{plan}/{task}/{unit}`, where the unit
// can be a name of the directory; the part of the resource name behind `plans/`; or all of it. Empty stays empty.
// Error: a usage error that says how; what Session::UnitName says.
absl::StatusOr<std::string> ResolveAssignment(Session& session, std::string_view text);
// The same for several, each once.
absl::StatusOr<std::vector<std::string>> ResolveAssignments(Session& session, const std::vector<std::string>& texts);
// `{plan}/{task}/{unit}`, for tables and lines.
std::string ShortAssignmentName(std::string_view name);

// A usage error where an etag is given for other than one thing.
absl::Status CheckEtagIsForOne(size_t things, const Mutation& mutation);

// All pages of a list; at most `limit` where it is given, and then `next_page_token` is set where there are more.
absl::StatusOr<v1::ListAssignmentsResponse> ListAssignments(Session& session, v1::ListAssignmentsRequest request,
                                                            std::optional<int> limit);

// For a list that came out empty: NOT_FOUND where the plan or the unit it asks for is not there at all.
absl::Status CheckFilterExists(Session& session, const v1::AssignmentFilter& filter);

// An error of this program about one of several assignments, as a result like those of the server.
v1::ActResult RefusedAct(const std::string& name, const absl::Status& why);

// Says what came of an act on one assignment.
absl::Status TellActed(Session& session, const Phrase& what, const absl::StatusOr<v1::Assignment>& acted);

using ActResults = google::protobuf::RepeatedPtrField<v1::ActResult>;
// Says of each result what came of it. `known`: assignments as they were seen; a line about one of them says more.
void TellActs(const Phrase& what, const ActResults& results, const std::vector<v1::Assignment>& known,
              Outcome* outcome);

}  // namespace duban::cli

#endif  // DUBAN_TOOLS_CLI_ASSIGNMENT_CALLS_H_
