// A planner of the city at work on one plan, in a few words: a directory, drafts of rows, findings settled, published.
//
// A fixture for tests of the plan service; not thread-safe.

#ifndef DUBAN_TESTS_SUPPORT_TEST_PLANNER_H_
#define DUBAN_TESTS_SUPPORT_TEST_PLANNER_H_

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "services/plan/judge.h"
#include "tests/support/plan_node.h"

namespace duban::testing {

// The reason and message of a failure, for a test's output.
#define ASSERT_DONE(expression)                       \
  do {                                                \
    const absl::Status done = (expression);           \
    ASSERT_TRUE(done.ok()) << done << ReasonOf(done); \
  } while (false)

class PlannerTest : public ::testing::Test {
 protected:
  using R = v1::Responsibility;

  PlannerTest() {
    city_.Load(
        "编号,名称,类别,上级,成员\n"
        "gov,市政府,政府,,\n"
        "edu,市教育局,部门,市政府,\n"
        "finance,市财政局,部门,市政府,\n"
        "health,市卫生健康委,部门,市政府,\n"
        "east,东区政府,政府,市政府,\n"
        "west,西区政府,政府,市政府,\n"
        "counties,各区政府,集合,,东区政府、西区政府\n"
        "past,各老区政府,集合,,西区政府@2020-01-01~2021-01-01\n");
  }

  // A task for whoever is named; a standing duty.
  static v1::Task Task(const std::string& text, const std::vector<std::pair<std::string, R::Role>>& units) {
    v1::Task task;
    task.set_text(text);
    task.mutable_deadline()->set_kind(v1::Deadline::STANDING);
    for (const auto& [unit, role] : units) {
      auto* responsibility = task.add_responsibilities();
      responsibility->set_unit(unit);
      responsibility->set_role(role);
    }
    return task;
  }

  absl::Status Create(const std::vector<v1::Task>& tasks) {
    v1::CreatePlanRequest request;
    request.set_plan_id(id_);
    request.mutable_plan()->set_title("2024年工作要点");
    request.mutable_plan()->set_year(2024);
    for (const v1::Task& task : tasks) *request.mutable_plan()->add_tasks() = task;
    return city_.Call(city_.plans(), &PlanCore::CreatePlan, request, &plan_);
  }
  absl::Status Import(const std::string& text, const std::string& source_name = "plan.txt") {
    v1::ImportPlanRequest request;
    request.set_plan_id(id_);
    request.set_source_name(source_name);
    request.set_content(text);
    return city_.Call(city_.plans(), &PlanCore::ImportPlan, request, &plan_);
  }
  absl::Status Get() {
    v1::GetPlanRequest request;
    request.set_name(StrCat("plans/", id_));
    return city_.Call(city_.plans(), &PlanCore::GetPlan, request, &plan_);
  }
  // One finding by its id, or all with a code.
  absl::Status Settle(const std::string& which, v1::Finding::Settlement settlement, const std::string& answer = "",
                      bool remember = false) {
    v1::SettleFindingsRequest request;
    request.set_name(StrCat("plans/", id_));
    request.set_settled_by("李明");
    auto* added = request.add_answers();
    which.starts_with("f-") ? added->set_finding_id(which) : added->set_code(which);
    added->set_settlement(settlement);
    added->set_answer(answer);
    added->set_remember(remember);
    return city_.Call(city_.plans(), &PlanCore::SettleFindings, request, &plan_);
  }
  absl::Status Reopen(const std::vector<std::string>& ids) {
    v1::ReopenFindingsRequest request;
    request.set_name(StrCat("plans/", id_));
    for (const std::string& id : ids) request.add_finding_ids(id);
    return city_.Call(city_.plans(), &PlanCore::ReopenFindings, request, &plan_);
  }
  absl::Status Publish() {
    v1::PublishPlanRequest request;
    request.set_name(StrCat("plans/", id_));
    request.set_issuer("units/gov");
    return city_.Call(city_.plans(), &PlanCore::PublishPlan, request, &plan_);
  }
  v1::PublicationPreview Preview() {
    v1::PreviewPublicationRequest request;
    request.set_name(StrCat("plans/", id_));
    v1::PublicationPreview preview;
    const absl::Status status = city_.Call(city_.plans(), &PlanCore::PreviewPublication, request, &preview);
    EXPECT_TRUE(status.ok()) << status;
    return preview;
  }

  // `CODE:task:subject` of what is open.
  std::vector<std::string> Open() const {
    std::vector<std::string> open;
    for (const v1::Finding& finding : plan_.findings()) {
      if (IsOpen(finding)) open.push_back(StrCat(finding.code(), ":", finding.task(), ":", finding.subject()));
    }
    return open;
  }
  // The id of the first finding with a code.
  std::string Id(const std::string& code) const {
    for (const v1::Finding& finding : plan_.findings()) {
      if (finding.code() == code) return finding.finding_id();
    }
    return "";
  }
  // `unit/ROLE` of a task.
  std::vector<std::string> Units(int task) const {
    std::vector<std::string> units;
    for (const R& entry : plan_.tasks(task).responsibilities()) {
      units.push_back(StrCat(entry.unit(), "/", R::Role_Name(entry.role())));
    }
    return units;
  }

  PlanNode city_;
  // The plan at work, and as it was seen last.
  std::string id_ = "p";
  v1::Plan plan_;
};

}  // namespace duban::testing

#endif  // DUBAN_TESTS_SUPPORT_TEST_PLANNER_H_
