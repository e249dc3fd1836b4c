#include "services/plan/plan_module.h"

#include <utility>

#include "common/base/log.h"
#include "common/base/strings.h"
#include "services/plan/directory_core.h"
#include "services/plan/plan_core.h"
#include "services/plan/plan_hops.h"
#include "services/plan/plan_service.h"

namespace duban {
namespace {

class PlanModule : public Module {
 public:
  PlanModule(Ports ports, Edge* edge)
      : ports_(std::move(ports)),
        plans_(ports_),
        directory_(ports_),
        plan_service_(&plans_, edge),
        directory_service_(&directory_, edge) {}

  std::string name() const override { return "plan"; }
  std::vector<grpc::Service*> services() override { return {&plan_service_, &directory_service_}; }
  HopSpecs hops() override { return PlanHops(ports_.store, ports_.node); }

  void Start() override {
    const absl::Status loaded = directory_.LoadDefaultCalendars();
    if (loaded.ok()) return;
    // A store that takes no writes says so by itself; the next start tries again.
    Log(LogLevel::kError, "plan.calendars_not_loaded", {{"error", std::string(ToStd(loaded.message()))}});
  }

 private:
  const Ports ports_;
  PlanCore plans_;
  DirectoryCore directory_;
  PlanService plan_service_;
  DirectoryService directory_service_;
};

}  // namespace

std::unique_ptr<Module> MakePlanModule(Ports ports, Edge* edge) {
  return std::make_unique<PlanModule>(std::move(ports), edge);
}

}  // namespace duban
