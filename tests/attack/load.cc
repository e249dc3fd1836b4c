#include "tests/attack/load.h"

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "common/base/clock.h"
#include "common/base/errors.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/rpc/client.h"
#include "duban/v1/directory_service.grpc.pb.h"
#include "google/rpc/error_details.pb.h"

namespace duban::testing {
namespace {

// What all callers of a load write to.
class Tally {
 public:
  explicit Tally(const LoadOptions& options) : options_(options) {}

  // Before the first call.
  void Begin() { end_ = RealClock().Steady() + options_.time; }
  bool over() const { return RealClock().Steady() >= end_; }
  bool heed() const { return options_.heed; }

  void Add(const absl::Status& status, double millis) {
    MutexLock lock(&mu_);
    if (status.ok() || absl::IsNotFound(status)) return result_.served.push_back(millis);
    result_.refused.push_back(millis);
    if (status.GetPayload(kRetryInfoUrl).has_value()) ++result_.with_retry_info;
    ++result_.codes[StrCat(absl::StatusCodeToString(status.code()), " ", v1::ErrorReason_Name(ReasonOf(status)))];
  }
  void Leave() {
    MutexLock lock(&mu_);
    ++left_;
  }
  LoadResult Take() {
    MutexLock lock(&mu_);
    const auto all = [this] {
      mu_.AssertReaderHeld();
      return left_ == options_.callers;
    };
    mu_.Await(absl::Condition(&all));
    return std::move(result_);
  }

 private:
  const LoadOptions options_;
  absl::Duration end_;
  Mutex mu_;
  int left_ ABSL_GUARDED_BY(mu_) = 0;
  LoadResult result_ ABSL_GUARDED_BY(mu_);
};

absl::Duration RetryDelayOf(const absl::Status& status) {
  auto payload = status.GetPayload(kRetryInfoUrl);
  google::rpc::RetryInfo info;
  if (!payload.has_value() || !info.ParseFromString(std::string(*payload))) return absl::ZeroDuration();
  return absl::Seconds(info.retry_delay().seconds()) + absl::Nanoseconds(info.retry_delay().nanos());
}

// One connection with one call under way, until the load is over. Runs on gRPC's threads, never on two at once.
class Caller {
 public:
  Caller(const std::string& address, Tally* tally) : tally_(tally) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    channel_ = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
    stub_ = v1::DirectoryService::NewStub(channel_);
    request_.set_name("units/u1");
  }

  // Before the load begins: connections are not what is measured.
  void Connect() { channel_->WaitForConnected(absl::ToChronoTime(RealClock().Now() + absl::Seconds(20))); }

  void Call() {
    context_.emplace();
    context_->set_deadline(absl::ToChronoTime(RealClock().Now() + absl::Seconds(30)));
    begin_ = RealClock().Steady();
    stub_->async()->GetUnit(&*context_, &request_, &response_, [this](grpc::Status status) { Ended(status); });
  }

 private:
  void Ended(const grpc::Status& wire) {
    const absl::Status status = FromGrpcStatus(wire);
    tally_->Add(status, absl::ToDoubleMilliseconds(RealClock().Steady() - begin_));
    if (tally_->over()) return tally_->Leave();
    const absl::Duration pause = tally_->heed() ? RetryDelayOf(status) : absl::ZeroDuration();
    if (pause <= absl::ZeroDuration()) return Call();
    alarm_.emplace();
    alarm_->Set(absl::ToChronoTime(RealClock().Now() + pause), [this](bool) {
      if (tally_->over()) return tally_->Leave();
      Call();
    });
  }

  Tally* const tally_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::DirectoryService::Stub> stub_;
  v1::GetUnitRequest request_;
  v1::Unit response_;
  std::optional<grpc::ClientContext> context_;
  std::optional<grpc::Alarm> alarm_;
  absl::Duration begin_;
};

}  // namespace

LoadResult RunLoad(const LoadOptions& options) {
  std::vector<std::unique_ptr<Caller>> callers;
  Tally tally(options);
  for (int i = 0; i < options.callers; ++i) callers.push_back(std::make_unique<Caller>(options.address, &tally));
  for (const auto& caller : callers) caller->Connect();
  const absl::Duration begin = RealClock().Steady();
  tally.Begin();
  for (const auto& caller : callers) caller->Call();
  LoadResult result = tally.Take();
  result.seconds = absl::ToDoubleSeconds(RealClock().Steady() - begin);
  std::sort(result.served.begin(), result.served.end());
  std::sort(result.refused.begin(), result.refused.end());
  return result;
}

double Quantile(const std::vector<double>& sorted, double part) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1, static_cast<size_t>(part * static_cast<double>(sorted.size())))];
}

}  // namespace duban::testing
