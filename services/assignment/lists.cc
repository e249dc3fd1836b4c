#include "services/assignment/lists.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "common/base/page_token.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "services/assignment/desk.h"
#include "services/assignment/indexes.h"
#include "services/assignment/tally.h"

namespace duban {
namespace {

using storage::v1::DeskRow;
using storage::v1::PlanTally;

constexpr char kSeparator = '\n';

// Walks over rows of the desk by plan and unit, and over the assignments of each by table and number, as far as a page
// goes.
class Lister {
 public:
  Lister(const ReadView& view, const AssignmentRecords& records, absl::CivilDay today,
         const v1::ListAssignmentsRequest& request, ListCursor after, v1::ListAssignmentsResponse* response)
      : view_(view),
        records_(records),
        today_(today),
        filter_(request.filter()),
        meant_(FilterOf(request.filter())),
        walk_(request.page_size(), std::move(after)),
        viewer_(view, records, today),
        response_(*response) {}

  // Returns where the page ends; nothing where it is the last one.
  absl::StatusOr<std::optional<ListCursor>> List() {
    DUBAN_RETURN_IF_ERROR(VisitPlans());
    return walk_.end();
  }

 private:
  absl::Status VisitPlans() {
    const std::string& from = walk_.after().plan;
    if (!filter_.plan().empty()) return filter_.plan() < from ? absl::OkStatus() : VisitPlan(filter_.plan());
    absl::Status status;
    const auto visit = [&](const std::vector<std::string_view>& rest, std::string_view) {
      const std::string plan(rest.front());
      if (plan >= from) status = VisitPlan(plan);
      return status.ok() && !walk_.ended();
    };
    if (filter_.unit().empty()) {
      DUBAN_RETURN_IF_ERROR(view_.ScanIndex(kPlanTally, {}, visit, IndexKey(kPlanTally, {}) + from));
    } else {
      const std::string of_unit = IndexKey(kUnitPlan, {filter_.unit()});
      DUBAN_RETURN_IF_ERROR(view_.ScanIndex(kUnitPlan, {filter_.unit()}, visit, of_unit + from));
    }
    return status;
  }

  absl::Status VisitPlan(const std::string& plan) {
    DUBAN_ASSIGN_OR_RETURN(const PlanTally tally, ReadPlanTally(view_, plan));
    DUBAN_ASSIGN_OR_RETURN(const PlanBookPtr book, records_.NeedBook(view_, plan, tally));
    if (!HasAny(*book, tally)) return absl::OkStatus();
    if (!filter_.unit().empty()) {
      DUBAN_ASSIGN_OR_RETURN(const DeskRow row, ReadDeskRow(view_, plan, filter_.unit()));
      return VisitRow(plan, filter_.unit(), *book, row);
    }
    absl::Status status;
    const auto visit = [&](const std::vector<std::string_view>& rest, std::string_view value) {
      const std::string unit(rest.front());
      DeskRow row;
      if (!ParseDeskRow(value, row)) {
        status = BrokenRecord("a kept row");
      } else {
        status = VisitRow(plan, unit, *book, row);
      }
      return status.ok() && !walk_.ended();
    };
    // The row where the page before ended may have more: the walk begins with it.
    const std::string behind = plan == walk_.after().plan ? IndexKey(kDesk, {plan}) + walk_.after().unit : "";
    DUBAN_RETURN_IF_ERROR(view_.ScanIndex(kDesk, {plan}, visit, behind));
    return status;
  }

  // Whether the plan has anything that the filter means, whoever's it is.
  bool HasAny(const PlanBook& book, const PlanTally& tally) const {
    for (int i = 0; i < tally.tallies_size(); ++i) {
      if (MeansHeading(filter_, book.row().headings(i)) && CountOf(tally.tallies(i), meant_, today_) > 0) return true;
    }
    return false;
  }

  absl::Status VisitRow(const std::string& plan, const std::string& unit, const PlanBook& book, const DeskRow& row) {
    if (walk_.Passed(plan, unit)) return absl::OkStatus();
    for (const int place : SortedPlaces(book, row)) {
      const PlanBook::OrderRef& order = book.order(row.ordinals(place));
      if (walk_.Passed(plan, unit, order.place())) continue;
      if (!MeansPlace(meant_, filter_, book, row, place, today_)) continue;
      DUBAN_ASSIGN_OR_RETURN(v1::Assignment assignment, viewer_.ViewAt(plan, unit, book, row, place));
      if (!walk_.Take(assignment.ByteSizeLong(), {plan, unit, order.place()})) return absl::OkStatus();
      *response_.add_assignments() = std::move(assignment);
    }
    walk_.EndRow(plan, unit);
    return absl::OkStatus();
  }

  const ReadView& view_;
  const AssignmentRecords& records_;
  const absl::CivilDay today_;
  const v1::AssignmentFilter& filter_;
  const TallyFilter meant_;
  PageWalk walk_;
  Viewer viewer_;
  v1::ListAssignmentsResponse& response_;
};

}  // namespace

std::string EncodeCursor(const ListCursor& cursor) {
  return StrCat(cursor.plan, "\n", cursor.unit, "\n", cursor.place);
}

absl::StatusOr<ListCursor> DecodeCursor(const std::string& text) {
  const size_t first = text.find(kSeparator);
  const size_t second = first == std::string::npos ? first : text.find(kSeparator, first + 1);
  if (text.empty()) return ListCursor();
  if (second == std::string::npos) {
    return InvalidField("page_token", "does not belong to this list; begin again without one",
                        "不属于本次查询，请从第一页重新查询");
  }
  return ListCursor{text.substr(0, first), text.substr(first + 1, second - first - 1), text.substr(second + 1)};
}

PageWalk::PageWalk(int page_size, ListCursor after)
    : after_(std::move(after)), most_(std::min(page_size > 0 ? page_size : kDefaultPageSize, kMaxPageSize)) {}

bool PageWalk::Passed(std::string_view plan, std::string_view unit) const {
  if (plan != after_.plan) return false;
  return unit < after_.unit || (unit == after_.unit && after_.place.empty());
}

bool PageWalk::Passed(std::string_view plan, std::string_view unit, std::string_view place) const {
  return plan == after_.plan && unit == after_.unit && place <= after_.place;
}

bool PageWalk::Take(size_t bytes, ListCursor at) {
  const auto size = static_cast<int64_t>(bytes);
  ended_ = taken_ > 0 && (taken_ == most_ || bytes_ + size > kMaxListBytes);
  if (ended_) return false;
  ++taken_;
  bytes_ += size;
  last_ = std::move(at);
  return true;
}

void PageWalk::EndRow(const std::string& plan, const std::string& unit) {
  if (++looked_at_ < kMaxRowsLookedAt) return;
  ended_ = true;
  last_ = {plan, unit, ""};
}

std::vector<int> SortedPlaces(const PlanBook& book, const DeskRow& row) {
  std::vector<int> places(static_cast<size_t>(row.ordinals_size()));
  for (int i = 0; i < row.ordinals_size(); ++i) places[static_cast<size_t>(i)] = i;
  if (book.in_order()) return places;
  std::sort(places.begin(), places.end(),
            [&](int a, int b) { return book.order(row.ordinals(a)).place() < book.order(row.ordinals(b)).place(); });
  return places;
}

absl::StatusOr<v1::Assignment> Viewer::View(const Duty& duty, const Standing& standing, bool decomposed) {
  v1::Assignment view = ViewOf(duty, standing, today_);
  const std::string name = DeliveryName(ParseName(duty.name).plan, duty.addressee.unit_node());
  auto [at, fresh] = deliveries_.try_emplace(name);
  if (fresh) {
    DUBAN_ASSIGN_OR_RETURN(auto delivery, view_.Get<v1::Delivery>(name));
    if (delivery.has_value()) at->second = delivery->value.delivery_time();
  }
  if (at->second.seconds() != 0) *view.mutable_delivery_time() = at->second;
  if (!decomposed) return view;
  DUBAN_ASSIGN_OR_RETURN(auto decomposition, view_.Get<v1::Decomposition>(DecompositionName(duty.name)));
  if (decomposition.has_value()) *view.mutable_decomposition() = std::move(decomposition->value);
  return view;
}

absl::StatusOr<v1::Assignment> Viewer::ViewAt(std::string_view plan, std::string_view unit, const PlanBook& book,
                                              const DeskRow& row, int place) {
  const PlanBook::OrderRef& ref = book.order(row.ordinals(place));
  const std::string order_name = OrderName(StrCat(plan, "/tasks/", ref.task()));
  DUBAN_ASSIGN_OR_RETURN(const OrderPtr order, records_.NeedOrder(view_, order_name, ref.sequence()));
  const uint32_t stored = row.stored(place);
  DUBAN_ASSIGN_OR_RETURN(const std::optional<Duty> duty, records_.DutyOf(view_, order, unit, stored));
  if (!duty.has_value()) return InvariantBroken(StrCat("a desk has ", unit, " under ", order_name));
  return View(*duty, StandingAt(row, place), (stored & kDecompositionStored) != 0);
}

bool MeansPlace(const TallyFilter& meant, const v1::AssignmentFilter& filter, const PlanBook& book,
                const storage::v1::DeskRow& row, int place, absl::CivilDay today) {
  if (!Means(meant, StandingAt(row, place), today)) return false;
  if (filter.extension_open() && (row.stored(place) & kExtensionOpen) == 0) return false;
  return MeansHeading(filter, book.heading(book.order(row.ordinals(place))));
}

bool MeansHeading(const v1::AssignmentFilter& filter, std::string_view heading) {
  if (!filter.heading().empty() && filter.heading() != heading) return false;
  return !filter.without_heading() || heading.empty();
}

absl::Status ListFromDesk(const ReadView& view, const AssignmentRecords& records, absl::CivilDay today, Listing listing,
                          const v1::ListAssignmentsRequest& request, v1::ListAssignmentsResponse* response) {
  listing.scope = StrCat("ListAssignments/", request.filter().SerializeAsString());
  DUBAN_ASSIGN_OR_RETURN(const std::string text, ReadPageToken(listing, request.page_token()));
  DUBAN_ASSIGN_OR_RETURN(ListCursor after, DecodeCursor(text));
  DUBAN_ASSIGN_OR_RETURN(const std::optional<ListCursor> end,
                         Lister(view, records, today, request, std::move(after), response).List());
  if (end.has_value()) response->set_next_page_token(MakePageToken(listing, EncodeCursor(*end)));
  return absl::OkStatus();
}

}  // namespace duban
