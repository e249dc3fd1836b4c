// How the assignment service takes in what it follows and what comes up: the plans of this node, the orders of the
// nodes above, and what the units of the nodes below did. A node takes from a neighbour only what that neighbour owns.
//
// Threads: the functions run on the writer's thread of the store. Errors: NOT_OWNER where an entry holds what its
// source does not own, INVARIANT_BROKEN where an entry is not what its name says, INVALID_FIELD where a field of it
// breaks its rules; nothing of it is kept.

#ifndef DUBAN_SERVICES_ASSIGNMENT_ASSIGNMENT_HOPS_H_
#define DUBAN_SERVICES_ASSIGNMENT_ASSIGNMENT_HOPS_H_

#include <optional>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "common/feed/hop.h"
#include "services/assignment/records.h"

namespace duban {

// From the plan service of this node: the directory and calendars, kept as they are, and this node's own published
// plans, which wait for the head of the feed (the units they name can stand behind them in it) and are expanded once a
// revision. A changed directory changes no published plan; only a unit that moved to another node takes its
// assignments along.
absl::Status ApplyPlanEntry(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                            const AssignmentRecords& records);

// At the head of the plan feed: expands the plans that wait, as far as one write may carry (`most` assignments, and at
// least an order). Returns whether none is left; a plan that is waits on, with those of its orders that stand already.
absl::StatusOr<bool> ExpandPendingPlans(Transaction& transaction, const EntrySource& source,
                                        const AssignmentRecords& records, size_t most);

// From a node above: its orders to this node's units, and what it did about them. What it withdraws is cancelled here,
// and what the units did is kept.
absl::Status ApplyUpstreamEntry(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                                const AssignmentRecords& records);

// From a node below: what its units did about orders of this node.
absl::Status ApplyOfferedEntry(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                               const AssignmentRecords& records);

// Of a list of addressees, those that work at the follower's node. For FeedSpec::view.
absl::StatusOr<std::optional<google::protobuf::Any>> ViewForNode(const AssignmentRecords& records, const ReadView& view,
                                                                 std::string_view name,
                                                                 const google::protobuf::Any& payload,
                                                                 std::string_view follower, bool downstream);

// Whether that is something else for each follower. For FeedSpec::view_differs.
bool SeenDifferently(std::string_view name);

// What the plan service of this node once sent: the directory, and the plans that were expanded and not withdrawn.
absl::Status HeldOfPlans(const ReadView& view, const EntrySource& source,
                         absl::FunctionRef<bool(std::string_view name)> visit);

// What the node above once issued to units of this node, and did not withdraw.
absl::Status HeldFromIssuer(const ReadView& view, const EntrySource& source,
                            absl::FunctionRef<bool(std::string_view name)> visit, const AssignmentRecords& records);

// What a node below once said of what its units did, and are still asked to do there.
absl::Status HeldFromBelow(const ReadView& view, const EntrySource& source,
                           absl::FunctionRef<bool(std::string_view name)> visit, const AssignmentRecords& records);

// An entity that `owner` owns and this node has from it, as the owner last sent it: at the issuer's node what a unit
// did, at the unit's node what was issued to it. For FeedSpec::held_for.
absl::StatusOr<std::optional<google::protobuf::Any>> OwnedHeldFor(const ReadView& view,
                                                                  const google::protobuf::Any& payload,
                                                                  std::string_view owner,
                                                                  const AssignmentRecords& records);

// Whether the issuer still has to have what a unit here did: not once the unit works elsewhere, nor what it did before
// it moved away and back. For OfferSpec::held_above.
absl::StatusOr<bool> HeldByIssuer(const ReadView& view, std::string_view name, const AssignmentRecords& records);

// For RebuildSpec, after the store was lost or restored. Writes an own entity that a neighbour gave back.
absl::StatusOr<TakenBack> TakeBackOwn(Transaction& transaction, const v1::HeldEntity& held, const EntrySource& source,
                                      const AssignmentRecords& records);
// Takes in what a unit at a node below did and had handed up; what cannot be taken in is logged and passed over.
absl::Status TakeInBelow(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                         const AssignmentRecords& records);
// Counts anew what was made out of the assignments from above.
absl::Status RecountAll(Transaction& transaction, const RebuildEnd& end, const AssignmentRecords& records);

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_ASSIGNMENT_HOPS_H_
