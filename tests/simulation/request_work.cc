#include "tests/simulation/request_work.h"

#include <algorithm>
#include <optional>
#include <set>

#include "common/base/civil.h"
#include "common/base/strings.h"

namespace duban::simulation {
namespace {

constexpr char kClerk[] = "经办人";
constexpr char kOfficer[] = "审核人";

v1::AssignmentFilter InStates(std::initializer_list<v1::Assignment::State> states) {
  v1::AssignmentFilter filter;
  for (const v1::Assignment::State state : states) filter.add_states(state);
  return filter;
}

const v1::AssignmentFilter& Open() {
  static const auto* const filter = new v1::AssignmentFilter(
      InStates({v1::Assignment::ISSUED, v1::Assignment::RECEIVED, v1::Assignment::IN_PROGRESS}));
  return *filter;
}

std::vector<v1::Assignment> Listed(SimNode* node, const v1::AssignmentFilter& filter) {
  v1::ListAssignmentsRequest request;
  *request.mutable_filter() = filter;
  request.set_page_size(100);
  v1::ListAssignmentsResponse response;
  if (!node->assignments().ListAssignments(Anybody(), request, &response).ok()) return {};
  return {response.assignments().begin(), response.assignments().end()};
}

}  // namespace

template <typename Request, typename Response, typename Method>
bool RequestWork::Do(const char* what, SimNode* node, Request request, Response* response, Method method) {
  request.set_request_id(caller_.NewRequestId());
  const absl::Status status =
      caller_.Twice<Request, Response>(node, request, response, [node, method](const auto& sent, auto* answer) {
        return (node->assignments().*method)(Anybody(), sent, answer);
      });
  if (!status.ok()) return false;
  world_.Count(StrCat("work.", what));
  world_.Trace(StrCat(node->id(), " ", what, " ", request.ShortDebugString()));
  return true;
}

v1::Assignment RequestWork::AnyAtUnit(SimNode* node, const v1::AssignmentFilter& filter) {
  std::vector<v1::Assignment> all = Listed(node, filter);
  std::erase_if(all, [&](const v1::Assignment& one) { return one.unit_node() != node->id(); });
  return all.empty() ? v1::Assignment() : dice_.Pick(all);
}

v1::Assignment RequestWork::AnyIssued(SimNode* node, const v1::AssignmentFilter& filter) {
  std::vector<v1::Assignment> all = Listed(node, filter);
  std::erase_if(all, [&](const v1::Assignment& one) { return one.issuer_node() != node->id(); });
  return all.empty() ? v1::Assignment() : dice_.Pick(all);
}

void RequestWork::Act(SimNode* node, const std::vector<std::string>& units) {
  return dice_.Below(2) == 0 ? ActAsUnit(node) : ActAsIssuer(node, units);
}

void RequestWork::ActAsUnit(SimNode* node) {
  switch (dice_.Below(4)) {
    case 0:
      return Decline(node);
    case 1:
    case 2:
      return Ask(node);
    default:
      return Retract(node);
  }
}

void RequestWork::ActAsIssuer(SimNode* node, const std::vector<std::string>& units) {
  switch (dice_.Below(8)) {
    case 0:
    case 1:
    case 2:
      return Decide(node, units);
    case 3:
    case 4:
      return Answer(node);
    case 5:
      return Read(node);
    case 6:
      return Remark(node);
    default:
      return Urge(node);
  }
}

void RequestWork::Decline(SimNode* node) {
  const v1::Assignment assignment = AnyAtUnit(node, Open());
  if (assignment.name().empty()) return;
  v1::DeclineAssignmentRequest request;
  v1::Assignment declined;
  request.set_name(assignment.name());
  request.mutable_decline()->set_reason("不属于本单位职责");
  request.mutable_decline()->set_decliner(kClerk);
  if (!Do("decline", node, request, &declined, &AssignmentCore::DeclineAssignment)) return;
  // A person who calls again can hear what came of it since.
  const bool waits = declined.state() == v1::Assignment::DECLINED && declined.light() == v1::Assignment::GREY;
  const bool decided = declined.oversight().rulings_size() == declined.execution().declines_size();
  world_.Check("A10", waits || decided || declined.has_cancel_time(), [&] {
    return StrCat(declined.name(), " is ", v1::Assignment::State_Name(declined.state()), " after it was declined");
  });
}

void RequestWork::Ask(SimNode* node) {
  const v1::Assignment assignment = AnyAtUnit(node, InStates({v1::Assignment::RECEIVED, v1::Assignment::IN_PROGRESS}));
  const std::optional<absl::CivilDay> due = ParseDay(assignment.deadline().due());
  if (!due.has_value()) return;
  v1::RequestExtensionRequest request;
  v1::Assignment asked;
  request.set_name(assignment.name());
  request.mutable_extension()->set_reason("招标延后");
  request.mutable_extension()->set_proposed_due(FormatDay(*due + 1 + dice_.Below(40)));
  request.mutable_extension()->set_requester(kClerk);
  Do("ask_extension", node, request, &asked, &AssignmentCore::RequestExtension);
}

void RequestWork::Retract(SimNode* node) {
  const v1::Assignment assignment = AnyAtUnit(node, InStates({v1::Assignment::IN_PROGRESS}));
  if (assignment.name().empty()) return;
  v1::RetractReportRequest request;
  v1::Assignment retracted;
  request.set_name(assignment.name());
  Do("retract", node, request, &retracted, &AssignmentCore::RetractReport);
}

void RequestWork::Decide(SimNode* node, const std::vector<std::string>& units) {
  const v1::Assignment assignment = AnyIssued(node, InStates({v1::Assignment::DECLINED}));
  if (assignment.name().empty()) return;
  v1::Assignment decided;
  if (dice_.Below(2) == 0 || units.empty()) {
    v1::BindAssignmentRequest request;
    request.set_name(assignment.name());
    request.set_comment("属于该单位职责");
    request.set_arbiter(kOfficer);
    const std::optional<absl::CivilDay> due = ParseDay(assignment.deadline().due());
    const bool later = due.has_value() && assignment.deadline().kind() == v1::Deadline::BY_DATE && dice_.Below(3) == 0;
    if (later) request.set_due(FormatDay(*due + 1 + dice_.Below(40)));
    Do("bind", node, request, &decided, &AssignmentCore::BindAssignment);
    return;
  }
  v1::ReaddressAssignmentRequest request;
  request.set_name(assignment.name());
  request.set_unit(dice_.Pick(units));
  request.set_arbiter(kOfficer);
  Do("readdress", node, request, &decided, &AssignmentCore::ReaddressAssignment);
}

void RequestWork::Answer(SimNode* node) {
  v1::AssignmentFilter open = Open();
  open.set_extension_open(true);
  const v1::Assignment assignment = AnyIssued(node, open);
  if (assignment.name().empty()) return;
  v1::AnswerExtensionRequest request;
  v1::Assignment answered;
  request.set_name(assignment.name());
  request.set_answerer(kOfficer);
  request.set_extension_id(assignment.execution().extension_requests().rbegin()->extension_id());
  const bool grant = dice_.Below(3) != 0;
  request.set_verdict(grant ? v1::ExtensionAnswer::GRANTED : v1::ExtensionAnswer::REFUSED);
  if (!grant) request.set_comment("进度可控");
  Do(grant ? "grant" : "refuse", node, request, &answered, &AssignmentCore::AnswerExtension);
}

void RequestWork::Read(SimNode* node) {
  const v1::Assignment assignment = AnyIssued(node, InStates({v1::Assignment::IN_PROGRESS}));
  if (assignment.name().empty()) return;
  v1::MarkReportsReadRequest request;
  v1::Assignment read;
  request.set_name(assignment.name());
  request.set_reader(kOfficer);
  Do("read", node, request, &read, &AssignmentCore::MarkReportsRead);
}

void RequestWork::Remark(SimNode* node) {
  const v1::Assignment assignment = AnyIssued(node, Open());
  if (assignment.name().empty()) return;
  v1::AddRemarkRequest request;
  v1::Assignment remarked;
  request.set_name(assignment.name());
  request.set_text("请分管领导阅处");
  request.set_author(kOfficer);
  Do("remark", node, request, &remarked, &AssignmentCore::AddRemark);
}

void RequestWork::Urge(SimNode* node) {
  v1::UrgeAssignmentsRequest request;
  v1::UrgeAssignmentsResponse urged;
  request.set_text("请本周内报送");
  request.set_author(kOfficer);
  std::set<std::string> names;
  for (int i = 1 + dice_.Below(3); i > 0; --i) names.insert(AnyIssued(node, Open()).name());
  names.erase("");
  if (names.empty()) return;
  for (const std::string& name : names) request.add_items()->set_name(name);
  Do("urge", node, request, &urged, &AssignmentCore::UrgeAssignments);
}

}  // namespace duban::simulation
