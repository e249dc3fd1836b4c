// `duban assignment review`: the issuer's word on what was handed in.

#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/assignment_service.pb.h"
#include "tools/cli/assignment_calls.h"
#include "tools/cli/commands.h"
#include "tools/cli/own_results.h"

namespace duban::cli {
namespace {

struct ReviewFlags {
  std::vector<std::string> names;
  std::string plan, unit, submission, comment, by;
  bool all_waiting = false;
  bool accept = false;
  bool send_back = false;
  Mutation mutation;
};

absl::Status Check(const ReviewFlags& flags) {
  if (flags.accept == flags.send_back) {
    return UsageError({"请写明 --accept（办结）或 --return（退回），二者选一", "say either --accept or --return"});
  }
  if (flags.all_waiting == !flags.names.empty()) {
    return UsageError({"请写出要审核的编号，或者写 --all-waiting --plan=计划",
                       "name what to review, or give --all-waiting --plan=PLAN"});
  }
  if (flags.all_waiting && flags.plan.empty()) {
    return UsageError({"--all-waiting 需要 --plan=计划：一次只审核一个计划的",
                       "--all-waiting needs --plan=PLAN: one plan at a time"});
  }
  if (!flags.all_waiting && !(flags.plan.empty() && flags.unit.empty())) {
    return UsageError({"--plan 和 --unit 只配合 --all-waiting", "--plan and --unit go with --all-waiting only"});
  }
  if (flags.names.size() != 1 && !flags.submission.empty()) {
    return UsageError({"--submission 只用于一项", "--submission is for one assignment only"});
  }
  if (flags.send_back && flags.comment.empty()) {
    return UsageError({"退回时请用 --comment=意见 写明缺少什么", "--return needs --comment=TEXT: say what is missing"});
  }
  return CheckEtagIsForOne(flags.names.size(), flags.mutation);
}

// The submission that has no verdict yet; empty where there is none.
std::string WaitingSubmission(const v1::Assignment& assignment) {
  const auto& submissions = assignment.execution().submissions();
  for (auto it = submissions.rbegin(); it != submissions.rend(); ++it) {
    bool judged = false;
    for (const v1::Review& review : assignment.oversight().reviews()) {
      judged |= review.submission_id() == it->submission_id();
    }
    if (!judged) return it->submission_id();
  }
  return "";
}

absl::Status NothingWaits() {
  return Error(v1::WRONG_STATE, "it has no result that waits for review; review it once the unit has handed one in",
               "没有待审核的办结申请，请等承办单位申请办结后再审核");
}

// The submission that is judged; empty where none waits. A command that is repeated with its id means what it judged.
std::string SubmissionOf(const v1::Assignment& assignment, const ReviewFlags& flags) {
  if (!flags.submission.empty()) return flags.submission;
  const std::string waiting = WaitingSubmission(assignment);
  const auto& submissions = assignment.execution().submissions();
  if (!waiting.empty() || flags.mutation.request_id.empty() || submissions.empty()) return waiting;
  return submissions.rbegin()->submission_id();
}

// All of a plan that wait for review.
absl::StatusOr<std::vector<v1::Assignment>> AllWaiting(Session& session, const ReviewFlags& flags) {
  v1::ListAssignmentsRequest request;
  request.mutable_filter()->set_plan(FullName("plans/", flags.plan));
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_filter()->mutable_unit(), session.UnitName(flags.unit));
  request.mutable_filter()->set_state(v1::Assignment::UNDER_REVIEW);
  DUBAN_ASSIGN_OR_RETURN(v1::ListAssignmentsResponse all, ListAssignments(session, request, std::nullopt));
  if (all.assignments().empty()) DUBAN_RETURN_IF_ERROR(CheckFilterExists(session, request.filter()));
  return std::vector<v1::Assignment>(std::make_move_iterator(all.mutable_assignments()->begin()),
                                     std::make_move_iterator(all.mutable_assignments()->end()));
}

// Those named, as they are now; what cannot be read is in `refused`.
absl::StatusOr<std::vector<v1::Assignment>> Named(Session& session, const ReviewFlags& flags, ActResults* refused) {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> names, ResolveAssignments(session, flags.names));
  std::vector<v1::Assignment> named;
  for (const std::string& name : names) {
    v1::GetAssignmentRequest request;
    request.set_name(name);
    auto assignment = session.Call<v1::Assignment>("AssignmentService/GetAssignment", request);
    if (assignment.ok()) {
      named.push_back(*std::move(assignment));
    } else if (ExitCodeOf(assignment.status()) == ExitCode::kNotFound) {
      *refused->Add() = RefusedAct(name, assignment.status());
    } else {
      return assignment.status();
    }
  }
  return named;
}

// The verdict on each; what has nothing to be judged is in `refused`.
std::vector<v1::ReviewSubmissionsRequest::Item> Verdicts(const std::vector<v1::Assignment>& chosen,
                                                         const ReviewFlags& flags, ActResults* refused) {
  std::vector<v1::ReviewSubmissionsRequest::Item> items;
  for (const v1::Assignment& assignment : chosen) {
    v1::ReviewSubmissionsRequest::Item item;
    item.set_name(assignment.name());
    item.set_submission_id(SubmissionOf(assignment, flags));
    item.set_verdict(flags.accept ? v1::Review::ACCEPTED : v1::Review::RETURNED);
    item.set_comment(flags.comment);
    item.set_etag(flags.mutation.etag);
    if (item.submission_id().empty()) {
      *refused->Add() = RefusedAct(assignment.name(), NothingWaits());
    } else {
      items.push_back(std::move(item));
    }
  }
  return items;
}

absl::Status Review(Session& session, const ReviewFlags& flags) {
  DUBAN_RETURN_IF_ERROR(Check(flags));
  v1::ReviewSubmissionsRequest request;
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_reviewer(), session.Person(flags.by));
  const std::string command = session.BeginCommand(flags.mutation.request_id);
  v1::ReviewSubmissionsResponse all;
  DUBAN_ASSIGN_OR_RETURN(const std::vector<v1::Assignment> chosen,
                         flags.all_waiting ? AllWaiting(session, flags) : Named(session, flags, all.mutable_results()));
  const auto items = Verdicts(chosen, flags, all.mutable_results());
  const absl::Status called = CallInBulk(
      session, "AssignmentService/ReviewSubmissions", command, request, items,
      [](const auto& item, v1::ReviewSubmissionsRequest* into) { *into->add_items() = item; }, &all);
  session.printer().Json(all);
  Outcome outcome(&session.printer());
  TellActs(flags.accept ? Phrase{"审核通过", "accepted"} : Phrase{"已退回", "returned"}, all.results(), chosen,
           &outcome);
  if (flags.accept) TellOwnResults(session, request.reviewer(), chosen, all.results());
  const absl::Status refused = outcome.Finish();
  if (flags.all_waiting) {
    session.printer().Line({StrCat("共审核 ", outcome.done(), " 项"), StrCat("reviewed ", outcome.done(), " in all")});
  }
  return called.ok() ? refused : called;
}

}  // namespace

void AddAssignmentReview(Command assignment) {
  auto review = std::make_shared<ReviewFlags>();
  assignment
      .Leaf("review",
            {"审核：办结或退回；可一次多项，或 --all-waiting --plan=计划",
             "accept results or return them; several at once, or --all-waiting --plan=PLAN"},
            [review](Session& session) { return Review(session, *review); })
      .Texts("ASSIGNMENT", &review->names, AssignmentArgument())
      .Flag("--all-waiting", &review->all_waiting, {"计划中所有待审核的", "all of a plan that wait for review"})
      .Text("--plan=PLAN", &review->plan, {"计划，配合 --all-waiting", "the plan, with --all-waiting"})
      .Text("--unit=UNIT", &review->unit,
            {"只审核此单位的，配合 --all-waiting", "only this unit's, with --all-waiting"})
      .Text("--submission=ID", &review->submission,
            {"哪一次办结申请；默认待审核的那次", "which submission; the one that waits if left out"})
      .Flag("--accept", &review->accept, {"办结", "accept"})
      .Flag("--return", &review->send_back, {"退回", "send back"})
      .Text("--comment=TEXT", &review->comment, {"意见；退回时必填", "comment; needed with --return"})
      .Text("--by=PERSON", &review->by, {"审核人；默认取 DUBAN_PERSON", "who reviews; DUBAN_PERSON if left out"})
      .Changes(&review->mutation);
}

}  // namespace duban::cli
