// What publishing hands out, and to whom: counted before anything is published, by the same rules by which the
// assignment service issues it (services/assignment/plan_to_orders.h).
//
// Pure on a plan and a directory. Not thread-safe (a DirectoryView belongs to one call). Errors: those named here, and
// those of reading the directory.

#ifndef DUBAN_SERVICES_PLAN_ISSUANCE_H_
#define DUBAN_SERVICES_PLAN_ISSUANCE_H_

#include "absl/status/statusor.h"
#include "duban/v1/plan_service.pb.h"
#include "services/plan/directory/directory.h"
#include "services/plan/reader/answering.h"

namespace duban {

// Who answers for a task by the directory: entries that stand for no unit on the day leave open who is meant.
absl::StatusOr<Answering> AnsweringOn(DirectoryView& directory, const v1::Task& task);

// What is issued of a plan whose tasks are complete (CompleteForOrders). Errors: LIMIT_REACHED above the limits of
// common/contract/issue_limits.h.
absl::StatusOr<v1::Issuance> IssuanceOf(DirectoryView& directory, const v1::Plan& plan);

// Completes the tasks of a judged draft for orders as publishing would, with what still waits for an answer left open.
absl::Status CompleteAsIs(DirectoryView& directory, v1::Plan* draft);

// What publishing a judged draft would do. What waits for an answer reaches nobody. Errors: LIMIT_REACHED, as above.
absl::StatusOr<v1::PublicationPreview> PreviewOf(DirectoryView& directory, v1::Plan draft);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_ISSUANCE_H_
