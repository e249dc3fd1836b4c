#include "services/assignment/issuer_list.h"

#include <optional>
#include <string>
#include <utility>

#include "common/base/errors.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "services/assignment/desk.h"
#include "services/assignment/indexes.h"
#include "services/assignment/lists.h"
#include "services/assignment/restand.h"

namespace duban {
namespace {

using Wait = v1::ListIssuerItemsRequest;

constexpr Wait::Wait kWaits[] = {Wait::REVIEW, Wait::RULING, Wait::EXTENSION, Wait::READING};

// The sum of 1 << wait over those that a request means.
uint32_t WaitsOf(const v1::ListIssuerItemsRequest& request) {
  uint32_t meant = 0;
  for (const int wait : request.waits()) meant |= 1U << wait;
  if (!request.waits().empty()) return meant;
  for (const Wait::Wait wait : kWaits) meant |= 1U << wait;
  return meant;
}

// Walks over shares of plans of which something waits, and over the assignments of each, as far as a page goes.
class Lister {
 public:
  Lister(const ReadView& view, const AssignmentRecords& records, absl::CivilDay today,
         const v1::ListIssuerItemsRequest& request, ListCursor after, v1::ListIssuerItemsResponse* response)
      : view_(view),
        records_(records),
        issuer_(request.issuer()),
        meant_(DUBAN_BUG("assignment.other_waits_listed") ? ~0U : WaitsOf(request)),
        walk_(request.page_size(), std::move(after)),
        viewer_(view, records, today),
        response_(*response) {}

  // Returns where the page ends; nothing where it is the last one.
  absl::StatusOr<std::optional<ListCursor>> List() {
    // The row where the page before ended may have more: the walk begins with it.
    const ListCursor& after = walk_.after();
    const std::string from = after.plan.empty() ? "" : IndexKey(kIssuerWaiting, {issuer_, after.plan}) + after.unit;
    DUBAN_RETURN_IF_ERROR(VisitIssuerWaiting(
        view_, issuer_, from, [this](const std::string& plan, const std::string& unit) -> absl::StatusOr<bool> {
          DUBAN_RETURN_IF_ERROR(VisitRow(plan, unit));
          return !walk_.ended();
        }));
    return walk_.end();
  }

 private:
  absl::Status VisitRow(const std::string& plan, const std::string& unit) {
    if (walk_.Passed(plan, unit)) return absl::OkStatus();
    DUBAN_ASSIGN_OR_RETURN(const PlanBookPtr book, BookOf(plan));
    DUBAN_ASSIGN_OR_RETURN(const storage::v1::DeskRow row, ReadDeskRow(view_, plan, unit));
    for (const int place : SortedPlaces(*book, row)) {
      const std::string& at = book->order(row.ordinals(place)).place();
      const uint32_t waits = IssuerWaitsAt(row, place);
      if (walk_.Passed(plan, unit, at) || (waits & meant_) == 0) continue;
      DUBAN_ASSIGN_OR_RETURN(v1::Assignment assignment, viewer_.ViewAt(plan, unit, *book, row, place));
      if (!walk_.Take(assignment.ByteSizeLong(), {plan, unit, at})) return absl::OkStatus();
      Add(std::move(assignment), waits);
    }
    walk_.EndRow(plan, unit);
    return absl::OkStatus();
  }

  // Rows come plan by plan.
  absl::StatusOr<PlanBookPtr> BookOf(const std::string& plan) {
    if (plan == plan_) return book_;
    DUBAN_ASSIGN_OR_RETURN(book_, records_.Book(view_, plan));
    plan_ = plan;
    return book_;
  }

  void Add(v1::Assignment assignment, uint32_t waits) {
    v1::ListIssuerItemsResponse::Item& item = *response_.add_items();
    *item.mutable_assignment() = std::move(assignment);
    for (const Wait::Wait wait : kWaits) {
      if ((waits & 1U << wait) != 0) item.add_waits(wait);
    }
  }

  const ReadView& view_;
  const AssignmentRecords& records_;
  const std::string& issuer_;
  const uint32_t meant_;
  PageWalk walk_;
  Viewer viewer_;
  v1::ListIssuerItemsResponse& response_;
  std::string plan_;
  PlanBookPtr book_;
};

}  // namespace

absl::Status ListForIssuer(const ReadView& view, const AssignmentRecords& records, absl::CivilDay today,
                           Listing listing, const v1::ListIssuerItemsRequest& request,
                           v1::ListIssuerItemsResponse* response) {
  listing.scope = StrCat("ListIssuerItems/", request.issuer(), "/", WaitsOf(request));
  DUBAN_ASSIGN_OR_RETURN(const std::string text, ReadPageToken(listing, request.page_token()));
  DUBAN_ASSIGN_OR_RETURN(ListCursor after, DecodeCursor(text));
  DUBAN_ASSIGN_OR_RETURN(const std::optional<ListCursor> end,
                         Lister(view, records, today, request, std::move(after), response).List());
  DUBAN_ASSIGN_OR_RETURN(const bool counting, IsCountingIssuerWaits(view));
  response->set_still_counting(counting && !DUBAN_BUG("assignment.short_list_is_whole"));
  if (end.has_value()) response->set_next_page_token(MakePageToken(listing, EncodeCursor(*end)));
  return absl::OkStatus();
}

}  // namespace duban
