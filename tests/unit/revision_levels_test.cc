// A published deadline is corrected: over two levels, from the plan to the reminders, and nothing else moves.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "common/base/civil.h"
#include "common/base/strings.h"
#include "tests/support/test_levels.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TestLevel;
using testing::TestLevels;
using A = v1::Assignment;
using R = v1::Responsibility;

class RevisionLevelsTest : public ::testing::Test {
 protected:
  RevisionLevelsTest() : city_(levels_.Add("city", {})), district_(levels_.Add("district", {"city"})) {
    v1::ImportDirectoryRequest request;
    request.set_content(
        "编号,名称,类别,上级,节点,成员\n"
        "office,市政府办,政府,,,\n"
        "edu,市教育局,部门,市政府办,,\n"
        "east,东区政府,政府,市政府办,district,\n"
        "roads,东区城管局,部门,东区政府,district,\n");
    Do(city_.directory(), &DirectoryCore::ImportDirectory, request);
    Publish();
    levels_.Settle();
  }

  template <typename Core, typename Request, typename Response>
  Response Do(Core& core, absl::Status (Core::*method)(const Caller&, const Request&, Response*), Request request) {
    if constexpr (requires { request.request_id(); }) request.set_request_id(StrCat("request-", ++requests_));
    Response response;
    const absl::Status status = (core.*method)(Anybody(), request, &response);
    EXPECT_TRUE(status.ok()) << status << " " << request.ShortDebugString();
    return response;
  }

  static v1::Task Task(const std::string& text, const std::string& due, const std::vector<std::string>& units) {
    v1::Task task;
    task.set_text(text);
    task.mutable_deadline()->set_kind(v1::Deadline::BY_DATE);
    task.mutable_deadline()->set_due(due);
    for (const std::string& unit : units) {
      auto* entry = task.add_responsibilities();
      entry->set_unit(unit);
      entry->set_role(task.responsibilities_size() == 1 ? R::LEAD : R::COOPERATE);
    }
    return task;
  }

  void Publish() {
    v1::CreatePlanRequest create;
    create.set_plan_id("p");
    create.mutable_plan()->set_title("2024年工作要点");
    create.mutable_plan()->set_year(2024);
    *create.mutable_plan()->add_tasks() = Task("新建学校", "2024-03-29", {"东区政府", "市教育局"});
    *create.mutable_plan()->add_tasks() = Task("修缮道路", "2024-09-30", {"东区政府", "东区城管局"});
    *create.mutable_plan()->add_tasks() = Task("培训教师", "2024-09-30", {"市教育局"});
    Do(city_.plans(), &PlanCore::CreatePlan, create);
    v1::PublishPlanRequest publish;
    publish.set_name("plans/p");
    publish.set_issuer("units/office");
    Do(city_.plans(), &PlanCore::PublishPlan, publish);
  }

  v1::Plan Revise() {
    v1::RevisePlanRequest request;
    request.set_name("plans/p");
    return Do(city_.plans(), &PlanCore::RevisePlan, request);
  }
  void NewDeadline(const v1::Plan& draft, const std::string& id, const std::string& due) {
    v1::UpdateTaskRequest request;
    request.mutable_task()->set_name(StrCat(draft.name(), "/tasks/", id));
    request.mutable_task()->mutable_deadline()->set_kind(v1::Deadline::BY_DATE);
    request.mutable_task()->mutable_deadline()->set_due(due);
    request.mutable_update_mask()->add_paths("deadline");
    Do(city_.plans(), &PlanCore::UpdateTask, request);
  }
  void NewUnits(const v1::Plan& draft, const std::string& id, const std::vector<std::string>& units) {
    v1::UpdateTaskRequest request;
    *request.mutable_task() = Task("", "", units);
    request.mutable_update_mask()->add_paths("responsibilities");
    request.mutable_task()->set_name(StrCat(draft.name(), "/tasks/", id));
    Do(city_.plans(), &PlanCore::UpdateTask, request);
  }
  void Remove(const v1::Plan& draft, const std::string& id) {
    v1::EditPlanRequest request;
    request.set_name(draft.name());
    request.add_edits()->mutable_remove_task()->set_task_id(id);
    Do(city_.plans(), &PlanCore::EditPlan, request);
  }
  v1::Plan PublishDraft(const v1::Plan& draft, const std::string& reason = "时限有误") {
    v1::PublishPlanRequest request;
    request.set_name(draft.name());
    request.set_issuer("units/office");
    request.set_reason(reason);
    return Do(city_.plans(), &PlanCore::PublishPlan, request);
  }

  A Get(TestLevel& level, const std::string& task, const std::string& unit) {
    v1::GetAssignmentRequest request;
    request.set_name(StrCat("plans/p/tasks/", task, "/assignments/", unit));
    return Do(level.assignments(), &AssignmentCore::GetAssignment, request);
  }
  void SignAll(TestLevel& level, const std::string& unit, const std::string& signer) {
    v1::PullAssignmentsRequest pull;
    pull.set_unit(unit);
    const auto pulled = Do(level.assignments(), &AssignmentCore::PullAssignments, pull);
    for (const A& assignment : pulled.assignments()) {
      v1::ReceiveAssignmentRequest receive;
      receive.set_name(assignment.name());
      receive.set_lease_token(pulled.lease_token());
      receive.set_signer(signer);
      Do(level.assignments(), &AssignmentCore::ReceiveAssignment, receive);
    }
  }
  void Report(TestLevel& level, const std::string& task, const std::string& unit) {
    v1::ReportProgressRequest request;
    request.set_name(StrCat("plans/p/tasks/", task, "/assignments/", unit));
    request.mutable_report()->set_text("过半");
    request.mutable_report()->set_reporter("王一");
    Do(level.assignments(), &AssignmentCore::ReportProgress, request);
  }
  // `state counts` of the board, for both levels to agree on.
  std::string Board(TestLevel& level, const std::string& unit) {
    v1::GetBoardRequest request;
    request.set_group_by(v1::GetBoardRequest::UNIT);
    request.mutable_filter()->set_unit(unit);
    return Do(level.assignments(), &AssignmentCore::GetBoard, request).total().counts().ShortDebugString();
  }
  // `reason day` of what is planned for a unit, by time.
  std::vector<std::string> Planned(TestLevel& level, const std::string& unit, const std::string& task) {
    v1::ListRemindersRequest request;
    request.set_recipient(unit);
    request.set_state(v1::Reminder::SCHEDULED);
    request.set_page_size(500);
    std::vector<std::string> planned;
    const v1::ListRemindersResponse listed = Do(level.notifications(), &NotificationCore::ListReminders, request);
    for (const v1::Reminder& reminder : listed.reminders()) {
      if (reminder.assignment().find(StrCat("/", task, "/")) == std::string::npos) continue;
      planned.push_back(StrCat(v1::Reminder::Reason_Name(reminder.reason()), " ",
                               FormatDay(DayOf(FromProto(reminder.remind_time())))));
    }
    return planned;
  }
  void ExpectGood(const std::string& id) {
    for (const v1::NodeCheck& check : levels_.Verify(id)) {
      EXPECT_EQ(check.result(), v1::NodeCheck::GOOD) << id << ": " << check.ShortDebugString();
    }
  }

  TestLevels levels_;
  TestLevel& city_;
  TestLevel& district_;
  int requests_ = 0;
};

TEST_F(RevisionLevelsTest, ACorrectedDeadlineAsksForANewReceiptAndMovesNothingElse) {
  SignAll(district_, "units/east", "王一");
  SignAll(city_, "units/edu", "李一");
  Report(district_, "body-1", "east");
  levels_.Settle();
  ASSERT_EQ(Get(city_, "body-1", "east").state(), A::IN_PROGRESS);
  const auto city_before = city_.Entities(), district_before = district_.Entities();

  const v1::Plan draft = Revise();
  NewDeadline(draft, "body-1", "2024-06-28");
  levels_.Settle();
  EXPECT_EQ(Get(district_, "body-1", "east").deadline().due(), "2024-03-29") << "in force until published";
  PublishDraft(draft);
  levels_.Settle();

  for (TestLevel* level : {&city_, &district_}) {
    const A changed = Get(*level, "body-1", "east");
    EXPECT_EQ(changed.state(), A::ISSUED) << level->id();
    EXPECT_EQ(changed.deadline().due(), "2024-06-28");
    EXPECT_EQ(changed.plan_revision(), 2);
    EXPECT_EQ(changed.execution().receipt().signer(), "王一");
    EXPECT_EQ(changed.execution().reports_size(), 1);
    ASSERT_EQ(changed.duty_changes_size(), 1);
    EXPECT_EQ(changed.duty_changes(0).deadline_before().due(), "2024-03-29");
    EXPECT_EQ(changed.duty_changes(0).reason(), "时限有误");
    const A kept = Get(*level, "body-2", "east");
    EXPECT_EQ(kept.state(), A::RECEIVED) << level->id();
    EXPECT_EQ(kept.plan_revision(), 1);
  }
  // Of the orders and what was done about them, only the corrected one is another.
  const auto changed_of = [](const auto& before, const auto& after) {
    std::vector<std::string> changed;
    for (const auto& [name, bytes] : after) {
      const auto was = before.find(name);
      const bool other = was == before.end() || was->second != bytes;
      if (other && name.starts_with("assignment plans/p/")) changed.push_back(name);
    }
    return changed;
  };
  EXPECT_THAT(changed_of(city_before, city_.Entities()), ElementsAre("assignment plans/p/tasks/body-1/order"));
  EXPECT_THAT(changed_of(district_before, district_.Entities()), ElementsAre("assignment plans/p/tasks/body-1/order"));

  SignAll(district_, "units/east", "王二");
  levels_.Settle();
  for (TestLevel* level : {&city_, &district_}) {
    const A signed_again = Get(*level, "body-1", "east");
    EXPECT_EQ(signed_again.state(), A::IN_PROGRESS) << level->id();
    EXPECT_EQ(signed_again.execution().receipt().signer(), "王二");
    ASSERT_EQ(signed_again.execution().earlier_receipts_size(), 1);
    EXPECT_EQ(signed_again.execution().earlier_receipts(0).signer(), "王一");
  }
  EXPECT_EQ(Board(city_, "units/east"), Board(district_, "units/east"));
  ExpectGood("city");
  ExpectGood("district");
}

TEST_F(RevisionLevelsTest, RemindersFollowTheRevision) {
  SignAll(district_, "units/east", "王一");
  levels_.Settle();
  const std::vector<std::string> before = Planned(district_, "units/east", "body-1");
  ASSERT_FALSE(before.empty());
  for (const std::string& one : before) EXPECT_THAT(one, ::testing::Not(HasSubstr("UNSIGNED")));

  levels_.clock().Advance(absl::Hours(24));
  const v1::Plan draft = Revise();
  NewDeadline(draft, "body-1", "2024-06-28");
  Remove(draft, "body-2");
  PublishDraft(draft);
  levels_.Settle();
  int unsigned_ones = 0;
  for (const std::string& one : Planned(district_, "units/east", "body-1")) {
    unsigned_ones += one.starts_with("UNSIGNED") ? 1 : 0;
    if (!one.starts_with("UNSIGNED")) {
      EXPECT_GE(one.substr(one.size() - 10), "2024-06-01") << one;
    }
  }
  EXPECT_GT(unsigned_ones, 0) << "the new receipt is asked for";
  EXPECT_THAT(Planned(district_, "units/east", "body-2"), IsEmpty());
  ExpectGood("district");
}

TEST_F(RevisionLevelsTest, WhoIsNotAskedAnyMoreIsCancelledWithTheReasonAndWhoIsNewIsTold) {
  SignAll(district_, "units/east", "王一");
  SignAll(city_, "units/edu", "李一");
  levels_.Settle();
  const v1::Plan draft = Revise();
  NewUnits(draft, "body-1", {"市教育局", "东区城管局"});
  Remove(draft, "body-3");
  PublishDraft(draft, "分工调整");
  levels_.Settle();
  for (TestLevel* level : {&city_, &district_}) {
    const A gone = Get(*level, "body-1", "east");
    EXPECT_EQ(gone.state(), A::CANCELLED) << level->id();
    EXPECT_THAT(gone.cancel_reason(), HasSubstr("分工调整"));
    EXPECT_EQ(gone.execution().receipt().signer(), "王一");
    EXPECT_EQ(Get(*level, "body-1", "roads").state(), A::ISSUED);
    EXPECT_THAT(Get(*level, "body-1", "roads").duty_changes(), IsEmpty());
  }
  // From cooperating to leading is another duty.
  const A leads = Get(city_, "body-1", "edu");
  EXPECT_EQ(leads.state(), A::ISSUED);
  ASSERT_EQ(leads.duty_changes_size(), 1);
  EXPECT_EQ(leads.duty_changes(0).role_before(), R::COOPERATE);
  EXPECT_EQ(Get(city_, "body-3", "edu").state(), A::CANCELLED);

  // Asked again by the next revision, it begins anew and keeps what it had.
  const v1::Plan next = Revise();
  NewUnits(next, "body-1", {"市教育局", "东区城管局", "东区政府"});
  PublishDraft(next, "恢复");
  levels_.Settle();
  for (TestLevel* level : {&city_, &district_}) {
    const A again = Get(*level, "body-1", "east");
    EXPECT_EQ(again.state(), A::ISSUED) << level->id();
    EXPECT_EQ(again.execution().receipt().signer(), "王一");
    ASSERT_EQ(again.duty_changes_size(), 1);
    EXPECT_THAT(again.duty_changes(0).fields(), ElementsAre("addressee"));
  }
  EXPECT_EQ(Board(city_, "units/east"), Board(district_, "units/east"));
  ExpectGood("city");
  ExpectGood("district");
}

TEST_F(RevisionLevelsTest, ALeaseFromBeforeTheRevisionSignsNothing) {
  v1::PullAssignmentsRequest pull;
  pull.set_unit("units/east");
  const auto pulled = Do(district_.assignments(), &AssignmentCore::PullAssignments, pull);
  const v1::Plan draft = Revise();
  NewDeadline(draft, "body-1", "2024-06-28");
  PublishDraft(draft);
  levels_.Settle();
  std::map<std::string, v1::ErrorReason> reasons;
  for (const A& assignment : pulled.assignments()) {
    v1::ReceiveAssignmentRequest receive;
    receive.set_request_id(StrCat("late-", ++requests_));
    receive.set_name(assignment.name());
    receive.set_lease_token(pulled.lease_token());
    receive.set_signer("王一");
    A received;
    reasons[assignment.name()] = ReasonOf(district_.assignments().ReceiveAssignment(Anybody(), receive, &received));
  }
  EXPECT_EQ(reasons["plans/p/tasks/body-1/assignments/east"], v1::LEASE_NOT_HELD);
  EXPECT_EQ(reasons["plans/p/tasks/body-2/assignments/east"], v1::ERROR_REASON_UNSPECIFIED);
}

TEST_F(RevisionLevelsTest, ANodeThatSleptThroughRevisionsHearsTheLastOne) {
  SignAll(district_, "units/east", "王一");
  levels_.Settle();
  district_.Close();
  for (const char* due : {"2024-04-30", "2024-05-31", "2024-06-28"}) {
    const v1::Plan draft = Revise();
    NewDeadline(draft, "body-1", due);
    PublishDraft(draft);
    levels_.Settle();
  }
  ASSERT_TRUE(district_.Open().ok());
  levels_.Settle();
  const A changed = Get(district_, "body-1", "east");
  EXPECT_EQ(changed.deadline().due(), "2024-06-28");
  EXPECT_EQ(changed.state(), A::ISSUED);
  EXPECT_EQ(changed.duty_changes_size(), 3);
  v1::GetPlanRequest get;
  get.set_name("plans/p");
  v1::Plan plan;
  ASSERT_TRUE(district_.plans().GetPlan(Anybody(), get, &plan).ok());
  EXPECT_EQ(plan.revision(), 4);
  // The first one was heard here, those in between were not.
  get.set_revision(1);
  EXPECT_TRUE(district_.plans().GetPlan(Anybody(), get, &plan).ok());
  get.set_revision(2);
  EXPECT_EQ(ReasonOf(district_.plans().GetPlan(Anybody(), get, &plan)), v1::RESOURCE_NOT_FOUND);
  ExpectGood("city");
  ExpectGood("district");
}

}  // namespace
}  // namespace duban
