#include "services/plan/revision_moves.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "common/base/errors.h"
#include "services/plan/compare.h"
#include "services/plan/plan_store.h"

namespace duban {
namespace {

// Whom a task asks, each in its strongest part.
using Parts = std::map<std::string, v1::Responsibility::Role>;

// The units that an entry of a task stands for.
using Expand = absl::FunctionRef<absl::StatusOr<const std::vector<std::string>*>(const std::string& entry)>;

absl::StatusOr<Parts> PartsOf(const v1::Task& task, Expand expand) {
  Parts parts;
  for (const v1::Responsibility& entry : task.responsibilities()) {
    if (entry.open() || entry.resolved().empty()) continue;
    DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string>* units, expand(entry.resolved()));
    for (const std::string& unit : *units) {
      const auto [part, fresh] = parts.try_emplace(unit, entry.role());
      // A smaller number is a stronger part.
      if (!fresh && entry.role() < part->second) part->second = entry.role();
    }
  }
  return parts;
}

// What entries stood for when a revision was published: groups as it is noted, units for themselves.
class Then {
 public:
  explicit Then(const storage::v1::IssuedGroups& groups) {
    for (const auto& group : groups.groups()) units_[group.group()].assign(group.units().begin(), group.units().end());
  }
  const std::vector<std::string>* Of(const std::string& entry) {
    std::vector<std::string>& units = units_[entry];
    if (units.empty() && !entry.starts_with("groups/")) units = {entry};
    return &units;
  }

 private:
  std::map<std::string, std::vector<std::string>> units_;
};

// Counts the moves of one plan; used once.
class Counter {
 public:
  // Returns whether anybody comes or goes.
  bool Count(const Parts& before, const Parts& after, bool duty_changed) {
    bool others = false;
    for (const auto& [unit, role] : after) {
      const auto was = before.find(unit);
      if (was == before.end()) {
        others = true;
        shares_[unit].set_added(shares_[unit].added() + 1);
        moves_.set_added(moves_.added() + 1);
      } else if (duty_changed || was->second != role) {
        shares_[unit].set_changed(shares_[unit].changed() + 1);
        moves_.set_changed(moves_.changed() + 1);
      } else {
        moves_.set_kept(moves_.kept() + 1);
      }
    }
    for (const auto& [unit, role] : before) {
      if (after.contains(unit)) continue;
      others = true;
      shares_[unit].set_cancelled(shares_[unit].cancelled() + 1);
      moves_.set_cancelled(moves_.cancelled() + 1);
    }
    return others;
  }

  void Regrouped(const std::string& task_id) { moves_.add_regrouped_tasks(task_id); }

  absl::StatusOr<v1::RevisionMoves> Finish(DirectoryView& directory) {
    for (auto& [unit, share] : shares_) {
      DUBAN_ASSIGN_OR_RETURN(const v1::Unit* entry, directory.FindUnit(unit));
      share.set_unit(unit);
      share.set_unit_display_name(entry == nullptr ? "" : entry->display_name());
      *moves_.add_shares() = share;
    }
    return moves_;
  }

 private:
  v1::RevisionMoves moves_;
  std::map<std::string, v1::RevisionMoves::Share> shares_;
};

}  // namespace

absl::StatusOr<storage::v1::IssuedGroups> GroupsOf(DirectoryView& directory, const v1::Plan& plan) {
  storage::v1::IssuedGroups groups;
  for (const std::string& entry : AddresseesOf(plan)) {
    if (!entry.starts_with("groups/")) continue;
    DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string>* units, directory.UnitsOf(entry));
    auto* group = groups.add_groups();
    group->set_group(entry);
    group->mutable_units()->Assign(units->begin(), units->end());
  }
  return groups;
}

absl::StatusOr<v1::RevisionMoves> MovesOf(const RevisionInForce& in_force, DirectoryView& today,
                                          const v1::Plan& draft) {
  Then then(in_force.groups);
  const auto before_of = [&](const v1::Task& task) {
    return PartsOf(task, [&](const std::string& entry) -> absl::StatusOr<const std::vector<std::string>*> {
      return then.Of(entry);
    });
  };
  Counter counter;
  std::map<std::string_view, const v1::Task*> left;
  for (const v1::Task& task : in_force.plan.tasks()) left.emplace(task.task_id(), &task);
  for (const v1::Task& task : draft.tasks()) {
    DUBAN_ASSIGN_OR_RETURN(const Parts after,
                           PartsOf(task, [&](const std::string& entry) { return today.UnitsOf(entry); }));
    const auto found = left.find(task.task_id());
    if (found == left.end()) {
      counter.Count({}, after, false);
      continue;
    }
    const v1::Task& was = *found->second;
    left.erase(found);
    DUBAN_ASSIGN_OR_RETURN(const Parts before, before_of(was));
    const bool others = counter.Count(before, after, !ChangedDuty(was, task).empty());
    if (others && ChangedFields(was, task).empty()) counter.Regrouped(task.task_id());
  }
  for (const auto& [id, task] : left) {
    DUBAN_ASSIGN_OR_RETURN(const Parts before, before_of(*task));
    counter.Count(before, {}, false);
  }
  return counter.Finish(today);
}

}  // namespace duban
