// Nothing falls through: what is asked before a plan is published, what publishing would do, and what it says it did.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/base/civil.h"
#include "services/plan/reader/findings.h"
#include "tests/support/test_planner.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::PlannerTest;
using R = v1::Responsibility;

class PublicationTest : public PlannerTest {
 protected:
  // A task whose only deadline is in its text.
  static v1::Task InText(const std::vector<std::pair<std::string, std::string>>& printed_and_due) {
    v1::Task task = Task("年底前办好", {{"市教育局", R::LEAD}});
    task.clear_deadline();
    for (const auto& [printed, due] : printed_and_due) {
      auto* deadline = task.add_text_deadlines();
      deadline->set_printed(printed);
      deadline->set_kind(due.empty() ? v1::Deadline::PERIODIC : v1::Deadline::BY_DATE);
      deadline->set_due(due);
      if (due.empty()) deadline->set_frequency(v1::Deadline::QUARTERLY);
    }
    return task;
  }
  static v1::Task Undated(const std::string& text) {
    v1::Task task = Task(text, {{"市教育局", R::LEAD}});
    task.clear_deadline();
    return task;
  }
  static v1::Task Due(const std::string& day) {
    v1::Task task = Task("办好", {{"市教育局", R::LEAD}});
    task.mutable_deadline()->set_kind(v1::Deadline::BY_DATE);
    task.mutable_deadline()->set_due(day);
    return task;
  }
};

TEST_F(PublicationTest, ATaskThatReachesNobodyIsPublishedOnlyWhereAPersonSaysSo) {
  v1::Task open = Task("某事", {{"相关单位", R::RESPONSIBLE}});
  open.mutable_responsibilities(0)->set_open(true);
  const std::vector<std::pair<v1::Task, std::string>> ways = {
      {Task("某事", {}), ""},
      {Task("某事", {{"市教育局", R::COOPERATE}}), ""},
      {open, ""},
      {Task("某事", {{"各老区政府", R::LEAD}}), "EMPTY_GROUP"},
      {Task("某事", {{"无此局", R::LEAD}, {"市教育局", R::COOPERATE}}), "UNKNOWN_UNIT"}};
  for (const auto& [task, asked_first] : ways) {
    SCOPED_TRACE(task.ShortDebugString());
    ASSERT_DONE(Create({Task("另一事", {{"市财政局", R::LEAD}}), task}));
    if (!asked_first.empty()) {
      ASSERT_THAT(Open(), ElementsAre(::testing::StartsWith(asked_first)));
      ASSERT_DONE(Settle(asked_first, v1::Finding::DISMISSED));
    }
    EXPECT_THAT(Open(), ElementsAre("NO_UNIT:body-2:"));
    EXPECT_THAT(Preview().unanswered_tasks(), ElementsAre("body-2"));
    EXPECT_EQ(ReasonOf(Publish()), v1::FINDINGS_OPEN);
    ASSERT_DONE(Get());
    ASSERT_DONE(Settle(Id("NO_UNIT"), v1::Finding::DISMISSED));
    ASSERT_DONE(Publish());
    id_ += "p";
  }
}

TEST_F(PublicationTest, NobodyIsAskedTwiceWhileTheWordsThemselvesAreAskedAbout) {
  ASSERT_DONE(Import("2024年工作要点\n\n1．做好一件事。（责任单位：相关单位；完成时限：常态化开展）\n"));
  EXPECT_THAT(Open(), ElementsAre("OPEN_UNIT:body-1:相关单位"));
  ASSERT_DONE(Settle("OPEN_UNIT", v1::Finding::ANSWERED, "市财政局"));
  EXPECT_THAT(Open(), IsEmpty());
}

TEST_F(PublicationTest, TheAnswerOfPublishingSaysWhatIsIssued) {
  ASSERT_DONE(Create({Task("甲", {{"市教育局", R::LEAD}, {"各区政府", R::COOPERATE}}),
                      Task("乙", {{"东区政府", R::LEAD}, {"各区政府", R::RESPONSIBLE}}), Task("丙", {})}));
  ASSERT_DONE(Settle("NO_UNIT", v1::Finding::DISMISSED));
  const v1::PublicationPreview preview = Preview();
  ASSERT_DONE(Publish());
  EXPECT_EQ(plan_.issuance().orders(), 2);
  EXPECT_EQ(plan_.issuance().assignments(), 5) << "a unit that stands by itself and in a group gets one";
  EXPECT_EQ(plan_.issuance().units(), 3);
  EXPECT_EQ(preview.issuance().SerializeAsString(), plan_.issuance().SerializeAsString());
}

TEST_F(PublicationTest, APreviewSaysWhatPublishingWouldDoAndChangesNothing) {
  city_.clock().AdvanceTo(TimeAt(absl::CivilDay(2024, 3, 4), 9 * 60));
  ASSERT_DONE(Create({Task("甲", {{"市教育局", R::LEAD}, {"各区政府", R::COOPERATE}}),
                      Task("乙", {{"市教育局", R::RESPONSIBLE}, {"无此局", R::LEAD}}), Undated("丙"), Due("2024-03-03"),
                      Task("戊", {})}));
  const std::string etag = plan_.etag();
  const v1::PublicationPreview preview = Preview();
  EXPECT_EQ(preview.etag(), etag);
  EXPECT_EQ(preview.as_of(), "2024-03-04");
  EXPECT_EQ(preview.tasks(), 5);
  EXPECT_EQ(preview.issuance().orders(), 4);
  EXPECT_EQ(preview.issuance().assignments(), 6);
  EXPECT_EQ(preview.issuance().units(), 3);
  ASSERT_EQ(preview.shares_size(), 3);
  EXPECT_EQ(preview.shares(0).unit_display_name(), "市教育局");
  EXPECT_EQ(preview.shares(0).assignments(), 4);
  EXPECT_THAT(preview.unanswered_tasks(), ElementsAre("body-5"));
  EXPECT_THAT(preview.tasks_without_lead(), ElementsAre("body-2")) << "who is not in the directory leads nobody";
  EXPECT_THAT(preview.tasks_without_deadline(), ElementsAre("body-3"));
  EXPECT_THAT(preview.past_tasks(), ElementsAre("body-4"));
  EXPECT_EQ(preview.blocking_findings_size(), 3);
  ASSERT_DONE(Get());
  EXPECT_EQ(plan_.etag(), etag);
}

TEST_F(PublicationTest, AGroupThatLosesItsMembersUntilTheDayOfPublishingIsAskedAbout) {
  city_.Load("编号,名称,类别,上级,成员\nsummer,各防汛单位,集合,,市教育局@2024-01-01~2024-06-01\n");
  ASSERT_DONE(Create({Task("防汛", {{"各防汛单位", R::LEAD}})}));
  EXPECT_THAT(Open(), IsEmpty());
  city_.clock().AdvanceTo(TimeAt(absl::CivilDay(2024, 6, 1), 0));
  EXPECT_EQ(ReasonOf(Publish()), v1::FINDINGS_OPEN);
  ASSERT_DONE(Get());
  ASSERT_DONE(Settle("EMPTY_GROUP", v1::Finding::DISMISSED));
  EXPECT_EQ(ReasonOf(Publish()), v1::FINDINGS_OPEN);
}

// --- When -----------------------------------------------------------------------------------------------------------

TEST_F(PublicationTest, APlanWithoutDeadlinesAsksOnceForARule) {
  ASSERT_DONE(Create({Undated("甲"), Undated("乙"), InText({{"6月底前", "2024-06-30"}})}));
  EXPECT_THAT(Open(), ElementsAre("NO_DEADLINES::", "DEADLINE_IN_TEXT:body-3:6月底前"));
  EXPECT_EQ(ReasonOf(Publish()), v1::FINDINGS_OPEN);
  ASSERT_DONE(Get());
  EXPECT_EQ(plan_.findings(0).proposal(), "2024年12月底前");
  ASSERT_DONE(Settle("NO_DEADLINES", v1::Finding::ACCEPTED));
  EXPECT_EQ(plan_.tasks(0).deadline().due(), "2024-12-31");
  EXPECT_EQ(plan_.tasks(1).deadline().due(), "2024-12-31");
  EXPECT_EQ(plan_.tasks(2).deadline().due(), "") << "its own text is asked about";
  ASSERT_DONE(Settle("DEADLINE_IN_TEXT", v1::Finding::ACCEPTED));
  EXPECT_EQ(plan_.tasks(2).deadline().due(), "2024-06-30");
  ASSERT_DONE(Publish());
}

TEST_F(PublicationTest, APlanThatShallHaveNoDeadlinesIsNotAskedAgain) {
  ASSERT_DONE(Create({Undated("甲"), Undated("乙")}));
  ASSERT_DONE(Settle("NO_DEADLINES", v1::Finding::DISMISSED));
  EXPECT_THAT(Open(), IsEmpty());
  EXPECT_THAT(Preview().tasks_without_deadline(), ElementsAre("body-1", "body-2"));
  ASSERT_DONE(Publish());
}

TEST_F(PublicationTest, ARuleThatHasPassedIsNotTakenForTheWholePlan) {
  ASSERT_DONE(Create({Undated("甲"), Undated("乙")}));
  const absl::Status refused = Settle("NO_DEADLINES", v1::Finding::ANSWERED, "2024-03-03");
  EXPECT_EQ(ReasonOf(refused), v1::INVALID_FIELD);
  EXPECT_THAT(ChineseMessage(refused), ::testing::HasSubstr("即 2024-03-03，已经过去"));
  EXPECT_THAT(ChineseMessage(refused), ::testing::HasSubstr("请写今天或以后的日期")) << "today is taken";
  ASSERT_DONE(Get());
  EXPECT_THAT(Open(), ElementsAre("NO_DEADLINES::"));
  ASSERT_DONE(Settle("NO_DEADLINES", v1::Finding::ANSWERED, "2024-03-04"));
  EXPECT_THAT(Open(), IsEmpty());
}

TEST_F(PublicationTest, OneDeadlineInAPlanIsAnswerEnough) {
  ASSERT_DONE(Create({Undated("甲"), Due("2024-09-30")}));
  EXPECT_THAT(Open(), IsEmpty());
}

TEST_F(PublicationTest, OfSeveralDatesInATextTheLastIsProposedAndOfDifferentKindsNone) {
  ASSERT_DONE(Create({InText({{"6月底前", "2024-06-30"}, {"9月底前", "2024-09-30"}, {"8月底前", "2024-08-31"}}),
                      InText({{"6月底前", "2024-06-30"}, {"每季度", ""}}), Due("2024-09-30")}));
  ASSERT_THAT(Open(), ElementsAre("DEADLINE_IN_TEXT:body-1:6月底前、9月底前、8月底前",
                                  "DEADLINE_IN_TEXT:body-2:6月底前、每季度"));
  EXPECT_EQ(plan_.findings(0).proposal(), "9月底前");
  EXPECT_EQ(plan_.findings(1).proposal(), "");
  ASSERT_DONE(Settle("f-2", v1::Finding::ANSWERED, "每季度"));
  EXPECT_EQ(plan_.tasks(1).deadline().frequency(), v1::Deadline::QUARTERLY);
}

TEST_F(PublicationTest, AStandingDutyOrATimeLimitInTheTextIsNoDeadlineOfTheTask) {
  v1::Task standing = InText({{"常态化", "2024-12-31"}}), limit = InText({{"1个工作日内", "2024-12-31"}});
  standing.mutable_text_deadlines(0)->set_kind(v1::Deadline::STANDING);
  limit.mutable_text_deadlines(0)->set_kind(v1::Deadline::WORKING_DAYS);
  ASSERT_DONE(Create({standing, limit}));
  EXPECT_THAT(Open(), ElementsAre("NO_DEADLINES::"));
}

TEST_F(PublicationTest, ADeadlineBeforeTodayIsAskedAboutOnTheDayItHasPassed) {
  ASSERT_DONE(Create({Due("2024-03-04"), Due("2024-03-03")}));
  EXPECT_THAT(Open(), ElementsAre("DEADLINE_PASSED:body-2:2024-03-03"));
  ASSERT_DONE(Settle("f-1", v1::Finding::DISMISSED));
  EXPECT_THAT(Open(), IsEmpty());
  city_.clock().AdvanceTo(TimeAt(absl::CivilDay(2024, 3, 5), 0));
  ASSERT_DONE(Get());
  EXPECT_THAT(Open(), ElementsAre("DEADLINE_PASSED:body-1:2024-03-04"));
  EXPECT_EQ(ReasonOf(Publish()), v1::FINDINGS_OPEN);
  ASSERT_DONE(Get());
  ASSERT_DONE(Settle("DEADLINE_PASSED", v1::Finding::ANSWERED, "2024-03-05"));
  EXPECT_THAT(Open(), IsEmpty());
  ASSERT_DONE(Publish());
}

}  // namespace
}  // namespace duban
