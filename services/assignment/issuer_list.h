// Listing what waits for an issuer, over all plans that it published, from what is kept of that. Reads through a view;
// keeps nothing.

#ifndef DUBAN_SERVICES_ASSIGNMENT_ISSUER_LIST_H_
#define DUBAN_SERVICES_ASSIGNMENT_ISSUER_LIST_H_

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "common/base/page_token.h"
#include "common/store/view.h"
#include "duban/v1/issuer_service.pb.h"
#include "services/assignment/records.h"

namespace duban {

// Fills in a page, by plan, unit, table and number. `listing`: the caller's; its scope is filled in. Errors:
// INVALID_FIELD for a wait that is none, or a page token of another listing.
absl::Status ListForIssuer(const ReadView& view, const AssignmentRecords& records, absl::CivilDay today,
                           Listing listing, const v1::ListIssuerItemsRequest& request,
                           v1::ListIssuerItemsResponse* response);

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_ISSUER_LIST_H_
