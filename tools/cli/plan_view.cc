#include "tools/cli/plan_view.h"

#include <algorithm>

#include "common/base/strings.h"
#include "common/base/text.h"
#include "services/plan/printed_table.h"
#include "services/plan/reader/findings.h"
#include "tools/cli/session.h"

namespace duban::cli {
namespace {

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
  if (plan.revision() > 0) properties.Add({"修订", "revision"}, StrCat(plan.revision()));
  properties.Add({"发布单位", "issuer"}, issuer);
  properties.Add({"发布时间", "published"}, TimeWords(plan.publish_time()));
  properties.Add({"节点", "node"}, plan.owner_node());
  properties.Add({"版本", "etag"}, plan.etag());
  properties.Flush();
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
  for (const v1::Finding& finding : plan.findings()) {
    const bool settled = finding.settlement() != v1::Finding::SETTLEMENT_UNSPECIFIED;
    if (settled && which == Findings::kOpen) continue;
    const Style style = settled ? Style::kDim : finding.blocking() ? Style::kYellow : Style::kPlain;
    table.Row({Cell(finding.finding_id(), style), Cell(finding.line() == 0 ? "" : StrCat(finding.line()), style),
               Cell(words(TaskWords(plan, finding.task())), style), Cell(FindingCell(plan, finding, words), style)});
  }
  if (table.empty()) return;
  printer->Gap();
  printer->Show(table, {"", ""});
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
