#include "services/assignment/issuer_list.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "services/assignment/desk.h"
#include "services/assignment/indexes.h"
#include "services/assignment/lists.h"

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
        meant_(WaitsOf(request)),
        most_(std::min(request.page_size() > 0 ? request.page_size() : kDefaultPageSize, kMaxPageSize)),
        after_(std::move(after)),
        viewer_(view, records, today),
        response_(*response) {}

  // Returns where the page ends; nothing where it is the last one.
  absl::StatusOr<std::optional<ListCursor>> List() {
    // The row where the page before ended may have more: the walk begins with it.
    const std::string from = after_.plan.empty() ? "" : IndexKey(kIssuerWaiting, {issuer_, after_.plan}) + after_.unit;
    DUBAN_RETURN_IF_ERROR(VisitIssuerWaiting(
        view_, issuer_, from, [this](const std::string& plan, const std::string& unit) -> absl::StatusOr<bool> {
          DUBAN_RETURN_IF_ERROR(VisitRow(plan, unit));
          return !ended_;
        }));
    if (!ended_) return std::nullopt;
    return last_;
  }

 private:
  absl::Status VisitRow(const std::string& plan, const std::string& unit) {
    const bool same_row = plan == after_.plan && unit == after_.unit;
    if (plan == after_.plan && unit < after_.unit) return absl::OkStatus();
    if (same_row && after_.place.empty()) return absl::OkStatus();
    DUBAN_ASSIGN_OR_RETURN(const PlanBookPtr book, BookOf(plan));
    DUBAN_ASSIGN_OR_RETURN(const storage::v1::DeskRow row, ReadDeskRow(view_, plan, unit));
    for (const int place : SortedPlaces(*book, row)) {
      const std::string& at = book->order(row.ordinals(place)).place();
      if ((same_row && at <= after_.place) || (IssuerWaitsAt(row, place) & meant_) == 0) continue;
      DUBAN_ASSIGN_OR_RETURN(v1::Assignment assignment, viewer_.ViewAt(plan, unit, *book, row, place));
      if (!Add(std::move(assignment), IssuerWaitsAt(row, place))) return absl::OkStatus();
      last_ = {plan, unit, at};
    }
    if (++looked_at_ < kMaxRowsLookedAt) return absl::OkStatus();
    ended_ = true;
    last_ = {plan, unit, ""};
    return absl::OkStatus();
  }

  // Rows come plan by plan.
  absl::StatusOr<PlanBookPtr> BookOf(const std::string& plan) {
    if (plan == plan_) return book_;
    DUBAN_ASSIGN_OR_RETURN(book_, records_.Book(view_, plan));
    plan_ = plan;
    return book_;
  }

  // False where the page is full.
  bool Add(v1::Assignment assignment, uint32_t waits) {
    const auto size = static_cast<int64_t>(assignment.ByteSizeLong());
    const bool first = response_.items().empty();
    ended_ = !first && (response_.items_size() == most_ || bytes_ + size > kMaxListBytes);
    if (ended_) return false;
    bytes_ += size;
    v1::ListIssuerItemsResponse::Item& item = *response_.add_items();
    *item.mutable_assignment() = std::move(assignment);
    for (const Wait::Wait wait : kWaits) {
      if ((waits & 1U << wait) != 0) item.add_waits(wait);
    }
    return true;
  }

  const ReadView& view_;
  const AssignmentRecords& records_;
  const std::string& issuer_;
  const uint32_t meant_;
  const int most_;
  const ListCursor after_;
  Viewer viewer_;
  v1::ListIssuerItemsResponse& response_;
  std::string plan_;
  PlanBookPtr book_;
  int64_t bytes_ = 0;
  int looked_at_ = 0;
  bool ended_ = false;
  ListCursor last_;
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
  if (end.has_value()) response->set_next_page_token(MakePageToken(listing, EncodeCursor(*end)));
  return absl::OkStatus();
}

}  // namespace duban
