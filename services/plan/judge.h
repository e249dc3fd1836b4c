// Keeps what a draft says of its units and days true while the directory, the draft and the day change: resolves names,
// opens findings that have come true, and drops open ones that no longer hold. Settled findings stay as they are.
//
// Not thread-safe (a DirectoryView belongs to one call). Changes nothing but the plan it is given.

#ifndef DUBAN_SERVICES_PLAN_JUDGE_H_
#define DUBAN_SERVICES_PLAN_JUDGE_H_

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "duban/v1/plan.pb.h"
#include "services/plan/directory/directory.h"
#include "services/plan/phrases/unit_lexicon.h"
#include "services/plan/reader/document_to_plan.h"

namespace duban {

// Judges a draft against the directory. The same draft and directory give the same findings with the same ids, so a
// person can answer what a read showed. Of the draft of a revision, `in_force` is the plan that it revises: what stands
// there is not asked about because time has passed over it; else it is empty. Errors: those of reading the directory.
absl::Status JudgeDraft(DirectoryView& directory, const v1::Plan& in_force, v1::Plan* plan);

// Whether a finding waits for an answer, and whether it keeps the plan from being published.
bool IsOpen(const v1::Finding& finding);
bool Blocks(const v1::Finding& finding);

// The task with an id; null where there is none.
v1::Task* FindTask(std::string_view task_id, v1::Plan* plan);

// Adds findings to a plan, each with the next free id. Nobody else adds any meanwhile.
class FindingAdder {
 public:
  explicit FindingAdder(v1::Plan* plan);

  // Valid until the next call.
  v1::Finding* Add(std::string_view code, std::string_view task_id);

 private:
  v1::Plan* const plan_;
  int last_ = 0;
};

// The names of the directory, for reading a document and for reading an answer.
absl::StatusOr<std::vector<KnownUnit>> KnownUnitsOf(DirectoryView& directory);
absl::StatusOr<UnitLexicon> LexiconOf(DirectoryView& directory);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_JUDGE_H_
