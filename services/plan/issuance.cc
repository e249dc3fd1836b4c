#include "services/plan/issuance.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/contract/issue_limits.h"
#include "services/plan/judge.h"
#include "services/plan/publish.h"

namespace duban {
namespace {

absl::Status TooMany(const std::string& name, size_t limit) {
  return Error(v1::LIMIT_REACHED,
               StrCat("`", name, "` would be issued more than ", limit, " times; split it into several plans"),
               StrCat("“", name, "”交办的单位超过 ", limit, " 个（项），请拆分后再发布"),
               {{"name", name}, {"limit", StrCat(limit)}});
}

// The units that tasks reach. Many tasks print the same list: it is expanded once.
class Reached {
 public:
  explicit Reached(DirectoryView& directory) : directory_(directory) {}

  // Those of a task, each once; valid as long as this.
  absl::StatusOr<const std::vector<std::string>*> By(const v1::Task& task) {
    std::set<std::string> entries;
    for (const v1::Responsibility& entry : task.responsibilities()) {
      if (!entry.open() && !entry.resolved().empty()) entries.insert(entry.resolved());
    }
    const auto known = lists_.find(entries);
    if (known != lists_.end()) return &known->second;
    std::set<std::string> units;
    for (const std::string& entry : entries) {
      DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string>* of_entry, directory_.UnitsOf(entry));
      units.insert(of_entry->begin(), of_entry->end());
    }
    return &lists_.emplace(std::move(entries), std::vector<std::string>(units.begin(), units.end())).first->second;
  }

 private:
  DirectoryView& directory_;
  std::map<std::set<std::string>, std::vector<std::string>> lists_;
};

// How many assignments each unit gets; adds up what is issued.
absl::StatusOr<std::map<std::string_view, int>> Count(const v1::Plan& plan, Reached& reached, v1::Issuance* issuance) {
  std::map<std::string_view, int> counts;
  size_t total = 0;
  for (const v1::Task& task : plan.tasks()) {
    DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string>* units, reached.By(task));
    if (units->size() > kMaxAddressees) return TooMany(StrCat(plan.name(), "/tasks/", task.task_id()), kMaxAddressees);
    total += units->size();
    if (total > kMaxAssignments) return TooMany(plan.name(), kMaxAssignments);
    if (!units->empty()) issuance->set_orders(issuance->orders() + 1);
    for (const std::string& unit : *units) ++counts[unit];
  }
  issuance->set_assignments(static_cast<int32_t>(total));
  issuance->set_units(static_cast<int32_t>(counts.size()));
  return counts;
}

// Leaves open what waits for an answer, so that the rest can be completed.
absl::Status PassOverDoubts(DirectoryView& directory, v1::Plan* plan) {
  for (v1::Task& task : *plan->mutable_tasks()) {
    for (v1::Responsibility& entry : *task.mutable_responsibilities()) {
      if (entry.resolved().empty()) entry.set_open(true);
    }
  }
  for (v1::PlanRule& rule : *plan->mutable_plan_rules()) {
    DUBAN_ASSIGN_OR_RETURN(const std::string entry, directory.Resolve(rule.unit()));
    if (entry.empty()) rule.set_kind(v1::PlanRule::NOTE);
  }
  return absl::OkStatus();
}

// Sorts a task of a completed plan into the lists of a preview.
absl::Status Sort(DirectoryView& directory, const v1::Task& task, v1::PublicationPreview* preview) {
  DUBAN_ASSIGN_OR_RETURN(const Answering answering, AnsweringOn(directory, task));
  const auto& entries = task.responsibilities();
  const bool led = std::any_of(entries.begin(), entries.end(), [](const v1::Responsibility& entry) {
    return !entry.open() && entry.role() == v1::Responsibility::LEAD;
  });
  if (answering != Answering::kNamed) {
    preview->add_unanswered_tasks(task.task_id());
  } else if (!led) {
    preview->add_tasks_without_lead(task.task_id());
  }
  if (task.deadline().kind() == v1::Deadline::KIND_UNSPECIFIED) preview->add_tasks_without_deadline(task.task_id());
  const std::string& due = task.deadline().due();
  if (!due.empty() && due < directory.day()) preview->add_past_tasks(task.task_id());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Answering> AnsweringOn(DirectoryView& directory, const v1::Task& task) {
  v1::Task named;
  for (const v1::Responsibility& entry : task.responsibilities()) {
    v1::Responsibility* copy = named.add_responsibilities();
    copy->set_role(entry.role());
    DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string>* units, directory.UnitsOf(entry.resolved()));
    copy->set_open(entry.open() || units->empty());
  }
  return AnsweringOf(named);
}

absl::Status CompleteAsIs(DirectoryView& directory, v1::Plan* draft) {
  DUBAN_RETURN_IF_ERROR(PassOverDoubts(directory, draft));
  return CompleteForOrders(directory, draft);
}

absl::StatusOr<v1::Issuance> IssuanceOf(DirectoryView& directory, const v1::Plan& plan) {
  Reached reached(directory);
  v1::Issuance issuance;
  DUBAN_RETURN_IF_ERROR(Count(plan, reached, &issuance).status());
  return issuance;
}

absl::StatusOr<v1::PublicationPreview> PreviewOf(DirectoryView& directory, v1::Plan draft) {
  v1::PublicationPreview preview;
  preview.set_etag(draft.etag());
  preview.set_tasks(draft.tasks_size());
  preview.set_as_of(directory.day());
  for (const v1::Finding& finding : draft.findings()) {
    if (Blocks(finding)) preview.add_blocking_findings(finding.finding_id());
  }
  DUBAN_RETURN_IF_ERROR(CompleteAsIs(directory, &draft));
  Reached reached(directory);
  DUBAN_ASSIGN_OR_RETURN(const auto counts, Count(draft, reached, preview.mutable_issuance()));
  for (const auto& [unit, count] : counts) {
    DUBAN_ASSIGN_OR_RETURN(const v1::Unit* entry, directory.FindUnit(unit));
    auto* share = preview.add_shares();
    share->set_unit(std::string(unit));
    share->set_unit_display_name(entry == nullptr ? "" : entry->display_name());
    share->set_assignments(count);
  }
  std::stable_sort(preview.mutable_shares()->begin(), preview.mutable_shares()->end(),
                   [](const auto& a, const auto& b) { return a.assignments() > b.assignments(); });
  for (const v1::Task& task : draft.tasks()) DUBAN_RETURN_IF_ERROR(Sort(directory, task, &preview));
  return preview;
}

}  // namespace duban
