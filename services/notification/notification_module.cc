#include "services/notification/notification_module.h"

#include "services/notification/notification_logic.h"

namespace duban {
namespace {

class NotificationModule final : public ModuleOf<NotificationLogic> {
 public:
  using ModuleOf::ModuleOf;

  std::vector<Method> methods() override {
    NotificationCore* const core = &logic().core();
    return {
        Rpc("duban.v1.NotificationService/LeaseReminders", core, &NotificationCore::LeaseReminders),
        Rpc("duban.v1.NotificationService/ConfirmReminder", core, &NotificationCore::ConfirmReminder),
        Rpc("duban.v1.NotificationService/ConfirmReminders", core, &NotificationCore::ConfirmReminders),
        Rpc("duban.v1.NotificationService/RedriveReminder", core, &NotificationCore::RedriveReminder),
        Rpc("duban.v1.NotificationService/GetReminder", core, &NotificationCore::GetReminder, Lane::kFront),
        Rpc("duban.v1.NotificationService/ListReminders", core, &NotificationCore::ListReminders),
        Rpc("duban.v1.NotificationService/GetReminderPolicy", core, &NotificationCore::GetReminderPolicy, Lane::kFront),
        Rpc("duban.v1.NotificationService/UpdateReminderPolicy", core, &NotificationCore::UpdateReminderPolicy),
    };
  }
};

}  // namespace

std::unique_ptr<Module> MakeNotificationModule(const Ports& ports) {
  return std::make_unique<NotificationModule>(ports);
}

}  // namespace duban
