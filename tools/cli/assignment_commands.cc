// `duban assignment report|submit`: what a unit says about its work.

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/assignment_service.pb.h"
#include "tools/cli/assignment_calls.h"
#include "tools/cli/assignment_view.h"
#include "tools/cli/commands.h"
#include "tools/cli/evidence_calls.h"

namespace duban::cli {
namespace {

struct WorkFlags {
  std::vector<std::string> names;
  std::string name, text, by, period;
  std::optional<int> percent;
  std::vector<std::string> evidence;
  Mutation mutation;
};

// `units/{unit}` of an assignment.
std::string UnitOf(const std::string& assignment) {
  return StrCat("units/", ShortName(assignment));
}

Phrase EvidenceWords() {
  return {"佐证材料：本机文件会一并上传，其余作为档案编号（像文件名的编号写作 ref:编号）；可多次",
          "evidence: a file of this machine is put in, anything else is a reference (ref:NAME where it looks like a "
          "file); may be repeated"};
}

// More than the longest text that is taken, in bytes.
constexpr size_t kMostTextBytes = 64 << 10;

// What was written; of `-` what standard input has.
absl::StatusOr<std::string> WrittenText(Session& session, const std::string& text) {
  if (text != "-") return text;
  DUBAN_ASSIGN_OR_RETURN(const std::string read, session.ReadFile(text, kMostTextBytes));
  return std::string(absl::StripAsciiWhitespace(read));
}

absl::Status Report(Session& session, const WorkFlags& flags) {
  v1::ReportProgressRequest request;
  v1::Report& report = *request.mutable_report();
  DUBAN_ASSIGN_OR_RETURN(*report.mutable_reporter(), session.Person(flags.by));
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_name(), ResolveAssignment(session, flags.name));
  DUBAN_ASSIGN_OR_RETURN(*report.mutable_text(), WrittenText(session, flags.text));
  report.set_percent(flags.percent.value_or(0));
  DUBAN_RETURN_IF_ERROR(FillEvidence(session, flags.evidence, UnitOf(request.name()), report.mutable_evidence()));
  request.set_request_id(flags.mutation.request_id);
  request.set_etag(flags.mutation.etag);
  DUBAN_ASSIGN_OR_RETURN(const auto assignment,
                         session.Call<v1::Assignment>("AssignmentService/ReportProgress", request));
  session.printer().Json(assignment);
  session.printer().Line(ChangeWords({"已报送进展", "reported"}, assignment));
  return absl::OkStatus();
}

absl::Status Submit(Session& session, const WorkFlags& flags) {
  v1::SubmitResultsRequest::Item result;
  v1::Submission& submission = *result.mutable_submission();
  DUBAN_ASSIGN_OR_RETURN(*submission.mutable_submitter(), session.Person(flags.by));
  DUBAN_RETURN_IF_ERROR(CheckEtagIsForOne(flags.names.size(), flags.mutation));
  DUBAN_ASSIGN_OR_RETURN(*submission.mutable_text(), WrittenText(session, flags.text));
  submission.set_period(flags.period);
  result.set_etag(flags.mutation.etag);
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> names, ResolveAssignments(session, flags.names));
  std::set<std::string> units;
  for (const std::string& name : names) units.insert(UnitOf(name));
  // A file belongs to the unit that puts it in, so each puts it in.
  for (const std::string& unit : units) {
    submission.clear_evidence();
    DUBAN_RETURN_IF_ERROR(FillEvidence(session, flags.evidence, unit, submission.mutable_evidence()));
  }
  v1::SubmitResultsResponse all;
  const absl::Status called = CallInBulk(
      session, "AssignmentService/SubmitResults", session.BeginCommand(flags.mutation.request_id),
      v1::SubmitResultsRequest(), names,
      [&](const std::string& name, v1::SubmitResultsRequest* request) {
        result.set_name(name);
        *request->add_items() = result;
      },
      &all);
  session.printer().Json(all);
  Outcome outcome(&session.printer());
  TellActs({"已申请办结，等待审核", "handed in for review"}, all.results(), {}, &outcome);
  const absl::Status refused = outcome.Finish();
  return called.ok() ? refused : called;
}

}  // namespace

void AddAssignmentCommands(Command root) {
  Command assignment = root.Group("assignment", {"交办事项：领取、签收、报送、申请办结、审核、看板",
                                                 "assignments: sign, report, hand in, review, board"});
  AddAssignmentSigning(assignment);
  AddReportCommand(assignment, "report");
  AddSubmitCommand(assignment, "submit");
  AddDeclineCommand(assignment, "decline");
  AddExtendCommand(assignment, "extend");
  AddRetractCommand(assignment, "retract");
  AddAssignmentReview(assignment);
  AddAssignmentRulings(assignment);
  AddAssignmentDesk(assignment);
  AddAssignmentReads(assignment);
}

void AddReportCommand(Command group, const std::string& name) {
  auto report = std::make_shared<WorkFlags>();
  group.Leaf(name, {"报送进展", "report progress"}, [report](Session& session) { return Report(session, *report); })
      .Text("ASSIGNMENT", &report->name, AssignmentArgument(), kRequired)
      .Text("--text=TEXT", &report->text, {"进展情况；- 表示读标准输入", "what was done; - reads standard input"},
            kRequired)
      .Number("--percent=N", &report->percent, 0, 100, {"完成比例", "own estimate of what is done"})
      .Texts("--evidence=TITLE=REF", &report->evidence, EvidenceWords())
      .Text("--by=PERSON", &report->by, {"报送人；默认取 DUBAN_PERSON", "who reports; DUBAN_PERSON if left out"})
      .Changes(&report->mutation);
}

void AddSubmitCommand(Command group, const std::string& name) {
  auto submit = std::make_shared<WorkFlags>();
  group
      .Leaf(name, {"申请办结，等待审核；可一次多项", "hand in a result for review; several at once"},
            [submit](Session& session) { return Submit(session, *submit); })
      .Texts("ASSIGNMENT", &submit->names, AssignmentArgument(), kRequired)
      .Text("--text=TEXT", &submit->text, {"完成情况；- 表示读标准输入", "the result; - reads standard input"},
            kRequired)
      .Text("--period=PERIOD", &submit->period,
            {"常态化、定期任务的所属期，如 2024、2024-Q3", "period of a standing duty, such as 2024-Q3"})
      .Texts("--evidence=TITLE=REF", &submit->evidence, EvidenceWords())
      .Text("--by=PERSON", &submit->by, {"报送人；默认取 DUBAN_PERSON", "who hands in; DUBAN_PERSON if left out"})
      .Changes(&submit->mutation);
}

}  // namespace duban::cli
