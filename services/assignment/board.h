// The board: how many assignments stand where, by plan, unit or heading. Pure; a Board is used by one thread at a time.

#ifndef DUBAN_SERVICES_ASSIGNMENT_BOARD_H_
#define DUBAN_SERVICES_ASSIGNMENT_BOARD_H_

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/time/civil_time.h"
#include "duban/v1/assignment.pb.h"
#include "duban/v1/assignment_service.pb.h"

namespace duban {

// The innermost heading of a task, as printed; empty where it stands under none.
std::string_view HeadingOf(const v1::Assignment& assignment);

// Whether a filter means an assignment, which has its state and light filled in. Lists and boards ask here, and only
// here: that is why every number of a board equals the list it opens.
bool Matches(const v1::AssignmentFilter& filter, const v1::Assignment& view);

// Counts one more assignment in a state.
void Count(v1::Assignment::State state, v1::StateCounts& counts);

// Adds up numbers.
void Add(const v1::StateCounts& from, v1::StateCounts& to);

// Counts what is added to it.
class Board {
 public:
  // REQUIRES: `group_by` is not GROUP_BY_UNSPECIFIED.
  explicit Board(v1::GetBoardRequest::GroupBy group_by) : group_by_(group_by) {}

  // Counts an assignment that has its state, light and other half filled in.
  void Add(const v1::Assignment& view);

  // Rows by plan and by unit in the order of their names; by heading in the order in which they first came.
  v1::GetBoardResponse Build(absl::CivilDay as_of) const;

 private:
  // Depth, unit and node of a row of the level below.
  using BelowKey = std::tuple<int, std::string, std::string>;
  struct Row {
    v1::GetBoardResponse::Row row;
    std::map<BelowKey, v1::Decomposition::Row> below;
  };

  static void AddTo(Row& row, const v1::Assignment& view);
  static v1::GetBoardResponse::Row Finished(const Row& row);

  const v1::GetBoardRequest::GroupBy group_by_;
  std::vector<Row> rows_;
  std::map<std::string, size_t, std::less<>> places_;
  Row total_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_BOARD_H_
