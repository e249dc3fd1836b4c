// What a planner does at the command line: looks before publishing, works on a draft, takes answers back.

#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "common/base/errors.h"
#include "duban/v1/assignment_service.pb.h"
#include "duban/v1/directory_service.pb.h"
#include "duban/v1/plan_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_cli.h"

namespace duban::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

v1::Plan Draft() {
  v1::Plan plan;
  plan.set_name("plans/p1");
  plan.set_title("2024年工作要点");
  plan.set_state(v1::Plan::DRAFT);
  plan.set_etag("e1");
  for (int number = 1; number <= 20; ++number) {
    v1::Task& task = *plan.add_tasks();
    task.set_task_id("body-" + std::to_string(number));
    task.set_table("body");
    task.set_number(number);
    task.set_text("做事");
  }
  return plan;
}

class PlannerCliTest : public CliTest {
 protected:
  PlannerCliTest() {
    variables_["NO_COLOR"] = "1";
    servers_.On<v1::GetPlanRequest, v1::Plan>("PlanService/GetPlan", [](const auto&) { return Draft(); });
    servers_.On<v1::PreviewPublicationRequest, v1::PublicationPreview>(
        "PlanService/PreviewPublication",
        [this](const auto&) -> absl::StatusOr<v1::PublicationPreview> { return preview_; });
    servers_.On<v1::PublishPlanRequest, v1::Plan>("PlanService/PublishPlan", [this](const auto& request) {
      published_.push_back(request);
      v1::Plan plan = Draft();
      plan.set_state(v1::Plan::PUBLISHED);
      plan.set_revision(1);
      plan.set_issuer(request.issuer());
      plan.mutable_issuance()->set_assignments(7);
      plan.mutable_issuance()->set_units(2);
      return plan;
    });
    servers_.On<v1::EditPlanRequest, v1::Plan>("PlanService/EditPlan", [this](const auto& request) {
      edited_ = request;
      return Draft();
    });
    preview_.set_etag("e1");
    preview_.set_tasks(20);
    preview_.set_as_of("2024-03-04");
    preview_.mutable_issuance()->set_assignments(7);
    preview_.mutable_issuance()->set_units(2);
    for (const auto& [unit, count] : {std::pair("县教育局", 5), std::pair("县文化馆", 2)}) {
      auto* share = preview_.add_shares();
      share->set_unit_display_name(unit);
      share->set_assignments(count);
    }
    preview_.add_unanswered_tasks("body-3");
    for (int number = 1; number <= 20; ++number) {
      preview_.add_tasks_without_deadline("body-" + std::to_string(number));
    }
    preview_.add_past_tasks("body-5");
  }

  v1::PublicationPreview preview_;
  std::vector<v1::PublishPlanRequest> published_;
  v1::EditPlanRequest edited_;
};

TEST_F(PlannerCliTest, PublishingShowsWhatItWouldDoAndAsks) {
  terminal_ = true;
  in_.str("n\n");
  EXPECT_EQ(Run({"plan", "publish", "p1", "--issuer=units/zfb"}), 4);
  EXPECT_EQ(published_.size(), 0u);
  EXPECT_THAT(out(), HasSubstr("发布后将交办 7 项，涉及 2 个单位（20 项任务，按 2024-03-04 的单位名录）\n"));
  EXPECT_THAT(out(), HasSubstr("县教育局         5\n"));
  EXPECT_THAT(out(), HasSubstr("没有单位负责的任务（1 项）：第3项\n"));
  EXPECT_THAT(out(), HasSubstr("没有时限、不会到期的任务（20 项）：第1项、第2项"));
  EXPECT_THAT(out(), HasSubstr("第15项等 20 项\n"));
  EXPECT_THAT(out(), HasSubstr("时限已过、发布即逾期的任务（1 项）：第5项\n"));
  EXPECT_THAT(err(), HasSubstr("没有发布；草稿不变"));
  in_.clear();
  in_.str("y\n");
  EXPECT_EQ(Run({"plan", "publish", "p1", "--issuer=units/zfb"}), 0) << err();
  ASSERT_EQ(published_.size(), 1u);
  EXPECT_EQ(published_[0].etag(), "e1") << "what was shown is what is published";
  EXPECT_THAT(out(), HasSubstr("已发布：2024年工作要点（第 1 次发布，20 项任务），交办 7 项，涉及 2 个单位\n"));
}

// Tasks of a district's plan beside those of the city's that it is asked for.
class AlignerCliTest : public PlannerCliTest {
 protected:
  AlignerCliTest() {
    servers_.On<v1::ProposeAlignmentsRequest, v1::ProposeAlignmentsResponse>("PlanService/ProposeAlignments",
                                                                             [this](const auto&) { return likely_; });
    servers_.On<v1::AlignTasksRequest, v1::Plan>("PlanService/AlignTasks", [](const auto&) { return Draft(); });
    for (const auto& [task, score] : {std::pair("body-1", 0.41), std::pair("body-2", 0.83)}) {
      auto* alignment = likely_.add_alignments();
      alignment->set_task(std::string("plans/p1/tasks/") + task);
      alignment->set_upstream_task("plans/up/tasks/body-7");
      alignment->set_score(score);
    }
  }
  v1::ProposeAlignmentsResponse likely_;
};

TEST_F(AlignerCliTest, WhatIsNotLikeEnoughIsSaidToBeLeft) {
  EXPECT_EQ(Run({"plan", "align", "p1", "--accept-all"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("body-2 承接 plans/up/tasks/body-7\n"));
  EXPECT_THAT(out() + err(), HasSubstr("未采纳：body-1（0.41 < 0.6）"));
  EXPECT_EQ(Run({"plan", "align", "p1", "--accept-all", "--min-score=0.9"}), 5);
  EXPECT_THAT(err(), HasSubstr("body-1（0.41 < 0.9）"));
  EXPECT_THAT(err(), HasSubstr("body-2（0.83 < 0.9）"));
}

TEST_F(AlignerCliTest, BeforePublishingItIsSaidWhatNobodyTakesOn) {
  EXPECT_EQ(Run({"plan", "preview", "p1"}), 0) << err();
  EXPECT_THAT(out(), Not(HasSubstr("无人承接")));
  likely_.add_uncovered_tasks("plans/up/tasks/body-9");
  EXPECT_EQ(Run({"plan", "preview", "p1"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("无人承接的上级任务（1 项）：plans/up/tasks/body-9\n"));
  EXPECT_EQ(Run({"plan", "publish", "p1", "--issuer=units/zfb", "--yes"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("无人承接的上级任务（1 项）：plans/up/tasks/body-9\n"));
}

// A published plan that is corrected.
class ReviserCliTest : public PlannerCliTest {
 protected:
  ReviserCliTest() {
    servers_.On<v1::RevisePlanRequest, v1::Plan>("PlanService/RevisePlan", [this](const auto& request) {
      revised_ = request;
      v1::Plan draft = Draft();
      draft.set_name("plans/p1-r2");
      draft.set_revises("plans/p1");
      draft.set_base_revision(1);
      draft.set_drafter("units/zfb");
      return draft;
    });
    servers_.On<v1::ComparePlanRevisionsRequest, v1::ComparePlanRevisionsResponse>(
        "PlanService/ComparePlanRevisions", [this](const auto& request) {
          compared_ = request;
          v1::ComparePlanRevisionsResponse response;
          response.set_from_revision(1);
          response.set_unchanged(17);
          response.add_plan_fields("title");
          auto* changed = response.add_differences();
          changed->set_kind(v1::ComparePlanRevisionsResponse::TaskDifference::CHANGED);
          changed->set_task_id("body-5");
          *changed->mutable_before() = Draft().tasks(4);
          *changed->mutable_after() = Draft().tasks(4);
          changed->mutable_before()->mutable_deadline()->set_kind(v1::Deadline::BY_DATE);
          changed->mutable_before()->mutable_deadline()->set_due("2024-06-30");
          changed->mutable_after()->mutable_deadline()->set_kind(v1::Deadline::BY_DATE);
          changed->mutable_after()->mutable_deadline()->set_due("2024-08-31");
          changed->add_fields("deadline");
          changed->set_duty_changed(true);
          changed->set_unsure(true);
          auto* removed = response.add_differences();
          removed->set_kind(v1::ComparePlanRevisionsResponse::TaskDifference::REMOVED);
          removed->set_task_id("body-6");
          *removed->mutable_before() = Draft().tasks(5);
          return response;
        });
    v1::RevisionMoves& moves = *preview_.mutable_moves();
    moves.set_added(1);
    moves.set_changed(3);
    moves.set_cancelled(2);
    moves.set_kept(40);
    auto* share = moves.add_shares();
    share->set_unit_display_name("县教育局");
    share->set_changed(3);
  }

  v1::RevisePlanRequest revised_;
  v1::ComparePlanRevisionsRequest compared_;
};

TEST_F(ReviserCliTest, RevisingSaysWhatIsNext) {
  EXPECT_EQ(Run({"plan", "revise", "p1", "--request-id=r"}), 0) << err();
  EXPECT_EQ(revised_.name(), "plans/p1");
  EXPECT_THAT(out(), HasSubstr("已开出修订稿 p1-r2（据第 1 次发布）；发布前，已发布的内容照常有效"));
  EXPECT_THAT(err() + out(), HasSubstr("duban plan publish p1-r2 --issuer=zfb --reason=修订原因"));
}

TEST_F(ReviserCliTest, TheDifferencesAreShownTaskByTask) {
  EXPECT_EQ(Run({"plan", "diff", "p1-r2"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("第 1 次发布 → 修订稿\n计划本身的改动：标题\n"));
  EXPECT_THAT(out(), HasSubstr("body-5"));
  EXPECT_THAT(out(), HasSubstr("须重新签收"));
  EXPECT_THAT(out(), HasSubstr("时限：2024-06-30"));
  EXPECT_THAT(out(), HasSubstr("→ 2024-08-31"));
  EXPECT_THAT(out(), HasSubstr("删除"));
  EXPECT_THAT(out(), HasSubstr("没有改动的任务 17 项"));
  EXPECT_THAT(err() + out(), HasSubstr("duban plan task same p1-r2 任务 --new"));
  EXPECT_EQ(Run({"plan", "diff", "p1", "--from=1", "--to=3"}), 0) << err();
  EXPECT_EQ(compared_.from_revision(), 1);
  EXPECT_EQ(compared_.to_revision(), 3);
  EXPECT_EQ(Run({"plan", "diff", "p1", "--from=101"}), 2);
}

TEST_F(ReviserCliTest, PublishingARevisionShowsWhatMovesAndAsksWhy) {
  terminal_ = true;
  in_.str("时限有误\ny\n");
  EXPECT_EQ(Run({"plan", "publish", "p1-r2", "--issuer=units/zfb"}), 0) << err();
  ASSERT_EQ(published_.size(), 1u);
  EXPECT_EQ(published_[0].reason(), "时限有误");
  EXPECT_THAT(out(), HasSubstr("2024-08-31"));
  EXPECT_THAT(out(), HasSubstr("发布后：新增交办 1 项，须重新签收 3 项，撤销 2 项，40 项不变"));
}

TEST_F(ReviserCliTest, ATaskIsSaidToBeNewOrAnotherOne) {
  EXPECT_EQ(Run({"plan", "task", "same", "p1-r2", "body-5", "--as=body-7", "--request-id=r"}), 0) << err();
  EXPECT_EQ(edited_.edits(0).identify_task().task_id(), "body-5");
  EXPECT_EQ(edited_.edits(0).identify_task().published_id(), "body-7");
  EXPECT_EQ(Run({"plan", "task", "same", "p1-r2", "body-5", "--new", "--request-id=r2"}), 0) << err();
  EXPECT_EQ(edited_.edits(0).identify_task().published_id(), "");
  EXPECT_EQ(Run({"plan", "task", "same", "p1-r2", "body-5"}), 2);
}

TEST_F(ReviserCliTest, RevisionsAreListedTheLatestFirst) {
  servers_.On<v1::ListPlanRevisionsRequest, v1::ListPlanRevisionsResponse>(
      "PlanService/ListPlanRevisions", [](const auto&) {
        v1::ListPlanRevisionsResponse response;
        for (int revision = 2; revision >= 1; --revision) {
          v1::Plan& plan = *response.add_revisions();
          plan.set_revision(revision);
          plan.set_state(v1::Plan::PUBLISHED);
          if (revision == 2) plan.set_revision_reason("时限有误");
        }
        return response;
      });
  EXPECT_EQ(Run({"plan", "revisions", "p1"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("时限有误"));
  EXPECT_THAT(out(), HasSubstr("已被替代"));
}

TEST_F(PlannerCliTest, WhereNobodyCanBeAskedPublishingWantsAYes) {
  EXPECT_EQ(Run({"plan", "publish", "p1", "--issuer=units/zfb"}), 2);
  EXPECT_THAT(err(), HasSubstr("duban plan preview p1，确认无误后加 --yes 发布"));
  EXPECT_EQ(Run({"plan", "publish", "p1", "--issuer=units/zfb", "--format=json"}), 2);
  EXPECT_EQ(published_.size(), 0u);
  EXPECT_EQ(Run({"plan", "publish", "p1", "--issuer=units/zfb", "--yes", "--request-id=r"}), 0) << err();
  ASSERT_EQ(published_.size(), 1u);
  EXPECT_EQ(published_[0].etag(), "") << "the same command is the same request, whatever happened meanwhile";
  EXPECT_THAT(servers_.calls, Not(Contains("PlanService/PreviewPublication")));
}

TEST_F(PlannerCliTest, OpenFindingsAreSaidWithoutAsking) {
  terminal_ = true;
  preview_.add_blocking_findings("f-1");
  servers_.On<v1::PublishPlanRequest, v1::Plan>("PlanService/PublishPlan", [](const auto&) -> absl::StatusOr<v1::Plan> {
    return Error(v1::FINDINGS_OPEN, "1 finding is open", "还有 1 项待核实事项未处理");
  });
  EXPECT_EQ(Run({"plan", "publish", "p1", "--issuer=units/zfb"}), 4);
  EXPECT_THAT(out(), HasSubstr("还有 1 项待核实事项阻止发布\n"));
  EXPECT_THAT(out(), Not(HasSubstr("确认发布？")));
}

TEST_F(PlannerCliTest, AConfirmedPublicationWithoutAnAnswerIsRepeatedAsTheSameRequest) {
  terminal_ = true;
  in_.str("y\n");
  servers_.On<v1::PublishPlanRequest, v1::Plan>("PlanService/PublishPlan", [](const auto&) -> absl::StatusOr<v1::Plan> {
    return absl::UnavailableError("Connection refused");
  });
  EXPECT_EQ(Run({"plan", "publish", "p1", "--issuer=units/zfb"}), 3);
  EXPECT_THAT(err(), HasSubstr("重试时另加 --yes --etag='e1'"));
}

TEST_F(PlannerCliTest, AWaitingPublicationAsksAgainUntilItIsIssued) {
  int asked = 0;
  std::thread time;
  servers_.On<v1::GetIssuanceRequest, v1::GetIssuanceResponse>("AssignmentService/GetIssuance",
                                                               [&](const auto& request) {
                                                                 EXPECT_EQ(request.issuer(), "units/zfb");
                                                                 v1::GetIssuanceResponse response;
                                                                 if (++asked > 1) {
                                                                   response.set_revision(1);
                                                                 } else {
                                                                   time = std::thread([this] {
                                                                     clock_.WaitForWaiters(1);
                                                                     clock_.Advance(absl::Seconds(1));
                                                                   });
                                                                 }
                                                                 return response;
                                                               });
  EXPECT_EQ(Run({"plan", "publish", "p1", "--issuer=units/zfb", "--yes", "--wait"}), 0) << err();
  time.join();
  EXPECT_EQ(asked, 2);
  EXPECT_THAT(out(), HasSubstr("已交办 7 项"));
}

TEST_F(PlannerCliTest, APreviewIsThereByItselfForPeopleAndPrograms) {
  EXPECT_EQ(Run({"plan", "preview", "p1", "--lang=en"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("publishing would issue 7 assignments to 2 units"));
  EXPECT_THAT(err(), HasSubstr("duban plan publish p1 --issuer=UNIT"));
  EXPECT_EQ(Run({"plan", "preview", "p1", "--format=json"}), 0);
  EXPECT_THAT(out(), HasSubstr("\"unanswered_tasks\":[\"body-3\"]"));
}

TEST_F(PlannerCliTest, FindingsOfOneKindAreSettledTogether) {
  servers_.On<v1::GetPlanRequest, v1::Plan>("PlanService/GetPlan", [](const auto&) {
    v1::Plan plan = Draft();
    for (const char* id : {"f-1", "f-2"}) {
      plan.add_findings()->set_finding_id(id);
      plan.mutable_findings()->rbegin()->set_code("SHARED_CELL");
    }
    return plan;
  });
  v1::SettleFindingsRequest seen;
  servers_.On<v1::SettleFindingsRequest, v1::Plan>("PlanService/SettleFindings", [&](const auto& request) {
    seen = request;
    return Draft();
  });
  EXPECT_EQ(Run({"plan", "settle", "p1", "--finding=f-1", "--finding=f-2", "--alike", "--accept"}), 0) << err();
  ASSERT_EQ(seen.answers_size(), 1);
  EXPECT_EQ(seen.answers(0).code(), "SHARED_CELL");
  EXPECT_EQ(Run({"plan", "settle", "p1", "--finding=f-9", "--alike", "--accept"}), 5);
  EXPECT_EQ(Run({"plan", "settle", "p1", "--alike", "--accept-all"}), 2);
  EXPECT_EQ(Run({"plan", "settle", "p1", "--finding=f-1", "--answer=县教育局", "--remember"}), 0);
  EXPECT_TRUE(seen.answers(0).remember());
}

TEST_F(PlannerCliTest, InATalkAllOfAKindAreTakenWithOneLetter) {
  terminal_ = true;
  v1::Plan plan = Draft();
  for (const char* id : {"f-1", "f-2", "f-3"}) {
    auto* finding = plan.add_findings();
    finding->set_finding_id(id);
    finding->set_code("SHARED_CELL");
    finding->set_proposal("县教育局");
  }
  servers_.On<v1::GetPlanRequest, v1::Plan>("PlanService/GetPlan", [&](const auto&) { return plan; });
  std::vector<std::string> answers;
  servers_.On<v1::SettleFindingsRequest, v1::Plan>("PlanService/SettleFindings", [&](const auto& request) {
    answers.push_back(request.answers(0).code());
    for (auto& finding : *plan.mutable_findings()) finding.set_settlement(v1::Finding::ACCEPTED);
    return plan;
  });
  in_.str("A\n");
  EXPECT_EQ(Run({"plan", "settle", "p1"}), 0) << err();
  EXPECT_THAT(answers, ElementsAre("SHARED_CELL"));
  EXPECT_THAT(out(), HasSubstr("[A]同类全部采纳（3 项）"));
}

TEST_F(PlannerCliTest, WhatIsKeptOfOfficesLayoutsIsListedAndForgotten) {
  servers_.On<v1::ListKeptHintsRequest, v1::ListKeptHintsResponse>("PlanService/ListKeptHints", [](const auto&) {
    v1::ListKeptHintsResponse response;
    auto* kept = response.add_kept_hints();
    kept->set_name("keptHints/0a");
    kept->set_issuing_unit("南江市");
    kept->mutable_hints()->add_columns("任务");
    kept->mutable_hints()->add_columns("牵头单位");
    kept->mutable_hints()->set_layout(v1::ReadingHints::CELLS);
    kept->set_plan_title("2024年工作要点");
    return response;
  });
  v1::DeleteKeptHintsRequest seen;
  servers_.On<v1::DeleteKeptHintsRequest, v1::DeleteKeptHintsResponse>("PlanService/DeleteKeptHints",
                                                                       [&](const auto& request) {
                                                                         seen = request;
                                                                         return v1::DeleteKeptHintsResponse();
                                                                       });
  EXPECT_EQ(Run({"plan", "hints", "list"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("南江市  任务、牵头单位  一格一行  2024年工作要点"));
  EXPECT_EQ(Run({"plan", "hints", "remove", "北江市"}), 5);
  EXPECT_THAT(err(), HasSubstr("没有记住“北江市”文件的排法"));
  EXPECT_EQ(Run({"plan", "hints", "remove", "南江市", "--etag=e1"}), 0) << err();
  EXPECT_EQ(seen.name(), "keptHints/0a");
  EXPECT_EQ(seen.etag(), "e1");
}

TEST_F(PlannerCliTest, AnImportSaysWhetherKeptHintsCountAndWhetherItsOwnAreKept) {
  v1::ImportPlanRequest seen;
  servers_.On<v1::ImportPlanRequest, v1::Plan>("PlanService/ImportPlan", [&](const auto& request) {
    seen = request;
    return Draft();
  });
  in_.str("x");
  EXPECT_EQ(Run({"plan", "import", "-"}), 0) << err();
  EXPECT_FALSE(seen.has_hints()) << "what is kept counts";
  in_.clear(), in_.str("x");
  EXPECT_EQ(Run({"plan", "import", "-", "--without-hints"}), 0) << err();
  EXPECT_TRUE(seen.has_hints());
  EXPECT_FALSE(seen.remember_hints());
  in_.clear(), in_.str("x");
  EXPECT_EQ(Run({"plan", "import", "-", "--columns=任务,责任单位", "--remember"}), 0) << err();
  EXPECT_TRUE(seen.remember_hints());
  EXPECT_EQ(Run({"plan", "import", "-", "--remember"}), 2) << "nothing was said";
  EXPECT_EQ(Run({"plan", "import", "-", "--layout=prose", "--without-hints"}), 2);
}

TEST_F(PlannerCliTest, AnswersAreTakenBack) {
  v1::ReopenFindingsRequest seen;
  servers_.On<v1::ReopenFindingsRequest, v1::Plan>("PlanService/ReopenFindings", [&](const auto& request) {
    seen = request;
    return Draft();
  });
  EXPECT_EQ(Run({"plan", "reopen", "p1", "f-1", "f-3"}), 0) << err();
  EXPECT_THAT(seen.finding_ids(), ElementsAre("f-1", "f-3"));
  EXPECT_EQ(Run({"plan", "reopen", "p1", "--finding=f-4", "--finding=f-2"}), 0) << err();
  EXPECT_THAT(seen.finding_ids(), ElementsAre("f-4", "f-2")) << "as they were settled";
  EXPECT_EQ(Run({"plan", "reopen", "p1", "f-1", "--finding=f-2", "--finding=f-1"}), 0) << err();
  EXPECT_THAT(seen.finding_ids(), ElementsAre("f-1", "f-2"));
  EXPECT_EQ(Run({"plan", "reopen", "p1"}), 2);
  EXPECT_THAT(err(), HasSubstr("--finding=f-3"));
}

TEST_F(PlannerCliTest, APlanShowsWhoDecidedWhatAndWhen) {
  servers_.On<v1::GetPlanRequest, v1::Plan>("PlanService/GetPlan", [](const auto&) {
    v1::Plan plan = Draft();
    auto* finding = plan.add_findings();
    finding->set_finding_id("f-1");
    finding->set_code("UNKNOWN_UNIT");
    finding->set_settlement(v1::Finding::ANSWERED);
    finding->set_answer("县教育局");
    finding->set_settled_by("王敏");
    finding->mutable_settle_time()->set_seconds(1709514000);
    return plan;
  });
  EXPECT_EQ(Run({"plan", "show", "p1", "--all-findings"}), 0);
  EXPECT_THAT(out(), HasSubstr("县教育局  王敏  2024-03-04 09:00"));
}

TEST_F(PlannerCliTest, ATaskThatIsNotThereIsAnErrorThatSaysHowToFindIt) {
  EXPECT_EQ(Run({"plan", "show", "p1", "--task=xx"}), 5);
  EXPECT_EQ(out(), "");
  EXPECT_THAT(err(), HasSubstr("“p1”没有任务“xx”"));
  EXPECT_EQ(Run({"plan", "show", "p1", "--ids"}), 0);
  EXPECT_THAT(out(), HasSubstr("body-20"));
}

TEST_F(PlannerCliTest, TasksAndHeadingsOfADraftAreWorkedOn) {
  EXPECT_EQ(
      Run({"plan", "task", "add", "p1", "--text=新任务", "--lead=县教育局", "--deadline=9月底前", "--before=body-2"}),
      0)
      << err();
  ASSERT_EQ(edited_.edits_size(), 1);
  EXPECT_EQ(edited_.edits(0).add_task().before(), "body-2");
  EXPECT_EQ(edited_.edits(0).add_task().task().deadline().printed(), "9月底前");
  EXPECT_EQ(edited_.edits(0).add_task().task().responsibilities(0).role(), v1::Responsibility::LEAD);
  EXPECT_EQ(Run({"plan", "task", "remove", "p1", "body-2", "--etag=e1"}), 0);
  EXPECT_EQ(edited_.edits(0).remove_task().task_id(), "body-2");
  EXPECT_EQ(edited_.etag(), "e1");
  EXPECT_EQ(Run({"plan", "task", "move", "p1", "body-2", "--heading=一", "--heading=（一）"}), 0);
  EXPECT_THAT(edited_.edits(0).move_task().headings(), ElementsAre("一", "（一）"));
  EXPECT_EQ(Run({"plan", "task", "split", "p1", "body-2", "--text=前半", "--text=后半"}), 0);
  EXPECT_THAT(edited_.edits(0).split_task().texts(), ElementsAre("前半", "后半"));
  EXPECT_EQ(Run({"plan", "task", "join", "p1", "body-1", "body-2", "body-3"}), 0);
  EXPECT_THAT(edited_.edits(0).join_tasks().others(), ElementsAre("body-2", "body-3"));
  EXPECT_EQ(Run({"plan", "heading", "rename", "p1", "一", "（一）", "--to=（一）总则"}), 0);
  EXPECT_THAT(edited_.edits(0).rename_heading().headings(), ElementsAre("一", "（一）"));
  EXPECT_EQ(Run({"plan", "heading", "remove", "p1", "一"}), 0);
  EXPECT_EQ(edited_.edits(0).rename_heading().heading(), "");
  EXPECT_EQ(Run({"plan", "heading", "rename", "p1", "一"}), 2);
}

TEST_F(PlannerCliTest, ADraftIsDiscardedOrReadAnew) {
  v1::DeletePlanRequest deleted;
  servers_.On<v1::DeletePlanRequest, v1::DeletePlanResponse>("PlanService/DeletePlan", [&](const auto& request) {
    deleted = request;
    return v1::DeletePlanResponse();
  });
  EXPECT_EQ(Run({"plan", "delete", "p1"}), 0) << err();
  EXPECT_EQ(deleted.name(), "plans/p1");
  const testing::TempFolder folder;
  const std::string file = folder.path() + "/plan.txt";
  std::ofstream(file) << "要点";
  v1::ReimportPlanRequest again;
  servers_.On<v1::ReimportPlanRequest, v1::Plan>("PlanService/ReimportPlan", [&](const auto& request) {
    again = request;
    return Draft();
  });
  v1::ImportPlanRequest imported;
  servers_.On<v1::ImportPlanRequest, v1::Plan>("PlanService/ImportPlan", [&](const auto& request) {
    imported = request;
    return Draft();
  });
  EXPECT_EQ(Run({"plan", "import", file, "--over=p1", "--etag=e1"}), 0) << err();
  EXPECT_EQ(again.name(), "plans/p1");
  EXPECT_EQ(again.etag(), "e1");
  EXPECT_EQ(Run({"plan", "import", file, "--keep-empty"}), 0);
  EXPECT_TRUE(imported.keep_without_tasks());
  EXPECT_EQ(Run({"plan", "import", file, "--over=p1", "--keep-empty"}), 2);
  EXPECT_EQ(Run({"plan", "import", file, "--etag=e1"}), 2);
}

TEST_F(PlannerCliTest, AliasesAreListedAndTakenBack) {
  servers_.On<v1::ListAliasesRequest, v1::ListAliasesResponse>("DirectoryService/ListAliases", [](const auto& request) {
    v1::ListAliasesResponse page;
    auto* alias = page.add_aliases();
    alias->set_alias(request.page_token().empty() ? "教育口" : "文化口");
    alias->set_entry_display_name(request.page_token().empty() ? "县教育局" : "县文化馆");
    alias->set_only_here(!request.page_token().empty());
    if (request.page_token().empty()) page.set_next_page_token("2");
    return page;
  });
  EXPECT_EQ(Run({"unit", "alias", "list"}), 0) << err();
  EXPECT_EQ(out(),
            "又称    单位      来源\n"
            "──────────────────────────\n"
            "教育口  县教育局  单位名录\n"
            "文化口  县文化馆  仅本节点\n");
  v1::RemoveAliasRequest removed;
  servers_.On<v1::RemoveAliasRequest, v1::RemoveAliasResponse>("DirectoryService/RemoveAlias",
                                                               [&](const auto& request) {
                                                                 removed = request;
                                                                 return v1::RemoveAliasResponse();
                                                               });
  EXPECT_EQ(Run({"unit", "alias", "remove", "教育口"}), 0);
  EXPECT_EQ(removed.alias(), "教育口");
}

}  // namespace
}  // namespace duban::cli
