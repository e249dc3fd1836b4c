// Searching orders and assignments by words. Reads through a view; keeps nothing.

#ifndef DUBAN_SERVICES_ASSIGNMENT_ORDER_SEARCH_H_
#define DUBAN_SERVICES_ASSIGNMENT_ORDER_SEARCH_H_

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "common/base/page_token.h"
#include "common/store/view.h"
#include "duban/v1/assignment_search_service.pb.h"
#include "services/assignment/records.h"

namespace duban {

// Most orders that one page reads because they could hold the words, and most assignments about which it reads what was
// written.
inline constexpr int kMostOrdersRead = 1000;
inline constexpr int kMostRecordsRead = 1000;
// Most units that a hit names.
inline constexpr int kMostUnitsShown = 5;

// Fills in a page. `listing`: the caller's; its scope is filled in. Errors: INVALID_FIELD for a query without words,
// for states without a unit, and for a page token of another request.
absl::Status SearchAssignments(const ReadView& view, const AssignmentRecords& records, absl::CivilDay today,
                               Listing listing, const v1::SearchAssignmentsRequest& request,
                               v1::SearchAssignmentsResponse* response);

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_ORDER_SEARCH_H_
