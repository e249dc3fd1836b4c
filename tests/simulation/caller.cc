#include "tests/simulation/caller.h"

#include "google/rpc/error_details.pb.h"

namespace duban::simulation {
namespace {

// Whether the caller cannot know what became of a request.
bool OutcomeUnknown(const absl::Status& status) {
  return ReasonOf(status) == v1::OUTCOME_UNKNOWN || ReasonOf(status) == v1::NOT_SERVING;
}

template <typename Response>
std::string NameOrAll(const Response& response, bool later) {
  return later ? response.name() : response.SerializeAsString();
}

// What became of each; of what was refused the code and the reason are told again, and not every word.
template <typename Response>
std::string Results(const Response& response, bool later) {
  std::string all;
  for (const v1::ActResult& result : response.results()) {
    StrAppend(&all, result.name(), " ", result.error().code(), " ", ReasonOfResult(result.error()), "\n");
    if (!later && !result.has_error()) StrAppend(&all, result.state(), " ", result.etag(), "\n");
  }
  return all;
}

}  // namespace

std::string Promised(const v1::Plan& response, bool later) {
  return NameOrAll(response, later);
}
std::string Promised(const v1::Unit& response, bool later) {
  return NameOrAll(response, later);
}
std::string Promised(const v1::Assignment& response, bool later) {
  return NameOrAll(response, later);
}
std::string Promised(const v1::PullAssignmentsResponse& response, bool later) {
  if (!later) return response.SerializeAsString();
  return StrCat(response.lease_token(), " ", response.lease_expire_time().SerializeAsString());
}
// When it runs out is told by the node's clock, which somebody may set.
std::string Promised(const v1::LeaseRemindersResponse& response, bool later) {
  return later ? response.lease_token() : response.SerializeAsString();
}
std::string Promised(const v1::ReceiveAssignmentsResponse& response, bool later) {
  return Results(response, later);
}
std::string Promised(const v1::SubmitResultsResponse& response, bool later) {
  return Results(response, later);
}
std::string Promised(const v1::ReviewSubmissionsResponse& response, bool later) {
  return Results(response, later);
}

std::string Promised(const v1::UrgeAssignmentsResponse& response, bool later) {
  return Results(response, later);
}

std::string Promised(const v1::ConfirmRemindersResponse& response, bool /*later*/) {
  std::string all;
  for (const auto& result : response.results()) {
    StrAppend(&all, result.name(), " ", ReasonOfResult(result.error()), " ", result.state(), "\n");
  }
  return all;
}

v1::ErrorReason ReasonOfResult(const google::rpc::Status& error) {
  v1::ErrorReason reason = v1::ERROR_REASON_UNSPECIFIED;
  for (const google::protobuf::Any& detail : error.details()) {
    google::rpc::ErrorInfo info;
    if (detail.UnpackTo(&info)) v1::ErrorReason_Parse(info.reason(), &reason);
  }
  return reason;
}

absl::Status PatientCaller::Sure(SimNode* node, absl::FunctionRef<absl::Status()> call) {
  absl::Status status = call();
  for (int tries = 0; OutcomeUnknown(status) && node->failed() && tries < 5; ++tries) {
    world_.Count("work.unknown_outcome");
    again_(node);
    if (!node->up()) return status;
    status = call();
  }
  return status;
}

void PatientCaller::Repeat() {
  if (!done_.empty()) done_[static_cast<size_t>(world_.Below(static_cast<int>(done_.size())))].repeat();
}

void PatientCaller::Forget(const std::string& node, absl::Time time) {
  std::erase_if(done_, [&](const Done& done) { return done.node == node && done.time >= time; });
}

}  // namespace duban::simulation
