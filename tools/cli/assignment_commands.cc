// `duban assignment`: pull, sign, report, hand in, review.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/assignment_service.pb.h"
#include "tools/cli/assignment_view.h"
#include "tools/cli/commands.h"

namespace duban::cli {
namespace {

constexpr char kAssignments[] = "assignments/";
// Most assignments of one pull.
constexpr int kMaxPull = 500;

struct PullFlags {
  std::string unit;
  std::optional<int> max;
  std::optional<absl::Duration> lease;
  Mutation mutation;
};

absl::StatusOr<v1::PullAssignmentsResponse> DoPull(Session& session, const PullFlags& flags) {
  v1::PullAssignmentsRequest request;
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_unit(), session.UnitName(flags.unit));
  request.set_max_assignments(flags.max.value_or(0));
  if (flags.lease.has_value()) request.mutable_lease()->set_seconds(absl::ToInt64Seconds(*flags.lease));
  request.set_request_id(flags.mutation.request_id);
  return session.Call<v1::PullAssignmentsResponse>("AssignmentService/PullAssignments", request);
}

absl::Status Pull(Session& session, const PullFlags& flags) {
  DUBAN_ASSIGN_OR_RETURN(const v1::PullAssignmentsResponse pulled, DoPull(session, flags));
  Printer& printer = session.printer();
  printer.Json(pulled);
  PrintAssignments(pulled.assignments(), {"没有待签收的交办事项", "nothing waits to be signed for"}, &printer);
  if (pulled.lease_token().empty()) return absl::OkStatus();
  printer.Gap();
  printer.Line(
      {StrCat("领取凭证（lease token）：", pulled.lease_token(), "  有效至 ", TimeWords(pulled.lease_expire_time())),
       StrCat("lease token: ", pulled.lease_token(), "  until ", TimeWords(pulled.lease_expire_time()))});
  printer.Hint(
      {StrCat("下一步：签收  duban assignment receive 编号… --lease-token=", pulled.lease_token(), " --by=姓名"),
       StrCat("next: sign for them  duban assignment receive ID... --lease-token=", pulled.lease_token(),
              " --by=NAME")});
  return absl::OkStatus();
}

struct ReceiveFlags {
  std::vector<std::string> names;
  bool all = false;
  std::string unit, lease_token, by;
  Mutation mutation;
};

// Signs for each of `names`; those that went through are in `done` even where a later one fails.
absl::Status SignFor(Session& session, const ReceiveFlags& flags, const std::vector<std::string>& names,
                     const std::string& lease_token, const std::string& person, v1::ListAssignmentsResponse* done) {
  for (const std::string& name : names) {
    v1::ReceiveAssignmentRequest request;
    request.set_name(name);
    request.set_lease_token(lease_token);
    request.set_signer(person);
    request.set_request_id(names.size() == 1 && !flags.all ? flags.mutation.request_id
                                                           : session.RequestIdFor(flags.mutation.request_id, name));
    DUBAN_ASSIGN_OR_RETURN(const v1::Assignment assignment,
                           session.Call<v1::Assignment>("AssignmentService/ReceiveAssignment", request));
    PrintChange({"已签收", "received"}, assignment, &session.printer());
    *done->add_assignments() = assignment;
  }
  return absl::OkStatus();
}

// Pulls and signs until nothing is left.
absl::Status SignForAll(Session& session, const ReceiveFlags& flags, const std::string& person,
                        v1::ListAssignmentsResponse* done) {
  PullFlags pull;
  pull.unit = flags.unit;
  pull.max = kMaxPull;
  for (int round = 0;; ++round) {
    pull.mutation.request_id = session.RequestIdFor(flags.mutation.request_id, StrCat("pull-", round));
    DUBAN_ASSIGN_OR_RETURN(const v1::PullAssignmentsResponse pulled, DoPull(session, pull));
    if (pulled.assignments().empty()) return absl::OkStatus();
    std::vector<std::string> names;
    for (const v1::Assignment& assignment : pulled.assignments()) names.push_back(assignment.name());
    DUBAN_RETURN_IF_ERROR(SignFor(session, flags, names, pulled.lease_token(), person, done));
  }
}

// The assignments of a unit that nobody has signed for.
absl::StatusOr<std::vector<std::string>> Unsigned(Session& session, const std::string& unit) {
  v1::ListAssignmentsRequest request;
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_filter()->mutable_unit(), session.UnitName(unit));
  request.mutable_filter()->set_state(v1::Assignment::ISSUED);
  request.set_page_size(kMaxPull);
  std::vector<std::string> names;
  do {
    DUBAN_ASSIGN_OR_RETURN(const auto page,
                           session.Call<v1::ListAssignmentsResponse>("AssignmentService/ListAssignments", request));
    for (const v1::Assignment& assignment : page.assignments()) names.push_back(assignment.name());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return names;
}

absl::Status Receive(Session& session, const ReceiveFlags& flags) {
  if (flags.all == !flags.names.empty()) {
    return UsageError({"请写出要签收的编号，或者写 --all", "name what to sign for, or give --all"});
  }
  if (flags.all && flags.unit.empty()) {
    return UsageError({"--all 需要 --unit=单位", "--all needs --unit=UNIT"});
  }
  if (!flags.all && flags.lease_token.empty()) {
    return UsageError(
        {"签收指定编号需要 --lease-token=凭证（由 pull 给出）；也可用 --all --unit=单位 一步领取并签收",
         "signing by name needs --lease-token=TOKEN, which pull gives; --all --unit=UNIT does both at once"});
  }
  DUBAN_ASSIGN_OR_RETURN(const std::string person, session.Person(flags.by));
  v1::ListAssignmentsResponse done;
  absl::Status status;
  if (flags.all && flags.lease_token.empty()) {
    status = SignForAll(session, flags, person, &done);
  } else {
    std::vector<std::string> names;
    if (flags.all) {
      DUBAN_ASSIGN_OR_RETURN(names, Unsigned(session, flags.unit));
    }
    for (const std::string& name : flags.names) names.push_back(FullName(kAssignments, name));
    status = SignFor(session, flags, names, flags.lease_token, person, &done);
  }
  session.printer().Json(done);
  session.printer().Line(
      {StrCat("共签收 ", done.assignments_size(), " 项"), StrCat("received ", done.assignments_size(), " in all")});
  return status;
}

struct WorkFlags {
  std::string name, text, by, period;
  std::optional<int> percent;
  std::vector<std::string> evidence;
  Mutation mutation;
};

// `TITLE=REFERENCE`, or a title alone.
void AddEvidence(const std::vector<std::string>& evidence, google::protobuf::RepeatedPtrField<v1::Evidence>* out) {
  for (const std::string& text : evidence) {
    const size_t equals = text.find('=');
    v1::Evidence* item = out->Add();
    item->set_title(text.substr(0, equals));
    if (equals != std::string::npos) item->set_reference(text.substr(equals + 1));
  }
}

absl::Status Report(Session& session, const WorkFlags& flags) {
  v1::ReportProgressRequest request;
  v1::Report& report = *request.mutable_report();
  DUBAN_ASSIGN_OR_RETURN(*report.mutable_reporter(), session.Person(flags.by));
  request.set_name(FullName(kAssignments, flags.name));
  report.set_text(flags.text);
  report.set_percent(flags.percent.value_or(0));
  AddEvidence(flags.evidence, report.mutable_evidence());
  request.set_request_id(flags.mutation.request_id);
  request.set_etag(flags.mutation.etag);
  DUBAN_ASSIGN_OR_RETURN(const auto assignment,
                         session.Call<v1::Assignment>("AssignmentService/ReportProgress", request));
  session.printer().Json(assignment);
  PrintChange({"已报送进展", "reported"}, assignment, &session.printer());
  return absl::OkStatus();
}

absl::Status Submit(Session& session, const WorkFlags& flags) {
  v1::SubmitResultRequest request;
  v1::Submission& submission = *request.mutable_submission();
  DUBAN_ASSIGN_OR_RETURN(*submission.mutable_submitter(), session.Person(flags.by));
  request.set_name(FullName(kAssignments, flags.name));
  submission.set_text(flags.text);
  submission.set_period(flags.period);
  AddEvidence(flags.evidence, submission.mutable_evidence());
  request.set_request_id(flags.mutation.request_id);
  request.set_etag(flags.mutation.etag);
  DUBAN_ASSIGN_OR_RETURN(const auto assignment,
                         session.Call<v1::Assignment>("AssignmentService/SubmitResult", request));
  session.printer().Json(assignment);
  PrintChange({"已报结，等待审核", "handed in for review"}, assignment, &session.printer());
  return absl::OkStatus();
}

struct ReviewFlags {
  std::string name, submission, comment, by;
  bool accept = false;
  bool send_back = false;
  Mutation mutation;
};

// The submission that has no verdict yet.
absl::StatusOr<std::string> WaitingSubmission(Session& session, const std::string& name, std::string* etag) {
  v1::GetAssignmentRequest request;
  request.set_name(name);
  DUBAN_ASSIGN_OR_RETURN(const auto assignment,
                         session.Call<v1::Assignment>("AssignmentService/GetAssignment", request));
  if (etag->empty()) *etag = assignment.etag();
  const auto& submissions = assignment.execution().submissions();
  for (auto it = submissions.rbegin(); it != submissions.rend(); ++it) {
    bool judged = false;
    for (const v1::Review& review : assignment.reviews()) judged |= review.submission_id() == it->submission_id();
    if (!judged) return it->submission_id();
  }
  return NotNowError({StrCat(name, " 没有待审核的报结，请等责任单位报结后再审核"),
                      StrCat(name, " has no result that waits for review; review it once the unit has handed one in")});
}

absl::Status Review(Session& session, const ReviewFlags& flags) {
  if (flags.accept == flags.send_back) {
    return UsageError({"请写明 --accept（办结）或 --return（退回）", "say --accept or --return"});
  }
  v1::ReviewSubmissionRequest request;
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_reviewer(), session.Person(flags.by));
  request.set_name(FullName(kAssignments, flags.name));
  request.set_etag(flags.mutation.etag);
  request.set_submission_id(flags.submission);
  if (flags.submission.empty()) {
    DUBAN_ASSIGN_OR_RETURN(*request.mutable_submission_id(),
                           WaitingSubmission(session, request.name(), request.mutable_etag()));
  }
  request.set_verdict(flags.accept ? v1::Review::ACCEPTED : v1::Review::RETURNED);
  request.set_comment(flags.comment);
  request.set_request_id(flags.mutation.request_id);
  DUBAN_ASSIGN_OR_RETURN(const auto assignment,
                         session.Call<v1::Assignment>("AssignmentService/ReviewSubmission", request));
  session.printer().Json(assignment);
  PrintChange(flags.accept ? Phrase{"已审核通过", "accepted"} : Phrase{"已退回", "returned"}, assignment,
              &session.printer());
  return absl::OkStatus();
}

void AddSigning(Command assignment) {
  auto pull = std::make_shared<PullFlags>();
  assignment
      .Leaf("pull", {"领取待签收的交办事项，得到凭证", "lease what waits to be signed for"},
            [pull](Session& session) { return Pull(session, *pull); })
      .Text("--unit=UNIT", &pull->unit, {"单位：名称或 units/编号", "the unit: name or units/ID"}, kRequired)
      .Number("--max=N", &pull->max, 1, kMaxPull, {"最多几项，默认 50", "at most so many; 50 if left out"})
      .Duration("--lease=TIME", &pull->lease, {"保留多久，如 10m、2h；默认 10m", "kept for so long, such as 10m or 2h"})
      .Changes(&pull->mutation, /*with_etag=*/false);

  auto receive = std::make_shared<ReceiveFlags>();
  assignment
      .Leaf("receive",
            {"签收；--all --unit=单位 一步领取并签收", "sign for assignments; --all --unit=UNIT pulls them too"},
            [receive](Session& session) { return Receive(session, *receive); })
      .Texts("ASSIGNMENT", &receive->names, {"编号", "assignments"})
      .Flag("--all", &receive->all, {"该单位所有待签收的", "all that the unit has not signed for"})
      .Text("--unit=UNIT", &receive->unit, {"单位，配合 --all", "the unit, with --all"})
      .Text("--lease-token=TOKEN", &receive->lease_token, {"领取凭证", "what pull gave"})
      .Text("--by=PERSON", &receive->by, {"签收人；默认取 DUBAN_PERSON", "who signs; DUBAN_PERSON if left out"})
      .Changes(&receive->mutation, /*with_etag=*/false);
}

void AddWork(Command assignment) {
  auto report = std::make_shared<WorkFlags>();
  assignment
      .Leaf("report", {"报送进展", "report progress"}, [report](Session& session) { return Report(session, *report); })
      .Text("ASSIGNMENT", &report->name, {"编号", "the assignment"}, kRequired)
      .Text("--text=TEXT", &report->text, {"进展情况", "what was done"}, kRequired)
      .Number("--percent=N", &report->percent, 0, 100, {"完成比例", "own estimate of what is done"})
      .Texts("--evidence=TITLE=REF", &report->evidence, {"佐证材料；可多次", "evidence; may be repeated"})
      .Text("--by=PERSON", &report->by, {"报送人；默认取 DUBAN_PERSON", "who reports; DUBAN_PERSON if left out"})
      .Changes(&report->mutation);

  auto submit = std::make_shared<WorkFlags>();
  assignment
      .Leaf("submit", {"报结，等待审核", "hand in a result for review"},
            [submit](Session& session) { return Submit(session, *submit); })
      .Text("ASSIGNMENT", &submit->name, {"编号", "the assignment"}, kRequired)
      .Text("--text=TEXT", &submit->text, {"完成情况", "the result"}, kRequired)
      .Text("--period=PERIOD", &submit->period,
            {"常态化、定期任务所属期次，如 2024、2024-Q3", "period of a standing duty, such as 2024-Q3"})
      .Texts("--evidence=TITLE=REF", &submit->evidence, {"佐证材料；可多次", "evidence; may be repeated"})
      .Text("--by=PERSON", &submit->by, {"报送人；默认取 DUBAN_PERSON", "who hands in; DUBAN_PERSON if left out"})
      .Changes(&submit->mutation);

  auto review = std::make_shared<ReviewFlags>();
  assignment
      .Leaf("review", {"审核：办结或退回", "accept a result or return it"},
            [review](Session& session) { return Review(session, *review); })
      .Text("ASSIGNMENT", &review->name, {"编号", "the assignment"}, kRequired)
      .Text("--submission=ID", &review->submission,
            {"第几次报结，如 s-1；默认待审核的那次", "such as s-1; the one that waits if left out"})
      .Flag("--accept", &review->accept, {"办结", "accept"})
      .Flag("--return", &review->send_back, {"退回", "send back"})
      .Text("--comment=TEXT", &review->comment, {"意见；退回时必填", "comment; needed with --return"})
      .Text("--by=PERSON", &review->by, {"审核人；默认取 DUBAN_PERSON", "who reviews; DUBAN_PERSON if left out"})
      .Changes(&review->mutation);
}

}  // namespace

void AddAssignmentCommands(Command root) {
  Command assignment = root.Group("assignment", {"交办事项：领取、签收、报送、报结、审核、看板",
                                                 "assignments: sign, report, hand in, review, board"});
  AddSigning(assignment);
  AddWork(assignment);
  AddAssignmentReads(assignment);
}

}  // namespace duban::cli
