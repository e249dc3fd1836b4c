#include "services/assignment/halves.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/base/civil.h"
#include "common/base/ids.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/feed/hop.h"
#include "duban/v1/calendar.pb.h"
#include "services/assignment/indexes.h"
#include "services/assignment/state.h"

namespace duban {
namespace {

// Body first, `附件3` as 3, other tables behind, by name.
int TableRank(std::string_view table) {
  constexpr std::string_view kAnnex = "附件";
  if (table.empty() || table == "body") return 0;
  if (!table.starts_with(kAnnex)) return 999;
  int number = 0;
  if (!ParseNumber(table.substr(kAnnex.size()), &number) || number < 1 || number > 997) return 998;
  return number;
}

Audiences AudiencesOf(const v1::Assignment& assignment, std::string_view node) {
  Audiences audiences = {ServiceAudience("notification")};
  const bool elsewhere = !assignment.unit_node().empty() && assignment.unit_node() != node;
  if (assignment.issuer_node() == node && elsewhere) audiences.insert(NodeAudience(assignment.unit_node()));
  return audiences;
}

Audiences AudiencesOf(const v1::Assignment& assignment, const v1::Execution& execution, std::string_view node) {
  Audiences audiences = {ServiceAudience("notification")};
  if (execution.node() == node && assignment.issuer_node() != node) {
    audiences.insert(NodeAudience(assignment.issuer_node()));
  }
  return audiences;
}

// The index rows of an assignment.
void RowsOf(const v1::Assignment& assignment, std::string_view node, IndexRowSink sink) {
  const auto row = [&](Index index, std::initializer_list<std::string_view> parts) {
    sink(IndexKey(index, parts), std::string());
  };
  const std::string_view plan = ParentName(assignment.task());
  const std::string order = OrderPart(assignment);
  row(kAssignmentByUnit, {assignment.unit(), plan, order, assignment.name()});
  row(kAssignmentByPlan, {plan, order, assignment.name()});
  row(kAssignmentByTask, {assignment.task(), assignment.name()});
  if (assignment.issuer_node() != node) return;
  for (const std::string& task : assignment.aligned_tasks()) {
    row(kAssignmentByAlignment, {task, assignment.name()});
  }
}

// Puts in or takes out the index rows of an assignment.
void Reindex(Transaction& transaction, const v1::Assignment& assignment, bool put, std::string_view node) {
  RowsOf(assignment, node, [&](std::string key, std::optional<std::string> value) {
    if (put) {
      transaction.PutRow(std::move(key), *std::move(value));
    } else {
      transaction.DeleteRow(std::move(key));
    }
  });
}

// Whether both stand in the same index rows.
bool SamePlace(const v1::Assignment& a, const v1::Assignment& b) {
  if (a.unit() != b.unit() || a.task() != b.task() || OrderPart(a) != OrderPart(b)) return false;
  return std::equal(a.aligned_tasks().begin(), a.aligned_tasks().end(), b.aligned_tasks().begin(),
                    b.aligned_tasks().end());
}

}  // namespace

std::string ExecutionName(std::string_view assignment) {
  return StrCat(assignment, "/execution");
}

std::string LeaseName(std::string_view assignment) {
  return StrCat("leases/", assignment);
}

std::string PendingName(std::string_view plan) {
  return StrCat(kPendingPrefix, plan);
}

std::string ExpansionName(std::string_view plan) {
  return StrCat("expansions/", plan);
}

std::string OrderPart(const v1::Assignment& assignment) {
  return absl::StrFormat("%03d%s/%06d/%s/%s", TableRank(assignment.table()), assignment.table(), assignment.number(),
                         std::string(LastSegment(assignment.task())), std::string(LastSegment(assignment.unit())));
}

absl::StatusOr<std::optional<Halves>> ReadHalves(const ReadView& view, std::string_view name) {
  DUBAN_ASSIGN_OR_RETURN(auto assignment, view.Get<v1::Assignment>(name));
  if (!assignment.has_value()) return std::nullopt;
  DUBAN_ASSIGN_OR_RETURN(auto execution, view.Get<v1::Execution>(ExecutionName(name)));
  Halves halves;
  halves.assignment = std::move(assignment->value);
  if (execution.has_value()) halves.execution = std::move(execution->value);
  return halves;
}

absl::StatusOr<Halves> NeedHalves(const ReadView& view, std::string_view name) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<Halves> halves, ReadHalves(view, name));
  if (!halves.has_value()) return NotFound(name);
  return *std::move(halves);
}

absl::StatusOr<WorkingCalendar> ReadCalendar(const ReadView& view) {
  std::vector<v1::Calendar> calendars;
  DUBAN_RETURN_IF_ERROR(view.Scan<v1::Calendar>("calendars/", {}, [&](std::string_view, Stored<v1::Calendar> stored) {
    calendars.push_back(std::move(stored.value));
    return true;
  }));
  return WorkingCalendar(calendars);
}

absl::Status WalkAssignments(const ReadView& view, const Walk& walk,
                             absl::FunctionRef<absl::StatusOr<bool>(Halves halves)> visit) {
  absl::Status status;
  const auto on_row = [&](const std::vector<std::string_view>& rest, std::string_view) {
    absl::StatusOr<Halves> halves = NeedHalves(view, rest.back());
    if (!halves.ok()) {
      status = InvariantBroken(StrCat("index names ", rest.back(), ", which is not there"));
      return false;
    }
    absl::StatusOr<bool> more = visit(*std::move(halves));
    if (!more.ok()) status = more.status();
    return more.ok() && *more;
  };
  std::string after_plan, after_order;
  if (walk.after != nullptr) {
    after_plan = ParentName(walk.after->task());
    after_order = OrderPart(*walk.after);
  }
  absl::Status scanned;
  if (!walk.unit.empty()) {
    const std::string after =
        walk.after == nullptr ? std::string()
                              : IndexKey(kAssignmentByUnit, {walk.unit, after_plan, after_order, walk.after->name()});
    scanned = walk.plan.empty() ? view.ScanIndex(kAssignmentByUnit, {walk.unit}, on_row, after)
                                : view.ScanIndex(kAssignmentByUnit, {walk.unit, walk.plan}, on_row, after);
  } else {
    const std::string after = walk.after == nullptr
                                  ? std::string()
                                  : IndexKey(kAssignmentByPlan, {after_plan, after_order, walk.after->name()});
    scanned = walk.plan.empty() ? view.ScanIndex(kAssignmentByPlan, {}, on_row, after)
                                : view.ScanIndex(kAssignmentByPlan, {walk.plan}, on_row, after);
  }
  DUBAN_RETURN_IF_ERROR(scanned);
  return status;
}

absl::StatusOr<std::vector<std::string>> NamesIn(const ReadView& view, Index index, std::string_view part) {
  std::vector<std::string> names;
  DUBAN_RETURN_IF_ERROR(view.ScanIndex(index, {part}, [&](const std::vector<std::string_view>& rest, std::string_view) {
    names.emplace_back(rest.back());
    return true;
  }));
  return names;
}

absl::Status AssignmentIndexRows(const ReadView& view, std::string_view node, IndexRowSink sink) {
  return view.Scan<v1::Assignment>("assignments/", {}, [&](std::string_view, const Stored<v1::Assignment>& stored) {
    RowsOf(stored.value, node, sink);
    return true;
  });
}

void Change::Touch(const v1::Assignment& assignment) {
  if (assignment.issuer_node() != node_) return;
  touched_tasks_.insert(assignment.aligned_tasks().begin(), assignment.aligned_tasks().end());
}

absl::Status Change::Write(const v1::Assignment& next, const v1::Assignment* before) {
  if (before == nullptr || !SamePlace(*before, next)) {
    if (before != nullptr) {
      Reindex(transaction_, *before, false, node_);
      Touch(*before);
    }
    Reindex(transaction_, next, true, node_);
  }
  DUBAN_RETURN_IF_ERROR(transaction_.Put(next.name(), next, AudiencesOf(next, node_)).status());
  Touch(next);
  return absl::OkStatus();
}

absl::Status Change::Issue(v1::Assignment next) {
  ClearComputed(next);
  DUBAN_ASSIGN_OR_RETURN(auto before, transaction_.Get<v1::Assignment>(next.name()));
  next.set_version(before.has_value() ? before->value.version() : 1);
  if (before.has_value()) {
    if (before->value.unit_node() != next.unit_node()) DUBAN_RETURN_IF_ERROR(Move(before->value.unit_node(), next));
    if (before->value.SerializeAsString() == next.SerializeAsString()) return absl::OkStatus();
    next.set_version(before->value.version() + 1);
  }
  DUBAN_RETURN_IF_ERROR(Write(next, before.has_value() ? &before->value : nullptr));
  return next.unit_node() == node_ ? Deliver(next) : absl::OkStatus();
}

absl::Status Change::Move(const std::string& from, v1::Assignment& next) const {
  const std::string& to = next.unit_node();
  auto& former = *next.mutable_former_nodes();
  former.erase(std::remove(former.begin(), former.end(), to), former.end());
  if (from != node_ && !from.empty()) *former.Add() = from;
  next.set_moves(next.moves() + 1);
  next.clear_carried_execution();
  if (to == node_) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(auto execution, transaction_.Get<v1::Execution>(ExecutionName(next.name())));
  if (execution.has_value()) *next.mutable_carried_execution() = std::move(execution->value);
  return absl::OkStatus();
}

absl::Status Change::TakeIn(v1::Assignment copy) {
  ClearComputed(copy);
  DUBAN_ASSIGN_OR_RETURN(auto before, transaction_.Get<v1::Assignment>(copy.name()));
  DUBAN_RETURN_IF_ERROR(Write(copy, before.has_value() ? &before->value : nullptr));
  return Deliver(copy);
}

absl::Status Change::TakeBack(v1::Assignment own) {
  ClearComputed(own);
  DUBAN_ASSIGN_OR_RETURN(auto before, transaction_.Get<v1::Assignment>(own.name()));
  return Write(own, before.has_value() ? &before->value : nullptr);
}

absl::Status Change::Deliver(const v1::Assignment& assignment) {
  DUBAN_ASSIGN_OR_RETURN(auto stored, transaction_.Get<v1::Execution>(ExecutionName(assignment.name())));
  const bool known = stored.has_value() && !DUBAN_BUG("assignment.delivered_twice_loses_receipt");
  const v1::Execution before = known ? std::move(stored->value) : v1::Execution();
  delivered_.insert(assignment.name());
  if (before.node() == node_ && before.moves() == assignment.moves()) return absl::OkStatus();
  // After a move the issuer's word counts, whatever was done here at an earlier time and not handed up.
  v1::Execution next = assignment.has_carried_execution() ? assignment.carried_execution() : before;
  next.set_assignment(assignment.name());
  next.set_node(node_);
  *next.mutable_delivery_time() = ToProto(now_);
  next.set_moves(assignment.moves());
  next.set_version(std::max(before.version(), next.version()) + 1);
  return WriteExecution(assignment, next);
}

absl::Status Change::WriteExecution(const v1::Assignment& assignment, const v1::Execution& next) {
  Touch(assignment);
  return transaction_.Put(ExecutionName(assignment.name()), next, AudiencesOf(assignment, next, node_)).status();
}

absl::Status Change::Execute(const v1::Assignment& assignment, v1::Execution next) {
  next.set_version(next.version() + 1);
  return WriteExecution(assignment, next);
}

absl::Status Change::TakeIn(const v1::Assignment& assignment, const v1::Execution& copy) {
  return WriteExecution(assignment, copy);
}

absl::Status Change::CountFor(const std::string& task, const std::vector<std::string>& addressed) {
  std::vector<Halves> mine;
  for (const std::string& name : addressed) {
    DUBAN_ASSIGN_OR_RETURN(Halves halves, NeedHalves(transaction_, name));
    const bool open = !halves.assignment.has_cancel_time();
    if (open && halves.execution.node() == node_) mine.push_back(std::move(halves));
  }
  if (mine.empty()) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> below, NamesIn(transaction_, kAssignmentByAlignment, task));
  std::vector<IssuedBelow> issued;
  for (const std::string& name : below) {
    DUBAN_ASSIGN_OR_RETURN(Halves halves, NeedHalves(transaction_, name));
    issued.push_back({std::move(halves.assignment), std::move(halves.execution)});
  }
  for (Halves& halves : mine) {
    const v1::Decomposition decomposition = DecompositionOf(halves.assignment, issued);
    if (halves.execution.decomposition().SerializeAsString() == decomposition.SerializeAsString()) continue;
    *halves.execution.mutable_decomposition() = decomposition;
    DUBAN_RETURN_IF_ERROR(Execute(halves.assignment, std::move(halves.execution)));
  }
  return absl::OkStatus();
}

v1::Decomposition Change::DecompositionOf(const v1::Assignment& assignment,
                                          const std::vector<IssuedBelow>& issued) const {
  // For the level above the whole node answers; of this node's own assignments each unit answers for its own plans.
  if (assignment.issuer_node() != node_) return Decompose(issued, node_);
  std::vector<IssuedBelow> own;
  for (const IssuedBelow& below : issued) {
    if (below.assignment.issuer() == assignment.unit()) own.push_back(below);
  }
  return Decompose(own, node_);
}

absl::Status Change::Finish() {
  // What was taken on before it arrived is counted for it alone; the others it is addressed to have their counts.
  for (const std::string& name : std::exchange(delivered_, {})) {
    DUBAN_ASSIGN_OR_RETURN(const auto stored, transaction_.Need<v1::Assignment>(name));
    DUBAN_RETURN_IF_ERROR(CountFor(stored.value.task(), {name}));
  }
  // What is counted for one task can itself be counted for another, where offices without a node of their own work
  // here. This ends: rows deeper than kMaxDepth are dropped, so that even a circle comes to rest.
  while (!touched_tasks_.empty()) {
    const std::string task = *touched_tasks_.begin();
    touched_tasks_.erase(touched_tasks_.begin());
    DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> addressed, NamesIn(transaction_, kAssignmentByTask, task));
    DUBAN_RETURN_IF_ERROR(CountFor(task, addressed));
  }
  return absl::OkStatus();
}

}  // namespace duban
