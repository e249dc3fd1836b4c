#include "services/assignment/records.h"

#include <algorithm>
#include <vector>

#include "common/base/ids.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/contract/agreed.h"
#include "common/contract/names.h"
#include "duban/storage/v1/desk.pb.h"
#include "duban/v1/calendar.pb.h"
#include "duban/v1/unit.pb.h"
#include "services/assignment/desk.h"
#include "services/assignment/indexes.h"
#include "services/assignment/plan_to_orders.h"

namespace duban {
namespace {

constexpr char kCalendars[] = "calendars/";
constexpr char kCalendarStamp[] = "calendar_stamp";

// One half of an assignment; version 0 where there is none.
template <typename Half>
absl::StatusOr<Half> ReadHalf(const ReadView& view, const std::string& name) {
  DUBAN_ASSIGN_OR_RETURN(auto stored, view.Get<Half>(name));
  return stored.has_value() ? std::move(stored->value) : Half();
}

// Reads one of the halves of the assignments whose names begin with `prefix`.
template <typename Half>
absl::Status TakeHalves(const ReadView& view, const std::string& prefix, Half StoredHalves::*half,
                        std::map<std::string, StoredHalves>& halves) {
  return view.Scan<Half>(prefix, {}, [&](std::string_view name, Stored<Half> stored) {
    halves[ParseName(name).unit()].*half = std::move(stored.value);
    return true;
  });
}

}  // namespace

std::string PendingName(std::string_view plan) {
  return StrCat(kPendingPrefix, plan);
}

std::string ExpansionName(std::string_view plan) {
  return StrCat(kExpansionPrefix, plan);
}

std::string GivenName(std::string_view list_or_task) {
  return StrCat("given/", list_or_task);
}

std::string DroppedName(std::string_view list) {
  return StrCat("dropped/", list);
}

uint32_t StoredOf(const Duty& duty) {
  const bool open = OpenExtension(duty.execution, duty.oversight) != nullptr;
  const auto& reports = duty.execution.reports();
  const bool unread = std::any_of(reports.begin(), reports.end(),
                                  [&](const v1::Report& report) { return IsUnread(report, duty.oversight); });
  return (duty.execution.version() > 0 ? kExecutionStored : 0) | (duty.oversight.version() > 0 ? kOversightStored : 0) |
         (open ? kExtensionOpen : 0) | (unread ? kReportUnread : 0);
}

const v1::Addressee* FindAddressee(const v1::AddresseeList& list, std::string_view unit) {
  const auto& all = list.addressees();
  const auto found = std::lower_bound(all.begin(), all.end(), unit,
                                      [](const v1::Addressee& a, std::string_view name) { return a.unit() < name; });
  return found != all.end() && found->unit() == unit ? &*found : nullptr;
}

OrderPtr AssignmentRecords::Remembered(std::string_view name, int64_t sequence) const {
  MutexLock lock(&mu_);
  auto found = orders_.find(ToAbsl(name));
  if (found == orders_.end()) return nullptr;
  const bool holds = found->second.sequence == sequence || DUBAN_BUG("assignment.old_order_remembered");
  return holds ? found->second.order : nullptr;
}

absl::StatusOr<OrderPtr> AssignmentRecords::FindOrder(const ReadView& view, std::string_view name) const {
  DUBAN_ASSIGN_OR_RETURN(auto record, view.GetRecord(name));
  if (!record.has_value() || record->deleted()) return OrderPtr();
  const int64_t sequence = record->sequence();
  if (OrderPtr known = Remembered(name, sequence); known != nullptr) return known;
  auto parsed = std::make_shared<v1::Order>();
  if (!UnpackRecord(*record, parsed.get())) return BrokenRecord(name);
  const OrderPtr order = std::move(parsed);
  // What a command wrote itself may never become durable, and another one then gets its sequence.
  const auto* command = dynamic_cast<const Transaction*>(&view);
  if (command != nullptr && command->writes().contains(EntityKey(name))) return order;
  MutexLock lock(&mu_);
  if (orders_.size() >= kMostOrders) orders_.clear();
  orders_[std::string(name)] = {sequence, order};
  return order;
}

absl::StatusOr<OrderPtr> AssignmentRecords::NeedOrder(const ReadView& view, std::string_view name,
                                                      int64_t sequence) const {
  if (OrderPtr known = Remembered(name, sequence); known != nullptr) return known;
  DUBAN_ASSIGN_OR_RETURN(OrderPtr order, FindOrder(view, name));
  if (order == nullptr) return InvariantBroken(StrCat("a desk names ", name, ", which is not there"));
  return order;
}

absl::StatusOr<std::optional<std::string>> AssignmentRecords::NodeOfUnit(const ReadView& view,
                                                                         std::string_view unit) const {
  DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> row, view.GetRow(EntityKey(unit)));
  if (!row.has_value()) return std::nullopt;
  {
    MutexLock lock(&mu_);
    const auto found = units_.find(ToAbsl(unit));
    if (found != units_.end() && found->second.bytes == *row) return found->second.node;
  }
  DUBAN_ASSIGN_OR_RETURN(const auto stored, view.Get<v1::Unit>(unit));
  std::optional<std::string> node;
  if (stored.has_value()) node = NodeOf(stored->value, node_);
  MutexLock lock(&mu_);
  if (units_.size() >= kMostUnits) units_.clear();
  units_[std::string(unit)] = {*std::move(row), node};
  return node;
}

absl::StatusOr<PlanBookPtr> AssignmentRecords::Book(const ReadView& view, std::string_view plan) const {
  DUBAN_ASSIGN_OR_RETURN(const storage::v1::PlanTally tally, ReadPlanTally(view, plan));
  return NeedBook(view, plan, tally);
}

PlanBookPtr AssignmentRecords::RememberedBook(std::string_view plan, std::string_view stamp) const {
  MutexLock lock(&mu_);
  const auto found = books_.find(ToAbsl(plan));
  return found != books_.end() && found->second.stamp == stamp ? found->second.book : nullptr;
}

absl::StatusOr<PlanBookPtr> AssignmentRecords::NeedBook(const ReadView& view, std::string_view plan,
                                                        const storage::v1::PlanTally& tally) const {
  const std::string& stamp = tally.orders_stamp();
  // Whatever names of plans that are not there are asked for: nothing is remembered of them.
  PlanBookPtr book = stamp.empty() ? std::make_shared<const PlanBook>() : RememberedBook(plan, stamp);
  if (book == nullptr) {
    DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> row, view.GetIndex(kPlanOrders, {plan}));
    storage::v1::PlanOrders orders;
    if (row.has_value() && !orders.ParseFromString(*row)) return BrokenRecord("a kept row");
    const auto headings = static_cast<uint32_t>(orders.headings_size());
    const bool sound = std::all_of(orders.orders().begin(), orders.orders().end(),
                                   [&](const PlanBook::OrderRef& order) { return order.heading() < headings; });
    if (!sound) return BrokenRecord("a kept row");
    book = std::make_shared<const PlanBook>(std::move(orders));
    KeepBook(plan, stamp, book);
  }
  return tally.tallies_size() == book->row().headings_size() ? absl::StatusOr<PlanBookPtr>(book)
                                                             : BrokenRecord("a kept row");
}

void AssignmentRecords::KeepBook(std::string_view plan, std::string_view stamp, PlanBookPtr book) const {
  MutexLock lock(&mu_);
  CachedBook& kept = books_[std::string(plan)];
  orders_in_books_ += book->orders_size() - (kept.book == nullptr ? 0 : kept.book->orders_size());
  kept = {std::string(stamp), std::move(book)};
  if (orders_in_books_ <= kMostInBooks) return;
  CachedBook last = std::move(kept);
  books_.clear();
  orders_in_books_ = last.book->orders_size();
  books_[std::string(plan)] = std::move(last);
}

absl::StatusOr<AddresseesPtr> AssignmentRecords::NeedList(const ReadView& view, std::string_view name) const {
  {
    MutexLock lock(&mu_);
    if (auto found = lists_.find(ToAbsl(name)); found != lists_.end()) return found->second;
  }
  DUBAN_ASSIGN_OR_RETURN(auto stored, view.Get<v1::AddresseeList>(name));
  if (!stored.has_value()) return InvariantBroken(StrCat("an order names ", name, ", which is not there"));
  auto list = std::make_shared<const v1::AddresseeList>(std::move(stored->value));
  MutexLock lock(&mu_);
  if (lists_.size() >= kMostLists) lists_.clear();
  lists_[std::string(name)] = list;
  return list;
}

absl::StatusOr<std::optional<Duty>> AssignmentRecords::DutyOf(const ReadView& view, const OrderPtr& order,
                                                              std::string_view unit, uint32_t stored) const {
  DUBAN_ASSIGN_OR_RETURN(const AddresseesPtr list, NeedList(view, order->addressee_list()));
  const v1::Addressee* addressee = FindAddressee(*list, unit);
  if (addressee == nullptr) return std::nullopt;
  Duty duty;
  duty.name = AssignmentName(order->task(), unit);
  duty.order = order;
  duty.addressee = *addressee;
  if ((stored & kOversightStored) != 0) {
    DUBAN_ASSIGN_OR_RETURN(duty.oversight, ReadHalf<v1::Oversight>(view, OversightName(duty.name)));
  }
  if ((stored & kExecutionStored) != 0) {
    DUBAN_ASSIGN_OR_RETURN(const v1::Execution execution, ReadHalf<v1::Execution>(view, ExecutionName(duty.name)));
    duty.execution = EffectiveExecution(duty.addressee, duty.oversight, execution);
  }
  return duty;
}

absl::StatusOr<std::optional<Duty>> AssignmentRecords::FindDuty(const ReadView& view, std::string_view name) const {
  const ParsedName parsed = ParseName(name);
  if (parsed.noun != Noun::kAssignment) return std::nullopt;
  DUBAN_ASSIGN_OR_RETURN(const OrderPtr order, FindOrder(view, OrderName(parsed.task)));
  if (order == nullptr) return std::nullopt;
  return DutyOf(view, order, parsed.unit());
}

absl::StatusOr<Duty> AssignmentRecords::NeedDuty(const ReadView& view, std::string_view name) const {
  DUBAN_ASSIGN_OR_RETURN(std::optional<Duty> duty, FindDuty(view, name));
  if (!duty.has_value()) return NotFound(name);
  return *std::move(duty);
}

absl::StatusOr<std::map<std::string, StoredHalves>> AssignmentRecords::HalvesOf(const ReadView& view,
                                                                                std::string_view task) const {
  std::map<std::string, StoredHalves> halves;
  const std::string prefix = StrCat(task, "/assignments/");
  DUBAN_RETURN_IF_ERROR(TakeHalves(view, prefix, &StoredHalves::oversight, halves));
  DUBAN_RETURN_IF_ERROR(TakeHalves(view, prefix, &StoredHalves::execution, halves));
  DUBAN_RETURN_IF_ERROR(TakeHalves(view, prefix, &StoredHalves::decomposition, halves));
  return halves;
}

absl::StatusOr<CalendarPtr> AssignmentRecords::Calendar(const ReadView& view) const {
  DUBAN_ASSIGN_OR_RETURN(const auto now, view.GetLocal<storage::v1::CalendarStamp>(kCalendarStamp));
  const std::string stamp = now.has_value() ? now->stamp() : "";
  {
    MutexLock lock(&mu_);
    if (calendar_ != nullptr && calendar_stamp_ == stamp) return calendar_;
  }
  std::vector<v1::Calendar> calendars;
  DUBAN_RETURN_IF_ERROR(view.Scan<v1::Calendar>(kCalendars, {}, [&](std::string_view, Stored<v1::Calendar> stored) {
    calendars.push_back(std::move(stored.value));
    return true;
  }));
  auto calendar = std::make_shared<const WorkingCalendar>(calendars);
  MutexLock lock(&mu_);
  calendar_stamp_ = stamp;
  calendar_ = calendar;
  return calendar;
}

absl::Status AssignmentRecords::CalendarChanged(Transaction& transaction, const std::string& name) {
  DUBAN_ASSIGN_OR_RETURN(const auto before, transaction.GetLocal<storage::v1::CalendarStamp>(kCalendarStamp));
  DUBAN_ASSIGN_OR_RETURN(const auto calendar, transaction.Get<v1::Calendar>(name));
  // Made of what changed, not counted: a command that is never committed must not use up the stamp of one that is.
  storage::v1::CalendarStamp stamp;
  stamp.set_stamp(ComputedId("c-", {before.has_value() ? before->stamp() : "", name,
                                    calendar.has_value() ? calendar->value.SerializeAsString() : ""}));
  transaction.PutLocal(kCalendarStamp, stamp);
  return absl::OkStatus();
}

}  // namespace duban
