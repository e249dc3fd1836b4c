#include "services/plan/publish.h"

#include <algorithm>
#include <string>
#include <vector>

#include "services/plan/directory/directory.h"

namespace duban {
namespace {

bool Names(const v1::Task& task, std::string_view unit) {
  const std::string key = NameKey(unit);
  return std::any_of(task.responsibilities().begin(), task.responsibilities().end(),
                     [&](const v1::Responsibility& responsibility) { return NameKey(responsibility.unit()) == key; });
}

void AddUnit(const v1::PlanRule& rule, v1::Responsibility::Role role, v1::Task* task) {
  if (Names(*task, rule.unit())) return;
  v1::Responsibility* added = task->add_responsibilities();
  added->set_printed(rule.unit());
  added->set_unit(rule.unit());
  added->set_role(role == v1::Responsibility::ROLE_UNSPECIFIED ? v1::Responsibility::RESPONSIBLE : role);
  *added->mutable_span() = rule.span();
}

void ApplyRule(const v1::PlanRule& rule, v1::Task* task) {
  if (rule.kind() == v1::PlanRule::ADD_UNIT) return AddUnit(rule, rule.role(), task);
  for (const v1::Responsibility& responsibility : task->responsibilities()) {
    if (NameKey(responsibility.unit()) == NameKey(rule.subject())) {
      return AddUnit(rule, responsibility.role(), task);
    }
  }
}

}  // namespace

void ApplyPlanRules(v1::Plan* plan) {
  for (const v1::PlanRule::Kind kind : {v1::PlanRule::ADD_UNIT, v1::PlanRule::INCLUDE_UNIT}) {
    for (const v1::PlanRule& rule : plan->plan_rules()) {
      if (rule.kind() != kind) continue;
      bool binds = rule.from_task().empty();
      std::string table;
      for (v1::Task& task : *plan->mutable_tasks()) {
        if (!binds && task.task_id() == rule.from_task()) {
          binds = true;
          table = kind == v1::PlanRule::ADD_UNIT ? task.table() : "";
        }
        if (binds && (table.empty() || table == task.table())) ApplyRule(rule, &task);
      }
    }
  }
}

}  // namespace duban
