// How plans lie in the store: as entities `plans/x`, with a row in the list of plans, newest first. A draft is in no
// feed; a published or withdrawn plan is in that of the assignment service and of every node that hosts a unit it
// addresses or passes papers down to one. The findings of a published plan are its owner's own business: they stay in a
// local record and travel nowhere.
//
// Threads: functions on a Transaction run on the writer's thread. Errors: those named here, and INVARIANT_BROKEN from
// the store.

#ifndef DUBAN_SERVICES_PLAN_PLAN_STORE_H_
#define DUBAN_SERVICES_PLAN_PLAN_STORE_H_

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/store/indexes.h"
#include "common/store/transaction.h"
#include "duban/v1/plan.pb.h"
#include "services/plan/directory/directory.h"

namespace duban {

// Most bytes of a stored plan. A plan travels as one feed entry, and gRPC's default limit is 4 MiB a message.
inline constexpr size_t kMaxPlanBytes = 3 << 20;

// The directory entries that the tasks of a plan are addressed to.
std::set<std::string> AddresseesOf(const v1::Plan& plan);

// Whom a plan concerns, seen from `node`: nobody for a draft.
absl::StatusOr<Audiences> AudiencesOf(DirectoryView& directory, std::string_view node, const v1::Plan& plan);

// A plan known here with its findings and its etag, or RESOURCE_NOT_FOUND.
absl::StatusOr<v1::Plan> ReadPlan(const ReadView& view, std::string_view name);

// Writes a plan and its rows; returns its etag, which it also sets in `plan`. `audiences`: whom it concerns, as
// AudiencesOf has it; else that is found here. Errors: INVALID_FIELD for `plan` above kMaxPlanBytes.
absl::StatusOr<std::string> PutPlan(Transaction& transaction, std::string_view node,
                                    const std::optional<Audiences>& audiences, v1::Plan* plan);

// Deletes a draft.
absl::Status DropPlan(Transaction& transaction, const v1::Plan& draft);

// Takes in a plan that came from above, by way of the node `source`; a revision that it replaces is filed. An older
// revision than the one here is passed over, unless that came from the same source, which then knows better. What this
// node owns is never changed: returns false, and true else.
absl::StatusOr<bool> TakePlan(Transaction& transaction, std::string_view node, std::string_view source, v1::Plan plan);

// Drops a plan that is gone above, and passes that on, even where it is not known here (see DropTaken). What this node
// owns stays: returns false.
absl::StatusOr<bool> DropTakenPlan(Transaction& transaction, std::string_view node, std::string_view name);

// Writes an own plan as a neighbour gave it back; its findings do not come. A later revision is newer, and of the same
// one the withdrawal. Errors: INVARIANT_BROKEN for the same version with other content.
absl::StatusOr<TakenBack> TakeBackPlan(Transaction& transaction, std::string_view node, v1::Plan plan);

// Finds anew whom a plan concerns, after units moved to other nodes or superiors, or came late. Nothing happens where
// it is not there or is no public one.
absl::Status RefreshAudiences(Transaction& transaction, std::string_view node, std::string_view name);

// The day as of which groups and units of a public plan count.
absl::CivilDay PublishDay(const v1::Plan& plan);

// The plan without tasks, findings and the ids of tasks that are gone.
v1::Plan HeadOf(const v1::Plan& plan);

// The index rows that the plans ask for, as IndexRows has them.
absl::Status PlanRows(const ReadView& view, IndexRowSink sink);

// Visits the heads of the plans known here, with etags, newest first, behind `after_key` (a key of
// the index kPlanByTime, or empty), until `visit` returns false.
absl::Status ScanPlans(const ReadView& view, std::string_view after_key,
                       absl::FunctionRef<bool(std::string_view key, v1::Plan head)> visit);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PLAN_STORE_H_
