#include "services/plan/plan_words.h"

#include <algorithm>
#include <optional>

#include "common/base/civil.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/search/words_state.h"
#include "services/plan/indexes.h"

namespace duban {
namespace {

using Place = v1::SearchMatch;

std::string OwnerOf(const v1::Plan& plan) {
  return plan.state() == v1::Plan::DRAFT ? StrCat(kDraftOf, plan.drafter()) : "";
}

ShelfKey KeyOf(const v1::Plan& plan, int shelf) {
  return {TimeRank(plan), plan.name(), shelf};
}

int ShelvesOf(const v1::Plan& plan) {
  return (ThingsOf(plan) + kShelfSize - 1) / kShelfSize;
}

WordShelf ShelfOf(const v1::Plan& plan, int number) {
  WordShelf shelf;
  const int end = std::min(ThingsOf(plan), (number + 1) * kShelfSize);
  for (int thing = number * kShelfSize; thing < end; ++thing) shelf.Put(thing % kShelfSize, WordsOf(plan, thing));
  return shelf;
}

absl::Status WriteWords(Transaction& transaction, const v1::Plan& plan) {
  const int shelves = ShelvesOf(plan);
  for (int i = 0; i < shelves; ++i) {
    DUBAN_RETURN_IF_ERROR(WriteShelf(transaction, kPlanWords, KeyOf(plan, i), OwnerOf(plan), ShelfOf(plan, i)));
  }
  if (DUBAN_BUG("plan.words_of_removed_tasks_stay")) return absl::OkStatus();
  return DropShelves(transaction, kPlanWords, KeyOf(plan, shelves));
}

}  // namespace

std::string TimeRank(const v1::Plan& plan) {
  return PlaceInTime(FromProto(plan.create_time()));
}

int ThingsOf(const v1::Plan& plan) {
  return 1 + plan.tasks_size();
}

std::vector<SearchField> WordsOf(const v1::Plan& plan, int thing) {
  if (thing == 0) {
    return {{Place::TITLE, plan.title()},
            {Place::TITLE, plan.document_number()},
            {Place::TEXT, plan.issuing_unit()},
            {Place::TEXT, plan.implements()}};
  }
  const v1::Task& task = plan.tasks(thing - 1);
  std::vector<SearchField> fields = {{Place::TITLE, task.title()}};
  for (const std::string& heading : task.headings()) fields.push_back({Place::HEADING, heading});
  for (const std::string* text :
       {&task.text(), &task.goal(), &task.measure(), &task.requirement(), &task.remark(), &task.printed_units()}) {
    fields.push_back({Place::TEXT, *text});
  }
  for (const v1::TaskStage& stage : task.stages()) fields.push_back({Place::TEXT, stage.text()});
  for (const v1::Responsibility& unit : task.responsibilities()) fields.push_back({Place::TEXT, unit.unit()});
  return fields;
}

void GiveWords(const v1::Plan& plan, IndexRowSink sink) {
  for (int i = 0; i < ShelvesOf(plan); ++i)
    GiveShelf(kPlanWords, KeyOf(plan, i), OwnerOf(plan), ShelfOf(plan, i), sink);
}

absl::Status PutWords(Transaction& transaction, const v1::Plan& plan) {
  DUBAN_ASSIGN_OR_RETURN(const bool kept, KeepsWords(transaction, kPlanByTime, plan.name()));
  return kept ? WriteWords(transaction, plan) : absl::OkStatus();
}

absl::Status DropWords(Transaction& transaction, const v1::Plan& plan) {
  return DropShelves(transaction, kPlanWords, KeyOf(plan, 0));
}

absl::StatusOr<bool> IndexMorePlans(Store* store) {
  const auto next = [](const ReadView& view, std::string_view after) -> absl::StatusOr<std::optional<std::string>> {
    std::optional<std::string> plan;
    DUBAN_RETURN_IF_ERROR(view.Scan<v1::Plan>("plans/", after, [&](std::string_view name, const Stored<v1::Plan>&) {
      plan = std::string(name);
      return false;
    }));
    return plan;
  };
  const auto index = [](Transaction& transaction, const std::string& name) -> absl::Status {
    DUBAN_ASSIGN_OR_RETURN(const Stored<v1::Plan> plan, transaction.Need<v1::Plan>(name));
    return WriteWords(transaction, plan.value);
  };
  return IndexMoreWords(store, {next, index});
}

}  // namespace duban
