#include "services/assignment/desk.h"

#include <algorithm>
#include <vector>

#include "common/base/civil.h"
#include "common/base/ids.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/search/words_state.h"
#include "services/assignment/indexes.h"
#include "services/assignment/tally.h"

namespace duban {
namespace {

using storage::v1::DeskLeases;
using storage::v1::DeskRow;
using storage::v1::PlanTally;
using storage::v1::UnitDesk;

template <typename Message>
absl::StatusOr<Message> ReadRow(const ReadView& view, Index index, std::initializer_list<std::string_view> parts) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> row, view.GetIndex(index, parts));
  Message message;
  if (row.has_value() && !message.ParseFromString(*row)) return BrokenRecord("a kept row");
  return message;
}

void Set(const Standing& standing, uint32_t halves, int place, DeskRow& row) {
  row.set_stored(place, (row.stored(place) & kDecompositionStored) | halves);
  row.set_states(place, standing.state);
  row.set_yellow_days(place, standing.yellow_day);
  row.set_red_days(place, standing.red_day);
}

// Makes room for an ordinal that is not there; returns its place.
int Insert(uint32_t ordinal, DeskRow& row) {
  auto& ordinals = *row.mutable_ordinals();
  const auto at = std::lower_bound(ordinals.begin(), ordinals.end(), ordinal);
  const int place = static_cast<int>(at - ordinals.begin());
  for (auto* list :
       {&ordinals, row.mutable_states(), row.mutable_yellow_days(), row.mutable_red_days(), row.mutable_stored()}) {
    list->Add(0);
    std::rotate(list->begin() + place, list->end() - 1, list->end());
  }
  ordinals.Set(place, ordinal);
  return place;
}

// Whether each of its assignments has all that belongs to it.
bool IsParallel(const DeskRow& row) {
  const int size = row.ordinals_size();
  return row.states_size() == size && row.yellow_days_size() == size && row.red_days_size() == size &&
         row.stored_size() == size;
}

constexpr char kIssuerWaitsKept[] = "issuer_waits_kept";

// Whether something of a row waits to be signed for.
bool IsWaiting(const DeskRow& row) {
  return std::find(row.states().begin(), row.states().end(), v1::Assignment::ISSUED) != row.states().end();
}

}  // namespace

bool ParseDeskRow(std::string_view value, DeskRow& row) {
  return row.ParseFromArray(value.data(), static_cast<int>(value.size())) && IsParallel(row);
}

absl::StatusOr<DeskRow> ReadDeskRow(const ReadView& view, std::string_view plan, std::string_view unit) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> value, view.GetIndex(kDesk, {plan, unit}));
  DeskRow row;
  if (value.has_value() && !ParseDeskRow(*value, row)) return BrokenRecord("a kept row");
  return row;
}

absl::StatusOr<DeskLeases> ReadLeases(const ReadView& view, std::string_view plan, std::string_view unit) {
  return ReadRow<DeskLeases>(view, kDeskLease, {plan, unit});
}

absl::StatusOr<PlanTally> ReadPlanTally(const ReadView& view, std::string_view plan) {
  return ReadRow<PlanTally>(view, kPlanTally, {plan});
}

absl::StatusOr<UnitDesk> ReadUnitDesk(const ReadView& view, std::string_view unit) {
  return ReadRow<UnitDesk>(view, kUnitDesk, {unit});
}

absl::Status VisitWaiting(const ReadView& view, std::string_view unit,
                          absl::FunctionRef<absl::StatusOr<bool>(const std::string& plan)> visit) {
  absl::Status status;
  DUBAN_RETURN_IF_ERROR(
      view.ScanIndex(kWaiting, {unit}, [&](const std::vector<std::string_view>& rest, std::string_view) {
        const absl::StatusOr<bool> more = visit(std::string(rest.front()));
        status = more.status();
        return more.ok() && *more;
      }));
  return status;
}

absl::Status VisitIssuerWaiting(
    const ReadView& view, std::string_view issuer, const std::string& from,
    absl::FunctionRef<absl::StatusOr<bool>(const std::string& plan, const std::string& unit)> visit) {
  absl::Status status;
  DUBAN_RETURN_IF_ERROR(view.ScanIndex(
      kIssuerWaiting, {issuer},
      [&](const std::vector<std::string_view>& rest, std::string_view) {
        const absl::StatusOr<bool> more = visit(std::string(rest.front()), std::string(rest.back()));
        status = more.status();
        return more.ok() && *more;
      },
      from));
  return status;
}

uint32_t IssuerWaitsAt(const DeskRow& row, int place) {
  using Wait = v1::ListIssuerItemsRequest;
  const auto state = static_cast<v1::Assignment::State>(row.states(place));
  if (state == v1::Assignment::DONE || state == v1::Assignment::CANCELLED) return 0;
  uint32_t waits = 0;
  if (state == v1::Assignment::UNDER_REVIEW) waits |= 1U << Wait::REVIEW;
  if (state == v1::Assignment::DECLINED) waits |= 1U << Wait::RULING;
  if ((row.stored(place) & kExtensionOpen) != 0) waits |= 1U << Wait::EXTENSION;
  if ((row.stored(place) & kReportUnread) != 0) waits |= 1U << Wait::READING;
  return waits;
}

bool WaitsForIssuer(const DeskRow& row) {
  for (int place = 0; place < row.ordinals_size(); ++place) {
    if (IssuerWaitsAt(row, place) != 0) return true;
  }
  return false;
}

absl::StatusOr<bool> KeepsIssuerWaits(const ReadView& view) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> kept, view.GetRow(LocalKey(kIssuerWaitsKept)));
  return kept.has_value();
}

absl::StatusOr<bool> HasPlans(const ReadView& view) {
  bool any = false;
  DUBAN_RETURN_IF_ERROR(view.ScanIndex(kPlanTally, {}, [&](const std::vector<std::string_view>&, std::string_view) {
    any = true;
    return false;
  }));
  return any;
}

void SetKeepsIssuerWaits(Transaction& transaction) {
  transaction.PutLocal(kIssuerWaitsKept, storage::v1::IssuerWaitsKept());
}

Standing StandingAt(const DeskRow& row, int place) {
  return {static_cast<v1::Assignment::State>(row.states(place)), row.yellow_days(place), row.red_days(place)};
}

int PlaceOf(const DeskRow& row, uint32_t ordinal) {
  const auto& ordinals = row.ordinals();
  const auto at = std::lower_bound(ordinals.begin(), ordinals.end(), ordinal);
  return at != ordinals.end() && *at == ordinal ? static_cast<int>(at - ordinals.begin()) : -1;
}

void DropRunOut(absl::Time now, storage::v1::DeskLeases& leases) {
  auto& all = *leases.mutable_leases();
  all.erase(std::remove_if(all.begin(), all.end(),
                           [&](const storage::v1::DeskLeases::Lease& lease) {
                             return now >= FromProto(lease.expire_time()) || lease.ordinals().empty();
                           }),
            all.end());
}

const DeskLeases::Lease* LeaseOf(const DeskLeases& leases, uint32_t ordinal, absl::Time now) {
  // Of several the latest counts.
  for (auto lease = leases.leases().rbegin(); lease != leases.leases().rend(); ++lease) {
    const auto& ordinals = lease->ordinals();
    if (std::find(ordinals.begin(), ordinals.end(), ordinal) == ordinals.end()) continue;
    return now < FromProto(lease->expire_time()) ? &*lease : nullptr;
  }
  return nullptr;
}

template <typename Message>
absl::Status Desk::Read(const std::string& key, Kept<Message>& kept) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> row, transaction_.GetRow(key));
  kept.row = google::protobuf::Arena::CreateMessage<Message>(&arena_);
  if (!row.has_value()) return absl::OkStatus();
  kept.before = *std::move(row);
  return kept.row->ParseFromString(kept.before) ? absl::OkStatus() : BrokenRecord("a kept row");
}

template <typename Message>
void Desk::Write(std::string key, const Kept<Message>& kept) {
  if (!kept.touched) return;
  std::string now = kept.row->SerializeAsString();
  if (now == kept.before) return;
  if (now.empty()) return transaction_.DeleteRow(std::move(key));
  transaction_.PutRow(std::move(key), std::move(now));
}

absl::StatusOr<Desk::KeptPlan*> Desk::LoadPlan(std::string_view plan) {
  auto found = plans_.find(plan);
  if (found != plans_.end()) return &found->second;
  KeptPlan kept;
  DUBAN_RETURN_IF_ERROR(Read(IndexKey(kPlanTally, {plan}), kept));
  DUBAN_ASSIGN_OR_RETURN(kept.book, records_.NeedBook(transaction_, plan, *kept.row));
  return &plans_.emplace(plan, std::move(kept)).first->second;
}

absl::StatusOr<Desk::KeptRow*> Desk::LoadRow(std::string_view plan, std::string_view unit) {
  auto [at, fresh] = rows_.try_emplace({std::string(plan), std::string(unit)});
  KeptRow& kept = at->second;
  if (!fresh) return &kept;
  DUBAN_RETURN_IF_ERROR(Read(IndexKey(kDesk, {plan, unit}), kept));
  if (!IsParallel(*kept.row)) return BrokenRecord("a kept row");
  kept.waited = IsWaiting(*kept.row) || DUBAN_BUG("assignment.waiting_forgotten");
  return &kept;
}

absl::StatusOr<Desk::Kept<UnitDesk>*> Desk::LoadUnit(std::string_view unit) {
  auto [at, fresh] = units_.try_emplace(std::string(unit));
  if (fresh) DUBAN_RETURN_IF_ERROR(Read(IndexKey(kUnitDesk, {unit}), at->second));
  return &at->second;
}

absl::StatusOr<const DeskRow*> Desk::Row(std::string_view plan, std::string_view unit) {
  DUBAN_ASSIGN_OR_RETURN(const KeptRow* kept, LoadRow(plan, unit));
  return kept->row;
}

absl::StatusOr<DeskLeases*> Desk::Leases(std::string_view plan, std::string_view unit) {
  auto [at, fresh] = leases_.try_emplace({std::string(plan), std::string(unit)});
  if (fresh) DUBAN_RETURN_IF_ERROR(Read(IndexKey(kDeskLease, {plan, unit}), at->second));
  return &at->second.Touch();
}

absl::Status Desk::Release(const v1::Order& order, std::string_view unit, absl::Time now) {
  const std::string_view plan = ParentName(order.task());
  DUBAN_ASSIGN_OR_RETURN(const std::optional<uint32_t> ordinal, OrdinalOf(plan, order.task()));
  if (!ordinal.has_value()) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(DeskLeases * leases, Leases(plan, unit));
  bool held = false;
  for (DeskLeases::Lease& lease : *leases->mutable_leases()) {
    auto& ordinals = *lease.mutable_ordinals();
    const auto kept = std::remove(ordinals.begin(), ordinals.end(), *ordinal);
    held = held || kept != ordinals.end();
    ordinals.erase(kept, ordinals.end());
  }
  if (held) DropRunOut(now, *leases);
  return absl::OkStatus();
}

absl::StatusOr<const PlanBook*> Desk::Book(std::string_view plan) {
  DUBAN_ASSIGN_OR_RETURN(const KeptPlan* kept, LoadPlan(plan));
  return kept->book.get();
}

absl::Status Desk::PutOrder(const v1::Order& order, int64_t sequence) {
  const std::string plan_name(ParentName(order.task()));
  DUBAN_ASSIGN_OR_RETURN(KeptPlan * plan, LoadPlan(plan_name));
  if (plan->changed == nullptr) {
    plan->changed = std::make_shared<PlanBook>(*plan->book);
    plan->book = plan->changed;
    DUBAN_ASSIGN_OR_RETURN(plan->has_words, KeepsWords(transaction_, kPlanTally, plan_name));
  }
  const std::optional<uint32_t> before = plan->book->OrdinalOf(order.task());
  const uint32_t from = before.has_value() ? plan->book->order(*before).heading() : 0;
  plan->changed->Put(order, sequence);
  DUBAN_RETURN_IF_ERROR(PutWords(plan_name, order, *plan));
  while (plan->row->tallies_size() < plan->book->row().headings_size()) plan->Touch().add_tallies();
  if (!before.has_value()) return absl::OkStatus();
  const uint32_t to = plan->book->order(*before).heading();
  return from == to ? absl::OkStatus() : MoveToHeading(plan_name, *before, from, to, *plan);
}

absl::Status Desk::PutWords(const std::string& plan_name, const v1::Order& order, KeptPlan& plan) {
  if (!plan.has_words || DUBAN_BUG("assignment.words_not_kept")) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(const AddresseesPtr list, records_.NeedList(transaction_, order.addressee_list()));
  return plan.words.Put(transaction_, plan_name, *plan.book, order, *list);
}

absl::Status Desk::MoveToHeading(std::string_view plan_name, uint32_t ordinal, uint32_t from, uint32_t to,
                                 KeptPlan& plan) {
  std::vector<std::string> units;
  DUBAN_RETURN_IF_ERROR(
      transaction_.ScanIndex(kDesk, {plan_name}, [&](const std::vector<std::string_view>& rest, std::string_view) {
        units.emplace_back(rest.front());
        return true;
      }));
  for (const std::string& unit : units) {
    DUBAN_ASSIGN_OR_RETURN(const DeskRow* row, Row(plan_name, unit));
    const int place = PlaceOf(*row, ordinal);
    if (place < 0) continue;
    const Standing standing = StandingAt(*row, place);
    Count(standing, -1, *plan.Touch().mutable_tallies(static_cast<int>(from)));
    Count(standing, 1, *plan.Touch().mutable_tallies(static_cast<int>(to)));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<uint32_t>> Desk::OrdinalOf(std::string_view plan, std::string_view task) {
  DUBAN_ASSIGN_OR_RETURN(const KeptPlan* kept, LoadPlan(plan));
  return kept->book->OrdinalOf(task);
}

absl::StatusOr<std::optional<Standing>> Desk::StandingOf(std::string_view plan, std::string_view task,
                                                         std::string_view unit) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<uint32_t> ordinal, OrdinalOf(plan, task));
  if (!ordinal.has_value()) return std::nullopt;
  DUBAN_ASSIGN_OR_RETURN(const DeskRow* row, Row(plan, unit));
  const int place = PlaceOf(*row, *ordinal);
  if (place < 0) return std::nullopt;
  return StandingAt(*row, place);
}

absl::Status Desk::Stand(const v1::Order& order, const v1::Addressee& addressee, const Standing& standing,
                         uint32_t halves) {
  const std::string_view plan_name = ParentName(order.task());
  DUBAN_ASSIGN_OR_RETURN(KeptPlan * plan, LoadPlan(plan_name));
  const std::optional<uint32_t> ordinal = plan->book->OrdinalOf(order.task());
  if (!ordinal.has_value()) return InvariantBroken(StrCat("no desk knows ", order.name()));
  DUBAN_ASSIGN_OR_RETURN(KeptRow * row, LoadRow(plan_name, addressee.unit()));
  DUBAN_ASSIGN_OR_RETURN(Kept<UnitDesk> * unit, LoadUnit(addressee.unit()));
  if (row->row->ordinals().empty()) transaction_.PutIndex(kUnitPlan, {addressee.unit(), plan_name});
  if (unit->row->display_name().empty()) unit->Touch().set_display_name(addressee.unit_display_name());
  int place = PlaceOf(*row->row, *ordinal);
  const std::optional<Standing> before = place < 0 ? std::nullopt : std::optional(StandingAt(*row->row, place));
  if (place < 0) place = Insert(*ordinal, row->Touch());
  if (order.issuer_node() == records_.node()) row->issuer = order.issuer();
  Set(standing, halves, place, row->Touch());
  if (before == standing) return absl::OkStatus();
  const auto heading = static_cast<int>(plan->book->order(*ordinal).heading());
  storage::v1::Tally& of_heading = *plan->Touch().mutable_tallies(heading);
  storage::v1::Tally& of_unit = *unit->Touch().mutable_tally();
  if (before.has_value()) {
    Count(*before, -1, of_heading);
    Count(*before, -1, of_unit);
  }
  if (!DUBAN_BUG("assignment.tally_forgets_a_heading")) Count(standing, 1, of_heading);
  Count(standing, 1, of_unit);
  return absl::OkStatus();
}

absl::Status Desk::Rename(std::string_view unit, const std::string& display_name) {
  DUBAN_ASSIGN_OR_RETURN(Kept<UnitDesk> * kept, LoadUnit(unit));
  if (!kept->row->tally().keys().empty()) kept->Touch().set_display_name(display_name);
  return absl::OkStatus();
}

absl::Status Desk::Decomposed(const ParsedName& assignment, bool stored) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<uint32_t> ordinal, OrdinalOf(assignment.plan, assignment.task));
  if (!ordinal.has_value()) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(KeptRow * row, LoadRow(assignment.plan, assignment.unit()));
  const int place = PlaceOf(*row->row, *ordinal);
  if (place < 0) return absl::OkStatus();
  const uint32_t others = row->row->stored(place) & ~kDecompositionStored;
  row->Touch().set_stored(place, stored ? others | kDecompositionStored : others);
  return absl::OkStatus();
}

absl::Status Desk::FlushPlan(const std::string& plan_name, KeptPlan& plan) {
  const std::string stamp = plan.changed == nullptr ? plan.row->orders_stamp() : plan.changed->Stamp();
  if (stamp != plan.row->orders_stamp()) {
    plan.Touch().set_orders_stamp(stamp);
    transaction_.PutIndex(kPlanOrders, {plan_name}, plan.changed->row().SerializeAsString());
    records_.KeepBook(plan_name, stamp, plan.book);
  }
  Write(IndexKey(kPlanTally, {plan_name}), plan);
  return plan.words.Flush(transaction_, plan_name, *plan.book);
}

void Desk::FlushRow(const PlanAndUnit& key, KeptRow& kept) {
  const auto& [plan, unit] = key;
  if (!kept.touched) return;
  const bool before = kept.row->issuer_waits();
  const bool now = kept.issuer.empty() ? before : WaitsForIssuer(*kept.row);
  if (now && !before && !DUBAN_BUG("assignment.issuer_not_told")) {
    transaction_.PutIndex(kIssuerWaiting, {kept.issuer, plan, unit});
  }
  if (!now && before) transaction_.DeleteIndex(kIssuerWaiting, {kept.issuer, plan, unit});
  kept.row->set_issuer_waits(now);
  Write(IndexKey(kDesk, {plan, unit}), kept);
  const bool waits = IsWaiting(*kept.row);
  if (waits && !kept.waited) transaction_.PutIndex(kWaiting, {unit, plan});
  if (!waits && kept.waited) transaction_.DeleteIndex(kWaiting, {unit, plan});
}

absl::Status Desk::BeginKeepingIssuerWaits() {
  const bool puts = std::any_of(plans_.begin(), plans_.end(), [](const auto& plan) { return plan.second.changed; });
  if (!puts) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(const bool keeps, KeepsIssuerWaits(transaction_));
  if (keeps) return absl::OkStatus();
  // Where there are plans already, they are from before.
  DUBAN_ASSIGN_OR_RETURN(const bool any, HasPlans(transaction_));
  if (!any) SetKeepsIssuerWaits(transaction_);
  return absl::OkStatus();
}

absl::Status Desk::Flush() {
  DUBAN_RETURN_IF_ERROR(BeginKeepingIssuerWaits());
  for (auto& [plan, kept] : plans_) DUBAN_RETURN_IF_ERROR(FlushPlan(plan, kept));
  for (auto& [key, kept] : rows_) FlushRow(key, kept);
  for (const auto& [key, kept] : leases_) Write(IndexKey(kDeskLease, {key.first, key.second}), kept);
  for (const auto& [unit, kept] : units_) Write(IndexKey(kUnitDesk, {unit}), kept);
  return absl::OkStatus();
}

}  // namespace duban
