#include "services/assignment/board.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "common/base/civil.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "services/assignment/desk.h"
#include "services/assignment/indexes.h"
#include "services/assignment/lists.h"
#include "services/assignment/tally.h"

namespace duban {
namespace {

using storage::v1::DeskRow;
using storage::v1::PlanTally;
using storage::v1::UnitDesk;
using Request = v1::GetBoardRequest;

// Depth, unit and node of a row of the level below.
using BelowKey = std::tuple<int, std::string, std::string>;

// One row in the making.
struct Sum {
  v1::GetBoardResponse::Row row;
  std::map<BelowKey, v1::Decomposition::Row> below;
};

class Board {
 public:
  Board(const ReadView& view, const AssignmentRecords& records, const Request& request, absl::CivilDay today)
      : view_(view),
        records_(records),
        group_by_(request.group_by()),
        filter_(request.filter()),
        meant_(FilterOf(request.filter())),
        today_(today),
        with_below_(meant_.everything()) {}

  absl::StatusOr<v1::GetBoardResponse> Build() {
    DUBAN_RETURN_IF_ERROR(CountAll());
    v1::GetBoardResponse response;
    for (const Sum& sum : sums_) {
      if (Empty(sum.row)) continue;
      *response.add_rows() = Finished(sum);
      AddTotal(sum);
    }
    if (group_by_ != Request::HEADING) {
      std::sort(response.mutable_rows()->begin(), response.mutable_rows()->end(),
                [](const auto& a, const auto& b) { return a.key() < b.key(); });
    }
    *response.mutable_total() = Finished(total_);
    response.set_as_of(FormatDay(today_));
    return response;
  }

 private:
  absl::Status CountAll() {
    const bool some_headings = !filter_.heading().empty() || filter_.without_heading();
    const bool some_plans = !filter_.plan().empty() || some_headings;
    if (group_by_ == Request::UNIT && !some_plans) {
      DUBAN_RETURN_IF_ERROR(ReadBelow("unit", filter_.unit()));
      return CountUnits();
    }
    if (group_by_ != Request::UNIT && filter_.unit().empty()) {
      DUBAN_RETURN_IF_ERROR(ReadBelow("heading", filter_.plan()));
    }
    if (!filter_.unit().empty()) return CountPlansOf(filter_.unit());
    return VisitPlans([&](const std::string& plan, const PlanTally& tally) -> absl::Status {
      DUBAN_ASSIGN_OR_RETURN(const PlanBookPtr book, records_.NeedBook(view_, plan, tally));
      return group_by_ == Request::UNIT ? CountRowsOf(plan, *book) : CountPlan(plan, *book, tally);
    });
  }

  absl::Status VisitPlans(absl::FunctionRef<absl::Status(const std::string& plan, const PlanTally& tally)> visit) {
    if (!filter_.plan().empty()) {
      DUBAN_ASSIGN_OR_RETURN(const PlanTally tally, ReadPlanTally(view_, filter_.plan()));
      return visit(filter_.plan(), tally);
    }
    absl::Status status;
    // Parsed into again and again: what was allocated for one row serves the next.
    PlanTally tally;
    DUBAN_RETURN_IF_ERROR(
        view_.ScanIndex(kPlanTally, {}, [&](const std::vector<std::string_view>& rest, std::string_view value) {
          const bool parsed = tally.ParseFromArray(value.data(), static_cast<int>(value.size()));
          status = parsed ? visit(std::string(rest.front()), tally) : BrokenRecord("a kept row");
          return status.ok();
        }));
    return status;
  }

  // How each assignment of one unit stands, under one plan or all.
  absl::Status CountPlansOf(const std::string& unit) {
    if (!filter_.plan().empty()) return CountUnitRow(filter_.plan(), unit);
    absl::Status status;
    DUBAN_RETURN_IF_ERROR(
        view_.ScanIndex(kUnitPlan, {unit}, [&](const std::vector<std::string_view>& rest, std::string_view) {
          status = CountUnitRow(std::string(rest.front()), unit);
          return status.ok();
        }));
    return status;
  }

  // By unit, whatever the plan: one kept row each.
  absl::Status CountUnits() {
    if (!filter_.unit().empty()) {
      DUBAN_ASSIGN_OR_RETURN(const UnitDesk desk, ReadUnitDesk(view_, filter_.unit()));
      return CountUnit(filter_.unit(), desk);
    }
    absl::Status status;
    UnitDesk desk;
    DUBAN_RETURN_IF_ERROR(
        view_.ScanIndex(kUnitDesk, {}, [&](const std::vector<std::string_view>& rest, std::string_view value) {
          const bool parsed = desk.ParseFromArray(value.data(), static_cast<int>(value.size()));
          status = parsed ? CountUnit(rest.front(), desk) : BrokenRecord("a kept row");
          return status.ok();
        }));
    return status;
  }

  absl::Status CountUnit(std::string_view unit, const UnitDesk& desk) {
    Sum& sum = SumOf(unit, desk.display_name());
    AddTo(desk.tally(), meant_, today_, sum.row);
    AddBelow({std::string(unit)}, sum);
    return absl::OkStatus();
  }

  // By plan or by heading, whoever's it is: the kept sums of the plan.
  absl::Status CountPlan(const std::string& plan, const PlanBook& book, const PlanTally& tally) {
    for (int i = 0; i < tally.tallies_size(); ++i) {
      const std::string& heading = book.row().headings(i);
      if (!MeansHeading(filter_, heading)) continue;
      const bool by_plan = group_by_ == Request::PLAN;
      Sum& sum = by_plan ? SumOf(plan, book.plan_title()) : SumOf(heading, heading);
      AddTo(tally.tallies(i), meant_, today_, sum.row);
      AddBelow({plan, heading}, sum);
    }
    return absl::OkStatus();
  }

  // By unit, of one plan: how each assignment stands.
  absl::Status CountRowsOf(const std::string& plan, const PlanBook& book) {
    absl::Status status;
    DeskRow row;
    DUBAN_RETURN_IF_ERROR(
        view_.ScanIndex(kDesk, {plan}, [&](const std::vector<std::string_view>& rest, std::string_view value) {
          const bool parsed = ParseDeskRow(value, row);
          status = parsed ? CountRow(plan, rest.front(), book, row) : BrokenRecord("a kept row");
          return status.ok();
        }));
    return status;
  }

  absl::Status CountUnitRow(const std::string& plan, const std::string& unit) {
    DUBAN_ASSIGN_OR_RETURN(const DeskRow row, ReadDeskRow(view_, plan, unit));
    DUBAN_ASSIGN_OR_RETURN(const PlanBookPtr book, records_.Book(view_, plan));
    return CountRow(plan, unit, *book, row);
  }

  absl::Status CountRow(const std::string& plan, std::string_view unit, const PlanBook& book, const DeskRow& row) {
    for (int place = 0; place < row.ordinals_size(); ++place) {
      const PlanBook::OrderRef& order = book.order(row.ordinals(place));
      const std::string& heading = book.heading(order);
      if (!MeansHeading(filter_, heading) || !Means(meant_, StandingAt(row, place), today_)) continue;
      DUBAN_ASSIGN_OR_RETURN(Sum * sum, SumOfRow(plan, unit, book, heading));
      AddTo(StandingAt(row, place), meant_, today_, sum->row);
      if (!with_below_ || (row.stored(place) & kDecompositionStored) == 0) continue;
      const std::string name = AssignmentName(StrCat(plan, "/tasks/", order.task()), unit);
      DUBAN_ASSIGN_OR_RETURN(const auto made, view_.Get<v1::Decomposition>(DecompositionName(name)));
      if (!made.has_value()) return InvariantBroken(StrCat("a desk names what was made of ", name));
      for (const v1::Decomposition::Row& below : made->value.rows()) AddBelowRow(below, *sum);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Sum*> SumOfRow(const std::string& plan, std::string_view unit, const PlanBook& book,
                                const std::string& heading) {
    if (group_by_ == Request::PLAN) return &SumOf(plan, book.plan_title());
    if (group_by_ == Request::HEADING) return &SumOf(heading, heading);
    auto known = places_.find(unit);
    if (known != places_.end()) return &sums_[known->second];
    DUBAN_ASSIGN_OR_RETURN(const UnitDesk unit_desk, ReadUnitDesk(view_, unit));
    return &SumOf(unit, unit_desk.display_name());
  }

  Sum& SumOf(std::string_view key, std::string_view display_name) {
    auto [place, fresh] = places_.try_emplace(std::string(key), sums_.size());
    if (fresh) {
      v1::GetBoardResponse::Row& row = sums_.emplace_back().row;
      row.set_key(std::string(key));
      row.set_display_name(std::string(display_name));
    }
    return sums_[place->second];
  }

  // Reads what is kept of the level below, of units or of headings: in one pass, as most have nothing. Only what is of
  // `first` where that is not empty.
  absl::Status ReadBelow(std::string_view what, std::string_view first) {
    if (!with_below_) return absl::OkStatus();
    absl::Status status;
    const auto visit = [&](const std::vector<std::string_view>& rest, std::string_view value) {
      v1::Decomposition::Row row;
      int depth = 0;
      const size_t last = rest.size() - 1;
      const bool sound = row.ParseFromArray(value.data(), static_cast<int>(value.size())) && rest.size() >= 3 &&
                         ParseNumber(rest[last - 2], &depth);
      if (!sound) {
        status = BrokenRecord("a kept row");
        return false;
      }
      row.set_depth(depth);
      row.set_unit(std::string(rest[last - 1]));
      row.set_node(std::string(rest[last]));
      std::vector<std::string> of(rest.begin(), rest.end() - 3);
      if (!first.empty()) of.emplace(of.begin(), first);
      below_[std::move(of)].push_back(std::move(row));
      return true;
    };
    DUBAN_RETURN_IF_ERROR(first.empty() ? view_.ScanIndex(kBelow, {what}, visit)
                                        : view_.ScanIndex(kBelow, {what, first}, visit));
    return status;
  }

  // Adds that for one row of a board.
  void AddBelow(const std::vector<std::string>& of, Sum& sum) const {
    const auto known = below_.find(of);
    if (known == below_.end()) return;
    for (const v1::Decomposition::Row& row : known->second) AddBelowRow(row, sum);
  }

  static void AddBelowRow(const v1::Decomposition::Row& row, Sum& sum) {
    auto [place, fresh] = sum.below.try_emplace(BelowKey(row.depth(), row.unit(), row.node()), row);
    if (!fresh) AddCounts(row.counts(), 1, *place->second.mutable_counts());
  }

  void AddTotal(const Sum& sum) {
    AddCounts(sum.row.counts(), 1, *total_.row.mutable_counts());
    total_.row.set_green(total_.row.green() + sum.row.green());
    total_.row.set_yellow(total_.row.yellow() + sum.row.yellow());
    total_.row.set_red(total_.row.red() + sum.row.red());
    total_.row.set_grey(total_.row.grey() + sum.row.grey());
    for (const auto& [key, row] : sum.below) AddBelowRow(row, total_);
  }

  static bool Empty(const v1::GetBoardResponse::Row& row) {
    return row.green() + row.yellow() + row.red() + row.grey() == 0;
  }

  static v1::GetBoardResponse::Row Finished(const Sum& sum) {
    v1::GetBoardResponse::Row finished = sum.row;
    finished.mutable_counts();
    for (const auto& [key, below] : sum.below) *finished.add_below() = below;
    return finished;
  }

  const ReadView& view_;
  const AssignmentRecords& records_;
  const Request::GroupBy group_by_;
  const v1::AssignmentFilter& filter_;
  const TallyFilter meant_;
  const absl::CivilDay today_;
  const bool with_below_;
  // By unit, or by plan and heading.
  std::map<std::vector<std::string>, std::vector<v1::Decomposition::Row>> below_;
  std::vector<Sum> sums_;
  std::map<std::string, size_t, std::less<>> places_;
  Sum total_;
};

}  // namespace

absl::StatusOr<v1::GetBoardResponse> BoardFromDesk(const ReadView& view, const AssignmentRecords& records,
                                                   const v1::GetBoardRequest& request, absl::CivilDay today) {
  return Board(view, records, request, today).Build();
}

}  // namespace duban
