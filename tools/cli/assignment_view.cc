#include "tools/cli/assignment_view.h"

#include <vector>

#include "common/base/strings.h"
#include "common/base/text.h"
#include "common/contract/agreed.h"
#include "tools/cli/assignment_calls.h"
#include "tools/cli/session.h"

namespace duban::cli {
namespace {

// From this width on an id has a column of its own.
constexpr size_t kWide = 120;
// Columns of a task's text in a list; `show` has all of it.
constexpr size_t kOverview = 56;

// The day where there is one, else the words: what a list is looked through for.
std::string DeadlineCell(const v1::Deadline& deadline, const Printer& printer) {
  return deadline.due().empty() ? printer.Say(DeadlineWords(deadline)) : deadline.due();
}

Style StyleOf(v1::Assignment::Light light) {
  switch (light) {
    case v1::Assignment::GREEN:
      return Style::kGreen;
    case v1::Assignment::YELLOW:
      return Style::kYellow;
    case v1::Assignment::RED:
      return Style::kRed;
    default:
      return Style::kDim;
  }
}

// A light is about what is still to be done: where nothing is, it has no colour to tell.
Phrase StateAndLight(const v1::Assignment& assignment) {
  const Phrase state = StateWords(assignment);
  if (assignment.light() == v1::Assignment::GREY) {
    return {StrCat(state.zh, "（不再督办）"), StrCat(state.en, " (no longer followed up)")};
  }
  const Phrase light = WordOf(assignment.light());
  return {StrCat(state.zh, "  ", light.zh, "灯"), StrCat(state.en, "  ", light.en, " light")};
}

// The verdict on a submission; empty while it waits.
Phrase VerdictWords(const v1::Assignment& assignment, const std::string& submission_id) {
  for (const v1::Review& review : assignment.oversight().reviews()) {
    if (review.submission_id() != submission_id) continue;
    const Phrase word = WordOf(review.verdict());
    const std::string who = StrCat("  ", review.reviewer(), " ", TimeWords(review.review_time()));
    if (review.comment().empty()) return {StrCat(word.zh, who), StrCat(word.en, who)};
    return {StrCat(word.zh, "：", review.comment(), who), StrCat(word.en, ": ", review.comment(), who)};
  }
  return {"待审核", "waits for review"};
}

void PrintEvidence(const google::protobuf::RepeatedPtrField<v1::Evidence>& evidence, Printer* printer) {
  for (const v1::Evidence& item : evidence) {
    const std::string words = StrCat(item.title(), item.reference().empty() ? "" : "  ", item.reference());
    printer->Line({StrCat("      材料：", words), StrCat("      evidence: ", words)});
  }
}

void PrintReceipt(const v1::Receipt& receipt, bool holds, Printer* printer) {
  const std::string who = StrCat(receipt.signer(), "  ", TimeWords(receipt.receive_time()));
  printer->Line({StrCat(holds ? "签收：" : "修订前签收：", who),
                 StrCat(holds ? "received: " : "received, before it was changed: ", who)});
}

void PrintReport(const v1::Report& report, const v1::Oversight& oversight, Printer* printer) {
  const std::string& id = report.report_id();
  if (report.has_retract_time()) {
    const std::string when = TimeWords(report.retract_time());
    printer->Line({StrCat("进展 ", id, " 已撤回  ", when), StrCat("report ", id, " taken back  ", when)});
    return;
  }
  // 0 is what nobody said.
  const std::string percent = report.percent() == 0 ? "" : StrCat(" ", report.percent(), "%");
  const std::string tail = StrCat(percent, "  ", report.reporter(), " ", TimeWords(report.report_time()));
  const bool read = IsRead(oversight, id);
  printer->Line({StrCat("进展 ", id, tail, read ? "  已阅" : ""), StrCat("report ", id, tail, read ? "  read" : "")});
  printer->Line({StrCat("    ", report.text()), StrCat("    ", report.text())});
  PrintEvidence(report.evidence(), printer);
}

// What was decided about a decline; that it waits where nothing was.
Phrase RulingWords(const v1::Oversight& oversight, const std::string& decline_id) {
  for (const v1::Ruling& ruling : oversight.rulings()) {
    if (ruling.decline_id() != decline_id) continue;
    const Phrase word = WordOf(ruling.decision());
    const std::string due = ruling.due().empty() ? "" : StrCat("  ", ruling.due());
    const std::string tail =
        StrCat(due, "  ", ruling.comment(), "  ", ruling.arbiter(), " ", TimeWords(ruling.rule_time()));
    return {StrCat(word.zh, tail), StrCat(word.en, tail)};
  }
  return {"等待交办单位裁定", "the issuer has not decided"};
}

Phrase AnswerWords(const v1::Oversight& oversight, const std::string& extension_id) {
  for (const v1::ExtensionAnswer& answer : oversight.extension_answers()) {
    if (answer.extension_id() != extension_id) continue;
    const Phrase word = WordOf(answer.verdict());
    const std::string due = answer.due().empty() ? "" : StrCat(" ", answer.due());
    const std::string tail =
        StrCat(due, "  ", answer.comment(), "  ", answer.answerer(), " ", TimeWords(answer.answer_time()));
    return {StrCat(word.zh, tail), StrCat(word.en, tail)};
  }
  return {"等待交办单位答复", "the issuer has not answered"};
}

// What the unit asked of the issuer, and what that said.
void PrintRequests(const v1::Assignment& assignment, Printer* printer) {
  for (const v1::Decline& decline : assignment.execution().declines()) {
    const std::string tail = StrCat(decline.reason(), "  ", decline.decliner(), " ", TimeWords(decline.decline_time()));
    printer->Line({StrCat("申请退办：", tail), StrCat("declined: ", tail)});
    const Phrase ruling = RulingWords(assignment.oversight(), decline.decline_id());
    printer->Line({StrCat("    裁定：", ruling.zh), StrCat("    decision: ", ruling.en)});
  }
  for (const v1::ExtensionRequest& request : assignment.execution().extension_requests()) {
    const std::string tail = StrCat(request.proposed_due(), "  ", request.reason(), "  ", request.requester(), " ",
                                    TimeWords(request.request_time()));
    printer->Line({StrCat("申请延期至 ", tail), StrCat("extension asked for to ", tail)});
    const Phrase answer = AnswerWords(assignment.oversight(), request.extension_id());
    printer->Line({StrCat("    答复：", answer.zh), StrCat("    answer: ", answer.en)});
  }
}

// What the issuer said by itself.
void PrintWords(const v1::Oversight& oversight, Printer* printer) {
  for (const v1::Remark& remark : oversight.remarks()) {
    const std::string tail = StrCat(remark.text(), "  ", remark.author(), " ", TimeWords(remark.remark_time()));
    printer->Line({StrCat("批示：", tail), StrCat("remark: ", tail)}, Style::kBold);
  }
  for (const v1::Urge& urge : oversight.urges()) {
    const std::string tail = StrCat(urge.text(), "  ", urge.author(), " ", TimeWords(urge.urge_time()));
    printer->Line({StrCat("催办：", tail), StrCat("urged: ", tail)}, Style::kYellow);
  }
}

void PrintExecution(const v1::Assignment& assignment, Printer* printer) {
  const v1::Execution& execution = assignment.execution();
  if (assignment.has_delivery_time()) {
    printer->Line({StrCat("送达：", TimeWords(assignment.delivery_time())),
                   StrCat("delivered: ", TimeWords(assignment.delivery_time()))});
  }
  const bool signed_again = assignment.state() != v1::Assignment::ISSUED;
  for (const v1::Receipt& receipt : execution.earlier_receipts()) PrintReceipt(receipt, false, printer);
  if (execution.has_receipt()) PrintReceipt(execution.receipt(), signed_again, printer);
  for (const v1::Report& report : execution.reports()) PrintReport(report, assignment.oversight(), printer);
  for (const v1::Submission& submission : execution.submissions()) {
    const std::string period = submission.period().empty() ? "" : StrCat(" [", submission.period(), "]");
    const std::string tail = StrCat(period, "  ", submission.submitter(), " ", TimeWords(submission.submit_time()));
    printer->Line(
        {StrCat("申请办结 ", submission.submission_id(), tail), StrCat("result ", submission.submission_id(), tail)});
    printer->Line({StrCat("    ", submission.text()), StrCat("    ", submission.text())});
    PrintEvidence(submission.evidence(), printer);
    const Phrase verdict = VerdictWords(assignment, submission.submission_id());
    printer->Line({StrCat("    审核：", verdict.zh), StrCat("    review: ", verdict.en)});
  }
}

// The columns of a board that hold numbers, in order.
std::vector<Cell> CountCells(const v1::StateCounts& counts, bool with_declined) {
  std::vector<Cell> cells = {StrCat(counts.issued()), StrCat(counts.received()), StrCat(counts.in_progress()),
                             StrCat(counts.under_review()), StrCat(counts.done())};
  if (with_declined) cells.push_back(StrCat(counts.declined()));
  return cells;
}

Cell WorstLight(const v1::GetBoardResponse::Row& row, const Printer& printer) {
  if (row.red() > 0) return LightCell(v1::Assignment::RED, printer);
  if (row.yellow() > 0) return LightCell(v1::Assignment::YELLOW, printer);
  if (row.green() > 0) return LightCell(v1::Assignment::GREEN, printer);
  return LightCell(v1::Assignment::GREY, printer);
}

void AddBoardRow(const v1::GetBoardResponse::Row& row, const std::string& name, bool with_declined,
                 const Printer& printer, Table* table) {
  std::vector<Cell> cells = {Cell(name)};
  for (Cell& cell : CountCells(row.counts(), with_declined)) cells.push_back(std::move(cell));
  cells.emplace_back(StrCat(row.red()), row.red() > 0 ? Style::kRed : Style::kPlain);
  cells.emplace_back(StrCat(row.counts().total()));
  cells.push_back(WorstLight(row, printer));
  table->Row(std::move(cells));
}

// As counting words are read: 一, 两, 三; digits beyond.
std::string ChineseCount(int count) {
  constexpr const char* kWords[] = {"零", "一", "两", "三", "四", "五"};
  return count >= 0 && count <= 5 ? kWords[count] : StrCat(count);
}

// What the levels below made of a row, by level and node. What comes up are counts: how far the units are, not how
// late, nor whose share is whose; so every level stands at the same indentation, under the name of its node.
void AddRowsBelow(const v1::GetBoardResponse::Row& row, bool with_declined, const Printer& printer, Table* table) {
  const v1::Decomposition::Row* before = nullptr;
  for (const v1::Decomposition::Row& below : row.below()) {
    if (before == nullptr || before->depth() != below.depth() || before->node() != below.node()) {
      table->Note(printer.Say(
          {StrCat("  下", ChineseCount(below.depth()), "级 ", below.node()),
           StrCat("  ", below.depth(), below.depth() == 1 ? " level" : " levels", " below: ", below.node())}));
    }
    before = &below;
    const std::string unit = below.unit_display_name().empty() ? below.unit() : below.unit_display_name();
    std::vector<Cell> cells = {Cell(StrCat("    ", unit), Style::kDim)};
    for (Cell& cell : CountCells(below.counts(), with_declined)) cells.emplace_back(std::move(cell.text), Style::kDim);
    cells.emplace_back("");
    cells.emplace_back(StrCat(below.counts().total()), Style::kDim);
    cells.emplace_back("");
    table->Row(std::move(cells));
  }
}

}  // namespace

std::string NumberWords(const v1::Assignment& assignment) {
  if (assignment.table().empty() || assignment.table() == "body") return StrCat(assignment.number());
  return StrCat(assignment.table(), "-", assignment.number());
}

std::string UnitWords(const v1::Assignment& assignment) {
  return assignment.unit_display_name().empty() ? assignment.unit() : assignment.unit_display_name();
}

Phrase StateWords(const v1::Assignment& assignment) {
  const bool again = assignment.state() == v1::Assignment::ISSUED && assignment.execution().has_receipt();
  return again ? Phrase{"待重新签收", "to be signed again"} : WordOf(assignment.state());
}

Phrase UnsignedChanges(const v1::Assignment& assignment) {
  Phrase all;
  for (const v1::DutyChange& change : assignment.duty_changes()) {
    const Phrase what = DutyChangeWords(change);
    const std::string& reason = change.reason();
    StrAppend(&all.zh, all.zh.empty() ? "" : "\n", "第", change.plan_revision(), "次发布修订了", what.zh,
              reason.empty() ? "" : "。原因：", reason);
    StrAppend(&all.en, all.en.empty() ? "" : "\n", "revision ", change.plan_revision(), " changed ", what.en,
              reason.empty() ? "" : "; because: ", reason);
  }
  return all;
}

Cell LightCell(v1::Assignment::Light light, const Printer& printer) {
  const std::string word = printer.Say(WordOf(light));
  return printer.look().color ? Cell(StrCat("● ", word), StyleOf(light)) : Cell(word);
}

Table AssignmentTable(const google::protobuf::RepeatedPtrField<v1::Assignment>& assignments, ListOrder order,
                      TableUse use, const Printer& printer) {
  const bool whole = use == TableUse::kExport;
  const bool wide = whole || printer.TableLook().width >= kWide;
  std::vector<Column> columns = {
      {printer.Say({"序号", "No."}), true, false},      {printer.Say({"任务", "Task"}), false, true, 3},
      {printer.Say({"单位", "Unit"}), false, true},     {printer.Say({"角色", "Role"}), false, false},
      {printer.Say({"期限", "Deadline"}), false, true}, {printer.Say({"状态", "State"}), false, true},
      {printer.Say({"灯", "Light"}), false, false}};
  if (wide) columns.push_back({printer.Say({"编号", "Id"}), false, false});
  Table table(std::move(columns));
  if (whole || order == ListOrder::kByPlan) table.NameSections(printer.Say({"计划", "Plan"}));
  std::string plan;
  for (const v1::Assignment& assignment : assignments) {
    const bool section = (whole || order == ListOrder::kByPlan) && assignment.plan_title() != plan;
    plan = assignment.plan_title();
    if (section) table.Section(StrCat("《", plan, "》"));
    std::string text = whole ? assignment.text() : Ellipsize(assignment.text(), kOverview);
    if (!wide) StrAppend(&text, "\n", ShortAssignmentName(assignment.name()));
    std::vector<Cell> cells = {
        NumberWords(assignment),
        text,
        UnitWords(assignment),
        printer.Say(WordOf(assignment.role())),
        DeadlineCell(assignment.deadline(), printer),
        printer.Say(StateWords(assignment)),
        whole ? Cell(printer.Say(WordOf(assignment.light()))) : LightCell(assignment.light(), printer)};
    if (wide) cells.push_back(ShortAssignmentName(assignment.name()));
    table.Row(std::move(cells));
  }
  return table;
}

void PrintAssignments(const google::protobuf::RepeatedPtrField<v1::Assignment>& assignments, const Phrase& nothing,
                      ListOrder order, Printer* printer) {
  if (printer->json()) return;
  printer->Show(AssignmentTable(assignments, order, TableUse::kScreen, *printer), nothing);
}

Phrase WaitsFor(const v1::Assignment& assignment) {
  if (assignment.state() == v1::Assignment::UNDER_REVIEW) return {"审核", "review"};
  if (assignment.state() == v1::Assignment::DECLINED) return {"裁定退办", "decide the decline"};
  const bool open = OpenExtension(assignment.execution(), assignment.oversight()) != nullptr;
  return open ? Phrase{"答复延期", "answer the extension"} : Phrase{};
}

void PrintAssignment(const v1::Assignment& assignment, Printer* printer) {
  const auto line = [&](const Phrase& label, const std::string& value) {
    if (!value.empty()) printer->Line({StrCat(label.zh, "：", value), StrCat(label.en, ": ", value)});
  };
  printer->Line({StrCat("《", assignment.plan_title(), "》第 ", NumberWords(assignment), " 项"),
                 StrCat(assignment.plan_title(), ", task ", NumberWords(assignment))},
                Style::kBold);
  for (const std::string& heading : assignment.headings()) line({"标题", "heading"}, heading);
  line({"任务", "task"}, assignment.text());
  line({"单位", "unit"}, StrCat(UnitWords(assignment), "  ", printer->Say(WordOf(assignment.role()))));
  if (!assignment.addressed_as().empty() && assignment.addressed_as() != assignment.unit_display_name()) {
    line({"原文所列", "addressed as"}, assignment.addressed_as());
  }
  line({"期限", "deadline"}, printer->Say(DeadlineWords(assignment.deadline())));
  line({"原时限", "due day before the extension"}, assignment.issued_due());
  const Phrase changes = UnsignedChanges(assignment);
  if (!changes.zh.empty()) printer->Line(changes, Style::kYellow);
  for (const v1::DutyChange& change : assignment.duty_changes()) line({"原内容", "text before"}, change.text_before());
  line({"交办单位", "issuer"},
       assignment.issuer_display_name().empty() ? assignment.issuer() : assignment.issuer_display_name());
  line({"交办时间", "issued"}, TimeWords(assignment.issue_time()));
  line({"状态", "state"}, printer->Say(StateAndLight(assignment)));
  line({"撤销原因", "cancelled because"}, assignment.cancel_reason());
  PrintExecution(assignment, printer);
  PrintRequests(assignment, printer);
  PrintWords(assignment.oversight(), printer);
  for (const std::string& title : assignment.decomposition().plan_titles()) {
    line({"由本单位计划承接", "taken on by"}, title);
  }
  line({"编号", "name"}, assignment.name());
  line({"版本", "etag"}, assignment.etag());
}

Phrase ChangeWords(const Phrase& what, const v1::Assignment& assignment) {
  const Phrase state = WordOf(assignment.state());
  const std::string id = ShortAssignmentName(assignment.name());
  if (assignment.text().empty()) {
    return {StrCat(what.zh, "：", id, "（当前状态：", state.zh, "）"),
            StrCat(what.en, ": ", id, " (now ", state.en, ")")};
  }
  const std::string number = NumberWords(assignment);
  const std::string text = Ellipsize(assignment.text(), kOverview);
  const std::string unit = UnitWords(assignment);
  return {StrCat(what.zh, "：第 ", number, " 项 ", text, "（", unit, "，当前状态：", state.zh, "）"),
          StrCat(what.en, ": task ", number, " ", text, " (", unit, ", now ", state.en, ")")};
}

Table BoardTable(const v1::GetBoardResponse& board, v1::GetBoardRequest::GroupBy group_by, const Printer& printer) {
  const bool with_declined = board.total().counts().declined() > 0;
  std::vector<Column> columns = {
      {printer.Say(WordOf(group_by)), false, true},       {printer.Say({"待签收", "Issued"}), true, false},
      {printer.Say({"已签收", "Received"}), true, false}, {printer.Say({"进行中", "Working"}), true, false},
      {printer.Say({"待审核", "Review"}), true, false},   {printer.Say({"办结", "Done"}), true, false}};
  if (with_declined) columns.push_back({printer.Say({"退办", "Declined"}), true, false});
  columns.push_back({printer.Say({"逾期", "Overdue"}), true, false});
  columns.push_back({printer.Say({"合计", "Total"}), true, false});
  columns.push_back({printer.Say({"灯", "Light"}), false, false});
  Table table(std::move(columns));
  for (const auto& row : board.rows()) {
    std::string name = row.display_name().empty() ? row.key() : row.display_name();
    if (name.empty()) name = printer.Say({"（无标题）", "(no heading)"});
    AddBoardRow(row, name, with_declined, printer, &table);
    AddRowsBelow(row, with_declined, printer, &table);
  }
  if (board.rows_size() > 1) AddBoardRow(board.total(), printer.Say({"总计", "All"}), with_declined, printer, &table);
  return table;
}

Phrase BoardDay(const v1::GetBoardResponse& board) {
  return {StrCat("截至 ", board.as_of()), StrCat("as of ", board.as_of())};
}

void PrintBoard(const v1::GetBoardResponse& board, v1::GetBoardRequest::GroupBy group_by, Printer* printer) {
  if (printer->json()) return;
  printer->Show(BoardTable(board, group_by, *printer), {"没有交办事项", "no assignments"});
  printer->Line(BoardDay(board), Style::kDim);
}

void PrintTimeline(const v1::GetTimelineResponse& timeline, Printer* printer) {
  Table table({{printer->Say({"时间", "Time"}), false, false},
               {printer->Say({"事项", "What"}), false, false},
               {printer->Say({"经办", "Who"}), false, true},
               {printer->Say({"节点", "Node"}), false, false},
               {printer->Say({"内容", "Text"}), false, true}});
  for (const v1::TimelineEntry& entry : timeline.entries()) {
    table.Row(
        {TimeWords(entry.event_time()), printer->Say(WordOf(entry.kind())), entry.actor(), entry.node(), entry.text()});
  }
  printer->Show(table, {"还没有记录", "nothing happened yet"});
}

}  // namespace duban::cli
