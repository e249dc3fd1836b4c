#include "services/plan/judge_deadlines.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "common/base/strings.h"
#include "services/plan/reader/findings.h"

namespace duban {
namespace {

// No deadline is printed for it, and none was given. Words that were not understood have a finding of their own.
bool LacksDeadline(const v1::Task& task) {
  return task.deadline().kind() == v1::Deadline::KIND_UNSPECIFIED && task.deadline().printed().empty();
}

// Whether a deadline in the text says when a task is done. Standing duties and time limits after an event are said in
// the text of many tasks, and are no deadline of the task.
bool Binds(const v1::Deadline& deadline) {
  return deadline.kind() == v1::Deadline::BY_DATE || deadline.kind() == v1::Deadline::WHOLE_PERIOD ||
         deadline.kind() == v1::Deadline::PERIODIC;
}

bool BindsInText(const v1::Task& task) {
  return std::any_of(task.text_deadlines().begin(), task.text_deadlines().end(), Binds);
}

bool PlanLacksDeadlines(const v1::Plan& plan) {
  bool any = false;
  for (const v1::Task& task : plan.tasks()) {
    if (BindsInText(task)) continue;
    if (!LacksDeadline(task)) return false;
    any = true;
  }
  return any;
}

// What was asked already, of which task and about what; settled or not.
class Asked {
 public:
  explicit Asked(const v1::Plan& plan) {
    for (const v1::Finding& finding : plan.findings()) {
      about_.insert(StrCat(finding.code(), "/", finding.task()));
      // Once it is mended, the deadline is another one, and asked about anew.
      const bool stands = IsOpen(finding) || finding.settlement() == v1::Finding::DISMISSED;
      if (stands) about_.insert(StrCat(finding.code(), "/", finding.task(), "/", finding.subject()));
    }
  }
  bool Of(std::string_view code, std::string_view task) const { return about_.contains(StrCat(code, "/", task)); }
  bool About(std::string_view code, const v1::Task& task, std::string_view subject) const {
    return about_.contains(StrCat(code, "/", task.task_id(), "/", subject));
  }

 private:
  std::set<std::string> about_;
};

v1::Finding* AddAbout(const v1::Task& task, const char* code, std::string message, FindingAdder* adder) {
  v1::Finding* finding = adder->Add(code, task.task_id());
  finding->set_message(std::move(message));
  finding->set_blocking(true);
  finding->set_line(task.span().line());
  *finding->mutable_span() = task.span();
  return finding;
}

// The deadline in the text that the task as a whole is most likely meant to have: the only one, or the last of several
// dates. Null where they say different kinds of things.
const v1::Deadline* LikeliestInText(const v1::Task& task) {
  const v1::Deadline* likeliest = nullptr;
  for (const v1::Deadline& deadline : task.text_deadlines()) {
    if (!Binds(deadline)) continue;
    if (likeliest != nullptr && (likeliest->due().empty() || deadline.due().empty())) return nullptr;
    if (likeliest == nullptr || likeliest->due() < deadline.due()) likeliest = &deadline;
  }
  return likeliest;
}

void AddInText(const v1::Task& task, FindingAdder* adder) {
  std::string words;
  for (const v1::Deadline& deadline : task.text_deadlines()) {
    if (Binds(deadline)) StrAppend(&words, words.empty() ? "" : "、", deadline.printed());
  }
  v1::Finding* finding =
      AddAbout(task, kDeadlineInText, StrCat("只在正文中写了时限“", words, "”，请确认是否作为本项任务的时限"), adder);
  finding->set_subject(words);
  if (const v1::Deadline* likeliest = LikeliestInText(task)) finding->set_proposal(likeliest->printed());
}

void AddNoDeadlines(std::string_view today, const v1::Plan& plan, FindingAdder* adder) {
  const auto count = std::count_if(plan.tasks().begin(), plan.tasks().end(), TakesDeadlineRule);
  v1::Finding* finding = adder->Add(kNoDeadlines, "");
  finding->set_blocking(true);
  finding->set_message(StrCat(
      "有 ", count, " 项任务没有写时限，发布后不会到期，也不会提醒；请为它们定一个统一的时限，或按原文不设时限"));
  if (plan.year() > 0 && StrCat(plan.year(), "-12-31") >= today) {
    finding->set_proposal(StrCat(plan.year(), "年12月底前"));
  }
}

}  // namespace

bool IsPast(const v1::Deadline& deadline, std::string_view today) {
  return !deadline.due().empty() && deadline.due() < today;
}

void DropStaleDeadlines(std::string_view today, v1::Plan* plan) {
  std::map<std::string_view, const v1::Task*> tasks;
  for (const v1::Task& task : plan->tasks()) tasks.emplace(task.task_id(), &task);
  const auto holds = [&](const v1::Finding& finding) {
    if (finding.code() == kNoDeadlines) return PlanLacksDeadlines(*plan);
    const auto task = tasks.find(finding.task());
    if (task == tasks.end()) return false;
    if (finding.code() == kDeadlineInText) return LacksDeadline(*task->second) && BindsInText(*task->second);
    return IsPast(task->second->deadline(), today) && task->second->deadline().due() == finding.subject();
  };
  google::protobuf::RepeatedPtrField<v1::Finding> kept;
  for (v1::Finding& finding : *plan->mutable_findings()) {
    const std::string& code = finding.code();
    const bool ours = code == kNoDeadlines || code == kDeadlineInText || code == kDeadlinePassed;
    if (!ours || !IsOpen(finding) || holds(finding)) *kept.Add() = std::move(finding);
  }
  plan->mutable_findings()->Swap(&kept);
}

void AddDeadlineFindings(std::string_view today, const v1::Plan& in_force, v1::Plan* plan, FindingAdder* adder) {
  const Asked asked(*plan);
  std::map<std::string_view, std::string_view> issued;
  for (const v1::Task& task : in_force.tasks()) issued.emplace(task.task_id(), task.deadline().due());
  if (PlanLacksDeadlines(*plan) && !asked.Of(kNoDeadlines, "")) AddNoDeadlines(today, *plan, adder);
  for (const v1::Task& task : plan->tasks()) {
    if (LacksDeadline(task) && BindsInText(task) && !asked.Of(kDeadlineInText, task.task_id())) AddInText(task, adder);
    const std::string& due = task.deadline().due();
    // Whoever let a deadline stand that was past when the document was issued is not asked again.
    const std::string& printed = task.deadline().printed();
    const auto before = issued.find(task.task_id());
    const bool in_force_so = before != issued.end() && before->second == due;
    if (!IsPast(task.deadline(), today) || in_force_so || asked.About(kDeadlinePassed, task, due) ||
        asked.About(kDeadlinePastAtIssue, task, printed)) {
      continue;
    }
    AddAbout(task, kDeadlinePassed, StrCat("时限 ", due, " 已经过去，发布后即为逾期；请改写时限，或按原文保留"), adder)
        ->set_subject(due);
  }
}

bool TakesDeadlineRule(const v1::Task& task) {
  return LacksDeadline(task) && !BindsInText(task);
}

}  // namespace duban
