#include "services/plan/plan_logic.h"

#include "common/base/log.h"
#include "common/base/strings.h"
#include "services/plan/directory/directory.h"
#include "services/plan/plan_hops.h"
#include "services/plan/plan_store.h"

namespace duban {

absl::Status PlanIndexRows(const ReadView& view, std::string_view node, IndexRowSink sink) {
  DUBAN_RETURN_IF_ERROR(DirectoryRows(view, node, sink));
  return PlanRows(view, sink);
}

PlanLogic::PlanLogic(const Ports& ports)
    : ports_(ports),
      plans_(ports),
      directory_(ports, [node = ports.node](Transaction& transaction) { return RefreshAudiences(transaction, node); }) {
}

HopSpecs PlanLogic::hops() {
  return PlanHops(ports_.store, ports_.node);
}

void PlanLogic::Begin() {
  const absl::Status loaded = directory_.LoadDefaultCalendars();
  if (loaded.ok()) return;
  // A store that takes no writes says so by itself; the next start tries again.
  Log(LogLevel::kError, "plan.calendars_not_loaded", {{"error", std::string(ToStd(loaded.message()))}});
}

}  // namespace duban
