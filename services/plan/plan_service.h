// The thin gRPC edge of the plan service and of its directory: each RPC is one call of a core through the edge.
//
// Thread-safe. Cores and edge outlive it.

#ifndef DUBAN_SERVICES_PLAN_PLAN_SERVICE_H_
#define DUBAN_SERVICES_PLAN_PLAN_SERVICE_H_

#include "common/rpc/edge.h"
#include "duban/v1/directory_service.grpc.pb.h"
#include "duban/v1/plan_service.grpc.pb.h"
#include "services/plan/directory/directory_core.h"
#include "services/plan/plan_core.h"

namespace duban {

class PlanService final : public v1::PlanService::Service {
 public:
  PlanService(PlanCore* core, Edge* edge) : core_(core), edge_(edge) {}

  grpc::Status ParsePlan(grpc::ServerContext* context, const v1::ParsePlanRequest* request,
                         v1::Plan* response) override;
  grpc::Status ImportPlan(grpc::ServerContext* context, const v1::ImportPlanRequest* request,
                          v1::Plan* response) override;
  grpc::Status CreatePlan(grpc::ServerContext* context, const v1::CreatePlanRequest* request,
                          v1::Plan* response) override;
  grpc::Status GetPlan(grpc::ServerContext* context, const v1::GetPlanRequest* request, v1::Plan* response) override;
  grpc::Status ListPlans(grpc::ServerContext* context, const v1::ListPlansRequest* request,
                         v1::ListPlansResponse* response) override;
  grpc::Status UpdatePlan(grpc::ServerContext* context, const v1::UpdatePlanRequest* request,
                          v1::Plan* response) override;
  grpc::Status UpdateTask(grpc::ServerContext* context, const v1::UpdateTaskRequest* request,
                          v1::Plan* response) override;
  grpc::Status SettleFindings(grpc::ServerContext* context, const v1::SettleFindingsRequest* request,
                              v1::Plan* response) override;
  grpc::Status ProposeAlignments(grpc::ServerContext* context, const v1::ProposeAlignmentsRequest* request,
                                 v1::ProposeAlignmentsResponse* response) override;
  grpc::Status AlignTasks(grpc::ServerContext* context, const v1::AlignTasksRequest* request,
                          v1::Plan* response) override;
  grpc::Status PublishPlan(grpc::ServerContext* context, const v1::PublishPlanRequest* request,
                           v1::Plan* response) override;
  grpc::Status WithdrawPlan(grpc::ServerContext* context, const v1::WithdrawPlanRequest* request,
                            v1::Plan* response) override;

 private:
  PlanCore* const core_;
  Edge* const edge_;
};

class DirectoryService final : public v1::DirectoryService::Service {
 public:
  DirectoryService(DirectoryCore* core, Edge* edge) : core_(core), edge_(edge) {}

  grpc::Status GetUnit(grpc::ServerContext* context, const v1::GetUnitRequest* request, v1::Unit* response) override;
  grpc::Status ListUnits(grpc::ServerContext* context, const v1::ListUnitsRequest* request,
                         v1::ListUnitsResponse* response) override;
  grpc::Status CreateUnit(grpc::ServerContext* context, const v1::CreateUnitRequest* request,
                          v1::Unit* response) override;
  grpc::Status UpdateUnit(grpc::ServerContext* context, const v1::UpdateUnitRequest* request,
                          v1::Unit* response) override;
  grpc::Status DeleteUnit(grpc::ServerContext* context, const v1::DeleteUnitRequest* request,
                          v1::DeleteUnitResponse* response) override;
  grpc::Status GetUnitGroup(grpc::ServerContext* context, const v1::GetUnitGroupRequest* request,
                            v1::UnitGroup* response) override;
  grpc::Status ListUnitGroups(grpc::ServerContext* context, const v1::ListUnitGroupsRequest* request,
                              v1::ListUnitGroupsResponse* response) override;
  grpc::Status CreateUnitGroup(grpc::ServerContext* context, const v1::CreateUnitGroupRequest* request,
                               v1::UnitGroup* response) override;
  grpc::Status UpdateUnitGroup(grpc::ServerContext* context, const v1::UpdateUnitGroupRequest* request,
                               v1::UnitGroup* response) override;
  grpc::Status DeleteUnitGroup(grpc::ServerContext* context, const v1::DeleteUnitGroupRequest* request,
                               v1::DeleteUnitGroupResponse* response) override;
  grpc::Status ExpandUnitGroup(grpc::ServerContext* context, const v1::ExpandUnitGroupRequest* request,
                               v1::ExpandUnitGroupResponse* response) override;
  grpc::Status ImportDirectory(grpc::ServerContext* context, const v1::ImportDirectoryRequest* request,
                               v1::ImportDirectoryResponse* response) override;
  grpc::Status ResolveUnit(grpc::ServerContext* context, const v1::ResolveUnitRequest* request,
                           v1::ResolveUnitResponse* response) override;
  grpc::Status ListCalendars(grpc::ServerContext* context, const v1::ListCalendarsRequest* request,
                             v1::ListCalendarsResponse* response) override;
  grpc::Status UpdateCalendar(grpc::ServerContext* context, const v1::UpdateCalendarRequest* request,
                              v1::Calendar* response) override;

 private:
  DirectoryCore* const core_;
  Edge* const edge_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PLAN_SERVICE_H_
