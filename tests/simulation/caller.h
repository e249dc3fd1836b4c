// How people and jobs call a node: they ask until they know what became of a request, and now and then they ask again,
// at once or much later. S7.
//
// Not thread-safe. World and nodes outlive it.

#ifndef DUBAN_TESTS_SIMULATION_CALLER_H_
#define DUBAN_TESTS_SIMULATION_CALLER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "common/base/strings.h"
#include "tests/simulation/sim_node.h"

namespace duban::simulation {

// What a caller is promised to be told again. At once: every byte. Later: what cannot be read again, and the rest as it
// is then.
std::string Promised(const v1::Plan& response, bool later);
std::string Promised(const v1::Unit& response, bool later);
std::string Promised(const v1::Assignment& response, bool later);
std::string Promised(const v1::PullAssignmentsResponse& response, bool later);
std::string Promised(const v1::LeaseRemindersResponse& response, bool later);
std::string Promised(const v1::ReceiveAssignmentsResponse& response, bool later);
std::string Promised(const v1::SubmitResultsResponse& response, bool later);
std::string Promised(const v1::ReviewSubmissionsResponse& response, bool later);
std::string Promised(const v1::UrgeAssignmentsResponse& response, bool later);
std::string Promised(const v1::ConfirmRemindersResponse& response, bool later);

// Why an item of a call that acts on several was refused; unspecified where it was not.
v1::ErrorReason ReasonOfResult(const google::rpc::Status& error);

class PatientCaller {
 public:
  // `again` has to start a node anew whose store has failed, while a caller waits.
  PatientCaller(World* world, const Drawn& drawn, std::function<void(SimNode*)> again)
      : world_(*world), drawn_(drawn), again_(std::move(again)) {}

  std::string NewRequestId() { return StrCat("r-", ++next_request_); }

  // Calls a node until it says what became of the request: after an unknown outcome the caller waits for the node and
  // repeats with the same id.
  absl::Status Sure(SimNode* node, absl::FunctionRef<absl::Status()> call);

  // The same, and checks that the request gets the same answer again: now and then at once, later in Repeat.
  template <typename Request, typename Response>
  absl::Status Twice(SimNode* node, const Request& request, Response* response,
                     const std::function<absl::Status(const Request&, Response*)>& call);

  // Somebody whose answer was lost comes back late: after other work, and after the node was started again.
  void Repeat();
  // A node does not know any more what it was asked since `time`.
  void Forget(const std::string& node, absl::Time time);

 private:
  // Repeats a request that was answered, and compares.
  struct Done {
    std::string node;
    absl::Time time;
    std::function<void()> repeat;
  };
  // Requests that may be repeated much later.
  static constexpr size_t kMostRemembered = 200;

  World& world_;
  const Drawn drawn_;
  const std::function<void(SimNode*)> again_;
  std::vector<Done> done_;
  int64_t next_request_ = 0;
};

template <typename Request, typename Response>
absl::Status PatientCaller::Twice(SimNode* node, const Request& request, Response* response,
                                  const std::function<absl::Status(const Request&, Response*)>& call) {
  const absl::Status status = Sure(node, [&] {
    response->Clear();
    return call(request, response);
  });
  if (!status.ok()) return status;
  const auto repeat = [this, node, request, call, first = *response](bool later) {
    if (!node->up() || node->failed()) return;
    Response again;
    const absl::Status repeated = Sure(node, [&] {
      again.Clear();
      return call(request, &again);
    });
    world_.Check("S7", repeated.ok() && Promised(again, later) == Promised(first, later), [&] {
      return StrCat("request ", request.request_id(), " got another answer later: ", ToStd(repeated.message()));
    });
  };
  if (world_.Below(4) == 0) repeat(false);
  // Later only while the answer is remembered.
  if (!drawn_.short_memos && done_.size() < kMostRemembered) {
    done_.push_back({node->id(), world_.now(), [repeat] { repeat(true); }});
  }
  return status;
}

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_CALLER_H_
