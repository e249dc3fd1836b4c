// Revisions of a published plan: a draft of the next one, what differs, what moves, and that ids never shift.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/base/civil.h"
#include "services/plan/match_tasks.h"
#include "services/plan/plan_hops.h"
#include "services/plan/revisions.h"
#include "tests/support/test_planner.h"

namespace duban {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::PlannerTest;
using testing::PlanNode;
using R = v1::Responsibility;
using Difference = v1::ComparePlanRevisionsResponse::TaskDifference;

class RevisionTest : public PlannerTest {
 protected:
  static v1::Task Due(const std::string& text, const std::string& day, const std::string& unit = "市教育局") {
    v1::Task task = Task(text, {{unit, R::LEAD}});
    task.mutable_deadline()->set_kind(v1::Deadline::BY_DATE);
    task.mutable_deadline()->set_due(day);
    return task;
  }

  // A published plan of three tasks.
  void PublishFirst() {
    ASSERT_DONE(Create({Due("新建学校3所", "2024-06-30"), Due("修缮校舍", "2024-09-30", "市财政局"),
                        Due("培训教师", "2024-12-31", "各区政府")}));
    ASSERT_DONE(Publish());
  }
  absl::Status Revise(const std::string& plan = "p") {
    v1::RevisePlanRequest request;
    request.set_name(StrCat("plans/", plan));
    return city_.Call(city_.plans(), &PlanCore::RevisePlan, request, &draft_);
  }
  absl::Status PublishDraft(const std::string& reason = "时限有误", const std::string& issuer = "units/gov") {
    v1::PublishPlanRequest request;
    request.set_name(draft_.name());
    request.set_issuer(issuer);
    request.set_reason(reason);
    request.set_etag(draft_.etag());
    return city_.Call(city_.plans(), &PlanCore::PublishPlan, request, &plan_);
  }
  absl::Status ChangeTask(const std::string& id, const v1::Task& changes) {
    v1::UpdateTaskRequest request;
    *request.mutable_task() = changes;
    std::vector<const google::protobuf::FieldDescriptor*> fields;
    changes.GetReflection()->ListFields(changes, &fields);
    for (const auto* field : fields) request.mutable_update_mask()->add_paths(field->name());
    request.mutable_task()->set_name(StrCat(draft_.name(), "/tasks/", id));
    return city_.Call(city_.plans(), &PlanCore::UpdateTask, request, &draft_);
  }
  static v1::Task NewDeadline(const std::string& day) {
    v1::Task changes;
    changes.mutable_deadline()->set_kind(v1::Deadline::BY_DATE);
    changes.mutable_deadline()->set_due(day);
    return changes;
  }
  absl::Status Edit(const v1::EditPlanRequest::Edit& edit) {
    v1::EditPlanRequest request;
    request.set_name(draft_.name());
    *request.add_edits() = edit;
    v1::Plan changed;
    const absl::Status status = city_.Call(city_.plans(), &PlanCore::EditPlan, request, &changed);
    if (status.ok()) draft_ = changed;
    return status;
  }
  static v1::EditPlanRequest::Edit Remove(const std::string& id) {
    v1::EditPlanRequest::Edit edit;
    edit.mutable_remove_task()->set_task_id(id);
    return edit;
  }
  static v1::EditPlanRequest::Edit Add(const v1::Task& task, const std::string& id = "") {
    v1::EditPlanRequest::Edit edit;
    *edit.mutable_add_task()->mutable_task() = task;
    edit.mutable_add_task()->mutable_task()->set_task_id(id);
    return edit;
  }
  static v1::EditPlanRequest::Edit Identify(const std::string& id, const std::string& as) {
    v1::EditPlanRequest::Edit edit;
    edit.mutable_identify_task()->set_task_id(id);
    edit.mutable_identify_task()->set_published_id(as);
    return edit;
  }
  absl::Status Reimport(const std::string& text) {
    v1::ReimportPlanRequest request;
    request.set_name(draft_.name());
    request.set_source_name("plan.txt");
    request.set_content(text);
    return city_.Call(city_.plans(), &PlanCore::ReimportPlan, request, &draft_);
  }
  absl::Status Compare(const std::string& name, int from = 0, int to = 0) {
    v1::ComparePlanRevisionsRequest request;
    request.set_name(name);
    request.set_from_revision(from);
    request.set_to_revision(to);
    return city_.Call(city_.plans(), &PlanCore::ComparePlanRevisions, request, &compared_);
  }
  absl::Status GetRevision(int revision, v1::Plan* plan) {
    v1::GetPlanRequest request;
    request.set_name("plans/p");
    request.set_revision(revision);
    return city_.Call(city_.plans(), &PlanCore::GetPlan, request, plan);
  }
  // `CHANGED body-1 deadline,text`.
  std::vector<std::string> Differences() const {
    std::vector<std::string> all;
    for (const Difference& one : compared_.differences()) {
      std::string fields;
      for (const std::string& field : one.fields()) StrAppend(&fields, fields.empty() ? " " : ",", field);
      all.push_back(StrCat(Difference::Kind_Name(one.kind()), " ", one.task_id(), fields));
    }
    return all;
  }
  v1::RevisionMoves Moves() {
    v1::PreviewPublicationRequest request;
    request.set_name(draft_.name());
    v1::PublicationPreview preview;
    const absl::Status status = city_.Call(city_.plans(), &PlanCore::PreviewPublication, request, &preview);
    EXPECT_TRUE(status.ok()) << status;
    return preview.moves();
  }
  // `added changed cancelled kept`.
  static std::string Words(const v1::RevisionMoves& moves) {
    return StrCat(moves.added(), " ", moves.changed(), " ", moves.cancelled(), " ", moves.kept());
  }
  static std::vector<std::string> IdsOf(const v1::Plan& plan) {
    std::vector<std::string> ids;
    for (const v1::Task& task : plan.tasks()) ids.push_back(task.task_id());
    return ids;
  }

  v1::Plan draft_;
  v1::ComparePlanRevisionsResponse compared_;
};

TEST_F(RevisionTest, ADeadlineIsCorrectedWhileThePublishedRevisionStaysInForce) {
  PublishFirst();
  ASSERT_DONE(Revise());
  EXPECT_EQ(draft_.name(), "plans/p-r2");
  EXPECT_EQ(draft_.revises(), "plans/p");
  EXPECT_EQ(draft_.base_revision(), 1);
  EXPECT_EQ(draft_.state(), v1::Plan::DRAFT);
  EXPECT_EQ(draft_.drafter(), "units/gov");
  EXPECT_THAT(IdsOf(draft_), ElementsAre("body-1", "body-2", "body-3"));
  ASSERT_DONE(ChangeTask("body-1", NewDeadline("2024-08-31")));
  ASSERT_DONE(Get());
  EXPECT_EQ(plan_.tasks(0).deadline().due(), "2024-06-30");
  EXPECT_EQ(plan_.state(), v1::Plan::PUBLISHED);

  ASSERT_DONE(Compare(draft_.name()));
  EXPECT_THAT(Differences(), ElementsAre("CHANGED body-1 deadline"));
  EXPECT_TRUE(compared_.differences(0).duty_changed());
  EXPECT_EQ(compared_.unchanged(), 2);
  EXPECT_EQ(Words(Moves()), "0 1 0 3");

  ASSERT_DONE(PublishDraft());
  EXPECT_EQ(plan_.name(), "plans/p");
  EXPECT_EQ(plan_.revision(), 2);
  EXPECT_EQ(plan_.revision_reason(), "时限有误");
  EXPECT_EQ(plan_.publisher(), "anybody");
  EXPECT_EQ(plan_.reviser(), "anybody");
  EXPECT_EQ(plan_.tasks(0).name(), "plans/p/tasks/body-1");
  EXPECT_EQ(plan_.tasks(0).deadline().due(), "2024-08-31");
  ASSERT_EQ(plan_.tasks(0).duty_changes_size(), 1);
  const v1::DutyChange& change = plan_.tasks(0).duty_changes(0);
  EXPECT_EQ(change.plan_revision(), 2);
  EXPECT_THAT(change.fields(), ElementsAre("deadline"));
  EXPECT_EQ(change.deadline_before().due(), "2024-06-30");
  EXPECT_EQ(change.reason(), "时限有误");
  EXPECT_EQ(plan_.tasks(1).duty_changes_size(), 0);
  // The draft is gone, and the next revision can be opened.
  v1::Plan gone;
  v1::GetPlanRequest request;
  request.set_name("plans/p-r2");
  EXPECT_EQ(ReasonOf(city_.Call(city_.plans(), &PlanCore::GetPlan, request, &gone)), v1::RESOURCE_NOT_FOUND);
  ASSERT_DONE(Revise());
  EXPECT_EQ(draft_.name(), "plans/p-r3");
}

TEST_F(RevisionTest, EveryRevisionStaysReadableAndComparable) {
  PublishFirst();
  ASSERT_DONE(Revise());
  ASSERT_DONE(ChangeTask("body-1", NewDeadline("2024-08-31")));
  ASSERT_DONE(PublishDraft());
  ASSERT_DONE(Revise());
  ASSERT_DONE(Edit(Remove("body-2")));
  ASSERT_DONE(Edit(Add(Due("绿化校园", "2024-10-31"))));
  const std::string added = draft_.tasks(2).task_id();
  ASSERT_DONE(PublishDraft("任务调整"));
  city_.Restart();

  v1::Plan first, second, third;
  ASSERT_DONE(GetRevision(1, &first));
  ASSERT_DONE(GetRevision(2, &second));
  ASSERT_DONE(GetRevision(3, &third));
  EXPECT_EQ(first.tasks(0).deadline().due(), "2024-06-30");
  EXPECT_EQ(second.tasks(0).deadline().due(), "2024-08-31");
  EXPECT_EQ(third.tasks_size(), 3);
  EXPECT_EQ(ReasonOf(GetRevision(4, &third)), v1::RESOURCE_NOT_FOUND);

  ASSERT_DONE(Compare("plans/p"));
  EXPECT_THAT(Differences(), ElementsAre(StrCat("ADDED ", added), "REMOVED body-2"));
  ASSERT_DONE(Compare("plans/p", 1, 3));
  EXPECT_THAT(Differences(), ElementsAre("CHANGED body-1 deadline", StrCat("ADDED ", added), "REMOVED body-2"));
  ASSERT_DONE(Compare("plans/p", 3, 1));
  EXPECT_THAT(Differences(), ElementsAre("CHANGED body-1 deadline", "ADDED body-2", StrCat("REMOVED ", added)));
  EXPECT_EQ(ReasonOf(Compare("plans/p", 7, 3)), v1::RESOURCE_NOT_FOUND);

  v1::ListPlanRevisionsRequest request;
  request.set_name("plans/p");
  v1::ListPlanRevisionsResponse listed;
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::ListPlanRevisions, request, &listed));
  ASSERT_EQ(listed.revisions_size(), 3);
  EXPECT_EQ(listed.revisions(0).revision(), 3);
  EXPECT_EQ(listed.revisions(0).revision_reason(), "任务调整");
  EXPECT_EQ(listed.revisions(2).revision(), 1);
  EXPECT_EQ(listed.revisions(2).tasks_size(), 0);
}

TEST_F(RevisionTest, ThereIsOneDraftAtATimeAndItCanBeDiscarded) {
  PublishFirst();
  ASSERT_DONE(Revise());
  const absl::Status again = Revise();
  EXPECT_EQ(ReasonOf(again), v1::RESOURCE_EXISTS);
  EXPECT_THAT(std::string(again.message()), ::testing::HasSubstr("plans/p-r2"));
  v1::DeletePlanRequest request;
  request.set_name("plans/p-r2");
  v1::DeletePlanResponse deleted;
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::DeletePlan, request, &deleted));
  ASSERT_DONE(Get());
  EXPECT_EQ(plan_.revision(), 1);
  ASSERT_DONE(Revise());
  // Withdrawn meanwhile: nothing is left to revise.
  v1::WithdrawPlanRequest withdraw;
  withdraw.set_name("plans/p");
  withdraw.set_reason("不再实施");
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::WithdrawPlan, withdraw, &plan_));
  EXPECT_EQ(ReasonOf(PublishDraft()), v1::WRONG_STATE);
}

TEST_F(RevisionTest, WhatAsksTheSameInOtherWordsChangesNoDuty) {
  PublishFirst();
  ASSERT_DONE(Revise());
  v1::Task reprinted = NewDeadline("2024-06-30");
  reprinted.mutable_deadline()->set_printed("6月30日前");
  ASSERT_DONE(ChangeTask("body-1", reprinted));
  v1::EditPlanRequest::Edit heading;
  heading.mutable_move_task()->set_task_id("body-3");
  heading.mutable_move_task()->set_before("body-1");
  heading.mutable_move_task()->add_headings("一、教育");
  ASSERT_DONE(Edit(heading));
  ASSERT_DONE(Compare(draft_.name()));
  EXPECT_THAT(Differences(), ElementsAre("CHANGED body-3 headings", "CHANGED body-1 deadline"));
  EXPECT_FALSE(compared_.differences(0).duty_changed());
  EXPECT_FALSE(compared_.differences(1).duty_changed());
  EXPECT_EQ(Words(Moves()), "0 0 0 4");
  ASSERT_DONE(PublishDraft());
  for (const v1::Task& task : plan_.tasks()) EXPECT_EQ(task.duty_changes_size(), 0) << task.task_id();
}

TEST_F(RevisionTest, ThePreviewSaysWhichAssignmentsMoveForWhom) {
  PublishFirst();
  ASSERT_DONE(Revise());
  v1::Task others = Task("", {{"市教育局", R::COOPERATE}, {"市卫生健康委", R::LEAD}});
  v1::Task changes;
  *changes.mutable_responsibilities() = others.responsibilities();
  ASSERT_DONE(ChangeTask("body-1", changes));
  ASSERT_DONE(Edit(Remove("body-2")));
  // 市教育局's part changed, 市卫生健康委 is new, 市财政局 goes, two districts stay.
  const v1::RevisionMoves moves = Moves();
  EXPECT_EQ(Words(moves), "1 1 1 2");
  ASSERT_EQ(moves.shares_size(), 3);
  EXPECT_EQ(moves.shares(0).unit_display_name(), "市教育局");
  EXPECT_EQ(moves.shares(0).changed(), 1);
  EXPECT_EQ(moves.shares(1).unit_display_name(), "市财政局");
  EXPECT_EQ(moves.shares(1).cancelled(), 1);
  EXPECT_EQ(moves.shares(2).unit_display_name(), "市卫生健康委");
  EXPECT_EQ(moves.shares(2).added(), 1);
  EXPECT_THAT(moves.regrouped_tasks(), IsEmpty());
}

TEST_F(RevisionTest, AGroupWithOtherMembersIsSaidBeforeItMovesAssignments) {
  PublishFirst();
  city_.Load(
      "编号,名称,类别,上级,成员\n"
      "south,南区政府,政府,市政府,\n"
      "counties,各区政府,集合,,东区政府、西区政府、南区政府\n");
  ASSERT_DONE(Revise());
  const v1::RevisionMoves moves = Moves();
  EXPECT_EQ(Words(moves), "1 0 0 4");
  EXPECT_THAT(moves.regrouped_tasks(), ElementsAre("body-3"));
}

TEST_F(RevisionTest, IdsOfRemovedTasksAreNeverReused) {
  PublishFirst();
  ASSERT_DONE(Revise());
  ASSERT_DONE(Edit(Remove("body-2")));
  // Not while it is being removed, and not later.
  EXPECT_EQ(ReasonOf(Edit(Add(Due("另一事", "2024-10-31"), "body-2"))), v1::INVALID_FIELD);
  ASSERT_DONE(PublishDraft());
  EXPECT_THAT(plan_.retired_tasks(), ElementsAre("body-2"));
  ASSERT_DONE(Revise());
  EXPECT_EQ(ReasonOf(Edit(Add(Due("另一事", "2024-10-31"), "body-2"))), v1::INVALID_FIELD);
  EXPECT_EQ(ReasonOf(Edit(Identify("body-1", "body-2"))), v1::RESOURCE_NOT_FOUND);
  ASSERT_DONE(PublishDraft());
  EXPECT_THAT(plan_.retired_tasks(), ElementsAre("body-2"));
}

TEST_F(RevisionTest, AnImportOverARevisionFindsTasksAgainWhereverTheyStand) {
  const std::string tail = "（责任单位：市教育局；完成时限：9月底前）\n";
  ASSERT_DONE(Import(StrCat("2024年工作要点\n\n1．新建学校三所，改善城区入学条件。", tail, "2．修缮农村中小学校舍。",
                            tail, "3．培训乡村教师一千人次。", tail)));
  ASSERT_DONE(Publish());
  ASSERT_THAT(IdsOf(plan_), ElementsAre("body-1", "body-2", "body-3"));
  ASSERT_DONE(Revise());
  // One more in front, the second one gone, the third one reworded, the first one last.
  ASSERT_DONE(Reimport(StrCat("2024年工作要点\n\n1．建设智慧校园平台并接入各校。", tail, "2．培训乡村教师二千人次。",
                              tail, "3．新建学校三所，改善城区入学条件。", tail)));
  ASSERT_EQ(draft_.tasks_size(), 3);
  const std::string fresh = draft_.tasks(0).task_id();
  EXPECT_THAT(IdsOf(draft_), ElementsAre(fresh, "body-3", "body-1"));
  EXPECT_FALSE(IsIdTaken({}, plan_, fresh));
  ASSERT_DONE(Compare(draft_.name()));
  EXPECT_THAT(Differences(), ElementsAre(StrCat("ADDED ", fresh), "CHANGED body-3 text,number", "CHANGED body-1 number",
                                         "REMOVED body-2"));
  EXPECT_FALSE(compared_.differences(1).unsure());
  EXPECT_EQ(Words(Moves()), "1 1 1 1");
  // What was taken out and is printed again is the task it was.
  ASSERT_DONE(Reimport(StrCat("2024年工作要点\n\n1．修缮农村中小学校舍。", tail)));
  EXPECT_THAT(IdsOf(draft_), ElementsAre("body-2"));
}

TEST_F(RevisionTest, AnUnsureMatchIsShownAndAPersonSaysWhichTaskItIs) {
  PublishFirst();
  ASSERT_DONE(Revise());
  v1::Task reworded;
  reworded.set_text("推进城乡义务教育一体化，扩大优质学位供给");
  ASSERT_DONE(ChangeTask("body-1", reworded));
  ASSERT_DONE(Compare(draft_.name()));
  ASSERT_THAT(Differences(), ElementsAre("CHANGED body-1 text"));
  EXPECT_TRUE(compared_.differences(0).unsure());
  EXPECT_LT(compared_.differences(0).likeness(), kSureLikeness);

  ASSERT_DONE(Edit(Identify("body-1", "")));
  const std::string fresh = draft_.tasks(0).task_id();
  ASSERT_DONE(Compare(draft_.name()));
  EXPECT_THAT(Differences(), ElementsAre(StrCat("ADDED ", fresh), "REMOVED body-1"));
  EXPECT_EQ(ReasonOf(Edit(Identify(fresh, "body-2"))), v1::INVALID_FIELD);
  ASSERT_DONE(Edit(Identify(fresh, "body-1")));
  ASSERT_DONE(Compare(draft_.name()));
  EXPECT_THAT(Differences(), ElementsAre("CHANGED body-1 text"));
}

TEST_F(RevisionTest, RulesOfTheDocumentAreAppliedToEachRevisionAnew) {
  ASSERT_DONE(Create({Due("新建学校", "2024-06-30"), Due("修缮校舍", "2024-09-30")}));
  v1::UpdatePlanRequest request;
  request.mutable_plan()->set_name("plans/p");
  auto* rule = request.mutable_plan()->add_plan_rules();
  rule->set_kind(v1::PlanRule::ADD_UNIT);
  rule->set_unit("市财政局");
  rule->set_role(R::COOPERATE);
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::UpdatePlan, request, &plan_));
  ASSERT_DONE(Publish());
  ASSERT_THAT(Units(0), ElementsAre("市教育局/LEAD", "市财政局/COOPERATE"));
  ASSERT_DONE(Revise());
  EXPECT_EQ(draft_.tasks(0).responsibilities_size(), 1);
  ASSERT_DONE(Compare(draft_.name()));
  EXPECT_THAT(Differences(), IsEmpty());
  request.mutable_plan()->set_name(draft_.name());
  request.mutable_plan()->clear_plan_rules();
  request.mutable_update_mask()->add_paths("plan_rules");
  ASSERT_DONE(city_.Call(city_.plans(), &PlanCore::UpdatePlan, request, &draft_));
  ASSERT_DONE(Compare(draft_.name()));
  EXPECT_THAT(Differences(), ElementsAre("CHANGED body-1 responsibilities", "CHANGED body-2 responsibilities"));
  EXPECT_THAT(compared_.plan_fields(), ElementsAre("plan_rules"));
  ASSERT_DONE(PublishDraft());
  EXPECT_THAT(Units(0), ElementsAre("市教育局/LEAD"));
}

TEST_F(RevisionTest, PublishingARevisionAsksForItsReasonAndItsIssuer) {
  PublishFirst();
  ASSERT_DONE(Revise());
  const absl::Status bare = PublishDraft(" ");
  EXPECT_EQ(ReasonOf(bare), v1::INVALID_FIELD);
  EXPECT_THAT(std::string(bare.message()), ::testing::HasSubstr("reason"));
  const absl::Status other = PublishDraft("时限有误", "units/edu");
  EXPECT_EQ(ReasonOf(other), v1::INVALID_FIELD);
  EXPECT_THAT(std::string(other.message()), ::testing::HasSubstr("issuer"));
  ASSERT_DONE(PublishDraft());
  // Told again with the same id, it is the same answer.
  EXPECT_EQ(plan_.revision(), 2);
}

TEST_F(RevisionTest, WhatTimeHasPassedOverIsNotAskedAboutAgain) {
  PublishFirst();
  city_.clock().AdvanceTo(TimeAt(absl::CivilDay(2024, 8, 1), 600));
  ASSERT_DONE(Revise());
  plan_ = draft_;
  EXPECT_THAT(Open(), IsEmpty());
  ASSERT_DONE(ChangeTask("body-1", NewDeadline("2024-07-15")));
  plan_ = draft_;
  EXPECT_THAT(Open(), ElementsAre("DEADLINE_PASSED:body-1:2024-07-15"));
}

TEST_F(RevisionTest, APublishedPlanSaysHowItIsChanged) {
  PublishFirst();
  draft_ = plan_;
  const absl::Status refused = ChangeTask("body-1", NewDeadline("2024-08-31"));
  EXPECT_EQ(ReasonOf(refused), v1::WRONG_STATE);
  EXPECT_EQ(MetadataOf(refused)["cause"], "NOT_A_DRAFT");
  EXPECT_THAT(ChineseMessage(refused), ::testing::HasSubstr("请先开出修订稿"));
  EXPECT_EQ(ReasonOf(Compare("plans/p")), v1::WRONG_STATE);
}

TEST_F(RevisionTest, AHundredRevisionsAreTheMost) {
  ASSERT_DONE(Create({Due("新建学校", "2024-06-30")}));
  ASSERT_DONE(Publish());
  for (int revision = 2; revision <= kMaxRevisions; ++revision) {
    ASSERT_DONE(Revise());
    ASSERT_DONE(PublishDraft());
  }
  ASSERT_EQ(plan_.revision(), kMaxRevisions);
  EXPECT_EQ(ReasonOf(Revise()), v1::LIMIT_REACHED);
}

TEST_F(RevisionTest, ATaskTellsItsLastFiveChanges) {
  ASSERT_DONE(Create({Due("新建学校", "2024-06-01")}));
  ASSERT_DONE(Publish());
  for (int day = 2; day <= 7; ++day) {
    ASSERT_DONE(Revise());
    ASSERT_DONE(ChangeTask("body-1", NewDeadline(StrCat("2024-06-0", day))));
    ASSERT_DONE(PublishDraft());
  }
  std::vector<int> revisions;
  for (const v1::DutyChange& change : plan_.tasks(0).duty_changes()) revisions.push_back(change.plan_revision());
  EXPECT_THAT(revisions, ElementsAre(3, 4, 5, 6, 7));
}

// What a node below hears of a plan from above, from any of several sources.
class HeardRevisionTest : public ::testing::Test {
 protected:
  static v1::Plan At(int revision) {
    v1::Plan plan;
    plan.set_name("plans/p");
    plan.set_owner_node("city");
    plan.set_state(v1::Plan::PUBLISHED);
    plan.set_revision(revision);
    plan.set_title(StrCat("第", revision, "版"));
    return plan;
  }
  void Hear(const std::string& source, const v1::Plan& plan) {
    v1::FeedEntry entry;
    entry.set_entity(plan.name());
    entry.mutable_payload()->PackFrom(plan);
    EntrySource from;
    from.node = source;
    const absl::Status status = below_.store()->Run({"test", ""}, [&](Transaction& transaction) {
      return ApplyPlanFeedEntry(transaction, entry, from, "district");
    });
    ASSERT_TRUE(status.ok()) << status;
  }
  int Revision(int asked = 0) {
    v1::GetPlanRequest request;
    request.set_name("plans/p");
    request.set_revision(asked);
    v1::Plan plan;
    const absl::Status status = below_.Call(below_.plans(), &PlanCore::GetPlan, request, &plan);
    return status.ok() ? plan.revision() : -1;
  }

  PlanNode below_{"district"};
};

TEST_F(HeardRevisionTest, RevisionsMeetInAnyOrder) {
  Hear("city", At(2));
  Hear("bureau", At(1));
  EXPECT_EQ(Revision(), 2);
  Hear("bureau", At(3));
  Hear("city", At(2));
  EXPECT_EQ(Revision(), 3);
  EXPECT_EQ(Revision(2), 2);
  // Withdrawn is later than published.
  v1::Plan withdrawn = At(3);
  withdrawn.set_state(v1::Plan::WITHDRAWN);
  Hear("city", withdrawn);
  Hear("bureau", At(3));
  v1::GetPlanRequest request;
  request.set_name("plans/p");
  v1::Plan plan;
  ASSERT_TRUE(below_.Call(below_.plans(), &PlanCore::GetPlan, request, &plan).ok());
  EXPECT_EQ(plan.state(), v1::Plan::WITHDRAWN);
}

TEST_F(HeardRevisionTest, ASourceThatKnewALaterRevisionAndLostItIsBelieved) {
  Hear("city", At(2));
  Hear("city", At(1));
  EXPECT_EQ(Revision(), 1);
}

// --- Which task is which ---

std::vector<int> Match(const std::vector<v1::Task>& tasks, const std::vector<v1::Task>& known) {
  std::vector<const v1::Task*> left, right;
  for (const v1::Task& task : tasks) left.push_back(&task);
  for (const v1::Task& task : known) right.push_back(&task);
  return MatchToKnown(left, right);
}

v1::Task Numbered(int number, const std::string& text) {
  v1::Task task;
  task.set_table("body");
  task.set_number(number);
  task.set_text(text);
  return task;
}

TEST(MatchTasksTest, TheBestWholeCountsNotTheBestOfEach) {
  // The first reads more like the second known one than like its own, but the second has nowhere else to go.
  const std::vector<v1::Task> known = {Numbered(1, "推进老旧小区改造二十个"),
                                       Numbered(2, "推进老旧小区改造三十个并加装电梯")};
  const std::vector<v1::Task> tasks = {Numbered(8, "推进老旧小区改造三十个"),
                                       Numbered(9, "改造三十个并加装电梯三百部")};
  EXPECT_THAT(Match(tasks, known), ElementsAre(0, 1));
}

TEST(MatchTasksTest, EqualTextsKeepTheOrderOfTheirNumbers) {
  const std::vector<v1::Task> known = {Numbered(1, "完成上级交办的其他任务"), Numbered(2, "完成上级交办的其他任务")};
  EXPECT_THAT(Match({Numbered(2, "完成上级交办的其他任务"), Numbered(1, "完成上级交办的其他任务")}, known),
              ElementsAre(1, 0));
}

TEST(MatchTasksTest, WhatSharesNothingIsNew) {
  EXPECT_THAT(Match({Numbered(1, "新建公园")}, {Numbered(1, "培训教师")}), ElementsAre(-1));
  EXPECT_THAT(Match({Numbered(1, "甲")}, {}), ElementsAre(-1));
  EXPECT_THAT(Match({}, {Numbered(1, "甲")}), IsEmpty());
}

TEST(MatchTasksTest, ARowPutInBeforeTwoThousandLikeOnesShiftsNone) {
  std::vector<v1::Task> known, tasks = {Numbered(1, "推进新片区城市更新改造并完善配套设施")};
  for (int i = 0; i < 1999; ++i) {
    known.push_back(Numbered(i + 1, StrCat("推进第", i, "号片区城市更新改造并完善配套设施")));
    tasks.push_back(Numbered(i + 2, StrCat("推进第", i, "号片区城市更新改造并完善配套设施")));
  }
  const std::vector<int> matches = Match(tasks, known);
  EXPECT_EQ(matches[0], -1);
  for (int i = 0; i < 1999; ++i) ASSERT_EQ(matches[static_cast<size_t>(i + 1)], i);
}

}  // namespace
}  // namespace duban
