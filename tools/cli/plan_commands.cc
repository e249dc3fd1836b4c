// `duban plan`: from a document to a published plan.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "duban/v1/plan_service.pb.h"
#include "services/plan/source/source_document.h"
#include "tools/cli/commands.h"
#include "tools/cli/hint_flags.h"
#include "tools/cli/plan_view.h"
#include "tools/cli/working_unit.h"

namespace duban::cli {
namespace {

// `content` of ImportPlan.
constexpr size_t kMaxDocumentFile = 3145728;

struct ImportFlags {
  std::string file;
  std::string plan_id;
  std::string source_name;
  std::string over;
  std::string unit;
  bool keep_empty = false;
  Mutation mutation;
  HintFlags hints;
  std::string hints_of;
  bool without_hints = false;
  bool remember = false;
};

// What was said of the layout, or what an earlier plan was read with.
absl::StatusOr<v1::ReadingHints> HintsFor(Session& session, const ImportFlags& flags) {
  DUBAN_ASSIGN_OR_RETURN(v1::ReadingHints hints, HintsOf(flags.hints));
  if (flags.hints_of.empty()) return hints;
  v1::GetPlanRequest request;
  request.set_name(FullName("plans/", flags.hints_of));
  DUBAN_ASSIGN_OR_RETURN(const v1::Plan plan, session.Call<v1::Plan>("PlanService/GetPlan", request));
  v1::ReadingHints earlier = plan.reading_hints();
  // Lines are other ones in every document.
  earlier.clear_first_line();
  earlier.clear_last_line();
  earlier.clear_kept();
  if (!hints.columns().empty()) earlier.clear_columns();
  earlier.MergeFrom(hints);
  return earlier;
}

// Reads the file into a new draft, or over the one that is named.
absl::StatusOr<v1::Plan> CallImport(Session& session, const ImportFlags& flags, std::string content,
                                    const std::string& source_name) {
  if (!flags.over.empty()) {
    v1::ReimportPlanRequest request;
    request.set_request_id(flags.mutation.request_id);
    request.set_name(FullName("plans/", flags.over));
    request.set_content(std::move(content));
    request.set_source_name(source_name);
    request.set_etag(flags.mutation.etag);
    DUBAN_ASSIGN_OR_RETURN(const v1::ReadingHints hints, HintsFor(session, flags));
    if (flags.without_hints || hints.ByteSizeLong() > 0) *request.mutable_hints() = hints;
    return session.Call<v1::Plan>("PlanService/ReimportPlan", request);
  }
  v1::ImportPlanRequest request;
  request.set_request_id(flags.mutation.request_id);
  request.set_plan_id(flags.plan_id);
  request.set_content(std::move(content));
  request.set_source_name(source_name);
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_unit(), WorkingUnit(session, flags.unit));
  request.set_keep_without_tasks(flags.keep_empty);
  DUBAN_ASSIGN_OR_RETURN(const v1::ReadingHints hints, HintsFor(session, flags));
  if (flags.without_hints || hints.ByteSizeLong() > 0) *request.mutable_hints() = hints;
  request.set_remember_hints(flags.remember);
  return session.Call<v1::Plan>("PlanService/ImportPlan", request);
}

absl::Status CheckHintFlags(const ImportFlags& flags) {
  const bool said = !flags.hints.columns.empty() || !flags.hints.layout.empty() || !flags.hints.lines.empty() ||
                    !flags.hints_of.empty();
  if (said && flags.without_hints) {
    return UsageError({"--without-hints 是不用任何说明，不要同时写 --columns、--layout、--lines 或 --hints-of",
                       "--without-hints means none; leave out --columns, --layout, --lines and --hints-of"});
  }
  if (flags.remember && (!said || !flags.over.empty())) {
    return UsageError(
        {"--remember 是记住本次导入时的说明，请同时写 --columns 或 --layout，不要写 --over",
         "--remember keeps what is said of a new import; name --columns or --layout, and leave out --over"});
  }
  return absl::OkStatus();
}

absl::Status CheckImportFlags(const ImportFlags& flags) {
  DUBAN_RETURN_IF_ERROR(CheckHintFlags(flags));
  if (!flags.over.empty() && (!flags.plan_id.empty() || flags.keep_empty)) {
    return UsageError({"--over 是重新导入已有的草稿，不要同时写 --plan-id 或 --keep-empty",
                       "--over is about a draft that is there; leave out --plan-id and --keep-empty"});
  }
  if (flags.over.empty() && !flags.mutation.etag.empty()) {
    return UsageError({"--etag 只用于 --over", "--etag is for --over"});
  }
  return absl::OkStatus();
}

absl::Status Import(Session& session, const ImportFlags& flags) {
  DUBAN_RETURN_IF_ERROR(CheckImportFlags(flags));
  DUBAN_ASSIGN_OR_RETURN(std::string content, session.ReadFile(flags.file, kMaxDocumentFile));
  if (content.empty()) {
    return UnreadableDocument(StrCat("文件 ", flags.file, " 是空的，请检查后重新导入"),
                              StrCat(flags.file, " is empty; check it and import again"));
  }
  const std::string base = flags.file == "-" ? "stdin" : flags.file.substr(flags.file.find_last_of('/') + 1);
  DUBAN_ASSIGN_OR_RETURN(const v1::Plan plan, CallImport(session, flags, std::move(content),
                                                         flags.source_name.empty() ? base : flags.source_name));
  TellDraft(plan, &session.printer());
  return absl::OkStatus();
}

struct ShowFlags {
  std::string plan;
  std::string task;
  std::optional<int> revision;
  bool all_findings = false;
  bool ids = false;
  bool printed = false;
};

absl::Status Show(Session& session, const ShowFlags& flags) {
  v1::GetPlanRequest request;
  request.set_name(FullName("plans/", flags.plan));
  request.set_revision(flags.revision.value_or(0));
  DUBAN_ASSIGN_OR_RETURN(const v1::Plan plan, session.Call<v1::Plan>("PlanService/GetPlan", request));
  const auto is_asked = [&](const v1::Task& task) { return task.task_id() == flags.task; };
  if (!flags.task.empty() && std::none_of(plan.tasks().begin(), plan.tasks().end(), is_asked)) {
    return NotFoundError({StrCat("“", flags.plan, "”没有任务“", flags.task, "”；用 duban plan show ", flags.plan,
                                 " --ids 列出各项任务的编号"),
                          StrCat("`", flags.plan, "` has no task `", flags.task, "`; duban plan show ", flags.plan,
                                 " --ids lists the ids of all tasks")});
  }
  Printer& printer = session.printer();
  printer.Json(plan);
  if (flags.printed) {
    PrintPlanAsPrinted(plan, &printer);
    return absl::OkStatus();
  }
  if (printer.json()) return absl::OkStatus();
  PrintPlanProperties(plan, plan.issuer().empty() ? "" : session.NameOf(plan.issuer()), &printer);
  printer.Gap();
  PrintPlanTasks(plan, flags.task, flags.ids, &printer);
  printer.Gap();
  PrintPlanFindings(plan, flags.all_findings ? Findings::kAll : Findings::kOpen, &printer);
  return absl::OkStatus();
}

struct ListFlags {
  v1::Plan::State state = v1::Plan::STATE_UNSPECIFIED;
  std::string node;
  std::string unit;
};

absl::Status List(Session& session, const ListFlags& flags) {
  v1::ListPlansRequest request;
  request.set_state(flags.state);
  request.set_owner_node(flags.node);
  DUBAN_ASSIGN_OR_RETURN(*request.mutable_viewer(), WorkingUnit(session, flags.unit));
  v1::ListPlansResponse all;
  do {
    DUBAN_ASSIGN_OR_RETURN(const v1::ListPlansResponse page,
                           session.Call<v1::ListPlansResponse>("PlanService/ListPlans", request));
    all.mutable_plans()->MergeFrom(page.plans());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  Printer& printer = session.printer();
  printer.Json(all);
  Table table({{session.Say({"计划", "Plan"}), false, false},
               {session.Say({"标题", "Title"}), false, true},
               {session.Say({"年度", "Year"}), true, false},
               {session.Say({"状态", "State"}), false, false},
               {session.Say({"节点", "Node"}), false, false},
               {session.Say({"更新", "Updated"}), false, false}});
  for (const v1::Plan& plan : all.plans()) {
    table.Row({ShortName(plan.name()), plan.title(), plan.year() == 0 ? "" : StrCat(plan.year()),
               session.Say(WordOf(plan.state())), plan.owner_node(), TimeWords(plan.update_time())});
  }
  printer.Show(table,
               {"还没有计划。用 duban plan import 文件 导入一份", "no plans yet; import one: duban plan import FILE"});
  return absl::OkStatus();
}

struct WithdrawFlags {
  std::string plan;
  std::string reason;
  Mutation mutation;
};

absl::Status Withdraw(Session& session, const WithdrawFlags& flags) {
  v1::WithdrawPlanRequest request;
  request.set_name(FullName("plans/", flags.plan));
  request.set_reason(flags.reason);
  request.set_request_id(flags.mutation.request_id);
  request.set_etag(flags.mutation.etag);
  DUBAN_ASSIGN_OR_RETURN(const v1::Plan plan, session.Call<v1::Plan>("PlanService/WithdrawPlan", request));
  session.printer().Json(plan);
  session.printer().Line({StrCat("已撤回：", plan.title(), "。各级由它产生的交办事项随之撤销"),
                          StrCat("withdrawn: ", plan.title(), "; its assignments are cancelled at every level")});
  return absl::OkStatus();
}

void AddPlanImport(Command plan) {
  auto import = std::make_shared<ImportFlags>();
  Command importing =
      plan.Leaf("import", {"导入文件，生成草稿并列出待核实事项", "read a document into a draft, with findings"},
                [import](Session& session) { return Import(session, *import); });
  AddHintFlags(importing, &import->hints);
  importing
      .Text("--unit=UNIT", &import->unit,
            {"起草单位；默认取证书的单位，再取 DUBAN_UNIT",
             "whose draft it is; the keys' unit, or DUBAN_UNIT, if left out"})
      .Text("--hints-of=PLAN", &import->hints_of,
            {"按读取这份计划时说明的排法读，如去年的", "read it as that plan was, such as last year's"})
      .Flag("--without-hints", &import->without_hints,
            {"不用以前对该单位文件排法的说明", "leave out what was said before of this office's layout"})
      .Flag("--remember", &import->remember,
            {"记住说明的排法，供该单位以后的文件使用；发布后自动记住",
             "keep what is said of the layout for this office's next document; publishing does, too"})
      .Text("FILE", &import->file, {"文件；- 为标准输入", "the document; - is standard input"}, kRequired)
      .Text("--plan-id=ID", &import->plan_id,
            {"计划编号；不填则由服务器定", "id of the plan; the server's choice if left out"})
      .Text("--name=NAME", &import->source_name,
            {"原文件名，用于判断格式", "the file's name, which helps to tell its format"})
      .Text("--over=PLAN", &import->over,
            {"重新导入已有的草稿：内容全部替换，同样的待核实事项保留原来的处理",
             "read it over this draft: everything is replaced, answers to the same questions stay"})
      .Flag("--keep-empty", &import->keep_empty,
            {"即使没有读出任务，也保留为草稿", "keep a draft even where no task is found"})
      .Changes(&import->mutation);
}

}  // namespace

void AddPlanCommands(Command root) {
  Command plan = root.Group("plan", {"工作要点、分工方案：从文件到发布", "plans: from a document to publishing"});
  AddPlanParse(plan);

  AddPlanImport(plan);
  AddPlanCreate(plan);

  auto show = std::make_shared<ShowFlags>();
  plan.Leaf("show", {"查看计划：任务按标题分组，附待核实事项", "show a plan: tasks by heading, and open findings"},
            [show](Session& session) { return Show(session, *show); })
      .Text("PLAN", &show->plan, {"计划", "the plan"}, kRequired)
      .Text("--task=TASK", &show->task, {"只看一项，如 body-33", "only this task, such as body-33"})
      .Number("--revision=N", &show->revision, 1, 100,
              {"看第几次发布的内容；默认最近的", "this published revision; the latest if left out"})
      .Flag("--all-findings", &show->all_findings,
            {"连同已处理的待核实事项：谁在何时如何处理", "settled findings too: who decided what, and when"})
      .Flag("--ids", &show->ids, {"同时列出各项任务的编号", "with the ids of the tasks"})
      .Flag("--printed", &show->printed, {"按原文的表打印，便于对照", "as the document printed it"});

  AddPlanSettle(plan);
  AddPlanUpdate(plan);
  AddPlanEdit(plan);
  AddPlanAlign(plan);

  AddPlanPublish(plan);
  AddPlanHints(plan);
  AddPlanRevise(plan);

  auto withdraw = std::make_shared<WithdrawFlags>();
  plan.Leaf("withdraw", {"撤回已发布的计划", "withdraw a published plan"},
            [withdraw](Session& session) { return Withdraw(session, *withdraw); })
      .Text("PLAN", &withdraw->plan, {"计划", "the plan"}, kRequired)
      .Text("--reason=TEXT", &withdraw->reason, {"原因，各单位都会看到", "why; every unit sees it"}, kRequired)
      .Changes(&withdraw->mutation);

  auto list = std::make_shared<ListFlags>();
  plan.Leaf("list", {"列出计划，新的在前", "list plans, newest first"},
            [list](Session& session) { return List(session, *list); })
      .Enum("--state", &list->state, {"只列此状态", "only plans in this state"})
      .Text("--node=NODE", &list->node, {"只列此节点的", "only plans of this node"})
      .Text("--unit=UNIT", &list->unit,
            {"以哪个单位查看；默认取证书的单位，再取 DUBAN_UNIT",
             "as which unit; the keys' unit, or DUBAN_UNIT, if left out"});
}

}  // namespace duban::cli
