// Searching plans and their tasks by words. Reads through a view; keeps nothing.

#ifndef DUBAN_SERVICES_PLAN_PLAN_SEARCH_H_
#define DUBAN_SERVICES_PLAN_PLAN_SEARCH_H_

#include "absl/status/status.h"
#include "common/access/caller.h"
#include "common/base/page_token.h"
#include "common/store/view.h"
#include "duban/v1/plan_search_service.pb.h"

namespace duban {

// Most plans that one page reads because they could hold the words.
inline constexpr int kMostPlansRead = 50;

// Fills in a page of what `caller` may see. `listing`: the caller's; its scope is filled in. Errors: INVALID_FIELD for
// a query without words, and for a page token of another request.
absl::Status SearchPlans(const ReadView& view, const Caller& caller, Listing listing,
                         const v1::SearchPlansRequest& request, v1::SearchPlansResponse* response);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PLAN_SEARCH_H_
