#include "services/assignment/assignment_core.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <variant>

#include "absl/functional/function_ref.h"
#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "services/assignment/board.h"
#include "services/assignment/due_list.h"
#include "services/assignment/issuer_list.h"
#include "services/assignment/lists.h"
#include "services/assignment/order_search.h"
#include "services/assignment/plan_to_orders.h"
#include "services/assignment/readdress.h"
#include "services/assignment/state.h"
#include "services/assignment/timeline.h"

namespace duban {
namespace {

constexpr char kService[] = "duban.v1.AssignmentService/";
// Most assignments that a pull says are held by others.
constexpr int kMaxHeld = 500;

absl::Status WorksElsewhere(std::string_view unit, std::string_view node) {
  return Error(v1::NOT_OWNER, StrCat("`", unit, "` works at node `", node, "`; call that node"),
               StrCat("“", unit, "”在“", node, "”节点，请到该节点办理"), {{"node", std::string(node)}});
}

// Whether an error is about what was asked, not about the server: what else is asked can still be done.
bool IsAnswer(const absl::Status& status) {
  const v1::ErrorReason reason = ReasonOf(status);
  return reason != v1::ERROR_REASON_UNSPECIFIED && reason != v1::INVARIANT_BROKEN && reason != v1::NOT_SERVING &&
         reason != v1::OUTCOME_UNKNOWN;
}

absl::Status CommentMissing(std::string_view field) {
  return InvalidField(field, "is required when a result is returned: say what is missing",
                      "不能为空：退回时请写明缺少什么");
}

// Checks that a call names each assignment once; `field_of` says where the `i`-th stands.
template <typename Items, typename FieldOf>
absl::Status CheckEachOnce(const Items& items, FieldOf field_of) {
  FieldErrors errors;
  std::set<std::string_view> seen;
  for (size_t i = 0; i < items.size(); ++i) {
    if (seen.insert(items[i].name).second) continue;
    errors.Add(field_of(i), "names an assignment that stands before it; name each once",
               "与前面的交办事项重复，每项只能出现一次");
  }
  return errors.ToStatus();
}

absl::Duration LengthOf(const v1::PullAssignmentsRequest& request) {
  if (!request.has_lease()) return kDefaultLease;
  return absl::Seconds(request.lease().seconds()) + absl::Nanoseconds(request.lease().nanos());
}

// The names of a pull have to be of its unit.
absl::Status CheckNames(const v1::PullAssignmentsRequest& request) {
  FieldErrors errors;
  for (int i = 0; i < request.names_size(); ++i) {
    if (ParseName(request.names(i)).unit() == request.unit()) continue;
    errors.Add(StrCat("names[", i, "]"), StrCat("is no assignment of `", request.unit(), "`; pull for its own unit"),
               StrCat("不是“", request.unit(), "”的交办事项，请按其所属单位领取"));
  }
  return errors.ToStatus();
}

// The places of a row that a pull looks at, in the order of lists: those of what it names, or all.
std::vector<int> PlacesAsked(const v1::PullAssignmentsRequest& request, std::string_view plan, const PlanBook& book,
                             const storage::v1::DeskRow& row) {
  std::vector<int> places = SortedPlaces(book, row);
  if (request.names().empty()) return places;
  std::set<int> asked;
  for (const std::string& name : request.names()) {
    const ParsedName parsed = ParseName(name);
    if (parsed.plan != plan) continue;
    const std::optional<uint32_t> ordinal = book.OrdinalOf(parsed.task);
    if (ordinal.has_value()) asked.insert(PlaceOf(row, *ordinal));
  }
  places.erase(std::remove_if(places.begin(), places.end(), [&](int place) { return asked.count(place) == 0; }),
               places.end());
  return places;
}

// Visits the plans that a pull looks at, by name, until `visit` returns false: those of what it names, or all under
// which something waits for its unit.
absl::Status VisitPlansAsked(const ReadView& view, const v1::PullAssignmentsRequest& request,
                             absl::FunctionRef<absl::StatusOr<bool>(const std::string& plan)> visit) {
  if (request.names().empty()) return VisitWaiting(view, request.unit(), visit);
  std::set<std::string, std::less<>> plans;
  for (const std::string& name : request.names()) plans.emplace(ParseName(name).plan);
  for (const std::string& plan : plans) {
    DUBAN_ASSIGN_OR_RETURN(const bool more, visit(plan));
    if (!more) break;
  }
  return absl::OkStatus();
}

// One pull that comes for the first time: leases what waits, plan by plan, until that is enough.
class Pull {
 public:
  // All outlive it.
  Pull(const v1::PullAssignmentsRequest& request, std::string_view node, absl::Time now, const std::string& token,
       Desk& desk, Viewer& viewer, v1::PullAssignmentsResponse& response)
      : request_(request),
        node_(node),
        now_(now),
        token_(token),
        most_(request.max_assignments() > 0 ? request.max_assignments() : kDefaultPull),
        desk_(desk),
        viewer_(viewer),
        response_(response) {}

  // Leases what is free under a plan. Returns whether more can be taken.
  absl::StatusOr<bool> TakeUnder(const std::string& plan) {
    DUBAN_ASSIGN_OR_RETURN(const storage::v1::DeskRow* row, desk_.Row(plan, request_.unit()));
    DUBAN_ASSIGN_OR_RETURN(const PlanBook* book, desk_.Book(plan));
    DUBAN_ASSIGN_OR_RETURN(storage::v1::DeskLeases * leases, desk_.Leases(plan, request_.unit()));
    storage::v1::DeskLeases::Lease lease;
    for (const int place : PlacesAsked(request_, plan, *book, *row)) {
      if (full()) break;
      const uint32_t ordinal = row->ordinals(place);
      if (StandingAt(*row, place).state != v1::Assignment::ISSUED) continue;
      if (LeaseOf(*leases, ordinal, now_) != nullptr && !DUBAN_BUG("assignment.leased_twice")) continue;
      DUBAN_ASSIGN_OR_RETURN(v1::Assignment taken, viewer_.ViewAt(plan, request_.unit(), *book, *row, place));
      if (taken.unit_node() != node_) continue;
      bytes_ += static_cast<int64_t>(taken.ByteSizeLong());
      *response_.add_assignments() = std::move(taken);
      lease.add_ordinals(ordinal);
    }
    if (!lease.ordinals().empty()) {
      DropRunOut(now_, *leases);
      lease.set_token(token_);
      *lease.mutable_expire_time() = ToProto(now_ + LengthOf(request_));
      *leases->add_leases() = std::move(lease);
    }
    return !full();
  }

 private:
  bool full() const { return response_.assignments_size() >= most_ || bytes_ >= kMaxListBytes; }

  const v1::PullAssignmentsRequest& request_;
  const std::string_view node_;
  const absl::Time now_;
  const std::string& token_;
  const int most_;
  Desk& desk_;
  Viewer& viewer_;
  v1::PullAssignmentsResponse& response_;
  int64_t bytes_ = 0;
};

}  // namespace

absl::Status AssignmentCore::CheckUnit(const ReadView& view, const std::string& unit) const {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> at, records_.NodeOfUnit(view, unit));
  if (at.has_value()) return *at == ports_.node ? absl::OkStatus() : WorksElsewhere(unit, *at);
  // An order can come down before the directory entry of its unit: the two travel in different feeds.
  DUBAN_ASSIGN_OR_RETURN(const storage::v1::UnitDesk desk, ReadUnitDesk(view, unit));
  return desk.tally().keys().empty() ? NotFound(unit) : absl::OkStatus();
}

absl::Status AssignmentCore::LeaseTo(Transaction& transaction, const v1::PullAssignmentsRequest& request,
                                     v1::PullAssignmentsResponse* response) {
  DUBAN_RETURN_IF_ERROR(CheckNames(request));
  DUBAN_RETURN_IF_ERROR(CheckUnit(transaction, request.unit()));
  const absl::Time now = ports_.clock->Now();
  const std::string token = ports_.ids->NextId("lease-");
  Change change(transaction, records_, now);
  Viewer viewer(transaction, records_, DayOf(now));
  Pull pull(request, ports_.node, now, token, change.desk(), viewer, *response);
  const auto take = [&](const std::string& plan) { return pull.TakeUnder(plan); };
  DUBAN_RETURN_IF_ERROR(VisitPlansAsked(transaction, request, take));
  if (!request.names().empty() || response->assignments().empty()) {
    DUBAN_RETURN_IF_ERROR(TellHeld(transaction, request, now, token, change.desk(), response));
  }
  if (response->assignments().empty()) return absl::OkStatus();
  response->set_lease_token(token);
  *response->mutable_lease_expire_time() = ToProto(now + LengthOf(request));
  return change.Finish();
}

absl::Status AssignmentCore::TellHeld(const ReadView& view, const v1::PullAssignmentsRequest& request, absl::Time now,
                                      std::string_view own, Desk& desk, v1::PullAssignmentsResponse* response) const {
  return VisitPlansAsked(view, request, [&](const std::string& plan) -> absl::StatusOr<bool> {
    DUBAN_ASSIGN_OR_RETURN(const storage::v1::DeskRow* row, desk.Row(plan, request.unit()));
    DUBAN_ASSIGN_OR_RETURN(const PlanBook* book, desk.Book(plan));
    DUBAN_ASSIGN_OR_RETURN(const storage::v1::DeskLeases* leases, desk.Leases(plan, request.unit()));
    for (const int place : PlacesAsked(request, plan, *book, *row)) {
      if (response->held_size() == kMaxHeld) return false;
      const uint32_t ordinal = row->ordinals(place);
      const storage::v1::DeskLeases::Lease* lease = LeaseOf(*leases, ordinal, now);
      if (StandingAt(*row, place).state != v1::Assignment::ISSUED || lease == nullptr || lease->token() == own)
        continue;
      v1::PullAssignmentsResponse::Held& held = *response->add_held();
      held.set_name(AssignmentName(StrCat(plan, "/tasks/", book->order(ordinal).task()), request.unit()));
      *held.mutable_lease_expire_time() = lease->expire_time();
    }
    return true;
  });
}

absl::Status AssignmentCore::TellLease(const ReadView& view, const v1::PullAssignmentsRequest& request,
                                       v1::PullAssignmentsResponse* response) const {
  const absl::Time now = ports_.clock->Now();
  const std::string& unit = request.unit();
  // The desk is read through a command that is never committed.
  const WriteSet nothing;
  Transaction transaction(&view, &nothing, 0);
  Desk desk(transaction, records_);
  Viewer viewer(view, records_, DayOf(now));
  DUBAN_RETURN_IF_ERROR(VisitWaiting(view, unit, [&](const std::string& plan) -> absl::StatusOr<bool> {
    DUBAN_ASSIGN_OR_RETURN(const storage::v1::DeskRow* row, desk.Row(plan, unit));
    DUBAN_ASSIGN_OR_RETURN(const PlanBook* book, desk.Book(plan));
    DUBAN_ASSIGN_OR_RETURN(const storage::v1::DeskLeases* leases, desk.Leases(plan, unit));
    for (const int place : SortedPlaces(*book, *row)) {
      const storage::v1::DeskLeases::Lease* lease = LeaseOf(*leases, row->ordinals(place), now);
      if (lease == nullptr || lease->token() != response->lease_token()) continue;
      DUBAN_ASSIGN_OR_RETURN(*response->add_assignments(), viewer.ViewAt(plan, unit, *book, *row, place));
    }
    return true;
  }));
  if (request.names().empty() && !response->assignments().empty()) return absl::OkStatus();
  return TellHeld(view, request, now, response->lease_token(), desk, response);
}

absl::Status AssignmentCore::PullAssignments(const Caller& caller, const v1::PullAssignmentsRequest& request,
                                             v1::PullAssignmentsResponse* response) {
  const Repeat again = RepeatOf<v1::PullAssignmentsResponse>(
      [](const v1::PullAssignmentsResponse& answer, v1::PullAssignmentsResponse* kept) {
        kept->set_lease_token(answer.lease_token());
        if (answer.has_lease_expire_time()) *kept->mutable_lease_expire_time() = answer.lease_expire_time();
      },
      [&](const ReadView& view, v1::PullAssignmentsResponse* answer) { return TellLease(view, request, answer); });
  return ports_.store->Request(
      {caller, StrCat(kService, "PullAssignments"), request}, response,
      [&](Transaction& transaction) { return LeaseTo(transaction, request, response); }, again);
}

absl::StatusOr<bool> AssignmentCore::HoldsLease(Change& change, const Duty& duty, std::string_view token) const {
  const std::string_view plan = ParseName(duty.name).plan;
  DUBAN_ASSIGN_OR_RETURN(const std::optional<uint32_t> ordinal, change.desk().OrdinalOf(plan, duty.order->task()));
  DUBAN_ASSIGN_OR_RETURN(const storage::v1::DeskLeases* leases, change.desk().Leases(plan, duty.addressee.unit()));
  if (!ordinal.has_value()) return false;
  const storage::v1::DeskLeases::Lease* lease = LeaseOf(*leases, *ordinal, ports_.clock->Now());
  return lease != nullptr && (lease->token() == token || DUBAN_BUG("assignment.any_lease_token"));
}

absl::StatusOr<AssignmentCore::Target> AssignmentCore::TargetOf(const ReadView& view, const Duty& duty,
                                                                std::string_view unit) const {
  Target target;
  DUBAN_ASSIGN_OR_RETURN(const auto entry, view.Get<v1::Unit>(unit));
  const std::string today = FormatDay(DayOf(ports_.clock->Now()));
  const bool there = entry.has_value() && (entry->value.valid_from().empty() || entry->value.valid_from() <= today) &&
                     (entry->value.valid_to().empty() || today < entry->value.valid_to());
  if (!there) return target;
  target.addressee.set_unit(std::string(unit));
  target.addressee.set_unit_display_name(entry->value.display_name());
  target.addressee.set_unit_node(std::string(NodeOf(entry->value, ports_.node)));
  DUBAN_ASSIGN_OR_RETURN(const AddressedOrder order, WithAddressees(view, records_, *duty.order));
  const bool full = order.addressees->size() >= kMaxAddressees;
  target.is = HasTask(*order.addressees, unit) ? ReaddressAct::Target::kHasTask
              : full                           ? ReaddressAct::Target::kNoRoom
                                               : ReaddressAct::Target::kFree;
  return target;
}

absl::StatusOr<Duty> AssignmentCore::Do(Transaction& transaction, Change& change, const Item& item) {
  DUBAN_ASSIGN_OR_RETURN(Duty duty, change.NeedDuty(item.name));
  Act act = item.act;
  auto* sign = std::get_if<SignAct>(&act);
  auto* decline = std::get_if<DeclineAct>(&act);
  auto* readdress = std::get_if<ReaddressAct>(&act);
  Target target;
  if (sign != nullptr) {
    DUBAN_ASSIGN_OR_RETURN(sign->lease_held, HoldsLease(change, duty, item.lease_token));
  } else if (decline != nullptr) {
    DUBAN_ASSIGN_OR_RETURN(const CalendarPtr calendar, records_.Calendar(transaction));
    decline->last_day = LastDeclineDay(duty, *calendar);
  } else if (readdress != nullptr) {
    DUBAN_ASSIGN_OR_RETURN(target, TargetOf(transaction, duty, readdress->unit));
    readdress->target = target.is;
  }
  DUBAN_ASSIGN_OR_RETURN(Acted acted, Perform(duty, act, {ports_.node, ports_.clock->Now(), item.etag}));
  if (sign != nullptr || decline != nullptr) {
    DUBAN_RETURN_IF_ERROR(change.desk().Release(*duty.order, duty.addressee.unit(), ports_.clock->Now()));
  }
  DUBAN_ASSIGN_OR_RETURN(duty, change.Act(std::move(duty), std::move(acted)));
  if (readdress == nullptr) return duty;
  const std::string reason = ReaddressedReason(target.addressee.unit_display_name(), readdress->comment);
  return change.Readdress(duty, target.addressee, reason);
}

absl::Status AssignmentCore::DoOne(const ClientRequest& request, const Item& item, v1::Assignment* response) {
  const Repeat again = RepeatByName<v1::Assignment>(
      [this](const ReadView& view, const std::string& name) -> absl::StatusOr<v1::Assignment> {
        DUBAN_ASSIGN_OR_RETURN(const Duty duty, records_.NeedDuty(view, name));
        v1::Assignment shown;
        DUBAN_RETURN_IF_ERROR(Show(view, duty, &shown));
        return shown;
      });
  return ports_.store->Request(
      request, response,
      [&](Transaction& transaction) -> absl::Status {
        Change change(transaction, records_, ports_.clock->Now());
        DUBAN_ASSIGN_OR_RETURN(const Duty duty, Do(transaction, change, item));
        DUBAN_RETURN_IF_ERROR(change.Finish());
        return ShowActed(transaction, change.desk(), duty, response);
      },
      again);
}

template <typename Response>
absl::Status AssignmentCore::DoAll(const ClientRequest& request, const std::vector<Item>& items, Response* response) {
  storage::v1::ActsMemo memo;
  DUBAN_RETURN_IF_ERROR(ports_.store->Request(request, &memo, [&](Transaction& transaction) -> absl::Status {
    Change change(transaction, records_, ports_.clock->Now());
    for (const Item& item : items) {
      v1::ActResult& result = *response->add_results();
      result.set_name(std::string(item.name));
      absl::StatusOr<Duty> duty = Do(transaction, change, item);
      if (!duty.ok() && !IsAnswer(duty.status())) return duty.status();
      memo.mutable_refusals()->push_back(static_cast<char>(ReasonOf(duty.status())));
      if (!duty.ok()) {
        *result.mutable_error() = ToRpcStatus(duty.status());
        duty = change.NeedDuty(item.name);
      }
      if (!duty.ok()) continue;
      result.set_state(StateOf(*duty));
      result.set_etag(EtagOf(*duty));
    }
    return change.Finish();
  }));
  return response->results().empty() ? TellActs(items, memo, response) : absl::OkStatus();
}

template <typename Response>
absl::Status AssignmentCore::TellActs(const std::vector<Item>& items, const storage::v1::ActsMemo& memo,
                                      Response* response) const {
  const std::unique_ptr<Snapshot> snapshot = ports_.store->TakeSnapshot();
  for (size_t i = 0; i < items.size() && i < memo.refusals().size(); ++i) {
    v1::ActResult& result = *response->add_results();
    result.set_name(std::string(items[i].name));
    const auto refusal = static_cast<v1::ErrorReason>(static_cast<unsigned char>(memo.refusals()[i]));
    if (refusal != v1::ERROR_REASON_UNSPECIFIED) {
      *result.mutable_error() = ToRpcStatus(
          Error(refusal, StrCat("`", items[i].name, "` was refused when this request came first; nothing was changed"),
                StrCat("“", items[i].name, "”在首次请求时已被拒绝，未作任何改动")));
    }
    DUBAN_ASSIGN_OR_RETURN(const std::optional<Duty> duty, records_.FindDuty(*snapshot, items[i].name));
    if (!duty.has_value()) continue;
    result.set_state(StateOf(*duty));
    result.set_etag(EtagOf(*duty));
  }
  return absl::OkStatus();
}

namespace {

// Whose act it is at the unit of an assignment.
absl::StatusOr<ActingPerson> ClerkOf(const Caller& caller, const std::string& assignment, const std::string& said,
                                     const std::string& field) {
  return InWhoseName(caller, {v1::CLERK, StrCat("units/", LastSegment(assignment))}, said, field);
}

// Whose act it is at the issuer, for one of whose roles it is.
absl::StatusOr<ActingPerson> IssuerOf(const Caller& caller, std::initializer_list<v1::Role> roles,
                                      const std::string& said, const std::string& field) {
  absl::StatusOr<ActingPerson> who = absl::UnknownError("no role");
  for (const v1::Role role : roles) {
    who = InWhoseName(caller, {role, ""}, said, field);
    if (who.ok()) break;
  }
  return who;
}

}  // namespace

absl::Status AssignmentCore::ReceiveAssignment(const Caller& caller, const v1::ReceiveAssignmentRequest& request,
                                               v1::Assignment* response) {
  DUBAN_ASSIGN_OR_RETURN(ActingPerson who, ClerkOf(caller, request.name(), request.signer(), "signer"));
  const Item item{request.name(), {}, SignAct{std::move(who)}, request.lease_token()};
  return DoOne({caller, StrCat(kService, "ReceiveAssignment"), request}, item, response);
}

absl::Status AssignmentCore::ReceiveAssignments(const Caller& caller, const v1::ReceiveAssignmentsRequest& request,
                                                v1::ReceiveAssignmentsResponse* response) {
  std::vector<Item> items;
  for (const std::string& name : request.names()) {
    DUBAN_ASSIGN_OR_RETURN(ActingPerson who, ClerkOf(caller, name, request.signer(), "signer"));
    items.push_back({name, {}, SignAct{std::move(who)}, request.lease_token()});
  }
  DUBAN_RETURN_IF_ERROR(CheckEachOnce(items, [](size_t i) { return StrCat("names[", i, "]"); }));
  return DoAll({caller, StrCat(kService, "ReceiveAssignments"), request}, items, response);
}

absl::Status AssignmentCore::ReportProgress(const Caller& caller, const v1::ReportProgressRequest& request,
                                            v1::Assignment* response) {
  DUBAN_ASSIGN_OR_RETURN(ActingPerson who,
                         ClerkOf(caller, request.name(), request.report().reporter(), "report.reporter"));
  const Item item{request.name(), request.etag(), ReportAct{request.report(), std::move(who)}};
  return DoOne({caller, StrCat(kService, "ReportProgress"), request}, item, response);
}

absl::Status AssignmentCore::SubmitResult(const Caller& caller, const v1::SubmitResultRequest& request,
                                          v1::Assignment* response) {
  DUBAN_ASSIGN_OR_RETURN(ActingPerson who,
                         ClerkOf(caller, request.name(), request.submission().submitter(), "submission.submitter"));
  const Item item{request.name(), request.etag(),
                  SubmitAct{request.submission(), ports_.ids->NextId("s-"), std::move(who)}};
  return DoOne({caller, StrCat(kService, "SubmitResult"), request}, item, response);
}

absl::Status AssignmentCore::SubmitResults(const Caller& caller, const v1::SubmitResultsRequest& request,
                                           v1::SubmitResultsResponse* response) {
  std::vector<Item> items;
  for (const v1::SubmitResultsRequest::Item& item : request.items()) {
    DUBAN_ASSIGN_OR_RETURN(ActingPerson who, ClerkOf(caller, item.name(), item.submission().submitter(),
                                                     StrCat("items[", items.size(), "].submission.submitter")));
    items.push_back({item.name(), item.etag(), SubmitAct{item.submission(), ports_.ids->NextId("s-"), std::move(who)}});
  }
  DUBAN_RETURN_IF_ERROR(CheckEachOnce(items, [](size_t i) { return StrCat("items[", i, "].name"); }));
  return DoAll({caller, StrCat(kService, "SubmitResults"), request}, items, response);
}

absl::Status AssignmentCore::ReviewSubmission(const Caller& caller, const v1::ReviewSubmissionRequest& request,
                                              v1::Assignment* response) {
  if (request.verdict() == v1::Review::RETURNED && request.comment().empty()) return CommentMissing("comment");
  DUBAN_ASSIGN_OR_RETURN(ActingPerson who, InWhoseName(caller, {v1::REVIEWER, ""}, request.reviewer(), "reviewer"));
  const ReviewAct review{request.submission_id(), request.verdict(), request.comment(), std::move(who),
                         caller.kind == CallerKind::kPerson};
  return DoOne({caller, StrCat(kService, "ReviewSubmission"), request}, {request.name(), request.etag(), review},
               response);
}

absl::Status AssignmentCore::ReviewSubmissions(const Caller& caller, const v1::ReviewSubmissionsRequest& request,
                                               v1::ReviewSubmissionsResponse* response) {
  DUBAN_ASSIGN_OR_RETURN(const ActingPerson who,
                         InWhoseName(caller, {v1::REVIEWER, ""}, request.reviewer(), "reviewer"));
  std::vector<Item> items;
  for (const v1::ReviewSubmissionsRequest::Item& item : request.items()) {
    if (item.verdict() == v1::Review::RETURNED && item.comment().empty()) {
      return CommentMissing(StrCat("items[", items.size(), "].comment"));
    }
    items.push_back(
        {item.name(), item.etag(),
         ReviewAct{item.submission_id(), item.verdict(), item.comment(), who, caller.kind == CallerKind::kPerson}});
  }
  DUBAN_RETURN_IF_ERROR(CheckEachOnce(items, [](size_t i) { return StrCat("items[", i, "].name"); }));
  return DoAll({caller, StrCat(kService, "ReviewSubmissions"), request}, items, response);
}

absl::Status AssignmentCore::DeclineAssignment(const Caller& caller, const v1::DeclineAssignmentRequest& request,
                                               v1::Assignment* response) {
  DUBAN_ASSIGN_OR_RETURN(ActingPerson who,
                         ClerkOf(caller, request.name(), request.decline().decliner(), "decline.decliner"));
  return DoOne({caller, StrCat(kService, "DeclineAssignment"), request},
               {request.name(), request.etag(), DeclineAct{request.decline(), std::move(who)}}, response);
}

absl::Status AssignmentCore::RequestExtension(const Caller& caller, const v1::RequestExtensionRequest& request,
                                              v1::Assignment* response) {
  DUBAN_ASSIGN_OR_RETURN(ActingPerson who,
                         ClerkOf(caller, request.name(), request.extension().requester(), "extension.requester"));
  return DoOne({caller, StrCat(kService, "RequestExtension"), request},
               {request.name(), request.etag(), ExtensionAct{request.extension(), std::move(who)}}, response);
}

absl::Status AssignmentCore::RetractReport(const Caller& caller, const v1::RetractReportRequest& request,
                                           v1::Assignment* response) {
  return DoOne({caller, StrCat(kService, "RetractReport"), request},
               {request.name(), request.etag(), RetractAct{request.report_id()}}, response);
}

absl::Status AssignmentCore::ReaddressAssignment(const Caller& caller, const v1::ReaddressAssignmentRequest& request,
                                                 v1::Assignment* response) {
  DUBAN_ASSIGN_OR_RETURN(ActingPerson who, IssuerOf(caller, {v1::PLANNER, v1::REVIEWER}, request.arbiter(), "arbiter"));
  const ReaddressAct act{request.unit(), request.comment(), std::move(who)};
  return DoOne({caller, StrCat(kService, "ReaddressAssignment"), request}, {request.name(), request.etag(), act},
               response);
}

absl::Status AssignmentCore::BindAssignment(const Caller& caller, const v1::BindAssignmentRequest& request,
                                            v1::Assignment* response) {
  DUBAN_ASSIGN_OR_RETURN(ActingPerson who, IssuerOf(caller, {v1::PLANNER, v1::REVIEWER}, request.arbiter(), "arbiter"));
  const BindAct act{request.comment(), request.due(), std::move(who)};
  return DoOne({caller, StrCat(kService, "BindAssignment"), request}, {request.name(), request.etag(), act}, response);
}

absl::Status AssignmentCore::AnswerExtension(const Caller& caller, const v1::AnswerExtensionRequest& request,
                                             v1::Assignment* response) {
  const bool refused = request.verdict() == v1::ExtensionAnswer::REFUSED;
  if (refused && request.comment().empty()) {
    return InvalidField("comment", "is required when an extension is refused: say why",
                        "不能为空：不予延期时请写明理由");
  }
  if (refused && !request.due().empty()) {
    return InvalidField("due", "is for an extension that is granted; leave it empty", "只用于准予延期，请留空");
  }
  DUBAN_ASSIGN_OR_RETURN(ActingPerson who,
                         IssuerOf(caller, {v1::PLANNER, v1::REVIEWER}, request.answerer(), "answerer"));
  const AnswerAct act{request.extension_id(), request.verdict(), request.due(), request.comment(), std::move(who)};
  return DoOne({caller, StrCat(kService, "AnswerExtension"), request}, {request.name(), request.etag(), act}, response);
}

absl::Status AssignmentCore::MarkReportsRead(const Caller& caller, const v1::MarkReportsReadRequest& request,
                                             v1::Assignment* response) {
  DUBAN_ASSIGN_OR_RETURN(ActingPerson who,
                         IssuerOf(caller, {v1::PLANNER, v1::REVIEWER, v1::LEADER}, request.reader(), "reader"));
  return DoOne({caller, StrCat(kService, "MarkReportsRead"), request},
               {request.name(), request.etag(), ReadAct{std::move(who)}}, response);
}

absl::Status AssignmentCore::AddRemark(const Caller& caller, const v1::AddRemarkRequest& request,
                                       v1::Assignment* response) {
  DUBAN_ASSIGN_OR_RETURN(ActingPerson who,
                         IssuerOf(caller, {v1::PLANNER, v1::REVIEWER, v1::LEADER}, request.author(), "author"));
  return DoOne({caller, StrCat(kService, "AddRemark"), request},
               {request.name(), request.etag(), RemarkAct{request.text(), std::move(who)}}, response);
}

absl::Status AssignmentCore::UrgeAssignments(const Caller& caller, const v1::UrgeAssignmentsRequest& request,
                                             v1::UrgeAssignmentsResponse* response) {
  DUBAN_ASSIGN_OR_RETURN(const ActingPerson who,
                         IssuerOf(caller, {v1::PLANNER, v1::REVIEWER, v1::LEADER}, request.author(), "author"));
  std::vector<Item> items;
  for (const v1::UrgeAssignmentsRequest::Item& item : request.items()) {
    items.push_back({item.name(), item.etag(), UrgeAct{request.text(), who}});
  }
  DUBAN_RETURN_IF_ERROR(CheckEachOnce(items, [](size_t i) { return StrCat("items[", i, "].name"); }));
  return DoAll({caller, StrCat(kService, "UrgeAssignments"), request}, items, response);
}

absl::Status AssignmentCore::Show(const ReadView& view, const Duty& duty, v1::Assignment* response) const {
  DUBAN_ASSIGN_OR_RETURN(const CalendarPtr calendar, records_.Calendar(view));
  Viewer viewer(view, records_, DayOf(ports_.clock->Now()));
  DUBAN_ASSIGN_OR_RETURN(*response, viewer.View(duty, StandingOf(duty, *calendar), true));
  return absl::OkStatus();
}

absl::Status AssignmentCore::ShowActed(const ReadView& view, Desk& desk, const Duty& duty,
                                       v1::Assignment* response) const {
  const std::string_view plan = ParseName(duty.name).plan;
  DUBAN_ASSIGN_OR_RETURN(const std::optional<uint32_t> ordinal, desk.OrdinalOf(plan, duty.order->task()));
  DUBAN_ASSIGN_OR_RETURN(const storage::v1::DeskRow* row, desk.Row(plan, duty.addressee.unit()));
  const int place = ordinal.has_value() ? PlaceOf(*row, *ordinal) : -1;
  if (place < 0) return InvariantBroken(StrCat("no desk knows ", duty.name));
  Viewer viewer(view, records_, DayOf(ports_.clock->Now()));
  const bool decomposed = (row->stored(place) & kDecompositionStored) != 0;
  DUBAN_ASSIGN_OR_RETURN(*response, viewer.View(duty, StandingAt(*row, place), decomposed));
  return absl::OkStatus();
}

absl::Status AssignmentCore::GetAssignment(const Caller&, const v1::GetAssignmentRequest& request,
                                           v1::Assignment* response) {
  const std::unique_ptr<Snapshot> snapshot = ports_.store->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(const Duty duty, records_.NeedDuty(*snapshot, request.name()));
  return Show(*snapshot, duty, response);
}

absl::Status AssignmentCore::ListAssignments(const Caller& caller, const v1::ListAssignmentsRequest& request,
                                             v1::ListAssignmentsResponse* response) {
  const absl::CivilDay today = DayOf(ports_.clock->Now());
  const std::unique_ptr<Snapshot> snapshot = ports_.store->TakeSnapshot();
  const Listing listing = {ports_.page_key, caller.label(), ""};
  return request.order_by().empty() ? ListFromDesk(*snapshot, records_, today, listing, request, response)
                                    : ListByDue(*snapshot, records_, today, listing, request, response);
}

absl::Status AssignmentCore::ListIssuerItems(const Caller& caller, const v1::ListIssuerItemsRequest& request,
                                             v1::ListIssuerItemsResponse* response) {
  const Listing listing = {ports_.page_key, caller.label(), ""};
  return ListForIssuer(*ports_.store->TakeSnapshot(), records_, DayOf(ports_.clock->Now()), listing, request, response);
}

absl::Status AssignmentCore::SearchAssignments(const Caller& caller, const v1::SearchAssignmentsRequest& request,
                                               v1::SearchAssignmentsResponse* response) {
  const std::unique_ptr<Snapshot> snapshot = ports_.store->TakeSnapshot();
  const Listing listing = {ports_.page_key, caller.label(), ""};
  return duban::SearchAssignments(*snapshot, records_, DayOf(ports_.clock->Now()), listing, request, response);
}

absl::Status AssignmentCore::GetIssuance(const Caller&, const v1::GetIssuanceRequest& request,
                                         v1::GetIssuanceResponse* response) {
  DUBAN_ASSIGN_OR_RETURN(
      const std::optional<storage::v1::PlanExpansion> expansion,
      ports_.store->TakeSnapshot()->GetLocal<storage::v1::PlanExpansion>(ExpansionName(request.plan())));
  if (!expansion.has_value() || expansion->issuer() != request.issuer()) return absl::OkStatus();
  response->set_revision(expansion->revision());
  *response->mutable_issuance() = expansion->issuance();
  *response->mutable_issue_time() = expansion->expand_time();
  return absl::OkStatus();
}

absl::Status AssignmentCore::GetTimeline(const Caller&, const v1::GetTimelineRequest& request,
                                         v1::GetTimelineResponse* response) {
  const std::unique_ptr<Snapshot> snapshot = ports_.store->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(const Duty duty, records_.NeedDuty(*snapshot, request.name()));
  v1::Assignment assignment;
  DUBAN_RETURN_IF_ERROR(Show(*snapshot, duty, &assignment));
  const std::vector<v1::DutyChange> changes = ChangesOf(duty);
  assignment.mutable_duty_changes()->Assign(changes.begin(), changes.end());
  for (v1::TimelineEntry& entry : TimelineOf(assignment)) *response->add_entries() = std::move(entry);
  return absl::OkStatus();
}

absl::Status AssignmentCore::GetBoard(const Caller&, const v1::GetBoardRequest& request,
                                      v1::GetBoardResponse* response) {
  if (request.filter().extension_open()) {
    return InvalidField("filter.extension_open", "is for lists; leave it out", "只用于列表，看板请勿填写");
  }
  DUBAN_ASSIGN_OR_RETURN(*response,
                         BoardFromDesk(*ports_.store->TakeSnapshot(), records_, request, DayOf(ports_.clock->Now())));
  return absl::OkStatus();
}

}  // namespace duban
