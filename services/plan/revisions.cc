#include "services/plan/revisions.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/store/keys.h"
#include "duban/storage/v1/plan.pb.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/plan/compare.h"
#include "services/plan/judge.h"
#include "services/plan/match_tasks.h"
#include "services/plan/plan_store.h"
#include "services/plan/task_rows.h"

namespace duban {
namespace {

using google::protobuf::util::MessageDifferencer;

std::string RevisionsName(std::string_view plan) {
  return StrCat("revisions/", plan, "/");
}

// By number, in the order of the numbers.
std::string RevisionName(std::string_view plan, int revision) {
  return StrCat(RevisionsName(plan), absl::StrFormat("%04d", revision));
}

std::string RevisingName(std::string_view plan) {
  return StrCat("revising/", plan);
}

std::string IssuedGroupsName(std::string_view plan) {
  return StrCat("issued_groups/", plan);
}

// An entry that a rule of the document put there, not the task itself.
bool IsOfRule(const v1::Plan& plan, const v1::Responsibility& entry) {
  if (entry.by_rule() < 1 || entry.by_rule() > plan.plan_rules_size()) return false;
  const v1::PlanRule& rule = plan.plan_rules(entry.by_rule() - 1);
  return entry.printed() == rule.unit() && MessageDifferencer::Equals(entry.span(), rule.span());
}

// Has a task's responsibilities be what the task itself says.
void TakeOutRules(const v1::Plan& plan, v1::Task* task) {
  auto& entries = *task->mutable_responsibilities();
  entries.erase(std::remove_if(entries.begin(), entries.end(),
                               [&](const v1::Responsibility& entry) { return IsOfRule(plan, entry); }),
                entries.end());
  for (v1::Responsibility& entry : entries) entry.clear_by_rule();
}

std::map<std::string_view, const v1::Task*> TasksById(const v1::Plan& plan) {
  std::map<std::string_view, const v1::Task*> tasks;
  for (const v1::Task& task : plan.tasks()) tasks.emplace(task.task_id(), &task);
  return tasks;
}

// Leaves out the texts of before where the plan would be too large to be stored: the revisions have them.
void KeepRoom(v1::Plan* plan) {
  if (plan->ByteSizeLong() <= kMaxPlanBytes) return;
  for (v1::Task& task : *plan->mutable_tasks()) {
    for (v1::DutyChange& change : *task.mutable_duty_changes()) change.clear_text_before();
  }
}

void RetireTasks(const v1::Plan& base, v1::Plan* plan) {
  std::set<std::string> retired(base.retired_tasks().begin(), base.retired_tasks().end());
  for (const v1::Task& task : base.tasks()) retired.insert(task.task_id());
  for (const v1::Task& task : plan->tasks()) retired.erase(task.task_id());
  plan->mutable_retired_tasks()->Assign(retired.begin(), retired.end());
}

// Puts new ids for old ones wherever a plan names tasks.
void RenameTasks(const std::map<std::string, std::string>& ids, v1::Plan* plan) {
  const auto rename = [&](std::string* id) {
    const auto found = ids.find(*id);
    if (found != ids.end()) *id = found->second;
  };
  for (v1::Task& task : *plan->mutable_tasks()) rename(task.mutable_task_id());
  for (v1::Finding& finding : *plan->mutable_findings()) rename(finding.mutable_task());
  for (v1::PlanRule& rule : *plan->mutable_plan_rules()) rename(rule.mutable_from_task());
}

}  // namespace

void FileRevision(Transaction& transaction, v1::Plan plan) {
  plan.clear_etag();
  transaction.PutLocal(RevisionName(plan.name(), plan.revision()), plan);
}

absl::Status DropRevisions(Transaction& transaction, std::string_view plan) {
  std::vector<std::string> filed;
  const std::string begin = LocalKey(RevisionsName(plan));
  DUBAN_RETURN_IF_ERROR(transaction.ScanRows(begin, PrefixEnd(begin), [&](std::string_view key, std::string_view) {
    filed.emplace_back(key);
    return true;
  }));
  for (std::string& key : filed) transaction.DeleteRow(std::move(key));
  return absl::OkStatus();
}

absl::StatusOr<v1::Plan> ReadRevision(const ReadView& view, const std::string& plan, int revision) {
  DUBAN_ASSIGN_OR_RETURN(v1::Plan current, ReadPlan(view, plan));
  if (current.revision() == revision) return current;
  DUBAN_ASSIGN_OR_RETURN(std::optional<v1::Plan> filed, view.GetLocal<v1::Plan>(RevisionName(plan, revision)));
  if (!filed.has_value()) return NotFound(StrCat(plan, "/revisions/", revision));
  return *std::move(filed);
}

absl::StatusOr<std::vector<v1::Plan>> RevisionHeads(const ReadView& view, const v1::Plan& current) {
  std::vector<v1::Plan> heads;
  absl::Status parsed;
  const std::string begin = LocalKey(RevisionsName(current.name()));
  DUBAN_RETURN_IF_ERROR(view.ScanRows(begin, PrefixEnd(begin), [&](std::string_view key, std::string_view value) {
    v1::Plan plan;
    if (!plan.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      parsed = BrokenRecord(key.substr(1));
      return false;
    }
    // One of a higher number was of a history that its owner lost.
    if (plan.revision() < current.revision()) heads.push_back(HeadOf(plan));
    return true;
  }));
  DUBAN_RETURN_IF_ERROR(parsed);
  heads.push_back(HeadOf(current));
  std::reverse(heads.begin(), heads.end());
  return heads;
}

absl::StatusOr<std::string> OpenDraftOf(const ReadView& view, std::string_view plan) {
  DUBAN_ASSIGN_OR_RETURN(const auto open, view.GetLocal<storage::v1::OpenRevision>(RevisingName(plan)));
  return open.has_value() ? open->draft() : std::string();
}

void NoteOpenDraft(Transaction& transaction, std::string_view plan, std::string_view draft) {
  storage::v1::OpenRevision open;
  open.set_draft(std::string(draft));
  transaction.PutLocal(RevisingName(plan), open);
}

void ForgetOpenDraft(Transaction& transaction, std::string_view plan) {
  transaction.DeleteLocal(RevisingName(plan));
}

absl::StatusOr<storage::v1::IssuedGroups> IssuedGroupsOf(const ReadView& view, std::string_view plan) {
  DUBAN_ASSIGN_OR_RETURN(auto groups, view.GetLocal<storage::v1::IssuedGroups>(IssuedGroupsName(plan)));
  return groups.has_value() ? *std::move(groups) : storage::v1::IssuedGroups();
}

void NoteIssuedGroups(Transaction& transaction, std::string_view plan, const storage::v1::IssuedGroups& groups) {
  transaction.PutLocal(IssuedGroupsName(plan), groups);
}

v1::Plan DraftOfNextRevision(const v1::Plan& published) {
  v1::Plan draft = published;
  draft.clear_name();
  draft.set_state(v1::Plan::DRAFT);
  draft.set_revision(0);
  draft.set_revises(published.name());
  draft.set_base_revision(published.revision());
  // Whose draft it is; an issuer is who published.
  draft.set_drafter(published.issuer());
  draft.clear_issuer();
  draft.clear_etag();
  draft.clear_publish_time();
  draft.clear_publish_date();
  draft.clear_issuance();
  draft.clear_publisher();
  draft.clear_revision_reason();
  for (v1::Task& task : *draft.mutable_tasks()) TakeOutRules(published, &task);
  return draft;
}

v1::Plan NextRevision(const v1::Plan& base, v1::Plan draft, const Publication& publication) {
  v1::Plan next = std::move(draft);
  next.set_name(base.name());
  next.set_state(v1::Plan::PUBLISHED);
  next.set_revision(base.revision() + 1);
  next.set_issuer(base.issuer());
  next.set_drafter(base.drafter());
  *next.mutable_create_time() = base.create_time();
  next.clear_revises();
  next.clear_base_revision();
  next.set_revision_reason(publication.reason);
  next.set_publisher(publication.publisher);
  *next.mutable_publish_time() = ToProto(publication.now);
  RetireTasks(base, &next);
  v1::DutyChange change;
  change.set_plan_revision(next.revision());
  change.set_reason(publication.reason);
  *change.mutable_change_time() = next.publish_time();
  const auto before = TasksById(base);
  for (v1::Task& task : *next.mutable_tasks()) {
    const auto same = before.find(task.task_id());
    task.clear_duty_changes();
    if (same != before.end()) NoteDutyChange(*same->second, change, &task);
  }
  NameTasks(&next);
  KeepRoom(&next);
  return next;
}

bool IsIdTaken(const v1::Plan& draft, const v1::Plan& published, std::string_view task_id) {
  const auto is_it = [&](const v1::Task& task) { return task.task_id() == task_id; };
  return std::any_of(draft.tasks().begin(), draft.tasks().end(), is_it) ||
         std::any_of(published.tasks().begin(), published.tasks().end(), is_it) ||
         std::find(published.retired_tasks().begin(), published.retired_tasks().end(), task_id) !=
             published.retired_tasks().end();
}

void KeepTaskIds(const v1::Plan& draft, const v1::Plan& published, const std::function<std::string()>& new_id,
                 v1::Plan* read) {
  std::vector<const v1::Task*> known;
  for (const v1::Task& task : draft.tasks()) known.push_back(&task);
  const auto drafted = TasksById(draft);
  // What was taken out of the draft and is printed again is the task it was.
  for (const v1::Task& task : published.tasks()) {
    if (!drafted.contains(task.task_id())) known.push_back(&task);
  }
  std::vector<const v1::Task*> tasks;
  for (const v1::Task& task : read->tasks()) tasks.push_back(&task);
  const std::vector<int> matches = MatchToKnown(tasks, known);
  std::map<std::string, std::string> ids;
  for (size_t i = 0; i < tasks.size(); ++i) {
    const std::string& id = tasks[i]->task_id();
    const bool matched = matches[i] >= 0 && !DUBAN_BUG("plan.revision_ids_shift");
    if (matched) {
      ids.emplace(id, known[static_cast<size_t>(matches[i])]->task_id());
    } else if (IsIdTaken(draft, published, id) && !DUBAN_BUG("plan.revision_ids_shift")) {
      ids.emplace(id, new_id());
    }
  }
  RenameTasks(ids, read);
  for (size_t i = 0; i < tasks.size(); ++i) {
    if (matches[i] < 0) continue;
    *read->mutable_tasks(static_cast<int>(i))->mutable_aligned_tasks() =
        known[static_cast<size_t>(matches[i])]->aligned_tasks();
  }
}

}  // namespace duban
