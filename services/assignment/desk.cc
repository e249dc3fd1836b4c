#include "services/assignment/desk.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_format.h"
#include "common/base/civil.h"
#include "common/base/ids.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "services/assignment/tally.h"

namespace duban {
namespace {

using storage::v1::DeskLeases;
using storage::v1::DeskRow;
using storage::v1::PlanDesk;
using storage::v1::UnitDesk;

template <typename Message>
absl::StatusOr<Message> ReadRow(const ReadView& view, Index index, std::initializer_list<std::string_view> parts) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> row, view.GetIndex(index, parts));
  Message message;
  if (row.has_value() && !message.ParseFromString(*row)) return BrokenRecord("a kept row");
  return message;
}

// Body first, `附件3` as 3, other tables behind, by name.
int TableRank(std::string_view table) {
  constexpr std::string_view kAnnex = "附件";
  if (table.empty() || table == "body") return 0;
  if (!table.starts_with(kAnnex)) return 999;
  int number = 0;
  if (!ParseNumber(table.substr(kAnnex.size()), &number) || number < 1 || number > 997) return 998;
  return number;
}

void Set(const Standing& standing, bool acted, int place, DeskRow& row) {
  const uint32_t others = row.stored(place) & ~kHalvesStored;
  row.set_stored(place, acted ? others | kHalvesStored : others);
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

// Counts `by` more assignments under a plan that wait for the unit to sign.
void CountWaiting(std::string_view plan, int64_t by, UnitDesk& desk) {
  auto& waiting = *desk.mutable_waiting();
  auto at = std::lower_bound(waiting.begin(), waiting.end(), plan,
                             [](const UnitDesk::Waiting& a, std::string_view name) { return a.plan() < name; });
  if (at == waiting.end() || at->plan() != plan) {
    const auto place = at - waiting.begin();
    waiting.Add()->set_plan(std::string(plan));
    std::rotate(waiting.begin() + place, waiting.end() - 1, waiting.end());
    at = waiting.begin() + place;
  }
  at->set_count(at->count() + by);
  if (at->count() == 0) waiting.erase(at);
}

}  // namespace

absl::StatusOr<DeskRow> ReadDeskRow(const ReadView& view, std::string_view plan, std::string_view unit) {
  return ReadRow<DeskRow>(view, Index::kDesk, {plan, unit});
}

absl::StatusOr<DeskLeases> ReadLeases(const ReadView& view, std::string_view plan, std::string_view unit) {
  return ReadRow<DeskLeases>(view, Index::kDeskLease, {plan, unit});
}

absl::StatusOr<PlanDesk> ReadPlanDesk(const ReadView& view, std::string_view plan) {
  return ReadRow<PlanDesk>(view, Index::kPlanDesk, {plan});
}

absl::StatusOr<UnitDesk> ReadUnitDesk(const ReadView& view, std::string_view unit) {
  return ReadRow<UnitDesk>(view, Index::kUnitDesk, {unit});
}

Standing StandingAt(const DeskRow& row, int place) {
  return {static_cast<v1::Assignment::State>(row.states(place)), row.yellow_days(place), row.red_days(place)};
}

int PlaceOf(const DeskRow& row, uint32_t ordinal) {
  const auto& ordinals = row.ordinals();
  const auto at = std::lower_bound(ordinals.begin(), ordinals.end(), ordinal);
  return at != ordinals.end() && *at == ordinal ? static_cast<int>(at - ordinals.begin()) : -1;
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

std::string_view HeadingOf(const v1::Order& order) {
  return order.headings().empty() ? std::string_view() : std::string_view(*order.headings().rbegin());
}

std::string SortText(const v1::Order& order) {
  return absl::StrFormat("%03d%s/%06d/%s", TableRank(order.table()), order.table(), order.number(),
                         std::string(LastSegment(order.task())));
}

template <typename Message>
absl::Status Desk::Read(const std::string& key, Kept<Message>& kept) const {
  DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> row, transaction_.GetRow(key));
  if (!row.has_value()) return absl::OkStatus();
  kept.before = *std::move(row);
  return kept.row.ParseFromString(kept.before) ? absl::OkStatus() : BrokenRecord("a kept row");
}

template <typename Message>
void Desk::Write(std::string key, const Kept<Message>& kept) {
  std::string now = kept.row.SerializeAsString();
  if (now == kept.before) return;
  if (now.empty()) return transaction_.DeleteRow(std::move(key));
  transaction_.PutRow(std::move(key), std::move(now));
}

absl::StatusOr<Desk::KeptPlan*> Desk::LoadPlan(std::string_view plan) {
  auto found = plans_.find(plan);
  if (found != plans_.end()) return &found->second;
  KeptPlan kept;
  DUBAN_RETURN_IF_ERROR(Read(IndexKey(Index::kPlanDesk, {plan}), kept));
  for (int i = 0; i < kept.row.orders_size(); ++i) kept.ordinals.emplace(kept.row.orders(i).task(), i);
  for (int i = 0; i < kept.row.headings_size(); ++i) kept.headings.emplace(kept.row.headings(i), i);
  return &plans_.emplace(plan, std::move(kept)).first->second;
}

absl::StatusOr<Desk::Kept<DeskRow>*> Desk::LoadRow(std::string_view plan, std::string_view unit) {
  auto [at, fresh] = rows_.try_emplace({std::string(plan), std::string(unit)});
  if (fresh) DUBAN_RETURN_IF_ERROR(Read(IndexKey(Index::kDesk, {plan, unit}), at->second));
  return &at->second;
}

absl::StatusOr<Desk::Kept<UnitDesk>*> Desk::LoadUnit(std::string_view unit) {
  auto [at, fresh] = units_.try_emplace(std::string(unit));
  if (fresh) DUBAN_RETURN_IF_ERROR(Read(IndexKey(Index::kUnitDesk, {unit}), at->second));
  return &at->second;
}

absl::StatusOr<const DeskRow*> Desk::Row(std::string_view plan, std::string_view unit) {
  DUBAN_ASSIGN_OR_RETURN(const Kept<DeskRow>* kept, LoadRow(plan, unit));
  return &kept->row;
}

absl::StatusOr<DeskLeases*> Desk::Leases(std::string_view plan, std::string_view unit) {
  auto [at, fresh] = leases_.try_emplace({std::string(plan), std::string(unit)});
  if (fresh) DUBAN_RETURN_IF_ERROR(Read(IndexKey(Index::kDeskLease, {plan, unit}), at->second));
  return &at->second.row;
}

absl::StatusOr<const PlanDesk*> Desk::Plan(std::string_view plan) {
  DUBAN_ASSIGN_OR_RETURN(const KeptPlan* kept, LoadPlan(plan));
  return &kept->row;
}

absl::StatusOr<const UnitDesk*> Desk::Unit(std::string_view unit) {
  DUBAN_ASSIGN_OR_RETURN(const Kept<UnitDesk>* kept, LoadUnit(unit));
  return &kept->row;
}

uint32_t Desk::HeadingIn(std::string_view heading, KeptPlan& plan) {
  auto [at, fresh] = plan.headings.try_emplace(std::string(heading), plan.row.headings_size());
  if (fresh) {
    plan.row.add_headings(at->first);
    plan.row.add_tallies();
  }
  return at->second;
}

absl::Status Desk::PutOrder(const v1::Order& order, int64_t sequence) {
  const std::string plan_name(ParentName(order.task()));
  DUBAN_ASSIGN_OR_RETURN(KeptPlan * plan, LoadPlan(plan_name));
  const uint32_t heading = HeadingIn(HeadingOf(order), *plan);
  auto [at, fresh] = plan->ordinals.try_emplace(std::string(LastSegment(order.task())), plan->row.orders_size());
  if (fresh) {
    plan->row.add_orders()->set_task(at->first);
  } else if (plan->row.orders(static_cast<int>(at->second)).heading() != heading) {
    DUBAN_RETURN_IF_ERROR(MoveToHeading(plan_name, at->second, heading, *plan));
  }
  PlanDesk::OrderRef& ref = *plan->row.mutable_orders(static_cast<int>(at->second));
  ref.set_heading(heading);
  ref.set_place(SortText(order));
  ref.set_sequence(sequence);
  plan->row.set_plan_title(order.plan_title());
  return absl::OkStatus();
}

absl::Status Desk::MoveToHeading(std::string_view plan_name, uint32_t ordinal, uint32_t heading, KeptPlan& plan) {
  const uint32_t from = plan.row.orders(static_cast<int>(ordinal)).heading();
  std::vector<std::string> units;
  DUBAN_RETURN_IF_ERROR(transaction_.ScanIndex(Index::kDesk, {plan_name},
                                               [&](const std::vector<std::string_view>& rest, std::string_view) {
                                                 units.emplace_back(rest.front());
                                                 return true;
                                               }));
  for (const std::string& unit : units) {
    DUBAN_ASSIGN_OR_RETURN(const DeskRow* row, Row(plan_name, unit));
    const int place = PlaceOf(*row, ordinal);
    if (place < 0) continue;
    const Standing standing = StandingAt(*row, place);
    Count(standing, -1, *plan.row.mutable_tallies(static_cast<int>(from)));
    Count(standing, 1, *plan.row.mutable_tallies(static_cast<int>(heading)));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<uint32_t>> Desk::OrdinalOf(std::string_view plan, std::string_view task) {
  DUBAN_ASSIGN_OR_RETURN(const KeptPlan* kept, LoadPlan(plan));
  auto found = kept->ordinals.find(LastSegment(task));
  if (found == kept->ordinals.end()) return std::nullopt;
  return found->second;
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

absl::Status Desk::Stand(const v1::Order& order, const v1::Addressee& addressee, const Standing& standing, bool acted) {
  const std::string_view plan_name = ParentName(order.task());
  DUBAN_ASSIGN_OR_RETURN(KeptPlan * plan, LoadPlan(plan_name));
  const auto ordinal = plan->ordinals.find(LastSegment(order.task()));
  if (ordinal == plan->ordinals.end()) return InvariantBroken(StrCat("no desk knows ", order.name()));
  DUBAN_ASSIGN_OR_RETURN(Kept<DeskRow> * row, LoadRow(plan_name, addressee.unit()));
  DUBAN_ASSIGN_OR_RETURN(Kept<UnitDesk> * unit, LoadUnit(addressee.unit()));
  const uint32_t heading = plan->row.orders(static_cast<int>(ordinal->second)).heading();
  storage::v1::Tally& tally = *plan->row.mutable_tallies(static_cast<int>(heading));
  if (row->row.ordinals().empty()) transaction_.PutIndex(Index::kUnitPlan, {addressee.unit(), plan_name});
  if (unit->row.display_name().empty()) unit->row.set_display_name(addressee.unit_display_name());
  int64_t waiting = standing.state == v1::Assignment::ISSUED ? 1 : 0;
  int place = PlaceOf(row->row, ordinal->second);
  if (place < 0) {
    place = Insert(ordinal->second, row->row);
  } else {
    const Standing before = StandingAt(row->row, place);
    Set(before, acted, place, row->row);
    if (before == standing) return absl::OkStatus();
    if (before.state == v1::Assignment::ISSUED) --waiting;
    Count(before, -1, tally);
    Count(before, -1, *unit->row.mutable_tally());
  }
  Set(standing, acted, place, row->row);
  if (!DUBAN_BUG("assignment.tally_forgets_a_heading")) Count(standing, 1, tally);
  Count(standing, 1, *unit->row.mutable_tally());
  if (waiting != 0) CountWaiting(plan_name, waiting, unit->row);
  return absl::OkStatus();
}

absl::Status Desk::Rename(std::string_view unit, const std::string& display_name) {
  DUBAN_ASSIGN_OR_RETURN(Kept<UnitDesk> * kept, LoadUnit(unit));
  if (!kept->row.tally().states().empty()) kept->row.set_display_name(display_name);
  return absl::OkStatus();
}

absl::Status Desk::Decomposed(const ParsedName& assignment, bool stored) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<uint32_t> ordinal, OrdinalOf(assignment.plan, assignment.task));
  if (!ordinal.has_value()) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(Kept<DeskRow> * row, LoadRow(assignment.plan, assignment.unit()));
  const int place = PlaceOf(row->row, *ordinal);
  if (place < 0) return absl::OkStatus();
  const uint32_t others = row->row.stored(place) & ~kDecompositionStored;
  row->row.set_stored(place, stored ? others | kDecompositionStored : others);
  return absl::OkStatus();
}

absl::Status Desk::Flush() {
  for (const auto& [plan, kept] : plans_) Write(IndexKey(Index::kPlanDesk, {plan}), kept);
  for (const auto& [key, kept] : rows_) Write(IndexKey(Index::kDesk, {key.first, key.second}), kept);
  for (const auto& [key, kept] : leases_) Write(IndexKey(Index::kDeskLease, {key.first, key.second}), kept);
  for (const auto& [unit, kept] : units_) Write(IndexKey(Index::kUnitDesk, {unit}), kept);
  return absl::OkStatus();
}

}  // namespace duban
