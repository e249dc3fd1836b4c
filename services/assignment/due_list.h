// Listing assignments by the day by which the next thing is due. Reads through a view; keeps nothing.

#ifndef DUBAN_SERVICES_ASSIGNMENT_DUE_LIST_H_
#define DUBAN_SERVICES_ASSIGNMENT_DUE_LIST_H_

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "common/base/page_token.h"
#include "common/store/view.h"
#include "duban/v1/assignment_service.pb.h"
#include "services/assignment/records.h"

namespace duban {

// Fills in a page in the order that the request asks for. Every page looks at all that is kept of the plan or the unit
// that the filter names: rows, not assignments; those that are shown are read. `listing`: the caller's; its scope is
// filled in. Errors: INVALID_FIELD for an order that is none, a filter that names neither, or a page token of another
// listing.
absl::Status ListByDue(const ReadView& view, const AssignmentRecords& records, absl::CivilDay today, Listing listing,
                       const v1::ListAssignmentsRequest& request, v1::ListAssignmentsResponse* response);

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_DUE_LIST_H_
