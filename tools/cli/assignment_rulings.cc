// `duban assignment readdress|bind|grant|refuse|read|remark|urge`: what the issuer decides and says about one unit's
// assignment.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/assignment_service.pb.h"
#include "tools/cli/assignment_calls.h"
#include "tools/cli/assignment_view.h"
#include "tools/cli/commands.h"

namespace duban::cli {
namespace {

struct RulingFlags {
  std::string name, to, due, comment, text, by;
  std::vector<std::string> names;
  std::string all_unsigned;
  Mutation mutation;
};

template <typename Request>
absl::Status Address(Session& session, const RulingFlags& flags, Request* request) {
  DUBAN_ASSIGN_OR_RETURN(*request->mutable_name(), ResolveAssignment(session, flags.name));
  request->set_request_id(flags.mutation.request_id);
  request->set_etag(flags.mutation.etag);
  return absl::OkStatus();
}

absl::Status Readdress(Session& session, const RulingFlags& flags) {
  v1::ReaddressAssignmentRequest request;
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_arbiter(), session.Person(flags.by));
  DUBAN_RETURN_IF_ERROR(Address(session, flags, &request));
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_unit(), session.UnitName(flags.to));
  request.set_comment(flags.comment);
  const std::string to = session.NameOf(request.unit());
  return TellActed(session, {StrCat("已改交", to), StrCat("readdressed to ", to)},
                   session.Call<v1::Assignment>("AssignmentService/ReaddressAssignment", request));
}

absl::Status Bind(Session& session, const RulingFlags& flags) {
  v1::BindAssignmentRequest request;
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_arbiter(), session.Person(flags.by));
  DUBAN_RETURN_IF_ERROR(Address(session, flags, &request));
  request.set_comment(flags.comment);
  request.set_due(flags.due);
  return TellActed(session, {"已维持原交办", "judged binding"},
                   session.Call<v1::Assignment>("AssignmentService/BindAssignment", request));
}

absl::Status Answer(Session& session, v1::ExtensionAnswer::Verdict verdict, const RulingFlags& flags) {
  v1::AnswerExtensionRequest request;
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_answerer(), session.Person(flags.by));
  DUBAN_RETURN_IF_ERROR(Address(session, flags, &request));
  request.set_verdict(verdict);
  request.set_due(flags.due);
  request.set_comment(flags.comment);
  const auto answered = session.Call<v1::Assignment>("AssignmentService/AnswerExtension", request);
  const std::string due = answered.ok() ? answered->deadline().due() : "";
  const bool granted = verdict == v1::ExtensionAnswer::GRANTED;
  return TellActed(session,
                   granted ? Phrase{StrCat("已准予延期至 ", due), StrCat("extension granted, due on ", due)}
                           : Phrase{"已答复不予延期", "extension refused"},
                   answered);
}

absl::Status Read(Session& session, const RulingFlags& flags) {
  v1::MarkReportsReadRequest request;
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_reader(), session.Person(flags.by));
  DUBAN_RETURN_IF_ERROR(Address(session, flags, &request));
  DUBAN_ASSIGN_OR_RETURN(const auto assignment,
                         session.Call<v1::Assignment>("AssignmentService/MarkReportsRead", request));
  session.printer().Json(assignment);
  PrintAssignment(assignment, &session.printer());
  session.printer().Line(ChangeWords({"进展已阅", "reports read"}, assignment));
  return absl::OkStatus();
}

absl::Status Remark(Session& session, const RulingFlags& flags) {
  v1::AddRemarkRequest request;
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_author(), session.Person(flags.by));
  DUBAN_RETURN_IF_ERROR(Address(session, flags, &request));
  request.set_text(flags.text);
  return TellActed(session, {"已批示", "remark added"},
                   session.Call<v1::Assignment>("AssignmentService/AddRemark", request));
}

// What a plan's units have not signed for, by name.
absl::StatusOr<std::vector<std::string>> UnsignedOf(Session& session, const std::string& plan) {
  v1::ListAssignmentsRequest request;
  request.mutable_filter()->set_plan(FullName("plans/", plan));
  request.mutable_filter()->set_state(v1::Assignment::ISSUED);
  DUBAN_ASSIGN_OR_RETURN(const v1::ListAssignmentsResponse all, ListAssignments(session, request, std::nullopt));
  if (all.assignments().empty()) DUBAN_RETURN_IF_ERROR(CheckFilterExists(session, request.filter()));
  std::vector<std::string> names;
  for (const v1::Assignment& assignment : all.assignments()) names.push_back(assignment.name());
  return names;
}

absl::StatusOr<std::vector<std::string>> WhomToUrge(Session& session, const RulingFlags& flags) {
  if (flags.names.empty() == flags.all_unsigned.empty()) {
    return UsageError({"请写明催办哪几项，或用 --all-unsigned=计划 催办该计划所有未签收的（二者选一）",
                       "name assignments, or all that a plan's units have not signed for with --all-unsigned=PLAN; not "
                       "both"});
  }
  if (!flags.all_unsigned.empty()) return UnsignedOf(session, flags.all_unsigned);
  return ResolveAssignments(session, flags.names);
}

absl::Status Urge(Session& session, const RulingFlags& flags) {
  v1::UrgeAssignmentsRequest request;
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_author(), session.Person(flags.by));
  DUBAN_RETURN_IF_ERROR(CheckEtagIsForOne(flags.names.size(), flags.mutation));
  request.set_text(flags.text);
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> names, WhomToUrge(session, flags));
  v1::UrgeAssignmentsResponse all;
  const absl::Status called = CallInBulk(
      session, "AssignmentService/UrgeAssignments", session.BeginCommand(flags.mutation.request_id), request, names,
      [&](const std::string& name, v1::UrgeAssignmentsRequest* into) {
        v1::UrgeAssignmentsRequest::Item& item = *into->add_items();
        item.set_name(name);
        item.set_etag(flags.mutation.etag);
      },
      &all);
  session.printer().Json(all);
  if (names.empty())
    session.printer().Line({"该计划都已签收，没有催办", "everything of the plan is signed for; nobody was urged"});
  Outcome outcome(&session.printer());
  TellActs({"已催办，提醒随即发出", "urged; a reminder goes out at once"}, all.results(), {}, &outcome);
  const absl::Status refused = outcome.Finish();
  return called.ok() ? refused : called;
}

Command AddRuling(Command assignment, const std::string& name, const Phrase& what, RulingFlags* flags,
                  Command::Run run) {
  Command command = assignment.Leaf(name, what, std::move(run));
  command.Text("ASSIGNMENT", &flags->name, AssignmentArgument(), kRequired)
      .Text("--by=PERSON", &flags->by, {"办理人；默认取 DUBAN_PERSON", "who does it; DUBAN_PERSON if left out"})
      .Changes(&flags->mutation);
  return command;
}

void AddDeclineRulings(Command assignment) {
  auto readdress = std::make_shared<RulingFlags>();
  AddRuling(assignment, "readdress", {"裁定退办：改交另一单位", "address a declined one to another unit"},
            readdress.get(), [readdress](Session& session) { return Readdress(session, *readdress); })
      .Text("--to=UNIT", &readdress->to, {"改由哪个单位承办", "the unit that has it from now on"}, kRequired)
      .Text("--comment=TEXT", &readdress->comment, {"说明", "why"});
  auto bind = std::make_shared<RulingFlags>();
  AddRuling(assignment, "bind", {"裁定退办：维持原交办，不得再次退办", "send a declined one back as binding"},
            bind.get(), [bind](Session& session) { return Bind(session, *bind); })
      .Text("--comment=TEXT", &bind->comment, {"理由", "why"}, kRequired)
      .Text("--due=DATE", &bind->due, {"另定时限；不填则不变", "another due day; as it was if left out"});
}

void AddExtensionAnswers(Command assignment) {
  auto grant = std::make_shared<RulingFlags>();
  AddRuling(assignment, "grant", {"准予延期", "grant an extension"}, grant.get(),
            [grant](Session& session) { return Answer(session, v1::ExtensionAnswer::GRANTED, *grant); })
      .Text("--due=DATE", &grant->due, {"延至哪天；默认按申请", "the due day; as asked for if left out"})
      .Text("--comment=TEXT", &grant->comment, {"说明", "comment"});
  auto refuse = std::make_shared<RulingFlags>();
  AddRuling(assignment, "refuse", {"不予延期", "refuse an extension"}, refuse.get(), [refuse](Session& session) {
    return Answer(session, v1::ExtensionAnswer::REFUSED, *refuse);
  }).Text("--comment=TEXT", &refuse->comment, {"理由", "why"}, kRequired);
}

}  // namespace

void AddAssignmentRulings(Command assignment) {
  AddDeclineRulings(assignment);
  AddExtensionAnswers(assignment);
  auto read = std::make_shared<RulingFlags>();
  AddRuling(assignment, "read", {"阅看一项，并将其进展记为已阅", "show one, and note that its reports were read"},
            read.get(), [read](Session& session) { return Read(session, *read); });
  auto remark = std::make_shared<RulingFlags>();
  AddRuling(assignment, "remark", {"批示", "add a remark to one unit's"}, remark.get(), [remark](Session& session) {
    return Remark(session, *remark);
  }).Text("--text=TEXT", &remark->text, {"批示内容", "the remark"}, kRequired);
  auto urge = std::make_shared<RulingFlags>();
  assignment
      .Leaf("urge", {"催办，随即提醒；可一次多项", "urge units, with a reminder at once; several at a time"},
            [urge](Session& session) { return Urge(session, *urge); })
      .Texts("ASSIGNMENT", &urge->names, AssignmentArgument())
      .Text("--all-unsigned=PLAN", &urge->all_unsigned,
            {"该计划所有未签收的", "all that the units of this plan have not signed for"})
      .Text("--text=TEXT", &urge->text, {"催办内容", "what they are told"}, kRequired)
      .Text("--by=PERSON", &urge->by, {"催办人；默认取 DUBAN_PERSON", "who urges; DUBAN_PERSON if left out"})
      .Changes(&urge->mutation)
      .Footer(
          {"一分钟内对同一事项说同样的话，只提醒一次；说的话不同，下一分钟另发一条。",
           "The same words to the same unit within a minute are one reminder; other words are another one, a minute "
           "later."});
}

}  // namespace duban::cli
