// `duban assignment decline|extend|retract`: what a unit asks of the issuer, and takes back.

#include <memory>
#include <string>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/assignment_service.pb.h"
#include "tools/cli/assignment_calls.h"
#include "tools/cli/assignment_view.h"
#include "tools/cli/commands.h"

namespace duban::cli {
namespace {

struct AskFlags {
  std::string name, reason, to, report, by;
  Mutation mutation;
};

// Names the assignment, and what every request has.
template <typename Request>
absl::Status Address(Session& session, const AskFlags& flags, Request* request) {
  DUBAN_ASSIGN_OR_RETURN(*request->mutable_name(), ResolveAssignment(session, flags.name));
  request->set_request_id(flags.mutation.request_id);
  request->set_etag(flags.mutation.etag);
  return absl::OkStatus();
}

absl::Status Decline(Session& session, const AskFlags& flags) {
  v1::DeclineAssignmentRequest request;
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_decline()->mutable_decliner(), session.Person(flags.by));
  DUBAN_RETURN_IF_ERROR(Address(session, flags, &request));
  request.mutable_decline()->set_reason(flags.reason);
  return TellActed(session, {"已申请退办，等待交办单位裁定", "declined; the issuer decides"},
                   session.Call<v1::Assignment>("AssignmentService/DeclineAssignment", request));
}

absl::Status Extend(Session& session, const AskFlags& flags) {
  v1::RequestExtensionRequest request;
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_extension()->mutable_requester(), session.Person(flags.by));
  DUBAN_RETURN_IF_ERROR(Address(session, flags, &request));
  request.mutable_extension()->set_reason(flags.reason);
  request.mutable_extension()->set_proposed_due(flags.to);
  return TellActed(session, {"已申请延期，等待交办单位答复", "extension asked for; the issuer answers"},
                   session.Call<v1::Assignment>("AssignmentService/RequestExtension", request));
}

absl::Status Retract(Session& session, const AskFlags& flags) {
  v1::RetractReportRequest request;
  DUBAN_RETURN_IF_ERROR(Address(session, flags, &request));
  request.set_report_id(flags.report);
  return TellActed(session, {"已撤回进展", "report taken back"},
                   session.Call<v1::Assignment>("AssignmentService/RetractReport", request));
}

}  // namespace

void AddDeclineCommand(Command group, const std::string& name) {
  auto decline = std::make_shared<AskFlags>();
  group
      .Leaf(name,
            {"退办：说明不属于本单位，由交办单位裁定；交办后几个工作日内可申请",
             "say that it is not the unit's own; the issuer decides"},
            [decline](Session& session) { return Decline(session, *decline); })
      .Text("ASSIGNMENT", &decline->name, AssignmentArgument(), kRequired)
      .Text("--reason=TEXT", &decline->reason, {"理由", "why"}, kRequired)
      .Text("--by=PERSON", &decline->by, {"经办人；默认取 DUBAN_PERSON", "who declines; DUBAN_PERSON if left out"})
      .Changes(&decline->mutation);
}

void AddExtendCommand(Command group, const std::string& name) {
  auto extend = std::make_shared<AskFlags>();
  group
      .Leaf(name, {"申请延期，须在时限日之前", "ask for more time, before the due day"},
            [extend](Session& session) { return Extend(session, *extend); })
      .Text("ASSIGNMENT", &extend->name, AssignmentArgument(), kRequired)
      .Text("--to=DATE", &extend->to, {"申请延至哪天，如 2024-10-31", "the due day that is asked for, 2024-10-31"},
            kRequired)
      .Text("--reason=TEXT", &extend->reason, {"理由", "why"}, kRequired)
      .Text("--by=PERSON", &extend->by, {"经办人；默认取 DUBAN_PERSON", "who asks; DUBAN_PERSON if left out"})
      .Changes(&extend->mutation);
}

void AddRetractCommand(Command group, const std::string& name) {
  auto retract = std::make_shared<AskFlags>();
  group
      .Leaf(name, {"撤回交办单位尚未阅看的进展", "take back a report that the issuer has not read"},
            [retract](Session& session) { return Retract(session, *retract); })
      .Text("ASSIGNMENT", &retract->name, AssignmentArgument(), kRequired)
      .Text("--report=ID", &retract->report,
            {"哪一次进展，如 r-2；默认最近一次", "which, such as r-2; the last if left out"})
      .Changes(&retract->mutation);
}

}  // namespace duban::cli
