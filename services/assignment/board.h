// The board: how many assignments stand where, by plan, unit or heading, summed from what is kept. Reads through a
// view; keeps nothing.

#ifndef DUBAN_SERVICES_ASSIGNMENT_BOARD_H_
#define DUBAN_SERVICES_ASSIGNMENT_BOARD_H_

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/store/view.h"
#include "duban/v1/assignment_service.pb.h"
#include "services/assignment/records.h"

namespace duban {

// Counts for a day. Rows by plan and by unit in the order of their names; by heading in the order in which they first
// came. Costs as many rows as it has: only a board by unit of some plans or headings, and one of a single unit, look at
// the rows of assignments. REQUIRES: `group_by` is not GROUP_BY_UNSPECIFIED.
absl::StatusOr<v1::GetBoardResponse> BoardFromDesk(const ReadView& view, const AssignmentRecords& records,
                                                   const v1::GetBoardRequest& request, absl::CivilDay today);

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_BOARD_H_
