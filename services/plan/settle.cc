#include "services/plan/settle.h"

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/base/csv.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/plan/judge.h"
#include "services/plan/judge_deadlines.h"
#include "services/plan/phrases/deadline_phrase.h"
#include "services/plan/phrases/unit_phrase.h"
#include "services/plan/reader/findings.h"

namespace duban {
namespace {

using google::protobuf::util::MessageDifferencer;

// Codes whose subject is the printed name of one unit, which will be printed again next year.
bool NamesAUnit(std::string_view code) {
  return code == kUnknownUnit || code == kBrokenUnit || code == kUnitNotUnderstood;
}

// Codes about a name wherever it stands in the plan; the judge opens and drops them by itself.
bool IsAboutWholePlan(std::string_view code) {
  return code == kUnknownUnit || code == kEmptyGroup;
}

bool SameName(std::string_view a, std::string_view b) {
  return NameKey(a) == NameKey(b);
}

// `answers[3].remember` for `answers[3].answer`.
std::string FieldBeside(const std::string& field, std::string_view name) {
  return StrCat(field.substr(0, field.rfind('.') + 1), name);
}

// What answers change in a task.
v1::Task Answerable(const v1::Task& task) {
  v1::Task part;
  *part.mutable_responsibilities() = task.responsibilities();
  *part.mutable_deadline() = task.deadline();
  *part.mutable_text_deadlines() = task.text_deadlines();
  *part.mutable_stages() = task.stages();
  part.set_number(task.number());
  return part;
}

// Applies the answers of one request; used once.
class Settling {
 public:
  Settling(const PlanReader& reader, absl::Time now, const v1::SettleFindingsRequest& request, const ActingPerson& who,
           PreparedPlan* prepared)
      : now_(now),
        request_(request),
        who_(who),
        directory_(reader.directory()),
        plan_(&prepared->plan),
        learned_(&prepared->learned),
        given_(&prepared->answers) {
    for (int i = 0; i < plan_->tasks_size(); ++i) {
      tasks_.emplace(plan_->tasks(i).task_id(), i);
      NoteNames(i);
    }
  }

  absl::Status Apply() {
    for (int i = 0; i < request_.answers_size(); ++i) {
      DUBAN_ASSIGN_OR_RETURN(std::vector<v1::Finding*> findings, FindFindings(request_.answers(i), i));
      for (v1::Finding* finding : findings) {
        const Before before = Remember(*finding);
        DUBAN_RETURN_IF_ERROR(Settle(request_.answers(i), StrCat("answers[", i, "].answer"), finding));
        NoteGiven(*finding, before);
      }
    }
    return absl::OkStatus();
  }

 private:
  using Answer = v1::SettleFindingsRequest::Answer;

  absl::Status WrongState(const v1::Finding& finding, std::string_view state, std::string_view english,
                          std::string_view chinese) const {
    return Error(v1::WRONG_STATE, StrCat("finding `", finding.finding_id(), "` ", english),
                 StrCat("待核实事项“", finding.finding_id(), "”", chinese),
                 {{"name", StrCat(plan_->name(), "/findings/", finding.finding_id())}, {"state", std::string(state)}});
  }

  absl::Status SettledAlready(const v1::Finding& finding) const {
    return WrongState(finding, "SETTLED", "is settled already; reopen it to answer it anew",
                      "已经处理过；要改答复，请先撤回原来的处理");
  }

  // The findings an answer is for.
  absl::StatusOr<std::vector<v1::Finding*>> FindFindings(const Answer& answer, int place) const {
    if (answer.finding_id().empty() == answer.code().empty()) {
      return InvalidField(StrCat("answers[", place, "].finding_id"), "or `code`: set exactly one of them",
                          "与 code 必须且只能填一个");
    }
    if (answer.settlement() == v1::Finding::ANSWERED && TrimSpaces(answer.answer()).empty()) {
      return InvalidField(StrCat("answers[", place, "].answer"), "is needed for ANSWERED", "为空：给出答复时必须填写");
    }
    std::vector<v1::Finding*> findings;
    const v1::Finding* without_proposal = nullptr;
    for (v1::Finding& finding : *plan_->mutable_findings()) {
      const bool by_id = !answer.finding_id().empty() && finding.finding_id() == answer.finding_id();
      const bool by_code = !answer.code().empty() && finding.code() == answer.code() && IsOpen(finding);
      if (!by_id && !by_code) continue;
      if (!IsOpen(finding)) return SettledAlready(finding);
      if (answer.settlement() == v1::Finding::ACCEPTED && finding.proposal().empty()) {
        without_proposal = &finding;
        continue;
      }
      findings.push_back(&finding);
    }
    if (!findings.empty()) return findings;
    if (without_proposal != nullptr) {
      return WrongState(*without_proposal, "NO_PROPOSAL", "has no proposal to accept; answer it",
                        "没有可以采纳的建议，请直接答复");
    }
    return NotFound(
        StrCat(plan_->name(), "/findings/", answer.finding_id().empty() ? answer.code() : answer.finding_id()));
  }

  // A plan before an answer, of what the answer may change.
  struct Before {
    std::map<int, v1::Task> tasks;
    google::protobuf::RepeatedPtrField<v1::PlanRule> rules;
    int year = 0;
  };

  Before Remember(const v1::Finding& finding) const {
    Before before{{}, plan_->plan_rules(), plan_->year()};
    const bool all = finding.code() == kNoYear || finding.code() == kNoDeadlines;
    std::set<int> places = all ? std::set<int>() : TasksOf(finding);
    for (int i = 0; all && i < plan_->tasks_size(); ++i) places.insert(i);
    for (const int place : places) before.tasks.emplace(place, Answerable(plan_->tasks(place)));
    return before;
  }

  // Notes what the answer to a finding has changed.
  void NoteGiven(const v1::Finding& finding, const Before& before) {
    storage::v1::GivenAnswers::Given given;
    given.set_finding_id(finding.finding_id());
    for (const auto& [place, task] : before.tasks) {
      v1::Task after = Answerable(plan_->tasks(place));
      if (MessageDifferencer::Equals(task, after)) continue;
      auto* changed = given.add_tasks();
      changed->set_task_id(plan_->tasks(place).task_id());
      *changed->mutable_before() = task;
      *changed->mutable_after() = std::move(after);
    }
    for (int i = 0; i < before.rules.size(); ++i) {
      if (MessageDifferencer::Equals(before.rules[i], plan_->plan_rules(i))) continue;
      *given.mutable_rules_before() = before.rules;
      *given.mutable_rules_after() = plan_->plan_rules();
      break;
    }
    if (before.year != plan_->year()) {
      given.set_year_before(before.year);
      given.set_year_after(plan_->year());
    }
    *given_->add_answers() = std::move(given);
  }

  absl::Status Settle(const Answer& answer, const std::string& field, v1::Finding* finding) {
    finding->set_settlement(answer.settlement());
    if (answer.settlement() == v1::Finding::ANSWERED) finding->set_answer(answer.answer());
    finding->set_settled_by(who_.name);
    finding->set_settle_agent(who_.agent);
    *finding->mutable_settle_time() = ToProto(now_);
    const v1::Finding& settled = *finding;
    if (answer.settlement() == v1::Finding::DISMISSED) {
      if (settled.code() == kUnknownUnit) LeaveOpen(settled);
      return absl::OkStatus();
    }
    const bool accepted = answer.settlement() == v1::Finding::ACCEPTED;
    const std::string value(TrimSpaces(accepted ? settled.proposal() : answer.answer()));
    if (settled.code() == kNoYear) return AnswerYear(value, field);
    if (settled.code() == kNoDeadlines) return AnswerAllDeadlines(value, field);
    const FindingRule* rule = FindFindingRule(settled.code());
    switch (rule == nullptr ? AnswerKind::kNone : rule->answer) {
      case AnswerKind::kNone:
        return absl::OkStatus();
      case AnswerKind::kUnitList:
        return AnswerUnits(settled, value, field);
      case AnswerKind::kUnitName:
        return AnswerName(settled, answer, value, field);
      case AnswerKind::kDeadline:
        return AnswerDeadline(settled, value, field);
      case AnswerKind::kNumber:
        return AnswerNumber(settled, value, field);
    }
    return absl::OkStatus();
  }

  // The directory's entry for a name. Only what the reader repaired may be accepted before the directory knows it; the
  // name is then judged as unknown.
  absl::StatusOr<std::string> FindEntry(const v1::Finding& finding, std::string_view name) {
    DUBAN_ASSIGN_OR_RETURN(std::string entry, directory_.Resolve(name));
    const bool repaired = finding.settlement() == v1::Finding::ACCEPTED && finding.code() != kUnknownUnit;
    if (!entry.empty() || repaired) return entry;
    DUBAN_ASSIGN_OR_RETURN(std::vector<std::string> nearest, directory_.Nearest(name, 3));
    std::string hint;
    for (const std::string& near : nearest) StrAppend(&hint, hint.empty() ? "" : "、", near);
    return Error(v1::RESOURCE_NOT_FOUND,
                 StrCat("the directory has no unit `", name, "`; nearest: ", hint.empty() ? "none" : hint),
                 StrCat("单位名录中没有“", name, "”", hint.empty() ? "，请先登记" : "，相近的有：", hint),
                 {{"name", std::string(name)}, {"nearest", hint}});
  }

  // Notes under which names a task is found.
  void NoteNames(int task) {
    for (const v1::Responsibility& responsibility : plan_->tasks(task).responsibilities()) {
      holders_[NameKey(responsibility.printed())].insert(task);
      holders_[NameKey(responsibility.unit())].insert(task);
    }
  }

  // The tasks a finding about a name is about, by their places: its own, or all that have the name.
  std::set<int> TasksOf(const v1::Finding& finding) const {
    if (!IsAboutWholePlan(finding.code()) && !finding.task().empty()) {
      const auto found = tasks_.find(finding.task());
      return found == tasks_.end() ? std::set<int>() : std::set<int>{found->second};
    }
    const auto holders = holders_.find(NameKey(finding.subject()));
    return holders == holders_.end() ? std::set<int>() : holders->second;
  }

  static bool IsAbout(const v1::Finding& finding, const v1::Responsibility& responsibility) {
    return SameName(responsibility.printed(), finding.subject()) || SameName(responsibility.unit(), finding.subject());
  }

  void LeaveOpen(const v1::Finding& finding) {
    for (const int task : TasksOf(finding)) {
      for (v1::Responsibility& responsibility : *plan_->mutable_tasks(task)->mutable_responsibilities()) {
        if (IsAbout(finding, responsibility)) responsibility.set_open(true);
      }
    }
    for (v1::PlanRule& rule : *plan_->mutable_plan_rules()) {
      if (SameName(rule.unit(), finding.subject())) rule.set_kind(v1::PlanRule::NOTE);
    }
  }

  absl::Status AnswerName(const v1::Finding& finding, const Answer& answer, const std::string& value,
                          const std::string& field) {
    std::vector<std::string> names = SplitList(value);
    if (names.empty()) return InvalidField(field, "names no unit", "没有写单位名称");
    std::vector<std::string> entries;
    for (const std::string& name : names) {
      DUBAN_ASSIGN_OR_RETURN(std::string entry, FindEntry(finding, name));
      entries.push_back(std::move(entry));
    }
    for (const int task : TasksOf(finding)) {
      ReplaceName(finding, names, entries, plan_->mutable_tasks(task));
      NoteNames(task);
    }
    for (v1::PlanRule& rule : *plan_->mutable_plan_rules()) {
      const bool all = IsAboutWholePlan(finding.code()) || finding.task().empty();
      if (all && SameName(rule.unit(), finding.subject())) rule.set_unit(names[0]);
    }
    if (!answer.remember()) return absl::OkStatus();
    if (names.size() > 1 || entries[0].empty() || finding.subject().empty() || !NamesAUnit(finding.code())) {
      return InvalidField(FieldBeside(field, "remember"), "is for a printed name that is answered by one unit or group",
                          "仅适用于把一个名称答复为一个单位（或单位组）");
    }
    learned_->push_back({entries[0], finding.subject()});
    return absl::OkStatus();
  }

  static void ReplaceName(const v1::Finding& finding, const std::vector<std::string>& names,
                          const std::vector<std::string>& entries, v1::Task* task) {
    google::protobuf::RepeatedPtrField<v1::Responsibility> replaced;
    for (v1::Responsibility& old : *task->mutable_responsibilities()) {
      if (!IsAbout(finding, old)) {
        *replaced.Add() = std::move(old);
        continue;
      }
      for (size_t i = 0; i < names.size(); ++i) {
        v1::Responsibility* named = replaced.Add();
        *named = old;
        named->set_unit(names[i]);
        named->set_resolved(entries[i]);
        named->set_collective(entries[i].starts_with("groups/"));
        named->set_open(false);
        named->set_inherited_prefix(false);
      }
    }
    task->mutable_responsibilities()->Swap(&replaced);
  }

  absl::StatusOr<v1::Task*> NeedTask(const v1::Finding& finding) const {
    const auto found = tasks_.find(finding.task());
    if (found == tasks_.end()) return NotFound(StrCat(plan_->name(), "/tasks/", finding.task()));
    return plan_->mutable_tasks(found->second);
  }

  absl::Status AnswerUnits(const v1::Finding& finding, const std::string& value, const std::string& field) {
    if (finding.task().empty()) return absl::OkStatus();
    DUBAN_ASSIGN_OR_RETURN(v1::Task * task, NeedTask(finding));
    if (!lexicon_.has_value()) {
      DUBAN_ASSIGN_OR_RETURN(lexicon_, LexiconOf(directory_));
    }
    UnitPhrase phrase = ParseUnits(value, v1::Responsibility::RESPONSIBLE, *lexicon_);
    if (phrase.responsibilities.empty()) return InvalidField(field, "names no unit", "没有写责任单位");
    for (v1::Responsibility& responsibility : phrase.responsibilities) {
      responsibility.clear_span();
      if (responsibility.open()) continue;
      DUBAN_ASSIGN_OR_RETURN(*responsibility.mutable_resolved(), FindEntry(finding, responsibility.unit()));
    }
    task->mutable_responsibilities()->Assign(phrase.responsibilities.begin(), phrase.responsibilities.end());
    NoteNames(tasks_.at(finding.task()));
    return absl::OkStatus();
  }

  // The deadline that a person wrote: a date, or words.
  absl::StatusOr<v1::Deadline> ReadDeadline(const std::string& value, const std::string& field) const {
    DeadlinePhrase phrase;
    if (ParseDay(value).has_value()) {
      phrase.deadline.set_kind(v1::Deadline::BY_DATE);
      phrase.deadline.set_due(value);
      phrase.understood = true;
    } else {
      phrase = ParseDeadline(value, {.year = plan_->year()});
    }
    if (!phrase.understood || phrase.deadline.kind() == v1::Deadline::KIND_UNSPECIFIED || phrase.lacks_year) {
      return InvalidField(field,
                          StrCat("`", value, "` is no deadline; write a date YYYY-MM-DD or words such as 9月底前"),
                          StrCat("“", value, "”不是时限，请写 YYYY-MM-DD 日期或“9月底前”一类的说法"));
    }
    return phrase.deadline;
  }

  absl::Status AnswerDeadline(const v1::Finding& finding, const std::string& value, const std::string& field) {
    if (finding.task().empty()) return absl::OkStatus();
    DUBAN_ASSIGN_OR_RETURN(v1::Task * task, NeedTask(finding));
    for (const v1::Deadline& in_text : task->text_deadlines()) {
      // What was read in its sentence is not read again without it.
      if (finding.code() != kDeadlineInText || in_text.printed() != value) continue;
      *task->mutable_deadline() = in_text;
      return absl::OkStatus();
    }
    DUBAN_ASSIGN_OR_RETURN(v1::Deadline deadline, ReadDeadline(value, field));
    const std::string printed = task->deadline().printed();
    *task->mutable_deadline() = std::move(deadline);
    task->mutable_deadline()->set_printed(printed.empty() ? value : printed);
    return absl::OkStatus();
  }

  absl::Status AnswerAllDeadlines(const std::string& value, const std::string& field) {
    DUBAN_ASSIGN_OR_RETURN(v1::Deadline deadline, ReadDeadline(value, field));
    // One question would become one about each task.
    if (IsPast(deadline, FormatDay(DayOf(now_)))) {
      return InvalidField(
          field,
          StrCat("`", value, "` is ", deadline.due(),
                 ", which has passed: all of these tasks would be overdue at once; write today or a later day"),
          StrCat("“", value, "”即 ", deadline.due(),
                 "，已经过去，这些任务一发布就全部逾期；请写今天或以后的日期，如 YYYY-MM-DD"));
    }
    deadline.set_printed(value);
    for (v1::Task& task : *plan_->mutable_tasks()) {
      if (TakesDeadlineRule(task)) *task.mutable_deadline() = deadline;
    }
    return absl::OkStatus();
  }

  absl::Status AnswerNumber(const v1::Finding& finding, const std::string& value, const std::string& field) {
    if (finding.task().empty()) return absl::OkStatus();
    DUBAN_ASSIGN_OR_RETURN(v1::Task * task, NeedTask(finding));
    int number = 0;
    if (!ParseNumber(value, &number) || number < 1 || number > 100000) {
      return InvalidField(field, StrCat("`", value, "` is no number from 1 to 100000"),
                          StrCat("“", value, "”不是 1 到 100000 的数字"));
    }
    task->set_number(number);
    return absl::OkStatus();
  }

  absl::Status AnswerYear(const std::string& value, const std::string& field) {
    int year = 0;
    if (!ParseNumber(value, &year) || year < 1990 || year > 2200) {
      return InvalidField(field, StrCat("`", value, "` is no year from 1990 to 2200"),
                          StrCat("“", value, "”不是 1990 到 2200 的年份"));
    }
    const int old_year = plan_->year();
    plan_->set_year(year);
    ReadDeadlinesAgain(old_year, plan_);
    return absl::OkStatus();
  }

  const absl::Time now_;
  const v1::SettleFindingsRequest& request_;
  const ActingPerson& who_;
  DirectoryView directory_;
  v1::Plan* const plan_;
  std::vector<LearnedName>* const learned_;
  storage::v1::GivenAnswers* const given_;
  std::optional<UnitLexicon> lexicon_;
  // Places of the tasks, by id; and by NameKey of a printed or full name, of those that had it at any time.
  std::map<std::string, int> tasks_;
  std::map<std::string, std::set<int>> holders_;
};

void ReadAgain(int old_year, int new_year, v1::Deadline* deadline) {
  if (deadline->printed().empty()) return;
  v1::Deadline as_printed = ParseDeadline(deadline->printed(), {.year = old_year}).deadline;
  as_printed.set_printed(deadline->printed());
  if (!MessageDifferencer::Equals(as_printed, *deadline)) return;
  const DeadlinePhrase now = ParseDeadline(deadline->printed(), {.year = new_year});
  if (!now.understood) return;
  const std::string printed = deadline->printed();
  *deadline = now.deadline;
  deadline->set_printed(printed);
}

}  // namespace

absl::Status ApplyAnswers(const PlanReader& reader, absl::Time now, const v1::SettleFindingsRequest& request,
                          const ActingPerson& who, PreparedPlan* prepared) {
  return Settling(reader, now, request, who, prepared).Apply();
}

void SettleByEdit(const std::string& task_id, const std::set<std::string>& changed_fields, absl::Time now,
                  v1::Plan* plan) {
  for (v1::Finding& finding : *plan->mutable_findings()) {
    const FindingRule* rule = FindFindingRule(finding.code());
    if (!IsOpen(finding) || finding.task() != task_id || rule == nullptr) continue;
    // Such a name may stand in other tasks, and the change may not have mended it.
    if (IsAboutWholePlan(finding.code())) continue;
    const bool units = rule->answer == AnswerKind::kUnitList || rule->answer == AnswerKind::kUnitName;
    const bool answered = (units && changed_fields.contains("responsibilities")) ||
                          (rule->answer == AnswerKind::kDeadline && changed_fields.contains("deadline")) ||
                          (rule->answer == AnswerKind::kNumber && changed_fields.contains("number"));
    if (!answered) continue;
    finding.set_settlement(v1::Finding::ANSWERED);
    finding.set_answer("已直接修改任务");
    *finding.mutable_settle_time() = ToProto(now);
  }
}

void ReadDeadlinesAgain(int old_year, v1::Plan* plan) {
  for (v1::Task& task : *plan->mutable_tasks()) {
    ReadAgain(old_year, plan->year(), task.mutable_deadline());
    for (v1::Deadline& deadline : *task.mutable_text_deadlines()) ReadAgain(old_year, plan->year(), &deadline);
    for (v1::TaskStage& stage : *task.mutable_stages()) {
      if (stage.has_deadline()) ReadAgain(old_year, plan->year(), stage.mutable_deadline());
    }
  }
}

}  // namespace duban
