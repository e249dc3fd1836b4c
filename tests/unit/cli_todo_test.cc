// The clerk's desk at the command line: what a unit owes, by short numbers that stay.

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/assignment_service.pb.h"
#include "duban/v1/directory_service.pb.h"
#include "duban/v1/issuer_service.pb.h"
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
    ServeWaiting();
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
          const v1::AssignmentFilter& filter = request.filter();
          std::string states = filter.state() == 0 ? "" : A::State_Name(filter.state());
          for (const int state : filter.states()) {
            StrAppend(&states, states.empty() ? "" : "+", A::State_Name(static_cast<A::State>(state)));
          }
          asked_.push_back(StrCat(filter.plan(), "/", states, filter.extension_open() ? " open" : "",
                                  request.order_by().empty() ? "" : " by ", request.order_by()));
          // As the server would, as far as these tests go.
          v1::ListAssignmentsResponse meant;
          for (const A& assignment : all_.assignments()) {
            const auto& wanted = filter.states();
            const bool in = wanted.empty() || std::count(wanted.begin(), wanted.end(), assignment.state()) > 0;
            const bool open = !assignment.execution().extension_requests().empty();
            if (in && (open || !filter.extension_open())) *meant.add_assignments() = assignment;
          }
          return meant;
        });
  }
  // Serves what was added as waiting, one to a page, the last added first.
  void ServeWaiting() {
    servers_.On<v1::ListIssuerItemsRequest, v1::ListIssuerItemsResponse>(
        "IssuerService/ListIssuerItems", [this](const auto& request) {
          EXPECT_THAT(request.waits(),
                      ElementsAre(v1::ListIssuerItemsRequest::REVIEW, v1::ListIssuerItemsRequest::RULING,
                                  v1::ListIssuerItemsRequest::EXTENSION));
          asked_.push_back(StrCat("waiting for ", request.issuer()));
          v1::ListIssuerItemsResponse page;
          const int at = request.page_token().empty() ? 0 : std::stoi(request.page_token());
          const int size = all_.assignments_size();
          if (at < size) *page.add_items()->mutable_assignment() = all_.assignments(size - 1 - at);
          if (at + 1 < size) page.set_next_page_token(StrCat(at + 1));
          page.set_still_counting(still_counting_ && at == 0);
          return page;
        });
    servers_.On<v1::GetPlanRequest, v1::Plan>("PlanService/GetPlan", [](const auto& request) {
      v1::Plan plan;
      plan.set_name(request.name());
      plan.set_issuer("units/gov");
      return plan;
    });
  }

  // A result, a decline and a request for an extension that wait.
  void AddWaiting() {
    A* result = Add("a", "2024-03-15", A::UNDER_REVIEW);
    result->mutable_execution()->add_submissions()->set_submission_id("s-1");
    Add("b", "2024-03-16", A::DECLINED)->mutable_execution()->add_declines()->set_reason("不属于本单位");
    v1::ExtensionRequest& request = *Add("c", "2024-03-17", A::RECEIVED)->mutable_execution()->add_extension_requests();
    request.set_extension_id("x-1");
    request.set_proposed_due("2024-04-30");
  }
  std::vector<std::string> asked_;
  bool still_counting_ = false;
};

TEST_F(IssuersDeskTest, WhatIsStillBeingCountedIsSaid) {
  AddWaiting();
  EXPECT_EQ(Run({"assignment", "waiting", "--unit=gov"}), 0) << err();
  EXPECT_THAT(err(), Not(HasSubstr("正在统计")));
  still_counting_ = true;
  EXPECT_EQ(Run({"assignment", "waiting", "--unit=gov"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("做好a"));
  EXPECT_THAT(err(), HasSubstr("系统升级后正在统计待办事项"));
}

TEST_F(IssuersDeskTest, WhatWaitsForTheIssuerComesPageByPageTheNearestFirst) {
  AddWaiting();
  Add("d", "", A::UNDER_REVIEW);
  EXPECT_EQ(Run({"assignment", "waiting", "--unit=gov"}), 0) << err();
  EXPECT_THAT(asked_, ::testing::Each("waiting for units/gov"));
  EXPECT_THAT(out(), ::testing::ContainsRegex("做好a[^\n]*审核[^\n]*\n"
                                              "[^\n]*做好b[^\n]*裁定退办[^\n]*\n"
                                              "[^\n]*做好c[^\n]*答复延期[^\n]*\n"
                                              "[^\n]*做好d[^\n]*审核"));
  EXPECT_THAT(err(), HasSubstr("duban review"));
  EXPECT_EQ(Run({"assignment", "waiting"}), 2) << "nobody says which unit";
}

TEST_F(IssuersDeskTest, WhatWaitsUnderOnePlanIsReadOfWhoeverIssuedIt) {
  AddWaiting();
  all_.mutable_assignments(0)->set_name("plans/p10/tasks/a/assignments/jiaoyu");
  EXPECT_EQ(Run({"assignment", "waiting", "--plan=p1"}), 0) << err();
  EXPECT_THAT(asked_, ::testing::Each("waiting for units/gov"));
  EXPECT_THAT(out(), Not(HasSubstr("做好a"))) << "of another plan whose name begins like it";
  EXPECT_THAT(out(), HasSubstr("做好b"));
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
  EXPECT_THAT(asked_, ElementsAre("/ISSUED+IN_PROGRESS by due"));
  EXPECT_THAT(out(), HasSubstr("做好c"));
  EXPECT_THAT(out(), Not(HasSubstr("做好b")));
  asked_.clear();
  EXPECT_EQ(Run({"assignment", "list", "--sort=deadline", "--limit=1"}), 0) << err();
  EXPECT_THAT(asked_, ElementsAre("/")) << "over everything the server keeps no such order";
  EXPECT_THAT(out(), HasSubstr("做好c"));
  EXPECT_THAT(out(), Not(HasSubstr("做好a"))) << "cut to what was asked for, nearest first";
}

TEST_F(IssuersDeskTest, WhoHasNotSignedIsAPageToBePrintedAndCsvThatNoSpreadsheetRuns) {
  A* assignment = Add("a", "2024-03-15", A::ISSUED);
  assignment->set_plan_title("要点");
  assignment->set_number(1);
  assignment->set_unit_display_name("=cmd|' /C calc'!A0");
  EXPECT_EQ(Run({"assignment", "unsigned", "--plan=mine", "--csv"}), 0) << err();
  EXPECT_EQ(out(), "\xEF\xBB\xBF计划,单位,未签收,任务,签收人,日期\r\n《要点》,'=cmd|' /C calc'!A0,1,第1项,,\r\n");
  EXPECT_EQ(Run({"assignment", "unsigned", "--plan=mine", "--markdown"}), 0) << err();
  EXPECT_EQ(out(),
            "| 计划 | 单位 | 未签收 | 任务 | 签收人 | 日期 |\n| --- | --- | ---: | --- | --- | --- |\n"
            "| 《要点》 | =cmd\\|' /C calc'!A0 | 1 | 第1项 |  |  |\n");
  const std::string page = folder_.path() + "/unsigned.html";
  EXPECT_EQ(Run({"assignment", "unsigned", "--plan=mine", "--page=" + page}), 0) << err();
  EXPECT_EQ(out(), "已写入 " + page + "（1 行）\n");
  std::ifstream file(page);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_THAT(text, HasSubstr("<h1>未签收事项</h1>"));
  EXPECT_THAT(text, HasSubstr("<td>《要点》</td><td>=cmd|' /C calc'!A0</td><td class=\"number\">1</td>"));
  EXPECT_EQ(Run({"assignment", "unsigned", "--plan=mine", "--csv", "--markdown"}), 2);
  EXPECT_EQ(Run({"assignment", "unsigned", "--plan=mine", "--csv", "--format=json"}), 2);
  EXPECT_EQ(Run({"assignment", "unsigned", "--plan=mine", "--page=/nowhere/x.html"}), 2);
  EXPECT_THAT(err(), HasSubstr("无法写入文件 /nowhere/x.html"));
}

TEST_F(IssuersDeskTest, AListExportsWholeTextsAsAWorkbook) {
  A* assignment = Add("a", "2024-03-15", A::ISSUED);
  assignment->set_plan_title("要点");
  assignment->set_text(std::string(300, 'x') + "末");
  EXPECT_EQ(Run({"assignment", "list", "--unit=jiaoyu", "--csv"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("x末,"));
  const std::string path = folder_.path() + "/list.xlsx";
  EXPECT_EQ(Run({"assignment", "list", "--unit=jiaoyu", "--xlsx=" + path}), 0) << err();
  std::ifstream file(path, std::ios::binary);
  char begin[2] = {};
  file.read(begin, 2);
  EXPECT_EQ(std::string(begin, 2), "PK");
  EXPECT_EQ(Run({"assignment", "list", "--unit=jiaoyu", "--xlsx=/nowhere/x.xlsx"}), 2);
  EXPECT_EQ(Run({"todo", "--unit=jiaoyu", "--csv"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("1," + std::string(300, 'x')));
}

// --- The dialogue ---------------------------------------------------------------------------------------------------

class ReviewDialogueTest : public IssuersDeskTest {
 protected:
  ReviewDialogueTest() {
    terminal_ = true;
    servers_.On<v1::MarkReportsReadRequest, A>("AssignmentService/MarkReportsRead", [this](const auto& request) {
      for (const A& assignment : all_.assignments()) {
        if (assignment.name() == request.name()) return absl::StatusOr<A>(assignment);
      }
      return absl::StatusOr<A>(NotFound(request.name()));
    });
    Decides<v1::ReviewSubmissionRequest>("ReviewSubmission", [](const auto& request) {
      return StrCat(v1::Review::Verdict_Name(request.verdict()), " ", request.submission_id(), request.comment());
    });
    Decides<v1::BindAssignmentRequest>("BindAssignment", [](const auto& request) { return request.comment(); });
    Decides<v1::ReaddressAssignmentRequest>("ReaddressAssignment", [](const auto& request) { return request.unit(); });
    Decides<v1::AnswerExtensionRequest>("AnswerExtension", [](const auto& request) {
      return StrCat(v1::ExtensionAnswer::Verdict_Name(request.verdict()), request.due(), request.comment());
    });
    AddWaiting();
  }
  // Notes what is decided, and by which version.
  template <typename Request>
  void Decides(const std::string& method, std::function<std::string(const Request&)> what) {
    servers_.On<Request, A>("AssignmentService/" + method, [this, method, what](const Request& request) {
      decided_.push_back(StrCat(method, " ", request.name().substr(request.name().find("tasks/") + 6, 1), " ",
                                what(request), request.etag().empty() ? "" : " seen"));
      A answer;
      answer.set_name(request.name());
      answer.set_state(A::DONE);
      return absl::StatusOr<A>(answer);
    });
  }
  int Type(const std::string& keys) {
    in_.clear();
    in_.str(keys);
    decided_.clear();
    return Run({"review", "--plan=p1"});
  }
  std::vector<std::string> decided_;
};

TEST_F(ReviewDialogueTest, EachIsDecidedByAKey) {
  for (A& assignment : *all_.mutable_assignments()) assignment.set_etag("e1");
  EXPECT_EQ(Type("a\nb\n属于该单位职责\ng\n\n"), 0) << err();
  EXPECT_THAT(decided_, ElementsAre("ReviewSubmission a ACCEPTED s-1 seen", "BindAssignment b 属于该单位职责 seen",
                                    "AnswerExtension c GRANTED seen"));
  EXPECT_THAT(out(), HasSubstr("（1/3）请办：审核"));
  EXPECT_THAT(out(), HasSubstr("共办理 3 项"));
  EXPECT_EQ(Type("r\n\n缺佐证\nd\nunits/audit\nn\n进度可控\n"), 0) << err();
  EXPECT_THAT(decided_,
              ElementsAre("ReviewSubmission a RETURNED s-1缺佐证 seen", "ReaddressAssignment b units/audit seen",
                          "AnswerExtension c REFUSED进度可控 seen"));
}

TEST_F(ReviewDialogueTest, WhatIsSkippedStaysAndAnEndIsAnEnd) {
  EXPECT_EQ(Type("s\nx\ns\nq\n"), 0) << err();
  EXPECT_THAT(decided_, ElementsAre());
  EXPECT_EQ(Type("a\n"), 0) << err();
  EXPECT_THAT(decided_, ElementsAre("ReviewSubmission a ACCEPTED s-1"));
}

TEST_F(ReviewDialogueTest, WhoHandedItInIsAskedWhyTheyAcceptIt) {
  servers_.On<v1::ReviewSubmissionRequest, A>("AssignmentService/ReviewSubmission", [this](const auto& request) {
    if (request.comment().empty()) return absl::StatusOr<A>(InvalidField("comment", "must say why", "须写明理由"));
    decided_.push_back(request.comment());
    A done;
    done.set_name(request.name());
    done.set_state(A::DONE);
    return absl::StatusOr<A>(done);
  });
  EXPECT_EQ(Type("a\n科室只有一人\nq\n"), 0) << err();
  EXPECT_THAT(decided_, ElementsAre("科室只有一人"));
  EXPECT_THAT(out(), HasSubstr("这是您本人提交的办结申请"));
}

TEST_F(ReviewDialogueTest, WhoReturnsAResultIsNotAskedWhyTheyAcceptIt) {
  servers_.On<v1::ReviewSubmissionRequest, A>("AssignmentService/ReviewSubmission", [this](const auto& request) {
    decided_.push_back(request.comment());
    return absl::StatusOr<A>(InvalidField("comment", "is longer than 2000 characters", "超过2000个字"));
  });
  EXPECT_EQ(Type("r\n太长的意见\nq\n"), 1);
  EXPECT_THAT(decided_, ElementsAre("太长的意见"));
  EXPECT_THAT(err(), HasSubstr("超过2000个字"));
  EXPECT_THAT(out(), Not(HasSubstr("这是您本人提交的办结申请")));
}

TEST_F(ReviewDialogueTest, WhatIsRefusedKeepsNothingElseFromBeingDecided) {
  servers_.On<v1::ReviewSubmissionRequest, A>("AssignmentService/ReviewSubmission", [](const auto&) {
    return absl::StatusOr<A>(Error(v1::ETAG_MISMATCH, "changed since it was read", "已被他人修改"));
  });
  EXPECT_EQ(Type("a\nb\n属于该单位职责\nq\n"), 6);
  EXPECT_THAT(decided_, ElementsAre("BindAssignment b 属于该单位职责"));
  EXPECT_THAT(out(), HasSubstr("已被他人修改"));
  EXPECT_THAT(err(), HasSubstr("共 2 项，1 项未办成，原因见各行"));
}

TEST_F(ReviewDialogueTest, AScriptSaysYesAndResultsAloneAreJudged) {
  terminal_ = false;
  std::vector<std::string> judged;
  servers_.On<v1::ReviewSubmissionsRequest, v1::ReviewSubmissionsResponse>(
      "AssignmentService/ReviewSubmissions", [&](const auto& request) {
        v1::ReviewSubmissionsResponse response;
        for (const auto& item : request.items()) {
          judged.push_back(StrCat(item.submission_id(), " ", v1::Review::Verdict_Name(item.verdict()), item.comment()));
          response.add_results()->set_name(item.name());
        }
        return response;
      });
  EXPECT_EQ(Type(""), 2) << "nobody is there to be asked";
  EXPECT_THAT(err(), HasSubstr("duban review --yes"));
  EXPECT_EQ(Run({"review", "--plan=p1", "--yes"}), 0) << err();
  EXPECT_EQ(Run({"review", "--plan=p1", "--yes", "--return"}), 2);
  EXPECT_EQ(Run({"review", "--plan=p1", "--yes", "--return", "--comment=缺佐证"}), 0) << err();
  EXPECT_THAT(judged, ElementsAre("s-1 ACCEPTED", "s-1 RETURNED缺佐证"));
}

// --- What units ask and issuers answer ------------------------------------------------------------------------------

class RequestCommandsTest : public TodoTest {
 protected:
  // The next call of `method` gets an answer; its request is returned as text.
  template <typename Request>
  void Takes(const std::string& method) {
    servers_.On<Request, A>("AssignmentService/" + method, [this](const Request& request) {
      Request sent = request;
      sent.clear_request_id();
      sent_ = sent.ShortDebugString();
      A answer;
      answer.set_name(request.name());
      answer.set_state(A::DECLINED);
      answer.mutable_deadline()->set_due("2024-04-30");
      return absl::StatusOr<A>(answer);
    });
  }
  std::string sent_;
};

TEST_F(RequestCommandsTest, AUnitDeclinesAsksAndTakesBackByNumber) {
  Takes<v1::DeclineAssignmentRequest>("DeclineAssignment");
  Takes<v1::RequestExtensionRequest>("RequestExtension");
  Takes<v1::RetractReportRequest>("RetractReport");
  Add("a", "2024-03-15", A::ISSUED);
  EXPECT_EQ(Run({"todo", "--unit=jiaoyu"}), 0) << err();
  const std::string name = "name: \"plans/p1/tasks/a/assignments/jiaoyu\" ";
  EXPECT_EQ(Run({"decline", "1", "--reason=no"}), 0) << err();
  EXPECT_THAT(sent_, HasSubstr(name + "decline { reason: \"no\" decliner:"));
  EXPECT_THAT(out(), HasSubstr("已申请退办，等待交办单位裁定"));
  EXPECT_EQ(Run({"extend", "1", "--to=2024-04-30", "--reason=late"}), 0) << err();
  EXPECT_THAT(sent_, HasSubstr(name + "extension { reason: \"late\" proposed_due: \"2024-04-30\""));
  EXPECT_EQ(Run({"retract", "1", "--report=r-2"}), 0) << err();
  EXPECT_THAT(sent_, HasSubstr("report_id: \"r-2\""));
  EXPECT_EQ(Run({"decline", "1"}), 2) << "a reason is needed";
}

TEST_F(RequestCommandsTest, AnIssuerDecidesAndSpeaks) {
  Takes<v1::ReaddressAssignmentRequest>("ReaddressAssignment");
  Takes<v1::BindAssignmentRequest>("BindAssignment");
  Takes<v1::AnswerExtensionRequest>("AnswerExtension");
  Takes<v1::MarkReportsReadRequest>("MarkReportsRead");
  Takes<v1::AddRemarkRequest>("AddRemark");
  const auto run = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "assignment");
    words.insert(words.begin() + 2, "p1/a/jiaoyu");
    EXPECT_EQ(Run(words), 0) << err();
    return sent_;
  };
  EXPECT_THAT(run({"readdress", "--to=units/audit"}), HasSubstr("unit: \"units/audit\""));
  EXPECT_THAT(run({"bind", "--comment=own", "--due=2024-05-01"}), HasSubstr("comment: \"own\" due: \"2024-05-01\""));
  EXPECT_THAT(run({"grant"}), HasSubstr("verdict: GRANTED"));
  EXPECT_THAT(out(), HasSubstr("已准予延期至 2024-04-30"));
  EXPECT_THAT(run({"refuse", "--comment=no"}), HasSubstr("verdict: REFUSED comment: \"no\""));
  EXPECT_THAT(run({"read"}), HasSubstr("reader:"));
  EXPECT_THAT(run({"remark", "--text=soon"}), HasSubstr("text: \"soon\""));
  servers_.On<v1::UrgeAssignmentsRequest, v1::UrgeAssignmentsResponse>(
      "AssignmentService/UrgeAssignments", [](const auto& request) {
        v1::UrgeAssignmentsResponse response;
        for (const auto& item : request.items()) response.add_results()->set_name(item.name());
        return response;
      });
  EXPECT_EQ(Run({"assignment", "urge", "p1/a/jiaoyu", "p1/b/jiaoyu", "--text=soon"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("已催办，提醒随即发出：p1/b/jiaoyu"));
}

// All that a plan's units have not signed for, in one go, with what came of each.
TEST_F(RequestCommandsTest, AllWhoHaveNotSignedAreUrgedAtOnce) {
  Add("a", "2024-03-15", A::ISSUED);
  Add("b", "2024-03-16", A::ISSUED);
  std::vector<std::string> urged;
  servers_.On<v1::UrgeAssignmentsRequest, v1::UrgeAssignmentsResponse>(
      "AssignmentService/UrgeAssignments", [&](const auto& request) {
        v1::UrgeAssignmentsResponse response;
        for (const auto& item : request.items()) {
          urged.push_back(item.name());
          response.add_results()->set_name(item.name());
        }
        response.mutable_results(1)->mutable_error()->set_code(9);
        return response;
      });
  EXPECT_EQ(Run({"assignment", "urge", "--all-unsigned=p1", "--text=soon"}), 4) << err();
  EXPECT_THAT(urged,
              ::testing::ElementsAre("plans/p1/tasks/a/assignments/jiaoyu", "plans/p1/tasks/b/assignments/jiaoyu"));
  EXPECT_THAT(out(), HasSubstr("已催办，提醒随即发出：p1/a/jiaoyu"));
  EXPECT_THAT(out(), HasSubstr("p1/b/jiaoyu"));
  EXPECT_THAT(err(), HasSubstr("共 2 项，1 项未办成"));
  EXPECT_EQ(Run({"assignment", "urge", "--text=soon"}), 2);
  EXPECT_EQ(Run({"assignment", "urge", "p1/a/jiaoyu", "--all-unsigned=p1", "--text=soon"}), 2);
  EXPECT_THAT(err(), HasSubstr("二者选一"));
}

}  // namespace
}  // namespace duban::cli
