#include "services/assignment/plan_to_assignments.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/base/civil.h"
#include "common/base/ids.h"
#include "common/base/strings.h"

namespace duban {
namespace {

using Role = v1::Responsibility;

constexpr std::string_view kUnits = "units/";

// A list without a word for the part means that each answers for its own share.
Role::Role KnownRole(Role::Role role) {
  return role == Role::ROLE_UNSPECIFIED ? Role::RESPONSIBLE : role;
}

// Both in `YYYY-MM-DD`, whose order is that of the days. From `from` (inclusive) to `to` (exclusive); empty: without
// end.
bool Holds(std::string_view from, std::string_view to, std::string_view day) {
  return (from.empty() || from <= day) && (to.empty() || day < to);
}

// How a unit is addressed by one task.
struct Address {
  Role::Role role = Role::COOPERATE;
  std::string words;
  // The words name the unit itself, not a group it is in.
  bool by_name = false;
  // The role that goes with the words.
  Role::Role words_role = Role::COOPERATE;
};

// A rule of the plan, with the task it begins at.
struct BoundRule {
  const v1::PlanRule* rule;
  int first_task;
};

class Expander {
 public:
  Expander(const v1::Plan& plan, const Directory& directory, absl::CivilDay as_of, std::string_view node)
      : plan_(plan), directory_(directory), day_(FormatDay(as_of)), year_(as_of.year()), node_(node) {
    for (const auto& [name, unit] : directory.units) AddNames(name, unit.display_name(), unit.aliases());
    for (const auto& [name, group] : directory.groups) AddNames(name, group.display_name(), group.aliases());
  }

  Expansion Expand() {
    BindRules();
    for (int i = 0; i < plan_.tasks_size(); ++i) ExpandTask(i);
    return std::move(expansion_);
  }

 private:
  template <typename Aliases>
  void AddNames(const std::string& resource, const std::string& display_name, const Aliases& aliases) {
    names_.emplace(display_name, resource);
    for (const std::string& alias : aliases) names_.emplace(alias, resource);
  }

  bool Known(std::string_view resource) const {
    return directory_.units.contains(resource) || directory_.groups.contains(resource);
  }

  // The directory's entry for a name; empty where there is none.
  std::string Resolve(std::string_view name) const {
    if (Known(name)) return std::string(name);
    auto found = names_.find(name);
    return found == names_.end() ? std::string() : found->second;
  }

  void Omit(OmissionReason reason, std::string_view subject) {
    Omission omission{reason, task_name_, std::string(subject)};
    auto& all = expansion_.omissions;
    if (std::find(all.begin(), all.end(), omission) == all.end()) all.push_back(std::move(omission));
  }

  void BindRules() {
    for (const v1::PlanRule& rule : plan_.plan_rules()) {
      if (rule.kind() != v1::PlanRule::ADD_UNIT && rule.kind() != v1::PlanRule::INCLUDE_UNIT) continue;
      int first = 0;
      if (!rule.from_task().empty()) {
        while (first < plan_.tasks_size() && plan_.tasks(first).task_id() != rule.from_task()) ++first;
      }
      if (first == plan_.tasks_size()) {
        Omit(OmissionReason::kRuleWithoutTask, rule.from_task());
      } else {
        rules_.push_back({&rule, first});
      }
    }
  }

  void ExpandTask(int index) {
    const v1::Task& task = plan_.tasks(index);
    task_name_ = task.name().empty() ? StrCat(plan_.name(), "/tasks/", task.task_id()) : task.name();
    task_index_ = index;
    addresses_.clear();
    for (const v1::Responsibility& entry : task.responsibilities()) {
      if (entry.open()) continue;
      const std::string& words = entry.printed().empty() ? entry.unit() : entry.printed();
      AddressTo(Known(entry.resolved()) ? entry.resolved() : Resolve(entry.unit()), words, entry.unit(),
                KnownRole(entry.role()));
    }
    for (const BoundRule& bound : rules_) {
      if (bound.rule->kind() != v1::PlanRule::ADD_UNIT || index < bound.first_task) continue;
      // A rule about the units "below" speaks of its own table; an annex prints its own.
      const bool own_table = plan_.tasks(bound.first_task).table() == task.table();
      if (!bound.rule->from_task().empty() && !own_table) continue;
      const std::string& name = bound.rule->unit();
      AddressTo(Resolve(name), name, name, KnownRole(bound.rule->role()));
    }
    if (addresses_.empty()) Omit(OmissionReason::kNobody, task.task_id());
    for (const auto& [unit, address] : addresses_) {
      if (expansion_.assignments.size() == kMaxAssignments) return Omit(OmissionReason::kTooMany, unit);
      Emit(task, unit, address);
    }
  }

  // Addresses a unit or the members of a group, and whom the plan's rules include in the name.
  void AddressTo(const std::string& resource, const std::string& words, const std::string& name, Role::Role role) {
    if (resource.empty()) {
      Omit(OmissionReason::kUnknownName, name.empty() ? words : name);
    } else if (resource.starts_with(kUnits)) {
      AddUnit(resource, words, true, role);
    } else {
      AddMembers(resource, words, role);
    }
    for (const BoundRule& bound : rules_) {
      const v1::PlanRule& rule = *bound.rule;
      if (rule.kind() != v1::PlanRule::INCLUDE_UNIT || task_index_ < bound.first_task) continue;
      const bool meant = rule.subject() == name || rule.subject() == words ||
                         (!resource.empty() && Resolve(rule.subject()) == resource);
      if (!meant) continue;
      const std::string included = Resolve(rule.unit());
      if (included.empty()) {
        Omit(OmissionReason::kUnknownName, rule.unit());
      } else if (included.starts_with(kUnits)) {
        AddUnit(included, words, false, role);
      } else {
        AddMembers(included, words, role);
      }
    }
  }

  void AddMembers(const std::string& group_name, const std::string& words, Role::Role role) {
    const v1::UnitGroup& group = directory_.groups.find(group_name)->second;
    bool any = false;
    for (const v1::UnitGroup::Member& member : group.members()) {
      if (!Holds(member.valid_from(), member.valid_to(), day_)) continue;
      any = true;
      AddUnit(member.unit(), words, false, role);
    }
    for (const v1::UnitGroup::Selection& selection : group.selections()) {
      for (const auto& [name, unit] : directory_.units) {
        if (!Selected(selection, unit)) continue;
        any = true;
        AddUnit(name, words, false, role);
      }
    }
    if (!any) Omit(OmissionReason::kEmptyGroup, group_name);
  }

  bool Selected(const v1::UnitGroup::Selection& selection, const v1::Unit& unit) const {
    const auto& kinds = selection.kinds();
    if (std::find(kinds.begin(), kinds.end(), unit.kind()) == kinds.end()) return false;
    if (!Holds(unit.valid_from(), unit.valid_to(), day_)) return false;
    return std::any_of(unit.superiors().begin(), unit.superiors().end(), [&](const v1::Unit::Superior& superior) {
      return superior.unit() == selection.superior() && Holds(superior.valid_from(), superior.valid_to(), day_);
    });
  }

  void AddUnit(const std::string& name, const std::string& words, bool by_name, Role::Role role) {
    auto found = directory_.units.find(name);
    if (found == directory_.units.end()) return Omit(OmissionReason::kUnknownName, name);
    const v1::Unit& unit = found->second;
    if (!unit.valid_from().empty() && day_ < unit.valid_from()) return Omit(OmissionReason::kNotYet, name);
    if (!unit.valid_to().empty() && unit.valid_to() <= day_) return Omit(OmissionReason::kEnded, name);
    auto [place, fresh] = addresses_.try_emplace(name);
    Address& address = place->second;
    // A smaller number is a stronger role.
    if (fresh || role < address.role) address.role = role;
    const bool better = by_name != address.by_name ? by_name : role < address.words_role;
    if (fresh || better) {
      address.words = words;
      address.by_name = by_name;
      address.words_role = role;
    }
  }

  void Emit(const v1::Task& task, const std::string& unit_name, const Address& address) {
    const v1::Unit& unit = directory_.units.find(unit_name)->second;
    v1::Assignment assignment;
    assignment.set_name(StrCat("assignments/", ComputedId("a-", {task_name_, unit_name})));
    assignment.set_task(task_name_);
    assignment.set_plan_title(plan_.title());
    assignment.set_plan_revision(plan_.revision());
    assignment.set_table(task.table());
    assignment.set_number(task.number());
    *assignment.mutable_headings() = task.headings();
    assignment.set_text(task.text());
    assignment.set_unit(unit_name);
    assignment.set_unit_display_name(unit.display_name());
    assignment.set_unit_node(std::string(NodeOf(unit, node_)));
    assignment.set_role(address.role);
    assignment.set_addressed_as(address.words);
    *assignment.mutable_deadline() = task.deadline();
    assignment.set_year(plan_.year() != 0 ? plan_.year() : static_cast<int32_t>(year_));
    assignment.set_issuer(plan_.issuer());
    auto issuer = directory_.units.find(plan_.issuer());
    assignment.set_issuer_display_name(issuer == directory_.units.end() ? plan_.issuing_unit()
                                                                        : issuer->second.display_name());
    assignment.set_issuer_node(node_);
    *assignment.mutable_aligned_tasks() = task.aligned_tasks();
    *assignment.mutable_issue_time() = plan_.publish_time();
    assignment.set_version(1);
    expansion_.assignments.push_back(std::move(assignment));
  }

  const v1::Plan& plan_;
  const Directory& directory_;
  const std::string day_;
  const absl::civil_year_t year_;
  const std::string node_;
  std::map<std::string, std::string, std::less<>> names_;
  std::vector<BoundRule> rules_;
  Expansion expansion_;
  // Of the task that is being expanded.
  std::string task_name_;
  int task_index_ = 0;
  std::map<std::string, Address> addresses_;
};

// The expanded assignment with everything that happened to the current one.
v1::Assignment WithHistory(const v1::Assignment& expanded, const v1::Assignment& current) {
  v1::Assignment next = expanded;
  if (expanded.deadline().SerializeAsString() != current.deadline().SerializeAsString()) {
    *next.mutable_deadline_change_time() = expanded.issue_time();
  } else if (current.has_deadline_change_time()) {
    *next.mutable_deadline_change_time() = current.deadline_change_time();
  }
  *next.mutable_issue_time() = current.issue_time();
  *next.mutable_reviews() = current.reviews();
  *next.mutable_former_nodes() = current.former_nodes();
  next.set_moves(current.moves());
  if (current.has_carried_execution()) *next.mutable_carried_execution() = current.carried_execution();
  next.set_reminder_policy(current.reminder_policy());
  next.set_version(current.version());
  return next;
}

// Whether a revision says something else to the unit. A duty that stays as it was keeps the revision it came from.
bool Differs(const v1::Assignment& current, v1::Assignment next) {
  next.set_plan_revision(current.plan_revision());
  return next.SerializeAsString() != current.SerializeAsString();
}

google::protobuf::Timestamp Later(const google::protobuf::Timestamp& a, const google::protobuf::Timestamp& b) {
  return FromProto(a) < FromProto(b) ? b : a;
}

v1::Assignment Cancelled(v1::Assignment current, const v1::Plan& plan) {
  if (plan.state() == v1::Plan::WITHDRAWN) {
    current.set_cancel_reason(plan.withdraw_reason().empty() ? "计划已撤回" : plan.withdraw_reason());
    *current.mutable_cancel_time() =
        plan.has_withdraw_time() ? plan.withdraw_time() : Later(plan.publish_time(), plan.update_time());
  } else {
    current.set_cancel_reason(StrCat("第", plan.revision(), "次发布的计划已不再将此项任务交办该单位"));
    *current.mutable_cancel_time() = Later(plan.publish_time(), plan.update_time());
  }
  return current;
}

}  // namespace

std::string_view OmissionName(OmissionReason reason) {
  switch (reason) {
    case OmissionReason::kUnknownName:
      return "unknown_name";
    case OmissionReason::kEnded:
      return "ended";
    case OmissionReason::kNotYet:
      return "not_yet";
    case OmissionReason::kEmptyGroup:
      return "empty_group";
    case OmissionReason::kRuleWithoutTask:
      return "rule_without_task";
    case OmissionReason::kNobody:
      return "nobody";
    case OmissionReason::kTooMany:
      return "too_many";
  }
  return "unknown";
}

std::string_view NodeOf(const v1::Unit& unit, std::string_view node) {
  if (!unit.node().empty()) return unit.node();
  return unit.owner_node().empty() ? node : std::string_view(unit.owner_node());
}

absl::CivilDay ExpansionDay(const v1::Plan& plan) {
  return ParseDay(plan.publish_date()).value_or(DayOf(FromProto(plan.publish_time())));
}

Expansion PlanToAssignments(const v1::Plan& plan, const Directory& directory, absl::CivilDay as_of,
                            std::string_view node) {
  if (plan.state() != v1::Plan::PUBLISHED) return {};
  return Expander(plan, directory, as_of, node).Expand();
}

std::vector<v1::Assignment> ReconcileAssignments(const std::vector<v1::Assignment>& current, const Expansion& expansion,
                                                 const v1::Plan& plan) {
  std::map<std::string_view, const v1::Assignment*> left;
  for (const v1::Assignment& assignment : current) left.emplace(assignment.name(), &assignment);
  std::vector<v1::Assignment> changes;
  for (const v1::Assignment& expanded : expansion.assignments) {
    auto found = left.find(expanded.name());
    if (found == left.end()) {
      changes.push_back(expanded);
      continue;
    }
    v1::Assignment next = WithHistory(expanded, *found->second);
    if (Differs(*found->second, next)) changes.push_back(std::move(next));
    left.erase(found);
  }
  for (const v1::Assignment& assignment : current) {
    if (!left.contains(assignment.name()) || assignment.has_cancel_time()) continue;
    changes.push_back(Cancelled(assignment, plan));
  }
  return changes;
}

}  // namespace duban
