// `duban review`: what waits for the issuer, one after the other, by keys; or all results at once, for scripts.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/contract/agreed.h"
#include "duban/v1/assignment_service.pb.h"
#include "tools/cli/assignment_calls.h"
#include "tools/cli/assignment_view.h"
#include "tools/cli/commands.h"
#include "tools/cli/issuers_desk.h"
#include "tools/cli/own_results.h"

namespace duban::cli {
namespace {

struct DialogueFlags {
  IssuersPlans plans;
  bool yes = false;
  bool send_back = false;
  std::string comment, by, request_id;
};

// What came of putting one thing to a person.
enum class Put { kDecided, kSkipped, kStopped };

// One run of the dialogue.
class Dialogue {
 public:
  Dialogue(Session& session, std::string person) : session_(session), person_(std::move(person)) {}

  // Puts each to the person until they have had enough; says what came of it.
  absl::Status Run(const v1::ListAssignmentsResponse& waiting) {
    Outcome outcome(&session_.printer());
    int at = 0;
    for (const v1::Assignment& assignment : waiting.assignments()) {
      session_.printer().Gap();
      session_.printer().Line({StrCat("（", ++at, "/", waiting.assignments_size(), "）请办：", WaitsFor(assignment).zh),
                               StrCat("(", at, "/", waiting.assignments_size(), ") ", WaitsFor(assignment).en)},
                              Style::kBold);
      const absl::StatusOr<Put> put = PutOne(assignment, outcome);
      if (put.ok() && *put == Put::kStopped) break;
      if (put.ok()) continue;
      if (!IsAnswer(put.status())) return put.status();
      outcome.Refused(ShortAssignmentName(assignment.name()), put.status());
    }
    session_.printer().Line({StrCat("共办理 ", outcome.done(), " 项"), StrCat("decided ", outcome.done(), " in all")});
    return outcome.Finish();
  }

 private:
  // Whether a server said no to this one thing; else the others will fare no better.
  static bool IsAnswer(const absl::Status& status) {
    const ExitCode code = ExitCodeOf(status);
    return code == ExitCode::kNotNow || code == ExitCode::kNotFound || code == ExitCode::kChanged ||
           code == ExitCode::kRefused;
  }

  absl::StatusOr<Put> PutOne(const v1::Assignment& assignment, Outcome& outcome) {
    DUBAN_ASSIGN_OR_RETURN(const v1::Assignment shown, Read(assignment));
    PrintAssignment(shown, &session_.printer());
    if (shown.state() == v1::Assignment::UNDER_REVIEW) return Review(shown, outcome);
    if (shown.state() == v1::Assignment::DECLINED) return Decide(shown, outcome);
    if (OpenExtension(shown.execution(), shown.oversight()) != nullptr) return Answer(shown, outcome);
    session_.printer().Line({"已由他人办理", "somebody else has decided it"});
    return Put::kSkipped;
  }

  // As it is now; what it reports counts as read from here on.
  absl::StatusOr<v1::Assignment> Read(const v1::Assignment& assignment) {
    v1::MarkReportsReadRequest request;
    request.set_name(assignment.name());
    request.set_reader(person_);
    return session_.Call<v1::Assignment>("AssignmentService/MarkReportsRead", request);
  }

  // The key that was typed, one of `keys`; `s` and `q` are always among them. Where nobody is there any more: `q`.
  std::string Key(const Phrase& question, std::string_view keys) {
    while (true) {
      const std::optional<std::string> typed = session_.AskPerson(question);
      if (!typed.has_value()) return "q";
      const bool known = typed->size() == 1 && StrCat(keys, "sq").find(*typed) != std::string::npos;
      if (known) return *typed;
    }
  }

  // Words that have to be there; empty where the person leaves.
  std::string Ask(const Phrase& question) {
    while (true) {
      const std::optional<std::string> typed = session_.AskPerson(question);
      if (!typed.has_value() || !typed->empty()) return typed.value_or("");
    }
  }

  static Put Left(const std::string& key) { return key == "q" ? Put::kStopped : Put::kSkipped; }

  // Sends a decision; the person saw `shown`, and by that it is decided.
  template <typename Request>
  absl::StatusOr<Put> Send(std::string_view method, Request request, const v1::Assignment& shown, const Phrase& what,
                           Outcome& outcome) {
    request.set_name(shown.name());
    request.set_etag(shown.etag());
    DUBAN_ASSIGN_OR_RETURN(const auto assignment, session_.Call<v1::Assignment>(method, request));
    outcome.Done(ChangeWords(what, assignment));
    return Put::kDecided;
  }

  absl::StatusOr<Put> Review(const v1::Assignment& shown, Outcome& outcome) {
    const std::string key = Key({"a 办结，r 退回，s 跳过，q 结束：", "a accept, r return, s skip, q quit: "}, "ar");
    if (key == "s" || key == "q") return Left(key);
    v1::ReviewSubmissionRequest request;
    request.set_reviewer(person_);
    request.set_submission_id(shown.execution().submissions().rbegin()->submission_id());
    request.set_verdict(key == "a" ? v1::Review::ACCEPTED : v1::Review::RETURNED);
    if (key == "r") request.set_comment(Ask({"退回意见：", "what is missing: "}));
    if (key == "r" && request.comment().empty()) return Put::kStopped;
    const Phrase what = key == "a" ? Phrase{"审核通过", "accepted"} : Phrase{"已退回", "returned"};
    const absl::StatusOr<Put> sent = Send("AssignmentService/ReviewSubmission", request, shown, what, outcome);
    // Of a return the same field is refused for what it says, such as its length.
    if (key != "a" || !WantsReason(sent.status())) return sent;
    request.set_comment(Ask(
        {"这是您本人提交的办结申请，请写明由您审核的理由：", "you handed this in yourself; why do you judge it: "}));
    if (request.comment().empty()) return Put::kStopped;
    return Send("AssignmentService/ReviewSubmission", request, shown, what, outcome);
  }

  absl::StatusOr<Put> Decide(const v1::Assignment& shown, Outcome& outcome) {
    const std::string key = Key({"b 维持原交办，d 改交，s 跳过，q 结束：",
                                 "b send back as binding, d address to another unit, s skip, q quit: "},
                                "bd");
    if (key == "s" || key == "q") return Left(key);
    if (key == "b") {
      v1::BindAssignmentRequest request;
      request.set_arbiter(person_);
      request.set_comment(Ask({"理由：", "why: "}));
      if (request.comment().empty()) return Put::kStopped;
      return Send("AssignmentService/BindAssignment", request, shown, {"已维持原交办", "judged binding"}, outcome);
    }
    v1::ReaddressAssignmentRequest request;
    request.set_arbiter(person_);
    const std::string unit = Ask({"改由哪个单位承办：", "which unit: "});
    if (unit.empty()) return Put::kStopped;
    DUBAN_ASSIGN_OR_RETURN(*request.mutable_unit(), session_.UnitName(unit));
    return Send("AssignmentService/ReaddressAssignment", request, shown, {"已改交", "readdressed"}, outcome);
  }

  absl::StatusOr<Put> Answer(const v1::Assignment& shown, Outcome& outcome) {
    const std::string key =
        Key({"g 准予延期，n 不予延期，s 跳过，q 结束：", "g grant, n refuse, s skip, q quit: "}, "gn");
    if (key == "s" || key == "q") return Left(key);
    v1::AnswerExtensionRequest request;
    request.set_answerer(person_);
    request.set_extension_id(OpenExtension(shown.execution(), shown.oversight())->extension_id());
    request.set_verdict(key == "g" ? v1::ExtensionAnswer::GRANTED : v1::ExtensionAnswer::REFUSED);
    if (key == "g") {
      request.set_due(
          session_.AskPerson({"延至哪天（直接回车按申请）：", "due on (Enter: as asked for): "}).value_or(""));
    } else {
      request.set_comment(Ask({"理由：", "why: "}));
      if (request.comment().empty()) return Put::kStopped;
    }
    return Send("AssignmentService/AnswerExtension", request, shown,
                key == "g" ? Phrase{"已准予延期", "extension granted"} : Phrase{"已答复不予延期", "extension refused"},
                outcome);
  }

  Session& session_;
  const std::string person_;
};

absl::Status Check(const Session& session, const DialogueFlags& flags) {
  if (flags.yes) {
    if (flags.send_back && flags.comment.empty()) {
      return UsageError(
          {"退回时请用 --comment=意见 写明缺少什么", "--return needs --comment=TEXT: say what is missing"});
    }
    return absl::OkStatus();
  }
  if (flags.send_back || !flags.comment.empty() || !flags.request_id.empty()) {
    return UsageError({"--return、--comment 和 --request-id 只配合 --yes",
                       "--return, --comment and --request-id go with --yes only"});
  }
  const bool person = session.environment().in_is_terminal && session.environment().out_is_terminal;
  if (person) return absl::OkStatus();
  return UsageError({"逐项审核需要终端；脚本请用 duban review --yes（全部办结）或 --yes --return --comment=意见",
                     "the dialogue needs a terminal; in scripts: duban review --yes (accepts all), or --yes --return "
                     "--comment=TEXT"});
}

// One verdict on all results that wait.
absl::Status JudgeAll(Session& session, const DialogueFlags& flags, const std::string& person,
                      const v1::ListAssignmentsResponse& waiting) {
  std::vector<v1::Assignment> chosen;
  std::vector<v1::ReviewSubmissionsRequest::Item> items;
  for (const v1::Assignment& assignment : waiting.assignments()) {
    if (assignment.state() != v1::Assignment::UNDER_REVIEW) continue;
    v1::ReviewSubmissionsRequest::Item& item = items.emplace_back();
    item.set_name(assignment.name());
    item.set_submission_id(assignment.execution().submissions().rbegin()->submission_id());
    item.set_verdict(flags.send_back ? v1::Review::RETURNED : v1::Review::ACCEPTED);
    item.set_comment(flags.comment);
    chosen.push_back(assignment);
  }
  v1::ReviewSubmissionsRequest request;
  request.set_reviewer(person);
  v1::ReviewSubmissionsResponse all;
  const absl::Status called = CallInBulk(
      session, "AssignmentService/ReviewSubmissions", session.BeginCommand(flags.request_id), request, items,
      [](const auto& item, v1::ReviewSubmissionsRequest* into) { *into->add_items() = item; }, &all);
  session.printer().Json(all);
  Outcome outcome(&session.printer());
  TellActs(flags.send_back ? Phrase{"已退回", "returned"} : Phrase{"审核通过", "accepted"}, all.results(), chosen,
           &outcome);
  if (!flags.send_back) TellOwnResults(session, person, chosen, all.results());
  session.printer().Line({StrCat("共审核 ", outcome.done(), " 项"), StrCat("reviewed ", outcome.done(), " in all")});
  const absl::Status refused = outcome.Finish();
  return called.ok() ? refused : called;
}

absl::Status ReviewWaiting(Session& session, const DialogueFlags& flags) {
  DUBAN_RETURN_IF_ERROR(Check(session, flags));
  DUBAN_ASSIGN_OR_RETURN(const std::string person, session.Person(flags.by));
  DUBAN_ASSIGN_OR_RETURN(const v1::ListAssignmentsResponse waiting, WaitingForIssuer(session, flags.plans));
  if (flags.yes) return JudgeAll(session, flags, person, waiting);
  if (waiting.assignments().empty()) {
    session.printer().Line({"没有待审核的事项", "nothing waits for review"});
    return absl::OkStatus();
  }
  return Dialogue(session, person).Run(waiting);
}

}  // namespace

void AddReviewDialogue(Command root) {
  auto flags = std::make_shared<DialogueFlags>();
  Command review = root.Leaf("review",
                             {"逐项审核待我审核的事项：办结、退回、裁定退办、答复延期",
                              "decide about what waits for my unit, one after the other"},
                             [flags](Session& session) { return ReviewWaiting(session, *flags); });
  AddIssuersPlans(review, &flags->plans);
  review.Flag("--yes", &flags->yes, {"不询问，待审核的办结申请全部办结", "do not ask: accept all results that wait"})
      .Flag("--return", &flags->send_back, {"配合 --yes：全部退回", "with --yes: return them all"})
      .Text("--comment=TEXT", &flags->comment, {"意见；配合 --yes", "comment; with --yes"})
      .Text("--request-id=ID", &flags->request_id, {"请求编号；配合 --yes", "request id; with --yes"})
      .Text("--by=PERSON", &flags->by, {"审核人；默认取 DUBAN_PERSON", "who reviews; DUBAN_PERSON if left out"});
}

}  // namespace duban::cli
