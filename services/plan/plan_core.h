// The logic of PlanService, PlanSearchService and PlanSourceService, one method an RPC, on ports only. Requests have
// passed ValidateRequest; errors are those listed in plan_service.proto, plan_search_service.proto and
// plan_source_service.proto.
//
// Thread-safe. The ports outlive it.

#ifndef DUBAN_SERVICES_PLAN_PLAN_CORE_H_
#define DUBAN_SERVICES_PLAN_PLAN_CORE_H_

#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "common/node/service_logic.h"
#include "duban/v1/plan_search_service.pb.h"
#include "duban/v1/plan_service.pb.h"
#include "duban/v1/plan_source_service.pb.h"
#include "services/plan/directory/directory_names.h"
#include "services/plan/draft.h"

namespace duban {

class PlanCore {
 public:
  // `names` outlives it.
  PlanCore(Ports ports, DirectoryNamesCache* names) : ports_(std::move(ports)), names_(names) {}

  absl::Status ParsePlan(const Caller& caller, const v1::ParsePlanRequest& request, v1::Plan* response) const;
  absl::Status ImportPlan(const Caller& caller, const v1::ImportPlanRequest& request, v1::Plan* response);
  absl::Status ReimportPlan(const Caller& caller, const v1::ReimportPlanRequest& request, v1::Plan* response);
  absl::Status CreatePlan(const Caller& caller, const v1::CreatePlanRequest& request, v1::Plan* response);
  absl::Status GetPlan(const Caller& caller, const v1::GetPlanRequest& request, v1::Plan* response) const;
  absl::Status ListPlans(const Caller& caller, const v1::ListPlansRequest& request,
                         v1::ListPlansResponse* response) const;
  absl::Status SearchPlans(const Caller& caller, const v1::SearchPlansRequest& request,
                           v1::SearchPlansResponse* response) const;
  absl::Status GetPlanSource(const Caller& caller, const v1::GetPlanSourceRequest& request,
                             v1::PlanSource* response) const;
  absl::Status UpdatePlan(const Caller& caller, const v1::UpdatePlanRequest& request, v1::Plan* response);
  absl::Status UpdateTask(const Caller& caller, const v1::UpdateTaskRequest& request, v1::Plan* response);
  absl::Status EditPlan(const Caller& caller, const v1::EditPlanRequest& request, v1::Plan* response);
  absl::Status DeletePlan(const Caller& caller, const v1::DeletePlanRequest& request, v1::DeletePlanResponse* response);
  absl::Status SettleFindings(const Caller& caller, const v1::SettleFindingsRequest& request, v1::Plan* response);
  absl::Status ReopenFindings(const Caller& caller, const v1::ReopenFindingsRequest& request, v1::Plan* response);
  absl::Status ProposeAlignments(const Caller& caller, const v1::ProposeAlignmentsRequest& request,
                                 v1::ProposeAlignmentsResponse* response) const;
  absl::Status AlignTasks(const Caller& caller, const v1::AlignTasksRequest& request, v1::Plan* response);
  absl::Status PreviewPublication(const Caller& caller, const v1::PreviewPublicationRequest& request,
                                  v1::PublicationPreview* response) const;
  absl::Status PublishPlan(const Caller& caller, const v1::PublishPlanRequest& request, v1::Plan* response);
  absl::Status ListKeptHints(const Caller& caller, const v1::ListKeptHintsRequest& request,
                             v1::ListKeptHintsResponse* response) const;
  absl::Status DeleteKeptHints(const Caller& caller, const v1::DeleteKeptHintsRequest& request,
                               v1::DeleteKeptHintsResponse* response);
  absl::Status RevisePlan(const Caller& caller, const v1::RevisePlanRequest& request, v1::Plan* response);
  absl::Status ListPlanRevisions(const Caller& caller, const v1::ListPlanRevisionsRequest& request,
                                 v1::ListPlanRevisionsResponse* response) const;
  absl::Status ComparePlanRevisions(const Caller& caller, const v1::ComparePlanRevisionsRequest& request,
                                    v1::ComparePlanRevisionsResponse* response) const;
  absl::Status WithdrawPlan(const Caller& caller, const v1::WithdrawPlanRequest& request, v1::Plan* response);

 private:
  // Makes a changed plan out of a view; run on a snapshot and, where that went out of date, in the writer's turn.
  using Prepare = absl::FunctionRef<absl::StatusOr<PreparedPlan>(const PlanReader& reader)>;
  // Changes a judged draft.
  using Change = absl::FunctionRef<absl::Status(const PlanReader& reader, PreparedPlan* prepared)>;

  PlanReader ReaderOf(const ReadView& snapshot) const;
  // A document as a draft, judged, without a name. `said`: what is said of its layout; null: nothing, so that what is
  // kept of its office counts.
  absl::StatusOr<PreparedPlan> ReadDocument(const PlanReader& reader, std::string_view content,
                                            const std::string& source_name, const v1::ReadingHints* said) const;
  // Names and stores a new draft.
  absl::Status StoreDraft(Transaction& transaction, const std::string& plan_id, PreparedPlan prepared,
                          v1::Plan* response);
  // Runs a request that changes a plan of this node.
  template <typename Request>
  absl::Status RunChange(const Caller& caller, std::string_view method, const Request& request, Prepare prepare,
                         v1::Plan* response);
  // Runs a request that changes a draft of this node: read, judged, changed by `change`, judged again and stored.
  template <typename Request>
  absl::Status ChangeDraft(const Caller& caller, std::string_view method, const Request& request,
                           const std::string& name, const std::string& etag, Change change, v1::Plan* response);
  absl::StatusOr<PreparedPlan> PreparePublication(const PlanReader& reader, const Caller& caller,
                                                  const v1::PublishPlanRequest& request) const;
  absl::StatusOr<PreparedPlan> PrepareDraftOfRevision(const PlanReader& reader, const Caller& caller,
                                                      const v1::RevisePlanRequest& request) const;

  const Ports ports_;
  DirectoryNamesCache* const names_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PLAN_CORE_H_
