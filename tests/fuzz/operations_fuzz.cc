// Any sequence of what people, hops, clocks and crashes do, on two levels: bytes become operations. Whatever the order,
// no call breaks a promise; and once the hops have come to rest the levels agree, what was acknowledged is there, and
// every store agrees with itself. (The simulator's invariants, with the order chosen by coverage instead of dice.)

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/fuzz_node.h"

namespace duban::fuzz {
namespace {

constexpr int kMaxOperations = 60;
constexpr const char* kUnits[] = {"units/office", "units/health", "units/school", "units/north", "units/south"};

class Offices {
 public:
  explicit Offices(Bytes bytes) : bytes_(bytes), city_("city", &clock_), district_("district", &clock_, {"city"}) {
    city_.Furnish();
    Rest();
  }

  void Run() {
    for (int i = 0; i < kMaxOperations && !bytes_.empty(); ++i) Operate();
    Rest();
    for (FuzzNode* node : {&city_, &district_}) {
      node->CheckStores();
      node->ReadEverything();
      CheckReminders(*node);
    }
    CheckLevelsAgree();
    CheckPromises();
  }

 private:
  FuzzNode& AnyNode() { return bytes_.Below(2) == 0 ? city_ : district_; }

  // Of what was refused among several, a repeat says that it was, and no more why.
  template <typename Response>
  static void ForgetWords(Response& response) {
    if constexpr (requires { response.mutable_results(); }) {
      for (auto& result : *response.mutable_results()) {
        if (result.has_error()) result.mutable_error()->clear_message();
        if (result.has_error()) result.mutable_error()->clear_details();
      }
    }
  }

  template <typename Response>
  bool Call(FuzzNode& node, std::string_view name, const google::protobuf::Message& request, Response* response) {
    for (const Method& method : Methods()) {
      if (!method.name.ends_with(name)) continue;
      const absl::Status status = CallChecked(node, method, request, response);
      Require(!absl::IsInvalidArgument(status), StrCat("this file makes sound requests: ", status.ToString()));
      if (!status.ok() || bytes_.Below(8) != 0) return status.ok();
      Response again;
      RequireOk(CallChecked(node, method, request, &again), "a repeated request");
      Response first = *response;
      ForgetWords(first);
      ForgetWords(again);
      Require(again.SerializeAsString() == first.SerializeAsString(),
              StrCat("the same request to ", name, " has the same answer (S7): ", first.ShortDebugString(),
                     " and then ", again.ShortDebugString()));
      return true;
    }
    Require(false, StrCat("there is a method ", name));
    return false;
  }

  std::string NextId() { return StrCat("r", ++requests_); }

  // ---- What people do ----

  void Operate() {
    FuzzNode& node = AnyNode();
    switch (bytes_.Below(16)) {
      case 0:
      case 1:
        return FollowOnce(node);
      case 2:
        return OfferOnce();
      case 3:
        return PullAndSign(node);
      case 4:
        return Report(node);
      case 5:
        return Submit(node);
      case 6:
      case 7:
        return Review(node);
      case 8:
        return Publish(node);
      case 9:
        return Withdraw(node);
      case 10:
        return MoveUnit();
      case 11:
        return PassTime();
      case 12:
        return node.Restart();
      case 13:
        return Remind(node);
      case 14:
        return bytes_.Below(2) == 0 ? ChangePolicy(node) : ChangeCalendar(node);
      default:
        return node.Settle();
    }
  }

  // Any assignment of the node.
  v1::Assignment Pick(FuzzNode& node) {
    v1::ListAssignmentsRequest request;
    v1::ListAssignmentsResponse response;
    RequireOk(node.assignments->ListAssignments(Anybody(), request, &response), "ListAssignments");
    if (response.assignments().empty()) return v1::Assignment();
    return response.assignments(bytes_.Byte() % response.assignments_size());
  }

  void PullAndSign(FuzzNode& node) {
    v1::PullAssignmentsRequest pull;
    pull.set_request_id(NextId());
    pull.set_unit(kUnits[bytes_.Below(std::size(kUnits))]);
    pull.set_max_assignments(1 + bytes_.Below(3));
    v1::PullAssignmentsResponse pulled;
    if (!Call(node, "/PullAssignments", pull, &pulled)) return;
    for (const v1::Assignment& assignment : pulled.assignments()) {
      Require(assignment.state() == v1::Assignment::ISSUED, "only what nobody signed for is handed out (A3)");
    }
    // Sometimes with another's token.
    const std::string token = bytes_.Below(4) == 0 ? last_token_ : pulled.lease_token();
    last_token_ = pulled.lease_token();
    if (token.empty() || pulled.assignments().empty()) return;
    if (bytes_.Below(2) == 0) return SignAll(node, pulled, token);
    for (const v1::Assignment& assignment : pulled.assignments()) {
      v1::ReceiveAssignmentRequest receive;
      receive.set_request_id(NextId());
      receive.set_name(assignment.name());
      receive.set_lease_token(token);
      receive.set_signer(StrCat("签收人", requests_));
      v1::Assignment received;
      if (Call(node, "/ReceiveAssignment", receive, &received)) receipts_[assignment.name()] = receive.signer();
    }
  }

  void SignAll(FuzzNode& node, const v1::PullAssignmentsResponse& pulled, const std::string& token) {
    v1::ReceiveAssignmentsRequest receive;
    receive.set_request_id(NextId());
    receive.set_lease_token(token);
    receive.set_signer(StrCat("签收人", requests_));
    for (const v1::Assignment& assignment : pulled.assignments()) receive.add_names(assignment.name());
    v1::ReceiveAssignmentsResponse received;
    if (!Call(node, "/ReceiveAssignments", receive, &received)) return;
    Require(received.results_size() == receive.names_size(), "an answer for each (A6)");
    for (const v1::ActResult& result : received.results()) {
      if (!result.has_error()) receipts_[result.name()] = receive.signer();
    }
  }

  void Report(FuzzNode& node) {
    const v1::Assignment assignment = Pick(node);
    if (assignment.name().empty()) return;
    v1::ReportProgressRequest request;
    request.set_request_id(NextId());
    request.set_name(assignment.name());
    if (bytes_.Below(2) == 0) request.set_etag(assignment.etag());
    request.mutable_report()->set_text("进展顺利");
    request.mutable_report()->set_reporter("经办人");
    request.mutable_report()->set_percent(bytes_.Below(101));
    v1::Assignment response;
    if (Call(node, "/ReportProgress", request, &response)) ++reports_[assignment.name()];
  }

  // Up to three assignments of the node, each once.
  std::vector<v1::Assignment> PickSome(FuzzNode& node) {
    std::map<std::string, v1::Assignment> picked;
    for (int i = 1 + bytes_.Below(3); i > 0; --i) {
      v1::Assignment assignment = Pick(node);
      if (!assignment.name().empty()) picked[assignment.name()] = std::move(assignment);
    }
    std::vector<v1::Assignment> some;
    for (auto& [name, assignment] : picked) some.push_back(std::move(assignment));
    return some;
  }

  v1::Submission ResultOf(const v1::Assignment& assignment) {
    v1::Submission submission;
    submission.set_text("已完成");
    submission.set_submitter("经办人");
    const v1::Deadline::Kind kind = assignment.deadline().kind();
    const bool by_year = kind == v1::Deadline::WHOLE_PERIOD || kind == v1::Deadline::STANDING;
    if (by_year && bytes_.Below(4) == 0) submission.set_period("2024");
    return submission;
  }

  void Submit(FuzzNode& node) {
    if (bytes_.Below(2) == 0) return SubmitSome(node);
    const v1::Assignment assignment = Pick(node);
    if (assignment.name().empty()) return;
    v1::SubmitResultRequest request;
    request.set_request_id(NextId());
    request.set_name(assignment.name());
    *request.mutable_submission() = ResultOf(assignment);
    v1::Assignment response;
    if (Call(node, "/SubmitResult", request, &response)) ++submissions_[assignment.name()];
  }

  void SubmitSome(FuzzNode& node) {
    v1::SubmitResultsRequest request;
    for (const v1::Assignment& assignment : PickSome(node)) {
      request.add_items()->set_name(assignment.name());
      *request.mutable_items()->rbegin()->mutable_submission() = ResultOf(assignment);
    }
    if (request.items().empty()) return;
    request.set_request_id(NextId());
    v1::SubmitResultsResponse response;
    if (!Call(node, "/SubmitResults", request, &response)) return;
    Require(response.results_size() == request.items_size(), "an answer for each (A6)");
    for (const v1::ActResult& result : response.results()) {
      if (!result.has_error()) ++submissions_[result.name()];
    }
  }

  void Review(FuzzNode& node) {
    if (bytes_.Below(2) == 0) return ReviewSome(node);
    const v1::Assignment assignment = Pick(node);
    if (assignment.execution().submissions().empty()) return;
    v1::ReviewSubmissionRequest request;
    request.set_request_id(NextId());
    request.set_name(assignment.name());
    request.set_submission_id(AnySubmission(assignment));
    request.set_verdict(AnyVerdict());
    request.set_comment("请补充材料");
    request.set_reviewer("审核人");
    v1::Assignment response;
    Call(node, "/ReviewSubmission", request, &response);
  }

  std::string AnySubmission(const v1::Assignment& assignment) {
    const auto& submissions = assignment.execution().submissions();
    return submissions[bytes_.Byte() % submissions.size()].submission_id();
  }

  v1::Review::Verdict AnyVerdict() { return bytes_.Below(2) == 0 ? v1::Review::ACCEPTED : v1::Review::RETURNED; }

  void ReviewSome(FuzzNode& node) {
    v1::ReviewSubmissionsRequest request;
    for (const v1::Assignment& assignment : PickSome(node)) {
      if (assignment.execution().submissions().empty()) continue;
      v1::ReviewSubmissionsRequest::Item& item = *request.add_items();
      item.set_name(assignment.name());
      item.set_submission_id(AnySubmission(assignment));
      item.set_verdict(AnyVerdict());
      item.set_comment("请补充材料");
    }
    if (request.items().empty()) return;
    request.set_request_id(NextId());
    request.set_reviewer("审核人");
    v1::ReviewSubmissionsResponse response;
    if (!Call(node, "/ReviewSubmissions", request, &response)) return;
    Require(response.results_size() == request.items_size(), "an answer for each (A6)");
  }

  void Publish(FuzzNode& node) {
    static constexpr const char* kNames[] = {"县政府办公室", "县卫生健康局", "县教育局", "城北街道", "各街道"};
    v1::CreatePlanRequest create;
    create.set_request_id(NextId());
    create.mutable_plan()->set_title(StrCat("工作要点", requests_));
    create.mutable_plan()->set_year(2024);
    const int tasks = 1 + bytes_.Below(3);
    for (int i = 1; i <= tasks; ++i) {
      v1::Task& task = *create.mutable_plan()->add_tasks();
      task.set_task_id(StrCat("body-", i));
      task.set_table("body");
      task.set_number(i);
      task.set_text("做好工作");
      v1::Responsibility& one = *task.add_responsibilities();
      one.set_unit(kNames[bytes_.Below(std::size(kNames))]);
      one.set_printed(one.unit());
      one.set_role(v1::Responsibility::LEAD);
      task.mutable_deadline()->set_kind(v1::Deadline::BY_DATE);
      task.mutable_deadline()->set_due(FormatDay(DayOf(clock_.Now()) + bytes_.Below(40)));
      task.mutable_deadline()->set_printed("近期");
    }
    v1::Plan made;
    if (!Call(node, "/CreatePlan", create, &made)) return;
    v1::PublishPlanRequest publish;
    publish.set_request_id(NextId());
    publish.set_name(made.name());
    publish.set_issuer(bytes_.Below(2) == 0 ? "units/gov" : "units/health");
    Call(node, "/PublishPlan", publish, &made);
  }

  void Withdraw(FuzzNode& node) {
    v1::ListPlansRequest list;
    list.set_state(v1::Plan::PUBLISHED);
    v1::ListPlansResponse plans;
    RequireOk(node.plans->ListPlans(Anybody(), list, &plans), "ListPlans");
    if (plans.plans().empty()) return;
    v1::WithdrawPlanRequest request;
    request.set_request_id(NextId());
    request.set_name(plans.plans(bytes_.Byte() % plans.plans_size()).name());
    request.set_reason("另行安排");
    v1::Plan response;
    Call(node, "/WithdrawPlan", request, &response);
  }

  // A unit works at another node from now on: what it did at the old one stays there.
  void MoveUnit() {
    v1::UpdateUnitRequest request;
    request.set_request_id(NextId());
    request.mutable_unit()->set_name(kUnits[bytes_.Below(std::size(kUnits))]);
    request.mutable_unit()->set_node(bytes_.Below(2) == 0 ? "" : "district");
    request.mutable_update_mask()->add_paths("node");
    v1::Unit response;
    moved_ |= Call(city_, "/UpdateUnit", request, &response);
  }

  void PassTime() {
    static constexpr absl::Duration kSteps[] = {absl::Seconds(1), absl::Minutes(11), absl::Hours(7), absl::Hours(100),
                                                absl::Hours(1000)};
    const int step = bytes_.Below(std::size(kSteps) + 1);
    if (step == std::size(kSteps)) return clock_.Step(-absl::Hours(30));
    clock_.Advance(kSteps[step]);
  }

  void Remind(FuzzNode& node) {
    v1::LeaseRemindersRequest lease;
    lease.set_request_id(NextId());
    lease.set_max_reminders(1 + bytes_.Below(5));
    lease.mutable_lease()->set_seconds(1 + bytes_.Below(100));
    v1::LeaseRemindersResponse leased;
    if (!Call(node, "/LeaseReminders", lease, &leased)) return;
    for (const v1::Reminder& reminder : leased.reminders()) {
      Require(FromProto(reminder.remind_time()) <= clock_.Now(), "nothing is handed out before its time (N3)");
      Require(!confirmed_.contains(reminder.name()), "what was confirmed is not handed out again (N5)");
      v1::ConfirmReminderRequest confirm;
      confirm.set_request_id(NextId());
      confirm.set_name(reminder.name());
      confirm.set_lease_token(leased.lease_token());
      if (bytes_.Below(3) == 0) confirm.set_error("未接听");
      v1::Reminder response;
      if (Call(node, "/ConfirmReminder", confirm, &response) && confirm.error().empty()) {
        confirmed_[reminder.name()] = node.node;
      }
    }
  }

  void ChangePolicy(FuzzNode& node) {
    v1::UpdateReminderPolicyRequest request;
    request.set_request_id(NextId());
    request.mutable_policy()->set_name("policies/default");
    request.mutable_policy()->set_minute_of_day(bytes_.Byte() * 5);
    request.mutable_update_mask()->add_paths("minute_of_day");
    v1::ReminderPolicy response;
    Call(node, "/UpdateReminderPolicy", request, &response);
  }

  void ChangeCalendar(FuzzNode& node) {
    const absl::CivilDay day = absl::NextWeekday(absl::CivilDay(2024, 3, 1) + bytes_.Byte(), absl::Weekday::wednesday);
    v1::UpdateCalendarRequest request;
    request.set_request_id(NextId());
    request.mutable_calendar()->set_name("calendars/y2024");
    request.mutable_calendar()->set_year(2024);
    auto* other = request.mutable_calendar()->add_days();
    other->set_date(FormatDay(day));
    other->set_kind(v1::Calendar::Day::OFF);
    v1::Calendar response;
    Call(node, "/UpdateCalendar", request, &response);
  }

  // ---- What machines do ----

  void FollowOnce(FuzzNode& node) {
    FuzzNode::Follow& follow = node.follows()[bytes_.Byte() % node.follows().size()];
    FuzzNode& source = follow.source == "city" ? city_ : district_;
    const int page_bytes = bytes_.Below(4) == 0 ? 1 + bytes_.Byte() : 0;
    RequireOk(node.Step(follow, source, page_bytes).status(), StrCat("hop ", follow.hop->name(), " of ", node.node));
  }

  void OfferOnce() {
    FuzzNode::Offering& offering = district_.offers()[bytes_.Byte() % district_.offers().size()];
    if (bytes_.Below(4) != 0) return RequireOk(district_.Step(offering, city_).status(), offering.hop->name());
    // The answer is lost on its way.
    const auto request = offering.hop->Prepare();
    RequireOk(request.status(), offering.hop->name());
    if (!request->has_value()) return;
    v1::OfferResponse lost;
    RequireOk(city_.FeedOf((*request)->feed())->Offer(**request, &lost), "an offer");
  }

  // Everything that runs by itself, until nothing is new anywhere.
  void Rest() {
    bool more = true;
    for (int round = 0; more; ++round) {
      Require(round < 200, "the hops come to rest (F13)");
      more = false;
      for (FuzzNode* node : {&city_, &district_}) {
        node->Settle();
        for (FuzzNode::Follow& follow : node->follows()) {
          const auto stepped = node->Step(follow, follow.source == "city" ? city_ : district_);
          RequireOk(stepped.status(), StrCat("hop ", follow.hop->name(), " of ", node->node));
          more |= *stepped || !follow.hop->at_head();
        }
        for (FuzzNode::Offering& offering : node->offers()) {
          const auto stepped = node->Step(offering, city_);
          RequireOk(stepped.status(), offering.hop->name());
          more |= *stepped;
        }
      }
    }
  }

  // ---- What has to be true ----

  std::map<std::string, v1::Assignment> All(FuzzNode& node) {
    std::map<std::string, v1::Assignment> all;
    v1::ListAssignmentsRequest request;
    request.set_page_size(3);
    while (true) {
      v1::ListAssignmentsResponse page;
      RequireOk(node.assignments->ListAssignments(Anybody(), request, &page), "ListAssignments");
      for (const v1::Assignment& assignment : page.assignments()) {
        Require(all.emplace(assignment.name(), assignment).second, "a listing has everything once (S6)");
      }
      if (page.next_page_token().empty()) return all;
      request.set_page_token(page.next_page_token());
    }
  }

  void CheckLevelsAgree() {
    const auto below = All(district_);
    for (auto [name, above] : All(city_)) {
      if (above.issuer_node() != "city" || above.unit_node() != "district") continue;
      const auto it = below.find(name);
      Require(it != below.end(), StrCat(name, " came down (F4)"));
      v1::Assignment at_unit = it->second;
      above.clear_etag();
      at_unit.clear_etag();
      Require(
          above.SerializeAsString() == at_unit.SerializeAsString(),
          StrCat(name, " is alike on both levels (A4):\n", above.Utf8DebugString(), "\n", at_unit.Utf8DebugString()));
    }
  }

  // Where units moved, what they did at the old node does not count at the new one.
  void CheckPromises() {
    if (moved_) return;
    std::map<std::string, v1::Assignment> at_unit;
    for (FuzzNode* node : {&city_, &district_}) {
      for (auto& [name, assignment] : All(*node)) {
        if (assignment.unit_node() == node->node) at_unit[name] = assignment;
      }
    }
    for (const auto& [name, signer] : receipts_) {
      Require(at_unit[name].execution().receipt().signer() == signer,
              StrCat("the receipt of ", name, " is there (S1)"));
    }
    for (const auto& [name, count] : reports_) {
      Require(at_unit[name].execution().reports_size() == count, StrCat("the reports of ", name, " are there (S1)"));
    }
    for (const auto& [name, count] : submissions_) {
      Require(at_unit[name].execution().submissions_size() == count,
              StrCat("the submissions of ", name, " are there (S1)"));
    }
  }

  void CheckReminders(FuzzNode& node) {
    const auto all = All(node);
    v1::ListRemindersRequest request;
    request.set_state(v1::Reminder::SCHEDULED);
    v1::ListRemindersResponse page;
    RequireOk(node.notifications->ListReminders(Anybody(), request, &page), "ListReminders");
    for (const v1::Reminder& reminder : page.reminders()) {
      const auto it = all.find(reminder.assignment());
      Require(it != all.end(), StrCat(reminder.name(), " is about something (N8)"));
      const v1::Assignment::State state = it->second.state();
      Require(state != v1::Assignment::DONE && state != v1::Assignment::CANCELLED,
              StrCat(reminder.name(), " is about something open (N4)"));
    }
  }

  Bytes bytes_;
  FakeClock clock_;
  FuzzNode city_, district_;
  int requests_ = 0;
  bool moved_ = false;
  std::string last_token_;
  std::map<std::string, std::string> receipts_;
  std::map<std::string, int> reports_, submissions_;
  std::map<std::string, std::string> confirmed_;
};

}  // namespace
}  // namespace duban::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  duban::fuzz::Offices(duban::fuzz::Bytes(data, size)).Run();
  return 0;
}
