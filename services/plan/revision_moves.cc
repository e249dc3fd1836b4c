#include "services/plan/revision_moves.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/errors.h"
#include "services/plan/compare.h"

namespace duban {
namespace {

// Whom a task asks, each in its strongest part.
using Parts = std::map<std::string, v1::Responsibility::Role>;

absl::StatusOr<Parts> PartsOf(DirectoryView& directory, const v1::Task& task) {
  Parts parts;
  for (const v1::Responsibility& entry : task.responsibilities()) {
    if (entry.open() || entry.resolved().empty()) continue;
    DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string>* units, directory.UnitsOf(entry.resolved()));
    for (const std::string& unit : *units) {
      const auto [part, fresh] = parts.try_emplace(unit, entry.role());
      // A smaller number is a stronger part.
      if (!fresh && entry.role() < part->second) part->second = entry.role();
    }
  }
  return parts;
}

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

absl::StatusOr<v1::RevisionMoves> MovesOf(DirectoryView& then, const v1::Plan& base, DirectoryView& today,
                                          const v1::Plan& draft) {
  Counter counter;
  std::map<std::string_view, const v1::Task*> left;
  for (const v1::Task& task : base.tasks()) left.emplace(task.task_id(), &task);
  for (const v1::Task& task : draft.tasks()) {
    DUBAN_ASSIGN_OR_RETURN(const Parts after, PartsOf(today, task));
    const auto found = left.find(task.task_id());
    if (found == left.end()) {
      counter.Count({}, after, false);
      continue;
    }
    const v1::Task& was = *found->second;
    left.erase(found);
    DUBAN_ASSIGN_OR_RETURN(const Parts before, PartsOf(then, was));
    const bool others = counter.Count(before, after, !ChangedDuty(was, task).empty());
    if (others && ChangedFields(was, task).empty()) counter.Regrouped(task.task_id());
  }
  for (const auto& [id, task] : left) {
    DUBAN_ASSIGN_OR_RETURN(const Parts before, PartsOf(then, *task));
    counter.Count(before, {}, false);
  }
  return counter.Finish(today);
}

}  // namespace duban
