#include "services/assignment/assignment_module.h"

#include "services/assignment/assignment_logic.h"
#include "services/assignment/assignment_service.h"

namespace duban {
namespace {

class AssignmentModule final : public ModuleOf<AssignmentLogic> {
 public:
  AssignmentModule(const Ports& ports, Edge* edge) : ModuleOf(ports), service_(&logic().core(), edge) {}

  std::vector<grpc::Service*> services() override { return {&service_}; }

 private:
  AssignmentService service_;
};

}  // namespace

std::unique_ptr<Module> MakeAssignmentModule(const Ports& ports, Edge* edge) {
  return std::make_unique<AssignmentModule>(ports, edge);
}

}  // namespace duban
