#include "services/assignment/plan_to_orders.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "common/base/civil.h"
#include "common/base/ids.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/contract/duty.h"
#include "common/contract/names.h"
#include "services/assignment/readdress.h"

namespace duban {
namespace {

using Role = v1::Responsibility;

constexpr std::string_view kUnits = "units/";

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

class Expander {
 public:
  Expander(const v1::Plan& plan, const Directory& directory, absl::CivilDay as_of, std::string_view node)
      : plan_(plan), directory_(directory), day_(FormatDay(as_of)), year_(as_of.year()), node_(node) {}

  Expansion Expand() {
    for (const v1::Task& task : plan_.tasks()) ExpandTask(task);
    return std::move(expansion_);
  }

 private:
  void Omit(OmissionReason reason, std::string_view subject) {
    Omission omission{reason, task_name_, std::string(subject)};
    auto& all = expansion_.omissions;
    if (std::find(all.begin(), all.end(), omission) == all.end()) all.push_back(std::move(omission));
  }

  void ExpandTask(const v1::Task& task) {
    task_name_ = task.name().empty() ? StrCat(plan_.name(), "/tasks/", task.task_id()) : task.name();
    const Addressees addressees = AddresseesOf(task);
    if (addressees->empty()) return Omit(OmissionReason::kNobody, task.task_id());
    if (addressees->size() > kMaxAddressees) return Omit(OmissionReason::kTooMany, task.task_id());
    count_ += addressees->size();
    if (count_ > kMaxAssignments) return Omit(OmissionReason::kTooMany, task.task_id());
    expansion_.orders.push_back({OrderOf(task), addressees});
  }

  // Many tasks print the same list: it is expanded once.
  Addressees AddresseesOf(const v1::Task& task) {
    std::string printed;
    for (const v1::Responsibility& entry : task.responsibilities()) {
      if (!entry.open())
        printed += StrCat(entry.resolved(), "\n", entry.printed(), "\n", entry.unit(), "\n", entry.role(), "\n");
    }
    auto [known, fresh] = expanded_.try_emplace(std::move(printed));
    if (!fresh && known->second.omissions == 0) return known->second.addressees;
    const size_t omitted = expansion_.omissions.size();
    addresses_.clear();
    for (const v1::Responsibility& entry : task.responsibilities()) {
      if (!entry.open()) AddressTo(entry);
    }
    auto addressees = std::make_shared<std::vector<v1::Addressee>>();
    for (const auto& [unit, address] : addresses_) addressees->push_back(AddresseeOf(unit, address));
    known->second = {addressees, expansion_.omissions.size() - omitted};
    return addressees;
  }

  void AddressTo(const v1::Responsibility& entry) {
    const std::string& resource = entry.resolved();
    const std::string& words = entry.printed().empty() ? entry.unit() : entry.printed();
    if (directory_.units.contains(resource)) {
      AddUnit(resource, words, true, entry.role());
    } else if (auto group = directory_.groups.find(resource); group != directory_.groups.end()) {
      AddMembers(group->second, words, entry.role());
    } else {
      Omit(OmissionReason::kUnknownName, entry.unit().empty() ? words : entry.unit());
    }
  }

  void AddMembers(const v1::UnitGroup& group, const std::string& words, Role::Role role) {
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
    if (!any) Omit(OmissionReason::kEmptyGroup, group.name());
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

  v1::Order OrderOf(const v1::Task& task) const {
    v1::Order order;
    order.set_name(OrderName(task_name_));
    order.set_task(task_name_);
    order.set_plan_title(plan_.title());
    order.set_plan_revision(plan_.revision());
    order.set_table(task.table());
    order.set_number(task.number());
    *order.mutable_headings() = task.headings();
    order.set_text(task.text());
    *order.mutable_deadline() = task.deadline();
    order.set_year(plan_.year() != 0 ? plan_.year() : static_cast<int32_t>(year_));
    order.set_issuer(plan_.issuer());
    auto issuer = directory_.units.find(plan_.issuer());
    order.set_issuer_display_name(issuer == directory_.units.end() ? plan_.issuing_unit()
                                                                   : issuer->second.display_name());
    order.set_issuer_node(node_);
    *order.mutable_aligned_tasks() = task.aligned_tasks();
    *order.mutable_issue_time() = plan_.publish_time();
    order.set_decline_working_days(plan_.decline_working_days());
    *order.mutable_duty_changes() = task.duty_changes();
    order.set_version(1);
    return order;
  }

  v1::Addressee AddresseeOf(const std::string& unit_name, const Address& address) const {
    const v1::Unit& unit = directory_.units.find(unit_name)->second;
    v1::Addressee addressee;
    addressee.set_unit(unit_name);
    addressee.set_unit_display_name(unit.display_name());
    addressee.set_unit_node(std::string(NodeOf(unit, node_)));
    addressee.set_role(address.role);
    addressee.set_addressed_as(address.words);
    return addressee;
  }

  const v1::Plan& plan_;
  const Directory& directory_;
  const std::string day_;
  const absl::civil_year_t year_;
  const std::string node_;
  // What a printed list came to, and how many of its entries reached nobody.
  struct ExpandedList {
    Addressees addressees;
    size_t omissions = 0;
  };

  Expansion expansion_;
  std::map<std::string, ExpandedList> expanded_;
  size_t count_ = 0;
  // Of the task that is being expanded.
  std::string task_name_;
  std::map<std::string, Address> addresses_;
};

google::protobuf::Timestamp Later(const google::protobuf::Timestamp& a, const google::protobuf::Timestamp& b) {
  return FromProto(a) < FromProto(b) ? b : a;
}

// Why and when a plan no longer asks something of a unit.
struct Cancellation {
  std::string reason;
  google::protobuf::Timestamp time;
};

Cancellation CancellationBy(const v1::Plan& plan) {
  const google::protobuf::Timestamp changed = Later(plan.publish_time(), plan.update_time());
  if (plan.state() != v1::Plan::WITHDRAWN) {
    const std::string revised = StrCat("第", plan.revision(), "次发布的计划已不再将此项任务交办该单位");
    const std::string& reason = plan.revision_reason();
    return {reason.empty() ? revised : StrCat(revised, "：", reason), changed};
  }
  return {plan.withdraw_reason().empty() ? "计划已撤回" : plan.withdraw_reason(),
          plan.has_withdraw_time() ? plan.withdraw_time() : changed};
}

void Cancel(const Cancellation& cancellation, v1::Addressee& addressee) {
  if (addressee.has_cancel_time()) return;
  addressee.set_cancel_reason(cancellation.reason);
  *addressee.mutable_cancel_time() = cancellation.time;
}

// What a revision changes for one unit alone; nothing where that is nothing.
std::optional<v1::DutyChange> OwnChange(const v1::Addressee& next, const v1::Addressee& current, const v1::Plan& plan) {
  const bool asked_again = current.has_cancel_time();
  if (!asked_again && next.role() == current.role()) return std::nullopt;
  v1::DutyChange change;
  change.set_plan_revision(plan.revision());
  change.add_fields(asked_again ? "addressee" : "role");
  if (!asked_again) change.set_role_before(current.role());
  *change.mutable_change_time() = plan.publish_time();
  change.set_reason(plan.revision_reason());
  return change;
}

// The addressee as it is asked now, with what happened to it.
v1::Addressee WithHistory(v1::Addressee next, const v1::Addressee& current, const v1::Plan& plan,
                          std::string_view node) {
  const std::string to = next.unit_node();
  next.set_unit_node(current.unit_node());
  next.set_moves(current.moves());
  *next.mutable_former_nodes() = current.former_nodes();
  if (to != current.unit_node()) MoveAddressee(to, node, next);
  if (const std::optional<v1::DutyChange> change = OwnChange(next, current, plan)) {
    *next.mutable_duty_change() = *change;
  } else if (current.has_duty_change()) {
    *next.mutable_duty_change() = current.duty_change();
  }
  // What was cancelled and is asked again begins anew for the unit.
  if (current.has_cancel_time()) {
    *next.mutable_issue_time() = plan.publish_time();
  } else if (current.has_issue_time()) {
    *next.mutable_issue_time() = current.issue_time();
  }
  return next;
}

// Both by unit. Whom the revision no longer asks is cancelled, whom it asks for the first time is told now.
Addressees MergedAddressees(const std::vector<v1::Addressee>& current, const std::vector<v1::Addressee>& next,
                            const v1::Plan& plan, std::string_view node) {
  const Cancellation cancellation = CancellationBy(plan);
  auto merged = std::make_shared<std::vector<v1::Addressee>>();
  auto old = current.begin();
  const auto cancel_before = [&](const std::string* unit) {
    for (; old != current.end() && (unit == nullptr || old->unit() < *unit); ++old) {
      Cancel(cancellation, merged->emplace_back(*old));
    }
  };
  for (const v1::Addressee& addressee : next) {
    cancel_before(&addressee.unit());
    if (old != current.end() && old->unit() == addressee.unit()) {
      merged->push_back(WithHistory(addressee, *old, plan, node));
      ++old;
    } else {
      *merged->emplace_back(addressee).mutable_issue_time() = plan.publish_time();
    }
  }
  cancel_before(nullptr);
  return merged;
}

bool Same(const google::protobuf::MessageLite& a, const google::protobuf::MessageLite& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

bool SameAddressees(const Addressees& a, const Addressees& b) {
  return std::equal(a->begin(), a->end(), b->begin(), b->end(), Same);
}

// The order as it is asked now, with when it was issued. A duty that stays as it was keeps the revision it came from.
v1::Order WithHistory(v1::Order next, const v1::Order& current) {
  if (!IsSameDeadline(next.deadline(), current.deadline())) {
    *next.mutable_deadline_change_time() = next.issue_time();
  } else if (current.has_deadline_change_time()) {
    *next.mutable_deadline_change_time() = current.deadline_change_time();
  }
  *next.mutable_issue_time() = current.issue_time();
  next.set_version(current.version());
  next.set_addressee_list(current.addressee_list());
  v1::Order as_before = next;
  as_before.set_plan_revision(current.plan_revision());
  return Same(as_before, current) ? current : next;
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

Expansion PlanToOrders(const v1::Plan& plan, const Directory& directory, absl::CivilDay as_of, std::string_view node) {
  if (plan.state() != v1::Plan::PUBLISHED) return {};
  return Expander(plan, directory, as_of, node).Expand();
}

v1::Issuance IssuanceOf(const Expansion& expansion) {
  v1::Issuance issuance;
  std::set<std::string_view> units;
  size_t assignments = 0;
  for (const AddressedOrder& order : expansion.orders) {
    assignments += order.addressees->size();
    for (const v1::Addressee& addressee : *order.addressees) units.insert(addressee.unit());
  }
  issuance.set_orders(static_cast<int32_t>(expansion.orders.size()));
  issuance.set_assignments(static_cast<int32_t>(assignments));
  issuance.set_units(static_cast<int32_t>(units.size()));
  return issuance;
}

std::vector<AddressedOrder> ReconcileOrders(std::vector<AddressedOrder> current, const Expansion& expansion,
                                            const v1::Plan& plan, std::string_view node) {
  std::map<std::string_view, AddressedOrder*> left;
  for (AddressedOrder& issued : current) left.emplace(issued.order.name(), &issued);
  std::vector<AddressedOrder> changes;
  for (const AddressedOrder& expanded : expansion.orders) {
    auto found = left.find(expanded.order.name());
    if (found == left.end()) {
      changes.push_back(expanded);
      continue;
    }
    const AddressedOrder& before = *found->second;
    const std::vector<v1::Addressee> known = WithThoseWhoStoodAside(*before.addressees, *expanded.addressees);
    const std::vector<v1::Addressee> asked = WithStandIns(*expanded.addressees, known);
    AddressedOrder next{WithHistory(expanded.order, before.order), MergedAddressees(known, asked, plan, node)};
    if (!Same(next.order, before.order) || !SameAddressees(next.addressees, before.addressees)) {
      changes.push_back(std::move(next));
    }
    left.erase(found);
  }
  for (AddressedOrder& issued : current) {
    if (!left.contains(issued.order.name())) continue;
    AddressedOrder next{issued.order, MergedAddressees(*issued.addressees, {}, plan, node)};
    if (!SameAddressees(next.addressees, issued.addressees)) changes.push_back(std::move(next));
  }
  return changes;
}

bool HeardOfLater(const std::vector<AddressedOrder>& given_back, const v1::Plan& plan) {
  const auto changed = [&](const v1::Addressee& addressee) {
    const bool dropped = addressee.has_cancel_time() && addressee.readdressed_to().empty();
    const bool added = addressee.has_issue_time() && addressee.readdressed_from().empty() &&
                       FromProto(addressee.issue_time()) > FromProto(plan.publish_time());
    return dropped || added || addressee.duty_change().plan_revision() > plan.revision();
  };
  return std::any_of(given_back.begin(), given_back.end(), [&](const AddressedOrder& order) {
    return order.order.plan_revision() > plan.revision() ||
           std::any_of(order.addressees->begin(), order.addressees->end(), changed);
  });
}

std::vector<AddressedOrder> CompleteOrders(const std::vector<AddressedOrder>& given_back, const Expansion& expansion) {
  std::map<std::string_view, const AddressedOrder*> given;
  for (const AddressedOrder& order : given_back) given.emplace(order.order.name(), &order);
  std::vector<AddressedOrder> changes;
  for (const AddressedOrder& expanded : expansion.orders) {
    auto found = given.find(expanded.order.name());
    if (found == given.end()) {
      changes.push_back(expanded);
      continue;
    }
    const std::vector<v1::Addressee>& returned = *found->second->addressees;
    const std::vector<v1::Addressee> known = WithThoseWhoStoodAside(returned, *expanded.addressees);
    auto all = std::make_shared<std::vector<v1::Addressee>>();
    const auto by_unit = [](const v1::Addressee& a, const v1::Addressee& b) { return a.unit() < b.unit(); };
    // Of two that are equal, set_union takes that of the first range.
    std::set_union(known.begin(), known.end(), expanded.addressees->begin(), expanded.addressees->end(),
                   std::back_inserter(*all), by_unit);
    if (all->size() > returned.size()) changes.push_back({found->second->order, std::move(all)});
  }
  return changes;
}

v1::AddresseeList ListOf(std::string_view plan, std::string_view prefix, const std::vector<v1::Addressee>& addressees,
                         std::string_view issuer_node) {
  v1::AddresseeList list;
  list.mutable_addressees()->Add(addressees.begin(), addressees.end());
  list.set_issuer_node(std::string(issuer_node));
  list.set_name(AddresseeListName(plan, ComputedId(prefix, {list.SerializeAsString()})));
  return list;
}

void MoveAddressee(std::string_view to, std::string_view node, v1::Addressee& addressee) {
  auto& former = *addressee.mutable_former_nodes();
  former.erase(std::remove(former.begin(), former.end(), to), former.end());
  if (addressee.unit_node() != node && !addressee.unit_node().empty()) *former.Add() = addressee.unit_node();
  addressee.set_unit_node(std::string(to));
  addressee.set_moves(addressee.moves() + 1);
}

}  // namespace duban
