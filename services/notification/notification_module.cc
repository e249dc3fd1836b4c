#include "services/notification/notification_module.h"

#include "services/notification/notification_logic.h"
#include "services/notification/notification_service.h"

namespace duban {
namespace {

class NotificationModule final : public ModuleOf<NotificationLogic> {
 public:
  NotificationModule(const Ports& ports, Edge* edge) : ModuleOf(ports), service_(&logic().core(), edge) {}

  std::vector<grpc::Service*> services() override { return {&service_}; }

 private:
  NotificationService service_;
};

}  // namespace

std::unique_ptr<Module> MakeNotificationModule(const Ports& ports, Edge* edge) {
  return std::make_unique<NotificationModule>(ports, edge);
}

}  // namespace duban
