// Every error that PlanService and DirectoryService list, per call. The cores are called as the edge calls them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/base/errors.h"
#include "tests/support/plan_node.h"

namespace duban {
namespace {

using testing::PlanNode;

constexpr char kDirectory[] =
    "编号,名称,类别,上级,节点,成员\n"
    "gov,市政府,政府,,,\n"
    "edu,市教育局,部门,市政府,,\n"
    "finance,市财政局,部门,市政府,,\n"
    "east,东区政府,政府,市政府,district,\n"
    "counties,各区政府,集合,,,东区政府\n";

class PlanContractTest : public ::testing::Test {
 protected:
  PlanContractTest() { city_.Load(kDirectory); }

  template <typename Method, typename Request, typename Response>
  v1::ErrorReason Plans(Method method, const Request& request, Response* response) {
    return ReasonOf(status_ = city_.Call(city_.plans(), method, request, response));
  }
  template <typename Method, typename Request, typename Response>
  v1::ErrorReason Units(Method method, const Request& request, Response* response) {
    return ReasonOf(status_ = city_.Call(city_.directory(), method, request, response));
  }

  // A draft with one task for `unit`.
  v1::Plan Draft(const std::string& id, const std::string& unit = "市教育局") {
    v1::CreatePlanRequest request;
    request.set_plan_id(id);
    request.mutable_plan()->set_title("要点");
    request.mutable_plan()->set_year(2024);
    v1::Task* task = request.mutable_plan()->add_tasks();
    task->set_text("做好一件事");
    task->mutable_deadline()->set_kind(v1::Deadline::STANDING);
    auto* responsibility = task->add_responsibilities();
    responsibility->set_unit(unit);
    responsibility->set_role(v1::Responsibility::LEAD);
    v1::Plan plan;
    EXPECT_EQ(Plans(&PlanCore::CreatePlan, request, &plan), v1::ERROR_REASON_UNSPECIFIED) << status_;
    return plan;
  }

  v1::Plan Published(const std::string& id, const std::string& unit = "市教育局") {
    Draft(id, unit);
    v1::PublishPlanRequest request;
    request.set_name("plans/" + id);
    request.set_issuer("units/gov");
    v1::Plan plan;
    EXPECT_EQ(Plans(&PlanCore::PublishPlan, request, &plan), v1::ERROR_REASON_UNSPECIFIED) << status_;
    return plan;
  }

  // A plan of the node above, published to the east district, and with it its directory, at the district's node.
  void Descend() {
    Published("above", "东区政府");
    ASSERT_TRUE(district_.Follow(city_).ok());
  }
  template <typename Method, typename Request, typename Response>
  v1::ErrorReason DistrictPlans(Method method, const Request& request, Response* response) {
    return ReasonOf(status_ = district_.Call(district_.plans(), method, request, response));
  }
  template <typename Method, typename Request, typename Response>
  v1::ErrorReason DistrictUnits(Method method, const Request& request, Response* response) {
    return ReasonOf(status_ = district_.Call(district_.directory(), method, request, response));
  }

  PlanNode city_{"city"};
  PlanNode district_{"district"};
  absl::Status status_;
  v1::Plan plan_;
  v1::Unit unit_;
  v1::UnitGroup group_;
};

TEST_F(PlanContractTest, ParsePlan) {
  v1::ParsePlanRequest request;
  request.set_content(std::string("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8) + std::string(600, '\0'));
  request.set_source_name("old.doc");
  EXPECT_EQ(Plans(&PlanCore::ParsePlan, request, &plan_), v1::UNREADABLE_DOCUMENT);
  request.clear_content();
  EXPECT_EQ(Plans(&PlanCore::ParsePlan, request, &plan_), v1::INVALID_FIELD);
}

TEST_F(PlanContractTest, ImportPlan) {
  v1::ImportPlanRequest request;
  request.set_source_name("p.txt");
  request.set_plan_id("p");
  request.set_content(std::string("%PDF-1.7\n\0\0\0", 12));
  EXPECT_EQ(Plans(&PlanCore::ImportPlan, request, &plan_), v1::UNREADABLE_DOCUMENT);
  request.set_content("2024年工作要点\n\n1．做好一件事。（责任单位：市教育局）\n");
  EXPECT_EQ(Plans(&PlanCore::ImportPlan, request, &plan_), v1::ERROR_REASON_UNSPECIFIED) << status_;
  EXPECT_EQ(Plans(&PlanCore::ImportPlan, request, &plan_), v1::RESOURCE_EXISTS);
  request.set_plan_id("Not-An-Id");
  EXPECT_EQ(Plans(&PlanCore::ImportPlan, request, &plan_), v1::INVALID_FIELD);
}

TEST_F(PlanContractTest, CreatePlan) {
  Draft("p");
  v1::CreatePlanRequest request;
  request.set_plan_id("p");
  request.mutable_plan()->set_title("要点");
  EXPECT_EQ(Plans(&PlanCore::CreatePlan, request, &plan_), v1::RESOURCE_EXISTS);
  request.mutable_plan()->set_title(" ");
  EXPECT_EQ(Plans(&PlanCore::CreatePlan, request, &plan_), v1::INVALID_FIELD);
}

TEST_F(PlanContractTest, GetPlan) {
  v1::GetPlanRequest request;
  request.set_name("plans/none");
  EXPECT_EQ(Plans(&PlanCore::GetPlan, request, &plan_), v1::RESOURCE_NOT_FOUND);
}

TEST_F(PlanContractTest, ListPlans) {
  v1::ListPlansRequest request;
  v1::ListPlansResponse response;
  request.set_page_token("foreign");
  EXPECT_EQ(Plans(&PlanCore::ListPlans, request, &response), v1::INVALID_FIELD);
  Draft("a");
  Draft("b");
  request.clear_page_token();
  request.set_page_size(1);
  EXPECT_EQ(Plans(&PlanCore::ListPlans, request, &response), v1::ERROR_REASON_UNSPECIFIED) << status_;
  const std::string token = response.next_page_token();
  ASSERT_NE(token, "");
  // A token is of one listing: of its method, and of its filters.
  request.set_page_token(token);
  request.set_state(v1::Plan::PUBLISHED);
  EXPECT_EQ(Plans(&PlanCore::ListPlans, request, &response), v1::INVALID_FIELD);
  EXPECT_EQ(MetadataOf(status_)["field"], "page_token");
  v1::ListUnitsRequest units;
  v1::ListUnitsResponse unit_page;
  units.set_page_token(token);
  EXPECT_EQ(Units(&DirectoryCore::ListUnits, units, &unit_page), v1::INVALID_FIELD);
  EXPECT_EQ(MetadataOf(status_)["field"], "page_token");
  units.set_page_size(1);
  units.clear_page_token();
  EXPECT_EQ(Units(&DirectoryCore::ListUnits, units, &unit_page), v1::ERROR_REASON_UNSPECIFIED) << status_;
  request.clear_state();
  request.set_page_token(unit_page.next_page_token());
  EXPECT_EQ(Plans(&PlanCore::ListPlans, request, &response), v1::INVALID_FIELD);
}

TEST_F(PlanContractTest, UpdatePlan) {
  v1::UpdatePlanRequest request;
  request.mutable_plan()->set_name("plans/p");
  request.mutable_plan()->set_title("新标题");
  EXPECT_EQ(Plans(&PlanCore::UpdatePlan, request, &plan_), v1::RESOURCE_NOT_FOUND);
  Published("p");
  EXPECT_EQ(Plans(&PlanCore::UpdatePlan, request, &plan_), v1::WRONG_STATE);
  request.mutable_plan()->set_etag("\"s0\"");
  EXPECT_EQ(Plans(&PlanCore::UpdatePlan, request, &plan_), v1::ETAG_MISMATCH);
  Descend();
  request.mutable_plan()->set_name("plans/above");
  EXPECT_EQ(DistrictPlans(&PlanCore::UpdatePlan, request, &plan_), v1::NOT_OWNER);
}

TEST_F(PlanContractTest, UpdateTask) {
  v1::UpdateTaskRequest request;
  request.mutable_task()->set_name("plans/p/tasks/body-2");
  request.mutable_task()->set_text("改成这样");
  EXPECT_EQ(Plans(&PlanCore::UpdateTask, request, &plan_), v1::RESOURCE_NOT_FOUND);
  Draft("p");
  EXPECT_EQ(Plans(&PlanCore::UpdateTask, request, &plan_), v1::RESOURCE_NOT_FOUND);
  request.mutable_task()->set_name("plans/p/tasks/body-1");
  request.set_etag("\"s0\"");
  EXPECT_EQ(Plans(&PlanCore::UpdateTask, request, &plan_), v1::ETAG_MISMATCH);
  request.clear_etag();
  Published("q");
  request.mutable_task()->set_name("plans/q/tasks/body-1");
  EXPECT_EQ(Plans(&PlanCore::UpdateTask, request, &plan_), v1::WRONG_STATE);
  Descend();
  request.mutable_task()->set_name("plans/above/tasks/body-1");
  EXPECT_EQ(DistrictPlans(&PlanCore::UpdateTask, request, &plan_), v1::NOT_OWNER);
}

TEST_F(PlanContractTest, SettleFindings) {
  v1::SettleFindingsRequest request;
  request.set_name("plans/p");
  request.set_settled_by("李明");
  auto* answer = request.add_answers();
  answer->set_finding_id("f-1");
  answer->set_settlement(v1::Finding::ANSWERED);
  answer->set_answer("市教育局");
  EXPECT_EQ(Plans(&PlanCore::SettleFindings, request, &plan_), v1::RESOURCE_NOT_FOUND);
  Draft("p", "税务总局");
  request.set_etag("\"s0\"");
  EXPECT_EQ(Plans(&PlanCore::SettleFindings, request, &plan_), v1::ETAG_MISMATCH);
  request.clear_etag();
  answer->set_answer("没有这个局");
  EXPECT_EQ(Plans(&PlanCore::SettleFindings, request, &plan_), v1::RESOURCE_NOT_FOUND);
  answer->set_finding_id("f-9");
  EXPECT_EQ(Plans(&PlanCore::SettleFindings, request, &plan_), v1::RESOURCE_NOT_FOUND);
  answer->set_finding_id("f-1");
  answer->set_settlement(v1::Finding::ACCEPTED);
  EXPECT_EQ(Plans(&PlanCore::SettleFindings, request, &plan_), v1::WRONG_STATE) << "no proposal";
  answer->set_settlement(v1::Finding::ANSWERED);
  answer->clear_answer();
  EXPECT_EQ(Plans(&PlanCore::SettleFindings, request, &plan_), v1::INVALID_FIELD);
  answer->set_settlement(v1::Finding::DISMISSED);
  EXPECT_EQ(Plans(&PlanCore::SettleFindings, request, &plan_), v1::ERROR_REASON_UNSPECIFIED) << status_;
  EXPECT_EQ(Plans(&PlanCore::SettleFindings, request, &plan_), v1::WRONG_STATE) << "settled already";
  Published("q");
  request.set_name("plans/q");
  EXPECT_EQ(Plans(&PlanCore::SettleFindings, request, &plan_), v1::WRONG_STATE) << "not a draft";
  Descend();
  request.set_name("plans/above");
  EXPECT_EQ(DistrictPlans(&PlanCore::SettleFindings, request, &plan_), v1::NOT_OWNER);
}

TEST_F(PlanContractTest, ProposeAlignments) {
  v1::ProposeAlignmentsRequest request;
  v1::ProposeAlignmentsResponse response;
  request.set_name("plans/none");
  EXPECT_EQ(Plans(&PlanCore::ProposeAlignments, request, &response), v1::RESOURCE_NOT_FOUND);
}

TEST_F(PlanContractTest, AlignTasks) {
  v1::AlignTasksRequest request;
  request.set_name("plans/p");
  auto* alignment = request.add_alignments();
  alignment->set_task("plans/p/tasks/body-1");
  EXPECT_EQ(Plans(&PlanCore::AlignTasks, request, &plan_), v1::RESOURCE_NOT_FOUND) << "no plan";
  Draft("p");
  alignment->add_upstream_tasks("plans/none/tasks/body-1");
  EXPECT_EQ(Plans(&PlanCore::AlignTasks, request, &plan_), v1::RESOURCE_NOT_FOUND) << "no upstream task";
  alignment->set_upstream_tasks(0, "plans/p/tasks/body-1");
  EXPECT_EQ(Plans(&PlanCore::AlignTasks, request, &plan_), v1::RESOURCE_NOT_FOUND) << "not of another node";
  alignment->clear_upstream_tasks();
  alignment->set_task("plans/p/tasks/body-9");
  EXPECT_EQ(Plans(&PlanCore::AlignTasks, request, &plan_), v1::RESOURCE_NOT_FOUND) << "no task";
  request.set_etag("\"s0\"");
  EXPECT_EQ(Plans(&PlanCore::AlignTasks, request, &plan_), v1::ETAG_MISMATCH);
  request.clear_etag();
  Published("q");
  request.set_name("plans/q");
  alignment->set_task("plans/q/tasks/body-1");
  EXPECT_EQ(Plans(&PlanCore::AlignTasks, request, &plan_), v1::WRONG_STATE);
  Descend();
  request.set_name("plans/above");
  EXPECT_EQ(DistrictPlans(&PlanCore::AlignTasks, request, &plan_), v1::NOT_OWNER);
}

TEST_F(PlanContractTest, PublishPlan) {
  v1::PublishPlanRequest request;
  request.set_name("plans/p");
  request.set_issuer("units/gov");
  EXPECT_EQ(Plans(&PlanCore::PublishPlan, request, &plan_), v1::RESOURCE_NOT_FOUND);
  Draft("p", "没有这个局");
  request.set_issuer("units/none");
  EXPECT_EQ(Plans(&PlanCore::PublishPlan, request, &plan_), v1::RESOURCE_NOT_FOUND);
  request.set_issuer("units/east");
  EXPECT_EQ(Plans(&PlanCore::PublishPlan, request, &plan_), v1::NOT_OWNER) << "the issuer works elsewhere";
  request.set_issuer("units/gov");
  request.set_etag("\"s0\"");
  EXPECT_EQ(Plans(&PlanCore::PublishPlan, request, &plan_), v1::ETAG_MISMATCH);
  request.clear_etag();
  EXPECT_EQ(Plans(&PlanCore::PublishPlan, request, &plan_), v1::FINDINGS_OPEN);
  EXPECT_EQ(MetadataOf(status_).at("count"), "1");
  EXPECT_EQ(MetadataOf(status_).at("findings"), "f-1");
  v1::CreatePlanRequest empty;
  empty.set_plan_id("empty");
  empty.mutable_plan()->set_title("空");
  ASSERT_EQ(Plans(&PlanCore::CreatePlan, empty, &plan_), v1::ERROR_REASON_UNSPECIFIED);
  request.set_name("plans/empty");
  EXPECT_EQ(Plans(&PlanCore::PublishPlan, request, &plan_), v1::WRONG_STATE) << "no tasks";
  Published("q");
  request.set_name("plans/q");
  EXPECT_EQ(Plans(&PlanCore::PublishPlan, request, &plan_), v1::WRONG_STATE) << "published already";
  Descend();
  request.set_name("plans/above");
  EXPECT_EQ(DistrictPlans(&PlanCore::PublishPlan, request, &plan_), v1::NOT_OWNER);
}

TEST_F(PlanContractTest, PreviewPublication) {
  v1::PreviewPublicationRequest request;
  v1::PublicationPreview preview;
  request.set_name("plans/p");
  EXPECT_EQ(Plans(&PlanCore::PreviewPublication, request, &preview), v1::RESOURCE_NOT_FOUND);
  Published("p");
  EXPECT_EQ(Plans(&PlanCore::PreviewPublication, request, &preview), v1::WRONG_STATE);
  Descend();
  request.set_name("plans/above");
  EXPECT_EQ(DistrictPlans(&PlanCore::PreviewPublication, request, &preview), v1::NOT_OWNER);
}

TEST_F(PlanContractTest, RevisePlan) {
  v1::RevisePlanRequest request;
  request.set_name("plans/p");
  EXPECT_EQ(Plans(&PlanCore::RevisePlan, request, &plan_), v1::RESOURCE_NOT_FOUND);
  Draft("p");
  EXPECT_EQ(Plans(&PlanCore::RevisePlan, request, &plan_), v1::WRONG_STATE) << "a draft";
  Published("q");
  request.set_name("plans/q");
  request.set_etag("\"s0\"");
  EXPECT_EQ(Plans(&PlanCore::RevisePlan, request, &plan_), v1::ETAG_MISMATCH);
  request.clear_etag();
  request.set_draft_id("p");
  EXPECT_EQ(Plans(&PlanCore::RevisePlan, request, &plan_), v1::RESOURCE_EXISTS) << "another plan's id";
  EXPECT_EQ(MetadataOf(status_).at("by"), "plans/p");
  request.clear_draft_id();
  ASSERT_EQ(Plans(&PlanCore::RevisePlan, request, &plan_), v1::ERROR_REASON_UNSPECIFIED) << status_;
  EXPECT_EQ(Plans(&PlanCore::RevisePlan, request, &plan_), v1::RESOURCE_EXISTS) << "open already";
  EXPECT_EQ(MetadataOf(status_).at("by"), "plans/q-r2");
  // LIMIT_REACHED: RevisionTest.AHundredRevisionsAreTheMost.
  Descend();
  request.set_name("plans/above");
  EXPECT_EQ(DistrictPlans(&PlanCore::RevisePlan, request, &plan_), v1::NOT_OWNER);
}

TEST_F(PlanContractTest, ListPlanRevisions) {
  v1::ListPlanRevisionsRequest request;
  v1::ListPlanRevisionsResponse response;
  request.set_name("plans/p");
  EXPECT_EQ(Plans(&PlanCore::ListPlanRevisions, request, &response), v1::RESOURCE_NOT_FOUND);
  Draft("p");
  EXPECT_EQ(Plans(&PlanCore::ListPlanRevisions, request, &response), v1::RESOURCE_NOT_FOUND) << "a draft";
  Published("q");
  request.set_name("plans/q");
  ASSERT_EQ(Plans(&PlanCore::ListPlanRevisions, request, &response), v1::ERROR_REASON_UNSPECIFIED) << status_;
  EXPECT_EQ(response.revisions_size(), 1);
}

TEST_F(PlanContractTest, ComparePlanRevisions) {
  v1::ComparePlanRevisionsRequest request;
  v1::ComparePlanRevisionsResponse response;
  request.set_name("plans/p");
  EXPECT_EQ(Plans(&PlanCore::ComparePlanRevisions, request, &response), v1::RESOURCE_NOT_FOUND);
  Draft("p");
  EXPECT_EQ(Plans(&PlanCore::ComparePlanRevisions, request, &response), v1::WRONG_STATE) << "revises nothing";
  Published("q");
  request.set_name("plans/q");
  EXPECT_EQ(Plans(&PlanCore::ComparePlanRevisions, request, &response), v1::WRONG_STATE) << "one revision only";
  request.set_from_revision(2);
  EXPECT_EQ(Plans(&PlanCore::ComparePlanRevisions, request, &response), v1::RESOURCE_NOT_FOUND);
  request.set_from_revision(101);
  EXPECT_EQ(Plans(&PlanCore::ComparePlanRevisions, request, &response), v1::INVALID_FIELD);
  v1::RevisePlanRequest revise;
  revise.set_name("plans/q");
  ASSERT_EQ(Plans(&PlanCore::RevisePlan, revise, &plan_), v1::ERROR_REASON_UNSPECIFIED) << status_;
  request.set_name("plans/q-r2");
  request.clear_from_revision();
  request.set_to_revision(1);
  EXPECT_EQ(Plans(&PlanCore::ComparePlanRevisions, request, &response), v1::RESOURCE_NOT_FOUND) << "not the draft";
  request.clear_to_revision();
  EXPECT_EQ(Plans(&PlanCore::ComparePlanRevisions, request, &response), v1::ERROR_REASON_UNSPECIFIED) << status_;
}

TEST_F(PlanContractTest, EditPlan) {
  v1::EditPlanRequest request;
  request.set_name("plans/p");
  EXPECT_EQ(Plans(&PlanCore::EditPlan, request, &plan_), v1::INVALID_FIELD) << "no edit";
  auto* add = request.add_edits()->mutable_add_task();
  add->mutable_task()->set_text("又一件事");
  EXPECT_EQ(Plans(&PlanCore::EditPlan, request, &plan_), v1::RESOURCE_NOT_FOUND);
  Draft("p");
  request.set_etag("\"s0\"");
  EXPECT_EQ(Plans(&PlanCore::EditPlan, request, &plan_), v1::ETAG_MISMATCH);
  request.clear_etag();
  add->set_before("body-9");
  EXPECT_EQ(Plans(&PlanCore::EditPlan, request, &plan_), v1::RESOURCE_NOT_FOUND);
  add->clear_before();
  add->mutable_task()->set_text(std::string(19998, 'x'));
  request.add_edits()->mutable_join_tasks()->set_task_id("body-1");
  add->mutable_task()->set_task_id("long");
  request.mutable_edits(1)->mutable_join_tasks()->add_others("long");
  EXPECT_EQ(Plans(&PlanCore::EditPlan, request, &plan_), v1::LIMIT_REACHED) << "more than a task's text holds";
  request.mutable_edits()->RemoveLast();
  Published("q");
  request.set_name("plans/q");
  EXPECT_EQ(Plans(&PlanCore::EditPlan, request, &plan_), v1::WRONG_STATE);
  Descend();
  request.set_name("plans/above");
  EXPECT_EQ(DistrictPlans(&PlanCore::EditPlan, request, &plan_), v1::NOT_OWNER);
}

TEST_F(PlanContractTest, DeletePlan) {
  v1::DeletePlanRequest request;
  v1::DeletePlanResponse response;
  request.set_name("plans/p");
  EXPECT_EQ(Plans(&PlanCore::DeletePlan, request, &response), v1::RESOURCE_NOT_FOUND);
  Draft("p");
  request.set_etag("\"s0\"");
  EXPECT_EQ(Plans(&PlanCore::DeletePlan, request, &response), v1::ETAG_MISMATCH);
  request.clear_etag();
  Published("q");
  request.set_name("plans/q");
  EXPECT_EQ(Plans(&PlanCore::DeletePlan, request, &response), v1::WRONG_STATE);
  Descend();
  request.set_name("plans/above");
  EXPECT_EQ(DistrictPlans(&PlanCore::DeletePlan, request, &response), v1::NOT_OWNER);
}

TEST_F(PlanContractTest, ReimportPlan) {
  v1::ReimportPlanRequest request;
  request.set_name("plans/p");
  request.set_source_name("p.txt");
  request.set_content(std::string("%PDF-1.7\n\0\0\0", 12));
  EXPECT_EQ(Plans(&PlanCore::ReimportPlan, request, &plan_), v1::UNREADABLE_DOCUMENT);
  request.set_content("2024年工作要点\n\n1．做好一件事。（责任单位：市教育局）\n");
  EXPECT_EQ(Plans(&PlanCore::ReimportPlan, request, &plan_), v1::RESOURCE_NOT_FOUND);
  Draft("p");
  request.set_etag("\"s0\"");
  EXPECT_EQ(Plans(&PlanCore::ReimportPlan, request, &plan_), v1::ETAG_MISMATCH);
  request.clear_etag();
  Published("q");
  request.set_name("plans/q");
  EXPECT_EQ(Plans(&PlanCore::ReimportPlan, request, &plan_), v1::WRONG_STATE);
  Descend();
  request.set_name("plans/above");
  EXPECT_EQ(DistrictPlans(&PlanCore::ReimportPlan, request, &plan_), v1::NOT_OWNER);
}

TEST_F(PlanContractTest, ReopenFindings) {
  v1::ReopenFindingsRequest request;
  request.set_name("plans/p");
  request.add_finding_ids("f-1");
  EXPECT_EQ(Plans(&PlanCore::ReopenFindings, request, &plan_), v1::RESOURCE_NOT_FOUND);
  Draft("p", "税务总局");
  request.set_etag("\"s0\"");
  EXPECT_EQ(Plans(&PlanCore::ReopenFindings, request, &plan_), v1::ETAG_MISMATCH);
  request.clear_etag();
  EXPECT_EQ(Plans(&PlanCore::ReopenFindings, request, &plan_), v1::WRONG_STATE) << "open";
  request.set_finding_ids(0, "f-9");
  EXPECT_EQ(Plans(&PlanCore::ReopenFindings, request, &plan_), v1::RESOURCE_NOT_FOUND);
  Descend();
  request.set_name("plans/above");
  EXPECT_EQ(DistrictPlans(&PlanCore::ReopenFindings, request, &plan_), v1::NOT_OWNER);
}

TEST_F(PlanContractTest, Aliases) {
  v1::ListAliasesRequest list;
  v1::ListAliasesResponse listed;
  list.set_page_token("foreign");
  EXPECT_EQ(Units(&DirectoryCore::ListAliases, list, &listed), v1::INVALID_FIELD);
  v1::RemoveAliasRequest remove;
  v1::RemoveAliasResponse removed;
  remove.set_alias("教育口");
  EXPECT_EQ(Units(&DirectoryCore::RemoveAlias, remove, &removed), v1::RESOURCE_NOT_FOUND);
  city_.Load("编号,名称,类别,别名\nedu,市教育局,部门,教育局、教育口\n");
  list.clear_page_token();
  list.set_page_size(1);
  EXPECT_EQ(Units(&DirectoryCore::ListAliases, list, &listed), v1::ERROR_REASON_UNSPECIFIED) << status_;
  ASSERT_EQ(listed.aliases_size(), 1);
  const std::string first = listed.aliases(0).alias();
  list.set_page_token(listed.next_page_token());
  EXPECT_EQ(Units(&DirectoryCore::ListAliases, list, &listed), v1::ERROR_REASON_UNSPECIFIED) << status_;
  ASSERT_EQ(listed.aliases_size(), 1);
  EXPECT_NE(listed.aliases(0).alias(), first);
  EXPECT_EQ(listed.next_page_token(), "");
  Descend();
  EXPECT_EQ(DistrictUnits(&DirectoryCore::RemoveAlias, remove, &removed), v1::NOT_OWNER);
}

TEST_F(PlanContractTest, KeptHints) {
  v1::ListKeptHintsRequest list;
  v1::ListKeptHintsResponse listed;
  list.set_page_token("foreign");
  EXPECT_EQ(Plans(&PlanCore::ListKeptHints, list, &listed), v1::INVALID_FIELD);
  list.clear_page_token();
  v1::DeleteKeptHintsRequest remove;
  v1::DeleteKeptHintsResponse removed;
  remove.set_name("keptHints/none");
  EXPECT_EQ(Plans(&PlanCore::DeleteKeptHints, remove, &removed), v1::RESOURCE_NOT_FOUND);
  v1::ImportPlanRequest import;
  import.set_source_name("p.txt");
  import.set_content("南江市2024年工作要点\n\n1．做好一件事。（责任单位：市教育局）\n");
  import.mutable_hints()->set_layout(v1::ReadingHints::PROSE);
  import.set_remember_hints(true);
  EXPECT_EQ(Plans(&PlanCore::ImportPlan, import, &plan_), v1::ERROR_REASON_UNSPECIFIED) << status_;
  EXPECT_EQ(Plans(&PlanCore::ListKeptHints, list, &listed), v1::ERROR_REASON_UNSPECIFIED) << status_;
  ASSERT_EQ(listed.kept_hints_size(), 1);
  remove.set_name(listed.kept_hints(0).name());
  remove.set_etag("\"s0\"");
  EXPECT_EQ(Plans(&PlanCore::DeleteKeptHints, remove, &removed), v1::ETAG_MISMATCH);
  remove.set_etag(listed.kept_hints(0).etag());
  EXPECT_EQ(Plans(&PlanCore::DeleteKeptHints, remove, &removed), v1::ERROR_REASON_UNSPECIFIED) << status_;
}

TEST_F(PlanContractTest, WithdrawPlan) {
  v1::WithdrawPlanRequest request;
  request.set_name("plans/p");
  request.set_reason("重复");
  EXPECT_EQ(Plans(&PlanCore::WithdrawPlan, request, &plan_), v1::RESOURCE_NOT_FOUND);
  Draft("p");
  EXPECT_EQ(Plans(&PlanCore::WithdrawPlan, request, &plan_), v1::WRONG_STATE);
  request.set_etag("\"s0\"");
  EXPECT_EQ(Plans(&PlanCore::WithdrawPlan, request, &plan_), v1::ETAG_MISMATCH);
  request.clear_etag();
  Descend();
  request.set_name("plans/above");
  EXPECT_EQ(DistrictPlans(&PlanCore::WithdrawPlan, request, &plan_), v1::NOT_OWNER);
}

TEST_F(PlanContractTest, GetUnit) {
  v1::GetUnitRequest request;
  request.set_name("units/none");
  EXPECT_EQ(Units(&DirectoryCore::GetUnit, request, &unit_), v1::RESOURCE_NOT_FOUND);
}

TEST_F(PlanContractTest, CreateUnit) {
  v1::CreateUnitRequest request;
  request.set_unit_id("edu");
  request.mutable_unit()->set_display_name("市教委");
  request.mutable_unit()->set_kind(v1::Unit::DEPARTMENT);
  EXPECT_EQ(Units(&DirectoryCore::CreateUnit, request, &unit_), v1::RESOURCE_EXISTS) << "the id";
  request.set_unit_id("edu2");
  request.mutable_unit()->set_display_name("市教育局");
  EXPECT_EQ(Units(&DirectoryCore::CreateUnit, request, &unit_), v1::RESOURCE_EXISTS) << "the name";
  EXPECT_EQ(MetadataOf(status_).at("by"), "units/edu");
  request.mutable_unit()->set_display_name("市教委");
  request.mutable_unit()->add_superiors()->set_unit("units/none");
  EXPECT_EQ(Units(&DirectoryCore::CreateUnit, request, &unit_), v1::RESOURCE_NOT_FOUND);
  request.mutable_unit()->mutable_superiors(0)->set_unit("units/edu2");
  EXPECT_EQ(Units(&DirectoryCore::CreateUnit, request, &unit_), v1::INVALID_FIELD) << "its own superior";
}

TEST_F(PlanContractTest, UpdateUnit) {
  v1::UpdateUnitRequest request;
  request.mutable_unit()->set_name("units/none");
  request.mutable_unit()->set_display_name("市教委");
  request.mutable_update_mask()->add_paths("display_name");
  EXPECT_EQ(Units(&DirectoryCore::UpdateUnit, request, &unit_), v1::RESOURCE_NOT_FOUND);
  request.mutable_unit()->set_name("units/edu");
  request.mutable_unit()->set_etag("\"s0\"");
  EXPECT_EQ(Units(&DirectoryCore::UpdateUnit, request, &unit_), v1::ETAG_MISMATCH);
  request.mutable_unit()->clear_etag();
  request.mutable_unit()->set_display_name("市财政局");
  EXPECT_EQ(Units(&DirectoryCore::UpdateUnit, request, &unit_), v1::RESOURCE_EXISTS);
  request.mutable_update_mask()->set_paths(0, "superiors");
  request.mutable_unit()->add_superiors()->set_unit("units/none");
  EXPECT_EQ(Units(&DirectoryCore::UpdateUnit, request, &unit_), v1::RESOURCE_NOT_FOUND);
  request.mutable_unit()->set_name("units/gov");
  request.mutable_unit()->mutable_superiors(0)->set_unit("units/edu");
  EXPECT_EQ(Units(&DirectoryCore::UpdateUnit, request, &unit_), v1::WRONG_STATE) << "a circle";
  request.mutable_update_mask()->set_paths(0, "owner_node");
  EXPECT_EQ(Units(&DirectoryCore::UpdateUnit, request, &unit_), v1::INVALID_FIELD);
  Descend();
  request.mutable_update_mask()->set_paths(0, "display_name");
  EXPECT_EQ(DistrictUnits(&DirectoryCore::UpdateUnit, request, &unit_), v1::NOT_OWNER);
}

TEST_F(PlanContractTest, DeleteUnit) {
  v1::DeleteUnitRequest request;
  v1::DeleteUnitResponse response;
  request.set_name("units/none");
  EXPECT_EQ(Units(&DirectoryCore::DeleteUnit, request, &response), v1::RESOURCE_NOT_FOUND);
  request.set_name("units/edu");
  request.set_etag("\"s0\"");
  EXPECT_EQ(Units(&DirectoryCore::DeleteUnit, request, &response), v1::ETAG_MISMATCH);
  request.clear_etag();
  Published("p");
  EXPECT_EQ(Units(&DirectoryCore::DeleteUnit, request, &response), v1::STILL_IN_USE);
  EXPECT_EQ(MetadataOf(status_).at("by"), "plans/p");
  request.set_name("units/east");
  EXPECT_EQ(Units(&DirectoryCore::DeleteUnit, request, &response), v1::STILL_IN_USE);
  EXPECT_EQ(MetadataOf(status_).at("by"), "groups/counties");
  Descend();
  EXPECT_EQ(DistrictUnits(&DirectoryCore::DeleteUnit, request, &response), v1::NOT_OWNER);
}

TEST_F(PlanContractTest, GetUnitGroup) {
  v1::GetUnitGroupRequest request;
  request.set_name("groups/none");
  EXPECT_EQ(Units(&DirectoryCore::GetUnitGroup, request, &group_), v1::RESOURCE_NOT_FOUND);
}

TEST_F(PlanContractTest, CreateUnitGroup) {
  v1::CreateUnitGroupRequest request;
  request.set_group_id("counties");
  request.mutable_group()->set_display_name("各县政府");
  request.mutable_group()->add_members()->set_unit("units/east");
  EXPECT_EQ(Units(&DirectoryCore::CreateUnitGroup, request, &group_), v1::RESOURCE_EXISTS) << "the id";
  request.set_group_id("more");
  request.mutable_group()->set_display_name("各区政府");
  EXPECT_EQ(Units(&DirectoryCore::CreateUnitGroup, request, &group_), v1::RESOURCE_EXISTS) << "the name";
  request.mutable_group()->set_display_name("各县政府");
  request.mutable_group()->mutable_members(0)->set_unit("units/none");
  EXPECT_EQ(Units(&DirectoryCore::CreateUnitGroup, request, &group_), v1::RESOURCE_NOT_FOUND);
}

TEST_F(PlanContractTest, UpdateUnitGroup) {
  v1::UpdateUnitGroupRequest request;
  request.mutable_group()->set_name("groups/none");
  request.mutable_group()->set_display_name("市财政局");
  request.mutable_update_mask()->add_paths("display_name");
  EXPECT_EQ(Units(&DirectoryCore::UpdateUnitGroup, request, &group_), v1::RESOURCE_NOT_FOUND);
  request.mutable_group()->set_name("groups/counties");
  request.mutable_group()->set_etag("\"s0\"");
  EXPECT_EQ(Units(&DirectoryCore::UpdateUnitGroup, request, &group_), v1::ETAG_MISMATCH);
  request.mutable_group()->clear_etag();
  EXPECT_EQ(Units(&DirectoryCore::UpdateUnitGroup, request, &group_), v1::RESOURCE_EXISTS);
  request.mutable_update_mask()->set_paths(0, "members");
  request.mutable_group()->add_members()->set_unit("units/none");
  EXPECT_EQ(Units(&DirectoryCore::UpdateUnitGroup, request, &group_), v1::RESOURCE_NOT_FOUND);
  Descend();
  EXPECT_EQ(DistrictUnits(&DirectoryCore::UpdateUnitGroup, request, &group_), v1::NOT_OWNER);
}

TEST_F(PlanContractTest, DeleteUnitGroup) {
  v1::DeleteUnitGroupRequest request;
  v1::DeleteUnitGroupResponse response;
  request.set_name("groups/none");
  EXPECT_EQ(Units(&DirectoryCore::DeleteUnitGroup, request, &response), v1::RESOURCE_NOT_FOUND);
  request.set_name("groups/counties");
  request.set_etag("\"s0\"");
  EXPECT_EQ(Units(&DirectoryCore::DeleteUnitGroup, request, &response), v1::ETAG_MISMATCH);
  request.clear_etag();
  Published("p", "各区政府");
  EXPECT_EQ(Units(&DirectoryCore::DeleteUnitGroup, request, &response), v1::STILL_IN_USE);
  EXPECT_EQ(MetadataOf(status_).at("by"), "plans/p");
  Descend();
  EXPECT_EQ(DistrictUnits(&DirectoryCore::DeleteUnitGroup, request, &response), v1::NOT_OWNER);
}

TEST_F(PlanContractTest, ExpandUnitGroup) {
  v1::ExpandUnitGroupRequest request;
  v1::ExpandUnitGroupResponse response;
  request.set_name("groups/none");
  EXPECT_EQ(Units(&DirectoryCore::ExpandUnitGroup, request, &response), v1::RESOURCE_NOT_FOUND);
  request.set_name("groups/counties");
  request.set_date("2024-02-30");
  EXPECT_EQ(Units(&DirectoryCore::ExpandUnitGroup, request, &response), v1::INVALID_FIELD);
}

TEST_F(PlanContractTest, ImportDirectory) {
  v1::ImportDirectoryRequest request;
  v1::ImportDirectoryResponse response;
  request.set_content("名称,类别\n市卫健委,单位\n");
  EXPECT_EQ(Units(&DirectoryCore::ImportDirectory, request, &response), v1::INVALID_FIELD);
  Descend();
  request.set_content("编号,名称,类别\nedu,市教委,部门\n");
  EXPECT_EQ(DistrictUnits(&DirectoryCore::ImportDirectory, request, &response), v1::NOT_OWNER);
}

TEST_F(PlanContractTest, UpdateCalendar) {
  v1::UpdateCalendarRequest request;
  v1::Calendar response;
  request.mutable_calendar()->set_year(2024);
  auto* day = request.mutable_calendar()->add_days();
  day->set_date("2025-05-01");
  day->set_kind(v1::Calendar::Day::OFF);
  EXPECT_EQ(Units(&DirectoryCore::UpdateCalendar, request, &response), v1::INVALID_FIELD);
  day->set_date("2024-05-01");
  request.mutable_calendar()->set_etag("s0");
  EXPECT_EQ(Units(&DirectoryCore::UpdateCalendar, request, &response), v1::ETAG_MISMATCH) << "there is none yet";
  request.mutable_calendar()->clear_etag();
  EXPECT_EQ(Units(&DirectoryCore::UpdateCalendar, request, &response), v1::ERROR_REASON_UNSPECIFIED) << status_;
  v1::ListCalendarsResponse listed;
  EXPECT_EQ(Units(&DirectoryCore::ListCalendars, v1::ListCalendarsRequest(), &listed), v1::ERROR_REASON_UNSPECIFIED);
  ASSERT_EQ(listed.calendars_size(), 1);
  EXPECT_EQ(listed.calendars(0).etag(), response.etag());
  *request.mutable_calendar() = listed.calendars(0);
  request.mutable_calendar()->mutable_days(0)->set_holiday("劳动节");
  EXPECT_EQ(Units(&DirectoryCore::UpdateCalendar, request, &response), v1::ERROR_REASON_UNSPECIFIED) << status_;
  EXPECT_EQ(response.version(), 2);
  EXPECT_EQ(Units(&DirectoryCore::UpdateCalendar, request, &response), v1::ETAG_MISMATCH)
      << "changed since it was read";
}

// What every mutating call promises, shown for one call of each service.
TEST_F(PlanContractTest, ARepeatedRequestGetsTheFirstAnswerAndAnotherBodyIsRefused) {
  v1::CreateUnitRequest create;
  create.set_request_id("once");
  create.mutable_unit()->set_display_name("市体育局");
  create.mutable_unit()->set_kind(v1::Unit::DEPARTMENT);
  v1::Unit again;
  ASSERT_EQ(Units(&DirectoryCore::CreateUnit, create, &unit_), v1::ERROR_REASON_UNSPECIFIED) << status_;
  ASSERT_EQ(Units(&DirectoryCore::CreateUnit, create, &again), v1::ERROR_REASON_UNSPECIFIED) << status_;
  EXPECT_EQ(again.SerializeAsString(), unit_.SerializeAsString());
  create.mutable_unit()->set_display_name("市文旅局");
  EXPECT_EQ(Units(&DirectoryCore::CreateUnit, create, &again), v1::REQUEST_ID_REUSED);

  Draft("p");
  v1::PublishPlanRequest publish;
  publish.set_request_id("publish-once");
  publish.set_name("plans/p");
  publish.set_issuer("units/gov");
  ASSERT_EQ(Plans(&PlanCore::PublishPlan, publish, &plan_), v1::ERROR_REASON_UNSPECIFIED) << status_;
  v1::Plan plan_again;
  city_.clock().Advance(absl::Hours(1));
  ASSERT_EQ(Plans(&PlanCore::PublishPlan, publish, &plan_again), v1::ERROR_REASON_UNSPECIFIED) << status_;
  EXPECT_EQ(plan_again.SerializeAsString(), plan_.SerializeAsString());
  publish.set_issuer("units/edu");
  EXPECT_EQ(Plans(&PlanCore::PublishPlan, publish, &plan_), v1::REQUEST_ID_REUSED);
}

TEST_F(PlanContractTest, OfTwoCallersWithOneEtagExactlyOneWins) {
  const v1::Plan draft = Draft("p");
  v1::UpdatePlanRequest request;
  request.mutable_plan()->set_name(draft.name());
  request.mutable_plan()->set_etag(draft.etag());
  request.mutable_plan()->set_title("第一位");
  EXPECT_EQ(Plans(&PlanCore::UpdatePlan, request, &plan_), v1::ERROR_REASON_UNSPECIFIED) << status_;
  request.mutable_plan()->set_title("第二位");
  EXPECT_EQ(Plans(&PlanCore::UpdatePlan, request, &plan_), v1::ETAG_MISMATCH);
  v1::GetPlanRequest get;
  get.set_name(draft.name());
  ASSERT_EQ(Plans(&PlanCore::GetPlan, get, &plan_), v1::ERROR_REASON_UNSPECIFIED);
  EXPECT_EQ(plan_.title(), "第一位");
}

}  // namespace
}  // namespace duban
