#include "services/assignment/assignment_facts.h"

#include "common/base/strings.h"
#include "common/contract/names.h"

namespace duban {

// All orders of a plan have one issuer; the first one says it for the plan.
absl::StatusOr<std::optional<Origin>> AssignmentFacts::OriginOf(std::string_view name) const {
  const std::unique_ptr<Snapshot> view = store().TakeSnapshot();
  const ParsedName parsed = ParseName(name);
  std::string order_name;
  if (!parsed.task.empty()) {
    order_name = OrderName(parsed.task);
  } else {
    DUBAN_ASSIGN_OR_RETURN(const PlanBookPtr book, records_->Book(*view, parsed.plan));
    if (book->orders_size() == 0) return std::nullopt;
    order_name = OrderName(StrCat(parsed.plan, "/tasks/", book->order(0).task()));
  }
  DUBAN_ASSIGN_OR_RETURN(OrderPtr order, records_->FindOrder(*view, order_name));
  // An order always has an issuer, and there are no drafts here.
  if (order == nullptr || order->issuer().empty()) return std::nullopt;
  return Origin{order->issuer(), /*issued=*/true};
}

}  // namespace duban
