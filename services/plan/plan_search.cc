#include "services/plan/plan_search.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/search/search_cursor.h"
#include "common/search/search_text.h"
#include "common/search/words_state.h"
#include "services/plan/indexes.h"
#include "services/plan/plan_words.h"

namespace duban {
namespace {

// Who reads drafts, as GetPlan has it.
constexpr RoleSet kReadDrafts = {v1::PLANNER, v1::REVIEWER, v1::LEADER};

// Whose drafts a caller may find.
class DraftsSeen {
 public:
  DraftsSeen(const Caller& caller, std::string_view viewer) : viewer_(viewer) {
    // Where nothing is proved there is nobody to tell apart.
    everybodys_ = caller.kind == CallerKind::kAnybody || !(caller.roles() & kReadDrafts).empty();
    viewers_ = caller.kind == CallerKind::kAnybody;
    for (const Post& post : caller.posts) {
      viewers_ = viewers_ || (!post.unit.empty() && post.unit == viewer && !(post.roles & kReadDrafts).empty());
    }
    all_ = caller.kind == CallerKind::kAnybody && viewer.empty();
  }

  // Whether shelves of `owner` are for the caller.
  bool Shows(std::string_view owner) const {
    if (!owner.starts_with(kDraftOf) || DUBAN_BUG("search.drafts_found")) return true;
    const std::string_view drafter = owner.substr(kDraftOf.size());
    if (all_) return true;
    return drafter.empty() ? everybodys_ : viewers_ && drafter == viewer_;
  }

 private:
  const std::string_view viewer_;
  // Drafts that no unit drew up in particular; those of the viewer; those of all units.
  bool everybodys_;
  bool viewers_;
  bool all_;
};

class PlanSearcher {
 public:
  PlanSearcher(const ReadView& view, const SearchQuery& query, const DraftsSeen& seen,
               const v1::SearchPlansRequest& request, SearchCursor from, v1::SearchPlansResponse& response)
      : view_(view),
        query_(query),
        drafts_(seen),
        request_(request),
        most_(PageSize(request.page_size(), kDefaultHits, kMostHits)),
        at_(std::move(from)),
        response_(response) {}

  // Returns where the page ends; nothing where it is the last one.
  absl::StatusOr<std::optional<SearchCursor>> Run() {
    if (!request_.plan().empty()) {
      DUBAN_ASSIGN_OR_RETURN(const auto plan, view_.Get<v1::Plan>(request_.plan()));
      if (!plan.has_value()) return std::nullopt;
      only_time_ = TimeRank(plan->value);
    }
    while (at_.place <= v1::SearchMatch::TEXT) {
      DUBAN_RETURN_IF_ERROR(VisitPlace());
      if (ended_) return at_;
      at_ = {at_.place + 1, {}, -1, ""};
    }
    return std::nullopt;
  }

 private:
  // Goes on with what is found at one place.
  absl::Status VisitPlace() {
    const int level = at_.place - v1::SearchMatch::TITLE;
    const ShelfWalk walk = {kPlanWords, level, &query_, at_.shelf, request_.plan(), only_time_};
    const SearchCursor from = at_;
    absl::Status status;
    DUBAN_RETURN_IF_ERROR(VisitShelves(
        view_, walk, [&](const ShelfKey&, std::string_view owner) { return Wanted(owner); },
        [&](const ShelfSeen& seen) {
          const bool same = seen.key.group == from.shelf.group && seen.key.shelf == from.shelf.shelf;
          status = VisitShelf(seen, same ? from.thing : -1);
          return status.ok() && !ended_;
        }));
    return status;
  }

  bool Wanted(std::string_view owner) const {
    const bool draft = owner.starts_with(kDraftOf);
    const v1::Plan::State state = request_.state();
    if (state != v1::Plan::STATE_UNSPECIFIED && draft != (state == v1::Plan::DRAFT)) return false;
    return drafts_.Shows(owner);
  }

  absl::Status VisitShelf(const ShelfSeen& seen, int after) {
    const bool fresh = seen.things != 0 && plan_.name() != seen.key.group;
    ended_ = shelves_ == kMostShelvesSeen || (fresh && plans_ == kMostPlansRead);
    if (ended_) {
      at_ = {at_.place, seen.key, after, ""};
      return absl::OkStatus();
    }
    ++shelves_;
    if (seen.things == 0) return absl::OkStatus();
    if (fresh) {
      ++plans_;
      DUBAN_ASSIGN_OR_RETURN(Stored<v1::Plan> plan, view_.Need<v1::Plan>(seen.key.group));
      plan_ = std::move(plan.value);
    }
    if (request_.state() != v1::Plan::STATE_UNSPECIFIED && plan_.state() != request_.state()) return absl::OkStatus();
    for (int thing = after + 1; thing < kShelfSize && !ended_; ++thing) {
      if ((seen.things >> thing & 1) != 0) VisitThing(seen.key, thing);
    }
    return absl::OkStatus();
  }

  void VisitThing(const ShelfKey& key, int on_shelf) {
    const int thing = key.shelf * kShelfSize + on_shelf;
    if (thing >= ThingsOf(plan_)) return;
    std::optional<v1::SearchMatch> match = query_.Find(WordsOf(plan_, thing));
    if (!match.has_value() || match->place() != at_.place) return;
    ended_ = response_.hits_size() == most_;
    if (ended_) return;
    v1::SearchPlansResponse::Hit& hit = *response_.add_hits();
    hit.set_plan(plan_.name());
    hit.set_plan_title(plan_.title());
    hit.set_state(plan_.state());
    hit.set_publish_date(plan_.publish_date());
    if (thing > 0) {
      const v1::Task& task = plan_.tasks(thing - 1);
      hit.set_task(task.name());
      hit.set_table(task.table());
      hit.set_number(task.number());
    }
    *hit.mutable_match() = *std::move(match);
    at_ = {at_.place, key, on_shelf, ""};
  }

  const ReadView& view_;
  const SearchQuery& query_;
  const DraftsSeen& drafts_;
  const v1::SearchPlansRequest& request_;
  const int most_;
  // Where the walk has come to: the last hit, or the shelf it stopped before.
  SearchCursor at_;
  v1::SearchPlansResponse& response_;
  std::string only_time_;
  // The plan that was read last.
  v1::Plan plan_;
  int shelves_ = 0;
  int plans_ = 0;
  bool ended_ = false;
};

}  // namespace

absl::Status SearchPlans(const ReadView& view, const Caller& caller, Listing listing,
                         const v1::SearchPlansRequest& request, v1::SearchPlansResponse* response) {
  DUBAN_ASSIGN_OR_RETURN(const SearchQuery query, SearchQuery::Of(request.query()));
  listing.scope = StrCat("SearchPlans/", static_cast<int>(request.state()), "/", request.plan(), "/", request.viewer(),
                         "/", request.query());
  DUBAN_ASSIGN_OR_RETURN(const std::string token, ReadPageToken(listing, request.page_token()));
  DUBAN_ASSIGN_OR_RETURN(SearchCursor from, SearchCursor::Decode(token));
  DUBAN_ASSIGN_OR_RETURN(const bool indexing, IsIndexing(view, kPlanByTime));
  response->set_indexing(indexing);
  const DraftsSeen drafts(caller, request.viewer());
  DUBAN_ASSIGN_OR_RETURN(const std::optional<SearchCursor> end,
                         PlanSearcher(view, query, drafts, request, std::move(from), *response).Run());
  if (end.has_value()) response->set_next_page_token(MakePageToken(listing, end->Encode()));
  return absl::OkStatus();
}

}  // namespace duban
