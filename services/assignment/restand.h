// Looking again at how assignments stand, in steps, after the calendar has changed: the working days by which lights
// turn are other ones then. Also the check that what is kept is what the records ask for.
//
// Local row `restanding` (storage.v1.Restanding): there while it goes on; it survives a restart.

#ifndef DUBAN_SERVICES_ASSIGNMENT_RESTAND_H_
#define DUBAN_SERVICES_ASSIGNMENT_RESTAND_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/store/indexes.h"
#include "common/store/transaction.h"
#include "services/assignment/records.h"

namespace duban {

// Most rows of the desk that one step looks at; less once they hold so many assignments, but one at least.
inline constexpr int kRestandStep = 50;
inline constexpr int kRestandAssignments = 2000;

// Which assignments: those that are open, or, where more is kept of them than before, all.
enum class Restanded { kOpen, kAll };

// Has every one of them looked at again, from the beginning; nothing where there is none at all, as when a new node
// hears of its first calendars.
absl::Status BeginRestanding(Transaction& transaction, Restanded which = Restanded::kOpen);

// Whether there is something to look at.
absl::StatusOr<bool> IsRestanding(const ReadView& view);

// Whether what waits for issuers is still being counted, in a store from before it was kept.
absl::StatusOr<bool> IsCountingIssuerWaits(const ReadView& view);

// Does the next step; nothing where none is to be done.
absl::Status ContinueRestanding(Transaction& transaction, const AssignmentRecords& records, absl::Time now);

// The rows that the orders and halves ask for, as IndexRows has them. Ordinals, the order of headings and what units
// are called are taken from what is kept; while assignments are looked at again, the values are not given.
absl::Status AssignmentIndexRows(const ReadView& view, std::string_view node, IndexRowSink sink);

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_RESTAND_H_
