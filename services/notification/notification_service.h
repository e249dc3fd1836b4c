// The thin gRPC edge of the notification service: each RPC is one call of the core through the edge.
//
// Thread-safe. Core and edge outlive it.

#ifndef DUBAN_SERVICES_NOTIFICATION_NOTIFICATION_SERVICE_H_
#define DUBAN_SERVICES_NOTIFICATION_NOTIFICATION_SERVICE_H_

#include "common/rpc/edge.h"
#include "duban/v1/notification_service.grpc.pb.h"
#include "services/notification/notification_core.h"

namespace duban {

class NotificationService final : public v1::NotificationService::Service {
 public:
  NotificationService(NotificationCore* core, Edge* edge) : core_(core), edge_(edge) {}

  grpc::Status LeaseReminders(grpc::ServerContext* context, const v1::LeaseRemindersRequest* request,
                              v1::LeaseRemindersResponse* response) override;
  grpc::Status ConfirmReminder(grpc::ServerContext* context, const v1::ConfirmReminderRequest* request,
                               v1::Reminder* response) override;
  grpc::Status ConfirmReminders(grpc::ServerContext* context, const v1::ConfirmRemindersRequest* request,
                                v1::ConfirmRemindersResponse* response) override;
  grpc::Status RedriveReminder(grpc::ServerContext* context, const v1::RedriveReminderRequest* request,
                               v1::Reminder* response) override;
  grpc::Status GetReminder(grpc::ServerContext* context, const v1::GetReminderRequest* request,
                           v1::Reminder* response) override;
  grpc::Status ListReminders(grpc::ServerContext* context, const v1::ListRemindersRequest* request,
                             v1::ListRemindersResponse* response) override;
  grpc::Status GetReminderPolicy(grpc::ServerContext* context, const v1::GetReminderPolicyRequest* request,
                                 v1::ReminderPolicy* response) override;
  grpc::Status UpdateReminderPolicy(grpc::ServerContext* context, const v1::UpdateReminderPolicyRequest* request,
                                    v1::ReminderPolicy* response) override;

 private:
  NotificationCore* const core_;
  Edge* const edge_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_NOTIFICATION_SERVICE_H_
