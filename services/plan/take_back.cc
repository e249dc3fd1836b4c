// Answers that are taken back, and answers that are given again to a document that is read anew.

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/base/strings.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/plan/directory/directory.h"
#include "services/plan/judge.h"
#include "services/plan/reader/findings.h"
#include "services/plan/settle.h"

namespace duban {
namespace {

using google::protobuf::util::MessageDifferencer;
using Entries = google::protobuf::RepeatedPtrField<v1::Responsibility>;
using Given = storage::v1::GivenAnswers::Given;

// An entry without what the judge makes of it.
std::string KeyOf(const v1::Responsibility& entry) {
  return StrCat(entry.printed(), "\n", entry.unit(), "\n", static_cast<int>(entry.role()), "\n", entry.open());
}

std::vector<std::string> KeysOf(const Entries& entries) {
  std::vector<std::string> keys;
  std::transform(entries.begin(), entries.end(), std::back_inserter(keys), KeyOf);
  return keys;
}

bool Holds(const std::vector<std::string>& keys, const std::string& key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

// Puts the entries that an answer took away where those stand that it put there, and leaves the others as they are.
// False where some of the latter are not there any more.
bool RestoreEntries(const Entries& before, const Entries& after, Entries* now) {
  const std::vector<std::string> keys_before = KeysOf(before), keys_after = KeysOf(after), keys_now = KeysOf(*now);
  for (const std::string& key : keys_after) {
    if (!Holds(keys_before, key) && !Holds(keys_now, key)) return false;
  }
  Entries restored;
  bool put = false;
  const auto put_back = [&] {
    for (int i = 0; !put && i < before.size(); ++i) {
      if (!Holds(keys_after, keys_before[i]) && !Holds(keys_now, keys_before[i])) *restored.Add() = before[i];
    }
    put = true;
  };
  for (int i = 0; i < now->size(); ++i) {
    const bool answers = Holds(keys_after, keys_now[i]) && !Holds(keys_before, keys_now[i]);
    if (answers) {
      put_back();
    } else {
      *restored.Add() = (*now)[i];
    }
  }
  put_back();
  now->Swap(&restored);
  return true;
}

// Gives a task back what an answer changed in it. False where it was changed since.
bool Restore(const v1::Task& before, const v1::Task& after, v1::Task* task) {
  if (before.number() != after.number()) {
    if (task->number() != after.number()) return false;
    task->set_number(before.number());
  }
  if (!MessageDifferencer::Equals(before.deadline(), after.deadline())) {
    if (!MessageDifferencer::Equals(task->deadline(), after.deadline())) return false;
    *task->mutable_deadline() = before.deadline();
  }
  const auto equal = [](const auto& a, const auto& b) { return MessageDifferencer::Equals(a, b); };
  if (std::equal(task->text_deadlines().begin(), task->text_deadlines().end(), after.text_deadlines().begin(),
                 after.text_deadlines().end(), equal)) {
    *task->mutable_text_deadlines() = before.text_deadlines();
  }
  if (std::equal(task->stages().begin(), task->stages().end(), after.stages().begin(), after.stages().end(), equal)) {
    *task->mutable_stages() = before.stages();
  }
  return KeysOf(before.responsibilities()) == KeysOf(after.responsibilities()) ||
         RestoreEntries(before.responsibilities(), after.responsibilities(), task->mutable_responsibilities());
}

absl::Status ChangedSince(const v1::Plan& plan, const std::string& finding, const std::string& task) {
  return Error(
      v1::WRONG_STATE,
      StrCat("`", task, "` was changed since finding `", finding,
             "` was answered; take later answers back first, or change the task itself"),
      StrCat("待核实事项“", finding, "”处理之后，任务“", task, "”又有改动；请先撤回后来的答复，或直接修改该任务"),
      {{"name", StrCat(plan.name(), "/findings/", finding)}, {"task", StrCat(plan.name(), "/tasks/", task)}});
}

absl::Status TakeBack(const Given& given, v1::Plan* plan) {
  for (const auto& changed : given.tasks()) {
    v1::Task* task = FindTask(changed.task_id(), plan);
    // Whoever removed it since has removed what the answer was about.
    if (task == nullptr) continue;
    if (!Restore(changed.before(), changed.after(), task)) {
      return ChangedSince(*plan, given.finding_id(), changed.task_id());
    }
  }
  if (given.year_before() != given.year_after() && plan->year() == given.year_after()) {
    plan->set_year(given.year_before());
  }
  const int rules = std::min({given.rules_before_size(), given.rules_after_size(), plan->plan_rules_size()});
  for (int i = 0; i < rules; ++i) {
    const bool stands = MessageDifferencer::Equals(plan->plan_rules(i), given.rules_after(i));
    if (stands) *plan->mutable_plan_rules(i) = given.rules_before(i);
  }
  return absl::OkStatus();
}

absl::Status Reopen(const v1::Plan& plan, v1::Finding* finding) {
  if (IsOpen(*finding)) {
    return Error(v1::WRONG_STATE,
                 StrCat("finding `", finding->finding_id(), "` is open; there is nothing to take back"),
                 StrCat("待核实事项“", finding->finding_id(), "”尚未处理，无需撤回"),
                 {{"name", StrCat(plan.name(), "/findings/", finding->finding_id())}, {"state", "OPEN"}});
  }
  finding->clear_settlement();
  finding->clear_answer();
  finding->clear_settled_by();
  finding->clear_settle_agent();
  finding->clear_settle_time();
  return absl::OkStatus();
}

// What a finding asks: the same in two readings of a document where the question is the same. Names are asked about
// once a plan, wherever they stand.
std::string QuestionOf(const std::map<std::string, std::string>& texts, const v1::Finding& finding) {
  const bool whole_plan = finding.code() == kUnknownUnit || finding.code() == kEmptyGroup;
  const auto text = texts.find(finding.task());
  return StrCat(finding.code(), "\n", NameKey(finding.subject()), "\n",
                whole_plan || text == texts.end() ? "" : text->second);
}

std::map<std::string, std::string> TextsOf(const v1::Plan& plan) {
  std::map<std::string, std::string> texts;
  for (const v1::Task& task : plan.tasks()) texts.emplace(task.task_id(), NameKey(StrCat(task.title(), task.text())));
  return texts;
}

v1::SettleFindingsRequest::Answer AnswerAsIn(const v1::Finding& old, const std::string& finding_id) {
  v1::SettleFindingsRequest::Answer answer;
  answer.set_finding_id(finding_id);
  answer.set_settlement(old.settlement());
  answer.set_answer(old.answer());
  return answer;
}

// Gives the answers to findings, by their ids, all at once; where one does not go any more, one by one. Returns how
// many went.
int GiveAgain(const PlanReader& reader, const std::map<std::string, const v1::Finding*>& again,
              PreparedPlan* prepared) {
  v1::SettleFindingsRequest all;
  for (const auto& [id, old] : again) *all.add_answers() = AnswerAsIn(*old, id);
  PreparedPlan tried = *prepared;
  if (ApplyAnswers(reader, absl::UnixEpoch(), all, {}, &tried).ok()) {
    *prepared = std::move(tried);
    return all.answers_size();
  }
  int given = 0;
  for (const auto& answer : all.answers()) {
    v1::SettleFindingsRequest one;
    *one.add_answers() = answer;
    tried = *prepared;
    if (!ApplyAnswers(reader, absl::UnixEpoch(), one, {}, &tried).ok()) continue;
    *prepared = std::move(tried);
    ++given;
  }
  return given;
}

}  // namespace

absl::Status TakeBackAnswers(const v1::ReopenFindingsRequest& request, PreparedPlan* prepared) {
  v1::Plan& plan = prepared->plan;
  std::vector<std::string> wanted(request.finding_ids().begin(), request.finding_ids().end());
  for (const std::string& id : wanted) {
    const auto found = std::find_if(plan.mutable_findings()->begin(), plan.mutable_findings()->end(),
                                    [&](const v1::Finding& finding) { return finding.finding_id() == id; });
    if (found == plan.mutable_findings()->end()) return NotFound(StrCat(plan.name(), "/findings/", id));
    DUBAN_RETURN_IF_ERROR(Reopen(plan, &*found));
  }
  auto& answers = *prepared->answers.mutable_answers();
  for (int i = answers.size() - 1; i >= 0; --i) {
    if (!Holds(wanted, answers[i].finding_id())) continue;
    DUBAN_RETURN_IF_ERROR(TakeBack(answers[i], &plan));
    answers.DeleteSubrange(i, 1);
  }
  return absl::OkStatus();
}

int KeepAnswers(const PlanReader& reader, const v1::Plan& before, PreparedPlan* prepared) {
  std::map<std::string, const v1::Finding*> answered;
  const auto texts_before = TextsOf(before);
  for (const v1::Finding& finding : before.findings()) {
    if (!IsOpen(finding)) answered.emplace(QuestionOf(texts_before, finding), &finding);
  }
  const auto texts = TextsOf(prepared->plan);
  std::map<std::string, const v1::Finding*> again;
  for (const v1::Finding& finding : prepared->plan.findings()) {
    const auto found = answered.find(QuestionOf(texts, finding));
    if (!IsOpen(finding) || found == answered.end()) continue;
    const bool accepted = found->second->settlement() == v1::Finding::ACCEPTED;
    if (!accepted || found->second->proposal() == finding.proposal())
      again.emplace(finding.finding_id(), found->second);
  }
  const int kept = GiveAgain(reader, again, prepared);
  for (v1::Finding& finding : *prepared->plan.mutable_findings()) {
    const auto given = again.find(finding.finding_id());
    if (given == again.end() || IsOpen(finding)) continue;
    finding.set_settled_by(given->second->settled_by());
    finding.set_settle_agent(given->second->settle_agent());
    *finding.mutable_settle_time() = given->second->settle_time();
  }
  return kept;
}

}  // namespace duban
