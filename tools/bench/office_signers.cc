// Workers that pull and sign, as chains of calls on a few queues. A thread each would measure the scheduler of the
// machine that they share with the node: it took a quarter of two cores, and pgbench drives its clients so, too.

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/strings.h"
#include "tools/bench/office_work.h"

namespace duban {
namespace {

// As many threads as pgbench gets.
constexpr int kDrivers = 2;

using Assignments = v1::AssignmentService::Stub;

// What all of them share.
struct Round {
  int units;
  int workers;
  int bulk;
  std::atomic<int64_t> left;
  std::atomic<int64_t> done{0};
};

// A call of one method, used again and again. The queue hands out `tag` when it has ended.
template <typename Request, typename Response>
class OneCall {
 public:
  Request request;
  Response response;

  template <typename Begin>
  void Start(Assignments& stub, Begin begin, grpc::CompletionQueue* queue, void* tag) {
    reader_ = nullptr;
    context_.emplace();
    response.Clear();
    request.set_request_id(NextRequest());
    reader_ = (stub.*begin)(&*context_, request, queue);
    reader_->Finish(&response, &status_, tag);
  }

  // Ends the program where the call failed.
  void Check() const {
    if (status_.ok()) return;
    BenchDie(StrCat(request.GetDescriptor()->name(), " failed: ", status_.error_message()));
  }

 private:
  std::optional<grpc::ClientContext> context_;
  grpc::Status status_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> reader_;
};

// One worker: pulls for its units in turn, and signs for each pull. Its driver's.
class Signer {
 public:
  Signer(Round* round, std::shared_ptr<grpc::Channel> channel, grpc::CompletionQueue* queue, int worker)
      : round_(*round), stub_(std::move(channel)), queue_(queue), unit_(worker) {
    pull_.request.set_max_assignments(round_.bulk);
    one_.request.set_signer("王一");
    bulk_.request.set_signer("王一");
  }

  // Begins to pull; false where there is nothing left to do.
  bool Pull() {
    if (unit_ >= round_.units || round_.left <= 0) return false;
    next_ = &Signer::Pulled;
    pull_.request.set_unit(UnitName(unit_));
    pull_.Start(stub_, &Assignments::AsyncPullAssignments, queue_, this);
    return true;
  }

  // The call that was begun has ended. False where it was the last.
  bool Go() { return (this->*next_)(); }

 private:
  bool Pulled() {
    pull_.Check();
    if (pull_.response.assignments().empty()) {
      unit_ += round_.workers;
      return Pull();
    }
    if (round_.bulk == 1) {
      next_ = &Signer::SignedOne;
      one_.request.set_name(pull_.response.assignments(0).name());
      one_.request.set_lease_token(pull_.response.lease_token());
      one_.Start(stub_, &Assignments::AsyncReceiveAssignment, queue_, this);
    } else {
      next_ = &Signer::SignedBulk;
      bulk_.request.clear_names();
      for (const v1::Assignment& assignment : pull_.response.assignments()) {
        bulk_.request.add_names(assignment.name());
      }
      bulk_.request.set_lease_token(pull_.response.lease_token());
      bulk_.Start(stub_, &Assignments::AsyncReceiveAssignments, queue_, this);
    }
    return true;
  }

  bool SignedOne() {
    one_.Check();
    return Signed(1);
  }

  bool SignedBulk() {
    bulk_.Check();
    for (const v1::ActResult& result : bulk_.response.results()) {
      if (result.has_error()) BenchDie(StrCat("signing for ", result.name(), " failed: ", result.error().message()));
    }
    return Signed(bulk_.response.results_size());
  }

  bool Signed(int64_t count) {
    round_.done += count;
    round_.left -= count;
    return Pull();
  }

  Round& round_;
  Assignments stub_;
  grpc::CompletionQueue* const queue_;
  int unit_;
  bool (Signer::*next_)() = nullptr;
  OneCall<v1::PullAssignmentsRequest, v1::PullAssignmentsResponse> pull_;
  OneCall<v1::ReceiveAssignmentRequest, v1::Assignment> one_;
  OneCall<v1::ReceiveAssignmentsRequest, v1::ReceiveAssignmentsResponse> bulk_;
};

// Runs the workers of one queue until all are done.
void Drive(grpc::CompletionQueue& queue, const std::vector<std::unique_ptr<Signer>>& signers) {
  int64_t busy = std::count_if(signers.begin(), signers.end(), [](const auto& signer) { return signer->Pull(); });
  void* tag = nullptr;
  bool ok = false;
  while (busy > 0 && queue.Next(&tag, &ok)) {
    if (!static_cast<Signer*>(tag)->Go()) --busy;
  }
}

}  // namespace

Rate PullAndSign(BenchNode& node, int units, int workers, int bulk, int64_t most) {
  Round round{units, workers, bulk, {most}};
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int worker = 0; worker < workers; ++worker) channels.push_back(OpenConnection(node));
  grpc::CompletionQueue queues[kDrivers];
  std::vector<std::unique_ptr<Signer>> signers[kDrivers];
  for (int worker = 0; worker < workers; ++worker) {
    const int driver = worker % kDrivers;
    signers[driver].push_back(
        std::make_unique<Signer>(&round, channels[static_cast<size_t>(worker)], &queues[driver], worker));
  }
  const absl::Duration used = node.Use().processor_time;
  const absl::Duration begin = RealClock().Steady();
  std::vector<std::thread> drivers;
  for (int driver = 0; driver < kDrivers; ++driver) {
    drivers.emplace_back([&, driver] { Drive(queues[driver], signers[driver]); });
  }
  for (std::thread& driver : drivers) driver.join();
  Rate rate;
  rate.seconds = absl::ToDoubleSeconds(RealClock().Steady() - begin);
  rate.count = round.done;
  rate.processor_time = node.Use().processor_time - used;
  return rate;
}

}  // namespace duban
