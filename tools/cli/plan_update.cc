// `duban plan update` and `duban plan update-task`: mends what the reader could not.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/plan_service.pb.h"
#include "tools/cli/commands.h"
#include "tools/cli/plan_view.h"

namespace duban::cli {
namespace {

struct UpdateFlags {
  std::string plan;
  std::optional<std::string> title, issuing_unit, document_number, issue_date, implements;
  std::optional<int> year, decline_days;
  v1::Plan::Stage stage = v1::Plan::STAGE_UNSPECIFIED;
  Mutation mutation;
};

absl::Status NothingToChange() {
  return UsageError({"没有写明要改什么；至少给出一项", "nothing to change: give at least one option"});
}

absl::Status Update(Session& session, const UpdateFlags& flags) {
  v1::UpdatePlanRequest request;
  v1::Plan& plan = *request.mutable_plan();
  auto& mask = *request.mutable_update_mask();
  plan.set_name(FullName("plans/", flags.plan));
  plan.set_etag(flags.mutation.etag);
  request.set_request_id(flags.mutation.request_id);
  const auto text = [&](const std::optional<std::string>& value, std::string* field, const char* path) {
    if (!value.has_value()) return;
    *field = *value;
    mask.add_paths(path);
  };
  text(flags.title, plan.mutable_title(), "title");
  text(flags.issuing_unit, plan.mutable_issuing_unit(), "issuing_unit");
  text(flags.document_number, plan.mutable_document_number(), "document_number");
  text(flags.issue_date, plan.mutable_issue_date(), "issue_date");
  text(flags.implements, plan.mutable_implements(), "implements");
  if (flags.decline_days.has_value()) {
    plan.set_decline_working_days(*flags.decline_days);
    mask.add_paths("decline_working_days");
  }
  if (flags.year.has_value()) {
    plan.set_year(*flags.year);
    mask.add_paths("year");
  }
  if (flags.stage != v1::Plan::STAGE_UNSPECIFIED) {
    plan.set_stage(flags.stage);
    mask.add_paths("stage");
  }
  if (mask.paths().empty()) return NothingToChange();
  DUBAN_ASSIGN_OR_RETURN(const v1::Plan updated, session.Call<v1::Plan>("PlanService/UpdatePlan", request));
  session.printer().Json(updated);
  PrintPlanProperties(updated, "", &session.printer());
  return absl::OkStatus();
}

struct UpdateTaskFlags {
  std::string plan, task;
  std::optional<std::string> title, text, remark, deadline;
  std::vector<std::string> headings, lead, responsible, cooperate;
  Mutation mutation;
};

// Words for a deadline on the command line, and what they mean.
struct DeadlineWord {
  std::string_view word;
  v1::Deadline::Kind kind;
  v1::Deadline::Frequency frequency;
};
constexpr DeadlineWord kDeadlineWords[] = {
    {"standing", v1::Deadline::STANDING, v1::Deadline::FREQUENCY_UNSPECIFIED},
    {"daily", v1::Deadline::PERIODIC, v1::Deadline::DAILY},
    {"weekly", v1::Deadline::PERIODIC, v1::Deadline::WEEKLY},
    {"monthly", v1::Deadline::PERIODIC, v1::Deadline::MONTHLY},
    {"quarterly", v1::Deadline::PERIODIC, v1::Deadline::QUARTERLY},
    {"half-yearly", v1::Deadline::PERIODIC, v1::Deadline::HALF_YEARLY},
    {"yearly", v1::Deadline::PERIODIC, v1::Deadline::YEARLY},
    {"none", v1::Deadline::KIND_UNSPECIFIED, v1::Deadline::FREQUENCY_UNSPECIFIED},
};

// `2024-09-30`, `whole:2024-12-31`, `days:5`, or one of the words above.
absl::StatusOr<v1::Deadline> ReadDeadline(const std::string& text) {
  v1::Deadline out;
  for (const DeadlineWord& word : kDeadlineWords) {
    if (text != word.word) continue;
    out.set_kind(word.kind);
    out.set_frequency(word.frequency);
    if (word.kind == v1::Deadline::PERIODIC) out.set_times(1);
    return out;
  }
  int days = 0;
  if (text.rfind("whole:", 0) == 0) {
    out.set_kind(v1::Deadline::WHOLE_PERIOD);
    out.set_due(text.substr(6));
  } else if (text.rfind("days:", 0) == 0 && ParseNumber(std::string_view(text).substr(5), &days) && days > 0) {
    out.set_kind(v1::Deadline::WORKING_DAYS);
    out.set_working_days(days);
  } else if (text.size() == 10 && text[4] == '-') {
    out.set_kind(v1::Deadline::BY_DATE);
    out.set_due(text);
  } else {
    return UsageError(
        {StrCat("--deadline 的“", text, "”不认识。可写 2024-09-30、whole:2024-12-31（全年）、standing（常态化）、",
                "monthly、quarterly、yearly（定期）、days:5（工作日内）或 none"),
         StrCat("--deadline `", text, "` is not known. Write 2024-09-30, whole:2024-12-31, standing, ",
                "monthly, quarterly, yearly, days:5 (working days) or none")});
  }
  return out;
}

void AddUnits(const std::vector<std::string>& units, v1::Responsibility::Role role, v1::Task* task) {
  for (const std::string& unit : units) {
    auto* responsibility = task->add_responsibilities();
    responsibility->set_unit(unit);
    responsibility->set_role(role);
  }
}

absl::Status UpdateTask(Session& session, const UpdateTaskFlags& flags) {
  v1::UpdateTaskRequest request;
  v1::Task& task = *request.mutable_task();
  auto& mask = *request.mutable_update_mask();
  const std::string plan_name = FullName("plans/", flags.plan);
  task.set_name(FullName(StrCat(plan_name, "/tasks/"), flags.task));
  request.set_request_id(flags.mutation.request_id);
  request.set_etag(flags.mutation.etag);
  const auto text = [&](const std::optional<std::string>& value, std::string* field, const char* path) {
    if (!value.has_value()) return;
    *field = *value;
    mask.add_paths(path);
  };
  text(flags.title, task.mutable_title(), "title");
  text(flags.text, task.mutable_text(), "text");
  text(flags.remark, task.mutable_remark(), "remark");
  if (!flags.headings.empty()) {
    task.mutable_headings()->Assign(flags.headings.begin(), flags.headings.end());
    mask.add_paths("headings");
  }
  if (flags.deadline.has_value()) {
    DUBAN_ASSIGN_OR_RETURN(*task.mutable_deadline(), ReadDeadline(*flags.deadline));
    mask.add_paths("deadline");
  }
  AddUnits(flags.lead, v1::Responsibility::LEAD, &task);
  AddUnits(flags.responsible, v1::Responsibility::RESPONSIBLE, &task);
  AddUnits(flags.cooperate, v1::Responsibility::COOPERATE, &task);
  if (task.responsibilities_size() > 0) mask.add_paths("responsibilities");
  if (mask.paths().empty()) return NothingToChange();
  DUBAN_ASSIGN_OR_RETURN(const v1::Plan plan, session.Call<v1::Plan>("PlanService/UpdateTask", request));
  session.printer().Json(plan);
  PrintPlanTasks(plan, ShortName(task.name()), /*ids=*/true, &session.printer());
  session.printer().Gap();
  PrintPlanFindings(plan, Findings::kOpenInShort, &session.printer());
  return absl::OkStatus();
}

}  // namespace

void AddPlanUpdate(Command plan) {
  auto update = std::make_shared<UpdateFlags>();
  plan.Leaf("update", {"修改草稿的标题、文号、年度等", "change a draft's title, number, year and so on"},
            [update](Session& session) { return Update(session, *update); })
      .Text("PLAN", &update->plan, {"计划", "the plan"}, kRequired)
      .Text("--title=TEXT", &update->title, {"标题", "title"})
      .Text("--issuing-unit=TEXT", &update->issuing_unit, {"发文单位", "issuing office"})
      .Text("--document-number=TEXT", &update->document_number, {"文号", "document number"})
      .Text("--issue-date=DATE", &update->issue_date, {"成文日期，如 2024-03-01", "issue date, such as 2024-03-01"})
      .Text("--implements=TEXT", &update->implements, {"落实的上级文件", "title of the superior's plan"})
      .Number("--year=YEAR", &update->year, 1990, 2200, {"年度", "year"})
      .Number("--decline-days=N", &update->decline_days, 1, 60,
              {"交办后几个工作日内可以申请退办；默认 5", "working days within which a unit may decline; 5 if left out"})
      .Enum("--stage", &update->stage, {"类别", "stage"})
      .Changes(&update->mutation);

  auto task = std::make_shared<UpdateTaskFlags>();
  plan.Leaf("update-task", {"修改草稿中的一项任务", "change one task of a draft"},
            [task](Session& session) { return UpdateTask(session, *task); })
      .Text("PLAN", &task->plan, {"计划", "the plan"}, kRequired)
      .Text("TASK", &task->task, {"任务，如 body-33", "the task, such as body-33"}, kRequired)
      .Text("--title=TEXT", &task->title, {"任务名称", "title"})
      .Text("--text=TEXT", &task->text, {"任务内容", "text"})
      .Texts("--heading=TEXT", &task->headings,
             {"标题，由外到内；可多次", "headings, outermost first; may be repeated"})
      .Texts("--lead=UNIT", &task->lead, {"牵头单位全称；可多次", "leading unit, full name; may be repeated"})
      .Texts("--responsible=UNIT", &task->responsible, {"责任单位全称；可多次", "responsible unit; may be repeated"})
      .Texts("--cooperate=UNIT", &task->cooperate, {"配合单位全称；可多次", "cooperating unit; may be repeated"})
      .Text("--deadline=DEADLINE", &task->deadline,
            {"期限：2024-09-30、whole:2024-12-31、standing、monthly、quarterly、yearly、days:5 或 none",
             "2024-09-30, whole:2024-12-31, standing, monthly, quarterly, yearly, days:5 or none"})
      .Text("--remark=TEXT", &task->remark, {"备注", "remark"})
      .Changes(&task->mutation)
      .Footer({"写了任何一类单位，就以所写的各类单位整个替换原来的单位。",
               "Where any unit is given, the units given replace all that were there."});
}

}  // namespace duban::cli
