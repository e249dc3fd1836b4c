// What the plan service takes in from the levels above: plans addressed to this node, and their directory.
//
// Functions on a Transaction run on the writer's thread. What this node owns is never changed by an entry from above:
// such an entry is logged and passed over, because one name taken twice must not stop everything else.

#ifndef DUBAN_SERVICES_PLAN_PLAN_HOPS_H_
#define DUBAN_SERVICES_PLAN_PLAN_HOPS_H_

#include <optional>
#include <string>
#include <string_view>

#include "common/feed/hop.h"

namespace duban {

// Applies one entry of an upstream's feed `plan`. Types it does not know are passed over. Errors: INVARIANT_BROKEN for
// an entry whose payload has another name or does not parse.
absl::Status ApplyPlanFeedEntry(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                                std::string_view node);

// An entity that `owner` owns and this node has from it: plans, and its directory. For FeedSpec::held_for.
absl::StatusOr<std::optional<google::protobuf::Any>> PlanEntityHeldFor(std::string_view name,
                                                                       const google::protobuf::Any& payload,
                                                                       std::string_view owner);

// Writes an own entity that a node below gave back. For RebuildSpec::take_back.
absl::StatusOr<TakenBack> TakeBackPlanEntity(Transaction& transaction, const v1::HeldEntity& held,
                                             std::string_view node);

// The feed `plan` and what the plan service follows.
HopSpecs PlanHops(Store* store, const std::string& node);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PLAN_HOPS_H_
