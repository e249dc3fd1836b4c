#include "services/plan/reader/finish_plan.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "absl/time/civil_time.h"
#include "common/base/civil.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "services/plan/phrases/deadline_phrase.h"
#include "services/plan/phrases/outline.h"
#include "services/plan/phrases/text_targets.h"
#include "services/plan/phrases/unit_phrase.h"
#include "services/plan/phrases/vocabulary.h"
#include "services/plan/reader/answering.h"
#include "services/plan/reader/findings.h"

namespace duban {
namespace {

using v1::Deadline;
using v1::Finding;
using v1::Responsibility;
using v1::Task;

// Of the rows that print labels or brackets, at least this share has units of its own where none are shared.
constexpr double kOwnUnits = 0.6;

// The longest beginning of `text` that has at most `limit` code points.
std::string Clip(const std::string& text, size_t limit) {
  if (text.size() <= limit) return text;
  const std::u32string decoded = DecodeUtf8(text);
  return decoded.size() <= limit ? text : EncodeUtf8(TextView(decoded).substr(0, limit));
}

std::u32string HeadingKey(const TaskRow& row) {
  std::u32string key;
  for (const FlowText& heading : row.headings) {
    key += heading.text();
    key.push_back('\n');
  }
  return key;
}

// Decides which rows share the units of a neighbour (one merged cell), and which have none.
class UnitSharing {
 public:
  explicit UnitSharing(std::vector<TaskRow>& rows) : rows_(rows) {}

  void Share() {
    const auto own = std::count_if(rows_.begin(), rows_.end(), [](const TaskRow& row) { return !row.units.empty(); });
    if (own == 0) return;
    const bool cells = std::any_of(rows_.begin(), rows_.end(), [](const TaskRow& row) { return row.cell_layout; });
    const bool all_blank_are_cells = std::all_of(
        rows_.begin(), rows_.end(), [](const TaskRow& row) { return !row.units.empty() || row.units_blank; });
    if (all_blank_are_cells) return;
    const bool few = static_cast<double>(own) < kOwnUnits * static_cast<double>(rows_.size());
    if (!cells && !few && !LastOfGroupHolds()) return;
    // A merged cell is printed with its first row or with its last; the way that leaves fewer rows alone is right.
    const size_t alone_forward = Run(true, false);
    const size_t alone_backward = Run(false, false);
    Run(alone_forward <= alone_backward, true);
  }

 private:
  // Whether the last item under a heading is where the units of all items under it are printed: so it is in at least
  // half of the groups of several items.
  bool LastOfGroupHolds() const {
    size_t groups = 0;
    size_t last_only = 0;
    for (size_t begin = 0; begin < rows_.size();) {
      size_t end = begin + 1;
      size_t own = !rows_[begin].units.empty();
      while (end < rows_.size() && HeadingKey(rows_[end]) == HeadingKey(rows_[begin]))
        own += !rows_[end++].units.empty();
      const bool from_heading = rows_[begin].units_shared;
      groups += end - begin > 1 && own > 0 && !from_heading;
      last_only += end - begin > 1 && own == 1 && !rows_[end - 1].units.empty();
      begin = end;
    }
    return last_only > 0 && last_only * 2 >= groups;
  }

  // Gives rows without units those of the next row (`forward`) or the one before, under the same heading. Returns how
  // many stay without.
  size_t Run(bool forward, bool apply) {
    size_t alone = 0;
    const TaskRow* source = nullptr;
    for (size_t n = 0; n < rows_.size(); ++n) {
      TaskRow& row = rows_[forward ? rows_.size() - 1 - n : n];
      if (!row.units.empty() && !row.units_shared) {
        source = &row;
        continue;
      }
      if (!row.units.empty()) continue;
      const bool fits = source != nullptr && !row.units_blank && HeadingKey(*source) == HeadingKey(row);
      if (!fits) {
        ++alone;
        // A blank cell ends the merged cell around it.
        if (row.units_blank) source = nullptr;
        continue;
      }
      if (!apply) continue;
      row.units = source->units;
      row.units_shared = true;
      row.units_from_behind = forward;
      if (row.deadline.empty() && !source->deadline.empty()) row.deadline = source->deadline;
    }
    return alone;
  }

  std::vector<TaskRow>& rows_;
};

// Writes the findings of a plan.
class PlanNotes {
 public:
  explicit PlanNotes(v1::Plan& plan) : plan_(plan) {}

  static std::string NameOf(const Task& task) {
    const std::string table = task.table() == "body" ? "" : task.table();
    return StrCat(table, "第", task.number(), "项");
  }

  void Note(std::string_view code, const std::string& task, const v1::SourceSpan& span, const std::string& subject,
            const std::string& proposal, const std::string& message) {
    if (plan_.findings_size() >= 5000) return;
    const FindingRule* rule = FindFindingRule(code);
    Finding& finding = *plan_.add_findings();
    finding.set_code(std::string(code));
    finding.set_task(task);
    finding.set_blocking(rule != nullptr && rule->blocking);
    finding.set_subject(Clip(subject, 500));
    finding.set_proposal(Clip(proposal, 1000));
    finding.set_line(span.line());
    if (span.line() > 0) *finding.mutable_span() = span;
    const std::string where = span.line() > 0 ? StrCat("第", span.line(), "行：") : "";
    finding.set_message(Clip(where + message, 1000));
  }

  void NumberFindings() {
    auto& findings = *plan_.mutable_findings();
    std::stable_sort(findings.pointer_begin(), findings.pointer_end(),
                     [](const Finding* a, const Finding* b) { return a->line() < b->line(); });
    for (int i = 0; i < findings.size(); ++i) findings[i].set_finding_id(StrCat("f-", i + 1));
  }

  // Notes what concerns a task: its name stands in front of `message`.
  void NoteTask(std::string_view code, const Task& task, const v1::SourceSpan& span, const std::string& subject,
                const std::string& proposal, const std::string& message) {
    Note(code, task.task_id(), span, subject, proposal, NameOf(task) + message);
  }

  void NoteNoUnit(const RowTable& table, size_t i, const Task& task) {
    std::string proposal;
    for (size_t k = i; k-- > 0 && proposal.empty();) {
      if (!table.rows[k].units.empty()) proposal = table.rows[k].units.front().text.Printed();
    }
    NoteTask(kNoUnit, task, task.span(), "", proposal,
             StrCat(task.responsibilities().empty() ? "没有写责任单位" : "只写了配合单位，没有写责任单位",
                    proposal.empty() ? "" : StrCat("，前一项是“", Clip(proposal, 60), "”"), "。请填写由谁负责"));
  }

  void NoteOtherReading(const TaskRow& row, const Task& task) {
    const bool units = !row.other_units.empty() && row.other_text == row.text.Printed();
    const std::string other = units ? StrCat("责任单位也可能是“", Clip(row.other_units, 60), "”")
                                    : StrCat("正文也可能到“……", LastOf(row.other_text), "”为止");
    NoteTask(kReadingUnsure, task, row.text.SpanOf(), Clip(task.printed_units(), 200), row.other_units,
             StrCat("从哪里断开没有把握，", other, "。请对照原文核对责任单位"));
  }

  static std::string LastOf(const std::string& text) {
    const std::u32string decoded = DecodeUtf8(text);
    return EncodeUtf8(TextView(decoded).substr(decoded.size() > 12 ? decoded.size() - 12 : 0));
  }

  void NoteRow(const RowNote& note, const Task& task) {
    const std::string subject = note.subject.Printed();
    const std::string words = StrCat("“", Clip(subject, 60), "”");
    const std::string message =
        note.code == kLostParenthesis
            ? StrCat("的责任单位", words, "可能漏了括号，后面的文字归入下一项。请核对责任单位到哪里为止")
        : note.code == kRoleUnclear ? StrCat("的几栏责任单位之间只隔空格，", words, "按同一栏理解。请核对各单位的分工")
        : note.code == kColumnUnclear
            ? StrCat("有一栏写着", words, "，栏目名没有说明分工，",
                     Contains(DecodeUtf8(task.printed_units()), note.subject.text()) ? "按责任单位理解"
                                                                                     : "没有列为责任单位",
                     "。请核对是否由它们承担")
            : StrCat("的责任单位与正文连在一起，从", words, "断开。请核对断得对不对");
    NoteTask(note.code, task, note.subject.SpanOf(), subject, PhraseOf(task), message);
  }

  void NotePhrase(const PhraseNote& note, const UnitCell& cell, const Task& task) {
    const v1::SourceSpan span = cell.text.SpanOf(note.begin, std::max(note.end, note.begin + 1));
    const auto report = [&](const char* code, const std::string& message) {
      NoteTask(code, task, span, note.subject, note.proposal, message);
    };
    switch (note.doubt) {
      case PhraseDoubt::kBrokenUnit:
        return report(kBrokenUnit, StrCat("的单位“", note.subject, "”像是缺了字，按“", note.proposal, "”理解。请核对"));
      case PhraseDoubt::kDuplicateUnit:
        return report(kDuplicateUnit, StrCat("把“", note.subject, "”印了两次，只算一次"));
      case PhraseDoubt::kUnknownUnit:
        return report(
            kUnknownUnit,
            note.proposal.empty()
                ? StrCat("的单位“", note.subject, "”不在单位名录里。请改成其中的名称，或先在其中添加")
                : StrCat("的单位“", note.subject, "”不在单位名录里，相近的有：", note.proposal, "。请选定是哪一个"));
      case PhraseDoubt::kNotAUnit:
        return report(kUnitNotUnderstood, StrCat("的“", note.subject, "”不像单位名称。请填写正确的单位"));
      case PhraseDoubt::kOpenUnit:
        return report(kOpenUnit, StrCat("的“", note.subject, "”没有指明是哪些单位。请填写具体单位"));
      case PhraseDoubt::kOpenList:
        return report(kOpenList, StrCat("的责任单位以“", note.subject, "”结尾，可能还有别的单位。请核对是否补充"));
      case PhraseDoubt::kRoleUnclear:
        return report(kRoleUnclear, StrCat("的“", note.subject, "”没有说清谁牵头。请核对，建议：", note.proposal));
      case PhraseDoubt::kInheritedPrefix:
        return report(kInheritedPrefix,
                      StrCat("的“", note.subject, "”按前一个单位理解为“", note.proposal, "”。请核对"));
    }
  }

  static std::string PhraseOf(const Task& task) {
    std::string lead, share, help;
    for (const Responsibility& unit : task.responsibilities()) {
      std::string& list = unit.role() == Responsibility::LEAD        ? lead
                          : unit.role() == Responsibility::COOPERATE ? help
                                                                     : share;
      list += (list.empty() ? "" : "、") + unit.unit();
    }
    std::string phrase;
    if (!lead.empty()) phrase = lead + "牵头";
    if (!share.empty()) phrase += (phrase.empty() ? "" : "，") + share + (lead.empty() && help.empty() ? "" : "负责");
    if (!help.empty()) phrase += (phrase.empty() ? "" : "，") + help + "配合";
    return phrase;
  }

  // Whether a number lost its dot, where others have theirs.
  static bool LostDot(const TaskRow& row) {
    return row.number_level == 3 && !row.number.empty() && IsDigit(row.number.text().back());
  }
  static bool DotsAreUsual(const RowTable& table) {
    const auto lost = std::count_if(table.rows.begin(), table.rows.end(), LostDot);
    return lost * 2 < static_cast<ptrdiff_t>(table.rows.size());
  }

  void CheckNumber(const RowTable& table, size_t i, bool dots, const Task& task) {
    const TaskRow& row = table.rows[i];
    const int printed = NumberIn(row.number.text());
    if (row.number_value > 0 && printed > 0 && printed != row.number_value) {
      Note(kNumberRepaired, task.task_id(), row.number.SpanOf(), row.number.Printed(), StrCat(row.number_value),
           StrCat("序号印作“", row.number.Printed(), "”，按前后顺序理解为", row.number_value, "。请核对"));
    } else if (dots && LostDot(row)) {
      Note(kNumberRepaired, task.task_id(), row.number.SpanOf(), row.number.Printed(), StrCat(row.number_value),
           StrCat("序号“", row.number.Printed(), "”后面漏了点，按第", row.number_value, "项理解。请核对"));
    }
    if (row.number_value == 0) return;
    int before = 0;
    // A number of this level may also stand in front of a heading: 2. with (1) and (2) under it.
    for (size_t k = i; k-- > 0 && before == 0;) {
      if (table.rows[k].number_level == row.number_level || table.rows[k].number_level == 0 || row.number_level == 0) {
        before = table.rows[k].number_value;
        continue;
      }
      for (const FlowText& heading : table.rows[k].headings) {
        const OutlineMark mark = MatchMark(heading.text(), 0);
        if (mark.level == row.number_level && row.number_level > 0) before = mark.number;
      }
    }
    const bool restarts = row.number_value == 1 && (i == 0 || HeadingKey(table.rows[i - 1]) != HeadingKey(row));
    if (row.number_value == before + 1 || restarts) return;
    Note(kNumberOutOfOrder, task.task_id(), row.number.SpanOf(), row.number.Printed(), StrCat(before + 1),
         StrCat("序号", row.number_value, before == 0 ? "是第一项" : StrCat("跟在", before, "后面"),
                "，中间可能缺了任务或序号印错。请对照原文核对"));
  }

  static int NumberIn(TextView t) {
    for (size_t i = 0; i < t.size(); ++i) {
      if (const auto number = ReadDigits(t, i); number.has_value()) return number->value;
    }
    return 0;
  }

 private:
  v1::Plan& plan_;
};

// Finishes the deadlines of tasks and holds them against each other.
class DeadlineFinisher {
 public:
  DeadlineFinisher(const v1::Plan& plan, PlanNotes& notes)
      : plan_(plan), notes_(notes), issue_date_(plan.issue_date().empty() ? plan.post_date() : plan.issue_date()) {
    context_.year = plan.year();
  }

  // Whether `前` behind a quarter or month includes it: where `一季度前` would else be over before the plan's year
  // begins.
  void FindUsage(const std::vector<RowTable>& tables) {
    for (const RowTable& table : tables) {
      for (const TaskRow& row : table.rows) {
        const DeadlinePhrase phrase = ParseDeadline(row.deadline.text(), context_);
        const bool before_year = phrase.ambiguous && !phrase.deadline.due().empty() &&
                                 phrase.deadline.due() < StrCat(plan_.year(), "-01-01");
        context_.includes_period =
            context_.includes_period || (before_year && row.deadline.text().find(U'年') == TextView::npos);
      }
    }
  }

  void FinishDeadlines(TaskRow& row, Task& task) {
    Deadline& deadline = *task.mutable_deadline();
    DeadlinePhrase phrase = ParseDeadline(row.deadline.text(), context_);
    deadline = phrase.deadline;
    deadline.set_printed(Clip(row.deadline.Printed(), 200));
    const auto note = [&](const char* code, const std::string& proposal, const std::string& message) {
      notes_.NoteTask(code, task, row.deadline.SpanOf(), deadline.printed(), proposal,
                      StrCat("的时限“", deadline.printed(), "”", message));
    };
    if (FinishStages(row, task)) {
      TakeLastStage(task);
    } else if (!phrase.understood) {
      note(kDeadlineNotUnderstood, "", "看不懂。请改写成日期，例如“9月30日前”");
    } else if (phrase.at_once) {
      note(kDeadlineWithoutDay, "", "没有日期，发布后不会到期，也不会提醒。如需按日期督办，请填写日期");
    } else if (phrase.ambiguous || row.several_deadlines) {
      note(kDeadlineAmbiguous, deadline.due(), StrCat("可有两种理解，按", deadline.due(), "截止。请核对"));
    }
    needs_year_ = needs_year_ || phrase.lacks_year;
    CheckPast(deadline, row.deadline.SpanOf(), task);
    for (const FoundDeadline& found : FindDeadlines(row.text.text(), context_)) {
      if (task.text_deadlines_size() >= 50) break;
      Deadline& stated = *task.add_text_deadlines();
      stated = found.phrase.deadline;
      stated.set_printed(Clip(row.text.Printed(found.begin, found.end), 200));
      needs_year_ = needs_year_ || found.phrase.lacks_year;
      CheckPast(stated, row.text.SpanOf(found.begin, found.end), task);
    }
    CheckContradiction(row, task);
  }

  // Adds what columns of times, and a goal or a deadline of several dates, say. True where they stand for the deadline.
  bool FinishStages(const TaskRow& row, Task& task) {
    for (const LabelledText& other : row.others) {
      if (other.purpose == FieldPurpose::kStage) {
        AddStage(other.label, EncodeUtf8(other.label), other.text.Printed(), task);
      } else if (other.purpose == FieldPurpose::kGoal) {
        AddStages(other.text, task);
      }
    }
    const bool others = task.stages_size() > 0;
    return AddStages(row.deadline, task) || (others && row.deadline.empty());
  }

  // Adds the stages that `flow` consists of, `一季度完成方案；二季度完成招标`; false where it consists of none.
  bool AddStages(const FlowText& flow, Task& task) {
    const std::vector<DeadlineStage> stages = StagesIn(flow.text());
    for (const DeadlineStage& stage : stages) {
      AddStage(flow.text().substr(stage.begin, stage.end - stage.begin), flow.Printed(stage.begin, stage.end),
               flow.Slice(stage.text_begin, stage.text_end).Printed(), task);
    }
    return !stages.empty();
  }

  void AddStage(TextView deadline, const std::string& printed, const std::string& text, Task& task) {
    if (task.stages_size() >= 50) return;
    const DeadlinePhrase phrase = ParseDeadline(deadline, context_);
    needs_year_ = needs_year_ || phrase.lacks_year;
    v1::TaskStage& stage = *task.add_stages();
    stage.set_text(Clip(text, 2000));
    *stage.mutable_deadline() = phrase.deadline;
    stage.mutable_deadline()->set_printed(Clip(printed, 200));
  }

  // The task is done with the last of its stages.
  static void TakeLastStage(Task& task) {
    const v1::TaskStage* last = &task.stages(0);
    for (const v1::TaskStage& stage : task.stages()) {
      if (stage.deadline().due() >= last->deadline().due()) last = &stage;
    }
    const std::string printed = task.deadline().printed();
    *task.mutable_deadline() = last->deadline();
    if (!printed.empty()) task.mutable_deadline()->set_printed(printed);
  }

  void CheckPast(const Deadline& deadline, const v1::SourceSpan& span, const Task& task) {
    if (deadline.kind() != Deadline::BY_DATE || deadline.due().empty()) return;
    const bool before_issue = !issue_date_.empty() && deadline.due() < issue_date_;
    const bool before_year = plan_.year() > 0 && deadline.due() < StrCat(plan_.year(), "-01-01");
    if (!before_issue && !before_year) return;
    const std::string than = before_issue ? StrCat("印发日期", issue_date_) : StrCat("方案年度", plan_.year(), "年");
    notes_.NoteTask(kDeadlinePastAtIssue, task, span, deadline.printed(), "",
                    StrCat("的时限“", deadline.printed(), "”（", deadline.due(), "）早于", than,
                           "。请填写新的时限，或确认已经完成"));
  }

  // A date in the text that is later than the cell's, or the only one and another than the cell's.
  void CheckContradiction(const TaskRow& row, const Task& task) {
    if (task.deadline().kind() != Deadline::BY_DATE || task.deadline().due().empty()) return;
    size_t dates = 0;
    const Deadline* other = nullptr;
    bool agrees = false;
    for (const Deadline& stated : task.text_deadlines()) {
      if (stated.kind() != Deadline::BY_DATE || stated.due().empty()) continue;
      ++dates;
      if (stated.due() == task.deadline().due()) agrees = true;
      if (stated.due() > task.deadline().due() || other == nullptr) other = &stated;
    }
    if (other == nullptr || agrees) return;
    if (dates > 1 && other->due() < task.deadline().due()) return;
    notes_.NoteTask(
        kDeadlineContradiction, task, row.deadline.SpanOf(), task.deadline().printed(), other->printed(),
        StrCat("的时限写“", task.deadline().printed(), "”，正文里又写“", other->printed(), "”。请核对以哪个为准"));
  }

  // Of several deadlines among the units (`第一批：A，6月底前；第二批：B，9月底前`) the last day of all.
  void TakeDeadline(const FlowText& text, const std::vector<UnitPhrase::Part>& parts, TaskRow& row) const {
    const UnitPhrase::Part* latest = &parts.front();
    std::string due;
    for (const UnitPhrase::Part& part : parts) {
      const DeadlinePhrase phrase = ParseDeadline(text.text().substr(part.begin, part.end - part.begin), context_);
      if (phrase.deadline.due() <= due) continue;
      due = phrase.deadline.due();
      latest = &part;
    }
    row.deadline = text.Slice(latest->begin, latest->end);
    row.several_deadlines = parts.size() > 1;
  }

  // A date without a year was read though the plan has none.
  bool needs_year() const { return needs_year_; }

 private:
  const v1::Plan& plan_;
  PlanNotes& notes_;
  const std::string issue_date_;
  DeadlineContext context_;
  bool needs_year_ = false;
};

// What a row prints besides, in the field that is for it.
void FinishOther(const LabelledText& other, Task& task) {
  const std::string printed = other.text.Printed();
  const auto add = [&](std::string* field, size_t limit) { *field = Clip(*field + printed, limit); };
  switch (other.purpose) {
    case FieldPurpose::kPeople:
      if (task.people_size() < 20) {
        v1::TaskPeople& people = *task.add_people();
        people.set_label(EncodeUtf8(other.label));
        people.set_printed(Clip(printed, 500));
      }
      break;
    case FieldPurpose::kGoal:
      return add(task.mutable_goal(), 5000);
    case FieldPurpose::kMeasure:
      return add(task.mutable_measure(), 20000);
    case FieldPurpose::kRequirement:
      return add(task.mutable_requirement(), 20000);
    default:
      break;
  }
}

// The only date of a goal that opens with it (`11月底前开放`).
FlowText DeadlineInGoal(const TaskRow& row) {
  for (const LabelledText& other : row.others) {
    if (other.purpose != FieldPurpose::kGoal && other.purpose != FieldPurpose::kRequirement) continue;
    const std::vector<FoundDeadline> found = FindDeadlines(other.text.text(), DeadlineContext());
    const bool dated = found.size() == 1 && found[0].phrase.deadline.kind() == Deadline::BY_DATE;
    if (dated && found[0].begin == 0) return other.text.Slice(0, found[0].end);
  }
  return FlowText();
}

class PlanFinisher {
 public:
  PlanFinisher(const v1::Plan& properties, const UnitLexicon& lexicon, int year)
      : plan_(WithYear(properties, year)), lexicon_(lexicon), notes_(plan_), deadlines_(plan_, notes_) {
    plan_.set_title(Clip(plan_.title(), 200));
    plan_.set_issuing_unit(Clip(plan_.issuing_unit(), 60));
    plan_.set_implements(Clip(plan_.implements(), 200));
  }

  v1::Plan Finish(std::vector<RowTable> tables) {
    deadlines_.FindUsage(tables);
    int annex = 0;
    for (RowTable& table : tables) {
      prefix_ = table.name == "body" ? "body-" : StrCat("annex", ++annex, "-");
      FinishTable(table);
    }
    if (plan_.tasks().empty()) {
      notes_.Note(kNoTasks, "", v1::SourceSpan(), "", "",
                  "没有读出任何任务。请检查文件是否是分工方案，任务是否有序号、责任单位");
    }
    if (plan_.year() == 0 && deadlines_.needs_year()) {
      notes_.Note(kNoYear, "", v1::SourceSpan(), "", "", "标题和落款都没有年份，时限无法换算成日期。请补上方案的年份");
    }
    notes_.NumberFindings();
    return std::move(plan_);
  }

 private:
  static v1::Plan WithYear(v1::Plan plan, int year) {
    if (plan.year() == 0) plan.set_year(year);
    return plan;
  }

  void FinishTable(RowTable& table) {
    UnitSharing(table.rows).Share();
    const int first = plan_.tasks_size();
    dots_ = PlanNotes::DotsAreUsual(table);
    AssignNumbers(table);
    for (size_t i = 0; i < table.rows.size(); ++i) {
      FinishRow(table, i, first + static_cast<int>(i));
    }
    for (const RowNote& note : table.notes) {
      notes_.Note(note.code, "", note.subject.SpanOf(), note.subject.Printed(), note.proposal,
                  StrCat("标题“", Clip(note.subject.Printed(), 40),
                         "”的编号与前后不衔接，已按所在位置归类。请核对它属于哪一部分"));
    }
    for (const FlowText& leftover : table.leftovers) {
      notes_.Note(
          kNotATask, "", leftover.SpanOf(), Clip(leftover.Printed(), 60), "",
          StrCat("“", Clip(leftover.Printed(), 30), "……”没有写责任单位，没有列为任务。如果它是一项任务，请手工添加"));
    }
    // Rules name the first task that they bind, which is known only now.
    for (const auto& [rule, task] : pending_rules_) {
      if (task + 1 < plan_.tasks_size()) plan_.mutable_plan_rules(rule)->set_from_task(plan_.tasks(task + 1).task_id());
    }
    pending_rules_.clear();
  }

  // Numbers as printed; where none is printed, running. Ids are unique in any case.
  void AssignNumbers(RowTable& table) {
    std::set<int> seen;
    bool unique = true;
    for (const TaskRow& row : table.rows) {
      if (row.number_value == 0 || !seen.insert(row.number_value).second) unique = false;
    }
    int running = 0;
    for (const TaskRow& row : table.rows) {
      ++running;
      Task& task = *plan_.add_tasks();
      task.set_table(table.name);
      task.set_number(row.number_value > 0 ? row.number_value : running);
      task.set_printed_number(Clip(row.number.Printed(), 20));
      task.set_task_id(StrCat(prefix_, unique ? row.number_value : running));
    }
  }

  // Row `i` of its table is task `index` of the plan.
  void FinishRow(RowTable& table, size_t i, int index) {
    Task& task = *plan_.mutable_tasks(index);
    TaskRow& row = table.rows[i];
    for (const FlowText& heading : row.headings) {
      if (task.headings_size() < 10) task.add_headings(Clip(heading.Printed(), 500));
    }
    task.set_text(Clip(row.text.Printed(), 20000));
    task.set_title(Clip(row.title.Printed(), 500));
    task.set_remark(Clip(row.remark.Printed(), 2000));
    for (const LabelledText& other : row.others) FinishOther(other, task);
    *task.mutable_span() = row.text.SpanOf();
    const bool with_row_before = i > 0 && table.rows[i - 1].units_from_behind;
    task.set_shared_units(with_row_before || (row.units_shared && !row.units_from_behind));
    notes_.CheckNumber(table, i, dots_, task);
    FinishUnits(table, i, index);
    if (row.deadline.empty()) row.deadline = DeadlineInGoal(row);
    deadlines_.FinishDeadlines(row, task);
    for (v1::Target& target : FindTargets(row.text.text())) {
      target.set_subject(Clip(target.subject(), 100));
      *task.add_targets() = std::move(target);
    }
  }

  // ---- Units ----

  void FinishUnits(RowTable& table, size_t i, int index) {
    Task& task = *plan_.mutable_tasks(index);
    TaskRow& row = table.rows[i];
    std::string printed;
    std::set<std::string> seen;
    for (const UnitCell& cell : row.units) {
      printed += (printed.empty() ? "" : "；") + cell.text.Printed();
      UnitPhrase phrase = ParseUnits(cell.text, cell.role, lexicon_);
      if (phrase.same_as_above && i > 0) {
        *task.mutable_responsibilities() = plan_.tasks(index - 1).responsibilities();
        task.set_shared_units(true);
      }
      for (Responsibility& unit : phrase.responsibilities) {
        if (!seen.insert(unit.unit()).second) {
          phrase.notes.push_back({PhraseDoubt::kDuplicateUnit, 0, 0, unit.printed(), unit.unit()});
          continue;
        }
        if (task.responsibilities_size() >= 200 || unit.unit().empty()) continue;
        unit.set_printed(Clip(unit.printed(), 100));
        unit.set_unit(Clip(unit.unit(), 60));
        *task.add_responsibilities() = unit;
      }
      for (const PhraseNote& note : phrase.notes) notes_.NotePhrase(note, cell, task);
      if (row.deadline.empty() && !phrase.deadlines.empty()) deadlines_.TakeDeadline(cell.text, phrase.deadlines, row);
      TakeRules(phrase, cell, index);
    }
    task.set_printed_units(Clip(printed, 2000));
    for (const RowNote& note : row.notes) notes_.NoteRow(note, task);
    if (row.unsure) notes_.NoteOtherReading(row, task);
    const Answering answering = AnsweringOf(task);
    if (answering == Answering::kNobody || answering == Answering::kHelpersOnly) {
      notes_.NoteNoUnit(table, i, task);
    } else if (row.units_shared) {
      notes_.NoteTask(kSharedCell, task, row.units.front().text.SpanOf(), printed, PlanNotes::PhraseOf(task),
                      StrCat("与相邻任务共用一个单元格里的责任单位“", Clip(printed, 60), "”。请核对是否都由它们承担"));
    }
  }

  // `以下责任单位均包含各区县政府`, `各区县政府（含甲管委会，下同）`.
  void TakeRules(const UnitPhrase& phrase, const UnitCell& cell, int index) {
    const Task& task = plan_.tasks(index);
    for (const UnitPhrase::Part& part : phrase.rules) {
      v1::PlanRule& rule = AddRule(v1::PlanRule::NOTE, cell, part);
      const TextView t = cell.text.text().substr(part.begin, part.end - part.begin);
      const WordTable& signs = DocumentSigns();
      if (const size_t at = signs.Find(t, "includes"); at != TextView::npos) {
        rule.set_kind(v1::PlanRule::ADD_UNIT);
        rule.set_unit(Clip(EncodeUtf8(t.substr(at + signs.LengthAt(t, at, "includes"))), 60));
        rule.set_role(Contains(t.substr(0, at), U"牵头") ? Responsibility::LEAD : Responsibility::RESPONSIBLE);
      }
      // It binds from the next task on, which need not be in the plan yet.
      pending_rules_.emplace_back(plan_.plan_rules_size() - 1, index);
      notes_.NoteTask(kPlanRuleFound, task, rule.span(), rule.printed(), "",
                      StrCat("写有适用全文的规定“", rule.printed(), "”，发布时按它补充责任单位。请核对"));
    }
    for (const UnitPhrase::Inclusion& inclusion : phrase.inclusions) {
      const UnitPhrase::Part& part = inclusion.explanation;
      TextView t = cell.text.text().substr(part.begin, part.end - part.begin);
      if (!Contains(t, U"下同")) continue;
      v1::PlanRule& rule = AddRule(v1::PlanRule::INCLUDE_UNIT, cell, part);
      rule.set_subject(Clip(inclusion.name, 60));
      t.remove_prefix(MatchAny(t, 0, {U"含", U"包括", U"包含"}));
      rule.set_unit(Clip(EncodeUtf8(t.substr(0, t.find_first_of(U",;、"))), 60));
      rule.set_from_task(task.task_id());
    }
  }

  v1::PlanRule& AddRule(v1::PlanRule::Kind kind, const UnitCell& cell, const UnitPhrase::Part& part) {
    v1::PlanRule& rule = *plan_.add_plan_rules();
    rule.set_kind(kind);
    rule.set_printed(Clip(cell.text.Printed(part.begin, part.end), 500));
    *rule.mutable_span() = cell.text.SpanOf(part.begin, part.end);
    return rule;
  }

  v1::Plan plan_;
  const UnitLexicon& lexicon_;
  PlanNotes notes_;
  bool dots_ = false;  // Numbers of the table at work have dots.
  DeadlineFinisher deadlines_;
  std::string prefix_;
  std::vector<std::pair<int, int>> pending_rules_;
};

}  // namespace

v1::Plan FinishPlan(const v1::Plan& properties, std::vector<RowTable> tables, const UnitLexicon& lexicon, int year) {
  return PlanFinisher(properties, lexicon, year).Finish(std::move(tables));
}

}  // namespace duban
