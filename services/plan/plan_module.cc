#include "services/plan/plan_module.h"

#include "services/plan/plan_logic.h"
#include "services/plan/plan_service.h"

namespace duban {
namespace {

class PlanModule final : public ModuleOf<PlanLogic> {
 public:
  PlanModule(const Ports& ports, Edge* edge)
      : ModuleOf(ports), plan_service_(&logic().plans(), edge), directory_service_(&logic().directory(), edge) {}

  std::vector<grpc::Service*> services() override { return {&plan_service_, &directory_service_}; }

 private:
  PlanService plan_service_;
  DirectoryService directory_service_;
};

}  // namespace

std::unique_ptr<Module> MakePlanModule(const Ports& ports, Edge* edge) {
  return std::make_unique<PlanModule>(ports, edge);
}

}  // namespace duban
