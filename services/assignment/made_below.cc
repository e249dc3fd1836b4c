#include "services/assignment/made_below.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "common/feed/hop.h"
#include "services/assignment/tally.h"

namespace duban {
namespace {

using Row = v1::Decomposition::Row;
using Rows = MadeRows;

void AddRow(const Row& row, int64_t by, Rows& rows) {
  auto [at, fresh] = rows.try_emplace({row.depth(), row.unit(), row.node()}, row);
  if (fresh) at->second.clear_counts();
  if (!row.unit_display_name().empty()) at->second.set_unit_display_name(row.unit_display_name());
  AddCounts(row.counts(), by, *at->second.mutable_counts());
}

template <typename List>
void AddRows(const List& list, int64_t by, Rows& rows) {
  for (const Row& row : list) AddRow(row, by, rows);
}

bool CountsNothing(const v1::StateCounts& counts) {
  return counts.ByteSizeLong() == 0;
}

// Rows that count something, in order.
std::vector<Row> Listed(const Rows& rows) {
  std::vector<Row> listed;
  for (const auto& [key, row] : rows) {
    if (!CountsNothing(row.counts())) listed.push_back(row);
  }
  return listed;
}

// The same rows as the level above counts them.
template <typename List>
std::vector<Row> OneDeeper(const List& list) {
  std::vector<Row> deeper;
  if (DUBAN_BUG("assignment.counts_stop_below")) return deeper;
  for (const Row& row : list) {
    if (row.depth() < kMaxDepth) deeper.emplace_back(row).set_depth(row.depth() + 1);
  }
  return deeper;
}

void SetRows(const std::vector<Row>& rows, v1::Decomposition& decomposition) {
  const size_t most = std::min<size_t>(rows.size(), kMaxRows);
  decomposition.mutable_rows()->Assign(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(most));
}

}  // namespace

Audiences MadeBelow::AudiencesOf(const v1::Order& order) const {
  if (order.issuer_node() == records_.node()) return {};
  return {NodeAudience(order.issuer_node())};
}

absl::StatusOr<std::vector<std::string>> MadeBelow::Answering(const v1::Order& upstream,
                                                              std::string_view issuer) const {
  DUBAN_ASSIGN_OR_RETURN(const AddresseesPtr list, records_.NeedList(transaction_, upstream.addressee_list()));
  std::vector<std::string> units;
  const bool from_above = upstream.issuer_node() != records_.node();
  for (const v1::Addressee& addressee : list->addressees()) {
    const bool answers = from_above || issuer.empty() || addressee.unit() == issuer;
    if (!answers || addressee.unit_node() != records_.node() || addressee.has_cancel_time()) continue;
    units.push_back(addressee.unit());
  }
  return units;
}

absl::Status MadeBelow::Moved(const v1::Order& order, const v1::Addressee& addressee, v1::Assignment::State before,
                              v1::Assignment::State now) {
  if (order.issuer_node() != records_.node() || order.aligned_tasks().empty() || before == now) return absl::OkStatus();
  Row own;
  own.set_unit(addressee.unit());
  own.set_unit_display_name(addressee.unit_display_name());
  own.set_node(records_.node());
  own.set_depth(1);
  if (before != v1::Assignment::STATE_UNSPECIFIED) CountState(before, -1, *own.mutable_counts());
  CountState(now, 1, *own.mutable_counts());
  std::vector<Row> deeper;
  const bool counted_before = before != v1::Assignment::STATE_UNSPECIFIED && before != v1::Assignment::CANCELLED;
  const bool counted_now = now != v1::Assignment::CANCELLED;
  if (counted_before != counted_now) {
    const std::string name = AssignmentName(order.task(), addressee.unit());
    DUBAN_ASSIGN_OR_RETURN(auto made, transaction_.Get<v1::Decomposition>(DecompositionName(name)));
    if (made.has_value()) deeper = OneDeeper(made->value.rows());
  }
  for (const std::string& task : order.aligned_tasks()) {
    AddLater(task, order, {own}, 1);
    AddLater(task, order, deeper, counted_now ? 1 : -1);
  }
  return absl::OkStatus();
}

void MadeBelow::AddLater(const std::string& task, const v1::Order& from, const std::vector<Row>& rows, int64_t by) {
  if (later_ || rows.empty()) return;
  AddRows(rows, by, additions_[{task, from.issuer()}]);
}

absl::Status MadeBelow::AddTo(const std::string& task, const std::string& issuer, const Rows& rows) {
  DUBAN_ASSIGN_OR_RETURN(const OrderPtr upstream, records_.FindOrder(transaction_, OrderName(task)));
  // What is taken on has not come down yet; it is counted when it does.
  if (upstream == nullptr) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> units, Answering(*upstream, issuer));
  for (const std::string& unit : units) {
    const std::string name = DecompositionName(AssignmentName(task, unit));
    DUBAN_ASSIGN_OR_RETURN(auto stored, transaction_.Get<v1::Decomposition>(name));
    // To one that is not there, or of which rows are left out, nothing can be added.
    const bool whole =
        stored.has_value() && stored->value.node() == records_.node() && stored->value.rows_size() < kMaxRows;
    if (!whole) {
      Recount(task);
      continue;
    }
    Rows sums;
    AddRows(stored->value.rows(), 1, sums);
    for (const auto& [key, row] : rows) AddRow(row, 1, sums);
    v1::Decomposition next = std::move(stored->value);
    SetRows(Listed(sums), next);
    next.set_version(next.version() + 1);
    DUBAN_RETURN_IF_ERROR(Put(next, AudiencesOf(*upstream)));
  }
  return absl::OkStatus();
}

absl::Status MadeBelow::Put(const v1::Decomposition& next, const Audiences& audiences) {
  const std::string name = DecompositionName(next.assignment());
  DUBAN_ASSIGN_OR_RETURN(auto before, transaction_.Get<v1::Decomposition>(name));
  DUBAN_RETURN_IF_ERROR(transaction_.Put(name, next, audiences).status());
  DUBAN_RETURN_IF_ERROR(desk_.Decomposed(ParseName(next.assignment()), true));
  return Spread(next.assignment(), before.has_value() ? before->value : v1::Decomposition(), next);
}

absl::Status MadeBelow::Forget(const std::string& assignment) {
  const std::string name = DecompositionName(assignment);
  DUBAN_ASSIGN_OR_RETURN(const auto stored, transaction_.Get<v1::Decomposition>(name));
  if (!stored.has_value()) return absl::OkStatus();
  DUBAN_RETURN_IF_ERROR(transaction_.Delete(name));
  DUBAN_RETURN_IF_ERROR(desk_.Decomposed(ParseName(assignment), false));
  return Spread(assignment, stored->value, v1::Decomposition());
}

absl::Status MadeBelow::Spread(const std::string& assignment, const v1::Decomposition& before,
                               const v1::Decomposition& now) {
  const ParsedName parsed = ParseName(assignment);
  DUBAN_ASSIGN_OR_RETURN(const OrderPtr order, records_.FindOrder(transaction_, OrderName(parsed.task)));
  if (order == nullptr) return absl::OkStatus();
  // What units are called is taken from the newer one.
  Rows changes;
  AddRows(before.rows(), -1, changes);
  AddRows(now.rows(), 1, changes);
  const std::vector<Row> changed = Listed(changes);
  for (const Row& row : changed) DUBAN_RETURN_IF_ERROR(Board(*order, parsed.unit(), row, 1));
  if (changed.empty() || order->issuer_node() != records_.node()) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(const auto standing, desk_.StandingOf(parsed.plan, parsed.task, parsed.unit()));
  if (standing.has_value() && standing->state == v1::Assignment::CANCELLED) return absl::OkStatus();
  for (const std::string& task : order->aligned_tasks()) {
    AddLater(task, *order, OneDeeper(changed), 1);
  }
  return absl::OkStatus();
}

absl::Status MadeBelow::Board(const v1::Order& order, std::string_view unit, const Row& row, int64_t by) {
  const std::string depth = absl::StrFormat("%02d", row.depth());
  const std::string_view plan = ParseName(order.name()).plan;
  const auto add = [&](std::string key) -> absl::Status {
    DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> value, transaction_.GetRow(key));
    Row sum;
    if (value.has_value() && !sum.ParseFromString(*value)) return BrokenRecord("a kept row");
    AddCounts(row.counts(), by, *sum.mutable_counts());
    if (CountsNothing(sum.counts())) {
      transaction_.DeleteRow(std::move(key));
      return absl::OkStatus();
    }
    sum.set_unit_display_name(row.unit_display_name());
    transaction_.PutRow(std::move(key), sum.SerializeAsString());
    return absl::OkStatus();
  };
  DUBAN_RETURN_IF_ERROR(add(IndexKey(Index::kBelow, {"unit", unit, depth, row.unit(), row.node()})));
  return add(IndexKey(Index::kBelow, {"heading", plan, HeadingOf(order), depth, row.unit(), row.node()}));
}

absl::Status MadeBelow::Show(const v1::Order& order) {
  DUBAN_ASSIGN_OR_RETURN(const auto stored, records_.HalvesOf(transaction_, order.task()));
  for (const auto& [unit, halves] : stored) {
    if (halves.decomposition.version() == 0) continue;
    DUBAN_RETURN_IF_ERROR(desk_.Decomposed(ParseName(halves.decomposition.assignment()), true));
    for (const Row& row : halves.decomposition.rows()) DUBAN_RETURN_IF_ERROR(Board(order, unit, row, 1));
  }
  return absl::OkStatus();
}

absl::Status MadeBelow::MoveHeading(const v1::Order& before, const v1::Order& now) {
  if (HeadingOf(before) == HeadingOf(now)) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(const auto stored, records_.HalvesOf(transaction_, before.task()));
  for (const auto& [unit, halves] : stored) {
    for (const Row& row : halves.decomposition.rows()) {
      DUBAN_RETURN_IF_ERROR(Board(before, unit, row, -1));
      DUBAN_RETURN_IF_ERROR(Board(now, unit, row, 1));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<OrderPtr>> MadeBelow::TakingOn(const std::string& task) const {
  std::vector<std::string> names;
  DUBAN_RETURN_IF_ERROR(transaction_.ScanIndex(Index::kOrderByAlignment, {task},
                                               [&](const std::vector<std::string_view>& rest, std::string_view) {
                                                 names.emplace_back(rest.back());
                                                 return true;
                                               }));
  std::vector<OrderPtr> orders;
  for (const std::string& name : names) {
    DUBAN_ASSIGN_OR_RETURN(orders.emplace_back(), records_.FindOrder(transaction_, name));
    if (orders.back() == nullptr) return InvariantBroken(StrCat("an index names ", name, ", which is not there"));
  }
  return orders;
}

absl::StatusOr<v1::Decomposition> MadeBelow::CountFor(const std::vector<OrderPtr>& orders, std::string_view issuer) {
  Rows rows;
  std::map<std::string, std::string> titles;
  for (const OrderPtr& order : orders) {
    if (!issuer.empty() && order->issuer() != issuer) continue;
    titles.emplace(ParseName(order->name()).plan, order->plan_title());
    DUBAN_RETURN_IF_ERROR(CountOrder(*order, [&](const Row& row) { AddRow(row, 1, rows); }));
  }
  v1::Decomposition counted;
  SetRows(Listed(rows), counted);
  for (const auto& [plan, title] : titles) counted.add_plan_titles(title);
  return counted;
}

absl::Status MadeBelow::CountOrder(const v1::Order& order, absl::FunctionRef<void(const Row&)> add) {
  const std::string_view plan = ParseName(order.name()).plan;
  DUBAN_ASSIGN_OR_RETURN(const auto made, records_.HalvesOf(transaction_, order.task()));
  DUBAN_ASSIGN_OR_RETURN(const AddresseesPtr list, records_.NeedList(transaction_, order.addressee_list()));
  for (const v1::Addressee& addressee : list->addressees()) {
    DUBAN_ASSIGN_OR_RETURN(const auto standing, desk_.StandingOf(plan, order.task(), addressee.unit()));
    if (!standing.has_value()) return InvariantBroken(StrCat("no desk knows ", order.name()));
    Row own;
    own.set_unit(addressee.unit());
    own.set_unit_display_name(addressee.unit_display_name());
    own.set_node(records_.node());
    own.set_depth(1);
    CountState(standing->state, 1, *own.mutable_counts());
    add(own);
    auto below = made.find(addressee.unit());
    if (below == made.end() || standing->state == v1::Assignment::CANCELLED) continue;
    for (const Row& row : OneDeeper(below->second.decomposition.rows())) add(row);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::set<std::string>> MadeBelow::Concerned(const v1::Order& upstream,
                                                           const std::vector<OrderPtr>& orders) const {
  std::set<std::string> units;
  DUBAN_RETURN_IF_ERROR(
      transaction_.Scan<v1::Decomposition>(StrCat(upstream.task(), "/assignments/"), {},
                                           [&](std::string_view name, const Stored<v1::Decomposition>& stored) {
                                             if (stored.value.node() == records_.node())
                                               units.insert(ParseName(name).unit());
                                             return true;
                                           }));
  std::set<std::string> issuers;
  for (const OrderPtr& order : orders) issuers.insert(order->issuer());
  for (const std::string& issuer : issuers) {
    DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> answering, Answering(upstream, issuer));
    units.insert(answering.begin(), answering.end());
  }
  return units;
}

absl::Status MadeBelow::CountAnew(const std::string& task) {
  DUBAN_ASSIGN_OR_RETURN(const OrderPtr upstream, records_.FindOrder(transaction_, OrderName(task)));
  if (upstream == nullptr) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(const std::vector<OrderPtr> orders, TakingOn(task));
  DUBAN_ASSIGN_OR_RETURN(const std::set<std::string> units, Concerned(*upstream, orders));
  DUBAN_ASSIGN_OR_RETURN(const AddresseesPtr list, records_.NeedList(transaction_, upstream->addressee_list()));
  const bool from_above = upstream->issuer_node() != records_.node();
  for (const std::string& unit : units) {
    const v1::Addressee* addressee = FindAddressee(*list, unit);
    if (addressee == nullptr) continue;
    DUBAN_ASSIGN_OR_RETURN(v1::Decomposition next, CountFor(orders, from_above ? std::string_view() : unit));
    next.set_assignment(AssignmentName(task, unit));
    next.set_node(records_.node());
    next.set_moves(addressee->moves());
    DUBAN_ASSIGN_OR_RETURN(auto stored, transaction_.Get<v1::Decomposition>(DecompositionName(next.assignment())));
    if (stored.has_value()) {
      next.set_version(stored->value.version());
      if (next.SerializeAsString() == stored->value.SerializeAsString()) continue;
    }
    next.set_version(next.version() + 1);
    DUBAN_RETURN_IF_ERROR(Put(next, AudiencesOf(*upstream)));
  }
  return absl::OkStatus();
}

absl::Status MadeBelow::Finish() {
  if (later_) recounts_.clear();
  // What is counted for one task can itself be counted for another, where offices without a node of their own work
  // here. This ends: rows deeper than kMaxDepth are dropped, so that even a circle comes to rest after as many rounds.
  while (!additions_.empty() || !recounts_.empty()) {
    if (additions_.empty()) {
      const std::string task = *recounts_.begin();
      recounts_.erase(recounts_.begin());
      DUBAN_RETURN_IF_ERROR(CountAnew(task));
    }
    // All that is to be added, before anything is counted that has it in it already.
    const auto round = std::exchange(additions_, {});
    for (const auto& [of, rows] : round) {
      if (!Listed(rows).empty()) DUBAN_RETURN_IF_ERROR(AddTo(of.first, of.second, rows));
    }
  }
  return absl::OkStatus();
}

}  // namespace duban
