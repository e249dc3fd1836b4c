#include "services/plan/publish.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/base/errors.h"
#include "common/base/strings.h"

namespace duban {
namespace {

using Entries = google::protobuf::RepeatedPtrField<v1::Responsibility>;

// A rule that adds units, with the names in it resolved.
struct AppliedRule {
  int number = 0;  // Its place in `plan_rules`, from 1.
  const v1::PlanRule* rule = nullptr;
  std::string entry;    // What `unit` leads to.
  std::string subject;  // What `subject` leads to; empty where it leads nowhere: then only the words count.
  int first_task = 0;   // Place in the plan.
};

absl::StatusOr<std::vector<AppliedRule>> AppliedRules(DirectoryView& directory, const v1::Plan& plan) {
  std::vector<AppliedRule> applied;
  for (int i = 0; i < plan.plan_rules_size(); ++i) {
    const v1::PlanRule& rule = plan.plan_rules(i);
    if (rule.kind() != v1::PlanRule::ADD_UNIT && rule.kind() != v1::PlanRule::INCLUDE_UNIT) continue;
    AppliedRule one{i + 1, &rule, "", "", 0};
    DUBAN_ASSIGN_OR_RETURN(one.entry, directory.Resolve(rule.unit()));
    DUBAN_ASSIGN_OR_RETURN(one.subject, directory.Resolve(rule.subject()));
    if (one.entry.empty()) return InvariantBroken(StrCat("`", rule.unit(), "` of a plan rule leads nowhere"));
    while (!rule.from_task().empty() && one.first_task < plan.tasks_size() &&
           plan.tasks(one.first_task).task_id() != rule.from_task()) {
      ++one.first_task;
    }
    applied.push_back(std::move(one));
  }
  return applied;
}

v1::Responsibility::Role KnownRole(v1::Responsibility::Role role) {
  return role == v1::Responsibility::ROLE_UNSPECIFIED ? v1::Responsibility::RESPONSIBLE : role;
}

v1::Responsibility EntryOf(const AppliedRule& applied, v1::Responsibility::Role role) {
  v1::Responsibility entry;
  entry.set_printed(applied.rule->unit());
  entry.set_unit(applied.rule->unit());
  entry.set_role(KnownRole(role));
  entry.set_resolved(applied.entry);
  entry.set_collective(applied.entry.starts_with("groups/"));
  entry.set_by_rule(applied.number);
  *entry.mutable_span() = applied.rule->span();
  return entry;
}

bool Adds(const AppliedRule& applied, const v1::Plan& plan, int index) {
  const v1::PlanRule& rule = *applied.rule;
  if (rule.kind() != v1::PlanRule::ADD_UNIT || index < applied.first_task) return false;
  return rule.from_task().empty() || plan.tasks(applied.first_task).table() == plan.tasks(index).table();
}

// Whether a rule says what the words of `entry` include.
bool Includes(const AppliedRule& applied, int index, const v1::Responsibility& entry) {
  if (applied.rule->kind() != v1::PlanRule::INCLUDE_UNIT || index < applied.first_task) return false;
  const std::string subject = NameKey(applied.rule->subject());
  return NameKey(entry.unit()) == subject || NameKey(entry.printed()) == subject ||
         (!entry.resolved().empty() && entry.resolved() == applied.subject);
}

// The entries of a task with those of the rules, in order; an entry of the directory may stand several times.
std::vector<v1::Responsibility> WithRules(const std::vector<AppliedRule>& rules, const v1::Plan& plan, int index) {
  const Entries& printed = plan.tasks(index).responsibilities();
  std::vector<v1::Responsibility> named(printed.begin(), printed.end());
  for (v1::Responsibility& entry : named) entry.set_role(KnownRole(entry.role()));
  for (const AppliedRule& rule : rules) {
    if (Adds(rule, plan, index)) named.push_back(EntryOf(rule, rule.rule->role()));
  }
  std::vector<v1::Responsibility> all;
  for (v1::Responsibility& entry : named) {
    std::vector<v1::Responsibility> included;
    for (const AppliedRule& rule : rules) {
      if (Includes(rule, index, entry)) included.push_back(EntryOf(rule, entry.role()));
    }
    all.push_back(std::move(entry));
    all.insert(all.end(), included.begin(), included.end());
  }
  return all;
}

// Each entry of the directory once, where it stands first, in its strongest role.
void PutOnce(std::vector<v1::Responsibility> all, Entries* entries) {
  entries->Clear();
  std::map<std::string, int> places;
  for (v1::Responsibility& entry : all) {
    const auto [place, fresh] = places.emplace(entry.resolved(), entries->size());
    if (fresh || entry.open()) {
      *entries->Add() = std::move(entry);
      continue;
    }
    v1::Responsibility& first = *entries->Mutable(place->second);
    if (entry.role() >= first.role()) continue;  // A smaller number is a stronger role.
    first.set_role(entry.role());
    first.set_by_rule(entry.by_rule());
  }
}

}  // namespace

absl::Status CompleteForOrders(DirectoryView& directory, v1::Plan* plan) {
  DUBAN_ASSIGN_OR_RETURN(std::vector<AppliedRule> rules, AppliedRules(directory, *plan));
  for (int i = 0; i < plan->tasks_size(); ++i) {
    std::vector<v1::Responsibility> all = WithRules(rules, *plan, i);
    for (const v1::Responsibility& entry : all) {
      if (!entry.open() && entry.resolved().empty()) {
        return InvariantBroken(StrCat("`", entry.unit(), "` of `", plan->tasks(i).name(), "` leads nowhere"));
      }
    }
    PutOnce(std::move(all), plan->mutable_tasks(i)->mutable_responsibilities());
  }
  return absl::OkStatus();
}

}  // namespace duban
