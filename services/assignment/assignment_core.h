// What the assignment service does, without gRPC: one method per RPC of AssignmentService, AssignmentSearchService and
// IssuerService, on ports only. The errors of each are listed in proto/duban/v1/assignment_service.proto and
// assignment_search_service.proto.
//
// Threads: every method may be called from any thread. Ownership: the ports outlive the core. Requests are taken to
// have kept the (rules) of their fields; what takes more than one field to judge is judged here.

#ifndef DUBAN_SERVICES_ASSIGNMENT_ASSIGNMENT_CORE_H_
#define DUBAN_SERVICES_ASSIGNMENT_ASSIGNMENT_CORE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/node/service_logic.h"
#include "duban/storage/v1/desk.pb.h"
#include "duban/v1/assignment_search_service.pb.h"
#include "duban/v1/assignment_service.pb.h"
#include "duban/v1/issuer_service.pb.h"
#include "services/assignment/acts.h"
#include "services/assignment/change.h"
#include "services/assignment/records.h"

namespace duban {

inline constexpr int kDefaultPull = 50;
inline constexpr absl::Duration kDefaultLease = absl::Minutes(10);

class AssignmentCore {
 public:
  explicit AssignmentCore(Ports ports) : ports_(std::move(ports)), records_(ports_.node) {}

  absl::Status PullAssignments(const Caller& caller, const v1::PullAssignmentsRequest& request,
                               v1::PullAssignmentsResponse* response);
  absl::Status ReceiveAssignment(const Caller& caller, const v1::ReceiveAssignmentRequest& request,
                                 v1::Assignment* response);
  absl::Status ReceiveAssignments(const Caller& caller, const v1::ReceiveAssignmentsRequest& request,
                                  v1::ReceiveAssignmentsResponse* response);
  absl::Status ReportProgress(const Caller& caller, const v1::ReportProgressRequest& request, v1::Assignment* response);
  absl::Status SubmitResult(const Caller& caller, const v1::SubmitResultRequest& request, v1::Assignment* response);
  absl::Status SubmitResults(const Caller& caller, const v1::SubmitResultsRequest& request,
                             v1::SubmitResultsResponse* response);
  absl::Status ReviewSubmission(const Caller& caller, const v1::ReviewSubmissionRequest& request,
                                v1::Assignment* response);
  absl::Status ReviewSubmissions(const Caller& caller, const v1::ReviewSubmissionsRequest& request,
                                 v1::ReviewSubmissionsResponse* response);
  absl::Status DeclineAssignment(const Caller& caller, const v1::DeclineAssignmentRequest& request,
                                 v1::Assignment* response);
  absl::Status RequestExtension(const Caller& caller, const v1::RequestExtensionRequest& request,
                                v1::Assignment* response);
  absl::Status RetractReport(const Caller& caller, const v1::RetractReportRequest& request, v1::Assignment* response);
  absl::Status ReaddressAssignment(const Caller& caller, const v1::ReaddressAssignmentRequest& request,
                                   v1::Assignment* response);
  absl::Status BindAssignment(const Caller& caller, const v1::BindAssignmentRequest& request, v1::Assignment* response);
  absl::Status AnswerExtension(const Caller& caller, const v1::AnswerExtensionRequest& request,
                               v1::Assignment* response);
  absl::Status MarkReportsRead(const Caller& caller, const v1::MarkReportsReadRequest& request,
                               v1::Assignment* response);
  absl::Status AddRemark(const Caller& caller, const v1::AddRemarkRequest& request, v1::Assignment* response);
  absl::Status UrgeAssignments(const Caller& caller, const v1::UrgeAssignmentsRequest& request,
                               v1::UrgeAssignmentsResponse* response);
  absl::Status GetAssignment(const Caller& caller, const v1::GetAssignmentRequest& request, v1::Assignment* response);
  absl::Status ListIssuerItems(const Caller& caller, const v1::ListIssuerItemsRequest& request,
                               v1::ListIssuerItemsResponse* response);
  absl::Status ListAssignments(const Caller& caller, const v1::ListAssignmentsRequest& request,
                               v1::ListAssignmentsResponse* response);
  absl::Status SearchAssignments(const Caller& caller, const v1::SearchAssignmentsRequest& request,
                                 v1::SearchAssignmentsResponse* response);
  absl::Status GetIssuance(const Caller& caller, const v1::GetIssuanceRequest& request,
                           v1::GetIssuanceResponse* response);
  absl::Status GetTimeline(const Caller& caller, const v1::GetTimelineRequest& request,
                           v1::GetTimelineResponse* response);
  absl::Status GetBoard(const Caller& caller, const v1::GetBoardRequest& request, v1::GetBoardResponse* response);

 private:
  // One act of a request: on what, decided by which etag, and what.
  struct Item {
    std::string_view name;
    std::string_view etag;
    Act act;
    // Of the pull that signing goes by; else empty.
    std::string_view lease_token = {};
  };

  // A unit that is to have a task, as the directory has it on the day, and whether it can be given it.
  struct Target {
    ReaddressAct::Target is = ReaddressAct::Target::kUnknown;
    v1::Addressee addressee;
  };
  absl::StatusOr<Target> TargetOf(const ReadView& view, const Duty& duty, std::string_view unit) const;

  // Does one act within a command. Returns the assignment as it is then.
  absl::StatusOr<Duty> Do(Transaction& transaction, Change& change, const Item& item);
  // Runs a client's request that acts on one assignment.
  absl::Status DoOne(const ClientRequest& request, const Item& item, v1::Assignment* response);
  // Runs a client's request that acts on several; `response` has a list of results.
  template <typename Response>
  absl::Status DoAll(const ClientRequest& request, const std::vector<Item>& items, Response* response);

  // Fills in the results of a request that comes again: refusals as they were, everything else as it is now.
  template <typename Response>
  absl::Status TellActs(const std::vector<Item>& items, const storage::v1::ActsMemo& memo, Response* response) const;

  absl::Status CheckUnit(const ReadView& view, const std::string& unit) const;
  absl::StatusOr<bool> HoldsLease(Change& change, const Duty& duty, std::string_view token) const;
  absl::Status LeaseTo(Transaction& transaction, const v1::PullAssignmentsRequest& request,
                       v1::PullAssignmentsResponse* response);
  // Adds to an answer what it asked for and other leases than `own` hold.
  absl::Status TellHeld(const ReadView& view, const v1::PullAssignmentsRequest& request, absl::Time now,
                        std::string_view own, Desk& desk, v1::PullAssignmentsResponse* response) const;
  // Fills in what the lease whose token is in `response` holds now, and what others hold: for a pull that comes again.
  absl::Status TellLease(const ReadView& view, const v1::PullAssignmentsRequest& request,
                         v1::PullAssignmentsResponse* response) const;
  absl::Status Show(const ReadView& view, const Duty& duty, v1::Assignment* response) const;
  // The same for one that was acted on in this command, whose standing the desk has.
  absl::Status ShowActed(const ReadView& view, Desk& desk, const Duty& duty, v1::Assignment* response) const;

  const Ports ports_;
  const AssignmentRecords records_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_ASSIGNMENT_CORE_H_
