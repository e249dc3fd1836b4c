#include "services/assignment/plan_book.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/base/ids.h"
#include "common/base/strings.h"

namespace duban {
namespace {

// Body first, `附件3` as 3, other tables behind, by name.
int TableRank(std::string_view table) {
  constexpr std::string_view kAnnex = "附件";
  if (table.empty() || table == "body") return 0;
  if (!table.starts_with(kAnnex)) return 999;
  int number = 0;
  if (!ParseNumber(table.substr(kAnnex.size()), &number) || number < 1 || number > 997) return 998;
  return number;
}

std::optional<uint32_t> Find(const absl::flat_hash_map<std::string, uint32_t>& numbers, std::string_view key) {
  const auto found = numbers.find(ToAbsl(key));
  return found == numbers.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

std::string_view HeadingOf(const v1::Order& order) {
  return order.headings().empty() ? std::string_view() : std::string_view(*order.headings().rbegin());
}

std::string SortText(const v1::Order& order) {
  return absl::StrFormat("%03d%s/%06d/%s", TableRank(order.table()), order.table(), order.number(),
                         std::string(LastSegment(order.task())));
}

PlanBook::PlanBook(storage::v1::PlanOrders row) : row_(std::move(row)) {
  for (const OrderRef& order : row_.orders()) ordinals_.emplace(order.task(), ordinals_.size());
  for (const std::string& heading : row_.headings()) headings_.emplace(heading, headings_.size());
  const auto not_before = [](const OrderRef& a, const OrderRef& b) { return a.place() >= b.place(); };
  in_order_ = std::adjacent_find(row_.orders().begin(), row_.orders().end(), not_before) == row_.orders().end();
}

std::string PlanBook::Stamp() const {
  const std::string bytes = row_.SerializeAsString();
  return bytes.empty() ? "" : ComputedId("o-", {bytes});
}

std::optional<uint32_t> PlanBook::OrdinalOf(std::string_view task) const {
  return Find(ordinals_, LastSegment(task));
}

std::optional<uint32_t> PlanBook::HeadingCalled(std::string_view heading) const {
  return Find(headings_, heading);
}

void PlanBook::Put(const v1::Order& order, int64_t sequence) {
  if (row_.orders().empty()) *row_.mutable_issue_time() = order.issue_time();
  const auto [heading, new_heading] = headings_.try_emplace(std::string(HeadingOf(order)), row_.headings_size());
  if (new_heading) row_.add_headings(heading->first);
  const auto [at, fresh] = ordinals_.try_emplace(std::string(LastSegment(order.task())), row_.orders_size());
  if (fresh) row_.add_orders()->set_task(at->first);
  OrderRef& ref = *row_.mutable_orders(static_cast<int>(at->second));
  ref.set_heading(heading->second);
  std::string place = SortText(order);
  // What moves among others is put in order where the row is read again.
  const bool behind_all = fresh && (at->second == 0 || row_.orders(static_cast<int>(at->second) - 1).place() < place);
  in_order_ = in_order_ && (behind_all || ref.place() == place);
  ref.set_place(std::move(place));
  ref.set_sequence(sequence);
  row_.set_plan_title(order.plan_title());
}

}  // namespace duban
