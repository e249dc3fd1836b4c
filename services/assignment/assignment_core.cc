#include "services/assignment/assignment_core.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/ids.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/calendar/periods.h"
#include "duban/storage/v1/record.pb.h"
#include "duban/v1/unit.pb.h"
#include "services/assignment/board.h"
#include "services/assignment/plan_to_assignments.h"
#include "services/assignment/state.h"
#include "services/assignment/timeline.h"

namespace duban {
namespace {

constexpr char kService[] = "duban.v1.AssignmentService/";

absl::Status NotOwner(std::string_view what, std::string_view node, std::string_view english,
                      std::string_view chinese) {
  return Error(v1::NOT_OWNER, StrCat("`", what, "` ", english, " node `", node, "`; call that node"),
               StrCat("“", what, "”", chinese, "“", node, "”节点，请到该节点办理"), {{"node", std::string(node)}});
}

absl::Status WrongState(const Halves& halves, std::string_view english, std::string_view chinese) {
  const v1::Assignment::State state = StateOf(halves.assignment, halves.execution);
  const std::string& name = halves.assignment.name();
  return Error(v1::WRONG_STATE, StrCat("`", name, "` is ", v1::Assignment::State_Name(state), "; ", english),
               StrCat("“", name, "”", StateInChinese(state), "，", chinese),
               {{"state", v1::Assignment::State_Name(state)}});
}

absl::Status LeaseNotHeld(std::string_view name) {
  return Error(v1::LEASE_NOT_HELD, StrCat("the lease of `", name, "` is not the latest one or has run out; pull again"),
               StrCat("“", name, "”的领取凭证已过期或不是最新一次领取的，请重新领取后再签收"),
               {{"name", std::string(name)}});
}

// Signed for, and not handed in or closed.
bool TakesWork(const Halves& halves) {
  const v1::Assignment::State state = StateOf(halves.assignment, halves.execution);
  return state == v1::Assignment::RECEIVED || state == v1::Assignment::IN_PROGRESS;
}

// Checks that one more entry fits the unit's half.
absl::Status CheckRoom(std::string_view name, const v1::Execution& next) {
  const bool fits = next.reports_size() + next.submissions_size() <= kMaxExecutionEntries &&
                    static_cast<int64_t>(next.ByteSizeLong()) <= kMaxExecutionBytes;
  if (fits) return absl::OkStatus();
  return Error(v1::LIMIT_REACHED,
               StrCat("`", name, "` holds as many reports and submissions as it can (", kMaxExecutionEntries, " or ",
                      kMaxExecutionBytes, " bytes); refer to a file instead"),
               StrCat("“", name, "”的进展与报结材料已达上限（", kMaxExecutionEntries, "条或", kMaxExecutionBytes,
                      "字节），请改为引用附件"),
               {{"name", std::string(name)}});
}

// Fills in and checks the period a submission is about.
absl::Status SettlePeriod(const Halves& halves, absl::CivilDay today, v1::Submission& submission) {
  constexpr char kField[] = "submission.period";
  const v1::Deadline& deadline = halves.assignment.deadline();
  if (!IsJudgedByPeriods(deadline)) {
    if (submission.period().empty()) return absl::OkStatus();
    return InvalidField(kField, "is only for standing, periodic and whole-period duties; leave it empty",
                        "只用于常态化、周期性和全年任务，请留空");
  }
  const v1::Deadline::Frequency frequency = FrequencyOf(deadline);
  const Period now = PeriodAt(frequency, today);
  if (submission.period().empty()) {
    if (frequency != v1::Deadline::YEARLY) {
      return InvalidField(kField, StrCat("is needed for a periodic duty, such as `", now.key, "`"),
                          StrCat("周期性任务必须填写所属周期，如“", now.key, "”"));
    }
    submission.set_period(now.key);
  }
  const std::optional<Period> period = ParsePeriod(frequency, submission.period());
  const absl::CivilDay issued = DayOf(FromProto(halves.assignment.issue_time()));
  if (!period.has_value() || period->first > today || (period->last < issued && period->last.year() < issued.year())) {
    return InvalidField(kField, StrCat("is no period of this duty that has begun; this one is `", now.key, "`"),
                        StrCat("不是该任务已开始的周期，当前周期为“", now.key, "”"));
  }
  if (!PeriodClosed(halves.assignment, halves.execution, period->key)) return absl::OkStatus();
  return Error(v1::WRONG_STATE,
               StrCat("period ", period->key, " of `", halves.assignment.name(),
                      "` is closed; hand in the next one when it begins"),
               StrCat("“", halves.assignment.name(), "”", period->key, "周期已办结，请在下一周期开始后报结"),
               {{"state", "CLOSED"}, {"period", period->key}});
}

// What a page token continues: the last assignment of the page, and the filter it was made for.
std::string PageToken(const v1::AssignmentFilter& filter, const std::string& last) {
  return StrCat(LastSegment(last), ".", ComputedId("", {filter.SerializeAsString()}));
}

absl::StatusOr<std::optional<v1::Assignment>> ReadPageToken(const ReadView& view,
                                                            const v1::ListAssignmentsRequest& request) {
  const std::string& token = request.page_token();
  if (token.empty()) return std::nullopt;
  const std::string last = StrCat("assignments/", token.substr(0, token.find('.')));
  if (token != PageToken(request.filter(), last)) {
    return InvalidField("page_token", "does not belong to this list; begin again without one",
                        "不属于本次查询，请从第一页重新查询");
  }
  DUBAN_ASSIGN_OR_RETURN(auto stored, view.Get<v1::Assignment>(last));
  if (!stored.has_value()) {
    return InvalidField("page_token", "names nothing that is here; begin again without one",
                        "指向的位置不存在，请从第一页重新查询");
  }
  return std::move(stored->value);
}

}  // namespace

absl::Status AssignmentCore::CheckUnit(const ReadView& view, const std::string& unit) const {
  DUBAN_ASSIGN_OR_RETURN(auto stored, view.Get<v1::Unit>(unit));
  if (stored.has_value()) {
    const std::string_view at = NodeOf(stored->value, ports_.node);
    return at == ports_.node ? absl::OkStatus() : NotOwner(unit, at, "works at", "在");
  }
  // An assignment can come down before the directory entry of its unit: the two travel in different feeds.
  bool here = false;
  DUBAN_RETURN_IF_ERROR(WalkAssignments(view, {.unit = unit}, [&](Halves halves) -> absl::StatusOr<bool> {
    here = halves.assignment.unit_node() == ports_.node;
    return !here;
  }));
  return here ? absl::OkStatus() : NotFound(unit);
}

absl::Status AssignmentCore::CheckLease(const ReadView& view, const std::string& name, std::string_view token) const {
  DUBAN_ASSIGN_OR_RETURN(auto lease, view.GetLocal<storage::v1::AssignmentLease>(LeaseName(name)));
  const bool held = lease.has_value() && (lease->token() == token || DUBAN_BUG("assignment.any_lease_token"));
  if (!held) return LeaseNotHeld(name);
  return ports_.clock->Now() < FromProto(lease->expire_time()) ? absl::OkStatus() : LeaseNotHeld(name);
}

absl::Status AssignmentCore::Show(const ReadView& view, const std::string& name, v1::Assignment* response) const {
  DUBAN_ASSIGN_OR_RETURN(Halves halves, NeedHalves(view, name));
  DUBAN_ASSIGN_OR_RETURN(const WorkingCalendar calendar, ReadCalendar(view));
  *response = ViewOf(std::move(halves.assignment), halves.execution, DayOf(ports_.clock->Now()), calendar);
  return absl::OkStatus();
}

absl::Status AssignmentCore::LeaseTo(Transaction& transaction, const v1::PullAssignmentsRequest& request,
                                     v1::PullAssignmentsResponse* response) {
  DUBAN_RETURN_IF_ERROR(CheckUnit(transaction, request.unit()));
  const absl::Time now = ports_.clock->Now();
  DUBAN_ASSIGN_OR_RETURN(const WorkingCalendar calendar, ReadCalendar(transaction));
  const int most = request.max_assignments() > 0 ? request.max_assignments() : kDefaultPull;
  int64_t bytes = 0;
  const auto take = [&](Halves halves) -> absl::StatusOr<bool> {
    const v1::Assignment& assignment = halves.assignment;
    const bool waits = StateOf(assignment, halves.execution) == v1::Assignment::ISSUED;
    if (!waits || assignment.unit_node() != ports_.node) return true;
    DUBAN_ASSIGN_OR_RETURN(auto lease,
                           transaction.GetLocal<storage::v1::AssignmentLease>(LeaseName(assignment.name())));
    const bool leased = lease.has_value() && now < FromProto(lease->expire_time());
    if (leased && !DUBAN_BUG("assignment.leased_twice")) return true;
    v1::Assignment& taken = *response->add_assignments();
    taken = ViewOf(std::move(halves.assignment), halves.execution, DayOf(now), calendar);
    bytes += static_cast<int64_t>(taken.ByteSizeLong());
    return response->assignments_size() < most && bytes < kMaxListBytes;
  };
  DUBAN_RETURN_IF_ERROR(WalkAssignments(transaction, {.unit = request.unit()}, take));
  if (response->assignments().empty()) return absl::OkStatus();
  const absl::Duration length =
      request.has_lease() ? absl::Seconds(request.lease().seconds()) + absl::Nanoseconds(request.lease().nanos())
                          : kDefaultLease;
  storage::v1::AssignmentLease lease;
  lease.set_token(ports_.ids->NextId("lease-"));
  *lease.mutable_expire_time() = ToProto(now + length);
  for (const v1::Assignment& taken : response->assignments()) transaction.PutLocal(LeaseName(taken.name()), lease);
  response->set_lease_token(lease.token());
  *response->mutable_lease_expire_time() = lease.expire_time();
  return absl::OkStatus();
}

absl::Status AssignmentCore::ReadLeased(const ReadView& view, const std::string& unit,
                                        v1::PullAssignmentsResponse* response) const {
  DUBAN_ASSIGN_OR_RETURN(const WorkingCalendar calendar, ReadCalendar(view));
  const absl::CivilDay today = DayOf(ports_.clock->Now());
  return WalkAssignments(view, {.unit = unit}, [&](Halves halves) -> absl::StatusOr<bool> {
    DUBAN_ASSIGN_OR_RETURN(const auto lease,
                           view.GetLocal<storage::v1::AssignmentLease>(LeaseName(halves.assignment.name())));
    if (!lease.has_value() || lease->token() != response->lease_token()) return true;
    *response->add_assignments() = ViewOf(std::move(halves.assignment), halves.execution, today, calendar);
    return true;
  });
}

absl::Status AssignmentCore::PullAssignments(const v1::PullAssignmentsRequest& request,
                                             v1::PullAssignmentsResponse* response) {
  // What the lease still holds when the request comes again.
  const Repeat again = RepeatOf<v1::PullAssignmentsResponse>(
      [](const v1::PullAssignmentsResponse& answer, v1::PullAssignmentsResponse* kept) {
        kept->set_lease_token(answer.lease_token());
        if (answer.has_lease_expire_time()) *kept->mutable_lease_expire_time() = answer.lease_expire_time();
      },
      [&](const ReadView& view, v1::PullAssignmentsResponse* answer) {
        return answer->lease_token().empty() ? absl::OkStatus() : ReadLeased(view, request.unit(), answer);
      });
  return ports_.store->Request(
      StrCat(kService, "PullAssignments"), request.request_id(), request, response,
      [&](Transaction& transaction) { return LeaseTo(transaction, request, response); }, again);
}

Repeat AssignmentCore::AssignmentAgain() const {
  return RepeatByName<v1::Assignment>(
      [this](const ReadView& view, const std::string& name) -> absl::StatusOr<v1::Assignment> {
        v1::Assignment assignment;
        DUBAN_RETURN_IF_ERROR(Show(view, name, &assignment));
        return assignment;
      });
}

absl::Status AssignmentCore::ActOn(std::string_view method, std::string_view request_id,
                                   const google::protobuf::Message& request, const std::string& name,
                                   std::string_view etag, Act act, v1::Assignment* response) {
  return ports_.store->Request(
      StrCat(kService, method), request_id, request, response,
      [&](Transaction& transaction) -> absl::Status {
        DUBAN_ASSIGN_OR_RETURN(Halves halves, NeedHalves(transaction, name));
        const v1::Assignment& assignment = halves.assignment;
        if (assignment.unit_node() != ports_.node && !DUBAN_BUG("assignment.anyone_reports")) {
          return NotOwner(name, assignment.unit_node(), "is carried out at", "的承办单位在");
        }
        const absl::Status unchanged = CheckEtag(name, etag, EtagOfHalves(assignment, halves.execution));
        if (!DUBAN_BUG("assignment.stale_etag_taken")) DUBAN_RETURN_IF_ERROR(unchanged);
        v1::Execution next = halves.execution;
        DUBAN_RETURN_IF_ERROR(act(transaction, halves, next));
        Change change(transaction, ports_.node, ports_.clock->Now());
        DUBAN_RETURN_IF_ERROR(change.Execute(assignment, std::move(next)));
        DUBAN_RETURN_IF_ERROR(change.Finish());
        return Show(transaction, name, response);
      },
      AssignmentAgain());
}

absl::Status AssignmentCore::ReceiveAssignment(const v1::ReceiveAssignmentRequest& request, v1::Assignment* response) {
  const auto act = [&](Transaction& transaction, const Halves& halves, v1::Execution& execution) -> absl::Status {
    if (StateOf(halves.assignment, halves.execution) != v1::Assignment::ISSUED) {
      return WrongState(halves, "only what waits to be signed for can be signed for", "不能再签收");
    }
    DUBAN_RETURN_IF_ERROR(CheckLease(transaction, request.name(), request.lease_token()));
    transaction.DeleteLocal(LeaseName(request.name()));
    execution.mutable_receipt()->set_signer(request.signer());
    *execution.mutable_receipt()->mutable_receive_time() = ToProto(ports_.clock->Now());
    return absl::OkStatus();
  };
  return ActOn("ReceiveAssignment", request.request_id(), request, request.name(), {}, act, response);
}

absl::Status AssignmentCore::ReportProgress(const v1::ReportProgressRequest& request, v1::Assignment* response) {
  const auto act = [&](Transaction&, const Halves& halves, v1::Execution& execution) -> absl::Status {
    if (!TakesWork(halves)) {
      return WrongState(halves, "progress is reported between signing and handing in", "签收后、报结前才能报送进展");
    }
    v1::Report& report = *execution.add_reports();
    report = request.report();
    report.set_report_id(StrCat("r-", execution.reports_size()));
    *report.mutable_report_time() = ToProto(ports_.clock->Now());
    return CheckRoom(request.name(), execution);
  };
  return ActOn("ReportProgress", request.request_id(), request, request.name(), request.etag(), act, response);
}

absl::Status AssignmentCore::SubmitResult(const v1::SubmitResultRequest& request, v1::Assignment* response) {
  const auto act = [&](Transaction&, const Halves& halves, v1::Execution& execution) -> absl::Status {
    v1::Submission submission = request.submission();
    const absl::Time now = ports_.clock->Now();
    if (!TakesWork(halves)) {
      return WrongState(halves, "a result is handed in once, after signing; wait for the review",
                        "签收后才能报结，已报结的请等待审核");
    }
    DUBAN_RETURN_IF_ERROR(SettlePeriod(halves, DayOf(now), submission));
    submission.set_submission_id(StrCat("s-", execution.submissions_size() + 1));
    *submission.mutable_submit_time() = ToProto(now);
    *execution.add_submissions() = std::move(submission);
    return CheckRoom(request.name(), execution);
  };
  return ActOn("SubmitResult", request.request_id(), request, request.name(), request.etag(), act, response);
}

absl::Status AssignmentCore::Review(Transaction& transaction, const v1::ReviewSubmissionRequest& request,
                                    v1::Assignment* response) {
  DUBAN_ASSIGN_OR_RETURN(Halves halves, NeedHalves(transaction, request.name()));
  const v1::Execution& execution = halves.execution;
  const auto& submissions = execution.submissions();
  const auto found = std::find_if(submissions.begin(), submissions.end(), [&](const v1::Submission& submission) {
    return submission.submission_id() == request.submission_id();
  });
  if (found == submissions.end()) {
    return NotFound(StrCat(request.name(), "/submissions/", request.submission_id()));
  }
  const std::string& issuer_node = halves.assignment.issuer_node();
  const bool ours = issuer_node == ports_.node || DUBAN_BUG("assignment.anyone_reviews");
  if (!ours) return NotOwner(request.name(), issuer_node, "was issued at", "的交办单位在");
  DUBAN_RETURN_IF_ERROR(CheckEtag(request.name(), request.etag(), EtagOfHalves(halves.assignment, execution)));
  const bool waits = StateOf(halves.assignment, execution) == v1::Assignment::UNDER_REVIEW &&
                     submissions.rbegin()->submission_id() == request.submission_id();
  if (!waits) {
    return WrongState(halves, StrCat("submission ", request.submission_id(), " does not wait for review"),
                      StrCat("报结", request.submission_id(), "不在待审核之列"));
  }
  v1::Review& review = *halves.assignment.add_reviews();
  review.set_submission_id(request.submission_id());
  review.set_verdict(request.verdict());
  review.set_comment(request.comment());
  review.set_reviewer(request.reviewer());
  *review.mutable_review_time() = ToProto(ports_.clock->Now());
  Change change(transaction, ports_.node, ports_.clock->Now());
  DUBAN_RETURN_IF_ERROR(change.Issue(std::move(halves.assignment)));
  DUBAN_RETURN_IF_ERROR(change.Finish());
  return Show(transaction, request.name(), response);
}

absl::Status AssignmentCore::ReviewSubmission(const v1::ReviewSubmissionRequest& request, v1::Assignment* response) {
  if (request.verdict() == v1::Review::RETURNED && request.comment().empty()) {
    return InvalidField("comment", "is required when a result is returned: say what is missing",
                        "不能为空：退回时请写明缺少什么");
  }
  return ports_.store->Request(
      StrCat(kService, "ReviewSubmission"), request.request_id(), request, response,
      [&](Transaction& transaction) { return Review(transaction, request, response); }, AssignmentAgain());
}

absl::Status AssignmentCore::GetAssignment(const v1::GetAssignmentRequest& request, v1::Assignment* response) {
  return Show(*ports_.store->TakeSnapshot(), request.name(), response);
}

absl::Status AssignmentCore::ListAssignments(const v1::ListAssignmentsRequest& request,
                                             v1::ListAssignmentsResponse* response) {
  const std::unique_ptr<Snapshot> snapshot = ports_.store->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(const std::optional<v1::Assignment> after, ReadPageToken(*snapshot, request));
  DUBAN_ASSIGN_OR_RETURN(const WorkingCalendar calendar, ReadCalendar(*snapshot));
  const absl::CivilDay today = DayOf(ports_.clock->Now());
  const int most = std::min(request.page_size() > 0 ? request.page_size() : kDefaultPageSize, kMaxPageSize);
  int64_t bytes = 0;
  const auto list = [&](Halves halves) -> absl::StatusOr<bool> {
    v1::Assignment view = ViewOf(std::move(halves.assignment), halves.execution, today, calendar);
    if (!Matches(request.filter(), view)) return true;
    const auto size = static_cast<int64_t>(view.ByteSizeLong());
    const bool first = response->assignments().empty();
    if (!first && (response->assignments_size() == most || bytes + size > kMaxListBytes)) {
      response->set_next_page_token(PageToken(request.filter(), response->assignments().rbegin()->name()));
      return false;
    }
    bytes += size;
    *response->add_assignments() = std::move(view);
    return true;
  };
  return WalkAssignments(*snapshot,
                         {.unit = request.filter().unit(),
                          .plan = request.filter().plan(),
                          .after = after.has_value() ? &*after : nullptr},
                         list);
}

absl::Status AssignmentCore::GetTimeline(const v1::GetTimelineRequest& request, v1::GetTimelineResponse* response) {
  DUBAN_ASSIGN_OR_RETURN(const Halves halves, NeedHalves(*ports_.store->TakeSnapshot(), request.name()));
  for (v1::TimelineEntry& entry : TimelineOf(halves.assignment, halves.execution)) {
    *response->add_entries() = std::move(entry);
  }
  return absl::OkStatus();
}

absl::Status AssignmentCore::GetBoard(const v1::GetBoardRequest& request, v1::GetBoardResponse* response) {
  const std::unique_ptr<Snapshot> snapshot = ports_.store->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(const WorkingCalendar calendar, ReadCalendar(*snapshot));
  const absl::CivilDay today = DayOf(ports_.clock->Now());
  Board board(request.group_by());
  const auto count = [&](Halves halves) -> absl::StatusOr<bool> {
    const v1::Assignment view = ViewOf(std::move(halves.assignment), halves.execution, today, calendar);
    if (Matches(request.filter(), view)) board.Add(view);
    return true;
  };
  DUBAN_RETURN_IF_ERROR(
      WalkAssignments(*snapshot, {.unit = request.filter().unit(), .plan = request.filter().plan()}, count));
  *response = board.Build(today);
  return absl::OkStatus();
}

}  // namespace duban
