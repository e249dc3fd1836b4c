// A plan's life: drafts, findings and answers, publishing, withdrawing, what comes from above and goes below.

#include "services/plan/plan_core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/store/keys.h"
#include "services/plan/directory/directory_lines.h"
#include "services/plan/draft.h"
#include "services/plan/judge.h"
#include "services/plan/plan_store.h"
#include "services/plan/reader/findings.h"
#include "tests/support/plan_node.h"
#include "tests/support/tree.h"
#include "tests/support/work_ratio.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kLinearGrowth;
using testing::PlanNode;
using ::testing::SizeIs;
using testing::WorkRatio;
using R = v1::Responsibility;

constexpr char kDirectory[] =
    "编号,名称,类别,上级,节点,成员\n"
    "gov,市政府,政府,,,\n"
    "edu,市教育局,部门,市政府,,\n"
    "finance,市财政局,部门,市政府,,\n"
    "health,市卫生健康委,部门,市政府,,\n"
    "east,东区政府,政府,市政府,district,\n"
    "west,西区政府,政府,市政府,west,\n"
    "zone,高新区管委会,机构,市政府,,\n"
    "counties,各区政府,集合,,,东区政府、西区政府@2024-01-01~2024-06-01\n";

// The reason and message of a failure, for a test's output.
#define ASSERT_DONE(expression)                                   \
  do {                                                            \
    const absl::Status done = (expression);                       \
    ASSERT_TRUE(done.ok()) << done << "\n" << MetadataText(done); \
  } while (false)

std::string MetadataText(const absl::Status& status) {
  std::string text;
  for (const auto& [key, value] : MetadataOf(status)) text += key + "=" + value + " ";
  return text;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

v1::Task* AddTask(v1::CreatePlanRequest& request, const std::string& text,
                  const std::vector<std::pair<std::string, R::Role>>& units) {
  v1::Task* task = request.mutable_plan()->add_tasks();
  task->set_text(text);
  for (const auto& [unit, role] : units) {
    auto* responsibility = task->add_responsibilities();
    responsibility->set_unit(unit);
    responsibility->set_role(role);
  }
  return task;
}

std::vector<std::string> OpenCodes(const v1::Plan& plan) {
  std::vector<std::string> codes;
  for (const v1::Finding& finding : plan.findings()) {
    if (IsOpen(finding)) codes.push_back(finding.code() + ":" + finding.task() + ":" + finding.subject());
  }
  return codes;
}

std::vector<std::string> Addressees(const v1::Task& task) {
  std::vector<std::string> out;
  for (const R& responsibility : task.responsibilities()) {
    out.push_back(responsibility.resolved() + "/" + R::Role_Name(responsibility.role()));
  }
  return out;
}

class PlanCoreTest : public ::testing::Test {
 protected:
  PlanCoreTest() { city_.Load(kDirectory); }

  absl::Status Create(v1::CreatePlanRequest request, const std::string& id = "p") {
    request.set_plan_id(id);
    if (request.plan().title().empty()) request.mutable_plan()->set_title("2024年工作要点");
    if (request.plan().year() == 0) request.mutable_plan()->set_year(2024);
    // Deadlines are another test's.
    for (v1::Task& task : *request.mutable_plan()->mutable_tasks()) {
      if (!task.has_deadline()) task.mutable_deadline()->set_kind(v1::Deadline::STANDING);
    }
    return city_.Call(city_.plans(), &PlanCore::CreatePlan, request, &plan_);
  }
  // A draft whose tasks are each for one unit.
  absl::Status CreateFor(const std::vector<std::string>& units, const std::string& id = "p") {
    v1::CreatePlanRequest request;
    for (const std::string& unit : units) AddTask(request, "为" + unit + "做一件事", {{unit, R::LEAD}});
    return Create(request, id);
  }
  absl::Status Get(const std::string& id = "p") {
    v1::GetPlanRequest request;
    request.set_name("plans/" + id);
    return city_.Call(city_.plans(), &PlanCore::GetPlan, request, &plan_);
  }
  absl::Status Settle(const std::string& finding, v1::Finding::Settlement settlement, const std::string& answer = "") {
    v1::SettleFindingsRequest request;
    request.set_name(plan_.name());
    request.set_settled_by("李明");
    auto* added = request.add_answers();
    finding.starts_with("f-") ? added->set_finding_id(finding) : added->set_code(finding);
    added->set_settlement(settlement);
    added->set_answer(answer);
    return city_.Call(city_.plans(), &PlanCore::SettleFindings, request, &plan_);
  }
  absl::Status Publish(const std::string& id = "p", const std::string& issuer = "units/gov") {
    return PublishAt(city_, id, issuer, &plan_);
  }
  static absl::Status PublishAt(PlanNode& node, const std::string& id, const std::string& issuer, v1::Plan* plan) {
    v1::PublishPlanRequest request;
    request.set_name("plans/" + id);
    request.set_issuer(issuer);
    return node.Call(node.plans(), &PlanCore::PublishPlan, request, plan);
  }
  static bool Knows(PlanNode& node, const std::string& id) {
    return node.store()->TakeSnapshot()->Get<v1::Plan>("plans/" + id)->has_value();
  }

  PlanNode city_{"city"};
  v1::Plan plan_;
};

// A client that knows an entry by its name in the directory would else be told later that it is in none.
TEST_F(PlanCoreTest, AUnitOfARowIsItsPrintedNameAndTheFieldSaysSo) {
  for (const std::string name : {"units/gov", "groups/streets"}) {
    v1::CreatePlanRequest request;
    AddTask(request, "做一件事", {{"市教育局", R::LEAD}, {name, R::COOPERATE}});
    const absl::Status refused = Create(request);
    EXPECT_EQ(ReasonOf(refused), v1::INVALID_FIELD) << refused;
    EXPECT_THAT(refused.ToString(), HasSubstr("plan.tasks[0].responsibilities[1].unit"));
    EXPECT_THAT(refused.ToString(), HasSubstr("full name as printed"));
  }
  EXPECT_FALSE(Knows(city_, "p"));
}

TEST_F(PlanCoreTest, RowsAreCompletedNamedAndResolved) {
  v1::CreatePlanRequest request;
  AddTask(request, "甲", {{"市教育局", R::LEAD}, {"各区政府", R::COOPERATE}})
      ->mutable_deadline()
      ->set_printed("9月底前");
  AddTask(request, "乙", {{"市财政局", R::RESPONSIBLE}})->set_table("附件1");
  ASSERT_DONE(Create(request));
  EXPECT_EQ(plan_.name(), "plans/p");
  EXPECT_EQ(plan_.state(), v1::Plan::DRAFT);
  EXPECT_EQ(plan_.owner_node(), "city");
  EXPECT_EQ(plan_.tasks(0).name(), "plans/p/tasks/body-1");
  EXPECT_EQ(plan_.tasks(0).deadline().kind(), v1::Deadline::BY_DATE);
  EXPECT_EQ(plan_.tasks(0).deadline().due(), "2024-09-30");
  EXPECT_THAT(Addressees(plan_.tasks(0)), ElementsAre("units/edu/LEAD", "groups/counties/COOPERATE"));
  EXPECT_TRUE(plan_.tasks(0).responsibilities(1).collective());
  EXPECT_EQ(plan_.tasks(1).number(), 1);
  EXPECT_THAT(OpenCodes(plan_), IsEmpty());
}

TEST_F(PlanCoreTest, ADraftIsListedForTheUnitThatDrewItUpUntilItIsPublished) {
  for (const char* id : {"edu", "finance", "nobody"}) {
    v1::CreatePlanRequest request;
    if (std::string(id) != "nobody") request.set_unit(std::string("units/") + id);
    AddTask(request, "甲", {{"市教育局", R::LEAD}});
    ASSERT_DONE(Create(request, id));
    EXPECT_EQ(plan_.drafter(), request.unit());
  }
  const auto listed = [&](const std::string& viewer) {
    v1::ListPlansRequest request;
    request.set_viewer(viewer);
    v1::ListPlansResponse page;
    EXPECT_TRUE(city_.Call(city_.plans(), &PlanCore::ListPlans, request, &page).ok());
    std::set<std::string> names;
    for (const v1::Plan& plan : page.plans()) names.insert(plan.name());
    return names;
  };
  EXPECT_THAT(listed("units/edu"), ElementsAre("plans/edu", "plans/nobody"));
  EXPECT_THAT(listed(""), ElementsAre("plans/edu", "plans/finance", "plans/nobody"));
  ASSERT_DONE(Publish("finance"));
  EXPECT_EQ(plan_.drafter(), "units/finance");
  EXPECT_THAT(listed("units/edu"), ElementsAre("plans/edu", "plans/finance", "plans/nobody"));
}

TEST_F(PlanCoreTest, ARepeatedRequestShowsThePlanAsItIsNow) {
  v1::CreatePlanRequest create;
  create.set_request_id("create");
  AddTask(create, std::string(5000, 'x'), {{"市教育局", R::LEAD}});
  ASSERT_DONE(Create(create));
  v1::UpdatePlanRequest update;
  update.mutable_plan()->set_name("plans/p");
  update.mutable_plan()->set_title("另一个标题");
  update.mutable_update_mask()->add_paths("title");
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::UpdatePlan, update, &plan_));
  const std::string etag = plan_.etag();
  ASSERT_DONE(Create(create));
  EXPECT_EQ(plan_.title(), "另一个标题");
  EXPECT_EQ(plan_.etag(), etag);
}

TEST_F(PlanCoreTest, ARepeatedImportIsAnsweredBeforeItsDocumentIsRead) {
  v1::ImportPlanRequest request;
  request.set_request_id("import");
  request.set_source_name("plan.txt");
  request.set_content("2024年重点任务\n1.办好一件事。（责任单位：市教育局）\n");
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::ImportPlan, request, &plan_));
  const std::string name = plan_.name();
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::ImportPlan, request, &plan_));
  EXPECT_EQ(plan_.name(), name);
  // What cannot be read is not even looked at where its id says that it is another request.
  request.set_content(std::string("\0\1\2", 3));
  v1::Plan other;
  EXPECT_EQ(ReasonOf(city_.Call(city_.plans(), &PlanCore::ImportPlan, request, &other)), v1::REQUEST_ID_REUSED);
  v1::ImportDirectoryRequest directory;
  directory.set_request_id("directory");
  directory.set_content("编号,名称,类别,上级,节点,成员\nnew,新局,部门,市政府,,\n");
  v1::ImportDirectoryResponse imported;
  ASSERT_DONE(city_.Call(city_.directory(), &DirectoryCore::ImportDirectory, directory, &imported));
  directory.set_content("no table");
  EXPECT_EQ(ReasonOf(city_.Call(city_.directory(), &DirectoryCore::ImportDirectory, directory, &imported)),
            v1::REQUEST_ID_REUSED);
}

TEST_F(PlanCoreTest, ATaskWithoutUnitsAndAnUnknownNameAreFindingsThatBlock) {
  v1::CreatePlanRequest request;
  AddTask(request, "甲", {{"市教育居", R::LEAD}});
  AddTask(request, "乙", {});
  AddTask(request, "丙", {{"市教育居", R::RESPONSIBLE}});
  ASSERT_DONE(Create(request));
  // One finding a name, however often it stands in the plan.
  EXPECT_THAT(OpenCodes(plan_), ElementsAre("UNKNOWN_UNIT:body-1:市教育居", "NO_UNIT:body-2:"));
  EXPECT_EQ(plan_.findings(0).proposal(), "市教育局");
  EXPECT_EQ(ReasonOf(Publish()), v1::FINDINGS_OPEN);
}

TEST_F(PlanCoreTest, AnAcceptedNameIsPutEverywhereInThisPlan) {
  v1::CreatePlanRequest request;
  AddTask(request, "甲", {{"市教育居", R::LEAD}});
  AddTask(request, "丙", {{"市教育居", R::RESPONSIBLE}});
  ASSERT_DONE(Create(request));
  ASSERT_DONE(Settle("UNKNOWN_UNIT", v1::Finding::ACCEPTED));
  EXPECT_THAT(OpenCodes(plan_), IsEmpty());
  EXPECT_EQ(plan_.findings(0).settled_by(), "李明");
  EXPECT_THAT(Addressees(plan_.tasks(0)), ElementsAre("units/edu/LEAD"));
  EXPECT_THAT(Addressees(plan_.tasks(1)), ElementsAre("units/edu/RESPONSIBLE"));
  EXPECT_EQ(plan_.tasks(0).responsibilities(0).printed(), "市教育居");
}

TEST_F(PlanCoreTest, AnAnswerCanReplaceOneNameBySeveral) {
  ASSERT_DONE(CreateFor({"教育财政两局"}));
  ASSERT_DONE(Settle("f-1", v1::Finding::ANSWERED, "市教育局、市财政局"));
  EXPECT_THAT(Addressees(plan_.tasks(0)), ElementsAre("units/edu/LEAD", "units/finance/LEAD"));
  // Two units are no alias.
  ASSERT_DONE(CreateFor({"教育财政两局"}, "next"));
  EXPECT_THAT(OpenCodes(plan_), SizeIs(1));
}

TEST_F(PlanCoreTest, ADismissedNameStandsAsPrintedAndAssignsNobody) {
  v1::CreatePlanRequest request;
  AddTask(request, "甲", {{"市教育局", R::LEAD}, {"有关专家", R::COOPERATE}});
  ASSERT_DONE(Create(request));
  ASSERT_DONE(Settle("f-1", v1::Finding::DISMISSED));
  EXPECT_TRUE(plan_.tasks(0).responsibilities(1).open());
  ASSERT_DONE(Publish());
  EXPECT_THAT(Addressees(plan_.tasks(0)), ElementsAre("units/edu/LEAD", "/COOPERATE"));
}

TEST_F(PlanCoreTest, MissingUnitsAreAnsweredWithTheirRoles) {
  v1::CreatePlanRequest request;
  AddTask(request, "甲", {});
  ASSERT_DONE(Create(request));
  ASSERT_DONE(Settle("f-1", v1::Finding::ANSWERED, "市教育局牵头，市财政局配合"));
  EXPECT_THAT(Addressees(plan_.tasks(0)), ElementsAre("units/edu/LEAD", "units/finance/COOPERATE"));
  EXPECT_THAT(OpenCodes(plan_), IsEmpty());
}

TEST_F(PlanCoreTest, UnitsThatOnlyHelpAnswerForNothingInADocumentOrInRows) {
  v1::ImportPlanRequest import;
  import.set_plan_id("read");
  import.set_source_name("p.txt");
  import.set_content("2024年工作要点\n\n1．做好一件事。（配合单位：市教育局、市财政局；完成时限：常态化开展）\n");
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::ImportPlan, import, &plan_));
  ASSERT_THAT(Addressees(plan_.tasks(0)), ElementsAre("units/edu/COOPERATE", "units/finance/COOPERATE"));
  EXPECT_THAT(OpenCodes(plan_), ElementsAre("NO_UNIT:body-1:"));
  EXPECT_EQ(ReasonOf(Publish("read")), v1::FINDINGS_OPEN);
  ASSERT_DONE(Get("read"));
  ASSERT_DONE(Settle("NO_UNIT", v1::Finding::ANSWERED, "市教育局、市财政局配合"));
  EXPECT_THAT(OpenCodes(plan_), ElementsAre("NO_UNIT:body-1:")) << "the answer names nobody who answers either";
  ASSERT_DONE(Settle("NO_UNIT", v1::Finding::ANSWERED, "市政府负责，市教育局、市财政局配合"));
  ASSERT_DONE(Publish("read"));

  v1::CreatePlanRequest request;
  AddTask(request, "甲", {{"市教育局", R::COOPERATE}});
  ASSERT_DONE(Create(request));
  EXPECT_THAT(OpenCodes(plan_), ElementsAre("NO_UNIT:body-1:"));
  EXPECT_EQ(ReasonOf(Publish()), v1::FINDINGS_OPEN);
  ASSERT_DONE(Get());
  ASSERT_DONE(Settle("NO_UNIT", v1::Finding::DISMISSED));
  ASSERT_DONE(Publish());
}

TEST_F(PlanCoreTest, WordsThatLeaveOpenWhoIsMeantAreAskedAboutOnce) {
  v1::CreatePlanRequest request;
  AddTask(request, "甲", {{"相关单位", R::RESPONSIBLE}, {"市教育局", R::COOPERATE}})
      ->mutable_responsibilities(0)
      ->set_open(true);
  ASSERT_DONE(Create(request));
  EXPECT_THAT(OpenCodes(plan_), ElementsAre("NO_UNIT:body-1:"));
  EXPECT_EQ(ReasonOf(Publish()), v1::FINDINGS_OPEN);
  // The reader asks about the words themselves; whoever let them stand is not asked again.
  v1::ImportPlanRequest import;
  import.set_plan_id("read");
  import.set_source_name("p.txt");
  import.set_content("2024年工作要点\n\n1．做好一件事。（责任单位：相关单位；完成时限：常态化开展）\n");
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::ImportPlan, import, &plan_));
  EXPECT_THAT(OpenCodes(plan_), ElementsAre("OPEN_UNIT:body-1:相关单位"));
  ASSERT_DONE(Settle("OPEN_UNIT", v1::Finding::DISMISSED));
  // Letting the words stand leaves the task to nobody, and that is for a person to say, too.
  EXPECT_THAT(OpenCodes(plan_), ElementsAre("NO_UNIT:body-1:"));
  EXPECT_EQ(ReasonOf(Publish("read")), v1::FINDINGS_OPEN);
  ASSERT_DONE(Get("read"));
  ASSERT_DONE(Settle("NO_UNIT", v1::Finding::DISMISSED));
  ASSERT_DONE(Publish("read"));
}

TEST_F(PlanCoreTest, ADeadlineIsAnsweredInWordsOrAsADate) {
  v1::CreatePlanRequest request;
  AddTask(request, "甲", {{"市教育局", R::LEAD}})->mutable_deadline()->set_printed("尽早尽快");
  AddTask(request, "乙", {{"市教育局", R::LEAD}})->mutable_deadline()->set_printed("适时适度");
  ASSERT_DONE(Create(request));
  EXPECT_THAT(OpenCodes(plan_),
              ElementsAre("DEADLINE_NOT_UNDERSTOOD:body-1:尽早尽快", "DEADLINE_NOT_UNDERSTOOD:body-2:适时适度"));
  EXPECT_EQ(ReasonOf(Settle("f-1", v1::Finding::ANSWERED, "看情况")), v1::INVALID_FIELD);
  ASSERT_DONE(Get());
  ASSERT_DONE(Settle("f-1", v1::Finding::ANSWERED, "9月底前"));
  ASSERT_DONE(Settle("f-2", v1::Finding::ANSWERED, "2024-05-17"));
  EXPECT_EQ(plan_.tasks(0).deadline().due(), "2024-09-30");
  EXPECT_EQ(plan_.tasks(0).deadline().printed(), "尽早尽快");
  EXPECT_EQ(plan_.tasks(1).deadline().due(), "2024-05-17");
  EXPECT_THAT(OpenCodes(plan_), IsEmpty());
}

TEST_F(PlanCoreTest, AnEditedTaskIsJudgedAnew) {
  v1::CreatePlanRequest request;
  AddTask(request, "甲", {{"不存在局", R::LEAD}});
  AddTask(request, "乙", {});
  ASSERT_DONE(Create(request));
  v1::UpdateTaskRequest update;
  update.mutable_task()->set_name("plans/p/tasks/body-1");
  auto* responsibility = update.mutable_task()->add_responsibilities();
  responsibility->set_unit("市财政局");
  responsibility->set_role(R::LEAD);
  update.mutable_update_mask()->add_paths("responsibilities");
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::UpdateTask, update, &plan_));
  EXPECT_THAT(OpenCodes(plan_), ElementsAre("NO_UNIT:body-2:"));
  EXPECT_EQ(plan_.tasks(0).text(), "甲") << "not in the mask";
  update.mutable_task()->set_name("plans/p/tasks/body-2");
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::UpdateTask, update, &plan_));
  EXPECT_THAT(OpenCodes(plan_), IsEmpty());
  update.mutable_task()->clear_responsibilities();
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::UpdateTask, update, &plan_));
  EXPECT_THAT(plan_.tasks(1).responsibilities(), IsEmpty());
  EXPECT_EQ(ReasonOf(Publish()), v1::FINDINGS_OPEN);
}

TEST_F(PlanCoreTest, AnotherYearMovesTheDeadlinesThatWereRead) {
  v1::CreatePlanRequest request;
  AddTask(request, "甲", {{"市教育局", R::LEAD}})->mutable_deadline()->set_printed("9月底前");
  auto* fixed = AddTask(request, "乙", {{"市教育局", R::LEAD}})->mutable_deadline();
  fixed->set_printed("9月底前");
  fixed->set_kind(v1::Deadline::BY_DATE);
  fixed->set_due("2024-10-08");
  ASSERT_DONE(Create(request));
  v1::UpdatePlanRequest update;
  update.mutable_plan()->set_name("plans/p");
  update.mutable_plan()->set_year(2025);
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::UpdatePlan, update, &plan_));
  EXPECT_EQ(plan_.tasks(0).deadline().due(), "2025-09-30");
  EXPECT_EQ(plan_.tasks(1).deadline().due(), "2024-10-08");
  EXPECT_EQ(plan_.title(), "2024年工作要点");
}

TEST_F(PlanCoreTest, ADraftIsJudgedAgainstTheDirectoryOfTheMoment) {
  ASSERT_DONE(CreateFor({"市体育局"}));
  EXPECT_THAT(OpenCodes(plan_), SizeIs(1));
  city_.Load("编号,名称,类别\nsport,市体育局,部门\n");
  ASSERT_DONE(Get());
  EXPECT_THAT(OpenCodes(plan_), IsEmpty());
  EXPECT_THAT(Addressees(plan_.tasks(0)), ElementsAre("units/sport/LEAD"));
  ASSERT_DONE(Publish());
}

TEST_F(PlanCoreTest, ADraftIsJudgedAgainstTheUnitsOfTheDay) {
  city_.Load("编号,名称,类别,停用日期\nold,市旧局,部门,2024-05-01\n");
  ASSERT_DONE(CreateFor({"市旧局"}));
  EXPECT_THAT(OpenCodes(plan_), IsEmpty());
  city_.clock().AdvanceTo(TimeAt(absl::CivilDay(2024, 5, 1), 0));
  ASSERT_DONE(Get());
  EXPECT_THAT(OpenCodes(plan_), ElementsAre("UNKNOWN_UNIT:body-1:市旧局"));
  EXPECT_EQ(ReasonOf(Publish()), v1::FINDINGS_OPEN);
}

TEST_F(PlanCoreTest, WhatWasPreparedHoldsWhileNothingItWasMadeOfChanged) {
  ASSERT_DONE(CreateFor({"市教育局"}));
  const absl::CivilDay day(2024, 3, 4);
  const auto prepare = [&] {
    const auto snapshot = city_.store()->TakeSnapshot();
    const PlanReader reader{*snapshot, day};
    PreparedPlan prepared = ReadForChange(reader, "plans/p").value();
    EXPECT_TRUE(JudgeIfStale(reader, &prepared).ok());
    return prepared;
  };
  const auto holds = [&](const PreparedPlan& prepared) {
    return StillHolds(*city_.store()->TakeSnapshot(), prepared).value();
  };
  const PreparedPlan first = prepare();
  EXPECT_TRUE(holds(first));
  v1::UpdatePlanRequest update;
  update.mutable_plan()->set_name("plans/p");
  update.mutable_plan()->set_title("新标题");
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::UpdatePlan, update, &plan_));
  EXPECT_FALSE(holds(first)) << "the plan changed";
  const PreparedPlan second = prepare();
  EXPECT_TRUE(holds(second));
  city_.Load("编号,名称,类别\nsport,市体育局,部门\n");
  EXPECT_FALSE(holds(second)) << "the directory changed";
}

TEST_F(PlanCoreTest, TwiceTheFindingsAreNoMoreThanTwiceTheWork) {
  int plans = 0;
  const auto create = [&](int tasks, const std::string& unit) {
    v1::CreatePlanRequest request;
    for (int i = 0; i < tasks; ++i) {
      v1::Task* task = AddTask(request, "做事", {});
      if (unit.empty()) continue;
      task->add_responsibilities()->set_unit(unit + std::to_string(i));
      task->mutable_responsibilities(0)->set_role(R::LEAD);
    }
    EXPECT_TRUE(Create(request, "p" + std::to_string(++plans)).ok());
  };
  EXPECT_LE(WorkRatio([&] { create(1000, ""); }, [&] { create(2000, ""); }, kLinearGrowth), kLinearGrowth);
  const auto settle = [&](int tasks) {
    create(tasks, "不存在的第");
    ASSERT_THAT(OpenCodes(plan_), SizeIs(tasks));
    ASSERT_DONE(Settle("UNKNOWN_UNIT", v1::Finding::DISMISSED));
    ASSERT_THAT(OpenCodes(plan_), SizeIs(tasks)) << "nobody answers for the tasks now";
    ASSERT_DONE(Settle("NO_UNIT", v1::Finding::DISMISSED));
    EXPECT_THAT(OpenCodes(plan_), IsEmpty());
  };
  EXPECT_LE(WorkRatio([&] { settle(300); }, [&] { settle(600); }, kLinearGrowth), kLinearGrowth);
}

TEST_F(PlanCoreTest, PublishingAppliesTheRulesOfTheDocument) {
  v1::CreatePlanRequest request;
  AddTask(request, "甲", {{"市教育局", R::LEAD}});
  AddTask(request, "乙", {{"市财政局", R::LEAD}});
  AddTask(request, "丙", {{"各区政府", R::RESPONSIBLE}});
  auto* add = request.mutable_plan()->add_plan_rules();
  add->set_kind(v1::PlanRule::ADD_UNIT);
  add->set_unit("各区政府");
  add->set_role(R::RESPONSIBLE);
  add->set_from_task("body-2");
  auto* include = request.mutable_plan()->add_plan_rules();
  include->set_kind(v1::PlanRule::INCLUDE_UNIT);
  include->set_subject("各区政府");
  include->set_unit("高新区管委会");
  include->set_from_task("body-1");
  AddTask(request, "丁", {{"市财政局", R::LEAD}})->set_table("附件1");
  AddTask(request, "戊", {{"各区政府", R::LEAD}})->set_table("附件1");
  ASSERT_DONE(Create(request));
  EXPECT_THAT(Addressees(plan_.tasks(1)), ElementsAre("units/finance/LEAD")) << "only at publishing";
  ASSERT_DONE(Publish());
  EXPECT_THAT(Addressees(plan_.tasks(0)), ElementsAre("units/edu/LEAD"));
  EXPECT_THAT(Addressees(plan_.tasks(1)),
              ElementsAre("units/finance/LEAD", "groups/counties/RESPONSIBLE", "units/zone/RESPONSIBLE"));
  EXPECT_THAT(Addressees(plan_.tasks(2)), ElementsAre("groups/counties/RESPONSIBLE", "units/zone/RESPONSIBLE"));
  EXPECT_THAT(Addressees(plan_.tasks(3)), ElementsAre("units/finance/LEAD")) << "an annex prints its own units";
  EXPECT_THAT(Addressees(plan_.tasks(4)), ElementsAre("groups/counties/LEAD", "units/zone/LEAD"));
}

// What an order may trust of every published revision.
void ExpectComplete(const v1::Plan& plan) {
  for (const v1::Task& task : plan.tasks()) {
    std::set<std::string> entries;
    for (const R& entry : task.responsibilities()) {
      EXPECT_NE(entry.role(), R::ROLE_UNSPECIFIED) << entry.ShortDebugString();
      EXPECT_NE(entry.open(), !entry.resolved().empty()) << entry.ShortDebugString();
      const bool once = entry.open() || entries.insert(entry.resolved()).second;
      EXPECT_TRUE(once) << entry.ShortDebugString();
    }
  }
}

std::vector<std::string> ByRule(const v1::Task& task) {
  std::vector<std::string> out;
  for (const R& entry : task.responsibilities()) out.push_back(entry.printed() + "/" + std::to_string(entry.by_rule()));
  return out;
}

TEST_F(PlanCoreTest, ARuleStrengthensTheRoleOfAUnitThatStandsInTheTaskAlready) {
  city_.Load("编号,名称,类别,别名\nfinance,市财政局,部门,财政局\n");
  v1::CreatePlanRequest request;
  AddTask(request, "甲", {{"市教育局", R::COOPERATE}, {"市卫生健康委", R::LEAD}, {"财政局", R::COOPERATE}});
  AddTask(request, "乙", {{"财政局", R::LEAD}, {"市财政局", R::RESPONSIBLE}});
  auto* add = request.mutable_plan()->add_plan_rules();
  add->set_kind(v1::PlanRule::NOTE);
  for (const char* unit : {"市教育局", "市　财政局"}) {
    add = request.mutable_plan()->add_plan_rules();
    add->set_kind(v1::PlanRule::ADD_UNIT);
    add->set_unit(unit);
  }
  add->set_role(R::LEAD);
  ASSERT_DONE(Create(request));
  ASSERT_DONE(Publish());
  ExpectComplete(plan_);
  // Another spelling is the same unit, and a rule without a role makes nobody weaker.
  EXPECT_THAT(Addressees(plan_.tasks(0)),
              ElementsAre("units/edu/RESPONSIBLE", "units/health/LEAD", "units/finance/LEAD"));
  EXPECT_THAT(ByRule(plan_.tasks(0)), ElementsAre("市教育局/2", "市卫生健康委/0", "财政局/3"));
  EXPECT_THAT(Addressees(plan_.tasks(1)), ElementsAre("units/finance/LEAD", "units/edu/RESPONSIBLE"));
  EXPECT_THAT(ByRule(plan_.tasks(1)), ElementsAre("财政局/0", "市教育局/2"));
}

TEST_F(PlanCoreTest, WhatANameIncludesStandsRightBehindItInItsRole) {
  v1::CreatePlanRequest request;
  AddTask(request, "甲", {{"各区政府", R::LEAD}, {"高新区管委会", R::COOPERATE}, {"市财政局", R::COOPERATE}});
  AddTask(request, "乙", {{"市教育局", R::LEAD}});
  auto* include = request.mutable_plan()->add_plan_rules();
  include->set_kind(v1::PlanRule::INCLUDE_UNIT);
  include->set_subject("各 区政府");
  include->set_unit("高新区管委会");
  auto* add = request.mutable_plan()->add_plan_rules();
  add->set_kind(v1::PlanRule::ADD_UNIT);
  add->set_unit("各区政府");
  add->set_role(R::COOPERATE);
  ASSERT_DONE(Create(request));
  ASSERT_DONE(Publish());
  ExpectComplete(plan_);
  EXPECT_THAT(Addressees(plan_.tasks(0)),
              ElementsAre("groups/counties/LEAD", "units/zone/LEAD", "units/finance/COOPERATE"));
  EXPECT_THAT(ByRule(plan_.tasks(0)), ElementsAre("各区政府/0", "高新区管委会/1", "市财政局/0"));
  EXPECT_THAT(Addressees(plan_.tasks(1)),
              ElementsAre("units/edu/LEAD", "groups/counties/COOPERATE", "units/zone/COOPERATE"))
      << "a name that a rule adds includes the same";
  EXPECT_THAT(ByRule(plan_.tasks(1)), ElementsAre("市教育局/0", "各区政府/2", "高新区管委会/1"));
}

TEST_F(PlanCoreTest, WordsThatLeaveOpenWhoIsMeantStandInThePublishedTask) {
  v1::ImportPlanRequest import;
  import.set_plan_id("p");
  import.set_source_name("p.txt");
  import.set_content(
      "2024年工作要点\n\n1．做好一件事。（牵头单位：市教育局；配合单位：相关部门、有关单位；完成时限：常态化开展）\n");
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::ImportPlan, import, &plan_));
  ASSERT_DONE(Settle("OPEN_UNIT", v1::Finding::DISMISSED));
  ASSERT_DONE(Publish());
  ExpectComplete(plan_);
  EXPECT_THAT(Addressees(plan_.tasks(0)), ElementsAre("units/edu/LEAD", "/COOPERATE", "/COOPERATE"));
}

TEST_F(PlanCoreTest, ARepeatedImportIsAnsweredWithoutReadingTheDocumentAgain) {
  v1::ImportPlanRequest request;
  request.set_source_name("p.txt");
  std::string content = "2024年工作要点\n\n";
  for (int i = 1; i <= 1000; ++i) {
    content += std::to_string(i) + "．做好第" + std::to_string(i) + "件事，按时完成。（责任单位：市教育局）\n";
  }
  request.set_content(content);
  const auto import = [&](const std::string& request_id) {
    request.set_request_id(request_id);
    const absl::Status status = city_.Call(city_.plans(), &PlanCore::ImportPlan, request, &plan_);
    EXPECT_TRUE(status.ok()) << status;
  };
  import("first");
  const v1::Plan answer = plan_;
  int more = 0;
  EXPECT_LE(WorkRatio([&] { import("more-" + std::to_string(++more)); }, [&] { import("first"); }, 0.5), 0.5);
  EXPECT_EQ(plan_.SerializeAsString(), answer.SerializeAsString());
}

TEST_F(PlanCoreTest, OnlyPublishingSaysWhichRulePutAUnitThere) {
  v1::CreatePlanRequest request;
  AddTask(request, "甲", {{"市教育局", R::LEAD}})->mutable_responsibilities(0)->set_by_rule(7);
  ASSERT_DONE(Create(request));
  EXPECT_EQ(plan_.tasks(0).responsibilities(0).by_rule(), 0);
}

TEST_F(PlanCoreTest, ARuleThatCouldBindNothingIsRefused) {
  v1::CreatePlanRequest request;
  AddTask(request, "甲", {{"市教育局", R::LEAD}});
  auto* rule = request.mutable_plan()->add_plan_rules();
  const auto field = [](const absl::Status& status) { return MetadataOf(status)["field"]; };
  EXPECT_EQ(field(Create(request)), "plan.plan_rules[0].kind");
  rule->set_kind(v1::PlanRule::ADD_UNIT);
  EXPECT_EQ(field(Create(request)), "plan.plan_rules[0].unit");
  rule->set_kind(v1::PlanRule::INCLUDE_UNIT);
  rule->set_unit("市财政局");
  EXPECT_EQ(field(Create(request)), "plan.plan_rules[0].subject");
  rule->set_subject("市教育局");
  rule->set_from_task("body-2");
  EXPECT_EQ(field(Create(request)), "plan.plan_rules[0].from_task");
  ASSERT_DONE(CreateFor({"市教育局"}));
  v1::UpdatePlanRequest update;
  update.mutable_plan()->set_name("plans/p");
  *update.mutable_plan()->mutable_plan_rules() = request.plan().plan_rules();
  EXPECT_EQ(field(city_.Call(city_.plans(), &PlanCore::UpdatePlan, update, &plan_)), "plan.plan_rules[0].from_task");
}

TEST_F(PlanCoreTest, ARuleThatNamesAnUnknownUnitBlocks) {
  v1::CreatePlanRequest request;
  AddTask(request, "甲", {{"市教育局", R::LEAD}});
  auto* add = request.mutable_plan()->add_plan_rules();
  add->set_kind(v1::PlanRule::ADD_UNIT);
  add->set_unit("各县政府");
  ASSERT_DONE(Create(request));
  EXPECT_THAT(OpenCodes(plan_), ElementsAre("UNKNOWN_UNIT::各县政府"));
  ASSERT_DONE(Settle("f-1", v1::Finding::ANSWERED, "各区政府"));
  ASSERT_DONE(Publish());
  EXPECT_THAT(Addressees(plan_.tasks(0)), ElementsAre("units/edu/LEAD", "groups/counties/RESPONSIBLE"));
}

TEST_F(PlanCoreTest, AGroupWithoutMembersOnTheDayBlocksUntilAPersonLetsItStand) {
  city_.Load("编号,名称,类别,按类别\nstreets,各街道,集合,市政府:街道\n");
  ASSERT_DONE(CreateFor({"各街道", "各街道"}));
  EXPECT_THAT(OpenCodes(plan_), ElementsAre("EMPTY_GROUP:body-1:各街道"));
  EXPECT_EQ(ReasonOf(Publish()), v1::FINDINGS_OPEN);
  city_.Load("编号,名称,类别,上级\nstreet,一街道,街道,市政府\n");
  ASSERT_DONE(Get());
  EXPECT_THAT(OpenCodes(plan_), IsEmpty());
  city_.Load("编号,名称,类别,上级\nstreet,一街道,街道,\n");
  ASSERT_DONE(Get());
  ASSERT_DONE(Settle("EMPTY_GROUP", v1::Finding::DISMISSED));
  EXPECT_THAT(OpenCodes(plan_), ElementsAre("NO_UNIT:body-1:", "NO_UNIT:body-2:")) << "each task by itself";
  ASSERT_DONE(Settle("NO_UNIT", v1::Finding::DISMISSED));
  ASSERT_DONE(Publish());
}

TEST_F(PlanCoreTest, AUnitThatNoLongerExistsPublishesNothing) {
  city_.Load("编号,名称,类别,停用日期\nold,旧政府,政府,2024-01-01\n");
  ASSERT_DONE(CreateFor({"市教育局"}));
  EXPECT_EQ(ReasonOf(Publish("p", "units/old")), v1::RESOURCE_NOT_FOUND);
}

TEST_F(PlanCoreTest, APlanTooLargeForTheFeedIsRefused) {
  const auto create = [&](int tasks, const std::string& id) {
    std::string text;
    for (int i = 0; i < 20000; ++i) text += "字";
    v1::CreatePlanRequest request;
    for (int i = 0; i < tasks; ++i) AddTask(request, text, {{"市教育局", R::LEAD}});
    return Create(request, id);
  };
  ASSERT_DONE(create(static_cast<int>(kMaxPlanBytes / 60200), "fits"));
  EXPECT_EQ(ReasonOf(create(static_cast<int>(kMaxPlanBytes / 60000) + 1, "large")), v1::INVALID_FIELD);
}

TEST_F(PlanCoreTest, APublishedPlanIsARevisionWithTimeAndDay) {
  ASSERT_DONE(CreateFor({"市教育局"}));
  // 00:30 in Shanghai is still the day before in UTC.
  city_.clock().AdvanceTo(TimeAt(absl::CivilDay(2024, 3, 5), 30));
  ASSERT_DONE(Publish());
  EXPECT_EQ(plan_.state(), v1::Plan::PUBLISHED);
  EXPECT_EQ(plan_.revision(), 1);
  EXPECT_EQ(plan_.issuer(), "units/gov");
  EXPECT_EQ(plan_.publish_date(), "2024-03-05");
  EXPECT_EQ(FromProto(plan_.publish_time()), city_.clock().Now());
}

TEST_F(PlanCoreTest, APlanReachesTheNodesThatHostItsUnitsAndNoOther) {
  PlanNode district("district"), west("west"), other("other");
  ASSERT_DONE(CreateFor({"东区政府"}));
  ASSERT_DONE(district.Follow(city_));
  EXPECT_FALSE(Knows(district, "p")) << "a draft";
  ASSERT_DONE(Publish());
  ASSERT_DONE(district.Follow(city_));
  ASSERT_DONE(west.Follow(city_));
  ASSERT_DONE(other.Follow(city_));
  EXPECT_TRUE(Knows(district, "p"));
  EXPECT_FALSE(Knows(west, "p"));
  EXPECT_FALSE(Knows(other, "p"));
  EXPECT_TRUE(other.store()->TakeSnapshot()->Get<v1::Unit>("units/edu")->has_value()) << "the directory goes to all";
}

TEST_F(PlanCoreTest, GroupsAreExpandedAsOfThePublishingDay) {
  PlanNode west("west"), late("west");
  ASSERT_DONE(CreateFor({"各区政府"}));
  ASSERT_DONE(Publish());
  ASSERT_DONE(west.Follow(city_));
  EXPECT_TRUE(Knows(west, "p")) << "a member until the end of May";
  city_.clock().AdvanceTo(TimeAt(absl::CivilDay(2024, 6, 1), 0));
  ASSERT_DONE(CreateFor({"各区政府"}, "q"));
  ASSERT_DONE(Publish("q"));
  ASSERT_DONE(late.Follow(city_));
  EXPECT_TRUE(Knows(late, "p"));
  EXPECT_FALSE(Knows(late, "q"));
}

TEST_F(PlanCoreTest, TheFindingsOfAPublishedPlanStayWithItsOwner) {
  PlanNode district("district");
  v1::CreatePlanRequest request;
  AddTask(request, "甲", {{"东区政府", R::LEAD}, {"东区改府", R::COOPERATE}});
  ASSERT_DONE(Create(request));
  ASSERT_DONE(Settle("f-1", v1::Finding::ACCEPTED));
  ASSERT_DONE(Publish());
  EXPECT_EQ(plan_.findings_size(), 1);
  ASSERT_DONE(Get());
  ASSERT_EQ(plan_.findings_size(), 1);
  EXPECT_EQ(plan_.findings(0).settled_by(), "李明");
  v1::WithdrawPlanRequest withdraw;
  withdraw.set_name("plans/p");
  withdraw.set_reason("内容有误");
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::WithdrawPlan, withdraw, &plan_));
  ASSERT_DONE(Get());
  EXPECT_EQ(plan_.findings_size(), 1);
  ASSERT_DONE(district.Follow(city_));
  EXPECT_THAT(district.store()->TakeSnapshot()->Need<v1::Plan>("plans/p")->value.findings(), IsEmpty());
}

TEST_F(PlanCoreTest, AWithdrawnPlanIsWithdrawnBelow) {
  PlanNode district("district");
  ASSERT_DONE(CreateFor({"东区政府"}));
  ASSERT_DONE(Publish());
  ASSERT_DONE(district.Follow(city_));
  v1::WithdrawPlanRequest request;
  request.set_name("plans/p");
  request.set_reason("内容有误");
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::WithdrawPlan, request, &plan_));
  ASSERT_DONE(district.Follow(city_));
  const v1::Plan below = district.store()->TakeSnapshot()->Need<v1::Plan>("plans/p")->value;
  EXPECT_EQ(below.state(), v1::Plan::WITHDRAWN);
  EXPECT_EQ(below.withdraw_reason(), "内容有误");
  EXPECT_EQ(below.owner_node(), "city");
}

TEST_F(PlanCoreTest, AUnitThatMovesToAnotherNodeTakesItsPlansAlong) {
  PlanNode district("district"), moved("moved"), below("below");
  ASSERT_DONE(CreateFor({"东区政府"}));
  ASSERT_DONE(Publish());
  v1::UpdateUnitRequest update;
  update.mutable_unit()->set_name("units/east");
  update.mutable_unit()->set_node("moved");
  update.mutable_update_mask()->add_paths("node");
  v1::Unit unit;
  ASSERT_DONE(city_.Call(city_.directory(), &DirectoryCore::UpdateUnit, update, &unit));
  ASSERT_DONE(district.Follow(city_));
  ASSERT_DONE(moved.Follow(city_));
  EXPECT_FALSE(Knows(district, "p"));
  EXPECT_TRUE(Knows(moved, "p"));
  city_.Load("编号,名称,类别,节点\neast,东区政府,政府,below\n");
  ASSERT_DONE(below.Follow(city_));
  ASSERT_DONE(moved.Follow(city_));
  EXPECT_TRUE(Knows(below, "p"));
  EXPECT_FALSE(Knows(moved, "p")) << "it left this node's scope, so it was withdrawn";
}

TEST_F(PlanCoreTest, AudiencesFollowAUnitAfterARestartAndOnlyPlansThatNameItAreRead) {
  PlanNode moved("moved");
  ASSERT_DONE(CreateFor({"各区政府"}));
  ASSERT_DONE(Publish());
  ASSERT_DONE(CreateFor({"市教育局"}, "other"));
  ASSERT_DONE(Publish("other"));
  city_.DoChores();
  ASSERT_DONE(city_.store()->Run({"test", ""}, [](Transaction& transaction) {
    transaction.PutRow(EntityKey("plans/other"), "not to be read");
    return absl::OkStatus();
  }));
  city_.Load("编号,名称,类别,节点\neast,东区政府,政府,moved\n");
  city_.Restart();
  ASSERT_DONE(moved.Follow(city_));
  EXPECT_TRUE(Knows(moved, "p"));
}

TEST_F(PlanCoreTest, PapersForAUnitTwoLevelsDownPassThroughTheNodeBetween) {
  city_.Load("编号,名称,类别,上级,节点\nbureau,东区市场监管局,部门,东区政府,department\n");
  PlanNode district("district"), department("department");
  ASSERT_DONE(CreateFor({"东区市场监管局"}));
  ASSERT_DONE(Publish());
  ASSERT_DONE(district.Follow(city_));
  ASSERT_DONE(department.Follow(district));
  EXPECT_TRUE(Knows(department, "p"));
  EXPECT_EQ(department.store()->TakeSnapshot()->Need<v1::Plan>("plans/p")->value.owner_node(), "city");
}

TEST_F(PlanCoreTest, AnUpstreamNeverChangesWhatThisNodeOwns) {
  PlanNode district("district");
  v1::CreatePlanRequest own;
  own.set_plan_id("p");
  own.mutable_plan()->set_title("区里的计划");
  v1::Plan plan;
  ASSERT_DONE(district.Call(district.plans(), &PlanCore::CreatePlan, own, &plan));
  district.Load("编号,名称,类别\nedu,区教育局,部门\n");
  ASSERT_DONE(CreateFor({"东区政府"}));
  ASSERT_DONE(Publish());
  ASSERT_DONE(district.Follow(city_));
  const auto snapshot = district.store()->TakeSnapshot();
  EXPECT_EQ(snapshot->Need<v1::Plan>("plans/p")->value.title(), "区里的计划");
  EXPECT_EQ(snapshot->Need<v1::Unit>("units/edu")->value.display_name(), "区教育局");
  EXPECT_EQ(snapshot->Need<v1::Unit>("units/finance")->value.owner_node(), "city");
}

TEST_F(PlanCoreTest, EntriesOfUnknownTypesArePassedOver) {
  PlanNode district("district");
  ASSERT_DONE(city_.store()->Run({"test", ""}, [](Transaction& transaction) {
    return transaction.Put("novelties/n1", v1::FeedPosition(), {"downstream"}).status();
  }));
  ASSERT_DONE(district.Follow(city_));
  EXPECT_FALSE(district.store()->TakeSnapshot()->Get<v1::FeedPosition>("novelties/n1")->has_value());
}

TEST_F(PlanCoreTest, TasksFromAboveAreProposedConfirmedAndCounted) {
  v1::CreatePlanRequest above;
  AddTask(above, "推进社区便民服务站建设，公布服务事项和联系电话", {{"东区政府", R::LEAD}});
  AddTask(above, "开展农贸市场食品抽查，按月公布抽查结果", {{"各区政府", R::RESPONSIBLE}});
  AddTask(above, "编制市级财政预算公开目录", {{"市财政局", R::LEAD}});
  ASSERT_DONE(Create(above, "above"));
  ASSERT_DONE(Publish("above"));
  PlanNode district("district");
  ASSERT_DONE(district.Follow(city_));

  v1::CreatePlanRequest own;
  own.set_plan_id("own");
  own.mutable_plan()->set_title("区方案");
  AddTask(own, "各街道建设社区便民服务站，公布服务事项清单和电话", {{"东区政府", R::LEAD}});
  AddTask(own, "组织干部培训", {{"东区政府", R::LEAD}});
  v1::Plan plan;
  ASSERT_DONE(district.Call(district.plans(), &PlanCore::CreatePlan, own, &plan));
  v1::ProposeAlignmentsRequest propose;
  propose.set_name("plans/own");
  v1::ProposeAlignmentsResponse proposed;
  ASSERT_DONE(district.Call(district.plans(), &PlanCore::ProposeAlignments, propose, &proposed));
  ASSERT_GE(proposed.alignments_size(), 1);
  EXPECT_EQ(proposed.alignments(0).task(), "plans/own/tasks/body-1");
  EXPECT_EQ(proposed.alignments(0).upstream_task(), "plans/above/tasks/body-1");
  EXPECT_GT(proposed.alignments(0).score(), 0.4);
  EXPECT_LE(proposed.alignments(0).score(), 1.0);
  // The city's own duty is none of the district's.
  EXPECT_THAT(proposed.uncovered_tasks(), ElementsAre("plans/above/tasks/body-1", "plans/above/tasks/body-2"));

  v1::AlignTasksRequest align;
  align.set_name("plans/own");
  auto* alignment = align.add_alignments();
  alignment->set_task("plans/own/tasks/body-1");
  alignment->add_upstream_tasks("plans/above/tasks/body-1");
  ASSERT_DONE(district.Call(district.plans(), &PlanCore::AlignTasks, align, &plan));
  EXPECT_THAT(plan.tasks(0).aligned_tasks(), ElementsAre("plans/above/tasks/body-1"));
  ASSERT_DONE(district.Call(district.plans(), &PlanCore::ProposeAlignments, propose, &proposed));
  EXPECT_THAT(proposed.uncovered_tasks(), ElementsAre("plans/above/tasks/body-2"));
}

TEST_F(PlanCoreTest, PlansAreListedNewestFirstPageByPageWithoutTasks) {
  for (const char* id : {"a", "b", "c"}) {
    ASSERT_DONE(CreateFor({"市教育局"}, id));
    city_.clock().Advance(absl::Minutes(1));
  }
  ASSERT_DONE(Publish("b"));
  v1::ListPlansRequest request;
  v1::ListPlansResponse page;
  request.set_page_size(2);
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::ListPlans, request, &page));
  ASSERT_EQ(page.plans_size(), 2);
  EXPECT_EQ(page.plans(0).name(), "plans/c");
  EXPECT_EQ(page.plans(1).name(), "plans/b");
  EXPECT_EQ(page.plans(1).etag(), plan_.etag());
  EXPECT_THAT(page.plans(0).tasks(), IsEmpty());
  const std::string token = page.next_page_token();
  request.set_page_token(token);
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::ListPlans, request, &page));
  ASSERT_EQ(page.plans_size(), 1);
  EXPECT_EQ(page.plans(0).name(), "plans/a");
  EXPECT_EQ(page.next_page_token(), "");

  std::string altered = token;
  altered[altered.size() / 2] = altered[altered.size() / 2] == 'A' ? 'B' : 'A';
  request.set_page_token(altered);
  EXPECT_EQ(ReasonOf(city_.Call(city_.plans(), &PlanCore::ListPlans, request, &page)), v1::INVALID_FIELD);
  request.set_page_token(token);
  request.set_state(v1::Plan::DRAFT);
  EXPECT_EQ(ReasonOf(city_.Call(city_.plans(), &PlanCore::ListPlans, request, &page)), v1::INVALID_FIELD);
  request.clear_page_token();
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::ListPlans, request, &page));
  EXPECT_EQ(page.plans_size(), 2);
}

TEST_F(PlanCoreTest, EverythingIsThereAfterARestart) {
  ASSERT_DONE(CreateFor({"东区政府"}));
  ASSERT_DONE(Publish());
  const std::string before = plan_.SerializeAsString();
  city_.Restart();
  ASSERT_DONE(Get());
  EXPECT_EQ(plan_.SerializeAsString(), before);
  PlanNode district("district");
  ASSERT_DONE(district.Follow(city_));
  EXPECT_TRUE(Knows(district, "p"));
  v1::ResolveUnitRequest request;
  request.set_text("市教育局");
  v1::ResolveUnitResponse response;
  ASSERT_DONE(city_.Call(city_.directory(), &DirectoryCore::ResolveUnit, request, &response));
  EXPECT_EQ(response.match(), "units/edu");
}

TEST_F(PlanCoreTest, ANodeKnowsTheWorkingDaysFromItsFirstStart) {
  v1::ListCalendarsResponse calendars;
  ASSERT_DONE(city_.directory().LoadDefaultCalendars());
  const int64_t head = city_.store()->head().sequence();
  ASSERT_DONE(city_.directory().LoadDefaultCalendars());
  EXPECT_EQ(city_.store()->head().sequence(), head) << "a second start writes nothing";
  ASSERT_DONE(city_.Call(city_.directory(), &DirectoryCore::ListCalendars, v1::ListCalendarsRequest(), &calendars));
  ASSERT_EQ(calendars.calendars_size(), 9);
  EXPECT_EQ(calendars.calendars(0).name(), "calendars/y2018");
  EXPECT_EQ(calendars.calendars(6).year(), 2024);
  EXPECT_EQ(calendars.calendars(6).owner_node(), "");
}

// Three levels that read a document each, with their own directories.
class ThreeLevelsTest : public ::testing::Test {
 protected:
  struct Level {
    PlanNode* node;
    std::string name;
    std::string issuer;
    std::string document;
  };

  // Folder of the documents (empty: not there) and the beginning of the directories' names.
  void LoadDirectories(const std::string& base) {
    city_.Load(ReadFile(base + "city.csv"));
    ASSERT_DONE(district_.Follow(city_));
    district_.Load(ReadFile(base + "district.csv"));
    ASSERT_DONE(department_.Follow(district_));
    department_.Load(ReadFile(base + "department.csv"));
  }

  static v1::Plan Import(const Level& level) {
    v1::ImportPlanRequest request;
    request.set_plan_id(level.name);
    request.set_content(ReadFile(level.document));
    request.set_source_name(level.document.substr(level.document.rfind('/') + 1));
    v1::Plan plan;
    const absl::Status status = level.node->Call(level.node->plans(), &PlanCore::ImportPlan, request, &plan);
    EXPECT_TRUE(status.ok()) << level.document << " " << status;
    return plan;
  }

  // Takes each proposal that blocks and lets stand what has none.
  static absl::Status SettleAll(const Level& level, v1::Plan* plan) {
    for (int rounds = 0; rounds < 5; ++rounds) {
      v1::SettleFindingsRequest request;
      request.set_name(plan->name());
      request.set_settled_by("李明");
      for (const v1::Finding& finding : plan->findings()) {
        if (!Blocks(finding)) continue;
        auto* answer = request.add_answers();
        answer->set_finding_id(finding.finding_id());
        answer->set_settlement(finding.proposal().empty() ? v1::Finding::DISMISSED : v1::Finding::ACCEPTED);
      }
      if (request.answers().empty()) return absl::OkStatus();
      DUBAN_RETURN_IF_ERROR(level.node->Call(level.node->plans(), &PlanCore::SettleFindings, request, plan));
    }
    return InvariantBroken("findings keep coming");
  }

  // Imports, settles and publishes at every level, each following the one above first.
  void PublishEverywhere(const std::vector<Level>& levels) {
    for (size_t i = 0; i < levels.size(); ++i) {
      if (i > 0) ASSERT_DONE(levels[i].node->Follow(*levels[i - 1].node));
      v1::Plan plan = Import(levels[i]);
      std::set<std::string> unknown;
      for (const v1::Finding& finding : plan.findings()) {
        if (finding.code() == kUnknownUnit) unknown.insert(finding.subject());
      }
      EXPECT_THAT(unknown, IsEmpty()) << levels[i].document;
      ASSERT_DONE(SettleAll(levels[i], &plan));
      v1::PublishPlanRequest request;
      request.set_name(plan.name());
      request.set_issuer(levels[i].issuer);
      ASSERT_DONE(levels[i].node->Call(levels[i].node->plans(), &PlanCore::PublishPlan, request, &plan));
      for (const v1::Task& task : plan.tasks()) {
        for (const R& responsibility : task.responsibilities()) {
          EXPECT_NE(responsibility.open(), !responsibility.resolved().empty())
              << task.name() << " " << responsibility.unit();
        }
      }
    }
  }

  static int Proposals(PlanNode& node, const std::string& plan) {
    v1::ProposeAlignmentsRequest request;
    request.set_name("plans/" + plan);
    v1::ProposeAlignmentsResponse response;
    EXPECT_TRUE(node.Call(node.plans(), &PlanCore::ProposeAlignments, request, &response).ok());
    return response.alignments_size();
  }

  PlanNode city_{"city"};
  PlanNode district_{"district"};
  PlanNode department_{"department"};
  v1::Plan plan_;
};

TEST_F(ThreeLevelsTest, TheSamplesArePublishedAtEveryLevelWithAllNamesInTheDirectories) {
  const std::string samples = SourceFolder() + "/deploy/samples/";
  LoadDirectories(samples + "directory-");
  PublishEverywhere({{&city_, "city-plan", "units/chengjiang-gov", samples + "city.txt"},
                     {&district_, "district-plan", "units/linhu-gov", samples + "district.txt"},
                     {&department_, "department-plan", "units/linhu-market", samples + "department.txt"}});
  EXPECT_GT(Proposals(district_, "district-plan"), 0);
  EXPECT_GT(Proposals(department_, "department-plan"), 0);
}

TEST_F(ThreeLevelsTest, ADirectoryMadeFromADocumentKnowsEveryNameInIt) {
  const std::string samples = SourceFolder() + "/deploy/samples/";
  for (const char* name : {"city.txt", "district.txt", "department.txt"}) {
    PlanNode node("office");
    const Level level{&node, "p", "", samples + name};
    v1::ParsePlanRequest parse;
    parse.set_content(ReadFile(level.document));
    parse.set_source_name(name);
    ASSERT_DONE(node.Call(node.plans(), &PlanCore::ParsePlan, parse, &plan_));
    node.Load(DirectoryLinesOf({plan_}, {}));
    plan_ = Import(level);
    for (const v1::Finding& finding : plan_.findings()) {
      EXPECT_NE(finding.code(), kUnknownUnit) << name << " " << finding.subject();
    }
    v1::ResolveUnitRequest resolve;
    resolve.set_text(plan_.issuing_unit());
    v1::ResolveUnitResponse resolved;
    ASSERT_DONE(node.Call(node.directory(), &DirectoryCore::ResolveUnit, resolve, &resolved));
    EXPECT_THAT(resolved.match(), ::testing::StartsWith("units/"));
  }
}

TEST_F(ThreeLevelsTest, TheRealPlansArePublishedAtEveryLevel) {
  const std::string plans = SourceFolder() + "/../shared/plans/";
  if (!std::ifstream(plans + "001_ca31700e39a18fd9.txt").good()) {
    GTEST_SKIP() << "SKIPPED: the real plans are not at " << plans;
  }
  LoadDirectories(SourceFolder() + "/tests/samples/shared-directory-");
  PublishEverywhere({{&city_, "city-plan", "units/huzhou-gov", plans + "001_ca31700e39a18fd9.txt"},
                     {&district_, "district-plan", "units/haojiang-gov", plans + "000_2fd57c1ac15aeeb3.txt"},
                     {&department_, "department-plan", "units/haojiang-market", plans + "003_da2114d06e558a0f.txt"}});
  EXPECT_GT(Proposals(district_, "district-plan"), 0);
  EXPECT_GT(Proposals(department_, "department-plan"), 0);
}

}  // namespace
}  // namespace duban
