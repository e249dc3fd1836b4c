#include "services/plan/judge.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/base/text.h"
#include "services/plan/issuance.h"
#include "services/plan/judge_deadlines.h"
#include "services/plan/reader/answering.h"
#include "services/plan/reader/findings.h"

namespace duban {
namespace {

constexpr size_t kNearestNames = 3;

// A name that leads nowhere or to nobody, and where it stands first.
struct DoubtfulName {
  std::string unit;
  std::string printed;
  std::string task_id;
  v1::SourceSpan span;
  // An open finding speaks of it.
  bool found = false;
};
// In order of the plan, with the places by NameKey of the full and of the printed name.
struct DoubtfulNames {
  std::vector<DoubtfulName> names;
  std::map<std::string, size_t> places;

  void Add(DoubtfulName name) {
    const auto [place, fresh] = places.emplace(NameKey(name.unit), names.size());
    if (!fresh) return;
    if (!name.printed.empty()) places.emplace(NameKey(name.printed), names.size());
    names.push_back(std::move(name));
  }
};

absl::StatusOr<std::string> ResolveEntry(DirectoryView& directory, const v1::Responsibility& responsibility) {
  DUBAN_ASSIGN_OR_RETURN(std::string entry, directory.Resolve(responsibility.unit()));
  if (!entry.empty()) return entry;
  // A row made by a program may name the entry only by its id.
  const std::string& given = responsibility.resolved();
  DUBAN_ASSIGN_OR_RETURN(const v1::Unit* unit, directory.FindUnit(given));
  if (unit != nullptr && HoldsOn(unit->valid_from(), unit->valid_to(), directory.day())) return given;
  DUBAN_ASSIGN_OR_RETURN(const v1::UnitGroup* group, directory.FindGroup(given));
  return group != nullptr ? given : std::string();
}

// The doubtful names of a plan.
struct Doubts {
  DoubtfulNames unknown;
  DoubtfulNames empty;
};

// Notes the name where its entry is missing or a group without members.
absl::Status NoteDoubt(DirectoryView& directory, std::string_view entry, DoubtfulName name, Doubts* doubts) {
  if (entry.empty()) {
    doubts->unknown.Add(std::move(name));
  } else if (entry.starts_with("groups/")) {
    DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string>* members, directory.UnitsOf(entry));
    if (members->empty()) doubts->empty.Add(std::move(name));
  }
  return absl::OkStatus();
}

absl::StatusOr<Doubts> ResolveNames(DirectoryView& directory, v1::Plan* plan) {
  Doubts doubts;
  for (v1::Task& task : *plan->mutable_tasks()) {
    for (v1::Responsibility& responsibility : *task.mutable_responsibilities()) {
      responsibility.clear_by_rule();
      if (responsibility.open()) {
        responsibility.clear_resolved();
        continue;
      }
      DUBAN_ASSIGN_OR_RETURN(std::string entry, ResolveEntry(directory, responsibility));
      DUBAN_RETURN_IF_ERROR(NoteDoubt(directory, entry,
                                      {responsibility.unit(), responsibility.printed(), task.task_id(),
                                       responsibility.has_span() ? responsibility.span() : task.span()},
                                      &doubts));
      if (!entry.empty()) responsibility.set_collective(entry.starts_with("groups/"));
      responsibility.set_resolved(std::move(entry));
    }
  }
  for (const v1::PlanRule& rule : plan->plan_rules()) {
    if (rule.kind() != v1::PlanRule::ADD_UNIT && rule.kind() != v1::PlanRule::INCLUDE_UNIT) continue;
    DUBAN_ASSIGN_OR_RETURN(std::string entry, directory.Resolve(rule.unit()));
    DUBAN_RETURN_IF_ERROR(NoteDoubt(directory, entry, {rule.unit(), "", "", rule.span()}, &doubts));
  }
  return doubts;
}

// Whether an open finding about a name still holds and is the first about it; marks the name as spoken of.
bool StillHolds(const v1::Finding& finding, DoubtfulNames* doubtful) {
  const auto place = doubtful->places.find(NameKey(finding.subject()));
  return place != doubtful->places.end() && !std::exchange(doubtful->names[place->second].found, true);
}

// The tasks that nobody answers for, by id.
using Unanswered = std::map<std::string, Answering>;

absl::StatusOr<Unanswered> FindUnanswered(DirectoryView& directory, const v1::Plan& plan) {
  Unanswered unanswered;
  for (const v1::Task& task : plan.tasks()) {
    DUBAN_ASSIGN_OR_RETURN(Answering answering, AnsweringOn(directory, task));
    if (DUBAN_BUG("plan.nobody_is_asked_for")) answering = AnsweringOf(task);
    if (answering != Answering::kNamed) unanswered.emplace(task.task_id(), answering);
  }
  return unanswered;
}

// Drops open findings that no longer hold; marks the doubtful names that have one.
void DropStaleFindings(const Unanswered& unanswered, Doubts* doubts, v1::Plan* plan) {
  google::protobuf::RepeatedPtrField<v1::Finding> kept;
  for (v1::Finding& finding : *plan->mutable_findings()) {
    const std::string& code = finding.code();
    // A group that a person let stand without members is not asked about again.
    const bool let_stand = code == kEmptyGroup && finding.settlement() == v1::Finding::DISMISSED;
    if (let_stand) StillHolds(finding, &doubts->empty);
    if (IsOpen(finding)) {
      if (code == kNoUnit && !unanswered.contains(finding.task())) continue;
      if (code == kNoYear && plan->year() != 0) continue;
      if (code == kNoTasks && !plan->tasks().empty()) continue;
      if (code == kUnknownUnit && !StillHolds(finding, &doubts->unknown)) continue;
      if (code == kEmptyGroup && !StillHolds(finding, &doubts->empty)) continue;
    }
    *kept.Add() = std::move(finding);
  }
  plan->mutable_findings()->Swap(&kept);
}

// Opens a finding about a name.
v1::Finding* AddNameFinding(const char* code, const DoubtfulName& name, FindingAdder* adder) {
  v1::Finding* finding = adder->Add(code, name.task_id);
  finding->set_subject(name.unit);
  finding->set_blocking(true);
  finding->set_line(name.span.line());
  *finding->mutable_span() = name.span;
  return finding;
}

absl::Status AddUnknownUnit(DirectoryView& directory, const DoubtfulName& name, FindingAdder* adder) {
  DUBAN_ASSIGN_OR_RETURN(std::vector<std::string> nearest, directory.Nearest(name.unit, kNearestNames));
  v1::Finding* finding = AddNameFinding(kUnknownUnit, name, adder);
  std::string message = StrCat("“", name.unit, "”不在单位名录中");
  if (nearest.empty()) {
    message.append("，请先在那里登记，或回答它是哪个单位");
  } else {
    finding->set_proposal(nearest[0]);
    message.append("，相近的有：");
    for (size_t i = 0; i < nearest.size(); ++i) StrAppend(&message, i == 0 ? "" : "、", nearest[i]);
  }
  finding->set_message(message);
  return absl::OkStatus();
}

// Whether somebody is being asked who is meant by words that should answer for a task: what the answer leaves open is
// seen then.
bool IsAskedAbout(const v1::Task& task, const std::set<std::string>& names) {
  return std::any_of(task.responsibilities().begin(), task.responsibilities().end(),
                     [&](const v1::Responsibility& entry) {
                       return entry.role() != v1::Responsibility::COOPERATE &&
                              (names.contains(NameKey(entry.printed())) || names.contains(NameKey(entry.unit())));
                     });
}

// What is said of a task for which nobody answers.
std::string_view MissingUnitText(Answering answering) {
  switch (answering) {
    case Answering::kHelpersOnly:
      return "只写了配合单位，没有写明责任单位，请补充由谁负责";
    case Answering::kLeftOpen:
      return "没有单位会负责：所写的单位不明确、已按原文保留，或是没有成员的单位组；请补充由谁负责";
    default:
      return "没有写明责任单位，请补充由谁负责";
  }
}

// Opens a finding for each task that nobody answers for, unless one is open or a person said that it shall be so.
void AddMissingUnits(const Unanswered& unanswered, const v1::Plan& plan, FindingAdder* adder) {
  std::set<std::string> spoken_of;
  std::set<std::string> asked;
  for (const v1::Finding& finding : plan.findings()) {
    const bool let_stand = finding.settlement() == v1::Finding::DISMISSED;
    if (finding.code() == kNoUnit && (IsOpen(finding) || let_stand)) spoken_of.insert(finding.task());
    if (IsOpen(finding) && !finding.subject().empty()) asked.insert(NameKey(finding.subject()));
  }
  for (const v1::Task& task : plan.tasks()) {
    const auto found = unanswered.find(task.task_id());
    if (found == unanswered.end() || spoken_of.contains(task.task_id()) || IsAskedAbout(task, asked)) continue;
    v1::Finding* finding = adder->Add(kNoUnit, task.task_id());
    finding->set_message(std::string(MissingUnitText(found->second)));
    finding->set_blocking(true);
    finding->set_line(task.span().line());
    *finding->mutable_span() = task.span();
  }
}

}  // namespace

bool IsOpen(const v1::Finding& finding) {
  return finding.settlement() == v1::Finding::SETTLEMENT_UNSPECIFIED;
}

bool Blocks(const v1::Finding& finding) {
  return finding.blocking() && IsOpen(finding);
}

v1::Task* FindTask(std::string_view task_id, v1::Plan* plan) {
  for (v1::Task& task : *plan->mutable_tasks()) {
    if (task.task_id() == task_id) return &task;
  }
  return nullptr;
}

FindingAdder::FindingAdder(v1::Plan* plan) : plan_(plan) {
  for (const v1::Finding& finding : plan->findings()) {
    int number = 0;
    const std::string_view id = finding.finding_id();
    if (id.starts_with("f-") && ParseNumber(id.substr(2), &number)) last_ = std::max(last_, number);
  }
}

v1::Finding* FindingAdder::Add(std::string_view code, std::string_view task_id) {
  v1::Finding* finding = plan_->add_findings();
  finding->set_finding_id(StrCat("f-", ++last_));
  finding->set_code(std::string(code));
  finding->set_task(std::string(task_id));
  return finding;
}

absl::Status JudgeDraft(DirectoryView& directory, const v1::Plan& in_force, v1::Plan* plan) {
  DUBAN_ASSIGN_OR_RETURN(Doubts doubts, ResolveNames(directory, plan));
  DUBAN_ASSIGN_OR_RETURN(const Unanswered unanswered, FindUnanswered(directory, *plan));
  DropStaleFindings(unanswered, &doubts, plan);
  DropStaleDeadlines(directory.day(), plan);
  FindingAdder adder(plan);
  for (const DoubtfulName& name : doubts.unknown.names) {
    if (!name.found) DUBAN_RETURN_IF_ERROR(AddUnknownUnit(directory, name, &adder));
  }
  for (const DoubtfulName& name : doubts.empty.names) {
    if (name.found) continue;
    AddNameFinding(kEmptyGroup, name, &adder)
        ->set_message(
            StrCat("“", name.unit, "”今天没有成员单位，发布后无人承担；请在单位名录中补充成员，或写明具体单位"));
  }
  AddMissingUnits(unanswered, *plan, &adder);
  AddDeadlineFindings(directory.day(), in_force, plan, &adder);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<KnownUnit>> KnownUnitsOf(DirectoryView& directory) {
  std::vector<KnownUnit> known;
  DUBAN_RETURN_IF_ERROR(directory.ForEach([&](const NamedEntry& entry) {
    known.push_back({entry.display_name, entry.aliases, entry.name, entry.name.starts_with("groups/")});
  }));
  return known;
}

absl::StatusOr<UnitLexicon> LexiconOf(DirectoryView& directory) {
  DUBAN_ASSIGN_OR_RETURN(std::vector<KnownUnit> known, KnownUnitsOf(directory));
  UnitLexicon lexicon;
  for (const KnownUnit& unit : known) {
    std::vector<std::u32string> aliases;
    for (const std::string& alias : unit.aliases) aliases.push_back(DecodeUtf8(alias));
    lexicon.AddKnown(DecodeUtf8(unit.display_name), aliases, unit.resource, unit.group);
  }
  return lexicon;
}

}  // namespace duban
