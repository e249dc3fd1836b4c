#include "services/plan/edit.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "services/plan/judge.h"
#include "services/plan/reader/document_to_plan.h"
#include "services/plan/revisions.h"
#include "services/plan/task_rows.h"

namespace duban {
namespace {

using Request = v1::EditPlanRequest;

// As the contract says of Task.
constexpr size_t kMaxText = 20000;
constexpr int kMaxUnits = 200;
constexpr int kMaxParts = 50;

absl::Status TooLarge(std::string_view what_en, std::string_view what_zh, const std::string& name) {
  return Error(v1::LIMIT_REACHED, StrCat("`", name, "` would have ", what_en), StrCat("“", name, "”将", what_zh),
               {{"name", name}});
}

// Applies the edits of one request; used once.
class Editing {
 public:
  Editing(const EditContext& context, v1::Plan* plan, storage::v1::GivenAnswers* answers)
      : context_(context), plan_(plan), answers_(answers) {}

  absl::Status Apply(const Request::Edit& edit, const std::string& field) {
    switch (edit.edit_case()) {
      case Request::Edit::kAddTask:
        return Add(edit.add_task(), field);
      case Request::Edit::kRemoveTask:
        return Remove(edit.remove_task().task_id());
      case Request::Edit::kMoveTask:
        return Move(edit.move_task());
      case Request::Edit::kSplitTask:
        return Split(edit.split_task(), field);
      case Request::Edit::kJoinTasks:
        return Join(edit.join_tasks(), field);
      case Request::Edit::kRenameHeading:
        return Rename(edit.rename_heading());
      case Request::Edit::kIdentifyTask:
        return Identify(edit.identify_task(), field);
      case Request::Edit::EDIT_NOT_SET:
        break;
    }
    return InvalidField(field, "says no edit", "没有写明如何修改");
  }

 private:
  // The place of a task; behind the last one for an empty id.
  absl::StatusOr<int> PlaceOf(const std::string& task_id) const {
    if (task_id.empty()) return plan_->tasks_size();
    for (int i = 0; i < plan_->tasks_size(); ++i) {
      if (plan_->tasks(i).task_id() == task_id) return i;
    }
    return NotFound(StrCat(plan_->name(), "/tasks/", task_id));
  }

  // The task whose headings and table hold at a place: the one that stands there, or the last one.
  const v1::Task* NeighbourAt(int place) const {
    if (plan_->tasks().empty()) return nullptr;
    return &plan_->tasks(std::min(place, plan_->tasks_size() - 1));
  }

  int NextNumber(const std::string& table) const {
    int last = 0;
    for (const v1::Task& task : plan_->tasks()) {
      if (task.table() == table) last = std::max(last, task.number());
    }
    return last + 1;
  }

  // Puts a task at a place; those from there on move behind it.
  absl::Status Insert(v1::Task task, int place) {
    if (plan_->tasks_size() >= kMaxTasks) {
      return TooLarge(StrCat("more than ", kMaxTasks, " tasks; split it into several plans"),
                      StrCat("超过 ", kMaxTasks, " 项任务，请分成几个计划"), plan_->name());
    }
    *plan_->add_tasks() = std::move(task);
    for (int i = plan_->tasks_size() - 1; i > place; --i) plan_->mutable_tasks()->SwapElements(i, i - 1);
    return absl::OkStatus();
  }

  absl::Status Add(const Request::AddTask& add, const std::string& field) {
    v1::Task task = add.task();
    DUBAN_ASSIGN_OR_RETURN(const int place, PlaceOf(add.before()));
    FieldErrors errors;
    if (TrimSpaces(task.text()).empty()) errors.Add(StrCat(field, ".add_task.task.text"), "is blank", "为空");
    if (!task.task_id().empty() && IsIdTaken(*plan_, context_.published, task.task_id())) {
      errors.Add(StrCat(field, ".add_task.task.task_id"),
                 StrCat("`", task.task_id(), "` is used already, or was in an earlier revision"),
                 StrCat("“", task.task_id(), "”已被使用，或曾用于以前发布的任务"));
    }
    const v1::Task* neighbour = NeighbourAt(place);
    if (task.task_id().empty()) task.set_task_id(context_.new_id());
    if (task.table().empty()) task.set_table(neighbour == nullptr ? "body" : neighbour->table());
    if (task.headings().empty() && neighbour != nullptr) *task.mutable_headings() = neighbour->headings();
    if (task.number() == 0) task.set_number(NextNumber(task.table()));
    task.clear_span();
    FindingAdder adder(plan_);
    CompleteRow(*plan_, StrCat(field, ".add_task.task"), &task, &adder, &errors);
    DUBAN_RETURN_IF_ERROR(errors.ToStatus());
    return Insert(std::move(task), place);
  }

  absl::Status Remove(const std::string& task_id) {
    DUBAN_ASSIGN_OR_RETURN(const int place, PlaceOf(task_id));
    const std::string table = plan_->tasks(place).table();
    plan_->mutable_tasks()->DeleteSubrange(place, 1);
    const bool next = place < plan_->tasks_size() && plan_->tasks(place).table() == table;
    for (v1::PlanRule& rule : *plan_->mutable_plan_rules()) {
      if (rule.from_task() != task_id) continue;
      rule.set_from_task(next ? plan_->tasks(place).task_id() : "");
      // It bound the last one only: nothing is left to apply it to.
      if (!next) rule.set_kind(v1::PlanRule::NOTE);
    }
    auto& findings = *plan_->mutable_findings();
    findings.erase(
        std::remove_if(findings.begin(), findings.end(),
                       [&](const v1::Finding& finding) { return IsOpen(finding) && finding.task() == task_id; }),
        findings.end());
    return absl::OkStatus();
  }

  absl::Status Move(const Request::MoveTask& move) {
    DUBAN_ASSIGN_OR_RETURN(const int from, PlaceOf(move.task_id()));
    v1::Task task = plan_->tasks(from);
    if (move.before() == move.task_id()) return absl::OkStatus();
    DUBAN_RETURN_IF_ERROR(PlaceOf(move.before()).status());
    plan_->mutable_tasks()->DeleteSubrange(from, 1);
    DUBAN_ASSIGN_OR_RETURN(const int place, PlaceOf(move.before()));
    if (const v1::Task* neighbour = NeighbourAt(place); neighbour != nullptr) {
      *task.mutable_headings() = neighbour->headings();
      task.set_table(neighbour->table());
    }
    if (!move.headings().empty()) *task.mutable_headings() = move.headings();
    return Insert(std::move(task), place);
  }

  // What is said in the text stays with the part of it that says so.
  static void KeepWhatIsSaid(v1::Task* task) {
    const auto gone = [&](const auto& part) { return task->text().find(part.printed()) == std::string::npos; };
    auto& deadlines = *task->mutable_text_deadlines();
    deadlines.erase(std::remove_if(deadlines.begin(), deadlines.end(), gone), deadlines.end());
    auto& targets = *task->mutable_targets();
    targets.erase(std::remove_if(targets.begin(), targets.end(), gone), targets.end());
  }

  absl::Status Split(const Request::SplitTask& split, const std::string& field) {
    DUBAN_ASSIGN_OR_RETURN(const int place, PlaceOf(split.task_id()));
    const auto blank = [](const std::string& text) { return TrimSpaces(text).empty(); };
    if (split.texts_size() < 2 || std::any_of(split.texts().begin(), split.texts().end(), blank)) {
      return InvalidField(StrCat(field, ".split_task.texts"), "needs two or more, none of them blank",
                          "须有两段以上，且都不为空");
    }
    const v1::Task whole = plan_->tasks(place);
    for (int i = 0; i < split.texts_size(); ++i) {
      v1::Task part = whole;
      part.set_text(split.texts(i));
      KeepWhatIsSaid(&part);
      if (i == 0) {
        *plan_->mutable_tasks(place) = std::move(part);
        continue;
      }
      part.set_task_id(context_.new_id());
      part.set_number(NextNumber(part.table()));
      part.clear_printed_number();
      DUBAN_RETURN_IF_ERROR(Insert(std::move(part), place + i));
    }
    return absl::OkStatus();
  }

  // Puts the units of `other` behind those of `task`, each once, in the stronger of its roles.
  static void JoinUnits(const v1::Task& other, v1::Task* task) {
    std::map<std::string, int> places;
    auto& entries = *task->mutable_responsibilities();
    for (int i = 0; i < entries.size(); ++i) places.emplace(entries[i].unit(), i);
    for (const v1::Responsibility& entry : other.responsibilities()) {
      const auto [place, fresh] = places.emplace(entry.unit(), entries.size());
      if (fresh) {
        *entries.Add() = entry;
        continue;
      }
      v1::Responsibility& there = entries[place->second];
      const bool stronger = entry.role() != v1::Responsibility::ROLE_UNSPECIFIED && entry.role() < there.role();
      if (stronger) there.set_role(entry.role());
    }
  }

  template <typename Parts>
  static void AppendUpTo(int most, const Parts& from, Parts* to) {
    for (int i = 0; i < from.size() && to->size() < most; ++i) *to->Add() = from[i];
  }

  absl::Status JoinOne(const v1::Task& other, v1::Task* task) {
    StrAppend(task->mutable_text(), "\n", other.text());
    JoinUnits(other, task);
    if (DecodeUtf8(task->text()).size() > kMaxText || task->responsibilities_size() > kMaxUnits) {
      return TooLarge(StrCat("more than ", kMaxText, " characters or ", kMaxUnits, " units; join fewer tasks"),
                      StrCat("超过 ", kMaxText, " 字或 ", kMaxUnits, " 个单位，请少合并几项"), task->name());
    }
    AppendUpTo(kMaxParts, other.text_deadlines(), task->mutable_text_deadlines());
    AppendUpTo(kMaxParts, other.targets(), task->mutable_targets());
    std::set<std::string> aligned(task->aligned_tasks().begin(), task->aligned_tasks().end());
    for (const std::string& upstream : other.aligned_tasks()) {
      if (task->aligned_tasks_size() < kMaxParts && aligned.insert(upstream).second) task->add_aligned_tasks(upstream);
    }
    return absl::OkStatus();
  }

  absl::Status Join(const Request::JoinTasks& join, const std::string& field) {
    std::set<std::string> seen = {join.task_id()};
    for (const std::string& id : join.others()) {
      if (!seen.insert(id).second) {
        return InvalidField(StrCat(field, ".join_tasks.others"), StrCat("names `", id, "` twice"),
                            StrCat("“", id, "”重复"));
      }
      DUBAN_ASSIGN_OR_RETURN(const int other, PlaceOf(id));
      DUBAN_ASSIGN_OR_RETURN(const int place, PlaceOf(join.task_id()));
      DUBAN_RETURN_IF_ERROR(JoinOne(plan_->tasks(other), plan_->mutable_tasks(place)));
      DUBAN_RETURN_IF_ERROR(Remove(id));
    }
    return PlaceOf(join.task_id()).status();
  }

  absl::Status Rename(const Request::RenameHeading& rename) {
    const auto& path = rename.headings();
    const int last = path.size() - 1;
    bool any = false;
    for (v1::Task& task : *plan_->mutable_tasks()) {
      auto& headings = *task.mutable_headings();
      const bool under = headings.size() > last && std::equal(path.begin(), path.end(), headings.begin());
      if (!under) continue;
      any = true;
      if (rename.heading().empty()) {
        headings.DeleteSubrange(last, 1);
      } else {
        headings[last] = rename.heading();
      }
    }
    return any ? absl::OkStatus() : NotFound(StrCat(plan_->name(), "/headings/", path[last]));
  }

  // Gives a task another id, wherever it is named.
  void Renumber(const std::string& from, const std::string& to) {
    FindTask(from, plan_)->set_task_id(to);
    for (v1::Finding& finding : *plan_->mutable_findings()) {
      if (finding.task() == from) finding.set_task(to);
    }
    for (v1::PlanRule& rule : *plan_->mutable_plan_rules()) {
      if (rule.from_task() == from) rule.set_from_task(to);
    }
    for (auto& given : *answers_->mutable_answers()) {
      for (auto& changed : *given.mutable_tasks()) {
        if (changed.task_id() == from) changed.set_task_id(to);
      }
    }
  }

  absl::Status Identify(const Request::IdentifyTask& identify, const std::string& field) {
    DUBAN_RETURN_IF_ERROR(PlaceOf(identify.task_id()).status());
    const std::string& id = identify.published_id();
    if (id == identify.task_id()) return absl::OkStatus();
    if (plan_->revises().empty()) {
      return InvalidField(StrCat(field, ".identify_task"), "is for the draft of a revision", "只用于修订稿");
    }
    if (id.empty()) {
      Renumber(identify.task_id(), context_.new_id());
      return absl::OkStatus();
    }
    const auto& known = context_.published.tasks();
    const bool published =
        std::any_of(known.begin(), known.end(), [&](const v1::Task& task) { return task.task_id() == id; });
    if (!published) return NotFound(StrCat(context_.published.name(), "/tasks/", id));
    if (FindTask(id, plan_) != nullptr) {
      return InvalidField(
          StrCat(field, ".identify_task.published_id"),
          StrCat("`", id, "` is another task of the draft; remove that one or give it another id first"),
          StrCat("“", id, "”是修订稿中的另一项任务，请先删除该项或改认"));
    }
    Renumber(identify.task_id(), id);
    return absl::OkStatus();
  }

  const EditContext& context_;
  v1::Plan* const plan_;
  storage::v1::GivenAnswers* const answers_;
};

}  // namespace

absl::Status ApplyEdits(const v1::EditPlanRequest& request, const EditContext& context, v1::Plan* plan,
                        storage::v1::GivenAnswers* answers) {
  Editing editing(context, plan, answers);
  for (int i = 0; i < request.edits_size(); ++i) {
    DUBAN_RETURN_IF_ERROR(editing.Apply(request.edits(i), StrCat("edits[", i, "]")));
  }
  NameTasks(plan);
  return absl::OkStatus();
}

}  // namespace duban
