// The thin gRPC edge of the assignment service: each RPC is one call of the core through the edge.
//
// Thread-safe. Core and edge outlive it.

#ifndef DUBAN_SERVICES_ASSIGNMENT_ASSIGNMENT_SERVICE_H_
#define DUBAN_SERVICES_ASSIGNMENT_ASSIGNMENT_SERVICE_H_

#include "common/rpc/edge.h"
#include "duban/v1/assignment_service.grpc.pb.h"
#include "services/assignment/assignment_core.h"

namespace duban {

class AssignmentService final : public v1::AssignmentService::Service {
 public:
  AssignmentService(AssignmentCore* core, Edge* edge) : core_(core), edge_(edge) {}

  grpc::Status PullAssignments(grpc::ServerContext* context, const v1::PullAssignmentsRequest* request,
                               v1::PullAssignmentsResponse* response) override;
  grpc::Status ReceiveAssignment(grpc::ServerContext* context, const v1::ReceiveAssignmentRequest* request,
                                 v1::Assignment* response) override;
  grpc::Status ReceiveAssignments(grpc::ServerContext* context, const v1::ReceiveAssignmentsRequest* request,
                                  v1::ReceiveAssignmentsResponse* response) override;
  grpc::Status ReportProgress(grpc::ServerContext* context, const v1::ReportProgressRequest* request,
                              v1::Assignment* response) override;
  grpc::Status SubmitResult(grpc::ServerContext* context, const v1::SubmitResultRequest* request,
                            v1::Assignment* response) override;
  grpc::Status SubmitResults(grpc::ServerContext* context, const v1::SubmitResultsRequest* request,
                             v1::SubmitResultsResponse* response) override;
  grpc::Status ReviewSubmission(grpc::ServerContext* context, const v1::ReviewSubmissionRequest* request,
                                v1::Assignment* response) override;
  grpc::Status ReviewSubmissions(grpc::ServerContext* context, const v1::ReviewSubmissionsRequest* request,
                                 v1::ReviewSubmissionsResponse* response) override;
  grpc::Status GetAssignment(grpc::ServerContext* context, const v1::GetAssignmentRequest* request,
                             v1::Assignment* response) override;
  grpc::Status ListAssignments(grpc::ServerContext* context, const v1::ListAssignmentsRequest* request,
                               v1::ListAssignmentsResponse* response) override;
  grpc::Status GetTimeline(grpc::ServerContext* context, const v1::GetTimelineRequest* request,
                           v1::GetTimelineResponse* response) override;
  grpc::Status GetBoard(grpc::ServerContext* context, const v1::GetBoardRequest* request,
                        v1::GetBoardResponse* response) override;

 private:
  AssignmentCore* const core_;
  Edge* const edge_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_ASSIGNMENT_SERVICE_H_
