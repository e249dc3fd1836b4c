#include "services/notification/notification_module.h"

#include "services/notification/channel/channel_settings.h"
#include "services/notification/notification_logic.h"

namespace duban {
namespace {

class NotificationModule final : public ModuleOf<NotificationLogic> {
 public:
  using ModuleOf::ModuleOf;

  std::vector<Method> methods() override {
    NotificationCore* const core = &logic().core();
    DeliveryCore* const deliveries = &logic().deliveries();
    return {
        Rpc("duban.v1.NotificationService/LeaseReminders", core, &NotificationCore::LeaseReminders),
        Rpc("duban.v1.NotificationService/ConfirmReminder", core, &NotificationCore::ConfirmReminder),
        Rpc("duban.v1.NotificationService/ConfirmReminders", core, &NotificationCore::ConfirmReminders),
        Rpc("duban.v1.NotificationService/RedriveReminder", core, &NotificationCore::RedriveReminder),
        Rpc("duban.v1.NotificationService/GetReminder", core, &NotificationCore::GetReminder, Lane::kFront),
        Rpc("duban.v1.NotificationService/ListReminders", core, &NotificationCore::ListReminders),
        Rpc("duban.v1.NotificationService/GetReminderPolicy", core, &NotificationCore::GetReminderPolicy, Lane::kFront),
        Rpc("duban.v1.NotificationService/UpdateReminderPolicy", core, &NotificationCore::UpdateReminderPolicy),
        Rpc("duban.v1.NotificationService/GetContact", deliveries, &DeliveryCore::GetContact, Lane::kFront),
        Rpc("duban.v1.NotificationService/ListContacts", deliveries, &DeliveryCore::ListContacts),
        Rpc("duban.v1.NotificationService/UpdateContact", deliveries, &DeliveryCore::UpdateContact),
        Rpc("duban.v1.NotificationService/ListChannels", deliveries, &DeliveryCore::ListChannels),
        Rpc("duban.v1.NotificationService/GetDigest", deliveries, &DeliveryCore::GetDigest),
        Rpc("duban.v1.NotificationService/ListDigests", deliveries, &DeliveryCore::ListDigests),
        Rpc("duban.v1.NotificationService/ListDeliveries", deliveries, &DeliveryCore::ListDeliveries),
        Rpc("duban.v1.NotificationService/RedriveDelivery", deliveries, &DeliveryCore::RedriveDelivery),
    };
  }
};

}  // namespace

std::unique_ptr<Module> MakeNotificationModule(const Ports& ports) {
  return std::make_unique<NotificationModule>(ports);
}

absl::Status CheckChannels(const ServerOptions& options) {
  return options.channels_file.empty() ? absl::OkStatus() : ReadChannelSettings(options.channels_file).status();
}

}  // namespace duban
