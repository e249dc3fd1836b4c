#include "tests/simulation/duty_work.h"

#include <algorithm>
#include <utility>

#include "common/base/civil.h"
#include "common/base/strings.h"
#include "common/calendar/periods.h"

namespace duban::simulation {
namespace {

// Nobody's.
constexpr char kStranger[] = "plans/nowhere/tasks/t1/assignments/nobody";

// About which period a result is handed in; empty where the duty ends on a day.
std::string PeriodOf(const v1::Assignment& assignment) {
  if (!IsJudgedByPeriods(assignment.deadline())) return "";
  return PeriodAt(FrequencyOf(assignment.deadline()), DayOf(FromProto(assignment.issue_time()))).key;
}

v1::Submission SubmissionOf(const v1::Assignment& assignment, const std::string& request_id) {
  v1::Submission submission;
  submission.set_text(StrCat("已完成 ", request_id));
  submission.set_submitter("经办人");
  submission.set_period(PeriodOf(assignment));
  return submission;
}

std::string LastSubmission(const v1::Assignment& assignment) {
  return assignment.execution().submissions().rbegin()->submission_id();
}

}  // namespace

std::string UnitOf(const std::string& node) {
  return StrCat("units/u-", node);
}

std::string LocalUnit(const std::string& node) {
  return StrCat(UnitOf(node), "-office");
}

std::string DutyWork::AnyUnit(SimNode* node) {
  if (world_.Below(2) == 0) return UnitOf(node->id());
  const auto& above = node->upstreams();
  // The office of a node above may have been sent here.
  const bool from_above = !above.empty() && world_.Below(3) == 0;
  return LocalUnit(from_above ? above[static_cast<size_t>(world_.Below(static_cast<int>(above.size())))] : node->id());
}

DutyWork::Assignments DutyWork::Pick(SimNode* node, const std::string& unit, v1::Assignment::State state, int most) {
  v1::ListAssignmentsRequest request;
  if (!unit.empty()) request.mutable_filter()->set_unit(unit);
  request.mutable_filter()->set_state(state);
  request.set_page_size(100);
  v1::ListAssignmentsResponse response;
  const absl::Status status = node->assignments().ListAssignments(Anybody(), request, &response);
  world_.Check("A9", status.ok(), [&] { return StrCat(node->id(), " cannot list: ", ToStd(status.message())); });
  Assignments all(response.assignments().begin(), response.assignments().end()), picked;
  while (!all.empty() && static_cast<int>(picked.size()) < most) {
    const auto at = all.begin() + world_.Below(static_cast<int>(all.size()));
    picked.push_back(std::move(*at));
    all.erase(at);
  }
  return picked;
}

template <typename Items, typename Response, typename Done>
void DutyWork::CheckResults(const std::string& what, const Items& names, const Response& response, const Done& done) {
  world_.Count("work.bulk");
  world_.Check("A6", response.results_size() == static_cast<int>(names.size()),
               [&] { return StrCat(what, " of ", names.size(), " has ", response.results_size(), " answers"); });
  for (int i = 0; i < response.results_size() && i < static_cast<int>(names.size()); ++i) {
    const v1::ActResult& result = response.results(i);
    const std::string& name = names[static_cast<size_t>(i)];
    const v1::ErrorReason reason = ReasonOfResult(result.error());
    const bool stranger = name == kStranger;
    world_.Check("A6", result.name() == name && stranger == (reason == v1::RESOURCE_NOT_FOUND), [&] {
      return StrCat(what, " answers ", result.name(), " for ", name, ": ", result.error().message());
    });
    if (!result.has_error()) done(static_cast<size_t>(i), result);
  }
}

void DutyWork::PullAndSign(SimNode* node) {
  const std::string unit = AnyUnit(node);
  v1::PullAssignmentsRequest pull;
  pull.set_request_id(caller_.NewRequestId());
  pull.set_unit(unit);
  pull.set_max_assignments(1 + world_.Below(5));
  pull.mutable_lease()->set_seconds(drawn_.short_leases ? 1 : 1 + world_.Below(600));
  v1::PullAssignmentsResponse pulled;
  const absl::Status status = caller_.Twice<v1::PullAssignmentsRequest, v1::PullAssignmentsResponse>(
      node, pull, &pulled, [node](const auto& request, auto* response) {
        return node->assignments().PullAssignments(Anybody(), request, response);
      });
  // The unit comes down from above, and may not have yet.
  if (!status.ok()) return;
  const bool at_once = world_.Below(2) == 0;
  Assignments to_sign;
  for (const v1::Assignment& assignment : pulled.assignments()) {
    const bool anew = !assignment.duty_changes().empty();
    if (promises_.receipts.contains(assignment.name()) && !anew && !promises_.moved.contains(unit)) {
      world_.Broken("A3", StrCat(assignment.name(), " is handed out again after it was signed for"));
    }
    if (assignment.unit() != unit) {
      world_.Broken("A2", StrCat(assignment.name(), " of ", assignment.unit(), " is handed out to ", unit));
    }
    // A revision or a decline takes it back from whoever had it.
    const int revision = anew ? assignment.duty_changes().rbegin()->plan_revision() : 0;
    const int asked = revision + assignment.execution().declines_size();
    leases_.Take(node, assignment.name(), pulled.lease_token(), FromProto(pulled.lease_expire_time()), asked);
    if (world_.Below(3) != 0) to_sign.push_back(assignment);
  }
  if (at_once) return SignAll(node, to_sign, pulled.lease_token());
  for (const v1::Assignment& assignment : to_sign) Sign(node, assignment, pulled.lease_token());
}

void DutyWork::TryFormerLease(SimNode* node, const v1::Assignment& assignment) {
  const std::string former = leases_.FormerToken(assignment.name());
  if (former.empty()) return;
  v1::ReceiveAssignmentRequest receive;
  v1::Assignment received;
  receive.set_request_id(caller_.NewRequestId());
  receive.set_name(assignment.name());
  receive.set_signer("迟到者");
  receive.set_lease_token(former);
  if (node->assignments().ReceiveAssignment(Anybody(), receive, &received).ok()) {
    world_.Broken("A1", StrCat(assignment.name(), " was signed for by one whose lease another had taken over"));
  }
}

void DutyWork::Signed(SimNode* node, const std::string& name, const std::string& signer) {
  leases_.End(name);
  const auto before = promises_.receipts.find(name);
  if (before != promises_.receipts.end() && before->second != signer) {
    promises_.earlier_receipts[name].push_back(before->second);
  }
  promises_.receipts[name] = signer;
  promises_.worked_at[name] = node->id();
  world_.Trace(StrCat(node->id(), " receive ", name));
}

void DutyWork::Sign(SimNode* node, const v1::Assignment& assignment, const std::string& lease_token) {
  TryFormerLease(node, assignment);
  v1::ReceiveAssignmentRequest receive;
  v1::Assignment received;
  receive.set_request_id(caller_.NewRequestId());
  receive.set_name(assignment.name());
  receive.set_signer(StrCat("签收人 ", receive.request_id()));
  receive.set_lease_token(lease_token);
  const absl::Status status = caller_.Twice<v1::ReceiveAssignmentRequest, v1::Assignment>(
      node, receive, &received, [node](const auto& request, auto* response) {
        return node->assignments().ReceiveAssignment(Anybody(), request, response);
      });
  if (status.ok()) Signed(node, assignment.name(), receive.signer());
}

void DutyWork::SignAll(SimNode* node, const Assignments& assignments, const std::string& lease_token) {
  if (assignments.empty()) return;
  v1::ReceiveAssignmentsRequest receive;
  receive.set_request_id(caller_.NewRequestId());
  receive.set_signer(StrCat("签收人 ", receive.request_id()));
  receive.set_lease_token(lease_token);
  if (WithStranger()) receive.add_names(kStranger);
  for (const v1::Assignment& assignment : assignments) {
    TryFormerLease(node, assignment);
    receive.add_names(assignment.name());
  }
  v1::ReceiveAssignmentsResponse received;
  const absl::Status status = caller_.Twice<v1::ReceiveAssignmentsRequest, v1::ReceiveAssignmentsResponse>(
      node, receive, &received, [node](const auto& request, auto* response) {
        return node->assignments().ReceiveAssignments(Anybody(), request, response);
      });
  if (!status.ok()) return;
  const std::vector<std::string> names(receive.names().begin(), receive.names().end());
  CheckResults("a signature", names, received,
               [&](size_t i, const v1::ActResult&) { Signed(node, names[i], receive.signer()); });
}

void DutyWork::Report(SimNode* node) {
  const Assignments picked = Pick(node, UnitOf(node->id()), v1::Assignment::RECEIVED);
  if (picked.empty()) return;
  v1::ReportProgressRequest request;
  request.set_request_id(caller_.NewRequestId());
  request.set_name(picked[0].name());
  request.mutable_report()->set_text("进展顺利");
  request.mutable_report()->set_reporter("经办人");
  request.mutable_report()->set_percent(world_.Below(101));
  v1::Assignment response;
  const absl::Status status = caller_.Twice<v1::ReportProgressRequest, v1::Assignment>(
      node, request, &response,
      [node](const auto& sent, auto* answer) { return node->assignments().ReportProgress(Anybody(), sent, answer); });
  if (!status.ok()) return;
  ++promises_.reports[picked[0].name()];
  if (world_.Below(8) != 0) return;
  // The same id with something else in it must never pass for the first.
  request.mutable_report()->set_text("另有进展");
  const absl::Status reused =
      caller_.Sure(node, [&] { return node->assignments().ReportProgress(Anybody(), request, &response); });
  if (ReasonOf(reused) != v1::REQUEST_ID_REUSED) {
    world_.Broken("S7", StrCat("request ", request.request_id(), " was taken with another body"));
  }
}

void DutyWork::Submit(SimNode* node) {
  const std::string unit = AnyUnit(node);
  const auto state = world_.Below(2) == 0 ? v1::Assignment::IN_PROGRESS : v1::Assignment::RECEIVED;
  const bool several = world_.Below(3) == 0;
  const Assignments picked = Pick(node, unit, state, several ? 1 + world_.Below(6) : 1);
  if (picked.empty()) return;
  if (several) return SubmitAll(node, picked);
  v1::SubmitResultRequest request;
  request.set_request_id(caller_.NewRequestId());
  request.set_name(picked[0].name());
  *request.mutable_submission() = SubmissionOf(picked[0], request.request_id());
  v1::Assignment response;
  const absl::Status status = caller_.Twice<v1::SubmitResultRequest, v1::Assignment>(
      node, request, &response,
      [node](const auto& sent, auto* answer) { return node->assignments().SubmitResult(Anybody(), sent, answer); });
  if (!status.ok()) return;
  ++promises_.submissions[picked[0].name()];
  world_.Trace(StrCat(node->id(), " submit ", picked[0].name()));
}

void DutyWork::SubmitAll(SimNode* node, const Assignments& assignments) {
  v1::SubmitResultsRequest request;
  request.set_request_id(caller_.NewRequestId());
  std::vector<std::string> names;
  const auto add = [&](const std::string& name, const v1::Assignment& assignment) {
    names.push_back(name);
    auto* item = request.add_items();
    item->set_name(name);
    *item->mutable_submission() = SubmissionOf(assignment, request.request_id());
  };
  if (WithStranger()) add(kStranger, assignments[0]);
  for (const v1::Assignment& assignment : assignments) add(assignment.name(), assignment);
  v1::SubmitResultsResponse response;
  const absl::Status status = caller_.Twice<v1::SubmitResultsRequest, v1::SubmitResultsResponse>(
      node, request, &response,
      [node](const auto& sent, auto* answer) { return node->assignments().SubmitResults(Anybody(), sent, answer); });
  if (!status.ok()) return;
  CheckResults("a submission", names, response, [&](size_t i, const v1::ActResult& result) {
    ++promises_.submissions[names[i]];
    world_.Trace(StrCat(node->id(), " submit ", names[i]));
    world_.Check("A6", result.state() == v1::Assignment::UNDER_REVIEW, [&] {
      return StrCat(names[i], " is ", v1::Assignment::State_Name(result.state()), " after it was handed in");
    });
  });
}

v1::Review::Verdict DutyWork::AnyVerdict() {
  return world_.Below(3) == 0 ? v1::Review::RETURNED : v1::Review::ACCEPTED;
}

void DutyWork::Review(SimNode* node) {
  const bool several = world_.Below(3) == 0;
  Assignments picked = Pick(node, "", v1::Assignment::UNDER_REVIEW, several ? 1 + world_.Below(6) : 1);
  std::erase_if(picked, [&](const auto& assignment) { return assignment.issuer_node() != node->id(); });
  if (picked.empty()) return;
  return several ? ReviewAll(node, picked) : ReviewOne(node, picked[0]);
}

void DutyWork::ReviewOne(SimNode* node, const v1::Assignment& assignment) {
  v1::ReviewSubmissionRequest request;
  request.set_request_id(caller_.NewRequestId());
  request.set_name(assignment.name());
  request.set_submission_id(LastSubmission(assignment));
  request.set_verdict(AnyVerdict());
  request.set_comment("请补充材料");
  request.set_reviewer("审核人");
  v1::Assignment response;
  const absl::Status status = caller_.Twice<v1::ReviewSubmissionRequest, v1::Assignment>(
      node, request, &response,
      [node](const auto& sent, auto* answer) { return node->assignments().ReviewSubmission(Anybody(), sent, answer); });
  if (!status.ok()) return;
  ++promises_.reviews[assignment.name()];
  promises_.issued_at[assignment.name()] = node->id();
  world_.Trace(StrCat(node->id(), " review ", assignment.name(), " ", request.verdict()));
  CheckReviewed(assignment, request.verdict(), response.state());
}

void DutyWork::ReviewAll(SimNode* node, const Assignments& assignments) {
  v1::ReviewSubmissionsRequest request;
  request.set_request_id(caller_.NewRequestId());
  request.set_reviewer("审核人");
  std::vector<std::string> names;
  const auto add = [&](const std::string& name, const v1::Assignment& assignment) {
    names.push_back(name);
    auto* item = request.add_items();
    item->set_name(name);
    item->set_submission_id(LastSubmission(assignment));
    item->set_verdict(AnyVerdict());
    item->set_comment("请补充材料");
  };
  for (const v1::Assignment& assignment : assignments) add(assignment.name(), assignment);
  if (WithStranger()) add(kStranger, assignments[0]);
  v1::ReviewSubmissionsResponse response;
  const absl::Status status = caller_.Twice<v1::ReviewSubmissionsRequest, v1::ReviewSubmissionsResponse>(
      node, request, &response, [node](const auto& sent, auto* answer) {
        return node->assignments().ReviewSubmissions(Anybody(), sent, answer);
      });
  if (!status.ok()) return;
  CheckResults("a review", names, response, [&](size_t i, const v1::ActResult& result) {
    const v1::Review::Verdict verdict = request.items(static_cast<int>(i)).verdict();
    ++promises_.reviews[names[i]];
    promises_.issued_at[names[i]] = node->id();
    world_.Trace(StrCat(node->id(), " review ", names[i], " ", verdict));
    CheckReviewed(assignments[i], verdict, result.state());
  });
}

void DutyWork::CheckReviewed(const v1::Assignment& before, v1::Review::Verdict verdict, v1::Assignment::State after) {
  const auto& reports = before.execution().reports();
  const bool reported =
      std::any_of(reports.begin(), reports.end(), [](const auto& report) { return !report.has_retract_time(); });
  const v1::Assignment::State begun = reported ? v1::Assignment::IN_PROGRESS : v1::Assignment::RECEIVED;
  const bool done = verdict == v1::Review::ACCEPTED && !IsJudgedByPeriods(before.deadline());
  world_.Check("A3", after == (done ? v1::Assignment::DONE : begun), [&] {
    return StrCat(before.name(), " is ", v1::Assignment::State_Name(after), " after ",
                  v1::Review::Verdict_Name(verdict));
  });
}

void DutyWork::Conflict(SimNode* node) {
  const Assignments picked = Pick(node, UnitOf(node->id()), v1::Assignment::IN_PROGRESS);
  if (picked.empty()) return;
  const v1::Assignment& assignment = picked[0];
  int won = 0;
  for (int person = 0; person < 2; ++person) {
    v1::ReportProgressRequest request;
    request.set_request_id(caller_.NewRequestId());
    request.set_name(assignment.name());
    request.set_etag(assignment.etag());
    request.mutable_report()->set_text(StrCat("进展", person));
    request.mutable_report()->set_reporter("经办人");
    v1::Assignment response;
    const absl::Status status =
        caller_.Sure(node, [&] { return node->assignments().ReportProgress(Anybody(), request, &response); });
    if (status.ok()) {
      ++won;
      ++promises_.reports[assignment.name()];
    } else if (ReasonOf(status) != v1::ETAG_MISMATCH) {
      world_.Broken("A5", StrCat(assignment.name(), ": ", ToStd(status.message())));
    }
  }
  if (won != 1) world_.Broken("A5", StrCat(won, " of two callers with one etag won on ", assignment.name()));
}

}  // namespace duban::simulation
