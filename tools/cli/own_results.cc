#include "tools/cli/own_results.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "common/base/errors.h"
#include "common/base/strings.h"

namespace duban::cli {

void TellOwnResults(Session& session, const std::string& reviewer, const std::vector<v1::Assignment>& judged,
                    const ActResults& results) {
  if (reviewer.empty()) return;
  std::set<std::string_view> done;
  for (const v1::ActResult& result : results) {
    if (!result.has_error()) done.insert(result.name());
  }
  const auto own = std::count_if(judged.begin(), judged.end(), [&](const v1::Assignment& assignment) {
    const auto& submissions = assignment.execution().submissions();
    return done.contains(assignment.name()) && !submissions.empty() && submissions.rbegin()->submitter() == reviewer;
  });
  if (own == 0) return;
  session.printer().Hint(
      {StrCat("注意：其中 ", own, " 项的办结申请也署名“", reviewer, "”，相当于自报自审；请核实，或改由他人审核"),
       StrCat("note: ", own, " of the results were handed in in the name of ", reviewer,
              " too; see whether somebody else should judge them")});
}

bool WantsReason(const absl::Status& status) {
  return ReasonOf(status) == v1::INVALID_FIELD && MetadataOf(status)["field"] == "comment";
}

}  // namespace duban::cli
