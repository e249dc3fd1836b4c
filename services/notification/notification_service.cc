#include "services/notification/notification_service.h"

namespace duban {

grpc::Status NotificationService::LeaseReminders(grpc::ServerContext* context, const v1::LeaseRemindersRequest* request,
                                                 v1::LeaseRemindersResponse* response) {
  return edge_->Call(context, "duban.v1.NotificationService/LeaseReminders", *request,
                     [&] { return core_->LeaseReminders(*request, response); });
}

grpc::Status NotificationService::ConfirmReminder(grpc::ServerContext* context,
                                                  const v1::ConfirmReminderRequest* request, v1::Reminder* response) {
  return edge_->Call(context, "duban.v1.NotificationService/ConfirmReminder", *request,
                     [&] { return core_->ConfirmReminder(*request, response); });
}

grpc::Status NotificationService::ConfirmReminders(grpc::ServerContext* context,
                                                   const v1::ConfirmRemindersRequest* request,
                                                   v1::ConfirmRemindersResponse* response) {
  return edge_->Call(context, "duban.v1.NotificationService/ConfirmReminders", *request,
                     [&] { return core_->ConfirmReminders(*request, response); });
}

grpc::Status NotificationService::RedriveReminder(grpc::ServerContext* context,
                                                  const v1::RedriveReminderRequest* request, v1::Reminder* response) {
  return edge_->Call(context, "duban.v1.NotificationService/RedriveReminder", *request,
                     [&] { return core_->RedriveReminder(*request, response); });
}

grpc::Status NotificationService::GetReminder(grpc::ServerContext* context, const v1::GetReminderRequest* request,
                                              v1::Reminder* response) {
  return edge_->Call(context, "duban.v1.NotificationService/GetReminder", *request,
                     [&] { return core_->GetReminder(*request, response); });
}

grpc::Status NotificationService::ListReminders(grpc::ServerContext* context, const v1::ListRemindersRequest* request,
                                                v1::ListRemindersResponse* response) {
  return edge_->Call(context, "duban.v1.NotificationService/ListReminders", *request,
                     [&] { return core_->ListReminders(*request, response); });
}

grpc::Status NotificationService::GetReminderPolicy(grpc::ServerContext* context,
                                                    const v1::GetReminderPolicyRequest* request,
                                                    v1::ReminderPolicy* response) {
  return edge_->Call(context, "duban.v1.NotificationService/GetReminderPolicy", *request,
                     [&] { return core_->GetReminderPolicy(*request, response); });
}

grpc::Status NotificationService::UpdateReminderPolicy(grpc::ServerContext* context,
                                                       const v1::UpdateReminderPolicyRequest* request,
                                                       v1::ReminderPolicy* response) {
  return edge_->Call(context, "duban.v1.NotificationService/UpdateReminderPolicy", *request,
                     [&] { return core_->UpdateReminderPolicy(*request, response); });
}

}  // namespace duban
