#include "services/plan/compare.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "common/base/strings.h"
#include "common/contract/duty.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/plan/match_tasks.h"

namespace duban {
namespace {

using google::protobuf::util::MessageDifferencer;
using Comparison = v1::ComparePlanRevisionsResponse;
using Difference = Comparison::TaskDifference;

constexpr int kMostDutyChanges = 5;

// Where something stood in its document is not what it says.
bool SaysTheSame(const google::protobuf::Message& a, const google::protobuf::Message& b) {
  MessageDifferencer differencer;
  differencer.IgnoreField(v1::PlanRule::descriptor()->FindFieldByName("span"));
  return differencer.Compare(a, b);
}

template <typename Messages>
bool AllTheSame(const Messages& a, const Messages& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& one, const auto& other) { return SaysTheSame(one, other); });
}

bool SameStages(const v1::Task& a, const v1::Task& b) {
  const auto same = [](const v1::TaskStage& one, const v1::TaskStage& other) {
    return one.text() == other.text() && IsSameDeadline(one.deadline(), other.deadline());
  };
  return std::equal(a.stages().begin(), a.stages().end(), b.stages().begin(), b.stages().end(), same);
}

// Who has to act, in which part; in whatever order they are printed.
std::set<std::string> PartsOf(const v1::Task& task) {
  std::set<std::string> parts;
  for (const v1::Responsibility& entry : task.responsibilities()) {
    const auto role =
        entry.role() == v1::Responsibility::ROLE_UNSPECIFIED ? v1::Responsibility::RESPONSIBLE : entry.role();
    parts.insert(StrCat(static_cast<int>(role), " ", entry.open() ? entry.unit() : entry.resolved()));
  }
  return parts;
}

// What a task asks, by itself.
void AddDutyFields(const v1::Task& a, const v1::Task& b, std::vector<std::string>* fields) {
  const auto add = [&](bool differs, const char* field) {
    if (differs) fields->emplace_back(field);
  };
  add(a.text() != b.text(), "text");
  add(a.title() != b.title(), "title");
  add(!IsSameDeadline(a.deadline(), b.deadline()), "deadline");
  add(a.goal() != b.goal(), "goal");
  add(a.measure() != b.measure(), "measure");
  add(a.requirement() != b.requirement(), "requirement");
  add(a.remark() != b.remark(), "remark");
  add(!SameStages(a, b), "stages");
}

// The fields of the plan itself that are edited and differ.
void ComparePlanFields(const v1::Plan& before, const v1::Plan& after, Comparison* comparison) {
  const auto add = [&](bool differs, const char* field) {
    if (differs) comparison->add_plan_fields(field);
  };
  add(before.title() != after.title(), "title");
  add(before.issuing_unit() != after.issuing_unit(), "issuing_unit");
  add(before.document_number() != after.document_number(), "document_number");
  add(before.issue_date() != after.issue_date(), "issue_date");
  add(before.post_date() != after.post_date(), "post_date");
  add(before.year() != after.year(), "year");
  add(before.stage() != after.stage(), "stage");
  add(before.implements() != after.implements(), "implements");
  add(!AllTheSame(before.plan_rules(), after.plan_rules()), "plan_rules");
}

Difference DifferenceOf(Difference::Kind kind, const v1::Task* before, const v1::Task* after) {
  Difference difference;
  difference.set_kind(kind);
  // One of them is there, and both have the same id.
  for (const v1::Task* task : {before, after}) {
    if (task != nullptr) difference.set_task_id(task->task_id());
  }
  if (before != nullptr) *difference.mutable_before() = *before;
  if (after != nullptr) *difference.mutable_after() = *after;
  return difference;
}

}  // namespace

std::vector<std::string> ChangedDuty(const v1::Task& before, const v1::Task& after) {
  std::vector<std::string> fields;
  AddDutyFields(before, after, &fields);
  return fields;
}

std::vector<std::string> ChangedFields(const v1::Task& before, const v1::Task& after) {
  std::vector<std::string> fields;
  AddDutyFields(before, after, &fields);
  const auto add = [&](bool differs, const char* field) {
    if (differs) fields.emplace_back(field);
  };
  const auto listed = [](const auto& a, const auto& b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); };
  const bool reprinted = before.deadline().printed() != after.deadline().printed();
  add(reprinted && IsSameDeadline(before.deadline(), after.deadline()), "deadline");
  add(!listed(before.headings(), after.headings()), "headings");
  add(before.table() != after.table(), "table");
  add(before.number() != after.number() || before.printed_number() != after.printed_number(), "number");
  add(PartsOf(before) != PartsOf(after), "responsibilities");
  add(!AllTheSame(before.people(), after.people()), "people");
  add(!listed(before.aligned_tasks(), after.aligned_tasks()), "aligned_tasks");
  return fields;
}

void NoteDutyChange(const v1::Task& before, v1::DutyChange change, v1::Task* task) {
  *task->mutable_duty_changes() = before.duty_changes();
  const std::vector<std::string> fields = ChangedDuty(before, *task);
  if (fields.empty()) return;
  for (const std::string& field : fields) {
    change.add_fields(field);
    if (field == "text") change.set_text_before(before.text());
    if (field == "deadline") *change.mutable_deadline_before() = before.deadline();
  }
  auto& changes = *task->mutable_duty_changes();
  if (changes.size() == kMostDutyChanges) changes.DeleteSubrange(0, 1);
  *changes.Add() = std::move(change);
}

v1::ComparePlanRevisionsResponse ComparePlans(const v1::Plan& before, const v1::Plan& after) {
  Comparison comparison;
  comparison.set_from_revision(before.revision());
  comparison.set_to_revision(after.revision());
  ComparePlanFields(before, after, &comparison);
  std::map<std::string_view, const v1::Task*> left;
  for (const v1::Task& task : before.tasks()) left.emplace(task.task_id(), &task);
  for (const v1::Task& task : after.tasks()) {
    const auto found = left.find(task.task_id());
    if (found == left.end()) {
      *comparison.add_differences() = DifferenceOf(Difference::ADDED, nullptr, &task);
      continue;
    }
    const v1::Task& was = *found->second;
    left.erase(found);
    const std::vector<std::string> fields = ChangedFields(was, task);
    if (fields.empty()) {
      comparison.set_unchanged(comparison.unchanged() + 1);
      continue;
    }
    Difference& difference = *comparison.add_differences() = DifferenceOf(Difference::CHANGED, &was, &task);
    difference.mutable_fields()->Assign(fields.begin(), fields.end());
    difference.set_duty_changed(!ChangedDuty(was, task).empty());
    difference.set_likeness(LikenessOf(was, task));
    difference.set_unsure(difference.likeness() < kSureLikeness);
  }
  for (const v1::Task& task : before.tasks()) {
    if (left.contains(task.task_id()))
      *comparison.add_differences() = DifferenceOf(Difference::REMOVED, &task, nullptr);
  }
  return comparison;
}

}  // namespace duban
