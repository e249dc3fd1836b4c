// `duban plan task`, `duban plan heading` and `duban plan delete`: a draft as a person wants it.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/plan_service.pb.h"
#include "tools/cli/commands.h"
#include "tools/cli/plan_view.h"

namespace duban::cli {
namespace {

// What all edits take.
struct EditFlags {
  std::string plan;
  Mutation mutation;
};

absl::Status Edit(Session& session, const EditFlags& flags, const v1::EditPlanRequest::Edit& edit) {
  v1::EditPlanRequest request;
  request.set_request_id(flags.mutation.request_id);
  request.set_name(FullName("plans/", flags.plan));
  request.set_etag(flags.mutation.etag);
  *request.add_edits() = edit;
  DUBAN_ASSIGN_OR_RETURN(const v1::Plan plan, session.Call<v1::Plan>("PlanService/EditPlan", request));
  Printer& printer = session.printer();
  printer.Json(plan);
  PrintPlanTasks(plan, "", /*ids=*/true, &printer);
  printer.Gap();
  PrintPlanFindings(plan, Findings::kOpenInShort, &printer);
  return absl::OkStatus();
}

struct AddFlags : EditFlags {
  std::string text, title, deadline, before;
  std::vector<std::string> headings, lead, responsible, cooperate;
};

void AddUnits(const std::vector<std::string>& units, v1::Responsibility::Role role, v1::Task* task) {
  for (const std::string& unit : units) {
    auto* responsibility = task->add_responsibilities();
    responsibility->set_unit(unit);
    responsibility->set_role(role);
  }
}

absl::Status Add(Session& session, const AddFlags& flags) {
  v1::EditPlanRequest::Edit edit;
  v1::Task& task = *edit.mutable_add_task()->mutable_task();
  edit.mutable_add_task()->set_before(flags.before);
  task.set_text(flags.text);
  task.set_title(flags.title);
  task.mutable_headings()->Assign(flags.headings.begin(), flags.headings.end());
  AddUnits(flags.lead, v1::Responsibility::LEAD, &task);
  AddUnits(flags.responsible, v1::Responsibility::RESPONSIBLE, &task);
  AddUnits(flags.cooperate, v1::Responsibility::COOPERATE, &task);
  // Words are understood where the plan's year is known.
  if (!flags.deadline.empty()) task.mutable_deadline()->set_printed(flags.deadline);
  return Edit(session, flags, edit);
}

struct TaskFlags : EditFlags {
  std::string task, before;
  std::vector<std::string> more;
};

// How a person names a task.
Phrase TaskArgument() {
  return {"任务编号，如 body-33（plan show --ids）", "the task, such as body-33 (plan show --ids)"};
}

void AddTaskParting(Command task) {
  auto split = std::make_shared<TaskFlags>();
  task.Leaf("split", {"把一项任务拆成几项，单位和时限照旧", "make several tasks of one, with its units and deadline"},
            [split](Session& session) {
              v1::EditPlanRequest::Edit edit;
              edit.mutable_split_task()->set_task_id(split->task);
              edit.mutable_split_task()->mutable_texts()->Assign(split->more.begin(), split->more.end());
              return Edit(session, *split, edit);
            })
      .Text("PLAN", &split->plan, {"计划", "the plan"}, kRequired)
      .Text("TASK", &split->task, TaskArgument(), kRequired)
      .Texts("--text=TEXT", &split->more, {"各项的内容，依次写，至少两次", "the text of each, at least twice"},
             kRequired)
      .Changes(&split->mutation);

  auto join = std::make_shared<TaskFlags>();
  task.Leaf("join", {"把几项任务并入一项，单位合在一起", "make one task of several, with all their units"},
            [join](Session& session) {
              v1::EditPlanRequest::Edit edit;
              edit.mutable_join_tasks()->set_task_id(join->task);
              edit.mutable_join_tasks()->mutable_others()->Assign(join->more.begin(), join->more.end());
              return Edit(session, *join, edit);
            })
      .Text("PLAN", &join->plan, {"计划", "the plan"}, kRequired)
      .Text("TASK", &join->task, {"保留的任务", "the task that stays"}, kRequired)
      .Texts("OTHER", &join->more, {"并入的任务", "those that go into it"}, kRequired)
      .Changes(&join->mutation);
}

struct SameFlags : EditFlags {
  std::string task, as;
  bool fresh = false;
};

absl::Status Same(Session& session, const SameFlags& flags) {
  if (flags.as.empty() != flags.fresh) {
    return UsageError({"请写明 --as=原任务编号，或 --new（两者选一）", "say --as=ID or --new, one of them"});
  }
  v1::EditPlanRequest::Edit edit;
  edit.mutable_identify_task()->set_task_id(flags.task);
  edit.mutable_identify_task()->set_published_id(flags.as);
  return Edit(session, flags, edit);
}

void AddTaskSame(Command task) {
  auto same = std::make_shared<SameFlags>();
  task.Leaf("same", {"写明修订稿中的一项是已发布的哪一项", "say which published task one of a revision's draft is"},
            [same](Session& session) { return Same(session, *same); })
      .Text("PLAN", &same->plan, {"修订稿", "the draft of the revision"}, kRequired)
      .Text("TASK", &same->task, TaskArgument(), kRequired)
      .Text("--as=ID", &same->as, {"已发布的任务编号", "the id of the published task"})
      .Flag("--new", &same->fresh, {"是新任务", "it is a new task"})
      .Changes(&same->mutation);
}

void AddTaskCommands(Command plan) {
  Command task = plan.Group(
      "task", {"增加、删除、移动、拆分、合并草稿中的任务", "add, remove, move, split and join tasks of a draft"});
  AddTaskParting(task);
  AddTaskSame(task);
  auto add = std::make_shared<AddFlags>();
  task.Leaf("add", {"增加一项任务", "add a task"}, [add](Session& session) { return Add(session, *add); })
      .Text("PLAN", &add->plan, {"计划", "the plan"}, kRequired)
      .Text("--text=TEXT", &add->text, {"任务内容", "text"}, kRequired)
      .Text("--title=TEXT", &add->title, {"任务名称", "title"})
      .Texts("--lead=UNIT", &add->lead, {"牵头单位全称；可多次", "leading unit, full name; may be repeated"})
      .Texts("--responsible=UNIT", &add->responsible, {"责任单位全称；可多次", "responsible unit; may be repeated"})
      .Texts("--cooperate=UNIT", &add->cooperate, {"配合单位全称；可多次", "cooperating unit; may be repeated"})
      .Text("--deadline=WORDS", &add->deadline,
            {"时限，如 9月底前、常态化开展", "in the plan's words, such as 9月底前"})
      .Texts(
          "--heading=TEXT", &add->headings,
          {"标题，由外到内；可多次；默认与所在位置相同", "headings, outermost first; those of its place if left out"})
      .Text("--before=TASK", &add->before,
            {"放在此任务之前；默认放在最后", "put it before this task; at the end if left out"})
      .Changes(&add->mutation);

  auto remove = std::make_shared<TaskFlags>();
  task.Leaf("remove", {"删除一项任务", "remove a task"},
            [remove](Session& session) {
              v1::EditPlanRequest::Edit edit;
              edit.mutable_remove_task()->set_task_id(remove->task);
              return Edit(session, *remove, edit);
            })
      .Text("PLAN", &remove->plan, {"计划", "the plan"}, kRequired)
      .Text("TASK", &remove->task, TaskArgument(), kRequired)
      .Changes(&remove->mutation);

  auto move = std::make_shared<TaskFlags>();
  task.Leaf("move", {"移动一项任务", "move a task"},
            [move](Session& session) {
              v1::EditPlanRequest::Edit edit;
              edit.mutable_move_task()->set_task_id(move->task);
              edit.mutable_move_task()->set_before(move->before);
              edit.mutable_move_task()->mutable_headings()->Assign(move->more.begin(), move->more.end());
              return Edit(session, *move, edit);
            })
      .Text("PLAN", &move->plan, {"计划", "the plan"}, kRequired)
      .Text("TASK", &move->task, TaskArgument(), kRequired)
      .Text("--before=TASK", &move->before,
            {"放在此任务之前；默认放在最后", "put it before this task; at the end if left out"})
      .Texts("--heading=TEXT", &move->more,
             {"改放在这些标题下，由外到内；可多次", "under these headings, outermost first; may be repeated"})
      .Changes(&move->mutation);
}

struct HeadingFlags : EditFlags {
  std::vector<std::string> headings;
  std::string to;
};

void AddHeadingCommands(Command plan) {
  Command heading = plan.Group("heading", {"修改草稿的标题", "change headings of a draft"});
  const Phrase which = {"标题及其上级标题，由外到内", "the heading and those above it, outermost first"};
  const auto edit = [](Session& session, const HeadingFlags& flags) {
    v1::EditPlanRequest::Edit edit;
    edit.mutable_rename_heading()->mutable_headings()->Assign(flags.headings.begin(), flags.headings.end());
    edit.mutable_rename_heading()->set_heading(flags.to);
    return Edit(session, flags, edit);
  };
  auto rename = std::make_shared<HeadingFlags>();
  heading
      .Leaf("rename", {"改写标题", "rename a heading"},
            [rename, edit](Session& session) { return edit(session, *rename); })
      .Text("PLAN", &rename->plan, {"计划", "the plan"}, kRequired)
      .Texts("HEADING", &rename->headings, which, kRequired)
      .Text("--to=TEXT", &rename->to, {"改成", "the new heading"}, kRequired)
      .Changes(&rename->mutation);
  auto remove = std::make_shared<HeadingFlags>();
  heading
      .Leaf("remove", {"去掉标题，其下任务归到上一级", "take a heading away; its tasks stand under the one above"},
            [remove, edit](Session& session) { return edit(session, *remove); })
      .Text("PLAN", &remove->plan, {"计划", "the plan"}, kRequired)
      .Texts("HEADING", &remove->headings, which, kRequired)
      .Changes(&remove->mutation);
}

absl::Status Delete(Session& session, const EditFlags& flags) {
  v1::DeletePlanRequest request;
  request.set_request_id(flags.mutation.request_id);
  request.set_name(FullName("plans/", flags.plan));
  request.set_etag(flags.mutation.etag);
  DUBAN_ASSIGN_OR_RETURN(const auto deleted, session.Call<v1::DeletePlanResponse>("PlanService/DeletePlan", request));
  session.printer().Json(deleted);
  session.printer().Line({StrCat("已删除草稿 ", flags.plan), StrCat("the draft ", flags.plan, " is deleted")});
  return absl::OkStatus();
}

}  // namespace

void AddPlanEdit(Command plan) {
  AddTaskCommands(plan);
  AddHeadingCommands(plan);
  auto flags = std::make_shared<EditFlags>();
  plan.Leaf("delete", {"删除草稿或修订稿", "discard a draft"},
            [flags](Session& session) { return Delete(session, *flags); })
      .Text("PLAN", &flags->plan, {"计划", "the plan"}, kRequired)
      .Changes(&flags->mutation);
}

}  // namespace duban::cli
