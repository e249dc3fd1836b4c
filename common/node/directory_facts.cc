#include "common/node/directory_facts.h"

#include <optional>

#include "common/base/civil.h"
#include "common/base/planted_bug.h"
#include "duban/v1/unit.pb.h"

namespace duban {
namespace {

// Dates as text compare as days do.
bool HoldsOn(const v1::Unit::Superior& superior, const std::string& day) {
  return DUBAN_BUG("access.former_superior") ||
         (superior.valid_from() <= day && (superior.valid_to().empty() || day < superior.valid_to()));
}

}  // namespace

absl::StatusOr<std::vector<std::string>> DirectoryFacts::SuperiorsOf(std::string_view unit, absl::CivilDay day) const {
  DUBAN_ASSIGN_OR_RETURN(std::optional<Stored<v1::Unit>> found, store_->TakeSnapshot()->Get<v1::Unit>(unit));
  std::vector<std::string> superiors;
  if (!found) return superiors;
  const std::string date = FormatDay(day);
  for (const v1::Unit::Superior& superior : found->value.superiors()) {
    if (HoldsOn(superior, date)) superiors.push_back(superior.unit());
  }
  return superiors;
}

}  // namespace duban
