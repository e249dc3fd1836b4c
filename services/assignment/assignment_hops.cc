#include "services/assignment/assignment_hops.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/access/ended_tokens.h"
#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/ids.h"
#include "common/base/log.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "common/rpc/validate.h"
#include "duban/storage/v1/record.pb.h"
#include "duban/v1/assignment.pb.h"
#include "duban/v1/calendar.pb.h"
#include "duban/v1/evidence.pb.h"
#include "duban/v1/order.pb.h"
#include "duban/v1/person.pb.h"
#include "duban/v1/plan.pb.h"
#include "duban/v1/unit.pb.h"
#include "services/assignment/change.h"
#include "services/assignment/desk.h"
#include "services/assignment/evidence_book.h"
#include "services/assignment/indexes.h"
#include "services/assignment/plan_to_orders.h"
#include "services/assignment/restand.h"

namespace duban {
namespace {

absl::Status Refused(const v1::FeedEntry& entry, const EntrySource& source, std::string_view english,
                     std::string_view chinese) {
  return Error(v1::NOT_OWNER, StrCat("`", entry.entity(), "` from node `", source.node, "`: ", english),
               StrCat("来自“", source.node, "”节点的“", entry.entity(), "”：", chinese),
               {{"entity", entry.entity()}, {"node", source.node}});
}

absl::Status NotWhatItSays(const v1::FeedEntry& entry, const EntrySource& source) {
  return InvariantBroken(StrCat("entry ", entry.entity(), " of ", source.hop, " does not hold what its name says"));
}

// The version that is here; 0 where there is none.
template <typename Entity>
int64_t VersionOf(const std::optional<Stored<Entity>>& stored) {
  return stored.has_value() ? stored->value.version() : 0;
}

// Errors: INVALID_FIELD for a version that cannot follow the one here.
template <typename Entity>
absl::Status CheckVersion(const v1::FeedEntry& entry, const Entity& given,
                          const std::optional<Stored<Entity>>& stored) {
  const int64_t own = VersionOf(stored);
  if (PlausibleVersion(given.version(), own)) return absl::OkStatus();
  return ImplausibleVersion(entry.entity(), given.version(), own);
}

// Whether the issuer shows anybody of a list to this node.
bool IsShown(const v1::AddresseeList& list) {
  return !std::all_of(list.addressees().begin(), list.addressees().end(), HasLeft);
}

// Whether `name` is `collection` and one id.
bool IsIn(std::string_view collection, std::string_view name) {
  return name.size() > collection.size() && name.starts_with(collection) &&
         name.find('/', collection.size()) == std::string_view::npos;
}

// Keeps an entity of the directory as it is; in no feed.
template <typename T>
absl::Status Keep(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source) {
  if (entry.withdrawn()) return transaction.Delete(entry.entity());
  T value;
  if (!entry.payload().UnpackTo(&value)) return NotWhatItSays(entry, source);
  return transaction.Put(entry.entity(), value, {}).status();
}

// The plans that have something for a unit.
absl::StatusOr<std::vector<std::string>> PlansOf(const ReadView& view, std::string_view unit) {
  std::vector<std::string> plans;
  DUBAN_RETURN_IF_ERROR(
      view.ScanIndex(kUnitPlan, {unit}, [&](const std::vector<std::string_view>& rest, std::string_view) {
        plans.emplace_back(rest.front());
        return true;
      }));
  return plans;
}

// The addressees of an order with one of them working at another node; null where that changes nothing.
absl::StatusOr<Addressees> WithMoved(const ReadView& view, const AssignmentRecords& records, const v1::Order& order,
                                     const std::string& unit, const std::string& to) {
  DUBAN_ASSIGN_OR_RETURN(const AddressedOrder now, WithAddressees(view, records, order));
  auto addressees = std::make_shared<std::vector<v1::Addressee>>(*now.addressees);
  const auto moving = std::find_if(addressees->begin(), addressees->end(),
                                   [&](const v1::Addressee& addressee) { return addressee.unit() == unit; });
  const bool moves = moving != addressees->end() && moving->unit_node() != to && !moving->has_cancel_time();
  if (!moves) return Addressees();
  MoveAddressee(to, records.node(), *moving);
  return Addressees(std::move(addressees));
}

// Has a unit's open assignments under one plan of this node's issue go along to another node. Orders that share a list
// go on sharing one.
absl::Status MoveUnder(Transaction& transaction, const std::string& plan, const std::string& unit,
                       const std::string& to, const AssignmentRecords& records, Change& change) {
  DUBAN_ASSIGN_OR_RETURN(const storage::v1::DeskRow row, ReadDeskRow(transaction, plan, unit));
  DUBAN_ASSIGN_OR_RETURN(const PlanBookPtr book, records.Book(transaction, plan));
  std::map<std::string, Addressees> moved;
  for (const uint32_t ordinal : row.ordinals()) {
    const std::string task = StrCat(plan, "/tasks/", book->order(ordinal).task());
    DUBAN_ASSIGN_OR_RETURN(const OrderPtr order, records.FindOrder(transaction, OrderName(task)));
    if (order == nullptr) return InvariantBroken(StrCat("a desk names ", task, ", which has no order"));
    if (order->issuer_node() != records.node()) continue;
    auto [list, fresh] = moved.try_emplace(order->addressee_list());
    if (fresh) {
      DUBAN_ASSIGN_OR_RETURN(list->second, WithMoved(transaction, records, *order, unit, to));
    }
    if (list->second != nullptr) DUBAN_RETURN_IF_ERROR(change.Issue({*order, list->second}));
  }
  return absl::OkStatus();
}

absl::Status MoveUnit(Transaction& transaction, const std::string& unit, const std::string& to,
                      const AssignmentRecords& records, Change& change) {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> plans, PlansOf(transaction, unit));
  for (const std::string& plan : plans) {
    DUBAN_RETURN_IF_ERROR(MoveUnder(transaction, plan, unit, to, records, change));
  }
  return absl::OkStatus();
}

absl::Status ApplyUnit(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                       const AssignmentRecords& records) {
  DUBAN_ASSIGN_OR_RETURN(const auto before, transaction.Get<v1::Unit>(entry.entity()));
  DUBAN_RETURN_IF_ERROR(Keep<v1::Unit>(transaction, entry, source));
  DUBAN_ASSIGN_OR_RETURN(const auto now, transaction.Get<v1::Unit>(entry.entity()));
  if (!now.has_value()) return absl::OkStatus();
  Change change(transaction, records, source.now);
  if (!before.has_value() || before->value.display_name() != now->value.display_name()) {
    DUBAN_RETURN_IF_ERROR(change.desk().Rename(entry.entity(), now->value.display_name()));
  }
  const std::string_view to = NodeOf(now->value, records.node());
  // Any other edit of a unit moves nothing.
  if (!before.has_value() || NodeOf(before->value, records.node()) != to) {
    DUBAN_RETURN_IF_ERROR(MoveUnit(transaction, entry.entity(), std::string(to), records, change));
  }
  return change.Finish();
}

absl::Status ApplyCalendar(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source) {
  const int64_t before = transaction.last_sequence();
  DUBAN_RETURN_IF_ERROR(Keep<v1::Calendar>(transaction, entry, source));
  if (transaction.last_sequence() == before) return absl::OkStatus();
  if (!DUBAN_BUG("assignment.calendar_passed_over")) DUBAN_RETURN_IF_ERROR(BeginRestanding(transaction));
  return AssignmentRecords::CalendarChanged(transaction, entry.entity());
}

absl::Status ApplyPlan(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                       const AssignmentRecords& records) {
  v1::Plan plan;
  if (entry.withdrawn()) {
    DUBAN_ASSIGN_OR_RETURN(auto expansion,
                           transaction.GetLocal<storage::v1::PlanExpansion>(ExpansionName(entry.entity())));
    // Of a plan that waits some orders may stand already.
    DUBAN_ASSIGN_OR_RETURN(auto pending, transaction.GetLocal<v1::Plan>(PendingName(entry.entity())));
    transaction.DeleteLocal(PendingName(entry.entity()));
    if (!expansion.has_value() && !pending.has_value()) return absl::OkStatus();
    plan.set_name(entry.entity());
    plan.set_state(v1::Plan::WITHDRAWN);
    plan.set_revision(pending.has_value() ? pending->revision() : expansion->revision());
    *plan.mutable_withdraw_time() = ToProto(source.now);
  } else if (!entry.payload().UnpackTo(&plan) || plan.name() != entry.entity()) {
    return NotWhatItSays(entry, source);
  }
  const bool own = plan.owner_node().empty() || plan.owner_node() == records.node();
  const bool issued = plan.state() == v1::Plan::PUBLISHED ||
                      (plan.state() == v1::Plan::WITHDRAWN && !DUBAN_BUG("assignment.withdrawn_plan_left_open"));
  if (own && issued) transaction.PutLocal(PendingName(plan.name()), plan);
  return absl::OkStatus();
}

absl::StatusOr<Directory> ReadDirectory(const ReadView& view) {
  Directory directory;
  DUBAN_RETURN_IF_ERROR(view.Scan<v1::Unit>("units/", {}, [&](std::string_view name, Stored<v1::Unit> unit) {
    directory.units.emplace(name, std::move(unit.value));
    return true;
  }));
  DUBAN_RETURN_IF_ERROR(
      view.Scan<v1::UnitGroup>("groups/", {}, [&](std::string_view name, Stored<v1::UnitGroup> group) {
        directory.groups.emplace(name, std::move(group.value));
        return true;
      }));
  return directory;
}

// The orders of a plan that this node issued, with whom they are addressed to.
absl::StatusOr<std::vector<AddressedOrder>> IssuedUnder(const ReadView& view, const std::string& plan,
                                                        const AssignmentRecords& records) {
  DUBAN_ASSIGN_OR_RETURN(const PlanBookPtr book, records.Book(view, plan));
  std::vector<AddressedOrder> issued;
  // Orders with one list share their addressees here too.
  std::map<std::string, Addressees> lists;
  for (const PlanBook::OrderRef& ref : book->row().orders()) {
    const std::string name = OrderName(StrCat(plan, "/tasks/", ref.task()));
    DUBAN_ASSIGN_OR_RETURN(const OrderPtr order, records.FindOrder(view, name));
    if (order == nullptr) return InvariantBroken(StrCat("a desk names ", name, ", which is not there"));
    if (order->issuer_node() != records.node()) continue;
    auto [list, fresh] = lists.try_emplace(order->addressee_list());
    if (fresh) {
      DUBAN_ASSIGN_OR_RETURN(const AddressedOrder read, WithAddressees(view, records, *order));
      list->second = read.addressees;
    }
    issued.push_back({*order, list->second});
  }
  return issued;
}

void LogOmissions(const v1::Plan& plan, const std::vector<Omission>& omissions) {
  for (const Omission& omission : omissions) {
    Log(LogLevel::kWarning, "assignment.omitted",
        {{"plan", plan.name()},
         {"task", omission.task},
         {"reason", std::string(OmissionName(omission.reason))},
         {"subject", omission.subject}});
  }
}

// Leaves of a plan's changes those that the write still carries, and takes them off `most`. Returns whether it carries
// all.
bool KeepWhatFits(std::vector<AddressedOrder>& changes, size_t& most) {
  size_t kept = 0;
  for (; kept < changes.size() && most > 0; ++kept) most -= std::min(most, changes[kept].addressees->size());
  const bool all = kept == changes.size();
  changes.resize(kept);
  return all;
}

// Returns whether the plan is expanded; else it is as far as `most`, from which is taken what was written.
absl::StatusOr<bool> ExpandPlan(Transaction& transaction, const v1::Plan& plan, const Directory& directory,
                                const EntrySource& source, const AssignmentRecords& records, size_t& most) {
  const bool withdrawn = plan.state() == v1::Plan::WITHDRAWN;
  DUBAN_ASSIGN_OR_RETURN(auto done, transaction.GetLocal<storage::v1::PlanExpansion>(ExpansionName(plan.name())));
  const bool first = !done.has_value();
  if (done.has_value()) {
    const bool older = plan.revision() < done->revision();
    // After its store was restored, the plan service can publish a revision of a number that was taken already.
    const bool other = plan.has_publish_time() && done->has_publish_time() &&
                       FromProto(plan.publish_time()) != FromProto(done->publish_time());
    const bool same = plan.revision() == done->revision() && !other;
    if (older || (same && (done->withdrawn() || !withdrawn))) return true;
  }
  const Expansion expansion = PlanToOrders(plan, directory, ExpansionDay(plan), records.node());
  DUBAN_ASSIGN_OR_RETURN(std::vector<AddressedOrder> current, IssuedUnder(transaction, plan.name(), records));
  if (first && withdrawn && current.empty()) return true;
  // Those that are here before the plan was ever expanded came back from neighbours (TakeBackOwn), or stand since a
  // step before. Of a revision neighbours may not have heard, or of one that nobody else has.
  const bool given_back = first && !withdrawn && plan.revision() == 1 && !HeardOfLater(current, plan);
  std::vector<AddressedOrder> changes = given_back
                                            ? CompleteOrders(current, expansion)
                                            : ReconcileOrders(std::move(current), expansion, plan, records.node());
  const bool all = KeepWhatFits(changes, most);
  Change change(transaction, records, source.now);
  for (AddressedOrder& next : changes) DUBAN_RETURN_IF_ERROR(change.Issue(std::move(next)));
  DUBAN_RETURN_IF_ERROR(change.Finish());
  if (!all) return false;
  LogOmissions(plan, expansion.omissions);
  storage::v1::PlanExpansion record;
  record.set_revision(plan.revision());
  record.set_withdrawn(withdrawn);
  *record.mutable_expand_time() = ToProto(source.now);
  record.set_issuer(plan.issuer());
  *record.mutable_issuance() = IssuanceOf(expansion);
  if (plan.has_publish_time()) *record.mutable_publish_time() = plan.publish_time();
  transaction.PutLocal(ExpansionName(plan.name()), record);
  return true;
}

// Whether an order of the list's plan names it.
absl::StatusOr<bool> IsNamed(const ReadView& view, std::string_view list, const AssignmentRecords& records) {
  const std::string_view plan = ParseName(list).plan;
  DUBAN_ASSIGN_OR_RETURN(const PlanBookPtr book, records.Book(view, plan));
  for (const PlanBook::OrderRef& ref : book->row().orders()) {
    const std::string name = OrderName(StrCat(plan, "/tasks/", ref.task()));
    DUBAN_ASSIGN_OR_RETURN(const OrderPtr order, records.NeedOrder(view, name, ref.sequence()));
    if (order->addressee_list() == list) return true;
  }
  return false;
}

// Whether a list is by unit, each once.
bool IsByUnit(const v1::AddresseeList& list) {
  const auto not_before = [](const v1::Addressee& a, const v1::Addressee& b) { return a.unit() >= b.unit(); };
  const auto& all = list.addressees();
  return std::adjacent_find(all.begin(), all.end(), not_before) == all.end();
}

absl::Status TakeList(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                      const AssignmentRecords& records) {
  DUBAN_ASSIGN_OR_RETURN(const auto stored, transaction.Get<v1::AddresseeList>(entry.entity()));
  if (stored.has_value() && stored->value.issuer_node() != source.node) {
    return Refused(entry, source, "another node issued it", "由其他节点交办");
  }
  if (entry.withdrawn()) {
    if (!stored.has_value()) return absl::OkStatus();
    DUBAN_ASSIGN_OR_RETURN(const bool named, IsNamed(transaction, entry.entity(), records));
    if (!named) return transaction.Delete(entry.entity());
    // The order that still names it here has changed once more behind the list's end; the list goes with that.
    transaction.PutLocal(DroppedName(entry.entity()), v1::AddresseeList());
    return absl::OkStatus();
  }
  v1::AddresseeList list;
  const bool sound = entry.payload().UnpackTo(&list) && list.name() == entry.entity() && IsByUnit(list);
  if (!sound) return NotWhatItSays(entry, source);
  if (list.issuer_node() != source.node) return Refused(entry, source, "it was issued elsewhere", "不是该节点交办的");
  DUBAN_RETURN_IF_ERROR(ValidateRequest(list));
  for (const v1::Addressee& addressee : list.addressees()) {
    if (addressee.unit_node() != records.node()) {
      return Refused(entry, source, "a unit of it works elsewhere", "其中有单位不在本节点");
    }
  }
  if (stored.has_value()) {
    DUBAN_ASSIGN_OR_RETURN(const auto dropped, transaction.GetLocal<v1::AddresseeList>(DroppedName(list.name())));
    if (dropped.has_value()) transaction.DeleteLocal(DroppedName(list.name()));
  }
  return transaction.Put(list.name(), list, {ServiceAudience("notification")}).status();
}

absl::Status TakeOrder(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                       const AssignmentRecords& records) {
  DUBAN_ASSIGN_OR_RETURN(const auto stored, transaction.Get<v1::Order>(entry.entity()));
  if (stored.has_value() && stored->value.issuer_node() != source.node) {
    return Refused(entry, source, "another node issued it", "由其他节点交办");
  }
  Change change(transaction, records, source.now);
  if (entry.withdrawn()) {
    if (!stored.has_value()) return absl::OkStatus();
    DUBAN_RETURN_IF_ERROR(change.Withdraw(stored->value));
    return change.Finish();
  }
  v1::Order order;
  const bool sound =
      entry.payload().UnpackTo(&order) && order.name() == entry.entity() && order.name() == OrderName(order.task());
  if (!sound) return NotWhatItSays(entry, source);
  if (order.issuer_node() != source.node) return Refused(entry, source, "it was issued elsewhere", "不是该节点交办的");
  DUBAN_RETURN_IF_ERROR(ValidateRequest(order));
  DUBAN_RETURN_IF_ERROR(CheckVersion(entry, order, stored));
  const bool older = stored.has_value() && order.version() < stored->value.version();
  if (older && !source.starts_over) return absl::OkStatus();
  DUBAN_RETURN_IF_ERROR(change.TakeIn(order));
  return change.Finish();
}

absl::Status TakeOversight(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                           const AssignmentRecords& records) {
  DUBAN_ASSIGN_OR_RETURN(const auto stored, transaction.Get<v1::Oversight>(entry.entity()));
  Change change(transaction, records, source.now);
  if (entry.withdrawn()) {
    // What the issuer once did stays, whoever works on it now; but not what it never did, as far as it knows.
    const bool unknown = source.swept && stored.has_value() && stored->value.node() == source.node;
    if (unknown && !DUBAN_BUG("assignment.swept_word_stays")) DUBAN_RETURN_IF_ERROR(change.Forget(entry.entity()));
    return change.Finish();
  }
  v1::Oversight oversight;
  const bool sound = entry.payload().UnpackTo(&oversight) && OversightName(oversight.assignment()) == entry.entity();
  if (!sound) return NotWhatItSays(entry, source);
  const std::string task(ParseName(entry.entity()).task);
  DUBAN_ASSIGN_OR_RETURN(const OrderPtr order, records.FindOrder(transaction, OrderName(task)));
  const bool theirs = oversight.node() == source.node && (order == nullptr || order->issuer_node() == source.node);
  if (!theirs) return Refused(entry, source, "another node issued it", "由其他节点交办");
  DUBAN_RETURN_IF_ERROR(ValidateRequest(oversight));
  DUBAN_RETURN_IF_ERROR(CheckVersion(entry, oversight, stored));
  const bool older = stored.has_value() && oversight.version() < stored->value.version();
  if (older && !source.starts_over) return absl::OkStatus();
  DUBAN_RETURN_IF_ERROR(change.TakeIn(oversight));
  return change.Finish();
}

// What the issuer asks for is kept as it came last: it has no versions, because it comes and goes.
absl::Status TakeRequest(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                         const AssignmentRecords& records) {
  if (entry.withdrawn()) {
    DUBAN_ASSIGN_OR_RETURN(const auto stored, transaction.Get<v1::EvidenceRequest>(entry.entity()));
    const bool theirs = stored.has_value() && stored->value.node() == source.node;
    return theirs ? transaction.Delete(entry.entity()) : absl::OkStatus();
  }
  v1::EvidenceRequest request;
  const bool sound = entry.payload().UnpackTo(&request) && WantedName(request.assignment()) == entry.entity();
  if (!sound) return NotWhatItSays(entry, source);
  DUBAN_RETURN_IF_ERROR(ValidateRequest(request));
  const std::string task(ParseName(request.assignment()).task);
  DUBAN_ASSIGN_OR_RETURN(const OrderPtr order, records.FindOrder(transaction, OrderName(task)));
  const bool theirs = request.node() == source.node && order != nullptr && order->issuer_node() == source.node;
  if (!theirs) return Refused(entry, source, "another node issued it", "由其他节点交办");
  return transaction.Put(entry.entity(), request, {}).status();
}

}  // namespace

absl::Status ApplyPlanEntry(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                            const AssignmentRecords& records) {
  const std::string& name = entry.entity();
  if (IsIn("units/", name)) return ApplyUnit(transaction, entry, source, records);
  if (IsIn("groups/", name)) return Keep<v1::UnitGroup>(transaction, entry, source);
  if (IsIn("calendars/", name)) return ApplyCalendar(transaction, entry, source);
  if (IsIn(kEndedTokens, name)) return Keep<v1::EndedTokens>(transaction, entry, source);
  if (IsIn("plans/", name)) return ApplyPlan(transaction, entry, source, records);
  return absl::OkStatus();
}

absl::StatusOr<bool> ExpandPendingPlans(Transaction& transaction, const EntrySource& source,
                                        const AssignmentRecords& records, size_t most) {
  std::vector<v1::Plan> plans;
  absl::Status parsed;
  const std::string begin = LocalKey(kPendingPrefix);
  const auto take = [&](std::string_view key, std::string_view value) {
    if (plans.emplace_back().ParseFromArray(value.data(), static_cast<int>(value.size()))) return true;
    parsed = BrokenRecord(key.substr(1));
    return false;
  };
  DUBAN_RETURN_IF_ERROR(transaction.ScanRows(begin, PrefixEnd(begin), take));
  DUBAN_RETURN_IF_ERROR(parsed);
  if (plans.empty()) return true;
  DUBAN_ASSIGN_OR_RETURN(const Directory directory, ReadDirectory(transaction));
  for (const v1::Plan& plan : plans) {
    DUBAN_ASSIGN_OR_RETURN(const bool all, ExpandPlan(transaction, plan, directory, source, records, most));
    if (!all) return false;
    transaction.DeleteLocal(PendingName(plan.name()));
  }
  return true;
}

absl::Status HeldOfPlans(const ReadView& view, const EntrySource& source,
                         absl::FunctionRef<bool(std::string_view name)> visit) {
  bool more = true;
  const auto visit_name = [&](std::string_view name, const auto&) { return more = visit(name); };
  DUBAN_RETURN_IF_ERROR(view.Scan<v1::Unit>("units/", "", visit_name));
  if (more) DUBAN_RETURN_IF_ERROR(view.Scan<v1::UnitGroup>("groups/", "", visit_name));
  if (more) DUBAN_RETURN_IF_ERROR(view.Scan<v1::EndedTokens>(kEndedTokens, "", visit_name));
  if (!more) return absl::OkStatus();
  const std::string pending = LocalKey(kPendingPrefix);
  const auto visit_pending = [&](std::string_view key, std::string_view) {
    return more = visit(key.substr(pending.size()));
  };
  DUBAN_RETURN_IF_ERROR(view.ScanRows(pending, PrefixEnd(pending), visit_pending));
  if (!more) return absl::OkStatus();
  const std::string begin = LocalKey(ExpansionName(""));
  return view.ScanRows(begin, PrefixEnd(begin), [&](std::string_view key, std::string_view value) {
    storage::v1::PlanExpansion expansion;
    const bool withdrawn =
        expansion.ParseFromArray(value.data(), static_cast<int>(value.size())) && expansion.withdrawn();
    return withdrawn || visit(key.substr(begin.size()));
  });
}

absl::Status HeldFromIssuer(const ReadView& view, const EntrySource& source,
                            absl::FunctionRef<bool(std::string_view name)> visit, const AssignmentRecords& records) {
  bool more = true;
  absl::Status status;
  DUBAN_RETURN_IF_ERROR(view.Scan<v1::Order>("plans/", "", [&](std::string_view name, const Stored<v1::Order>& order) {
    if (order.value.issuer_node() != source.node) return true;
    const absl::StatusOr<AddresseesPtr> list = records.NeedList(view, order.value.addressee_list());
    status = list.status();
    // One that the issuer withdrew from here is this node's to keep.
    return more = status.ok() && (!IsShown(**list) || visit(name));
  }));
  if (!more) return status;
  DUBAN_RETURN_IF_ERROR(
      view.Scan<v1::AddresseeList>("plans/", "", [&](std::string_view name, const Stored<v1::AddresseeList>& list) {
        const bool theirs = list.value.issuer_node() == source.node && !ParseName(name).id.starts_with(kKeptList);
        // One that the issuer has dropped stays only as long as an order here names it.
        const auto dropped = view.GetRow(LocalKey(DroppedName(name)));
        status = dropped.status();
        return more = status.ok() && (!theirs || dropped->has_value() || visit(name));
      }));
  if (!more) return status;
  DUBAN_RETURN_IF_ERROR(
      view.Scan<v1::Oversight>("plans/", "", [&](std::string_view name, const Stored<v1::Oversight>& oversight) {
        if (oversight.value.node() != source.node) return true;
        const absl::StatusOr<std::optional<Duty>> duty = records.FindDuty(view, oversight.value.assignment());
        status = duty.status();
        // What was done about a unit that has left this node since is this node's to keep, too.
        const bool left = duty.ok() && duty->has_value() && HasLeft((*duty)->addressee);
        return more = status.ok() && (left || visit(name));
      }));
  if (!more) return status;
  return view.Scan<v1::EvidenceRequest>(kWantedPrefix, "",
                                        [&](std::string_view name, const Stored<v1::EvidenceRequest>& request) {
                                          return request.value.node() != source.node || visit(name);
                                        });
}

absl::Status ApplyUpstreamEntry(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                                const AssignmentRecords& records) {
  if (entry.entity().starts_with(kWantedPrefix)) return TakeRequest(transaction, entry, source, records);
  switch (ParseName(entry.entity()).noun) {
    case Noun::kAddresseeList:
      return TakeList(transaction, entry, source, records);
    case Noun::kOrder:
      return TakeOrder(transaction, entry, source, records);
    case Noun::kOversight:
      return TakeOversight(transaction, entry, source, records);
    case Noun::kExecution:
    case Noun::kDecomposition:
    case Noun::kDelivery:
      return Refused(entry, source, "what a unit did is owned by its own node", "承办情况由承办单位所在节点掌握");
    default:
      return absl::OkStatus();
  }
}

namespace {

// What this node asked of whoever an entry from below speaks for; nothing where that cannot be told.
struct Asked {
  OrderPtr order;
  AddresseesPtr list;
  const v1::Addressee* addressee = nullptr;
};

// Finds what this node asked. Where it knows nothing of it, because it was restored from a backup that is older, the
// entry must not hold up what it does know: it is logged, and `order` stays null. The same for what comes up late from
// a node that the unit has left. Errors: NOT_OWNER.
absl::StatusOr<Asked> AskedOf(const ReadView& view, const v1::FeedEntry& entry, std::string_view owner,
                              const EntrySource& source, const AssignmentRecords& records) {
  const ParsedName name = ParseName(entry.entity());
  Asked asked;
  DUBAN_ASSIGN_OR_RETURN(asked.order, records.FindOrder(view, OrderName(name.task)));
  if (asked.order != nullptr) {
    if (asked.order->issuer_node() != records.node()) {
      return Refused(entry, source, "this node did not issue the assignment", "该事项不是本节点交办的");
    }
    DUBAN_ASSIGN_OR_RETURN(asked.list, records.NeedList(view, asked.order->addressee_list()));
    asked.addressee = FindAddressee(*asked.list, name.unit());
  }
  if (asked.addressee == nullptr) {
    Log(LogLevel::kWarning, "assignment.done_below_and_unknown",
        {{"assignment", std::string(name.assignment)}, {"node", source.node}});
    return Asked();
  }
  const auto& former = asked.addressee->former_nodes();
  if (std::find(former.begin(), former.end(), source.node) != former.end()) return Asked();
  if (asked.addressee->unit_node() != source.node || owner != source.node) {
    return Refused(entry, source, "its unit works at another node", "承办单位不在该节点");
  }
  return asked;
}

absl::Status TakeExecution(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                           const AssignmentRecords& records, Change& change) {
  v1::Execution execution;
  const bool sound = entry.payload().UnpackTo(&execution) && ExecutionName(execution.assignment()) == entry.entity();
  if (!sound) return Refused(entry, source, "it holds another assignment than its name says", "内容与名称不符");
  // A neighbour's edge has judged every field already; a stranger's may not have.
  DUBAN_RETURN_IF_ERROR(ValidateRequest(execution));
  DUBAN_ASSIGN_OR_RETURN(const Asked asked, AskedOf(transaction, entry, execution.node(), source, records));
  // Written before the unit's last move: its half begins anew there as soon as the issuer's has come down.
  if (asked.order == nullptr || execution.moves() != asked.addressee->moves()) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(const auto stored, transaction.Get<v1::Execution>(entry.entity()));
  DUBAN_RETURN_IF_ERROR(CheckVersion(entry, execution, stored));
  const bool begun = stored.has_value() && stored->value.moves() == execution.moves();
  const bool old = begun && execution.version() <= stored->value.version();
  if (old && !source.starts_over && !DUBAN_BUG("assignment.old_half_taken")) return absl::OkStatus();
  return change.TakeIn(execution);
}

bool IsSound(const v1::Decomposition& decomposition) {
  return std::all_of(decomposition.rows().begin(), decomposition.rows().end(), [](const v1::Decomposition::Row& row) {
    const v1::StateCounts& counts = row.counts();
    return row.depth() >= 1 && row.depth() <= kMaxDepth && counts.issued() >= 0 && counts.received() >= 0 &&
           counts.in_progress() >= 0 && counts.under_review() >= 0 && counts.done() >= 0 && counts.declined() >= 0 &&
           counts.cancelled() >= 0 && counts.total() >= 0;
  });
}

absl::Status TakeDecomposition(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                               const AssignmentRecords& records, Change& change) {
  v1::Decomposition made;
  const bool sound = entry.payload().UnpackTo(&made) && DecompositionName(made.assignment()) == entry.entity();
  if (!sound) return Refused(entry, source, "it holds another assignment than its name says", "内容与名称不符");
  DUBAN_RETURN_IF_ERROR(ValidateRequest(made));
  if (!IsSound(made)) return Refused(entry, source, "its counts make no sense", "统计数字不合理");
  DUBAN_ASSIGN_OR_RETURN(const Asked asked, AskedOf(transaction, entry, made.node(), source, records));
  // Counted before the unit's last move: it is counted again as soon as the issuer's word of it has come down.
  if (asked.order == nullptr || made.moves() != asked.addressee->moves()) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(const auto stored, transaction.Get<v1::Decomposition>(entry.entity()));
  DUBAN_RETURN_IF_ERROR(CheckVersion(entry, made, stored));
  const bool known = stored.has_value() && stored->value.node() == made.node();
  if (known && made.version() <= stored->value.version() && !source.starts_over) return absl::OkStatus();
  return change.TakeIn(made);
}

absl::Status TakeDelivery(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                          Change& change) {
  v1::Delivery delivery;
  const bool sound =
      entry.payload().UnpackTo(&delivery) && DeliveryName(delivery.plan(), delivery.node()) == entry.entity();
  if (!sound) return Refused(entry, source, "it holds another delivery than its name says", "内容与名称不符");
  if (delivery.node() != source.node) return Refused(entry, source, "it is another node's", "属于其他节点");
  DUBAN_RETURN_IF_ERROR(ValidateRequest(delivery));
  DUBAN_ASSIGN_OR_RETURN(const auto stored, transaction.Get<v1::Delivery>(entry.entity()));
  // The first counts: a node that was started on an empty disk by mistake says another one.
  return stored.has_value() && !source.starts_over ? absl::OkStatus() : change.TakeIn(delivery);
}

// Takes in what came up from a node below; `change` has what was counted from it to finish.
absl::Status TakeOffered(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                         const AssignmentRecords& records, Change& change) {
  // Going out of scope deletes nothing: what was once handed up stays with the issuer; but not what the unit's node
  // never did, as far as it knows.
  if (entry.withdrawn()) return source.swept ? change.Forget(entry.entity()) : absl::OkStatus();
  const Noun noun = ParseName(entry.entity()).noun;
  if (noun == Noun::kExecution) return TakeExecution(transaction, entry, source, records, change);
  if (noun == Noun::kDecomposition) return TakeDecomposition(transaction, entry, source, records, change);
  if (noun == Noun::kDelivery) return TakeDelivery(transaction, entry, source, change);
  // Orders do not go up: a plan below that names a unit of this node is that node's own affair.
  v1::Order order;
  if (entry.payload().UnpackTo(&order) && order.issuer_node() == source.node) {
    Log(LogLevel::kWarning, "assignment.order_from_below", {{"order", entry.entity()}, {"node", source.node}});
    return absl::OkStatus();
  }
  v1::AddresseeList list;
  v1::Oversight oversight;
  const bool belongs_to_one = (entry.payload().UnpackTo(&list) && list.issuer_node() == source.node) ||
                              (entry.payload().UnpackTo(&oversight) && oversight.node() == source.node);
  return belongs_to_one ? absl::OkStatus()
                        : Refused(entry, source, "only what its units did comes up", "下级只能上报本级承办情况");
}

// Writes a half of this node's own that a neighbour gave back, where it is newer than what is here.
template <typename Half>
absl::StatusOr<TakenBack> TakeBackWhole(Transaction& transaction, const std::string& name, const Half& given,
                                        const Audiences& audiences, Change& change) {
  DUBAN_ASSIGN_OR_RETURN(const auto stored, transaction.Get<Half>(name));
  if (!PlausibleVersion(given.version(), VersionOf(stored))) return TakenBack::kRefused;
  if (stored.has_value()) {
    DUBAN_ASSIGN_OR_RETURN(const TakenBack outcome,
                           CompareVersions(name, given.version(), stored->value.version(),
                                           given.SerializeAsString() == stored->value.SerializeAsString()));
    if (outcome != TakenBack::kTaken) return outcome;
  }
  DUBAN_RETURN_IF_ERROR(change.TakeBack(given, audiences));
  DUBAN_RETURN_IF_ERROR(change.Finish());
  return TakenBack::kTaken;
}

absl::StatusOr<TakenBack> TakeBackHalf(Transaction& transaction, const v1::HeldEntity& held, const EntrySource& source,
                                       const AssignmentRecords& records) {
  const Audiences audiences = {ServiceAudience("notification"), NodeAudience(source.node)};
  const std::string& name = held.entity();
  Change change(transaction, records, source.now);
  change.CountLater();
  v1::Oversight oversight;
  v1::Execution execution;
  v1::Decomposition made;
  if (held.payload().UnpackTo(&oversight)) {
    const bool own = oversight.node() == records.node() && OversightName(oversight.assignment()) == name;
    if (!own || !ValidateRequest(oversight).ok()) return TakenBack::kRefused;
    return TakeBackWhole(transaction, name, oversight, audiences, change);
  }
  if (held.payload().UnpackTo(&execution)) {
    const bool own = execution.node() == records.node() && ExecutionName(execution.assignment()) == name;
    if (!own || !ValidateRequest(execution).ok()) return TakenBack::kRefused;
    return TakeBackWhole(transaction, name, execution, audiences, change);
  }
  const bool own = held.payload().UnpackTo(&made) && made.node() == records.node() &&
                   DecompositionName(made.assignment()) == name && ValidateRequest(made).ok() && IsSound(made);
  if (!own) return TakenBack::kRefused;
  // The plans it was made of may not come back: RecountAll has to look.
  transaction.PutLocal(GivenName(ParseName(name).task), v1::Decomposition());
  return TakeBackWhole(transaction, name, made, {NodeAudience(source.node)}, change);
}

// Addressees by unit, those of `first` before those of `second`.
std::vector<v1::Addressee> Joined(const google::protobuf::RepeatedPtrField<v1::Addressee>& first,
                                  const google::protobuf::RepeatedPtrField<v1::Addressee>& second) {
  std::vector<v1::Addressee> joined;
  std::set_union(first.begin(), first.end(), second.begin(), second.end(), std::back_inserter(joined),
                 [](const v1::Addressee& a, const v1::Addressee& b) { return a.unit() < b.unit(); });
  return joined;
}

// A list comes back in parts, from each node what works there; they wait for the order that names it.
absl::StatusOr<TakenBack> TakeBackList(Transaction& transaction, const v1::HeldEntity& held, const EntrySource& source,
                                       const AssignmentRecords& records) {
  v1::AddresseeList given;
  const bool own = held.payload().UnpackTo(&given) && given.name() == held.entity() &&
                   given.issuer_node() == records.node() && ValidateRequest(given).ok();
  if (!own) return TakenBack::kRefused;
  auto& theirs = *given.mutable_addressees();
  theirs.erase(std::remove_if(theirs.begin(), theirs.end(),
                              [&](const v1::Addressee& addressee) { return addressee.unit_node() != source.node; }),
               theirs.end());
  DUBAN_ASSIGN_OR_RETURN(const auto waiting, transaction.GetLocal<v1::AddresseeList>(GivenName(given.name())));
  if (waiting.has_value()) {
    const std::vector<v1::Addressee> joined = Joined(theirs, waiting->addressees());
    theirs.Assign(joined.begin(), joined.end());
    if (given.SerializeAsString() == waiting->SerializeAsString()) return TakenBack::kSame;
  }
  transaction.PutLocal(GivenName(given.name()), given);
  return TakenBack::kTaken;
}

absl::StatusOr<TakenBack> TakeBackOrder(Transaction& transaction, const v1::HeldEntity& held, const EntrySource& source,
                                        const AssignmentRecords& records) {
  v1::Order given;
  const bool own = held.payload().UnpackTo(&given) && given.name() == held.entity() &&
                   given.name() == OrderName(given.task()) && given.issuer_node() == records.node() &&
                   ValidateRequest(given).ok();
  if (!own) return TakenBack::kRefused;
  DUBAN_ASSIGN_OR_RETURN(const auto part, transaction.GetLocal<v1::AddresseeList>(GivenName(given.addressee_list())));
  if (!part.has_value()) return TakenBack::kRefused;
  DUBAN_ASSIGN_OR_RETURN(const auto stored, transaction.Get<v1::Order>(given.name()));
  if (!PlausibleVersion(given.version(), VersionOf(stored))) return TakenBack::kRefused;
  TakenBack outcome = TakenBack::kTaken;
  AddressedOrder next{given, nullptr};
  v1::AddresseeList known;
  if (stored.has_value()) {
    if (stored->value.issuer_node() != records.node()) return TakenBack::kRefused;
    DUBAN_ASSIGN_OR_RETURN(const AddresseesPtr list, records.NeedList(transaction, stored->value.addressee_list()));
    known = *list;
    // Who is addressed is put together from all that neighbours hold.
    next.order.set_addressee_list(stored->value.addressee_list());
    DUBAN_ASSIGN_OR_RETURN(outcome,
                           CompareVersions(given.name(), given.version(), stored->value.version(),
                                           next.order.SerializeAsString() == stored->value.SerializeAsString()));
    if (outcome != TakenBack::kTaken) next.order = stored->value;
  }
  next.addressees = std::make_shared<const std::vector<v1::Addressee>>(Joined(part->addressees(), known.addressees()));
  const bool more = static_cast<int>(next.addressees->size()) != known.addressees_size();
  if (outcome != TakenBack::kTaken && !more) return outcome;
  Change change(transaction, records, source.now);
  change.CountLater();
  DUBAN_RETURN_IF_ERROR(change.TakeBack(std::move(next)));
  DUBAN_RETURN_IF_ERROR(change.Finish());
  return TakenBack::kTaken;
}

absl::StatusOr<TakenBack> TakeBackDelivery(Transaction& transaction, const v1::HeldEntity& held,
                                           const EntrySource& source, const AssignmentRecords& records) {
  v1::Delivery given;
  const bool own = held.payload().UnpackTo(&given) && given.node() == records.node() &&
                   DeliveryName(given.plan(), given.node()) == held.entity() && ValidateRequest(given).ok();
  if (!own) return TakenBack::kRefused;
  DUBAN_ASSIGN_OR_RETURN(const auto stored, transaction.Get<v1::Delivery>(held.entity()));
  if (stored.has_value()) return TakenBack::kSame;
  DUBAN_RETURN_IF_ERROR(transaction.Put(held.entity(), given, {NodeAudience(source.node)}).status());
  return TakenBack::kTaken;
}

// Packs a message as a payload.
google::protobuf::Any Packed(const google::protobuf::Message& message) {
  google::protobuf::Any any;
  any.PackFrom(message);
  return any;
}

// Whether a half that came up from `owner` counts here: this node issued the assignment, its unit works there, and has
// not moved since.
template <typename Half>
absl::StatusOr<bool> Counts(const ReadView& view, const Half& half, std::string_view owner,
                            const AssignmentRecords& records) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<Duty> duty, records.FindDuty(view, half.assignment()));
  return duty.has_value() && duty->order->issuer_node() == records.node() && duty->addressee.unit_node() == owner &&
         half.moves() == duty->addressee.moves();
}

// How often the unit had moved when a half was written; -1 where there is none.
template <typename Half>
absl::StatusOr<int> MovesOf(const ReadView& view, std::string_view name) {
  DUBAN_ASSIGN_OR_RETURN(const auto stored, view.Get<Half>(name));
  return stored.has_value() ? stored->value.moves() : -1;
}

}  // namespace

absl::Status ApplyOfferedEntry(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                               const AssignmentRecords& records) {
  Change change(transaction, records, source.now);
  DUBAN_RETURN_IF_ERROR(TakeOffered(transaction, entry, source, records, change));
  return change.Finish();
}

bool SeenDifferently(std::string_view name) {
  return ParseName(name).noun == Noun::kAddresseeList;
}

absl::StatusOr<std::optional<google::protobuf::Any>> ViewForNode(const AssignmentRecords& records, const ReadView& view,
                                                                 std::string_view name,
                                                                 const google::protobuf::Any& payload,
                                                                 std::string_view follower, bool downstream) {
  if (!downstream || !SeenDifferently(name)) return payload;
  DUBAN_ASSIGN_OR_RETURN(const AddresseesPtr list, records.NeedList(view, name));
  v1::AddresseeList shown;
  shown.set_name(list->name());
  shown.set_issuer_node(list->issuer_node());
  for (const v1::Addressee& addressee : list->addressees()) {
    if (addressee.unit_node() == follower || DUBAN_BUG("assignment.list_shown_whole"))
      *shown.add_addressees() = addressee;
  }
  return Packed(shown);
}

absl::StatusOr<std::optional<google::protobuf::Any>> OwnedHeldFor(const ReadView& view,
                                                                  const google::protobuf::Any& payload,
                                                                  std::string_view owner,
                                                                  const AssignmentRecords& records) {
  v1::Order order;
  if (payload.UnpackTo(&order)) {
    if (order.issuer_node() != owner) return std::nullopt;
    DUBAN_ASSIGN_OR_RETURN(const AddresseesPtr list, records.NeedList(view, order.addressee_list()));
    return IsShown(*list) ? std::optional(payload) : std::nullopt;
  }
  v1::AddresseeList list;
  if (payload.UnpackTo(&list)) {
    if (list.issuer_node() != owner || !IsShown(list)) return std::nullopt;
    // As the issuer showed it, before some went to another node.
    auto& all = *list.mutable_addressees();
    all.erase(std::remove_if(all.begin(), all.end(), HasLeft), all.end());
    return Packed(list);
  }
  v1::Oversight oversight;
  if (payload.UnpackTo(&oversight)) return oversight.node() == owner ? std::optional(payload) : std::nullopt;
  v1::Delivery delivery;
  if (payload.UnpackTo(&delivery)) return delivery.node() == owner ? std::optional(payload) : std::nullopt;
  bool counts = false;
  v1::Execution execution;
  v1::Decomposition made;
  if (payload.UnpackTo(&execution) && execution.node() == owner) {
    DUBAN_ASSIGN_OR_RETURN(counts, Counts(view, execution, owner, records));
  } else if (payload.UnpackTo(&made) && made.node() == owner) {
    DUBAN_ASSIGN_OR_RETURN(counts, Counts(view, made, owner, records));
  }
  return counts ? std::optional(payload) : std::nullopt;
}

absl::Status HeldFromBelow(const ReadView& view, const EntrySource& source,
                           absl::FunctionRef<bool(std::string_view name)> visit, const AssignmentRecords& records) {
  absl::Status status;
  const std::string plans = EntityKey("plans/");
  const auto look = [&](std::string_view key, std::string_view value) {
    const std::string_view name = key.substr(1);
    const Noun noun = ParseName(name).noun;
    if (noun != Noun::kExecution && noun != Noun::kDecomposition && noun != Noun::kDelivery) return true;
    storage::v1::EntityRecord record;
    if (!record.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      status = BrokenRecord(name);
      return false;
    }
    if (record.deleted()) return true;
    const auto held = OwnedHeldFor(view, PayloadOf(std::move(record)), source.node, records);
    if (!held.ok()) status = held.status();
    return held.ok() && (!held->has_value() || visit(name));
  };
  DUBAN_RETURN_IF_ERROR(view.ScanRows(plans, PrefixEnd(plans), look));
  return status;
}

absl::StatusOr<bool> HeldByIssuer(const ReadView& view, std::string_view name, const AssignmentRecords& records) {
  const ParsedName parsed = ParseName(name);
  if (parsed.noun == Noun::kDelivery) return true;
  if (parsed.noun != Noun::kExecution && parsed.noun != Noun::kDecomposition) return false;
  DUBAN_ASSIGN_OR_RETURN(const std::optional<Duty> duty, records.FindDuty(view, parsed.assignment));
  if (!duty.has_value() || HasLeft(duty->addressee)) return false;
  DUBAN_ASSIGN_OR_RETURN(const int moves, parsed.noun == Noun::kExecution ? MovesOf<v1::Execution>(view, name)
                                                                          : MovesOf<v1::Decomposition>(view, name));
  return moves == duty->addressee.moves();
}

absl::StatusOr<TakenBack> TakeBackOwn(Transaction& transaction, const v1::HeldEntity& held, const EntrySource& source,
                                      const AssignmentRecords& records) {
  switch (ParseName(held.entity()).noun) {
    case Noun::kAddresseeList:
      return TakeBackList(transaction, held, source, records);
    case Noun::kOrder:
      return TakeBackOrder(transaction, held, source, records);
    case Noun::kDelivery:
      return TakeBackDelivery(transaction, held, source, records);
    case Noun::kOversight:
    case Noun::kExecution:
    case Noun::kDecomposition:
      return TakeBackHalf(transaction, held, source, records);
    default:
      return TakenBack::kRefused;
  }
}

absl::Status TakeInBelow(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                         const AssignmentRecords& records) {
  Change change(transaction, records, source.now);
  change.CountLater();
  const absl::Status taken = TakeOffered(transaction, entry, source, records, change);
  if (ReasonOf(taken) == v1::NOT_OWNER) {
    Log(LogLevel::kWarning, "rebuild.refused",
        {{"neighbour", source.node}, {"entity", entry.entity()}, {"error", std::string(ToStd(taken.message()))}});
    return absl::OkStatus();
  }
  DUBAN_RETURN_IF_ERROR(taken);
  return change.Finish();
}

absl::Status RecountAll(Transaction& transaction, const RebuildEnd& end, const AssignmentRecords& records) {
  std::set<std::string> tasks;
  DUBAN_RETURN_IF_ERROR(
      transaction.ScanIndex(kOrderByAlignment, {}, [&](const std::vector<std::string_view>& rest, std::string_view) {
        tasks.emplace(rest.front());
        return true;
      }));
  std::vector<std::string> given;
  const std::string begin = LocalKey(GivenName(""));
  DUBAN_RETURN_IF_ERROR(transaction.ScanRows(begin, PrefixEnd(begin), [&](std::string_view key, std::string_view) {
    const std::string_view name = key.substr(begin.size());
    if (ParseName(name).noun == Noun::kTask) tasks.emplace(name);
    given.emplace_back(key);
    return true;
  }));
  Change change(transaction, records, end.now);
  for (const std::string& task : tasks) change.Recount(task);
  DUBAN_RETURN_IF_ERROR(change.Finish());
  for (std::string& key : given) transaction.DeleteRow(std::move(key));
  return absl::OkStatus();
}

}  // namespace duban
