// The logic of PlanService, one method an RPC, on ports only. Requests have passed ValidateRequest; errors are those
// listed in plan_service.proto.
//
// Thread-safe. The ports outlive it.

#ifndef DUBAN_SERVICES_PLAN_PLAN_CORE_H_
#define DUBAN_SERVICES_PLAN_PLAN_CORE_H_

#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "common/node/service_logic.h"
#include "duban/v1/plan_service.pb.h"

namespace duban {

class PlanCore {
 public:
  explicit PlanCore(Ports ports) : ports_(std::move(ports)) {}

  absl::Status ParsePlan(const v1::ParsePlanRequest& request, v1::Plan* response) const;
  absl::Status ImportPlan(const v1::ImportPlanRequest& request, v1::Plan* response);
  absl::Status CreatePlan(const v1::CreatePlanRequest& request, v1::Plan* response);
  absl::Status GetPlan(const v1::GetPlanRequest& request, v1::Plan* response) const;
  absl::Status ListPlans(const v1::ListPlansRequest& request, v1::ListPlansResponse* response) const;
  absl::Status UpdatePlan(const v1::UpdatePlanRequest& request, v1::Plan* response);
  absl::Status UpdateTask(const v1::UpdateTaskRequest& request, v1::Plan* response);
  absl::Status SettleFindings(const v1::SettleFindingsRequest& request, v1::Plan* response);
  absl::Status ProposeAlignments(const v1::ProposeAlignmentsRequest& request,
                                 v1::ProposeAlignmentsResponse* response) const;
  absl::Status AlignTasks(const v1::AlignTasksRequest& request, v1::Plan* response);
  absl::Status PublishPlan(const v1::PublishPlanRequest& request, v1::Plan* response);
  absl::Status WithdrawPlan(const v1::WithdrawPlanRequest& request, v1::Plan* response);

 private:
  absl::StatusOr<v1::Plan> ReadDocument(const ReadView& view, std::string_view content,
                                        const std::string& source_name) const;
  // Names and stores a new draft.
  absl::Status StoreDraft(Transaction& transaction, const std::string& plan_id, v1::Plan plan, v1::Plan* response);
  // Changes a draft of this node inside one command: read, judged, changed by `change`, judged again and stored.
  absl::Status ChangeDraft(Transaction& transaction, const std::string& name, const std::string& etag,
                           absl::FunctionRef<absl::Status(v1::Plan*)> change, v1::Plan* response);
  absl::Status Save(Transaction& transaction, v1::Plan plan, v1::Plan* response);

  const Ports ports_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PLAN_CORE_H_
