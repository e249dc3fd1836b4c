#include "services/assignment/decompose.h"

#include <map>
#include <string>
#include <tuple>

#include "common/base/ids.h"
#include "common/base/planted_bug.h"
#include "services/assignment/board.h"
#include "services/assignment/state.h"

namespace duban {

v1::Decomposition Decompose(const std::vector<IssuedBelow>& issued, std::string_view node) {
  std::map<std::tuple<int, std::string, std::string>, v1::Decomposition::Row> rows;
  std::map<std::string, std::string> titles;
  const auto row_of = [&](int depth, const std::string& unit, const std::string& at,
                          const std::string& display) -> v1::Decomposition::Row& {
    auto [place, fresh] = rows.try_emplace({depth, unit, at});
    if (fresh) {
      place->second.set_unit(unit);
      place->second.set_unit_display_name(display);
      place->second.set_node(at);
      place->second.set_depth(depth);
    }
    return place->second;
  };
  for (const auto& [assignment, execution] : issued) {
    titles.emplace(ParentName(assignment.task()), assignment.plan_title());
    v1::Decomposition::Row& own = row_of(1, assignment.unit(), std::string(node), assignment.unit_display_name());
    Count(StateOf(assignment, execution), *own.mutable_counts());
    if (assignment.has_cancel_time()) continue;
    for (const v1::Decomposition::Row& below : execution.decomposition().rows()) {
      const int depth = below.depth() + 1;
      if (depth > kMaxDepth || DUBAN_BUG("assignment.counts_stop_below")) continue;
      Add(below.counts(), *row_of(depth, below.unit(), below.node(), below.unit_display_name()).mutable_counts());
    }
  }
  v1::Decomposition decomposition;
  for (auto& [key, row] : rows) *decomposition.add_rows() = row;
  for (const auto& [plan, title] : titles) decomposition.add_plan_titles(title);
  return decomposition;
}

}  // namespace duban
