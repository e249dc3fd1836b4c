#include "tests/simulation/promises.h"

#include <algorithm>
#include <memory>

#include "common/base/strings.h"
#include "common/contract/names.h"
#include "duban/v1/order.pb.h"
#include "tests/simulation/feed_watch.h"

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

std::string OwnerOf(const std::vector<std::string>& published) {
  v1::Plan plan;
  plan.ParseFromString(published.front());
  return plan.owner_node();
}

// Of the revisions of own plans, as many as a backup had or came back, whichever are more.
void KeepRevisions(const std::string& node, const Promises& copied, const Held& held, Promises* promises) {
  for (auto& [name, revisions] : promises->published) {
    if (OwnerOf(revisions) != node) continue;
    const auto copy = copied.published.find(name);
    const auto back = held.plans.find(name);
    size_t left = copy == copied.published.end() ? 0 : copy->second.size();
    if (back != held.plans.end()) left = std::max(left, static_cast<size_t>(back->second.revision()));
    revisions.resize(std::min(left, revisions.size()));
  }
  std::erase_if(promises->published, [](const auto& plan) { return plan.second.empty(); });
}

// Of an acknowledged number what a backup had and what came back.
void KeepCount(const std::string& name, const std::map<std::string, int>& copied, int back,
               std::map<std::string, int>* counts) {
  const int left = std::max(CountOf(copied, name), back);
  if (counts->erase(name) > 0 && left > 0) (*counts)[name] = left;
}

// Of those who signed, as many as a backup had or came back, whichever are more.
void KeepReceipts(const std::string& name, const Promises& copied, const v1::Execution& given, Promises* promises) {
  const auto receipt = promises->receipts.find(name);
  if (receipt == promises->receipts.end()) return;
  std::vector<std::string> signers;
  if (const auto earlier = promises->earlier_receipts.find(name); earlier != promises->earlier_receipts.end()) {
    signers = earlier->second;
  }
  signers.push_back(receipt->second);
  size_t left = given.has_receipt() ? static_cast<size_t>(given.earlier_receipts_size()) + 1 : 0;
  if (copied.receipts.contains(name)) {
    const auto earlier = copied.earlier_receipts.find(name);
    left = std::max(left, earlier == copied.earlier_receipts.end() ? 1 : earlier->second.size() + 1);
  }
  signers.resize(std::min(left, signers.size()));
  promises->receipts.erase(name);
  promises->earlier_receipts.erase(name);
  if (signers.empty()) return;
  promises->receipts[name] = signers.back();
  signers.pop_back();
  if (!signers.empty()) promises->earlier_receipts[name] = std::move(signers);
}

void KeepWork(const std::string& node, const Promises& copied, const Held& held, Promises* promises) {
  for (const auto& [name, where] : promises->worked_at) {
    if (where != node) continue;
    const auto it = held.executions.find(name);
    const v1::Execution given = it == held.executions.end() ? v1::Execution() : it->second;
    KeepReceipts(name, copied, given, promises);
    KeepCount(name, copied.reports, given.reports_size(), &promises->reports);
    KeepCount(name, copied.submissions, given.submissions_size(), &promises->submissions);
  }
  for (const auto& [name, where] : promises->issued_at) {
    if (where != node) continue;
    const auto it = held.oversights.find(name);
    // What was said about an assignment comes back, and the assignment itself with its order or out of its plan.
    const bool back = held.shown.contains(name) || held.plans.contains(std::string(ParseName(name).plan));
    const int given = it == held.oversights.end() || !back ? 0 : it->second.reviews_size();
    KeepCount(name, copied.reviews, given, &promises->reviews);
  }
}

absl::Status Unreadable(std::string_view name) {
  return absl::DataLossError(StrCat(name, " was brought, and cannot be read"));
}

// Adds what `by` holds of what `owner` did about assignments, and of its orders.
class HeldWork {
 public:
  HeldWork(const SimNode& by, const std::string& owner, Held* held)
      : by_(by.id()),
        owner_(owner),
        told_(by.OrdersFrom(owner)),
        held_(*held),
        snapshot_(by.store("assignment")->TakeSnapshot()) {}

  absl::Status Add() {
    Visit<v1::Order>([this](std::string_view name, const v1::Order& order) {
      orders_[order.task()] = order;
      if (order.issuer_node() == owner_ && IsShown(order)) held_.names.emplace("assignment", name);
    });
    Visit<v1::Oversight>([this](std::string_view name, const v1::Oversight& oversight) {
      if (oversight.node() != owner_) return;
      held_.names.emplace("assignment", name);
      const ParsedName parsed = ParseName(oversight.assignment());
      const auto order = orders_.find(std::string(parsed.task));
      if (order != orders_.end() && IsShown(order->second, parsed.unit())) held_.shown.insert(oversight.assignment());
      held_.oversights[oversight.assignment()] = oversight;
    });
    Visit<v1::Execution>([this](std::string_view name, const v1::Execution& execution) {
      if (execution.node() != owner_ || !WorksThere(execution.assignment())) return;
      held_.names.emplace("assignment", name);
      held_.executions[execution.assignment()] = execution;
    });
    Visit<v1::Decomposition>([this](std::string_view name, const v1::Decomposition& made) {
      if (made.node() == owner_ && WorksThere(made.assignment())) held_.names.emplace("assignment", name);
    });
    Visit<v1::Delivery>([this](std::string_view name, const v1::Delivery& delivery) {
      if (delivery.node() == owner_) held_.names.emplace("assignment", name);
    });
    return read_;
  }

 private:
  template <typename Entity, typename See>
  void Visit(const See& see) {
    read_.Update(snapshot_->Scan<Entity>("plans/", "", [&](std::string_view name, const Stored<Entity>& stored) {
      see(name, stored.value);
      return true;
    }));
  }

  // Whether an order was still addressed to a unit here (empty: any) when its issuer was heard last. What that no
  // longer shows, because the unit works elsewhere or the issuer went on from an old backup, is kept here and is not
  // given back. That is decided by what the issuer said, and not by what the node makes of it.
  bool IsShown(const v1::Order& order, std::string_view unit = "") {
    const auto told = told_ == nullptr ? std::nullopt : told_->Find(order.name());
    if (!told.has_value()) return false;
    v1::Order said;
    v1::AddresseeList list;
    if (!told->UnpackTo(&said)) read_.Update(Unreadable(order.name()));
    // A list can be dropped before the order that names another one has come.
    const auto addressed = told_->FindLast(said.addressee_list());
    if (!addressed.has_value() || !addressed->UnpackTo(&list)) read_.Update(Unreadable(said.addressee_list()));
    const auto& all = list.addressees();
    return std::any_of(all.begin(), all.end(),
                       [&](const v1::Addressee& addressee) { return unit.empty() || addressee.unit() == unit; });
  }

  // Whether a unit of `owner` works on an assignment that `by` issued, as far as `by` knows.
  bool WorksThere(std::string_view assignment) {
    const ParsedName parsed = ParseName(assignment);
    const auto order = orders_.find(std::string(parsed.task));
    if (order == orders_.end() || order->second.issuer_node() != by_) return false;
    const auto list = snapshot_->Need<v1::AddresseeList>(order->second.addressee_list());
    read_.Update(list.status());
    if (!list.ok()) return false;
    const auto& all = list->value.addressees();
    return std::any_of(all.begin(), all.end(), [&](const v1::Addressee& addressee) {
      return addressee.unit() == parsed.unit() && addressee.unit_node() == owner_;
    });
  }

  const std::string& by_;
  const std::string& owner_;
  const FeedFold* const told_;
  Held& held_;
  const std::unique_ptr<Snapshot> snapshot_;
  std::map<std::string, v1::Order> orders_;
  absl::Status read_;
};

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
        // Neighbours have come to different revisions of it; nothing follows on a withdrawal.
        const bool later = stored.value.state() == v1::Plan::WITHDRAWN || stored.value.revision() > plan.revision();
        if (plan.state() != v1::Plan::WITHDRAWN && later) plan = stored.value;
      }
      return true;
    }));
  };
  add(v1::Unit(), "units/");
  add(v1::UnitGroup(), "groups/");
  add(v1::Plan(), "plans/");
  read.Update(HeldWork(*by, owner, held).Add());
  if (!read.ok()) world->Broken("S1", StrCat(by->id(), " cannot be read: ", ToStd(read.message())));
}

std::set<std::string> KeepWhatIsLeft(const std::string& node, const Promises& copied, const Held& held,
                                     absl::Time alive_until, Promises* promises) {
  KeepWork(node, copied, held, promises);
  std::set<std::string> again;
  for (const auto& [name, revisions] : promises->published) {
    if (OwnerOf(revisions) != node || !promises->withdrawn.contains(name) || copied.withdrawn.contains(name)) continue;
    const auto it = held.plans.find(name);
    if (it != held.plans.end() && it->second.state() == v1::Plan::WITHDRAWN) continue;
    promises->withdrawn.erase(name);
    again.insert(name);
  }
  KeepRevisions(node, copied, held, promises);
  std::erase_if(again, [&](const std::string& plan) { return !promises->published.contains(plan); });
  Keep(&promises->newer, [&](const auto& unit) {
    return unit.first != node || copied.newer.contains(unit) || held.newer.contains(unit.second);
  });
  absl::Time& alive = promises->alive_until.emplace(node, absl::InfinitePast()).first->second;
  alive = std::max(alive, alive_until);
  for (auto& [name, confirmed] : promises->confirmed) {
    if (confirmed.node != node) continue;
    // What the copy holds may be what an earlier loss had left of it.
    const auto kept = copied.confirmed.find(name);
    confirmed.up_to = kept == copied.confirmed.end() ? alive_until : std::max(kept->second.up_to, alive_until);
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
    const bool there = node->plans().GetPlan(Anybody(), request, &back).ok();
    world->Check("S1", there && (plan.state() != v1::Plan::WITHDRAWN || back.state() == v1::Plan::WITHDRAWN),
                 [&, name = name] { return StrCat(node->id(), " has ", name, " back without its withdrawal"); });
  }
}

}  // namespace duban::simulation
