#include "services/plan/plan_logic.h"

#include "common/base/log.h"
#include "common/base/strings.h"
#include "services/plan/audience_chore.h"
#include "services/plan/directory/directory.h"
#include "services/plan/plan_hops.h"
#include "services/plan/plan_store.h"
#include "services/plan/plan_words.h"

namespace duban {
namespace {

// How long a unit that moved may still be addressed where it was.
constexpr absl::Duration kAudiencesPause = absl::Seconds(1);
// Only a store from before words were indexed has anything to do.
constexpr absl::Duration kWordsPause = absl::Minutes(1);
constexpr int kWordsNice = 10;

}  // namespace

absl::Status PlanIndexRows(const ReadView& view, std::string_view node, IndexRowSink sink) {
  DUBAN_RETURN_IF_ERROR(DirectoryRows(view, node, sink));
  return PlanRows(view, sink);
}

HopSpecs PlanLogic::hops() {
  return PlanHops(ports_.store, ports_.node);
}

void PlanLogic::Begin() {
  // A store that takes no writes says so by itself; the next start tries again.
  const absl::Status loaded = directory_.LoadDefaultCalendars();
  if (!loaded.ok()) {
    Log(LogLevel::kError, "plan.calendars_not_loaded", {{"error", std::string(ToStd(loaded.message()))}});
  }
  if (ports_.first_officer == nullptr) return;
  const absl::Status begun = people_.LoadFirstOfficer(*ports_.first_officer);
  if (begun.ok()) return;
  Log(LogLevel::kError, "plan.first_officer_not_loaded", {{"error", std::string(ToStd(begun.message()))}});
}

std::vector<Chore> PlanLogic::chores() {
  return {{"plan_audiences", kAudiencesPause, [this] { return FollowDirectory(); }},
          {"plan_words", kWordsPause, [this] { return IndexWords(); }, kWordsNice}};
}

bool PlanLogic::IndexWords() {
  const absl::StatusOr<bool> more = IndexMorePlans(ports_.store);
  if (!more.ok()) {
    Log(LogLevel::kError, "plan.words_not_indexed", {{"error", std::string(ToStd(more.status().message()))}});
  }
  return more.value_or(false);
}

bool PlanLogic::FollowDirectory() {
  const absl::StatusOr<bool> more = FollowMovedEntries(ports_.store, ports_.node);
  if (!more.ok()) {
    Log(LogLevel::kError, "plan.audiences_not_refreshed", {{"error", std::string(ToStd(more.status().message()))}});
  }
  return more.value_or(false);
}

}  // namespace duban
