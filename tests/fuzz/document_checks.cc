#include "tests/fuzz/document_checks.h"

#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "services/plan/plan_json.h"
#include "services/plan/reader/document_to_plan.h"

namespace duban {
namespace {

void Require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

}  // namespace

void CheckDeadline(const v1::Deadline& deadline) {
  Require(deadline.due().empty() || ParseDay(deadline.due()).has_value(), "due is a date of the calendar");
  Require(deadline.kind() != v1::Deadline::PERIODIC || deadline.times() >= 1, "a periodic deadline has times");
  Require(deadline.kind() != v1::Deadline::STANDING || deadline.due().empty(), "a standing duty has no due date");
}

void CheckDocument(const absl::StatusOr<SourceDocument>& document) {
  if (!document.ok()) {
    Require(ReasonOf(document.status()) == v1::UNREADABLE_DOCUMENT, "a refusal is UNREADABLE_DOCUMENT");
    Require(!ChineseMessage(document.status()).empty(), "a refusal says why");
    return;
  }
  const absl::StatusOr<v1::Plan> plan = DocumentToPlan(*document, ReadContext());
  if (!plan.ok()) {
    Require(ReasonOf(plan.status()) == v1::UNREADABLE_DOCUMENT, "a refusal is UNREADABLE_DOCUMENT");
    return;
  }
  std::set<std::string> tasks;
  for (const v1::Task& task : plan->tasks()) {
    Require(tasks.insert(task.task_id()).second, "task ids are unique");
    Require(task.has_deadline(), "a task has a deadline message");
    CheckDeadline(task.deadline());
    for (const v1::Deadline& deadline : task.text_deadlines()) CheckDeadline(deadline);
    for (const v1::TaskStage& stage : task.stages()) CheckDeadline(stage.deadline());
    for (const v1::Responsibility& responsibility : task.responsibilities()) {
      Require(!responsibility.unit().empty(), "a responsibility names a unit");
      Require(responsibility.role() != v1::Responsibility::ROLE_UNSPECIFIED, "a responsibility has a role");
    }
  }
  std::set<std::string> findings;
  for (const v1::Finding& finding : plan->findings()) {
    Require(!finding.code().empty() && !finding.message().empty(), "a finding has a code and a message");
    Require(finding.task().empty() || tasks.contains(finding.task()), "a finding names a task of the plan");
    Require(findings.insert(finding.finding_id()).second, "finding ids are unique");
  }
  Require(!PlanToJson(*plan).empty(), "a plan prints as JSON");
}

}  // namespace duban
