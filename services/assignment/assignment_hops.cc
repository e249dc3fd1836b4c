#include "services/assignment/assignment_hops.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/ids.h"
#include "common/base/log.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/feed/set_aside.h"
#include "common/rpc/validate.h"
#include "duban/storage/v1/record.pb.h"
#include "duban/v1/assignment.pb.h"
#include "duban/v1/calendar.pb.h"
#include "duban/v1/plan.pb.h"
#include "duban/v1/unit.pb.h"
#include "services/assignment/halves.h"
#include "services/assignment/plan_to_assignments.h"

namespace duban {
namespace {

// Why a copy of what left this node's scope is cancelled here; its issuer did not cancel it.
constexpr char kWithdrawnAbove[] = "交办单位已撤回或已改由其他节点办理";

absl::Status Refused(const v1::FeedEntry& entry, const EntrySource& source, std::string_view english,
                     std::string_view chinese) {
  return Error(v1::NOT_OWNER, StrCat("`", entry.entity(), "` from node `", source.node, "`: ", english),
               StrCat("来自“", source.node, "”节点的“", entry.entity(), "”：", chinese),
               {{"entity", entry.entity()}, {"node", source.node}});
}

absl::Status NotWhatItSays(const v1::FeedEntry& entry, const EntrySource& source) {
  return InvariantBroken(StrCat("entry ", entry.entity(), " of ", source.hop, " does not hold what its name says"));
}

// Whether `name` is `collection` and one id.
bool IsIn(std::string_view collection, std::string_view name) {
  return name.size() > collection.size() && name.starts_with(collection) &&
         name.find('/', collection.size()) == std::string_view::npos;
}

// Keeps an entity of the directory as it is; in no feed.
template <typename T>
absl::Status Keep(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source) {
  if (entry.withdrawn()) return transaction.Delete(entry.entity());
  T value;
  if (!entry.payload().UnpackTo(&value)) return NotWhatItSays(entry, source);
  return transaction.Put(entry.entity(), value, {}).status();
}

absl::Status MoveUnit(Transaction& transaction, const std::string& unit, const std::string& to,
                      const EntrySource& source, std::string_view node) {
  std::vector<v1::Assignment> moving;
  DUBAN_RETURN_IF_ERROR(WalkAssignments(transaction, {.unit = unit}, [&](Halves halves) -> absl::StatusOr<bool> {
    const v1::Assignment& assignment = halves.assignment;
    const bool moves =
        assignment.issuer_node() == node && assignment.unit_node() != to && !assignment.has_cancel_time();
    if (moves) moving.push_back(std::move(halves.assignment));
    return true;
  }));
  Change change(transaction, node, source.now);
  for (v1::Assignment& assignment : moving) {
    assignment.set_unit_node(to);
    DUBAN_RETURN_IF_ERROR(change.Issue(std::move(assignment)));
  }
  return change.Finish();
}

absl::Status ApplyUnit(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                       std::string_view node) {
  DUBAN_RETURN_IF_ERROR(Keep<v1::Unit>(transaction, entry, source));
  DUBAN_ASSIGN_OR_RETURN(auto unit, transaction.Get<v1::Unit>(entry.entity()));
  if (!unit.has_value()) return absl::OkStatus();
  return MoveUnit(transaction, entry.entity(), std::string(NodeOf(unit->value, node)), source, node);
}

absl::Status ApplyPlan(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                       std::string_view node) {
  v1::Plan plan;
  if (entry.withdrawn()) {
    DUBAN_ASSIGN_OR_RETURN(auto expansion,
                           transaction.GetLocal<storage::v1::PlanExpansion>(ExpansionName(entry.entity())));
    transaction.DeleteLocal(PendingName(entry.entity()));
    if (!expansion.has_value()) return absl::OkStatus();
    plan.set_name(entry.entity());
    plan.set_state(v1::Plan::WITHDRAWN);
    plan.set_revision(expansion->revision());
    *plan.mutable_withdraw_time() = ToProto(source.now);
  } else if (!entry.payload().UnpackTo(&plan) || plan.name() != entry.entity()) {
    return NotWhatItSays(entry, source);
  }
  const bool own = plan.owner_node().empty() || plan.owner_node() == node;
  const bool issued = plan.state() == v1::Plan::PUBLISHED ||
                      (plan.state() == v1::Plan::WITHDRAWN && !DUBAN_BUG("assignment.withdrawn_plan_left_open"));
  if (own && issued) transaction.PutLocal(PendingName(plan.name()), plan);
  return absl::OkStatus();
}

absl::StatusOr<Directory> ReadDirectory(const ReadView& view) {
  Directory directory;
  DUBAN_RETURN_IF_ERROR(view.Scan<v1::Unit>("units/", {}, [&](std::string_view name, Stored<v1::Unit> unit) {
    directory.units.emplace(name, std::move(unit.value));
    return true;
  }));
  DUBAN_RETURN_IF_ERROR(
      view.Scan<v1::UnitGroup>("groups/", {}, [&](std::string_view name, Stored<v1::UnitGroup> group) {
        directory.groups.emplace(name, std::move(group.value));
        return true;
      }));
  return directory;
}

absl::Status ExpandPlan(Transaction& transaction, const v1::Plan& plan, const Directory& directory,
                        const EntrySource& source, std::string_view node) {
  const bool withdrawn = plan.state() == v1::Plan::WITHDRAWN;
  DUBAN_ASSIGN_OR_RETURN(auto done, transaction.GetLocal<storage::v1::PlanExpansion>(ExpansionName(plan.name())));
  const bool first = !done.has_value();
  if (done.has_value()) {
    const bool older = plan.revision() < done->revision();
    if (older || (plan.revision() == done->revision() && (done->withdrawn() || !withdrawn))) return absl::OkStatus();
  }
  const Expansion expansion = PlanToAssignments(plan, directory, ExpansionDay(plan), node);
  std::vector<v1::Assignment> current;
  DUBAN_RETURN_IF_ERROR(WalkAssignments(transaction, {.plan = plan.name()}, [&](Halves halves) -> absl::StatusOr<bool> {
    if (halves.assignment.issuer_node() == node) current.push_back(std::move(halves.assignment));
    return true;
  }));
  if (first && withdrawn && current.empty()) return absl::OkStatus();
  std::set<std::string> given_back;
  // Those that are here before the plan was ever expanded came back from neighbours (TakeBackHalf), and stay as they
  // were; only a withdrawal still concerns them.
  for (const v1::Assignment& assignment : current) {
    if (first && !withdrawn) given_back.insert(assignment.name());
  }
  Change change(transaction, node, source.now);
  for (v1::Assignment& next : ReconcileAssignments(current, expansion, plan)) {
    if (!given_back.contains(next.name())) DUBAN_RETURN_IF_ERROR(change.Issue(std::move(next)));
  }
  DUBAN_RETURN_IF_ERROR(change.Finish());
  for (const Omission& omission : expansion.omissions) {
    Log(LogLevel::kWarning, "assignment.omitted",
        {{"plan", plan.name()},
         {"task", omission.task},
         {"reason", std::string(OmissionName(omission.reason))},
         {"subject", omission.subject}});
  }
  storage::v1::PlanExpansion record;
  record.set_revision(plan.revision());
  record.set_withdrawn(withdrawn);
  *record.mutable_expand_time() = ToProto(source.now);
  transaction.PutLocal(ExpansionName(plan.name()), record);
  return absl::OkStatus();
}

// The upstream withdrew an assignment: it is cancelled here, and what the unit did stays.
absl::Status ApplyWithdrawal(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                             std::string_view node) {
  DUBAN_ASSIGN_OR_RETURN(auto stored, transaction.Get<v1::Assignment>(entry.entity()));
  if (!stored.has_value()) return absl::OkStatus();
  v1::Assignment& assignment = stored->value;
  if (assignment.issuer_node() != source.node) {
    return Refused(entry, source, "only its issuer can withdraw it", "只有交办单位才能撤回");
  }
  if (assignment.has_cancel_time()) return absl::OkStatus();
  assignment.set_cancel_reason(kWithdrawnAbove);
  *assignment.mutable_cancel_time() = ToProto(source.now);
  Change change(transaction, node, source.now);
  DUBAN_RETURN_IF_ERROR(change.TakeIn(std::move(assignment)));
  return change.Finish();
}

}  // namespace

absl::Status ApplyPlanEntry(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                            std::string_view node) {
  const std::string& name = entry.entity();
  if (IsIn("units/", name)) return ApplyUnit(transaction, entry, source, node);
  if (IsIn("groups/", name)) return Keep<v1::UnitGroup>(transaction, entry, source);
  if (IsIn("calendars/", name)) return Keep<v1::Calendar>(transaction, entry, source);
  if (IsIn("plans/", name)) return ApplyPlan(transaction, entry, source, node);
  return absl::OkStatus();
}

absl::Status ExpandPendingPlans(Transaction& transaction, const EntrySource& source, std::string_view node) {
  std::vector<v1::Plan> plans;
  absl::Status parsed;
  const std::string begin = LocalKey(kPendingPrefix);
  const auto take = [&](std::string_view key, std::string_view value) {
    if (plans.emplace_back().ParseFromArray(value.data(), static_cast<int>(value.size()))) return true;
    parsed = BrokenRecord(key.substr(1));
    return false;
  };
  DUBAN_RETURN_IF_ERROR(transaction.ScanRows(begin, PrefixEnd(begin), take));
  DUBAN_RETURN_IF_ERROR(parsed);
  if (plans.empty()) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(const Directory directory, ReadDirectory(transaction));
  for (const v1::Plan& plan : plans) {
    DUBAN_RETURN_IF_ERROR(ExpandPlan(transaction, plan, directory, source, node));
    transaction.DeleteLocal(PendingName(plan.name()));
  }
  return absl::OkStatus();
}

absl::Status HeldOfPlans(const ReadView& view, const EntrySource& source,
                         absl::FunctionRef<bool(std::string_view name)> visit) {
  bool more = true;
  const auto visit_name = [&](std::string_view name, const auto&) { return more = visit(name); };
  DUBAN_RETURN_IF_ERROR(view.Scan<v1::Unit>("units/", "", visit_name));
  if (more) DUBAN_RETURN_IF_ERROR(view.Scan<v1::UnitGroup>("groups/", "", visit_name));
  if (!more) return absl::OkStatus();
  const std::string begin = LocalKey(ExpansionName(""));
  return view.ScanRows(begin, PrefixEnd(begin), [&](std::string_view key, std::string_view value) {
    storage::v1::PlanExpansion expansion;
    const bool withdrawn =
        expansion.ParseFromArray(value.data(), static_cast<int>(value.size())) && expansion.withdrawn();
    return withdrawn || visit(key.substr(begin.size()));
  });
}

absl::Status HeldFromIssuer(const ReadView& view, const EntrySource& source,
                            absl::FunctionRef<bool(std::string_view name)> visit) {
  return view.Scan<v1::Assignment>("assignments/", "", [&](std::string_view name, Stored<v1::Assignment> assignment) {
    const bool issued = assignment.value.issuer_node() == source.node && !assignment.value.has_cancel_time();
    return !issued || visit(name);
  });
}

absl::Status ApplyUpstreamEntry(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                                std::string_view node) {
  if (!entry.entity().starts_with("assignments/")) return absl::OkStatus();
  if (!IsIn("assignments/", entry.entity())) {
    return Refused(entry, source, "what a unit did is owned by its own node", "承办情况由承办单位所在节点掌握");
  }
  if (entry.withdrawn()) return ApplyWithdrawal(transaction, entry, source, node);
  v1::Assignment assignment;
  if (!entry.payload().UnpackTo(&assignment) || assignment.name() != entry.entity()) {
    return NotWhatItSays(entry, source);
  }
  if (assignment.issuer_node() != source.node) {
    return Refused(entry, source, "it was issued elsewhere", "不是该节点交办的");
  }
  if (assignment.unit_node() != node) {
    return Refused(entry, source, "its unit works elsewhere", "承办单位不在本节点");
  }
  DUBAN_ASSIGN_OR_RETURN(auto stored, transaction.Get<v1::Assignment>(entry.entity()));
  if (stored.has_value() && stored->value.issuer_node() != source.node) {
    return Refused(entry, source, "another node issued it", "由其他节点交办");
  }
  const int64_t own = stored.has_value() ? stored->value.version() : 0;
  if (!PlausibleVersion(assignment.version(), own)) {
    return ImplausibleVersion(entry.entity(), assignment.version(), own);
  }
  const bool older = stored.has_value() && assignment.version() < own;
  if (older && !source.starts_over) return absl::OkStatus();
  Change change(transaction, node, source.now);
  DUBAN_RETURN_IF_ERROR(change.TakeIn(std::move(assignment)));
  return change.Finish();
}

namespace {

// Takes in what came up from a node below; `change` has what was counted from it to finish.
absl::Status TakeOffered(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                         std::string_view node, Change& change) {
  // Going out of scope deletes nothing: what was once handed up stays with the issuer.
  if (entry.withdrawn()) return absl::OkStatus();
  // Orders do not go up: a plan below that names a unit of this node is that node's own affair.
  v1::Assignment order;
  if (entry.payload().UnpackTo(&order) && order.issuer_node() == source.node) {
    Log(LogLevel::kWarning, "assignment.order_from_below",
        {{"assignment", entry.entity()}, {"node", source.node}, {"unit", order.unit()}});
    return absl::OkStatus();
  }
  v1::Execution execution;
  if (!entry.payload().UnpackTo(&execution)) {
    return Refused(entry, source, "only what its units did comes up", "下级只能上报本级承办情况");
  }
  if (ExecutionName(execution.assignment()) != entry.entity()) {
    return Refused(entry, source, "it holds another assignment than its name says", "内容与名称不符");
  }
  // A neighbour's edge has judged every field already; a stranger's may not have.
  DUBAN_RETURN_IF_ERROR(ValidateRequest(execution));
  DUBAN_ASSIGN_OR_RETURN(auto stored, ReadHalves(transaction, execution.assignment()));
  if (!stored.has_value()) {
    // This node was restored from a backup that is older than the assignment. It must not hold up what it does know.
    Log(LogLevel::kWarning, "assignment.done_below_and_unknown",
        {{"assignment", execution.assignment()}, {"node", source.node}});
    return absl::OkStatus();
  }
  if (stored->assignment.issuer_node() != node) {
    return Refused(entry, source, "this node did not issue the assignment", "该事项不是本节点交办的");
  }
  const auto& former = stored->assignment.former_nodes();
  if (std::find(former.begin(), former.end(), source.node) != former.end()) return absl::OkStatus();
  if (stored->assignment.unit_node() != source.node || execution.node() != source.node) {
    return Refused(entry, source, "its unit works at another node", "承办单位不在该节点");
  }
  // Written before the unit's last move: its half begins anew there as soon as the issuer's has come down.
  if (execution.moves() != stored->assignment.moves()) return absl::OkStatus();
  const bool begun = stored->execution.moves() == execution.moves();
  const int64_t own = begun ? stored->execution.version() : 0;
  if (!PlausibleVersion(execution.version(), own)) {
    return ImplausibleVersion(entry.entity(), execution.version(), own);
  }
  const bool old = begun && execution.version() <= stored->execution.version();
  if (old && !source.starts_over && !DUBAN_BUG("assignment.old_half_taken")) return absl::OkStatus();
  return change.TakeIn(stored->assignment, execution);
}

std::string BytesOf(const google::protobuf::Message& message) {
  return message.SerializeAsString();
}

absl::StatusOr<TakenBack> TakeBackIssued(Transaction& transaction, v1::Assignment given, const EntrySource& source,
                                         std::string_view node) {
  DUBAN_ASSIGN_OR_RETURN(auto stored, transaction.Get<v1::Assignment>(given.name()));
  if (stored.has_value() && stored->value.issuer_node() != node) return TakenBack::kRefused;
  if (!PlausibleVersion(given.version(), stored.has_value() ? stored->value.version() : 0)) return TakenBack::kRefused;
  if (stored.has_value()) {
    DUBAN_ASSIGN_OR_RETURN(const TakenBack outcome,
                           CompareVersions(given.name(), given.version(), stored->value.version(),
                                           BytesOf(given) == BytesOf(stored->value)));
    if (outcome != TakenBack::kTaken) return outcome;
  }
  Change change(transaction, node, source.now);
  DUBAN_RETURN_IF_ERROR(change.TakeBack(std::move(given)));
  return TakenBack::kTaken;
}

absl::StatusOr<TakenBack> TakeBackDone(Transaction& transaction, const v1::Execution& given, const EntrySource& source,
                                       std::string_view node) {
  DUBAN_ASSIGN_OR_RETURN(auto stored, ReadHalves(transaction, given.assignment()));
  // The issuer's half comes down again by itself; until then this much is known of it.
  v1::Assignment assignment;
  assignment.set_name(given.assignment());
  assignment.set_issuer_node(source.node);
  if (stored.has_value()) assignment = std::move(stored->assignment);
  if (assignment.issuer_node() != source.node) return TakenBack::kRefused;
  DUBAN_ASSIGN_OR_RETURN(auto own, transaction.Get<v1::Execution>(ExecutionName(given.assignment())));
  if (!PlausibleVersion(given.version(), own.has_value() ? own->value.version() : 0)) return TakenBack::kRefused;
  if (own.has_value()) {
    DUBAN_ASSIGN_OR_RETURN(const TakenBack outcome,
                           CompareVersions(ExecutionName(given.assignment()), given.version(), own->value.version(),
                                           BytesOf(given) == BytesOf(own->value)));
    if (outcome != TakenBack::kTaken) return outcome;
  }
  Change change(transaction, node, source.now);
  DUBAN_RETURN_IF_ERROR(change.TakeIn(assignment, given));
  return TakenBack::kTaken;
}

}  // namespace

absl::Status ApplyOfferedEntry(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                               std::string_view node) {
  Change change(transaction, node, source.now);
  DUBAN_RETURN_IF_ERROR(TakeOffered(transaction, entry, source, node, change));
  return change.Finish();
}

absl::StatusOr<std::optional<google::protobuf::Any>> HalfHeldFor(const ReadView& view,
                                                                 const google::protobuf::Any& payload,
                                                                 std::string_view owner, std::string_view node) {
  v1::Assignment assignment;
  if (payload.UnpackTo(&assignment)) {
    if (assignment.issuer_node() != owner) return std::nullopt;
    if (assignment.cancel_reason() != kWithdrawnAbove) return payload;
    // As the issuer sent it, before it went to another node.
    assignment.clear_cancel_reason();
    assignment.clear_cancel_time();
    google::protobuf::Any before;
    before.PackFrom(assignment);
    return before;
  }
  v1::Execution execution;
  if (!payload.UnpackTo(&execution) || execution.node() != owner) return std::nullopt;
  DUBAN_ASSIGN_OR_RETURN(auto issued, view.Get<v1::Assignment>(execution.assignment()));
  const bool current = issued.has_value() && issued->value.issuer_node() == node && issued->value.unit_node() == owner;
  if (!current) return std::nullopt;
  return payload;
}

absl::StatusOr<bool> HeldByIssuer(const ReadView& view, std::string_view execution) {
  DUBAN_ASSIGN_OR_RETURN(auto done, view.Get<v1::Execution>(execution));
  if (!done.has_value()) return false;
  DUBAN_ASSIGN_OR_RETURN(auto assignment, view.Get<v1::Assignment>(done->value.assignment()));
  return assignment.has_value() && assignment->value.cancel_reason() != kWithdrawnAbove;
}

absl::StatusOr<TakenBack> TakeBackHalf(Transaction& transaction, const v1::HeldEntity& held, const EntrySource& source,
                                       std::string_view node) {
  v1::Assignment assignment;
  if (held.payload().UnpackTo(&assignment)) {
    const bool own = assignment.name() == held.entity() && IsIn("assignments/", held.entity()) &&
                     assignment.issuer_node() == node && assignment.unit_node() == source.node;
    return own ? TakeBackIssued(transaction, std::move(assignment), source, node) : TakenBack::kRefused;
  }
  v1::Execution execution;
  const bool own = held.payload().UnpackTo(&execution) && execution.node() == node &&
                   ExecutionName(execution.assignment()) == held.entity() && ValidateRequest(execution).ok();
  return own ? TakeBackDone(transaction, execution, source, node) : TakenBack::kRefused;
}

absl::Status TakeInBelow(Transaction& transaction, const v1::FeedEntry& entry, const EntrySource& source,
                         std::string_view node) {
  // Without Finish: everything is counted once, when all of it is back.
  Change change(transaction, node, source.now);
  const absl::Status taken = TakeOffered(transaction, entry, source, node, change);
  if (!IsSendersMistake(taken)) return taken;
  Log(LogLevel::kWarning, "rebuild.refused",
      {{"neighbour", source.node}, {"entity", entry.entity()}, {"error", std::string(ToStd(taken.message()))}});
  return absl::OkStatus();
}

absl::Status RecountAll(Transaction& transaction, const RebuildEnd& end, std::string_view node) {
  Change change(transaction, node, end.now);
  DUBAN_RETURN_IF_ERROR(WalkAssignments(transaction, {}, [&](Halves halves) -> absl::StatusOr<bool> {
    if (halves.execution.node() == node) change.Recount(halves.assignment);
    return true;
  }));
  return change.Finish();
}

}  // namespace duban
