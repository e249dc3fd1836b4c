#include "services/plan/plan_service.h"

namespace duban {

grpc::Status PlanService::ParsePlan(grpc::ServerContext* context, const v1::ParsePlanRequest* request,
                                    v1::Plan* response) {
  return edge_->Call(context, "duban.v1.PlanService/ParsePlan", *request,
                     [&] { return core_->ParsePlan(*request, response); });
}

grpc::Status PlanService::ImportPlan(grpc::ServerContext* context, const v1::ImportPlanRequest* request,
                                     v1::Plan* response) {
  return edge_->Call(context, "duban.v1.PlanService/ImportPlan", *request,
                     [&] { return core_->ImportPlan(*request, response); });
}

grpc::Status PlanService::CreatePlan(grpc::ServerContext* context, const v1::CreatePlanRequest* request,
                                     v1::Plan* response) {
  return edge_->Call(context, "duban.v1.PlanService/CreatePlan", *request,
                     [&] { return core_->CreatePlan(*request, response); });
}

grpc::Status PlanService::GetPlan(grpc::ServerContext* context, const v1::GetPlanRequest* request, v1::Plan* response) {
  return edge_->Call(context, "duban.v1.PlanService/GetPlan", *request,
                     [&] { return core_->GetPlan(*request, response); });
}

grpc::Status PlanService::ListPlans(grpc::ServerContext* context, const v1::ListPlansRequest* request,
                                    v1::ListPlansResponse* response) {
  return edge_->Call(context, "duban.v1.PlanService/ListPlans", *request,
                     [&] { return core_->ListPlans(*request, response); });
}

grpc::Status PlanService::UpdatePlan(grpc::ServerContext* context, const v1::UpdatePlanRequest* request,
                                     v1::Plan* response) {
  return edge_->Call(context, "duban.v1.PlanService/UpdatePlan", *request,
                     [&] { return core_->UpdatePlan(*request, response); });
}

grpc::Status PlanService::UpdateTask(grpc::ServerContext* context, const v1::UpdateTaskRequest* request,
                                     v1::Plan* response) {
  return edge_->Call(context, "duban.v1.PlanService/UpdateTask", *request,
                     [&] { return core_->UpdateTask(*request, response); });
}

grpc::Status PlanService::SettleFindings(grpc::ServerContext* context, const v1::SettleFindingsRequest* request,
                                         v1::Plan* response) {
  return edge_->Call(context, "duban.v1.PlanService/SettleFindings", *request,
                     [&] { return core_->SettleFindings(*request, response); });
}

grpc::Status PlanService::ProposeAlignments(grpc::ServerContext* context, const v1::ProposeAlignmentsRequest* request,
                                            v1::ProposeAlignmentsResponse* response) {
  return edge_->Call(context, "duban.v1.PlanService/ProposeAlignments", *request,
                     [&] { return core_->ProposeAlignments(*request, response); });
}

grpc::Status PlanService::AlignTasks(grpc::ServerContext* context, const v1::AlignTasksRequest* request,
                                     v1::Plan* response) {
  return edge_->Call(context, "duban.v1.PlanService/AlignTasks", *request,
                     [&] { return core_->AlignTasks(*request, response); });
}

grpc::Status PlanService::PublishPlan(grpc::ServerContext* context, const v1::PublishPlanRequest* request,
                                      v1::Plan* response) {
  return edge_->Call(context, "duban.v1.PlanService/PublishPlan", *request,
                     [&] { return core_->PublishPlan(*request, response); });
}

grpc::Status PlanService::WithdrawPlan(grpc::ServerContext* context, const v1::WithdrawPlanRequest* request,
                                       v1::Plan* response) {
  return edge_->Call(context, "duban.v1.PlanService/WithdrawPlan", *request,
                     [&] { return core_->WithdrawPlan(*request, response); });
}

grpc::Status DirectoryService::GetUnit(grpc::ServerContext* context, const v1::GetUnitRequest* request,
                                       v1::Unit* response) {
  return edge_->Call(context, "duban.v1.DirectoryService/GetUnit", *request,
                     [&] { return core_->GetUnit(*request, response); });
}

grpc::Status DirectoryService::ListUnits(grpc::ServerContext* context, const v1::ListUnitsRequest* request,
                                         v1::ListUnitsResponse* response) {
  return edge_->Call(context, "duban.v1.DirectoryService/ListUnits", *request,
                     [&] { return core_->ListUnits(*request, response); });
}

grpc::Status DirectoryService::CreateUnit(grpc::ServerContext* context, const v1::CreateUnitRequest* request,
                                          v1::Unit* response) {
  return edge_->Call(context, "duban.v1.DirectoryService/CreateUnit", *request,
                     [&] { return core_->CreateUnit(*request, response); });
}

grpc::Status DirectoryService::UpdateUnit(grpc::ServerContext* context, const v1::UpdateUnitRequest* request,
                                          v1::Unit* response) {
  return edge_->Call(context, "duban.v1.DirectoryService/UpdateUnit", *request,
                     [&] { return core_->UpdateUnit(*request, response); });
}

grpc::Status DirectoryService::DeleteUnit(grpc::ServerContext* context, const v1::DeleteUnitRequest* request,
                                          v1::DeleteUnitResponse* response) {
  return edge_->Call(context, "duban.v1.DirectoryService/DeleteUnit", *request,
                     [&] { return core_->DeleteUnit(*request, response); });
}

grpc::Status DirectoryService::GetUnitGroup(grpc::ServerContext* context, const v1::GetUnitGroupRequest* request,
                                            v1::UnitGroup* response) {
  return edge_->Call(context, "duban.v1.DirectoryService/GetUnitGroup", *request,
                     [&] { return core_->GetUnitGroup(*request, response); });
}

grpc::Status DirectoryService::ListUnitGroups(grpc::ServerContext* context, const v1::ListUnitGroupsRequest* request,
                                              v1::ListUnitGroupsResponse* response) {
  return edge_->Call(context, "duban.v1.DirectoryService/ListUnitGroups", *request,
                     [&] { return core_->ListUnitGroups(*request, response); });
}

grpc::Status DirectoryService::CreateUnitGroup(grpc::ServerContext* context, const v1::CreateUnitGroupRequest* request,
                                               v1::UnitGroup* response) {
  return edge_->Call(context, "duban.v1.DirectoryService/CreateUnitGroup", *request,
                     [&] { return core_->CreateUnitGroup(*request, response); });
}

grpc::Status DirectoryService::UpdateUnitGroup(grpc::ServerContext* context, const v1::UpdateUnitGroupRequest* request,
                                               v1::UnitGroup* response) {
  return edge_->Call(context, "duban.v1.DirectoryService/UpdateUnitGroup", *request,
                     [&] { return core_->UpdateUnitGroup(*request, response); });
}

grpc::Status DirectoryService::DeleteUnitGroup(grpc::ServerContext* context, const v1::DeleteUnitGroupRequest* request,
                                               v1::DeleteUnitGroupResponse* response) {
  return edge_->Call(context, "duban.v1.DirectoryService/DeleteUnitGroup", *request,
                     [&] { return core_->DeleteUnitGroup(*request, response); });
}

grpc::Status DirectoryService::ExpandUnitGroup(grpc::ServerContext* context, const v1::ExpandUnitGroupRequest* request,
                                               v1::ExpandUnitGroupResponse* response) {
  return edge_->Call(context, "duban.v1.DirectoryService/ExpandUnitGroup", *request,
                     [&] { return core_->ExpandUnitGroup(*request, response); });
}

grpc::Status DirectoryService::ImportDirectory(grpc::ServerContext* context, const v1::ImportDirectoryRequest* request,
                                               v1::ImportDirectoryResponse* response) {
  return edge_->Call(context, "duban.v1.DirectoryService/ImportDirectory", *request,
                     [&] { return core_->ImportDirectory(*request, response); });
}

grpc::Status DirectoryService::ResolveUnit(grpc::ServerContext* context, const v1::ResolveUnitRequest* request,
                                           v1::ResolveUnitResponse* response) {
  return edge_->Call(context, "duban.v1.DirectoryService/ResolveUnit", *request,
                     [&] { return core_->ResolveUnit(*request, response); });
}

grpc::Status DirectoryService::ListCalendars(grpc::ServerContext* context, const v1::ListCalendarsRequest* request,
                                             v1::ListCalendarsResponse* response) {
  return edge_->Call(context, "duban.v1.DirectoryService/ListCalendars", *request,
                     [&] { return core_->ListCalendars(*request, response); });
}

grpc::Status DirectoryService::UpdateCalendar(grpc::ServerContext* context, const v1::UpdateCalendarRequest* request,
                                              v1::Calendar* response) {
  return edge_->Call(context, "duban.v1.DirectoryService/UpdateCalendar", *request,
                     [&] { return core_->UpdateCalendar(*request, response); });
}

}  // namespace duban
