// The revisions of a published plan: the ones before the one in force, as they are filed, and the draft of the next.
//
// The revision in force is the plan itself. What it replaces is filed in local records, at its own node and wherever it
// was known; they travel nowhere. The draft of a revision is a draft like any other, under a name of its own.
//
// Threads: functions on a Transaction run on the writer's thread. Errors: those named here, and those of the store.

#ifndef DUBAN_SERVICES_PLAN_REVISIONS_H_
#define DUBAN_SERVICES_PLAN_REVISIONS_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/store/transaction.h"
#include "duban/storage/v1/plan.pb.h"
#include "duban/v1/plan.pb.h"

namespace duban {

// Most revisions of a plan. Inclusive.
inline constexpr int kMaxRevisions = 100;

// Files a published revision that another one replaces, with its findings.
void FileRevision(Transaction& transaction, v1::Plan plan);

// Drops all that are filed of a plan.
absl::Status DropRevisions(Transaction& transaction, std::string_view plan);

// A published revision of a plan that is known here. Errors: RESOURCE_NOT_FOUND.
absl::StatusOr<v1::Plan> ReadRevision(const ReadView& view, const std::string& plan, int revision);

// The heads of all that are known here, the latest first. `current` is the plan as it is.
absl::StatusOr<std::vector<v1::Plan>> RevisionHeads(const ReadView& view, const v1::Plan& current);

// The draft of the next revision of a plan; empty where none is open.
absl::StatusOr<std::string> OpenDraftOf(const ReadView& view, std::string_view plan);
void NoteOpenDraft(Transaction& transaction, std::string_view plan, std::string_view draft);
void ForgetOpenDraft(Transaction& transaction, std::string_view plan);

// Whom the groups of the revision in force stood for when it was published.
absl::StatusOr<storage::v1::IssuedGroups> IssuedGroupsOf(const ReadView& view, std::string_view plan);
void NoteIssuedGroups(Transaction& transaction, std::string_view plan, const storage::v1::IssuedGroups& groups);

// A published plan as a draft of its next revision, without a name: what rules of the document added is left to be
// added again at publishing.
v1::Plan DraftOfNextRevision(const v1::Plan& published);

// The next revision that a judged and completed draft makes of `base`, in its place and under its name: ids that are
// gone are retired, and what changed in duties that were issued is noted. `now`, `reason` and `publisher` are this
// publication's.
struct Publication {
  absl::Time now;
  std::string reason;
  std::string publisher;
};
v1::Plan NextRevision(const v1::Plan& base, v1::Plan draft, const Publication& publication);

// Gives the tasks that were read over the draft of a revision the ids of the tasks they are: of the draft, or of the
// revision in force. Others keep what they have where no task has or had it, else they get one from `new_id`. What
// speaks of tasks goes along.
void KeepTaskIds(const v1::Plan& draft, const v1::Plan& published, const std::function<std::string()>& new_id,
                 v1::Plan* read);

// Whether a task of the plan has, or one of an earlier revision had, this id.
bool IsIdTaken(const v1::Plan& draft, const v1::Plan& published, std::string_view task_id);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_REVISIONS_H_
