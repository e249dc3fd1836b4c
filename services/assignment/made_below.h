// What a node says of the plans that were made out of an assignment: counts by unit and depth, kept by adding what
// changes, not by counting again.
//
// An assignment of this node's own issue whose order takes on an upstream task counts, at depth 1, in the decomposition
// of every assignment of that task that is addressed to this node's units; what came up of its own decomposition counts
// there one deeper. For the level above the whole node answers; of this node's own assignments each unit answers for
// its own plans.

#ifndef DUBAN_SERVICES_ASSIGNMENT_MADE_BELOW_H_
#define DUBAN_SERVICES_ASSIGNMENT_MADE_BELOW_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "common/store/transaction.h"
#include "services/assignment/desk.h"
#include "services/assignment/records.h"

namespace duban {

// Levels that are counted. Deeper rows are dropped: real offices have five levels, and nodes that were made upstreams
// of each other by mistake must not make each other's numbers grow for ever.
inline constexpr int kMaxDepth = 8;
// Most rows of a decomposition; the deepest ones are dropped. Inclusive.
inline constexpr int kMaxRows = 10'000;

// What decompositions count, by depth, unit and node.
using MadeRows = std::map<std::tuple<int, std::string, std::string>, v1::Decomposition::Row>;

// Not thread-safe: belongs to one command; what it is built from outlives it. Call Finish before the command ends: what
// changes is gathered until then, so that each decomposition is written once for all that happens below it. Errors:
// those of the store.
class MadeBelow {
 public:
  MadeBelow(Transaction& transaction, const AssignmentRecords& records, Desk& desk)
      : transaction_(transaction), records_(records), desk_(desk) {}

  // An assignment of this node's issue came from one state into another; STATE_UNSPECIFIED: it was not there.
  absl::Status Moved(const v1::Order& order, const v1::Addressee& addressee, v1::Assignment::State before,
                     v1::Assignment::State now);
  // Writes a decomposition, and counts what changes by it further up and on the boards.
  absl::Status Put(const v1::Decomposition& next, const Audiences& audiences);
  // Removes what the node that a unit has left counted; nothing where there is none.
  absl::Status Forget(const std::string& assignment);
  // Has what is made out of a task's assignments counted from the beginning, in Finish.
  void Recount(std::string_view task) { recounts_.emplace(task); }
  // Puts on the boards what came of an order's assignments before the order was here.
  absl::Status Show(const v1::Order& order);
  // What stands on the boards of an order's decompositions moves to another heading.
  absl::Status MoveHeading(const v1::Order& before, const v1::Order& now);
  // Counts nothing in this command, whatever it is told: what is known is only a part.
  void CountLater() { later_ = true; }
  absl::Status Finish();

 private:
  // Counts further up and on the boards what a decomposition changes by.
  absl::Status Spread(const std::string& assignment, const v1::Decomposition& before, const v1::Decomposition& now);
  // Has rows, taken `by` times, added to the decompositions of an upstream task's assignments here.
  void AddLater(const std::string& task, const v1::Order& from, const std::vector<v1::Decomposition::Row>& rows,
                int64_t by);
  // Adds rows that orders of `issuer` made of a task.
  absl::Status AddTo(const std::string& task, const std::string& issuer, const MadeRows& rows);
  absl::Status CountAnew(const std::string& task);
  // The orders of this node that take on a task.
  absl::StatusOr<std::vector<OrderPtr>> TakingOn(const std::string& task) const;
  // Units of which something is said, or has to be, of what orders made of a task.
  absl::StatusOr<std::set<std::string>> Concerned(const v1::Order& upstream, const std::vector<OrderPtr>& orders) const;
  // Counts what those orders of `issuer` (empty: of anybody here) made of a task.
  absl::StatusOr<v1::Decomposition> CountFor(const std::vector<OrderPtr>& orders, std::string_view issuer);
  absl::Status CountOrder(const v1::Order& order, absl::FunctionRef<void(const v1::Decomposition::Row&)> add);
  absl::Status Board(const v1::Order& order, std::string_view unit, const v1::Decomposition::Row& row, int64_t by);
  // Units of this node that answer for what orders of `issuer` (empty: of anybody here) made of a task.
  absl::StatusOr<std::vector<std::string>> Answering(const v1::Order& upstream, std::string_view issuer) const;
  Audiences AudiencesOf(const v1::Order& order) const;

  Transaction& transaction_;
  const AssignmentRecords& records_;
  Desk& desk_;
  std::set<std::string> recounts_;
  // What is to be added, by task and issuer.
  std::map<std::pair<std::string, std::string>, MadeRows> additions_;
  bool later_ = false;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_MADE_BELOW_H_
