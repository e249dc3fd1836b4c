#include "tests/simulation/promises.h"

#include <algorithm>
#include <memory>

#include "common/base/strings.h"

namespace duban::simulation {
namespace {

int CountOf(const std::map<std::string, int>& counts, const std::string& name) {
  const auto it = counts.find(name);
  return it == counts.end() ? 0 : it->second;
}

// Keeps the items of `from` that are not the lost node's, or that `left` still knows.
template <typename Items, typename IsLeft>
void Keep(Items* items, const IsLeft& is_left) {
  std::erase_if(*items, [&](const auto& item) { return !is_left(item); });
}

std::string OwnerOf(const std::string& published) {
  v1::Plan plan;
  plan.ParseFromString(published);
  return plan.owner_node();
}

void KeepWork(const std::string& node, const Promises& copied, const Held& held, Promises* promises) {
  for (const auto& [name, where] : promises->worked_at) {
    if (where != node) continue;
    const auto it = held.executions.find(name);
    const v1::Execution given = it == held.executions.end() ? v1::Execution() : it->second;
    if (!copied.receipts.contains(name) && !given.has_receipt()) promises->receipts.erase(name);
    const auto keep = [&, &name = name](std::map<std::string, int>& counts, int copy, int back) {
      if (counts.erase(name) > 0 && std::max(copy, back) > 0) counts[name] = std::max(copy, back);
    };
    keep(promises->reports, CountOf(copied.reports, name), given.reports_size());
    keep(promises->submissions, CountOf(copied.submissions, name), given.submissions_size());
  }
}

}  // namespace

void AddHeld(World* world, SimNode* by, const std::string& owner, Held* held) {
  const std::unique_ptr<Snapshot> plans = by->store("plan")->TakeSnapshot();
  absl::Status read;
  const auto add = [&](auto type, const char* collection) {
    using Entity = decltype(type);
    read.Update(plans->Scan<Entity>(collection, "", [&](std::string_view name, const Stored<Entity>& stored) {
      if (stored.value.owner_node() != owner) return true;
      held->names.emplace("plan", name);
      if (stored.value.GetReflection()->GetUnknownFields(stored.value).field_count() > 0) held->newer.emplace(name);
      if constexpr (std::is_same_v<Entity, v1::Plan>) {
        v1::Plan& plan = held->plans[std::string(name)];
        if (plan.state() != v1::Plan::WITHDRAWN) plan = stored.value;
      }
      return true;
    }));
  };
  add(v1::Unit(), "units/");
  add(v1::UnitGroup(), "groups/");
  add(v1::Plan(), "plans/");
  const std::unique_ptr<Snapshot> assignments = by->store("assignment")->TakeSnapshot();
  read.Update(assignments->Scan<v1::Assignment>("assignments/", "", [&](std::string_view name, const auto& stored) {
    const v1::Assignment& issued = stored.value;
    if (issued.issuer_node() == owner && issued.unit_node() == by->id()) held->names.emplace("assignment", name);
    if (issued.issuer_node() != by->id() || issued.unit_node() != owner) return true;
    const std::string half = StrCat(name, "/execution");
    const auto execution = assignments->Get<v1::Execution>(half);
    if (!execution.ok() || !execution->has_value() || (*execution)->value.node() != owner) return true;
    held->names.emplace("assignment", half);
    held->executions[std::string(name)] = (*execution)->value;
    return true;
  }));
  if (!read.ok()) world->Broken("S1", StrCat(by->id(), " cannot be read: ", ToStd(read.message())));
}

std::set<std::string> KeepWhatIsLeft(const std::string& node, const Promises& copied, const Held& held,
                                     absl::Time alive_until, Promises* promises) {
  KeepWork(node, copied, held, promises);
  std::set<std::string> again;
  for (const auto& [name, bytes] : promises->published) {
    if (OwnerOf(bytes) != node || !promises->withdrawn.contains(name) || copied.withdrawn.contains(name)) continue;
    const auto it = held.plans.find(name);
    if (it != held.plans.end() && it->second.state() == v1::Plan::WITHDRAWN) continue;
    promises->withdrawn.erase(name);
    again.insert(name);
  }
  Keep(&promises->published, [&](const auto& plan) {
    const bool left = copied.published.contains(plan.first) || held.plans.contains(plan.first);
    return left || OwnerOf(plan.second) != node;
  });
  std::erase_if(again, [&](const std::string& plan) { return !promises->published.contains(plan); });
  Keep(&promises->newer, [&](const auto& unit) {
    return unit.first != node || copied.newer.contains(unit) || held.newer.contains(unit.second);
  });
  absl::Time& alive = promises->alive_until.emplace(node, absl::InfinitePast()).first->second;
  alive = std::max(alive, alive_until);
  for (auto& [name, confirmed] : promises->confirmed) {
    if (confirmed.node == node && !copied.confirmed.contains(name)) confirmed.up_to = alive_until;
  }
  return again;
}

void CheckCameBack(World* world, SimNode* node, const Held& held) {
  for (const auto& [service, name] : held.names) {
    const auto record = node->store(service)->TakeSnapshot()->GetRecord(name);
    world->Check("S1", record.ok() && record->has_value() && !(*record)->deleted(), [&, name = name] {
      return StrCat(node->id(), " has not got back ", name, ", which a neighbour held");
    });
  }
  for (const auto& [name, plan] : held.plans) {
    v1::GetPlanRequest request;
    v1::Plan back;
    request.set_name(name);
    const bool there = node->plans().GetPlan(request, &back).ok();
    world->Check("S1", there && (plan.state() != v1::Plan::WITHDRAWN || back.state() == v1::Plan::WITHDRAWN),
                 [&, name = name] { return StrCat(node->id(), " has ", name, " back without its withdrawal"); });
  }
}

}  // namespace duban::simulation
