// What is said once of the orders of one plan, ready to be looked up: under which number, heading and text each is
// kept, and when it changed last. Acts do not touch it, so that it is parsed once and shared.

#ifndef DUBAN_SERVICES_ASSIGNMENT_PLAN_BOOK_H_
#define DUBAN_SERVICES_ASSIGNMENT_PLAN_BOOK_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "duban/storage/v1/desk.pb.h"
#include "duban/v1/order.pb.h"

namespace duban {

// The innermost heading of an order, as printed; empty where it stands under none.
std::string_view HeadingOf(const v1::Order& order);
// The text by which orders of a plan are sorted: body before annexes, annexes by their number, then by the task's
// number and id.
std::string SortText(const v1::Order& order);

// A value, and thread-safe like one: const methods from any thread.
class PlanBook {
 public:
  using OrderRef = storage::v1::PlanOrders::OrderRef;

  PlanBook() = default;
  explicit PlanBook(storage::v1::PlanOrders row);

  // As it is stored.
  const storage::v1::PlanOrders& row() const { return row_; }
  // Says what `row` is like; empty for an empty one.
  std::string Stamp() const;

  const std::string& plan_title() const { return row_.plan_title(); }
  int orders_size() const { return row_.orders_size(); }
  // The order of a number; one without a task where the number was not given, as a damaged row can say.
  const OrderRef& order(uint32_t ordinal) const {
    const bool given = ordinal < static_cast<uint32_t>(row_.orders_size());
    return given ? row_.orders(static_cast<int>(ordinal)) : OrderRef::default_instance();
  }
  // The heading under which it stands.
  const std::string& heading(const OrderRef& order) const {
    const bool given = order.heading() < static_cast<uint32_t>(row_.headings_size());
    return given ? row_.headings(static_cast<int>(order.heading())) : OrderRef::default_instance().task();
  }

  // The number of a task's order; nothing where it is not known. `task` is its name, or its id alone.
  std::optional<uint32_t> OrdinalOf(std::string_view task) const;
  // The number of a heading; nothing where no order stood under it yet.
  std::optional<uint32_t> HeadingCalled(std::string_view heading) const;

  // Whether orders are known to be numbered in the order of lists, as those of one publication are.
  bool in_order() const { return in_order_; }

  // Notes an order as it is now, with the sequence of its last change. Numbers that were given stay.
  void Put(const v1::Order& order, int64_t sequence);

 private:
  storage::v1::PlanOrders row_;
  // By task id, and by heading.
  absl::flat_hash_map<std::string, uint32_t> ordinals_;
  absl::flat_hash_map<std::string, uint32_t> headings_;
  bool in_order_ = true;
};

using PlanBookPtr = std::shared_ptr<const PlanBook>;

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_PLAN_BOOK_H_
