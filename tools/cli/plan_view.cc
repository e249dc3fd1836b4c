#include "tools/cli/plan_view.h"

#include <algorithm>
#include <map>
#include <optional>

#include "common/base/strings.h"
#include "common/base/text.h"
#include "services/plan/printed_table.h"
#include "services/plan/reader/findings.h"
#include "tools/cli/session.h"

namespace duban::cli {
namespace {

// Findings of one code that are shown after each change of a draft.
constexpr int kAlikeShown = 3;

// Columns of a task's text where a line only has to say which one it is.
constexpr size_t kOverview = 56;

// `label：value` pairs on as few lines as they need; a pair is not broken. Empty values are left out.
class Properties {
 public:
  explicit Properties(Printer* printer) : printer_(printer) {}
  void Add(const Phrase& label, const std::string& value) {
    if (value.empty()) return;
    const std::string pair = StrCat(printer_->Say({StrCat(label.zh, "："), StrCat(label.en, ": ")}), value);
    const size_t width = printer_->look().width;
    if (!line_.empty() && width > 0 && DisplayWidth(line_) + 2 + DisplayWidth(pair) > width) Flush();
    StrAppend(&line_, line_.empty() ? "" : "  ", pair);
  }
  void Flush() {
    if (!line_.empty()) printer_->Line({line_, line_});
    line_.clear();
  }

 private:
  Printer* const printer_;
  std::string line_;
};

// The units of a task, a line for each role that occurs.
std::string UnitsCell(const v1::Task& task, const Words& words) {
  std::string out;
  for (const auto role : {v1::Responsibility::LEAD, v1::Responsibility::RESPONSIBLE, v1::Responsibility::COOPERATE}) {
    std::string names;
    for (const v1::Responsibility& responsibility : task.responsibilities()) {
      if (responsibility.role() != role) continue;
      if (!names.empty()) names += "、";
      names += responsibility.unit().empty() ? responsibility.printed() : responsibility.unit();
    }
    if (names.empty()) continue;
    if (!out.empty()) out += "\n";
    StrAppend(&out, words(WordOf(role)), " ", names);
  }
  return out.empty() ? "—" : out;
}

std::string DeadlineCell(const v1::Task& task, const Words& words) {
  std::string out = words(DeadlineWords(task.deadline()));
  for (const v1::TaskStage& stage : task.stages()) {
    StrAppend(&out, "\n", words({"其中：", "of it: "}), words(DeadlineWords(stage.deadline())),
              stage.text().empty() ? "" : " ", stage.text());
  }
  for (const v1::Deadline& deadline : task.text_deadlines()) {
    StrAppend(&out, "\n", words({"文中：", "in the text: "}), words(DeadlineWords(deadline)));
  }
  return out;
}

std::string TextCell(const v1::Task& task, const Words& words) {
  std::string out;
  if (!task.title().empty()) StrAppend(&out, task.title(), "\n");
  out += task.text();
  const auto add = [&](Phrase phrase, const std::string& printed) {
    if (!printed.empty()) StrAppend(&out, "\n", words(phrase), printed);
  };
  add({"目标：", "goal: "}, task.goal());
  add({"措施：", "measures: "}, task.measure());
  add({"要求：", "requirements: "}, task.requirement());
  for (const v1::TaskPeople& people : task.people()) StrAppend(&out, "\n", people.label(), "：", people.printed());
  if (!task.remark().empty()) StrAppend(&out, "\n", words({"备注：", "remark: "}), task.remark());
  for (const std::string& upstream : task.aligned_tasks()) {
    StrAppend(&out, "\n", words({"承接：", "takes on: "}), upstream);
  }
  return out;
}

std::string NumberCell(const v1::Task& task) {
  return task.printed_number().empty() ? StrCat(task.number()) : task.printed_number();
}

// Headings that are new since the task before, each indented by its level.
void AddHeadings(const v1::Task* before, const v1::Task& task, Table* table) {
  if (before == nullptr ? task.table() != "body" : task.table() != before->table()) {
    table->Section(StrCat("【", task.table(), "】"));
    before = nullptr;
  }
  int same = 0;
  if (before != nullptr) {
    while (same < before->headings_size() && same < task.headings_size() &&
           before->headings(same) == task.headings(same)) {
      ++same;
    }
  }
  for (int i = same; i < task.headings_size(); ++i) table->Section(StrCat(std::string(2 * i, ' '), task.headings(i)));
}

using Difference = v1::ComparePlanRevisionsResponse::TaskDifference;

// A part of a task as it was and as it is now.
std::string BeforeAndAfter(const Phrase& label, const std::string& before, const std::string& after,
                           const Words& words) {
  const std::string none = words({"（无）", "(none)"});
  return StrCat(words(label), words({"：", ": "}), before.empty() ? none : before, "\n  → ",
                after.empty() ? none : after);
}

std::string HeadingsCell(const v1::Task& task) {
  std::string out;
  for (const std::string& heading : task.headings()) StrAppend(&out, out.empty() ? "" : " / ", heading);
  return out;
}

// What of a task is shown under the name that a difference has for it; nothing where the name says enough.
std::optional<std::string> PartOf(const v1::Task& task, const std::string& field, const Words& words) {
  if (field == "text") return task.text();
  if (field == "title") return task.title();
  if (field == "deadline") return words(DeadlineWords(task.deadline()));
  if (field == "responsibilities") return UnitsCell(task, words);
  if (field == "goal") return task.goal();
  if (field == "measure") return task.measure();
  if (field == "requirement") return task.requirement();
  if (field == "remark") return task.remark();
  if (field == "headings") return HeadingsCell(task);
  if (field == "number") return NumberCell(task);
  return std::nullopt;
}

std::string DifferenceCell(const Difference& difference, const Words& words) {
  if (difference.kind() == Difference::ADDED) return TextCell(difference.after(), words);
  if (difference.kind() == Difference::REMOVED) return TextCell(difference.before(), words);
  std::string out =
      difference.after().title().empty() ? Ellipsize(difference.after().text(), kOverview) : difference.after().title();
  for (const std::string& field : difference.fields()) {
    const auto before = PartOf(difference.before(), field, words), after = PartOf(difference.after(), field, words);
    StrAppend(
        &out, "\n",
        before.has_value() ? BeforeAndAfter(FieldWords(field), *before, *after, words) : words(FieldWords(field)));
  }
  return out;
}

Cell KindCell(const Difference& difference, const Words& words) {
  if (difference.kind() == Difference::ADDED) return {words({"新增", "added"}), Style::kGreen};
  if (difference.kind() == Difference::REMOVED) return {words({"删除", "removed"}), Style::kRed};
  std::string word = words({"改动", "changed"});
  if (difference.duty_changed()) StrAppend(&word, "\n", words({"须重新签收", "to be signed again"}));
  if (difference.unsure()) StrAppend(&word, "\n", words({"存疑", "unsure"}));
  return {word, Style::kYellow};
}

std::string FindingCell(const v1::Plan& plan, const v1::Finding& finding, const Words& words) {
  std::string out = finding.code();
  // The message speaks the document's language; the table of codes speaks English too.
  const FindingRule* rule = FindFindingRule(finding.code());
  if (rule != nullptr && words.language() == Language::kEnglish) StrAppend(&out, ": ", rule->title_en);
  if (finding.blocking()) StrAppend(&out, "  ", words({"阻止发布", "blocks publishing"}));
  StrAppend(&out, "\n", finding.message());
  if (!finding.proposal().empty()) StrAppend(&out, "\n", words({"建议：", "proposal: "}), finding.proposal());
  if (finding.settlement() != v1::Finding::SETTLEMENT_UNSPECIFIED) {
    StrAppend(&out, "\n", words(WordOf(finding.settlement())), finding.answer().empty() ? "" : words({"：", ": "}),
              finding.answer());
    if (!finding.settled_by().empty()) StrAppend(&out, "  ", finding.settled_by());
    if (finding.has_settle_time()) StrAppend(&out, "  ", TimeWords(finding.settle_time()));
  }
  return out;
}

}  // namespace

void PrintPlanProperties(const v1::Plan& plan, const std::string& issuer, Printer* printer) {
  const Words& words = printer->words();
  const std::string title = plan.title().empty() ? words({"（没有标题）", "(no title)"}) : plan.title();
  printer->Line({title, title}, Style::kBold);
  Properties properties(printer);
  properties.Add({"发文单位", "office"}, plan.issuing_unit());
  properties.Add({"文号", "number"}, plan.document_number());
  properties.Add({"日期", "date"}, plan.issue_date());
  properties.Add({"年度", "year"}, plan.year() == 0 ? "" : StrCat(plan.year()));
  if (plan.stage() != v1::Plan::STAGE_UNSPECIFIED) properties.Add({"类别", "stage"}, words(WordOf(plan.stage())));
  properties.Flush();
  properties.Add({"落实", "carries out"}, plan.implements());
  properties.Flush();
  if (plan.name().empty()) return;
  properties.Add({"名称", "name"}, plan.name());
  properties.Add({"状态", "state"}, words(WordOf(plan.state())));
  if (plan.revision() > 0) properties.Add({"第几次发布", "revision"}, StrCat(plan.revision()));
  properties.Add({"修订", "revises"}, plan.revises());
  properties.Add({"发布单位", "issuer"}, issuer);
  properties.Add({"发布时间", "published"}, TimeWords(plan.publish_time()));
  properties.Add({"节点", "node"}, plan.owner_node());
  properties.Add({"版本", "etag"}, plan.etag());
  properties.Flush();
  properties.Add({"修订原因", "revised because"}, plan.revision_reason());
  properties.Add({"撤回原因", "withdrawn because"}, plan.withdraw_reason());
  properties.Flush();
  for (const v1::PlanRule& rule : plan.plan_rules()) {
    printer->Line({StrCat("通则：", rule.printed()), StrCat("rule: ", rule.printed())});
  }
}

void PrintPlanTasks(const v1::Plan& plan, std::string_view task_id, bool ids, Printer* printer) {
  const Words& words = printer->words();
  Table table({{words({"序号", "No."}), true, false},
               {words({"任务", "Task"}), false, true, 2},
               {words({"责任单位", "Units"}), false, true},
               {words({"期限", "Deadline"}), false, true}});
  const v1::Task* before = nullptr;
  for (const v1::Task& task : plan.tasks()) {
    if (!task_id.empty() && task.task_id() != task_id) continue;
    AddHeadings(before, task, &table);
    table.Row({ids ? StrCat(NumberCell(task), "\n", task.task_id()) : NumberCell(task), TextCell(task, words),
               UnitsCell(task, words), DeadlineCell(task, words)});
    before = &task;
  }
  printer->Show(table, {"没有任务", "no tasks"});
}

void PrintPlanAsPrinted(const v1::Plan& plan, Printer* printer) {
  const size_t width = printer->look().width;
  printer->Block(width == 0 ? PrintedTable(plan) : PrintedTable(plan, width));
}

void PrintPlanFindings(const v1::Plan& plan, Findings which, Printer* printer) {
  const Words& words = printer->words();
  const size_t open = OpenFindings(plan).size();
  const int blocking = OpenBlocking(plan);
  if (open == 0) {
    printer->Line({StrCat("共 ", plan.tasks_size(), " 项任务；没有待核实事项"),
                   StrCat(plan.tasks_size(), " tasks; no open findings")});
  } else {
    printer->Line(
        {StrCat("共 ", plan.tasks_size(), " 项任务；待核实事项 ", open, " 项，其中 ", blocking, " 项阻止发布"),
         StrCat(plan.tasks_size(), " tasks; ", open, " open findings, ", blocking, " of them block publishing")});
  }
  Table table({{words({"编号", "Finding"}), false, false},
               {words({"行", "Line"}), true, false},
               {words({"所在", "Where"}), false, false},
               {words({"说明", "What"}), false, true}});
  std::map<std::string_view, int> alike;
  for (const v1::Finding& finding : plan.findings()) {
    const bool settled = finding.settlement() != v1::Finding::SETTLEMENT_UNSPECIFIED;
    if (settled && which != Findings::kAll) continue;
    if (which == Findings::kOpenInShort && ++alike[finding.code()] > kAlikeShown) continue;
    const Style style = settled ? Style::kDim : finding.blocking() ? Style::kYellow : Style::kPlain;
    table.Row({Cell(finding.finding_id(), style), Cell(finding.line() == 0 ? "" : StrCat(finding.line()), style),
               Cell(words(TaskWords(plan, finding.task())), style), Cell(FindingCell(plan, finding, words), style)});
  }
  if (table.empty()) return;
  printer->Gap();
  printer->Show(table, {"", ""});
  for (const auto& [code, count] : alike) {
    if (count <= kAlikeShown) continue;
    const int more = count - kAlikeShown;
    const std::string id = ShortName(plan.name());
    printer->Line({StrCat("另有 ", more, " 项 ", code, "：duban plan show ", id, " 全部列出，duban plan settle ", id,
                          " --code=", code, " 一并处理"),
                   StrCat(more, " more of ", code, ": duban plan show ", id, " lists them all, duban plan settle ", id,
                          " --code=", code, " settles them together")},
                  Style::kDim);
  }
}

void TellDraft(const v1::Plan& plan, Printer* printer) {
  printer->Json(plan);
  PrintPlanProperties(plan, "", printer);
  printer->Gap();
  PrintPlanFindings(plan, Findings::kOpenInShort, printer);
  const std::string id = ShortName(plan.name());
  if (OpenBlocking(plan) > 0) {
    printer->Hint({StrCat("下一步：逐项处理待核实事项  duban plan settle ", id),
                   StrCat("next: settle the findings  duban plan settle ", id)});
  } else {
    printer->Hint({StrCat("下一步：核对后发布  duban plan publish ", id, " --issuer=单位"),
                   StrCat("next: check and publish  duban plan publish ", id, " --issuer=UNIT")});
  }
}

void PrintPlanDifferences(const v1::ComparePlanRevisionsResponse& compared, Printer* printer) {
  if (printer->json()) return;
  const Words& words = printer->words();
  const auto name = [](int revision) {
    return revision == 0 ? Phrase{"修订稿", "the draft"}
                         : Phrase{StrCat("第 ", revision, " 次发布"), StrCat("revision ", revision)};
  };
  const Phrase from = name(compared.from_revision()), to = name(compared.to_revision());
  printer->Line({StrCat(from.zh, " → ", to.zh), StrCat(from.en, " → ", to.en)}, Style::kBold);
  std::string fields;
  for (const std::string& field : compared.plan_fields()) {
    StrAppend(&fields, fields.empty() ? "" : words({"、", ", "}), words(FieldWords(field)));
  }
  if (!fields.empty()) printer->Line({StrCat("计划本身的改动：", fields), StrCat("of the plan itself: ", fields)});
  Table table({{words({"任务", "Task"}), false, false},
               {words({"改动", "What"}), false, false},
               {words({"内容", "How"}), false, true, 3}});
  for (const Difference& difference : compared.differences()) {
    const v1::Task& task = difference.kind() == Difference::REMOVED ? difference.before() : difference.after();
    table.Row({StrCat(NumberCell(task), "\n", difference.task_id()), KindCell(difference, words),
               DifferenceCell(difference, words)});
  }
  if (!table.empty()) printer->Show(table, {"", ""});
  printer->Line(
      {StrCat("没有改动的任务 ", compared.unchanged(), " 项"), StrCat(compared.unchanged(), " tasks are unchanged")});
}

std::vector<const v1::Finding*> OpenFindings(const v1::Plan& plan) {
  std::vector<const v1::Finding*> out;
  for (const v1::Finding& finding : plan.findings()) {
    if (finding.settlement() == v1::Finding::SETTLEMENT_UNSPECIFIED) out.push_back(&finding);
  }
  return out;
}

int OpenBlocking(const v1::Plan& plan) {
  const auto open = OpenFindings(plan);
  return static_cast<int>(std::count_if(open.begin(), open.end(), [](const auto* f) { return f->blocking(); }));
}

Phrase TaskWords(const v1::Plan& plan, std::string_view task_id) {
  if (task_id.empty()) return {"全文", "document"};
  for (const v1::Task& task : plan.tasks()) {
    if (task.task_id() != task_id) continue;
    if (task.table() == "body") return {StrCat("第", task.number(), "项"), StrCat("task ", task.number())};
    return {StrCat(task.table(), "第", task.number(), "项"), StrCat(task.table(), " task ", task.number())};
  }
  return {std::string(task_id), std::string(task_id)};
}

}  // namespace duban::cli
