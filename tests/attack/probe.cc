#include "tests/attack/probe.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/rpc/client.h"
#include "duban/v1/directory_service.grpc.pb.h"

namespace duban::testing {
namespace {

std::unique_ptr<v1::DirectoryService::Stub> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return v1::DirectoryService::NewStub(
      grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
}

}  // namespace

Probe::Probe(const std::string& address, bool fresh) : thread_([this, address, fresh] { Run(address, fresh); }) {}

void Probe::Run(const std::string& address, bool fresh) {
  auto stub = Connect(address);
  v1::GetUnitRequest request;
  request.set_name("units/u1");
  Mutex mu;
  const bool never = false;
  while (!stop_) {
    if (fresh) stub = Connect(address);
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(RealClock().Now() + absl::Seconds(10)));
    v1::Unit unit;
    const absl::Duration begin = RealClock().Steady();
    const grpc::StatusCode code = stub->GetUnit(&context, request, &unit).error_code();
    waits_.push_back(RealClock().Steady() - begin);
    // The unit is not there, which is an answer.
    ++(code == grpc::StatusCode::NOT_FOUND ? result_.answered : result_.failed);
    MutexLock lock(&mu);
    RealClock().AwaitWithTimeout(&mu, absl::Condition(&never), absl::Milliseconds(20));
  }
}

ProbeResult Probe::Finish() {
  stop_ = true;
  if (!thread_.joinable()) return result_;
  thread_.join();
  std::sort(waits_.begin(), waits_.end());
  if (!waits_.empty()) {
    result_.median = waits_[waits_.size() / 2];
    result_.worst = waits_.back();
  }
  return result_;
}

}  // namespace duban::testing
