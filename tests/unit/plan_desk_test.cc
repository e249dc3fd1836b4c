// Answers mean what they say and can be taken back; drafts can be worked on.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "common/store/keys.h"
#include "services/plan/reader/findings.h"
#include "tests/support/test_planner.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::PlannerTest;
using ::testing::SizeIs;
using R = v1::Responsibility;
using Edit = v1::EditPlanRequest::Edit;

class DeskTest : public PlannerTest {
 protected:
  std::vector<std::string> Aliases() {
    v1::ListAliasesResponse response;
    EXPECT_TRUE(city_.Call(city_.directory(), &DirectoryCore::ListAliases, v1::ListAliasesRequest(), &response).ok());
    std::vector<std::string> aliases;
    for (const v1::Alias& alias : response.aliases()) {
      aliases.push_back(StrCat(alias.alias(), "=", alias.entry_display_name()));
    }
    return aliases;
  }
  absl::Status RemoveAlias(const std::string& alias) {
    v1::RemoveAliasRequest request;
    request.set_alias(alias);
    v1::RemoveAliasResponse response;
    return city_.Call(city_.directory(), &DirectoryCore::RemoveAlias, request, &response);
  }
  absl::Status EditPlan(const std::vector<Edit>& edits) {
    v1::EditPlanRequest request;
    request.set_name(StrCat("plans/", id_));
    for (const Edit& edit : edits) *request.add_edits() = edit;
    return city_.Call(city_.plans(), &PlanCore::EditPlan, request, &plan_);
  }
  absl::Status Reimport(const std::string& text) {
    v1::ReimportPlanRequest request;
    request.set_name(StrCat("plans/", id_));
    request.set_source_name("plan2.txt");
    request.set_content(text);
    return city_.Call(city_.plans(), &PlanCore::ReimportPlan, request, &plan_);
  }
  absl::Status Delete(const std::string& etag = "") {
    v1::DeletePlanRequest request;
    request.set_name(StrCat("plans/", id_));
    request.set_etag(etag);
    v1::DeletePlanResponse response;
    return city_.Call(city_.plans(), &PlanCore::DeletePlan, request, &response);
  }
  // `heading/text` of each task.
  std::vector<std::string> Texts() const {
    std::vector<std::string> texts;
    for (const v1::Task& task : plan_.tasks()) {
      texts.push_back(StrCat(task.headings().empty() ? "" : task.headings(task.headings_size() - 1), "/", task.text()));
    }
    return texts;
  }
  static v1::Task Under(const std::string& heading, v1::Task task) {
    task.add_headings(heading);
    return task;
  }
};

// --- Answers --------------------------------------------------------------------------------------------------------

TEST_F(DeskTest, AnAnswerIsAboutThisPlanUnlessItIsToBeRemembered) {
  const std::vector<v1::Task> tasks = {Task("修水库", {{"市水利局", R::LEAD}})};
  ASSERT_DONE(Create(tasks));
  ASSERT_DONE(Settle("UNKNOWN_UNIT", v1::Finding::ANSWERED, "市财政局"));
  EXPECT_THAT(Units(0), ElementsAre("市财政局/LEAD"));
  EXPECT_THAT(Aliases(), IsEmpty());
  id_ = "next";
  ASSERT_DONE(Create(tasks));
  EXPECT_THAT(Open(), ElementsAre("UNKNOWN_UNIT:body-1:市水利局"));
  ASSERT_DONE(Settle("UNKNOWN_UNIT", v1::Finding::ANSWERED, "市财政局", /*remember=*/true));
  EXPECT_THAT(Aliases(), ElementsAre("市水利局=市财政局"));
  id_ = "after";
  ASSERT_DONE(Create(tasks));
  EXPECT_THAT(Open(), IsEmpty());
  ASSERT_DONE(RemoveAlias("市水利局"));
  EXPECT_THAT(Aliases(), IsEmpty());
  id_ = "last";
  ASSERT_DONE(Create(tasks));
  EXPECT_THAT(Open(), ElementsAre("UNKNOWN_UNIT:body-1:市水利局"));
  EXPECT_EQ(ReasonOf(RemoveAlias("市水利局")), v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(ReasonOf(RemoveAlias("市财政局")), v1::RESOURCE_NOT_FOUND) << "a full name is no alias";
}

TEST_F(DeskTest, TheYearGivesStagesTheirDaysAndTakenBackTheyHaveNone) {
  ASSERT_DONE(
      Import("序号,任务,责任单位,完成时限\n1,修水库,市财政局,3月底前完成设计；6月底前开工\n2,种树,市教育局,9月底前\n",
             "plan.csv"));
  const auto days = [this] {
    std::vector<std::string> days;
    for (const v1::TaskStage& stage : plan_.tasks(0).stages()) days.push_back(stage.deadline().due());
    return days;
  };
  const std::vector<std::string> unknown = days();
  ASSERT_THAT(unknown, SizeIs(2));
  ASSERT_DONE(Settle("NO_YEAR", v1::Finding::ANSWERED, "2024"));
  EXPECT_THAT(days(), ElementsAre("2024-03-31", "2024-06-30"));
  ASSERT_DONE(Reopen({Id("NO_YEAR")}));
  EXPECT_EQ(days(), unknown);
}

TEST_F(DeskTest, AnAliasOfAnEntryFromAboveIsListedAndTakenBackHereAlone) {
  testing::PlanNode east("east");
  ASSERT_DONE(east.Follow(city_));
  v1::CreatePlanRequest create;
  create.set_plan_id("own");
  create.mutable_plan()->set_title("要点");
  create.mutable_plan()->set_year(2024);
  *create.mutable_plan()->add_tasks() = Task("甲", {{"教育口", R::LEAD}});
  v1::Plan plan;
  ASSERT_DONE(east.Call(east.plans(), &PlanCore::CreatePlan, create, &plan));
  v1::SettleFindingsRequest settle;
  settle.set_name("plans/own");
  settle.set_settled_by("王敏");
  auto* answer = settle.add_answers();
  answer->set_code("UNKNOWN_UNIT");
  answer->set_settlement(v1::Finding::ANSWERED);
  answer->set_answer("市教育局");
  answer->set_remember(true);
  ASSERT_DONE(east.Call(east.plans(), &PlanCore::SettleFindings, settle, &plan));
  v1::ListAliasesResponse aliases;
  ASSERT_DONE(east.Call(east.directory(), &DirectoryCore::ListAliases, v1::ListAliasesRequest(), &aliases));
  ASSERT_EQ(aliases.aliases_size(), 1);
  EXPECT_EQ(aliases.aliases(0).entry(), "units/edu");
  EXPECT_TRUE(aliases.aliases(0).only_here());
  v1::RemoveAliasRequest remove;
  v1::RemoveAliasResponse removed;
  remove.set_alias("教育口");
  ASSERT_DONE(east.Call(east.directory(), &DirectoryCore::RemoveAlias, remove, &removed));
  EXPECT_EQ(removed.entry(), "units/edu");
  v1::ResolveUnitRequest resolve;
  resolve.set_text("教育口");
  v1::ResolveUnitResponse found;
  ASSERT_DONE(east.Call(east.directory(), &DirectoryCore::ResolveUnit, resolve, &found));
  EXPECT_EQ(found.match(), "");
  EXPECT_EQ(ReasonOf(city_.Call(city_.directory(), &DirectoryCore::RemoveAlias, remove, &removed)),
            v1::RESOURCE_NOT_FOUND);
  remove.set_alias("市教育局");
  EXPECT_EQ(ReasonOf(east.Call(east.directory(), &DirectoryCore::RemoveAlias, remove, &removed)), v1::NOT_OWNER);
}

TEST_F(DeskTest, WhatNamesNoSingleUnitIsNotRemembered) {
  ASSERT_DONE(Create({Task("甲", {{"教育财政两局", R::LEAD}})}));
  EXPECT_EQ(ReasonOf(Settle("f-1", v1::Finding::ANSWERED, "市教育局、市财政局", /*remember=*/true)), v1::INVALID_FIELD);
}

TEST_F(DeskTest, AnAnswerThatIsTakenBackIsAskedAgainAndChangesNothingElse) {
  ASSERT_DONE(
      Create({Task("甲", {{"甲局", R::LEAD}, {"乙局", R::COOPERATE}}), Task("乙", {{"甲局", R::RESPONSIBLE}})}));
  ASSERT_DONE(Settle("f-1", v1::Finding::ANSWERED, "市教育局、市财政局"));
  ASSERT_DONE(Settle("f-2", v1::Finding::ANSWERED, "市卫生健康委"));
  EXPECT_THAT(Units(0), ElementsAre("市教育局/LEAD", "市财政局/LEAD", "市卫生健康委/COOPERATE"));
  ASSERT_DONE(Reopen({"f-1"}));
  EXPECT_THAT(Units(0), ElementsAre("甲局/LEAD", "市卫生健康委/COOPERATE"));
  EXPECT_THAT(Units(1), ElementsAre("甲局/RESPONSIBLE"));
  EXPECT_THAT(Open(), ElementsAre("UNKNOWN_UNIT:body-1:甲局"));
  EXPECT_EQ(plan_.findings(0).settled_by(), "");
  EXPECT_EQ(ReasonOf(Reopen({"f-1"})), v1::WRONG_STATE) << "open already";
  ASSERT_DONE(Get());
  ASSERT_DONE(Settle("f-1", v1::Finding::DISMISSED));
  EXPECT_TRUE(plan_.tasks(1).responsibilities(0).open());
  ASSERT_DONE(Reopen({"f-1"}));
  EXPECT_FALSE(plan_.tasks(1).responsibilities(0).open());
  EXPECT_EQ(ReasonOf(Reopen({"f-99"})), v1::RESOURCE_NOT_FOUND);
}

TEST_F(DeskTest, DeadlinesNumbersAndYearsAreTakenBackToo) {
  v1::Task undated = Task("甲", {{"市教育局", R::LEAD}});
  undated.clear_deadline();
  ASSERT_DONE(Create({undated, undated}));
  ASSERT_DONE(Settle("NO_DEADLINES", v1::Finding::ACCEPTED));
  ASSERT_DONE(Reopen({"f-1"}));
  EXPECT_EQ(plan_.tasks(0).deadline().kind(), v1::Deadline::KIND_UNSPECIFIED);
  EXPECT_THAT(Open(), ElementsAre("NO_DEADLINES::"));
}

TEST_F(DeskTest, AnAnswerIsNotTakenBackFromATaskThatWasChangedSince) {
  ASSERT_DONE(Create({Task("甲", {{"甲局", R::LEAD}})}));
  ASSERT_DONE(Settle("f-1", v1::Finding::ANSWERED, "市教育局"));
  v1::UpdateTaskRequest update;
  update.mutable_task()->set_name("plans/p/tasks/body-1");
  *update.mutable_task()->mutable_responsibilities() = Task("", {{"市财政局", R::LEAD}}).responsibilities();
  update.mutable_update_mask()->add_paths("responsibilities");
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::UpdateTask, update, &plan_));
  const absl::Status refused = Reopen({"f-1"});
  EXPECT_EQ(ReasonOf(refused), v1::WRONG_STATE);
  EXPECT_EQ(MetadataOf(refused)["task"], "plans/p/tasks/body-1");
  ASSERT_DONE(Get());
  EXPECT_THAT(Units(0), ElementsAre("市财政局/LEAD"));
}

TEST_F(DeskTest, APublishedPlanShowsWhoDecidedWhat) {
  ASSERT_DONE(Create({Task("甲", {{"甲局", R::LEAD}})}));
  ASSERT_DONE(Settle("f-1", v1::Finding::ANSWERED, "市教育局"));
  ASSERT_DONE(Publish());
  ASSERT_DONE(Get());
  ASSERT_EQ(plan_.findings_size(), 1);
  EXPECT_EQ(plan_.findings(0).settled_by(), "李明");
  EXPECT_EQ(plan_.findings(0).answer(), "市教育局");
  EXPECT_TRUE(plan_.findings(0).has_settle_time());
  EXPECT_EQ(ReasonOf(Reopen({"f-1"})), v1::WRONG_STATE) << "no draft any more";
}

// --- Edits ----------------------------------------------------------------------------------------------------------

TEST_F(DeskTest, ATaskIsAddedWhereAPersonWantsIt) {
  ASSERT_DONE(
      Create({Under("一", Task("甲", {{"市教育局", R::LEAD}})), Under("二", Task("乙", {{"市教育局", R::LEAD}}))}));
  Edit first, last;
  *first.mutable_add_task()->mutable_task() = Task("新", {{"无此局", R::LEAD}});
  first.mutable_add_task()->set_before("body-2");
  last.mutable_add_task()->mutable_task()->set_text("尾");
  last.mutable_add_task()->mutable_task()->mutable_deadline()->set_printed("9月底前");
  ASSERT_DONE(EditPlan({first, last}));
  EXPECT_THAT(Texts(), ElementsAre("一/甲", "二/新", "二/乙", "二/尾"));
  EXPECT_EQ(plan_.tasks(1).number(), 3) << "numbers that are printed stay";
  EXPECT_EQ(plan_.tasks(3).deadline().due(), "2024-09-30");
  const std::string id = plan_.tasks(1).task_id(), tail = plan_.tasks(3).task_id();
  EXPECT_NE(id, tail);
  EXPECT_EQ(plan_.tasks(1).name(), "plans/p/tasks/" + id);
  EXPECT_THAT(Open(), ElementsAre("UNKNOWN_UNIT:" + id + ":无此局", "NO_UNIT:" + tail + ":"));
  first.mutable_add_task()->mutable_task()->set_task_id("body-1");
  EXPECT_EQ(ReasonOf(EditPlan({first})), v1::INVALID_FIELD);
  first.mutable_add_task()->mutable_task()->clear_task_id();
  first.mutable_add_task()->set_before("none");
  EXPECT_EQ(ReasonOf(EditPlan({first})), v1::RESOURCE_NOT_FOUND);
}

TEST_F(DeskTest, ARemovedTaskTakesItsQuestionsAlongAndEditsAreAllOrNone) {
  ASSERT_DONE(Create({Task("甲", {}), Task("乙", {{"市教育局", R::LEAD}})}));
  ASSERT_THAT(Open(), ElementsAre("NO_UNIT:body-1:"));
  Edit remove, wrong;
  remove.mutable_remove_task()->set_task_id("body-1");
  wrong.mutable_remove_task()->set_task_id("none");
  EXPECT_EQ(ReasonOf(EditPlan({remove, wrong})), v1::RESOURCE_NOT_FOUND);
  ASSERT_DONE(Get());
  EXPECT_EQ(plan_.tasks_size(), 2);
  ASSERT_DONE(EditPlan({remove}));
  EXPECT_THAT(Texts(), ElementsAre("/乙"));
  EXPECT_THAT(Open(), IsEmpty());
  EXPECT_EQ(ReasonOf(EditPlan({Edit()})), v1::INVALID_FIELD) << "says no edit";
}

TEST_F(DeskTest, ARuleThatBeginsAtARemovedTaskBeginsAtTheNext) {
  v1::CreatePlanRequest request;
  request.set_plan_id("p");
  request.mutable_plan()->set_title("要点");
  request.mutable_plan()->set_year(2024);
  for (const char* text : {"甲", "乙"}) {
    *request.mutable_plan()->add_tasks() = Task(text, {{"市教育局", R::LEAD}});
  }
  auto* rule = request.mutable_plan()->add_plan_rules();
  rule->set_kind(v1::PlanRule::ADD_UNIT);
  rule->set_unit("市财政局");
  rule->set_from_task("body-1");
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::CreatePlan, request, &plan_));
  Edit edit;
  edit.mutable_remove_task()->set_task_id("body-1");
  ASSERT_DONE(EditPlan({edit}));
  EXPECT_EQ(plan_.plan_rules(0).from_task(), "body-2");
  ASSERT_DONE(Publish());
  EXPECT_THAT(Units(0), ElementsAre("市教育局/LEAD", "市财政局/RESPONSIBLE"));
}

TEST_F(DeskTest, AMovedTaskStandsUnderTheHeadingsOfItsNewPlace) {
  ASSERT_DONE(
      Create({Under("一", Task("甲", {{"市教育局", R::LEAD}})), Under("一", Task("乙", {{"市教育局", R::LEAD}})),
              Under("二", Task("丙", {{"市教育局", R::LEAD}}))}));
  Edit move;
  move.mutable_move_task()->set_task_id("body-1");
  ASSERT_DONE(EditPlan({move}));
  EXPECT_THAT(Texts(), ElementsAre("一/乙", "二/丙", "二/甲"));
  move.mutable_move_task()->set_before("body-2");
  move.mutable_move_task()->add_headings("三");
  ASSERT_DONE(EditPlan({move}));
  EXPECT_THAT(Texts(), ElementsAre("三/甲", "一/乙", "二/丙"));
  EXPECT_EQ(plan_.tasks(0).task_id(), "body-1");
}

TEST_F(DeskTest, ASplitTaskGivesItsUnitsToAllAndWhatTheTextSaysToThePartThatSaysIt) {
  v1::Task task = Task("6月底前建成，9月底前验收", {{"市教育局", R::LEAD}});
  for (const char* printed : {"6月底前", "9月底前"}) task.add_text_deadlines()->set_printed(printed);
  ASSERT_DONE(Create({task, Task("乙", {{"市财政局", R::LEAD}})}));
  Edit split;
  split.mutable_split_task()->set_task_id("body-1");
  split.mutable_split_task()->add_texts("6月底前建成");
  EXPECT_EQ(ReasonOf(EditPlan({split})), v1::INVALID_FIELD);
  split.mutable_split_task()->add_texts("9月底前验收");
  ASSERT_DONE(EditPlan({split}));
  EXPECT_THAT(Texts(), ElementsAre("/6月底前建成", "/9月底前验收", "/乙"));
  EXPECT_EQ(plan_.tasks(0).task_id(), "body-1");
  EXPECT_EQ(plan_.tasks(1).number(), 3);
  EXPECT_THAT(Units(1), ElementsAre("市教育局/LEAD"));
  ASSERT_EQ(plan_.tasks(1).text_deadlines_size(), 1);
  EXPECT_EQ(plan_.tasks(1).text_deadlines(0).printed(), "9月底前");
}

TEST_F(DeskTest, JoinedTasksHaveEveryUnitOnceInItsStrongestRole) {
  ASSERT_DONE(
      Create({Task("甲", {{"市教育局", R::COOPERATE}}), Task("乙", {{"市财政局", R::LEAD}, {"市教育局", R::LEAD}}),
              Task("丙", {{"市财政局", R::LEAD}})}));
  Edit join;
  join.mutable_join_tasks()->set_task_id("body-1");
  join.mutable_join_tasks()->add_others("body-2");
  ASSERT_DONE(EditPlan({join}));
  EXPECT_THAT(Texts(), ElementsAre("/甲\n乙", "/丙"));
  EXPECT_THAT(Units(0), ElementsAre("市教育局/LEAD", "市财政局/LEAD"));
  join.mutable_join_tasks()->set_others(0, "body-1");
  EXPECT_EQ(ReasonOf(EditPlan({join})), v1::INVALID_FIELD) << "with itself";
}

TEST_F(DeskTest, AHeadingIsRenamedOrTakenAwayForAllItsTasks) {
  ASSERT_DONE(
      Create({Under("一", Task("甲", {{"市教育局", R::LEAD}})), Under("一", Task("乙", {{"市教育局", R::LEAD}})),
              Under("二", Task("丙", {{"市教育局", R::LEAD}}))}));
  Edit rename;
  rename.mutable_rename_heading()->add_headings("一");
  rename.mutable_rename_heading()->set_heading("一、总则");
  ASSERT_DONE(EditPlan({rename}));
  EXPECT_THAT(Texts(), ElementsAre("一、总则/甲", "一、总则/乙", "二/丙"));
  EXPECT_EQ(ReasonOf(EditPlan({rename})), v1::RESOURCE_NOT_FOUND) << "no such heading any more";
  rename.mutable_rename_heading()->set_headings(0, "一、总则");
  rename.mutable_rename_heading()->clear_heading();
  ASSERT_DONE(EditPlan({rename}));
  EXPECT_THAT(Texts(), ElementsAre("/甲", "/乙", "二/丙"));
}

// --- Drafts that come and go ----------------------------------------------------------------------------------------

TEST_F(DeskTest, ADraftIsDiscardedAndAPublishedPlanIsNot) {
  ASSERT_DONE(Create({Task("甲", {{"甲局", R::LEAD}})}));
  ASSERT_DONE(Settle("f-1", v1::Finding::ANSWERED, "市教育局"));
  EXPECT_EQ(ReasonOf(Delete("old")), v1::ETAG_MISMATCH);
  ASSERT_DONE(Delete(plan_.etag()));
  EXPECT_EQ(ReasonOf(Get()), v1::RESOURCE_NOT_FOUND);
  v1::ListPlansResponse listed;
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::ListPlans, v1::ListPlansRequest(), &listed));
  EXPECT_THAT(listed.plans(), IsEmpty());
  for (const char* note : {"judged/plans/p", "answers/plans/p"}) {
    EXPECT_EQ(city_.store()->TakeSnapshot()->GetRow(LocalKey(note)).value(), std::nullopt) << note;
  }
  ASSERT_DONE(Create({Task("甲", {{"市教育局", R::LEAD}})}));
  ASSERT_DONE(Publish());
  EXPECT_EQ(ReasonOf(Delete()), v1::WRONG_STATE);
}

TEST_F(DeskTest, ADocumentThatIsReadOverADraftKeepsTheAnswersToTheSameQuestions) {
  const std::string row = "（牵头单位：甲局；完成时限：常态化开展）\n";
  ASSERT_DONE(Import(StrCat("2024年工作要点\n\n1．做好第一件事。", row,
                            "2．做好第二件事。（责任单位：相关单位；完成时限：常态化开展）\n")));
  ASSERT_DONE(Settle("UNKNOWN_UNIT", v1::Finding::ANSWERED, "市教育局"));
  ASSERT_DONE(Settle("OPEN_UNIT", v1::Finding::DISMISSED));
  ASSERT_DONE(Settle("NO_UNIT", v1::Finding::DISMISSED));
  ASSERT_THAT(Open(), IsEmpty());
  const std::string created = plan_.create_time().ShortDebugString();
  ASSERT_DONE(
      Reimport(StrCat("2024年工作要点\n\n1．新加的一件事。（牵头单位：乙局；完成时限：常态化开展）\n2．做好第一件事。",
                      row, "3．做好第二件事。（责任单位：相关单位；完成时限：常态化开展）\n")));
  EXPECT_EQ(plan_.tasks_size(), 3);
  EXPECT_THAT(Units(1), ElementsAre("市教育局/LEAD"));
  EXPECT_THAT(Open(), ElementsAre("UNKNOWN_UNIT:body-1:乙局"));
  EXPECT_EQ(plan_.create_time().ShortDebugString(), created);
  EXPECT_EQ(plan_.source_name(), "plan2.txt");
  for (const v1::Finding& finding : plan_.findings()) {
    EXPECT_EQ(finding.settled_by(), IsOpen(finding) ? "" : "李明") << finding.code();
  }
  // And those answers can be taken back, too.
  ASSERT_DONE(Reopen({[&] {
    for (const v1::Finding& finding : plan_.findings()) {
      if (finding.subject() == "甲局") return finding.finding_id();
    }
    return std::string();
  }()}));
  EXPECT_THAT(Units(1), ElementsAre("甲局/LEAD"));
}

TEST_F(DeskTest, AnAnswerThatLeadsNowhereAnyMoreIsAskedAgain) {
  city_.Load("编号,名称,类别\nlate,市新局,部门\n");
  const std::string text = "2024年工作要点\n\n1．做好一件事。（牵头单位：甲局；完成时限：常态化开展）\n";
  ASSERT_DONE(Import(text));
  ASSERT_DONE(Settle("UNKNOWN_UNIT", v1::Finding::ANSWERED, "市新局"));
  v1::DeleteUnitRequest remove;
  remove.set_name("units/late");
  v1::DeleteUnitResponse removed;
  ASSERT_DONE(city_.Call(city_.directory(), &DirectoryCore::DeleteUnit, remove, &removed));
  ASSERT_DONE(Reimport(text));
  EXPECT_THAT(Open(), ElementsAre("UNKNOWN_UNIT:body-1:甲局"));
}

TEST_F(DeskTest, ADocumentWithoutATaskIsRefusedUnlessAPersonWantsTheDraft) {
  const std::string letter = "关于召开会议的通知\n请各位参加。\n";
  const absl::Status refused = Import(letter);
  EXPECT_EQ(ReasonOf(refused), v1::UNREADABLE_DOCUMENT);
  EXPECT_THAT(ChineseMessage(refused), HasSubstr("plan.txt"));
  EXPECT_THAT(ChineseMessage(refused), HasSubstr("也可以保留为没有任务的草稿，"));
  EXPECT_EQ(MetadataOf(refused)["cause"], "NO_TASK");
  v1::ImportPlanRequest request;
  request.set_plan_id("p");
  request.set_source_name("plan.txt");
  request.set_content(letter);
  request.set_keep_without_tasks(true);
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::ImportPlan, request, &plan_));
  EXPECT_EQ(plan_.tasks_size(), 0);
  const absl::Status anew = Reimport(letter);
  EXPECT_EQ(ReasonOf(anew), v1::UNREADABLE_DOCUMENT);
  EXPECT_THAT(ChineseMessage(anew), HasSubstr("原草稿未作改动")) << "it stays as it is, whatever a person wants";
  EXPECT_EQ(MetadataOf(anew)["cause"], "");
  Edit add;
  *add.mutable_add_task()->mutable_task() = Task("甲", {{"市教育局", R::LEAD}});
  ASSERT_DONE(EditPlan({add}));
  EXPECT_THAT(Open(), IsEmpty());
}

// Rows run together, where nothing says which of three units leads: as tests/samples/livelihood_run_on.txt.
constexpr char kUnsureRows[] =
    "2024年石桥区民生实事项目责任分解表序号项目名称建设内容分管领导牵头单位配合单位完成时限1老年食堂建设新建社区老年食"
    "堂6"
    "家，助餐点12个。何海平区民政局各街道10月底2停车便民行动新增公共停车泊位1500个，改造老旧停车场3处。张菁区城管局区公"
    "安"
    "分局区住建局11月底3文体惠民开放学校操场8所，举办群众演出40场。芮春祥区文旅局区教育局各街道12月底\n";

TEST_F(DeskTest, SettlingOneRowOfTwoReadingsSettlesItsLikeEachByItsOwnProposal) {
  ASSERT_DONE(Import(kUnsureRows));
  std::vector<v1::Finding> unsure;
  for (const v1::Finding& finding : plan_.findings()) {
    if (finding.code() == kReadingUnsure) unsure.push_back(finding);
  }
  ASSERT_THAT(unsure, SizeIs(2));
  ASSERT_NE(unsure[0].proposal(), unsure[1].proposal());
  const std::vector<std::string> second = Units(1), third = Units(2);
  // What the command line sends for `--finding=f-N --alike --accept`: the code of that finding.
  ASSERT_DONE(Settle(kReadingUnsure, v1::Finding::ACCEPTED));
  const auto none_open = [&] {
    return std::none_of(plan_.findings().begin(), plan_.findings().end(),
                        [](const v1::Finding& finding) { return finding.code() == kReadingUnsure && IsOpen(finding); });
  };
  EXPECT_TRUE(none_open()) << "no like of it is left";
  EXPECT_THAT(Units(0), ElementsAre("区民政局/LEAD", "各街道/COOPERATE")) << "a row that is sure stays";
  EXPECT_THAT(Units(1), ElementsAre("区城管局/LEAD", "区公安分局/LEAD", "区住建局/COOPERATE"));
  EXPECT_THAT(Units(2), ElementsAre("区文旅局/LEAD", "区教育局/LEAD", "各街道/COOPERATE"));
  // Taken back, all are as they were read; as printed, they stay so.
  ASSERT_DONE(Reopen({unsure[0].finding_id(), unsure[1].finding_id()}));
  EXPECT_EQ(Units(1), second);
  EXPECT_EQ(Units(2), third);
  ASSERT_DONE(Settle(kReadingUnsure, v1::Finding::DISMISSED));
  EXPECT_TRUE(none_open());
  EXPECT_EQ(Units(1), second);
}

}  // namespace
}  // namespace duban
