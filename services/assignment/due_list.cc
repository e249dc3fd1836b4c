#include "services/assignment/due_list.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/page_token.h"
#include "common/base/strings.h"
#include "common/contract/agreed.h"
#include "common/contract/names.h"
#include "services/assignment/desk.h"
#include "services/assignment/indexes.h"
#include "services/assignment/lists.h"
#include "services/assignment/tally.h"

namespace duban {
namespace {

using storage::v1::DeskRow;

constexpr char kSoonest[] = "due";
constexpr char kLatest[] = "due desc";
// Behind every day.
constexpr uint32_t kNoDay = std::numeric_limits<uint32_t>::max();

// Where an assignment stands in the list.
struct Rank {
  // The day, or what is left to the last of all days where the latest come first.
  uint32_t day = 0;
  std::string plan;
  std::string unit;
  // SortText of the order.
  std::string place;

  friend auto operator<=>(const Rank&, const Rank&) = default;
};

std::string Encode(const Rank& rank) {
  return StrCat(rank.day, "\n", rank.plan, "\n", rank.unit, "\n", rank.place);
}

absl::StatusOr<std::optional<Rank>> Decode(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::array<std::string, 4> parts;
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    const size_t end = std::min(text.find('\n'), text.size());
    parts[i] = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  parts.back() = text;
  Rank rank{0, parts[1], parts[2], parts[3]};
  if (!ParseNumber(parts[0], &rank.day)) {
    return InvalidField("page_token", "does not belong to this list; begin again without one",
                        "不属于本次查询，请从第一页重新查询");
  }
  return rank;
}

// An assignment that a page can show: where it stands in its row.
struct Candidate {
  Rank rank;
  uint32_t ordinal = 0;

  bool operator<(const Candidate& other) const { return rank < other.rank; }
};

class DueLister {
 public:
  DueLister(const ReadView& view, const AssignmentRecords& records, absl::CivilDay today,
            const v1::ListAssignmentsRequest& request, std::optional<Rank> after)
      : view_(view),
        records_(records),
        today_(today),
        filter_(request.filter()),
        meant_(FilterOf(request.filter())),
        latest_first_(request.order_by() == kLatest),
        most_(static_cast<size_t>(PageSize(request.page_size(), kDefaultPageSize, kMaxPageSize))),
        after_(std::move(after)) {}

  // Returns where the page ends; nothing where it is the last one.
  absl::StatusOr<std::optional<Rank>> List(v1::ListAssignmentsResponse* response) {
    DUBAN_RETURN_IF_ERROR(VisitPlans());
    std::sort_heap(nearest_.begin(), nearest_.end());
    Viewer viewer(view_, records_, today_);
    int64_t bytes = 0;
    std::optional<Rank> last;
    for (const Candidate& candidate : nearest_) {
      DUBAN_ASSIGN_OR_RETURN(v1::Assignment assignment, Show(candidate, viewer));
      const auto size = static_cast<int64_t>(assignment.ByteSizeLong());
      const bool full = response->assignments_size() == static_cast<int>(most_) || bytes + size > kMaxListBytes;
      if (full && last.has_value()) return last;
      bytes += size;
      *response->add_assignments() = std::move(assignment);
      last = candidate.rank;
    }
    return std::nullopt;
  }

 private:
  absl::Status VisitPlans() {
    if (!filter_.plan().empty()) return VisitPlan(filter_.plan());
    absl::Status status;
    const auto visit = [&](const std::vector<std::string_view>& rest, std::string_view) {
      status = VisitPlan(std::string(rest.front()));
      return status.ok();
    };
    DUBAN_RETURN_IF_ERROR(view_.ScanIndex(kUnitPlan, {filter_.unit()}, visit));
    return status;
  }

  absl::Status VisitPlan(const std::string& plan) {
    DUBAN_ASSIGN_OR_RETURN(const PlanBookPtr book, records_.Book(view_, plan));
    if (!filter_.unit().empty()) {
      DUBAN_ASSIGN_OR_RETURN(const DeskRow row, ReadDeskRow(view_, plan, filter_.unit()));
      return VisitRow(plan, filter_.unit(), *book, row);
    }
    absl::Status status;
    DeskRow row;
    DUBAN_RETURN_IF_ERROR(
        view_.ScanIndex(kDesk, {plan}, [&](const std::vector<std::string_view>& rest, std::string_view value) {
          status = ParseDeskRow(value, row) ? VisitRow(plan, std::string(rest.front()), *book, row)
                                            : BrokenRecord("a kept row");
          return status.ok();
        }));
    return status;
  }

  absl::Status VisitRow(const std::string& plan, const std::string& unit, const PlanBook& book, const DeskRow& row) {
    for (int place = 0; place < row.ordinals_size(); ++place) {
      const PlanBook::OrderRef& ref = book.order(row.ordinals(place));
      if (!MeansPlace(meant_, filter_, book, row, place, today_)) continue;
      DUBAN_ASSIGN_OR_RETURN(const uint32_t day, DayOf(plan, unit, ref, row, place));
      const uint32_t in_order = latest_first_ && day != kNoDay ? kNoDay - 1 - day : day;
      Take({{in_order, plan, unit, ref.place()}, row.ordinals(place)});
    }
    return absl::OkStatus();
  }

  // The day by which the next thing is due; kNoDay where there is none.
  absl::StatusOr<uint32_t> DayOf(const std::string& plan, const std::string& unit, const PlanBook::OrderRef& ref,
                                 const DeskRow& row, int place) const {
    // The light turns RED the day after.
    const uint32_t red_day = StandingAt(row, place).red_day;
    if (red_day != 0) return red_day - 1;
    const std::string name = OrderName(StrCat(plan, "/tasks/", ref.task()));
    DUBAN_ASSIGN_OR_RETURN(const OrderPtr order, records_.NeedOrder(view_, name, ref.sequence()));
    if (order->deadline().due().empty()) return kNoDay;
    // Only what the issuer said to this unit can be another day.
    const uint32_t halves = row.stored(place) & kOversightStored;
    DUBAN_ASSIGN_OR_RETURN(const std::optional<Duty> duty, records_.DutyOf(view_, order, unit, halves));
    if (!duty.has_value()) return InvariantBroken(StrCat("a desk has ", unit, " under ", name));
    const std::optional<absl::CivilDay> due = ParseDay(BindingDue(*duty));
    return due.has_value() ? DayNumber(*due) : kNoDay;
  }

  // Keeps the nearest behind the page before: as many as a page shows, and one to say whether there are more.
  void Take(Candidate candidate) {
    if (after_.has_value() && candidate.rank <= *after_) return;
    if (nearest_.size() > most_) {
      if (!(candidate < nearest_.front())) return;
      std::pop_heap(nearest_.begin(), nearest_.end());
      nearest_.pop_back();
    }
    nearest_.push_back(std::move(candidate));
    std::push_heap(nearest_.begin(), nearest_.end());
  }

  absl::StatusOr<v1::Assignment> Show(const Candidate& candidate, Viewer& viewer) const {
    const Rank& rank = candidate.rank;
    DUBAN_ASSIGN_OR_RETURN(const PlanBookPtr book, records_.Book(view_, rank.plan));
    DUBAN_ASSIGN_OR_RETURN(const DeskRow row, ReadDeskRow(view_, rank.plan, rank.unit));
    return viewer.ViewAt(rank.plan, rank.unit, *book, row, PlaceOf(row, candidate.ordinal));
  }

  const ReadView& view_;
  const AssignmentRecords& records_;
  const absl::CivilDay today_;
  const v1::AssignmentFilter& filter_;
  const TallyFilter meant_;
  const bool latest_first_;
  const size_t most_;
  const std::optional<Rank> after_;
  // A heap, the last of them in front.
  std::vector<Candidate> nearest_;
};

}  // namespace

absl::Status ListByDue(const ReadView& view, const AssignmentRecords& records, absl::CivilDay today, Listing listing,
                       const v1::ListAssignmentsRequest& request, v1::ListAssignmentsResponse* response) {
  if (request.order_by() != kSoonest && request.order_by() != kLatest) {
    return InvalidField("order_by", "has to be `due` or `due desc`, or empty", "只能是 due 或 due desc，或留空");
  }
  if (request.filter().plan().empty() && request.filter().unit().empty()) {
    return InvalidField("order_by", "needs `filter.plan` or `filter.unit`: name one of them",
                        "按时限排序时须在 filter.plan 或 filter.unit 中写明计划或单位");
  }
  listing.scope = StrCat("ListAssignments/", request.order_by(), "/", request.filter().SerializeAsString());
  DUBAN_ASSIGN_OR_RETURN(const std::string text, ReadPageToken(listing, request.page_token()));
  DUBAN_ASSIGN_OR_RETURN(std::optional<Rank> after, Decode(text));
  DueLister lister(view, records, today, request, std::move(after));
  DUBAN_ASSIGN_OR_RETURN(const std::optional<Rank> end, lister.List(response));
  if (end.has_value()) response->set_next_page_token(MakePageToken(listing, Encode(*end)));
  return absl::OkStatus();
}

}  // namespace duban
