// The clerk's desk at the command line: what a unit owes, by short numbers that stay.

#include <string>
#include <vector>

#include "common/base/civil.h"
#include "duban/v1/assignment_service.pb.h"
#include "duban/v1/directory_service.pb.h"
#include "duban/v1/plan_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_cli.h"

namespace duban::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using A = v1::Assignment;

class TodoTest : public CliTest {
 protected:
  TodoTest() {
    variables_["DUBAN_STATE"] = folder_.path();
    servers_.On<v1::ListAssignmentsRequest, v1::ListAssignmentsResponse>("AssignmentService/ListAssignments",
                                                                         [this](const auto&) { return all_; });
    servers_.On<v1::GetBoardRequest, v1::GetBoardResponse>("AssignmentService/GetBoard", [](const auto&) {
      v1::GetBoardResponse board;
      board.set_as_of("2024-03-13");
      return board;
    });
    servers_.On<v1::ListCalendarsRequest, v1::ListCalendarsResponse>(
        "DirectoryService/ListCalendars", [](const auto&) { return v1::ListCalendarsResponse(); });
  }

  A* Add(const std::string& task, const std::string& due, A::State state = A::IN_PROGRESS) {
    A* assignment = all_.add_assignments();
    assignment->set_name("plans/p1/tasks/" + task + "/assignments/jiaoyu");
    assignment->set_text("做好" + task);
    assignment->set_year(2024);
    assignment->set_state(state);
    assignment->set_light(A::GREEN);
    *assignment->mutable_issue_time() = ToProto(TimeAt(absl::CivilDay(2024, 3, 7), 9 * 60));  // A Thursday.
    if (!due.empty()) {
      assignment->mutable_deadline()->set_kind(v1::Deadline::BY_DATE);
      assignment->mutable_deadline()->set_due(due);
    }
    return assignment;
  }
  A* AddDaily(const std::string& task, A::State state = A::IN_PROGRESS) {
    A* assignment = Add(task, "", state);
    assignment->mutable_deadline()->set_kind(v1::Deadline::PERIODIC);
    assignment->mutable_deadline()->set_frequency(v1::Deadline::DAILY);
    assignment->mutable_deadline()->set_times(1);
    return assignment;
  }
  static void HandIn(A* assignment, const std::string& period, const std::string& id) {
    auto* submission = assignment->mutable_execution()->add_submissions();
    submission->set_period(period);
    submission->set_submission_id(id);
  }
  void TakeSubmissions() {
    servers_.On<v1::SubmitResultsRequest, v1::SubmitResultsResponse>("AssignmentService/SubmitResults",
                                                                     [this](const auto& request) {
                                                                       v1::SubmitResultsResponse response;
                                                                       for (const auto& item : request.items()) {
                                                                         submitted_.push_back(item.name());
                                                                         response.add_results()->set_name(item.name());
                                                                       }
                                                                       return response;
                                                                     });
  }

  const testing::TempFolder folder_;
  v1::ListAssignmentsResponse all_;
  std::vector<std::string> submitted_;
};

TEST_F(TodoTest, AChangedDutySaysWhatChangedAndThatItIsToBeSignedAgain) {
  A* changed = Add("body-1", "2024-06-28", A::ISSUED);
  changed->mutable_execution()->mutable_receipt()->set_signer("王一");
  v1::DutyChange& change = *changed->add_duty_changes();
  change.set_plan_revision(2);
  change.add_fields("deadline");
  change.set_reason("时限有误");
  change.mutable_deadline_before()->set_kind(v1::Deadline::BY_DATE);
  change.mutable_deadline_before()->set_due("2024-03-29");
  EXPECT_EQ(Run({"todo", "--unit=units/jiaoyu"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("待重新签收"));
  EXPECT_THAT(out(), HasSubstr("第2次发布修订了时限（原为2024-03-29）。原因：时限有误"));
}

TEST_F(TodoTest, WhatIsOwedStandsByTheDayItIsDueAndWhatIsNotOwedNowhere) {
  Add("late", "2024-09-30");
  Add("soon", "2024-03-15", A::ISSUED);
  Add("never", "");
  Add("gone", "2024-03-14", A::CANCELLED);
  Add("done", "2024-03-14", A::DONE);
  Add("waits", "2024-03-14", A::UNDER_REVIEW);
  EXPECT_EQ(Run({"todo", "--unit=jiaoyu"}), 0) << err();
  EXPECT_EQ(out(),
            "编号  任务       时限        缺报所属期  状态    灯\n"
            "───────────────────────────────────────────────────\n"
            "   1  做好soon   2024-03-15              待签收  绿\n"
            "   2  做好late   2024-09-30              进行中  绿\n"
            "   3  做好never  无时限                  进行中  绿\n");
  EXPECT_EQ(Run({"todo"}), 2) << "nobody says which unit";
}

TEST_F(TodoTest, ANumberStaysWithItsAssignmentWhateverComesAndGoes) {
  TakeSubmissions();
  Add("a", "2024-03-15");
  Add("b", "2024-03-20");
  EXPECT_EQ(Run({"todo", "--unit=jiaoyu"}), 0) << err();
  all_.mutable_assignments(0)->set_state(A::DONE);
  Add("c", "2024-03-14");
  EXPECT_EQ(Run({"todo", "--unit=jiaoyu"}), 0);
  EXPECT_THAT(out(), HasSubstr("   3  做好c"));
  EXPECT_THAT(out(), HasSubstr("   2  做好b"));
  EXPECT_EQ(Run({"submit", "2", "3", "--text=办好了"}), 0) << err();
  EXPECT_THAT(submitted_, ElementsAre("plans/p1/tasks/b/assignments/jiaoyu", "plans/p1/tasks/c/assignments/jiaoyu"));
  EXPECT_EQ(Run({"assignment", "submit", "2", "--text=办好了"}), 0) << "in both places";
  EXPECT_EQ(Run({"submit", "1", "--text=办好了"}), 5);
  EXPECT_THAT(err(), HasSubstr("没有编号为 1 的待办事项；用 duban todo 列出"));
  EXPECT_EQ(Run({"submit", "2", "--text=办好了", "--server=other:1"}), 5) << "another server has numbers of its own";
}

TEST_F(TodoTest, PeriodsThatAreOverAndLackAResultAreNamed) {
  A* daily = AddDaily("duty");
  HandIn(daily, "2024-03-08", "s-1");
  HandIn(daily, "2024-03-11", "s-2");
  auto* returned = daily->mutable_oversight()->add_reviews();
  returned->set_submission_id("s-2");
  returned->set_verdict(v1::Review::RETURNED);
  EXPECT_EQ(Run({"todo", "--unit=jiaoyu"}), 0) << err();
  // Thursday the 7th, Monday the 11th, sent back, and Tuesday the 12th; nobody works on the weekend between.
  EXPECT_THAT(out(), HasSubstr("2024-03-07、2024-03-11、2024-03-12"));
  EXPECT_THAT(out(), Not(HasSubstr("2024-03-09")));
}

TEST_F(TodoTest, APeriodUnderReviewHidesNoOther) {
  A* daily = AddDaily("duty", A::UNDER_REVIEW);
  HandIn(daily, "2024-03-12", "s-1");
  A* up_to_date = AddDaily("fresh", A::UNDER_REVIEW);
  for (const char* day : {"2024-03-07", "2024-03-08", "2024-03-11", "2024-03-12"}) HandIn(up_to_date, day, day);
  EXPECT_EQ(Run({"todo", "--unit=jiaoyu"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("2024-03-07、2024-03-08、2024-03-11"));
  EXPECT_THAT(out(), Not(HasSubstr("做好fresh")));
}

TEST_F(TodoTest, OneIsSignedForByItsNumberAndNoTokenIsSeen) {
  Add("a", "2024-03-15", A::ISSUED);
  EXPECT_EQ(Run({"todo", "--unit=jiaoyu"}), 0) << err();
  servers_.On<v1::PullAssignmentsRequest, v1::PullAssignmentsResponse>(
      "AssignmentService/PullAssignments", [this](const auto& request) {
        v1::PullAssignmentsResponse response;
        EXPECT_THAT(request.names(), ElementsAre("plans/p1/tasks/a/assignments/jiaoyu"));
        *response.add_assignments() = all_.assignments(0);
        response.set_lease_token("secret");
        return response;
      });
  servers_.On<v1::ReceiveAssignmentsRequest, v1::ReceiveAssignmentsResponse>(
      "AssignmentService/ReceiveAssignments", [](const auto& request) {
        v1::ReceiveAssignmentsResponse response;
        for (const std::string& name : request.names()) {
          response.add_results()->set_name(name);
          response.mutable_results()->rbegin()->set_state(A::RECEIVED);
        }
        return response;
      });
  EXPECT_EQ(Run({"sign", "1"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("已签收"));
  EXPECT_THAT(out(), Not(HasSubstr("secret")));
}

TEST_F(TodoTest, WhereNumbersCannotBeKeptItIsSaid) {
  variables_.erase("DUBAN_STATE");
  Add("a", "2024-03-15");
  EXPECT_EQ(Run({"todo", "--unit=jiaoyu"}), 0);
  EXPECT_THAT(err(), HasSubstr("编号未能保存"));
}

// --- The issuer's desk ----------------------------------------------------------------------------------------------

class IssuersDeskTest : public TodoTest {
 protected:
  IssuersDeskTest() {
    servers_.On<v1::ListPlansRequest, v1::ListPlansResponse>("PlanService/ListPlans", [](const auto& request) {
      EXPECT_EQ(request.state(), v1::Plan::PUBLISHED);
      v1::ListPlansResponse plans;
      for (const auto& [name, issuer] : {std::pair("plans/mine", "units/gov"), std::pair("plans/theirs", "units/x")}) {
        auto* plan = plans.add_plans();
        plan->set_name(name);
        plan->set_issuer(issuer);
      }
      return plans;
    });
    servers_.On<v1::ListAssignmentsRequest, v1::ListAssignmentsResponse>(
        "AssignmentService/ListAssignments", [this](const auto& request) {
          asked_.push_back(request.filter().plan() + "/" + A::State_Name(request.filter().state()));
          return all_;
        });
  }
  std::vector<std::string> asked_;
};

TEST_F(IssuersDeskTest, WhatWaitsForReviewIsOfThePlansTheUnitPublished) {
  Add("a", "2024-03-15", A::UNDER_REVIEW);
  EXPECT_EQ(Run({"assignment", "waiting", "--unit=gov"}), 0) << err();
  EXPECT_THAT(asked_, ElementsAre("plans/mine/UNDER_REVIEW"));
  EXPECT_THAT(out(), HasSubstr("做好a"));
  EXPECT_THAT(err(), HasSubstr("--all-waiting --plan=计划"));
  EXPECT_EQ(Run({"assignment", "waiting"}), 2) << "nobody says which unit";
}

TEST_F(IssuersDeskTest, WhoHasNotSignedIsListedByUnit) {
  for (const char* task : {"a", "b"}) {
    A* assignment = Add(task, "2024-03-15", A::ISSUED);
    assignment->set_plan_title("要点");
    assignment->set_table("body");
    assignment->set_number(task[0] - 'a' + 1);
    assignment->set_unit("units/jiaoyu");
    assignment->set_unit_display_name("县教育局");
  }
  EXPECT_EQ(Run({"assignment", "unsigned", "--plan=mine"}), 0) << err();
  EXPECT_THAT(asked_, ElementsAre("plans/mine/ISSUED"));
  EXPECT_EQ(out(),
            "单位      未签收  任务          签收人  日期\n"
            "────────────────────────────────────────────\n"
            "《要点》\n"
            "县教育局       2  第1项、第2项\n");
}

TEST_F(IssuersDeskTest, AListTakesSeveralStates) {
  Add("a", "2024-03-15", A::ISSUED);
  Add("b", "2024-03-14", A::DONE);
  Add("c", "2024-03-13", A::IN_PROGRESS);
  EXPECT_EQ(Run({"assignment", "list", "--unit=jiaoyu", "--state=issued", "--state=in-progress", "--sort=deadline",
                 "--limit=1"}),
            0)
      << err();
  EXPECT_THAT(asked_, ElementsAre("/STATE_UNSPECIFIED"));
  EXPECT_THAT(out(), HasSubstr("做好c"));
  EXPECT_THAT(out(), Not(HasSubstr("做好b")));
  EXPECT_THAT(out(), Not(HasSubstr("做好a"))) << "cut to what was asked for, nearest first";
  EXPECT_EQ(Run({"assignment", "board", "--state=issued", "--state=done"}), 2);
}

}  // namespace
}  // namespace duban::cli
