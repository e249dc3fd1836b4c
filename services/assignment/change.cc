#include "services/assignment/change.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "common/base/civil.h"
#include "common/base/ids.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "common/feed/hop.h"
#include "services/assignment/evidence_book.h"
#include "services/assignment/indexes.h"
#include "services/assignment/readdress.h"
#include "services/assignment/state.h"

namespace duban {

bool HasLeft(const v1::Addressee& addressee) {
  return addressee.cancel_reason() == kWithdrawnAbove;
}

absl::StatusOr<AddressedOrder> WithAddressees(const ReadView& view, const AssignmentRecords& records,
                                              const v1::Order& order) {
  DUBAN_ASSIGN_OR_RETURN(const AddresseesPtr list, records.NeedList(view, order.addressee_list()));
  return AddressedOrder{
      order, std::make_shared<const std::vector<v1::Addressee>>(list->addressees().begin(), list->addressees().end())};
}

Audiences Change::AudiencesOf(const std::vector<v1::Addressee>& addressees) const {
  Audiences audiences = {ServiceAudience("notification")};
  std::string_view last;
  for (const v1::Addressee& addressee : addressees) {
    const std::string& node = addressee.unit_node();
    if (node.empty() || node == records_.node() || node == last) continue;
    audiences.insert(NodeAudience(node));
    last = node;
  }
  return audiences;
}

Audiences Change::AudiencesOfExecution(const v1::Order& order) const {
  Audiences audiences = {ServiceAudience("notification")};
  if (order.issuer_node() != records_.node()) audiences.insert(NodeAudience(order.issuer_node()));
  return audiences;
}

Audiences Change::AudiencesOf(const v1::Oversight& oversight, const v1::Addressee& addressee) const {
  Audiences audiences = {ServiceAudience("notification")};
  const bool elsewhere = !addressee.unit_node().empty() && addressee.unit_node() != records_.node();
  if (oversight.node() == records_.node() && elsewhere) audiences.insert(NodeAudience(addressee.unit_node()));
  return audiences;
}

absl::StatusOr<CalendarPtr> Change::Calendar() {
  if (calendar_ == nullptr) {
    DUBAN_ASSIGN_OR_RETURN(calendar_, records_.Calendar(transaction_));
  }
  return calendar_;
}

absl::StatusOr<std::string> Change::PutList(const v1::Order& order, std::string_view prefix,
                                            const Addressees& addressees, const Audiences& audiences) {
  auto [at, fresh] = list_names_.try_emplace(addressees);
  if (!fresh) return at->second;
  const v1::AddresseeList list = ListOf(ParseName(order.name()).plan, prefix, *addressees, order.issuer_node());
  DUBAN_RETURN_IF_ERROR(transaction_.Put(list.name(), list, audiences).status());
  at->second = list.name();
  return list.name();
}

absl::Status Change::Issue(AddressedOrder next) {
  DUBAN_ASSIGN_OR_RETURN(auto stored, transaction_.Get<v1::Order>(next.order.name()));
  const Audiences audiences = AudiencesOf(*next.addressees);
  DUBAN_ASSIGN_OR_RETURN(const std::string list, PutList(next.order, kIssuedList, next.addressees, audiences));
  next.order.set_addressee_list(list);
  if (!stored.has_value()) {
    next.order.set_version(1);
    DUBAN_RETURN_IF_ERROR(Write(next.order, nullptr, audiences));
    return Deliver(next.order);
  }
  const v1::Order& before = stored->value;
  next.order.set_version(before.version());
  if (next.order.SerializeAsString() == before.SerializeAsString()) return absl::OkStatus();
  next.order.set_version(before.version() + 1);
  DUBAN_ASSIGN_OR_RETURN(const AddressedOrder earlier, WithAddressees(transaction_, records_, before));
  DUBAN_RETURN_IF_ERROR(CarryExecutions(next, earlier));
  DUBAN_RETURN_IF_ERROR(Write(next.order, &before, audiences));
  return Deliver(next.order);
}

absl::Status Change::CarryExecutions(const AddressedOrder& next, const AddressedOrder& before) {
  for (const v1::Addressee& addressee : *next.addressees) {
    if (addressee.moves() == 0) continue;
    const auto old =
        std::lower_bound(before.addressees->begin(), before.addressees->end(), addressee,
                         [](const v1::Addressee& a, const v1::Addressee& b) { return a.unit() < b.unit(); });
    const bool moved =
        old != before.addressees->end() && old->unit() == addressee.unit() && old->moves() != addressee.moves();
    if (!moved) continue;
    const std::string name = AssignmentName(next.order.task(), addressee.unit());
    DUBAN_RETURN_IF_ERROR(below_.Forget(name));
    DUBAN_ASSIGN_OR_RETURN(auto oversight, transaction_.Get<v1::Oversight>(OversightName(name)));
    DUBAN_ASSIGN_OR_RETURN(auto execution, transaction_.Get<v1::Execution>(ExecutionName(name)));
    if (!oversight.has_value() && !execution.has_value()) continue;
    v1::Oversight carried = oversight.has_value() ? std::move(oversight->value) : v1::Oversight();
    v1::Execution done = EffectiveExecution(*old, carried, execution.has_value() ? execution->value : v1::Execution());
    carried.set_assignment(name);
    carried.set_node(records_.node());
    carried.set_version(carried.version() + 1);
    carried.clear_carried_execution();
    if (done.version() > 0 && !DUBAN_BUG("assignment.moved_loses_work"))
      *carried.mutable_carried_execution() = std::move(done);
    DUBAN_RETURN_IF_ERROR(transaction_.Put(OversightName(name), carried, AudiencesOf(carried, addressee)).status());
  }
  return absl::OkStatus();
}

absl::Status Change::Write(const v1::Order& next, const v1::Order* before, const Audiences& audiences) {
  DUBAN_ASSIGN_OR_RETURN(const int64_t sequence, transaction_.Put(next.name(), next, audiences));
  DUBAN_RETURN_IF_ERROR(desk_.PutOrder(next, sequence));
  if (before != nullptr && before->addressee_list() != next.addressee_list()) {
    const std::string& left = before->addressee_list();
    const bool own = before->issuer_node() == records_.node() || ParseName(left).id.starts_with(kKeptList);
    left_lists_.insert_or_assign(left, own);
  }
  DUBAN_RETURN_IF_ERROR(Realign(next, before));
  if (before != nullptr) DUBAN_RETURN_IF_ERROR(ReleaseChanged(next, *before));
  DUBAN_RETURN_IF_ERROR(StandAll(next));
  return before == nullptr ? below_.Show(next) : below_.MoveHeading(*before, next);
}

absl::Status Change::ReleaseChanged(const v1::Order& next, const v1::Order& before) {
  DUBAN_ASSIGN_OR_RETURN(const AddresseesPtr list, records_.NeedList(transaction_, next.addressee_list()));
  const bool for_all = LastChangeOf(next).plan_revision() != LastChangeOf(before).plan_revision();
  for (const v1::Addressee& addressee : list->addressees()) {
    if (!for_all && addressee.duty_change().plan_revision() != next.plan_revision()) continue;
    DUBAN_RETURN_IF_ERROR(desk_.Release(next, addressee.unit(), now_));
  }
  return absl::OkStatus();
}

absl::Status Change::Realign(const v1::Order& next, const v1::Order* before) {
  if (next.issuer_node() != records_.node()) return absl::OkStatus();
  if (before != nullptr) {
    for (const std::string& task : before->aligned_tasks()) {
      transaction_.DeleteIndex(kOrderByAlignment, {task, next.name()});
      below_.Recount(task);
    }
  }
  for (const std::string& task : next.aligned_tasks()) {
    transaction_.PutIndex(kOrderByAlignment, {task, next.name()});
    below_.Recount(task);
  }
  return absl::OkStatus();
}

absl::Status Change::StandAll(const v1::Order& order) {
  DUBAN_ASSIGN_OR_RETURN(const AddresseesPtr list, records_.NeedList(transaction_, order.addressee_list()));
  DUBAN_ASSIGN_OR_RETURN(const CalendarPtr calendar, Calendar());
  DUBAN_ASSIGN_OR_RETURN(auto halves, records_.HalvesOf(transaction_, order.task()));
  Duty duty;
  duty.order = std::make_shared<const v1::Order>(order);
  // All whom nothing sets apart stand alike.
  std::optional<Standing> untouched;
  for (const v1::Addressee& addressee : list->addressees()) {
    auto half = halves.find(addressee.unit());
    const bool stored = half != halves.end() && half->second.acted();
    const bool plain =
        !stored && !addressee.has_cancel_time() && !addressee.has_issue_time() && !addressee.has_duty_change();
    std::optional<Standing> standing = plain ? untouched : std::nullopt;
    uint32_t counting = 0;
    if (!standing.has_value()) {
      duty.addressee = addressee;
      duty.oversight = stored ? half->second.oversight : v1::Oversight();
      const v1::Execution execution = stored ? half->second.execution : v1::Execution();
      duty.execution = EffectiveExecution(addressee, duty.oversight, execution);
      standing = StandingOf(duty, *calendar);
      counting = StoredOf(duty);
      if (plain) untouched = standing;
    }
    DUBAN_RETURN_IF_ERROR(desk_.Stand(order, addressee, *standing, counting));
  }
  return absl::OkStatus();
}

absl::Status Change::Deliver(const v1::Order& order) {
  DUBAN_ASSIGN_OR_RETURN(const AddresseesPtr list, records_.NeedList(transaction_, order.addressee_list()));
  const auto works_here = [&](const v1::Addressee& addressee) { return addressee.unit_node() == records_.node(); };
  if (std::none_of(list->addressees().begin(), list->addressees().end(), works_here)) return absl::OkStatus();
  // What was made of the task before it was delivered.
  below_.Recount(order.task());
  const std::string plan(ParseName(order.name()).plan);
  if (!delivered_plans_.insert(plan).second) return absl::OkStatus();
  const std::string name = DeliveryName(plan, records_.node());
  DUBAN_ASSIGN_OR_RETURN(auto stored, transaction_.Get<v1::Delivery>(name));
  if (stored.has_value()) return absl::OkStatus();
  v1::Delivery delivery;
  delivery.set_plan(plan);
  delivery.set_node(records_.node());
  *delivery.mutable_delivery_time() = ToProto(now_);
  Audiences audiences;
  if (order.issuer_node() != records_.node()) audiences.insert(NodeAudience(order.issuer_node()));
  return transaction_.Put(name, delivery, audiences).status();
}

void Change::Leave(v1::Addressee& addressee) const {
  if (HasLeft(addressee)) return;
  addressee.set_cancel_reason(std::string(kWithdrawnAbove));
  if (!addressee.has_cancel_time()) *addressee.mutable_cancel_time() = ToProto(now_);
}

Addressees Change::WithThoseWhoLeft(const std::vector<v1::Addressee>& shown,
                                    const std::vector<v1::Addressee>& before) const {
  auto all = std::make_shared<std::vector<v1::Addressee>>();
  const auto by_unit = [](const v1::Addressee& a, const v1::Addressee& b) { return a.unit() < b.unit(); };
  std::set_union(shown.begin(), shown.end(), before.begin(), before.end(), std::back_inserter(*all), by_unit);
  auto still = shown.begin();
  for (v1::Addressee& addressee : *all) {
    if (still != shown.end() && still->unit() == addressee.unit()) {
      ++still;
    } else {
      Leave(addressee);
    }
  }
  return all;
}

absl::Status Change::TakeIn(const v1::Order& copy) {
  const Audiences audiences = {ServiceAudience("notification")};
  DUBAN_ASSIGN_OR_RETURN(auto stored, transaction_.Get<v1::Order>(copy.name()));
  if (!stored.has_value()) {
    DUBAN_RETURN_IF_ERROR(Write(copy, nullptr, audiences));
    return Deliver(copy);
  }
  DUBAN_ASSIGN_OR_RETURN(const AddressedOrder before, WithAddressees(transaction_, records_, stored->value));
  DUBAN_ASSIGN_OR_RETURN(const AddressedOrder now, WithAddressees(transaction_, records_, copy));
  const Addressees all = WithThoseWhoLeft(*now.addressees, *before.addressees);
  v1::Order next = copy;
  if (all->size() != now.addressees->size()) {
    DUBAN_ASSIGN_OR_RETURN(const std::string list, PutList(copy, kKeptList, all, audiences));
    next.set_addressee_list(list);
  }
  if (next.SerializeAsString() == stored->value.SerializeAsString()) return absl::OkStatus();
  DUBAN_RETURN_IF_ERROR(HandUpAgain(next, *all, *before.addressees));
  DUBAN_RETURN_IF_ERROR(Write(next, &stored->value, audiences));
  return Deliver(next);
}

template <typename Half>
absl::Status Change::NextVersion(const std::string& name, int32_t moves, const Audiences& audiences) {
  DUBAN_ASSIGN_OR_RETURN(auto stored, transaction_.Get<Half>(name));
  const bool current = stored.has_value() && stored->value.node() == records_.node() && stored->value.moves() == moves;
  if (!current) return absl::OkStatus();
  stored->value.set_version(stored->value.version() + 1);
  return transaction_.Put(name, stored->value, audiences).status();
}

absl::Status Change::HandUpAgain(const v1::Order& order, const std::vector<v1::Addressee>& now,
                                 const std::vector<v1::Addressee>& before) {
  auto old = before.begin();
  for (const v1::Addressee& addressee : now) {
    while (old != before.end() && old->unit() < addressee.unit()) ++old;
    const bool back = old != before.end() && old->unit() == addressee.unit() && HasLeft(*old) && !HasLeft(addressee);
    if (!back) continue;
    const std::string name = AssignmentName(order.task(), addressee.unit());
    DUBAN_RETURN_IF_ERROR(
        NextVersion<v1::Execution>(ExecutionName(name), addressee.moves(), AudiencesOfExecution(order)));
    DUBAN_RETURN_IF_ERROR(NextVersion<v1::Decomposition>(DecompositionName(name), addressee.moves(),
                                                         {NodeAudience(order.issuer_node())}));
  }
  return absl::OkStatus();
}

absl::Status Change::Withdraw(const v1::Order& copy) {
  DUBAN_ASSIGN_OR_RETURN(const AddressedOrder before, WithAddressees(transaction_, records_, copy));
  const Audiences audiences = {ServiceAudience("notification")};
  v1::Order next = copy;
  DUBAN_ASSIGN_OR_RETURN(const std::string list,
                         PutList(copy, kKeptList, WithThoseWhoLeft({}, *before.addressees), audiences));
  next.set_addressee_list(list);
  if (next.addressee_list() == copy.addressee_list()) return absl::OkStatus();
  return Write(next, &copy, audiences);
}

absl::Status Change::TakeBack(AddressedOrder own) {
  const Audiences audiences = AudiencesOf(*own.addressees);
  DUBAN_ASSIGN_OR_RETURN(auto stored, transaction_.Get<v1::Order>(own.order.name()));
  DUBAN_ASSIGN_OR_RETURN(const std::string list, PutList(own.order, kIssuedList, own.addressees, audiences));
  own.order.set_addressee_list(list);
  return Write(own.order, stored.has_value() ? &stored->value : nullptr, audiences);
}

absl::StatusOr<Duty> Change::NeedDuty(std::string_view name) {
  const ParsedName parsed = ParseName(name);
  if (parsed.noun != Noun::kAssignment) return NotFound(name);
  DUBAN_ASSIGN_OR_RETURN(const std::optional<uint32_t> ordinal, desk_.OrdinalOf(parsed.plan, parsed.task));
  if (!ordinal.has_value()) return NotFound(name);
  DUBAN_ASSIGN_OR_RETURN(const PlanBook* book, desk_.Book(parsed.plan));
  DUBAN_ASSIGN_OR_RETURN(const storage::v1::DeskRow* row, desk_.Row(parsed.plan, parsed.unit()));
  const int place = PlaceOf(*row, *ordinal);
  if (place < 0) return NotFound(name);
  const int64_t sequence = book->order(*ordinal).sequence();
  DUBAN_ASSIGN_OR_RETURN(const OrderPtr order, records_.NeedOrder(transaction_, OrderName(parsed.task), sequence));
  DUBAN_ASSIGN_OR_RETURN(std::optional<Duty> duty,
                         records_.DutyOf(transaction_, order, parsed.unit(), row->stored(place)));
  if (!duty.has_value()) return NotFound(name);
  return *std::move(duty);
}

absl::StatusOr<Duty> Change::Act(Duty duty, Acted acted) {
  if (acted.execution.has_value()) {
    duty.execution = *std::move(acted.execution);
    DUBAN_RETURN_IF_ERROR(PutExecution(duty.execution, AudiencesOfExecution(*duty.order)));
  }
  if (acted.oversight.has_value()) {
    duty.oversight = *std::move(acted.oversight);
    const Audiences audiences = AudiencesOf(duty.oversight, duty.addressee);
    DUBAN_RETURN_IF_ERROR(transaction_.Put(OversightName(duty.name), duty.oversight, audiences).status());
  }
  DUBAN_RETURN_IF_ERROR(Restand(duty));
  return duty;
}

absl::StatusOr<Duty> Change::Readdress(const Duty& duty, const v1::Addressee& to, const std::string& reason) {
  DUBAN_ASSIGN_OR_RETURN(AddressedOrder now, WithAddressees(transaction_, records_, *duty.order));
  now.addressees = std::make_shared<const std::vector<v1::Addressee>>(
      Readdressed(*now.addressees, duty.addressee.unit(), to, reason, ToProto(now_), records_.node()));
  DUBAN_RETURN_IF_ERROR(Issue(std::move(now)));
  return NeedDuty(duty.name);
}

absl::Status Change::Restand(const Duty& duty) {
  DUBAN_ASSIGN_OR_RETURN(const CalendarPtr calendar, Calendar());
  const std::string_view plan = ParseName(duty.name).plan;
  DUBAN_ASSIGN_OR_RETURN(const auto before, desk_.StandingOf(plan, duty.order->task(), duty.addressee.unit()));
  const Standing now = StandingOf(duty, *calendar);
  DUBAN_RETURN_IF_ERROR(desk_.Stand(*duty.order, duty.addressee, now, StoredOf(duty)));
  return below_.Moved(*duty.order, duty.addressee,
                      before.has_value() ? before->state : v1::Assignment::STATE_UNSPECIFIED, now.state);
}

absl::Status Change::Restand(std::string_view assignment) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<Duty> duty, records_.FindDuty(transaction_, assignment));
  return duty.has_value() ? Restand(*duty) : absl::OkStatus();
}

absl::Status Change::PutExecution(const v1::Execution& execution, const Audiences& audiences) {
  const std::string name = ExecutionName(execution.assignment());
  DUBAN_ASSIGN_OR_RETURN(const auto before, transaction_.Get<v1::Execution>(name));
  NameFiles(transaction_, execution.assignment(), before.has_value() ? before->value : v1::Execution(), execution);
  return transaction_.Put(name, execution, audiences).status();
}

absl::Status Change::WriteHalf(const v1::Oversight& half, const Audiences& audiences) {
  DUBAN_RETURN_IF_ERROR(transaction_.Put(OversightName(half.assignment()), half, audiences).status());
  return Restand(half.assignment());
}

absl::Status Change::WriteHalf(const v1::Execution& half, const Audiences& audiences) {
  DUBAN_RETURN_IF_ERROR(PutExecution(half, audiences));
  return Restand(half.assignment());
}

absl::Status Change::TakeIn(const v1::Oversight& copy) {
  return WriteHalf(copy, {ServiceAudience("notification")});
}

absl::Status Change::TakeIn(const v1::Execution& copy) {
  return WriteHalf(copy, {ServiceAudience("notification")});
}

absl::Status Change::TakeIn(const v1::Decomposition& copy) {
  return below_.Put(copy, {});
}

absl::Status Change::Forget(const std::string& name) {
  const ParsedName parsed = ParseName(name);
  if (parsed.noun == Noun::kDecomposition) return below_.Forget(std::string(parsed.assignment));
  DUBAN_ASSIGN_OR_RETURN(const auto execution, transaction_.Get<v1::Execution>(ExecutionName(parsed.assignment)));
  const bool names = parsed.noun == Noun::kExecution && execution.has_value();
  if (names) NameFiles(transaction_, parsed.assignment, execution->value, v1::Execution());
  DUBAN_RETURN_IF_ERROR(transaction_.Delete(name));
  return Restand(parsed.assignment);
}

absl::Status Change::TakeBack(const v1::Oversight& own, const Audiences& audiences) {
  return WriteHalf(own, audiences);
}

absl::Status Change::TakeBack(const v1::Execution& own, const Audiences& audiences) {
  return WriteHalf(own, audiences);
}

absl::Status Change::TakeBack(const v1::Decomposition& own, const Audiences& audiences) {
  return below_.Put(own, audiences);
}

absl::Status Change::TakeIn(const v1::Delivery& copy) {
  return transaction_.Put(DeliveryName(copy.plan(), copy.node()), copy, {}).status();
}

absl::StatusOr<std::set<std::string>> Change::NamedLists(std::string_view plan_name) {
  DUBAN_ASSIGN_OR_RETURN(const PlanBook* book, desk_.Book(plan_name));
  std::set<std::string> named;
  for (const PlanBook::OrderRef& ref : book->row().orders()) {
    const std::string order = OrderName(StrCat(plan_name, "/tasks/", ref.task()));
    DUBAN_ASSIGN_OR_RETURN(const OrderPtr found, records_.NeedOrder(transaction_, order, ref.sequence()));
    named.insert(found->addressee_list());
  }
  return named;
}

absl::Status Change::DropLists() {
  std::map<std::string_view, std::set<std::string>> named;
  for (const auto& [list, own] : left_lists_) {
    if (!own) {
      // Another order can name it any time, as long as its issuer has it.
      DUBAN_ASSIGN_OR_RETURN(const auto dropped, transaction_.GetLocal<v1::AddresseeList>(DroppedName(list)));
      if (!dropped.has_value()) continue;
    }
    const std::string_view plan = ParseName(list).plan;
    auto [at, fresh] = named.try_emplace(plan);
    if (fresh) {
      DUBAN_ASSIGN_OR_RETURN(at->second, NamedLists(plan));
    }
    if (at->second.contains(list) || DUBAN_BUG("assignment.kept_list_leaks")) continue;
    DUBAN_RETURN_IF_ERROR(transaction_.Delete(list));
    if (!own) transaction_.DeleteLocal(DroppedName(list));
  }
  left_lists_.clear();
  return absl::OkStatus();
}

absl::Status Change::Finish() {
  DUBAN_RETURN_IF_ERROR(below_.Finish());
  DUBAN_RETURN_IF_ERROR(DropLists());
  return desk_.Flush();
}

}  // namespace duban
