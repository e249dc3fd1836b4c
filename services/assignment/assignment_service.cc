#include "services/assignment/assignment_service.h"

namespace duban {

grpc::Status AssignmentService::PullAssignments(grpc::ServerContext* context, const v1::PullAssignmentsRequest* request,
                                                v1::PullAssignmentsResponse* response) {
  return edge_->Call(context, "duban.v1.AssignmentService/PullAssignments", *request,
                     [&] { return core_->PullAssignments(*request, response); });
}

grpc::Status AssignmentService::ReceiveAssignment(grpc::ServerContext* context,
                                                  const v1::ReceiveAssignmentRequest* request,
                                                  v1::Assignment* response) {
  return edge_->Call(context, "duban.v1.AssignmentService/ReceiveAssignment", *request,
                     [&] { return core_->ReceiveAssignment(*request, response); });
}

grpc::Status AssignmentService::ReceiveAssignments(grpc::ServerContext* context,
                                                   const v1::ReceiveAssignmentsRequest* request,
                                                   v1::ReceiveAssignmentsResponse* response) {
  return edge_->Call(context, "duban.v1.AssignmentService/ReceiveAssignments", *request,
                     [&] { return core_->ReceiveAssignments(*request, response); });
}

grpc::Status AssignmentService::ReportProgress(grpc::ServerContext* context, const v1::ReportProgressRequest* request,
                                               v1::Assignment* response) {
  return edge_->Call(context, "duban.v1.AssignmentService/ReportProgress", *request,
                     [&] { return core_->ReportProgress(*request, response); });
}

grpc::Status AssignmentService::SubmitResult(grpc::ServerContext* context, const v1::SubmitResultRequest* request,
                                             v1::Assignment* response) {
  return edge_->Call(context, "duban.v1.AssignmentService/SubmitResult", *request,
                     [&] { return core_->SubmitResult(*request, response); });
}

grpc::Status AssignmentService::SubmitResults(grpc::ServerContext* context, const v1::SubmitResultsRequest* request,
                                              v1::SubmitResultsResponse* response) {
  return edge_->Call(context, "duban.v1.AssignmentService/SubmitResults", *request,
                     [&] { return core_->SubmitResults(*request, response); });
}

grpc::Status AssignmentService::ReviewSubmission(grpc::ServerContext* context,
                                                 const v1::ReviewSubmissionRequest* request, v1::Assignment* response) {
  return edge_->Call(context, "duban.v1.AssignmentService/ReviewSubmission", *request,
                     [&] { return core_->ReviewSubmission(*request, response); });
}

grpc::Status AssignmentService::ReviewSubmissions(grpc::ServerContext* context,
                                                  const v1::ReviewSubmissionsRequest* request,
                                                  v1::ReviewSubmissionsResponse* response) {
  return edge_->Call(context, "duban.v1.AssignmentService/ReviewSubmissions", *request,
                     [&] { return core_->ReviewSubmissions(*request, response); });
}

grpc::Status AssignmentService::GetAssignment(grpc::ServerContext* context, const v1::GetAssignmentRequest* request,
                                              v1::Assignment* response) {
  return edge_->Call(context, "duban.v1.AssignmentService/GetAssignment", *request,
                     [&] { return core_->GetAssignment(*request, response); });
}

grpc::Status AssignmentService::ListAssignments(grpc::ServerContext* context, const v1::ListAssignmentsRequest* request,
                                                v1::ListAssignmentsResponse* response) {
  return edge_->Call(context, "duban.v1.AssignmentService/ListAssignments", *request,
                     [&] { return core_->ListAssignments(*request, response); });
}

grpc::Status AssignmentService::GetTimeline(grpc::ServerContext* context, const v1::GetTimelineRequest* request,
                                            v1::GetTimelineResponse* response) {
  return edge_->Call(context, "duban.v1.AssignmentService/GetTimeline", *request,
                     [&] { return core_->GetTimeline(*request, response); });
}

grpc::Status AssignmentService::GetBoard(grpc::ServerContext* context, const v1::GetBoardRequest* request,
                                         v1::GetBoardResponse* response) {
  return edge_->Call(context, "duban.v1.AssignmentService/GetBoard", *request,
                     [&] { return core_->GetBoard(*request, response); });
}

}  // namespace duban
