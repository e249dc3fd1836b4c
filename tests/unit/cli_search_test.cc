// `duban search` and `duban plan create` at the command line.

#include <fstream>
#include <string>
#include <vector>

#include "common/base/errors.h"
#include "duban/v1/assignment_search_service.pb.h"
#include "duban/v1/directory_service.pb.h"
#include "duban/v1/plan_search_service.pb.h"
#include "duban/v1/plan_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_cli.h"

namespace duban::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class SearchCliTest : public CliTest {
 protected:
  SearchCliTest() {
    variables_["NO_COLOR"] = "1";
    servers_.On<v1::SearchPlansRequest, v1::SearchPlansResponse>(
        "PlanSearchService/SearchPlans", [this](const v1::SearchPlansRequest& request) {
          plans_asked_.push_back(request);
          v1::SearchPlansResponse page;
          for (int i = 0; i < std::min(request.page_size(), 120); ++i) *page.add_hits() = PlanHit();
          page.set_next_page_token("more");
          return page;
        });
    servers_.On<v1::SearchAssignmentsRequest, v1::SearchAssignmentsResponse>(
        "AssignmentSearchService/SearchAssignments", [this](const v1::SearchAssignmentsRequest& request) {
          assignments_asked_.push_back(request);
          return found_;
        });
    servers_.On<v1::CreatePlanRequest, v1::Plan>("PlanService/CreatePlan",
                                                 [this](const v1::CreatePlanRequest& request) {
                                                   created_.push_back(request);
                                                   v1::Plan plan = request.plan();
                                                   plan.set_name("plans/p1");
                                                   return plan;
                                                 });
  }

  static v1::SearchPlansResponse::Hit PlanHit() {
    v1::SearchPlansResponse::Hit hit;
    hit.set_plan("plans/p1");
    hit.set_plan_title("防汛工作要点");
    hit.set_state(v1::Plan::DRAFT);
    hit.set_task("plans/p1/tasks/body-3");
    hit.set_table("body");
    hit.set_number(3);
    hit.mutable_match()->set_place(v1::SearchMatch::TEXT);
    hit.mutable_match()->set_snippet("…储备防汛物资");
    hit.mutable_match()->add_spans()->set_begin(3);
    hit.mutable_match()->mutable_spans(0)->set_end(5);
    return hit;
  }

  // Writes a table and makes a draft of it.
  int Create(const std::string& table) {
    const std::string file = folder_.path() + "/任务.csv";
    std::ofstream(file) << table;
    return Run({"plan", "create", "--from-csv=" + file, "--title=要点", "--year=2024"});
  }

  testing::TempFolder folder_;
  v1::SearchAssignmentsResponse found_;
  std::vector<v1::SearchPlansRequest> plans_asked_;
  std::vector<v1::SearchAssignmentsRequest> assignments_asked_;
  std::vector<v1::CreatePlanRequest> created_;
};

TEST_F(SearchCliTest, PlansAreListedWithTheWordsMarked) {
  ASSERT_EQ(Run({"search", "防汛", "物资", "--plan=p1", "--plan-state=草稿"}), 0) << err();
  ASSERT_EQ(plans_asked_.size(), 1u);
  EXPECT_EQ(plans_asked_[0].query(), "防汛 物资");
  EXPECT_EQ(plans_asked_[0].plan(), "plans/p1");
  EXPECT_EQ(plans_asked_[0].state(), v1::Plan::DRAFT);
  EXPECT_EQ(plans_asked_[0].page_size(), 50);
  EXPECT_THAT(out(), HasSubstr("…储备【防汛】物资"));
  EXPECT_THAT(out(), HasSubstr("p1/body-3"));
  EXPECT_THAT(err(), HasSubstr("只列出前 50 条"));
}

TEST_F(SearchCliTest, MorePagesAreAskedForUpToTheLimit) {
  ASSERT_EQ(Run({"search", "防汛", "--limit=150", "--csv"}), 0) << err();
  ASSERT_EQ(plans_asked_.size(), 2u);
  EXPECT_EQ(plans_asked_[1].page_size(), 30);
  EXPECT_EQ(plans_asked_[1].page_token(), "more");
  EXPECT_THAT(out(), HasSubstr("防汛工作要点,草稿,3,正文,…储备【防汛】物资,p1/body-3"));
}

TEST_F(SearchCliTest, AssignmentsAreOfTheUnitOrTheIssuerThatIsNamed) {
  auto* hit = found_.add_hits();
  hit->set_task("plans/p1/tasks/body-3");
  hit->set_assignment("plans/p1/tasks/body-3/assignments/water");
  hit->set_plan_title("要点");
  hit->set_table("附件1");
  hit->set_number(3);
  hit->set_state(v1::Assignment::IN_PROGRESS);
  hit->add_units("水务局");
  hit->set_unit_count(1);
  hit->mutable_match()->set_place(v1::SearchMatch::RECORDS);
  hit->mutable_match()->set_snippet("沙袋到位");
  hit->mutable_match()->add_spans()->set_end(2);
  found_.set_indexing(true);
  ASSERT_EQ(Run({"search", "沙袋", "--in=assignments", "--unit=units/water", "--state=in-progress"}), 0) << err();
  ASSERT_EQ(assignments_asked_.size(), 1u);
  EXPECT_EQ(assignments_asked_[0].unit(), "units/water");
  EXPECT_THAT(assignments_asked_[0].states(), ElementsAre(v1::Assignment::IN_PROGRESS));
  for (const char* shown : {"附件1-3", "办理记录", "【沙袋】到位", "水务局", "进行中", "p1/body-3/water"}) {
    EXPECT_THAT(out(), HasSubstr(shown));
  }
  EXPECT_THAT(err(), HasSubstr("结果可能不全"));
  // Of an issuer the task is shown, with the first of its units.
  hit->clear_assignment();
  for (const char* unit : {"二", "三", "四", "五"}) hit->add_units(unit);
  hit->set_unit_count(12);
  ASSERT_EQ(Run({"search", "沙袋", "--in=assignments", "--issuer=units/office"}), 0) << err();
  EXPECT_EQ(assignments_asked_[1].issuer(), "units/office");
  EXPECT_EQ(assignments_asked_[1].unit(), "");
  EXPECT_THAT(out(), HasSubstr("等 12 个单位"));
  EXPECT_THAT(out(), Not(HasSubstr("进行中")));
}

TEST_F(SearchCliTest, WhatDoesNotGoTogetherIsSaidBeforeAnythingIsCalled) {
  EXPECT_EQ(Run({"search"}), 2);
  EXPECT_EQ(Run({"search", "防汛", "--unit=units/water"}), 2);
  EXPECT_THAT(err(), HasSubstr("--in=assignments"));
  EXPECT_EQ(Run({"search", "防汛", "--in=assignments", "--plan=p1", "--state=in-progress"}), 2);
  EXPECT_THAT(err(), HasSubstr("--unit"));
  EXPECT_EQ(Run({"search", "防汛", "--in=assignments", "--plan-state=草稿"}), 2);
  EXPECT_THAT(servers_.calls, IsEmpty());
}

TEST_F(SearchCliTest, ATableBecomesADraft) {
  ASSERT_EQ(Create("\xEF\xBB\xBF序号,标题,任务,牵头单位,责任单位,时限\r\n"
                   "1,一、防汛 > （一）排涝,检修泵站,水务局,\"住建局、各街道\",6月底前\r\n"
                   ",,\"储备物资，\n含沙袋\",应急局,,每季度\r\n"),
            0)
      << err();
  ASSERT_EQ(created_.size(), 1u);
  const v1::Plan& plan = created_[0].plan();
  EXPECT_EQ(plan.title(), "要点");
  EXPECT_EQ(plan.year(), 2024);
  EXPECT_EQ(plan.source_name(), "任务.csv");
  ASSERT_EQ(plan.tasks_size(), 2);
  EXPECT_EQ(plan.tasks(0).number(), 1);
  EXPECT_THAT(plan.tasks(0).headings(), ElementsAre("一、防汛", "（一）排涝"));
  EXPECT_EQ(plan.tasks(0).responsibilities_size(), 3);
  EXPECT_EQ(plan.tasks(0).responsibilities(0).role(), v1::Responsibility::LEAD);
  EXPECT_EQ(plan.tasks(0).responsibilities(2).unit(), "各街道");
  EXPECT_EQ(plan.tasks(0).deadline().printed(), "6月底前");
  EXPECT_EQ(plan.tasks(1).text(), "储备物资，\n含沙袋");
  EXPECT_THAT(err(), HasSubstr("duban plan publish p1"));
}

TEST_F(SearchCliTest, ATableInGb18030AndWithEnglishColumnsIsReadToo) {
  ASSERT_EQ(Create("text,lead\n\xBC\xEC\xD0\xDE\xB1\xC3\xD5\xBE\xA3\xAC\xC7\xE5\xD3\xD9\xBA\xD3\xB5\xC0,"
                   "\xCB\xAE\xCE\xF1\xBE\xD6\n"),
            0)
      << err();
  EXPECT_EQ(created_[0].plan().tasks(0).text(), "检修泵站，清淤河道");
  EXPECT_EQ(created_[0].plan().tasks(0).responsibilities(0).unit(), "水务局");
}

TEST_F(SearchCliTest, WhatIsWrongInATableIsNamedByLineAndColumn) {
  struct {
    const char* table;
    const char* said;
  } const cases[] = {
      {"", "没有任务"},
      {"任务\n", "没有任务"},
      {"任务,承办\n甲,乙\n", "第 1 行“承办”栏：不认识这一栏；可用的有：序号、标题、任务"},
      {"任务,任务\n甲,乙\n", "第 1 行“任务”栏：重复了"},
      {"标题\n甲\n", "第 1 行：没有“任务”栏"},
      {"任务,时限\n甲,年底\n,年底\n", "第 3 行“任务”栏：是空的"},
      {"序号,任务\n一,甲\n", "第 2 行“序号”栏：“一”不是序号"},
      {"序号,任务\n0,甲\n", "第 2 行“序号”栏"},
      {"任务,标题\n甲,一、 > \n", "第 2 行“标题”栏：有一级标题是空的"},
      {"任务\n甲,乙\n", "第 2 行：有 2 格，表头只有 1 栏"},
      {"任务\n\"甲\n", "引号没有结束"},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(Create(one.table), 2) << one.table;
    EXPECT_THAT(err(), HasSubstr(one.said)) << one.table;
    EXPECT_THAT(err(), HasSubstr("任务.csv")) << one.table;
  }
  EXPECT_THAT(created_, IsEmpty());
}

TEST_F(SearchCliTest, ATableHasItsLimits) {
  const auto table = [](int tasks) {
    std::string rows = "任务\n";
    for (int i = 0; i < tasks; ++i) rows += "甲\n";
    return rows;
  };
  EXPECT_EQ(Create(table(2000)), 0) << err();
  EXPECT_EQ(Create(table(2001)), 2);
  EXPECT_THAT(err(), HasSubstr("超过 2000 项"));
  std::string title;
  for (int i = 0; i < 500; ++i) title += "字";
  EXPECT_EQ(Create("任务,任务名称\n甲," + title + "\n"), 0) << err();
  EXPECT_EQ(Create("任务,任务名称\n甲," + title + "字\n"), 2);
  EXPECT_THAT(err(), HasSubstr("第 2 行“任务名称”栏：超过 500 个字"));
}

}  // namespace
}  // namespace duban::cli
