#include "services/plan/task_rows.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "common/base/civil.h"
#include "common/base/strings.h"
#include "services/plan/directory/directory.h"
#include "services/plan/judge.h"
#include "services/plan/phrases/deadline_phrase.h"
#include "services/plan/reader/findings.h"

namespace duban {
namespace {

constexpr char kBody[] = "body";

// Understands a deadline of which only the printed words are given.
void CompleteDeadline(const v1::Task& task, const v1::Plan& plan, v1::Deadline* deadline, FindingAdder* adder) {
  if (deadline->kind() == v1::Deadline::WHOLE_PERIOD && deadline->due().empty() && plan.year() > 0) {
    deadline->set_due(FormatDay(absl::CivilDay(plan.year(), 12, 31)));
  }
  if (deadline->kind() != v1::Deadline::KIND_UNSPECIFIED || deadline->printed().empty()) return;
  const DeadlinePhrase phrase = ParseDeadline(deadline->printed(), {.year = plan.year()});
  if (phrase.understood && !phrase.lacks_year) {
    const std::string printed = deadline->printed();
    *deadline = phrase.deadline;
    deadline->set_printed(printed);
    return;
  }
  v1::Finding* finding = adder->Add(kDeadlineNotUnderstood, task.task_id());
  finding->set_subject(deadline->printed());
  finding->set_message(StrCat("时限“", deadline->printed(), "”看不懂，请写明日期或周期"));
  finding->set_blocking(true);
}

// Plans name units as documents do; the entry is found by the name, and another one once the directory changes.
void CheckIsName(const std::string& unit, const std::string& field, FieldErrors* errors) {
  if (!unit.starts_with("units/") && !unit.starts_with("groups/")) return;
  errors->Add(field,
              StrCat("is the full name as printed, such as `市教育局`, and not `", unit, "`: give its display_name"),
              StrCat("应填全称，如“市教育局”，不是编号“", unit, "”：请填该单位的名称（display_name）"));
}

}  // namespace

void CompleteRows(v1::Plan* plan, FieldErrors* errors) {
  std::map<std::string, int> last_numbers;
  std::set<std::string> ids;
  FindingAdder adder(plan);
  for (int i = 0; i < plan->tasks_size(); ++i) {
    v1::Task& task = *plan->mutable_tasks(i);
    const std::string field = StrCat("plan.tasks[", i, "].");
    if (task.table().empty()) task.set_table(kBody);
    int& last = last_numbers[task.table()];
    if (task.number() == 0) task.set_number(last + 1);
    last = task.number();
    if (task.task_id().empty()) {
      task.set_task_id(task.table() == kBody ? StrCat("body-", task.number()) : StrCat("row-", i + 1));
    }
    if (!ids.insert(task.task_id()).second) {
      errors->Add(StrCat(field, "task_id"), StrCat("`", task.task_id(), "` is used twice"),
                  StrCat("“", task.task_id(), "”重复"));
    }
    CompleteRow(*plan, StrCat("plan.tasks[", i, "]"), &task, &adder, errors);
  }
  CheckRules(*plan, "plan.", errors);
}

void CompleteRow(const v1::Plan& plan, std::string_view field, v1::Task* task, FindingAdder* adder,
                 FieldErrors* errors) {
  if (!task->aligned_tasks().empty()) {
    errors->Add(StrCat(field, ".aligned_tasks"), "is set by AlignTasks", "应通过“承接”操作登记");
  }
  task->clear_duty_changes();
  for (int i = 0; i < task->responsibilities_size(); ++i) {
    v1::Responsibility& responsibility = *task->mutable_responsibilities(i);
    CheckIsName(responsibility.unit(), StrCat(field, ".responsibilities[", i, "].unit"), errors);
    if (responsibility.printed().empty()) responsibility.set_printed(responsibility.unit());
  }
  CompleteDeadline(*task, plan, task->mutable_deadline(), adder);
  CheckDeadline(task->deadline(), StrCat(field, ".deadline"), errors);
}

void CheckRules(const v1::Plan& plan, std::string_view prefix, FieldErrors* errors) {
  for (int i = 0; i < plan.plan_rules_size(); ++i) {
    const v1::PlanRule& rule = plan.plan_rules(i);
    const std::string field = StrCat(prefix, "plan_rules[", i, "].");
    if (rule.kind() == v1::PlanRule::KIND_UNSPECIFIED) errors->Add(StrCat(field, "kind"), "is needed", "必须填写");
    const bool includes = rule.kind() == v1::PlanRule::INCLUDE_UNIT;
    if ((includes || rule.kind() == v1::PlanRule::ADD_UNIT) && NameKey(rule.unit()).empty()) {
      errors->Add(StrCat(field, "unit"), "is needed for a rule that adds a unit", "为空：增加单位的规定必须写明单位");
    }
    if (includes && NameKey(rule.subject()).empty()) {
      errors->Add(StrCat(field, "subject"), "is needed for INCLUDE_UNIT", "为空：必须写明哪个名称包含该单位");
    }
    const bool known = rule.from_task().empty() ||
                       std::any_of(plan.tasks().begin(), plan.tasks().end(),
                                   [&](const v1::Task& task) { return task.task_id() == rule.from_task(); });
    if (!known) {
      errors->Add(StrCat(field, "from_task"), StrCat("`", rule.from_task(), "` is no task of this plan"),
                  StrCat("“", rule.from_task(), "”不是本计划的任务"));
    }
  }
}

void CheckDeadline(const v1::Deadline& deadline, std::string_view field, FieldErrors* errors) {
  const bool dated = deadline.kind() == v1::Deadline::BY_DATE || deadline.kind() == v1::Deadline::WHOLE_PERIOD;
  if (dated == deadline.due().empty()) {
    errors->Add(StrCat(field, ".due"), "is for BY_DATE and WHOLE_PERIOD, and needed there",
                "仅用于有截止日期的时限，且必须填写");
  }
  const bool periodic = deadline.kind() == v1::Deadline::PERIODIC;
  if (periodic != (deadline.frequency() != v1::Deadline::FREQUENCY_UNSPECIFIED)) {
    errors->Add(StrCat(field, ".frequency"), "is for PERIODIC, and needed there", "仅用于周期性时限，且必须填写");
  }
  if ((deadline.kind() == v1::Deadline::WORKING_DAYS) != (deadline.working_days() > 0)) {
    errors->Add(StrCat(field, ".working_days"), "is for WORKING_DAYS, and needed there",
                "仅用于按工作日计算的时限，且必须填写");
  }
}

void NameTasks(v1::Plan* plan) {
  for (v1::Task& task : *plan->mutable_tasks()) task.set_name(StrCat(plan->name(), "/tasks/", task.task_id()));
}

}  // namespace duban
