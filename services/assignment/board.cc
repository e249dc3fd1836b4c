#include "services/assignment/board.h"

#include <algorithm>

#include "common/base/civil.h"
#include "common/base/ids.h"
#include "common/base/planted_bug.h"

namespace duban {
namespace {

std::string_view PlanOf(const v1::Assignment& assignment) {
  return ParentName(assignment.task());
}

std::string_view KeyOf(v1::GetBoardRequest::GroupBy group_by, const v1::Assignment& view) {
  if (group_by == v1::GetBoardRequest::PLAN) return PlanOf(view);
  return group_by == v1::GetBoardRequest::UNIT ? std::string_view(view.unit()) : HeadingOf(view);
}

std::string_view DisplayOf(v1::GetBoardRequest::GroupBy group_by, const v1::Assignment& view) {
  if (group_by == v1::GetBoardRequest::PLAN) return view.plan_title();
  return group_by == v1::GetBoardRequest::UNIT ? std::string_view(view.unit_display_name()) : HeadingOf(view);
}

}  // namespace

std::string_view HeadingOf(const v1::Assignment& assignment) {
  return assignment.headings().empty() ? std::string_view() : std::string_view(*assignment.headings().rbegin());
}

bool Matches(const v1::AssignmentFilter& filter, const v1::Assignment& view) {
  if (!filter.plan().empty() && filter.plan() != PlanOf(view)) return false;
  if (!filter.unit().empty() && filter.unit() != view.unit()) return false;
  if (filter.state() != v1::Assignment::STATE_UNSPECIFIED && filter.state() != view.state()) return false;
  if (filter.light() != v1::Assignment::LIGHT_UNSPECIFIED && filter.light() != view.light()) return false;
  if (!filter.heading().empty() && filter.heading() != HeadingOf(view)) return false;
  return !filter.without_heading() || HeadingOf(view).empty();
}

void Count(v1::Assignment::State state, v1::StateCounts& counts) {
  switch (state) {
    case v1::Assignment::ISSUED:
      counts.set_issued(counts.issued() + 1);
      break;
    case v1::Assignment::RECEIVED:
      counts.set_received(counts.received() + 1);
      break;
    case v1::Assignment::IN_PROGRESS:
      counts.set_in_progress(counts.in_progress() + 1);
      break;
    case v1::Assignment::UNDER_REVIEW:
      counts.set_under_review(counts.under_review() + 1);
      break;
    case v1::Assignment::DONE:
      counts.set_done(counts.done() + 1);
      break;
    case v1::Assignment::DECLINED:
      counts.set_declined(counts.declined() + 1);
      break;
    default:
      counts.set_cancelled(counts.cancelled() + 1);
      if (DUBAN_BUG("assignment.board_counts_cancelled")) break;
      return;
  }
  counts.set_total(counts.total() + 1);
}

void Add(const v1::StateCounts& from, v1::StateCounts& to) {
  to.set_issued(to.issued() + from.issued());
  to.set_received(to.received() + from.received());
  to.set_in_progress(to.in_progress() + from.in_progress());
  to.set_under_review(to.under_review() + from.under_review());
  to.set_done(to.done() + from.done());
  to.set_declined(to.declined() + from.declined());
  to.set_cancelled(to.cancelled() + from.cancelled());
  to.set_total(to.total() + from.total());
}

void Board::Add(const v1::Assignment& view) {
  const std::string_view key = KeyOf(group_by_, view);
  auto [place, fresh] = places_.try_emplace(std::string(key), rows_.size());
  if (fresh) {
    Row& row = rows_.emplace_back();
    row.row.set_key(std::string(key));
    row.row.set_display_name(std::string(DisplayOf(group_by_, view)));
  }
  AddTo(rows_[place->second], view);
  AddTo(total_, view);
}

void Board::AddTo(Row& row, const v1::Assignment& view) {
  Count(view.state(), *row.row.mutable_counts());
  switch (view.light()) {
    case v1::Assignment::GREEN:
      row.row.set_green(row.row.green() + 1);
      break;
    case v1::Assignment::YELLOW:
      row.row.set_yellow(row.row.yellow() + 1);
      break;
    case v1::Assignment::RED:
      row.row.set_red(row.row.red() + 1);
      break;
    default:
      row.row.set_grey(row.row.grey() + 1);
      break;
  }
  for (const v1::Decomposition::Row& below : view.execution().decomposition().rows()) {
    auto [place, fresh] = row.below.try_emplace(BelowKey(below.depth(), below.unit(), below.node()), below);
    if (!fresh) duban::Add(below.counts(), *place->second.mutable_counts());
  }
}

v1::GetBoardResponse::Row Board::Finished(const Row& row) {
  v1::GetBoardResponse::Row finished = row.row;
  finished.mutable_counts();
  for (const auto& [key, below] : row.below) *finished.add_below() = below;
  return finished;
}

v1::GetBoardResponse Board::Build(absl::CivilDay as_of) const {
  v1::GetBoardResponse response;
  for (const Row& row : rows_) *response.add_rows() = Finished(row);
  if (group_by_ != v1::GetBoardRequest::HEADING) {
    std::sort(response.mutable_rows()->begin(), response.mutable_rows()->end(),
              [](const auto& a, const auto& b) { return a.key() < b.key(); });
  }
  *response.mutable_total() = Finished(total_);
  response.set_as_of(FormatDay(as_of));
  return response;
}

}  // namespace duban
