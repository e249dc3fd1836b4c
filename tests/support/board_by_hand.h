// What lists and boards have to say, counted by hand: out of assignments that were read one by one, and with nothing of
// what the service keeps.
//
// Pure functions.

#ifndef DUBAN_TESTS_SUPPORT_BOARD_BY_HAND_H_
#define DUBAN_TESTS_SUPPORT_BOARD_BY_HAND_H_

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/time/civil_time.h"
#include "common/base/civil.h"
#include "common/contract/names.h"
#include "duban/v1/assignment_service.pb.h"

namespace duban::testing {

inline std::string HeadingOf(const v1::Assignment& assignment) {
  return assignment.headings().empty() ? "" : *assignment.headings().rbegin();
}

inline std::string PlanOf(const v1::Assignment& assignment) {
  return std::string(ParseName(assignment.task()).plan);
}

// Whether a filter means an assignment.
inline bool Means(const v1::AssignmentFilter& filter, const v1::Assignment& assignment) {
  const std::string heading = HeadingOf(assignment);
  return (filter.plan().empty() || filter.plan() == PlanOf(assignment)) &&
         (filter.unit().empty() || filter.unit() == assignment.unit()) &&
         (filter.state() == 0 || filter.state() == assignment.state()) &&
         (filter.light() == 0 || filter.light() == assignment.light()) &&
         (filter.heading().empty() || filter.heading() == heading) && (!filter.without_heading() || heading.empty());
}

inline void AddNumber(int64_t by, const std::string& field, v1::StateCounts& counts) {
  const google::protobuf::FieldDescriptor* number = counts.GetDescriptor()->FindFieldByName(field);
  const google::protobuf::Reflection* access = counts.GetReflection();
  access->SetInt64(&counts, number, access->GetInt64(counts, number) + by);
}

// Counts one assignment.
inline void AddByHand(const v1::Assignment& assignment, v1::GetBoardResponse::Row& row) {
  AddNumber(1, absl::AsciiStrToLower(v1::Assignment::State_Name(assignment.state())), *row.mutable_counts());
  if (assignment.state() != v1::Assignment::CANCELLED) AddNumber(1, "total", *row.mutable_counts());
  switch (assignment.light()) {
    case v1::Assignment::GREEN:
      return row.set_green(row.green() + 1);
    case v1::Assignment::YELLOW:
      return row.set_yellow(row.yellow() + 1);
    case v1::Assignment::RED:
      return row.set_red(row.red() + 1);
    default:
      return row.set_grey(row.grey() + 1);
  }
}

// Adds up what was made of assignments below, by depth, unit and node.
inline void AddBelowByHand(const std::vector<v1::Assignment>& of, v1::GetBoardResponse::Row& row) {
  std::map<std::tuple<int, std::string, std::string>, v1::Decomposition::Row> sums;
  for (const v1::Assignment& assignment : of) {
    for (const v1::Decomposition::Row& below : assignment.decomposition().rows()) {
      auto [sum, fresh] = sums.try_emplace({below.depth(), below.unit(), below.node()}, below);
      if (fresh) continue;
      const google::protobuf::Reflection* access = below.counts().GetReflection();
      const google::protobuf::Descriptor* fields = below.counts().GetDescriptor();
      for (int i = 0; i < fields->field_count(); ++i) {
        AddNumber(access->GetInt64(below.counts(), fields->field(i)), fields->field(i)->name(),
                  *sum->second.mutable_counts());
      }
    }
  }
  for (auto& [key, sum] : sums) *row.add_below() = std::move(sum);
}

// What the plans of a node made of one of its assignments, out of all assignments there: those of its own issue whose
// orders take the task on, and one deeper what was made of them. Of an assignment of the node's own issue only what its
// unit issued.
inline v1::Decomposition MadeByHand(const std::vector<v1::Assignment>& all, const v1::Assignment& of,
                                    const std::string& node) {
  constexpr int kDeepest = 8;
  std::map<std::string, std::string> titles;
  std::vector<v1::Assignment> parts;
  for (const v1::Assignment& own : all) {
    const auto& aligned = own.aligned_tasks();
    const bool takes_on =
        own.issuer_node() == node && std::find(aligned.begin(), aligned.end(), of.task()) != aligned.end();
    if (!takes_on || (of.issuer_node() == node && own.issuer() != of.unit())) continue;
    titles[PlanOf(own)] = own.plan_title();
    v1::Decomposition::Row& row = *parts.emplace_back().mutable_decomposition()->add_rows();
    row.set_unit(own.unit());
    row.set_unit_display_name(own.unit_display_name());
    row.set_node(node);
    row.set_depth(1);
    AddNumber(1, absl::AsciiStrToLower(v1::Assignment::State_Name(own.state())), *row.mutable_counts());
    if (own.state() == v1::Assignment::CANCELLED) continue;
    AddNumber(1, "total", *row.mutable_counts());
    for (const v1::Decomposition::Row& deeper : own.decomposition().rows()) {
      if (deeper.depth() == kDeepest) continue;
      v1::Decomposition::Row& below = *parts.emplace_back().mutable_decomposition()->add_rows();
      below = deeper;
      below.set_depth(deeper.depth() + 1);
    }
  }
  v1::GetBoardResponse::Row sums;
  AddBelowByHand(parts, sums);
  v1::Decomposition made;
  for (const v1::Decomposition::Row& row : sums.below()) {
    if (row.counts().ByteSizeLong() > 0) *made.add_rows() = row;
  }
  for (const auto& [plan, title] : titles) made.add_plan_titles(title);
  return made;
}

// What a decomposition counts, and of which plans.
inline std::string CountedBelow(const v1::Decomposition& made) {
  v1::Decomposition counted;
  *counted.mutable_rows() = made.rows();
  for (v1::Decomposition::Row& row : *counted.mutable_rows()) row.clear_unit_display_name();
  *counted.mutable_plan_titles() = made.plan_titles();
  return counted.DebugString();
}

// One row of a board: of the assignments given.
inline v1::GetBoardResponse::Row RowByHand(const std::vector<v1::Assignment>& of, bool with_below) {
  v1::GetBoardResponse::Row row;
  row.mutable_counts();
  for (const v1::Assignment& assignment : of) AddByHand(assignment, row);
  if (with_below) AddBelowByHand(of, row);
  return row;
}

// The board of all assignments there are, on a day; rows by key.
inline v1::GetBoardResponse BoardByHand(const std::vector<v1::Assignment>& all, const v1::GetBoardRequest& request,
                                        absl::CivilDay today) {
  const bool with_below = request.filter().state() == 0 && request.filter().light() == 0;
  std::vector<v1::Assignment> meant;
  std::map<std::string, std::vector<v1::Assignment>> by_key;
  for (const v1::Assignment& assignment : all) {
    if (!Means(request.filter(), assignment)) continue;
    meant.push_back(assignment);
    switch (request.group_by()) {
      case v1::GetBoardRequest::PLAN:
        by_key[PlanOf(assignment)].push_back(assignment);
        break;
      case v1::GetBoardRequest::UNIT:
        by_key[assignment.unit()].push_back(assignment);
        break;
      default:
        by_key[HeadingOf(assignment)].push_back(assignment);
    }
  }
  v1::GetBoardResponse board;
  for (const auto& [key, assignments] : by_key) {
    v1::GetBoardResponse::Row& row = *board.add_rows();
    row = RowByHand(assignments, with_below);
    row.set_key(key);
  }
  *board.mutable_total() = RowByHand(meant, with_below);
  board.set_as_of(FormatDay(today));
  return board;
}

// The same board without names for people, and by key: to compare numbers.
inline std::string NumbersOf(v1::GetBoardResponse board) {
  std::sort(board.mutable_rows()->begin(), board.mutable_rows()->end(),
            [](const auto& a, const auto& b) { return a.key() < b.key(); });
  const auto strip = [](v1::GetBoardResponse::Row& row) {
    row.clear_display_name();
    for (v1::Decomposition::Row& below : *row.mutable_below()) below.clear_unit_display_name();
  };
  for (v1::GetBoardResponse::Row& row : *board.mutable_rows()) strip(row);
  strip(*board.mutable_total());
  return board.DebugString();
}

// Every filter that can be made of these.
struct FilterChoices {
  std::vector<std::string> plans;
  std::vector<std::string> units;
  std::vector<std::string> headings;
};
inline std::vector<v1::AssignmentFilter> AllFilters(const FilterChoices& choices) {
  std::vector<v1::AssignmentFilter> filters(1);
  const auto times = [&](const auto& values, auto set) {
    const std::vector<v1::AssignmentFilter> before = filters;
    for (const auto& value : values) {
      for (v1::AssignmentFilter filter : before) {
        set(filter, value);
        filters.push_back(std::move(filter));
      }
    }
  };
  std::vector<v1::Assignment::State> states;
  for (int i = v1::Assignment::State_MIN + 1; i < v1::Assignment::State_ARRAYSIZE; ++i) {
    states.push_back(static_cast<v1::Assignment::State>(i));
  }
  std::vector<v1::Assignment::Light> lights;
  for (int i = v1::Assignment::Light_MIN + 1; i < v1::Assignment::Light_ARRAYSIZE; ++i) {
    lights.push_back(static_cast<v1::Assignment::Light>(i));
  }
  times(choices.headings, [](v1::AssignmentFilter& filter, const std::string& value) { filter.set_heading(value); });
  filters.emplace_back().set_without_heading(true);
  times(choices.plans, [](v1::AssignmentFilter& filter, const std::string& value) { filter.set_plan(value); });
  times(choices.units, [](v1::AssignmentFilter& filter, const std::string& value) { filter.set_unit(value); });
  times(states, [](v1::AssignmentFilter& filter, v1::Assignment::State value) { filter.set_state(value); });
  times(lights, [](v1::AssignmentFilter& filter, v1::Assignment::Light value) { filter.set_light(value); });
  return filters;
}

}  // namespace duban::testing

#endif  // DUBAN_TESTS_SUPPORT_BOARD_BY_HAND_H_
