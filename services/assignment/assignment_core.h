// What the assignment service does, without gRPC: one method per RPC of AssignmentService, on ports only. The errors of
// each are listed in proto/duban/v1/assignment_service.proto.
//
// Threads: every method may be called from any thread. Ownership: the ports outlive the core. Requests are taken to
// have kept the (rules) of their fields; what takes more than one field to judge is judged here.

#ifndef DUBAN_SERVICES_ASSIGNMENT_ASSIGNMENT_CORE_H_
#define DUBAN_SERVICES_ASSIGNMENT_ASSIGNMENT_CORE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "common/node/service_logic.h"
#include "duban/v1/assignment_service.pb.h"
#include "services/assignment/halves.h"

namespace duban {

// Most entries (reports and submissions together) and bytes of the half of an executing unit. Inclusive.
inline constexpr int kMaxExecutionEntries = 1000;
inline constexpr int64_t kMaxExecutionBytes = 1 << 20;
// A page of assignments, listed or pulled, is closed once it holds so many bytes, so that it fits one message.
inline constexpr int64_t kMaxListBytes = 1 << 20;
inline constexpr int kDefaultPageSize = 100;
inline constexpr int kMaxPageSize = 500;
inline constexpr int kDefaultPull = 50;
inline constexpr absl::Duration kDefaultLease = absl::Minutes(10);

class AssignmentCore {
 public:
  explicit AssignmentCore(Ports ports) : ports_(std::move(ports)) {}

  absl::Status PullAssignments(const v1::PullAssignmentsRequest& request, v1::PullAssignmentsResponse* response);
  absl::Status ReceiveAssignment(const v1::ReceiveAssignmentRequest& request, v1::Assignment* response);
  absl::Status ReportProgress(const v1::ReportProgressRequest& request, v1::Assignment* response);
  absl::Status SubmitResult(const v1::SubmitResultRequest& request, v1::Assignment* response);
  absl::Status ReviewSubmission(const v1::ReviewSubmissionRequest& request, v1::Assignment* response);
  absl::Status GetAssignment(const v1::GetAssignmentRequest& request, v1::Assignment* response);
  absl::Status ListAssignments(const v1::ListAssignmentsRequest& request, v1::ListAssignmentsResponse* response);
  absl::Status GetTimeline(const v1::GetTimelineRequest& request, v1::GetTimelineResponse* response);
  absl::Status GetBoard(const v1::GetBoardRequest& request, v1::GetBoardResponse* response);

 private:
  // What a change by the executing unit does to its half, once everything that every such change asks is checked.
  using Act = absl::FunctionRef<absl::Status(Transaction& transaction, const Halves& halves, v1::Execution& execution)>;

  // Runs one client's change of an assignment of a unit that works here.
  absl::Status ActOn(std::string_view method, std::string_view request_id, const google::protobuf::Message& request,
                     const std::string& name, std::string_view etag, Act act, v1::Assignment* response);
  absl::Status Review(Transaction& transaction, const v1::ReviewSubmissionRequest& request, v1::Assignment* response);
  absl::Status CheckUnit(const ReadView& view, const std::string& unit) const;
  absl::Status CheckLease(const ReadView& view, const std::string& name, std::string_view token) const;
  absl::Status LeaseTo(Transaction& transaction, const v1::PullAssignmentsRequest& request,
                       v1::PullAssignmentsResponse* response);
  // Adds what of `unit` the lease whose token is in `response` holds.
  absl::Status ReadLeased(const ReadView& view, const std::string& unit, v1::PullAssignmentsResponse* response) const;
  absl::Status Show(const ReadView& view, const std::string& name, v1::Assignment* response) const;
  // A request that changed an assignment is answered again with the assignment as it is then.
  Repeat AssignmentAgain() const;

  const Ports ports_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_ASSIGNMENT_CORE_H_
