#include "services/plan/draft.h"

#include <utility>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "services/plan/judge.h"
#include "services/plan/kept_hints.h"
#include "services/plan/plan_source.h"
#include "services/plan/plan_store.h"
#include "services/plan/revisions.h"

namespace duban {
namespace {

std::string JudgedName(std::string_view plan) {
  return StrCat("judged/", plan);
}

std::string AnswersName(std::string_view plan) {
  return StrCat("answers/", plan);
}

void ForgetNotes(Transaction& transaction, std::string_view plan) {
  transaction.DeleteLocal(JudgedName(plan));
  transaction.DeleteLocal(AnswersName(plan));
}

}  // namespace

absl::StatusOr<DirectoryStamp> StampOf(const ReadView& view, absl::CivilDay day) {
  DUBAN_ASSIGN_OR_RETURN(const int64_t version, DirectoryVersion(view));
  return DirectoryStamp{version, FormatDay(day)};
}

absl::StatusOr<PreparedPlan> ReadForChange(const PlanReader& reader, const std::string& name) {
  PreparedPlan prepared;
  DUBAN_ASSIGN_OR_RETURN(prepared.plan, ReadPlan(reader.view, name));
  DUBAN_ASSIGN_OR_RETURN(std::optional<storage::v1::JudgedDraft> judged,
                         reader.view.GetLocal<storage::v1::JudgedDraft>(JudgedName(name)));
  if (judged.has_value()) prepared.judged = {judged->directory_version(), judged->day()};
  DUBAN_ASSIGN_OR_RETURN(std::optional<storage::v1::GivenAnswers> answers,
                         reader.view.GetLocal<storage::v1::GivenAnswers>(AnswersName(name)));
  if (answers.has_value()) prepared.answers = *std::move(answers);
  prepared.read.emplace(name, prepared.plan.etag());
  return prepared;
}

absl::Status JudgeIfStale(const PlanReader& reader, PreparedPlan* prepared) {
  DUBAN_ASSIGN_OR_RETURN(const DirectoryStamp now, StampOf(reader.view, reader.day));
  return prepared->judged == now ? absl::OkStatus() : JudgeAgain(reader, prepared);
}

absl::Status JudgeAgain(const PlanReader& reader, PreparedPlan* prepared) {
  DUBAN_ASSIGN_OR_RETURN(prepared->judged, StampOf(reader.view, reader.day));
  DirectoryView directory = reader.directory();
  v1::Plan in_force;
  if (!prepared->plan.revises().empty()) {
    DUBAN_ASSIGN_OR_RETURN(in_force, ReadPlan(reader.view, prepared->plan.revises()));
  }
  return JudgeDraft(directory, in_force, &prepared->plan);
}

absl::StatusOr<bool> StillHolds(const ReadView& view, const PreparedPlan& prepared) {
  DUBAN_ASSIGN_OR_RETURN(const int64_t version, DirectoryVersion(view));
  if (prepared.judged.version != version) return false;
  if (prepared.opens_revision) {
    DUBAN_ASSIGN_OR_RETURN(const std::string open, OpenDraftOf(view, prepared.plan.revises()));
    DUBAN_ASSIGN_OR_RETURN(const auto taken, view.GetRecord(prepared.plan.name()));
    if (!open.empty() || (taken.has_value() && !taken->deleted())) return false;
  }
  for (const auto& [name, etag] : prepared.read) {
    DUBAN_ASSIGN_OR_RETURN(std::optional<storage::v1::EntityRecord> record, view.GetRecord(name));
    if (!record.has_value() || record->deleted() || EtagOf(record->sequence()) != etag) return false;
  }
  return true;
}

absl::Status PutPrepared(Transaction& transaction, const DirectoryAuthor& author, PreparedPlan* prepared) {
  for (const LearnedName& learned : prepared->learned) {
    DUBAN_RETURN_IF_ERROR(LearnAlias(transaction, author, learned.entry, learned.alias));
  }
  v1::Plan& plan = prepared->plan;
  *plan.mutable_update_time() = ToProto(author.now);
  if (prepared->keep_hints) DUBAN_RETURN_IF_ERROR(KeepHints(transaction, author.now, plan));
  if (prepared->opens_revision) NoteOpenDraft(transaction, plan.revises(), plan.name());
  if (prepared->issued_groups.has_value()) NoteIssuedGroups(transaction, plan.name(), *prepared->issued_groups);
  if (prepared->replaced.has_value()) FileRevision(transaction, *prepared->replaced);
  if (prepared->source.has_value()) KeepSource(transaction, plan.name(), *prepared->source);
  if (prepared->published_draft.has_value()) {
    DUBAN_RETURN_IF_ERROR(HandOverSource(transaction, prepared->published_draft->name(), plan.name()));
    DUBAN_RETURN_IF_ERROR(DropDraft(transaction, *prepared->published_draft));
  }
  if (plan.state() == v1::Plan::DRAFT) {
    DUBAN_RETURN_IF_ERROR(JudgeIfStale({transaction, DayOf(author.now)}, prepared));
    storage::v1::JudgedDraft judged;
    judged.set_directory_version(prepared->judged.version);
    judged.set_day(prepared->judged.day);
    transaction.PutLocal(JudgedName(plan.name()), judged);
    transaction.PutLocal(AnswersName(plan.name()), prepared->answers);
  } else {
    ForgetNotes(transaction, plan.name());
  }
  return PutPlan(transaction, author.node, prepared->audiences, &plan).status();
}

absl::Status DropDraft(Transaction& transaction, const v1::Plan& draft) {
  ForgetNotes(transaction, draft.name());
  ForgetSource(transaction, draft.name());
  if (!draft.revises().empty()) ForgetOpenDraft(transaction, draft.revises());
  return DropPlan(transaction, draft);
}

}  // namespace duban
