#include "tools/cli/working_unit.h"

namespace duban::cli {

absl::StatusOr<std::string> WorkingUnit(Session& session, std::string_view said) {
  if (!said.empty()) return session.UnitName(said);
  const std::string own = session.OwnUnit();
  return own.empty() ? session.UnitName(session.environment().variable("DUBAN_UNIT")) : own;
}

}  // namespace duban::cli
