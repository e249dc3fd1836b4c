#include "common/rpc/watch_service.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "common/base/thread_name.h"

namespace duban {
namespace {

// Changes that come so soon behind each other are told together.
constexpr absl::Duration kGather = absl::Milliseconds(100);
// Those whose time to hear something comes within so long hear it together.
constexpr absl::Duration kShortestRest = absl::Seconds(1);
// A pump without anything to do looks again so often, for no reason but caution.
constexpr absl::Duration kLongestRest = absl::Minutes(1);

}  // namespace

// One call, as the table sees it.
class WatchService::Listener final : public WatchListener {
 public:
  explicit Listener(std::shared_ptr<Outlet> outlet) : outlet_(std::move(outlet)) {}
  void Tell(const v1::WatchResponse& response) override {
    grpc::ByteBuffer bytes;
    const absl::Status written = WriteResponse(response, &bytes);
    written.ok() ? outlet_->Write(std::move(bytes)) : outlet_->End(written);
  }
  void End(const absl::Status& why) override { outlet_->End(why); }
  void Abort(const absl::Status& why) override { outlet_->Abort(why); }
  absl::Status StillCounts() const override { return outlet_->StillCounts(); }

 private:
  const std::shared_ptr<Outlet> outlet_;
};

std::vector<Method> WatchService::methods() {
  return {StreamingRpc<v1::WatchRequest>(
      "duban.v1.WatchService/Watch",
      [this](const CallContext& call, const v1::WatchRequest& request, std::shared_ptr<Outlet> outlet) -> Streaming {
        const int64_t number = table_.Submit(call.caller(), request, std::make_shared<Listener>(std::move(outlet)));
        return {[this, number] { table_.Ready(number); }, [this, number] { table_.Cancel(number); }};
      })};
}

void WatchService::Start() {
  pump_ = std::thread([this] {
    NameThread("watch-pump");
    Pump();
  });
}

void WatchService::Drain() {
  {
    MutexLock lock(&mu_);
    draining_ = true;
  }
  if (pump_.joinable()) pump_.join();
  table_.Drain();
}

void WatchService::Stir() {
  MutexLock lock(&mu_);
  stirred_ = true;
}

bool WatchService::AwaitStir(absl::Duration most) {
  MutexLock lock(&mu_);
  const auto stirred = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return stirred_ || draining_; };
  clock_->AwaitWithTimeout(&mu_, absl::Condition(&stirred), most);
  return !draining_;
}

bool WatchService::AwaitEnd(absl::Duration most) {
  MutexLock lock(&mu_);
  const auto draining = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return draining_; };
  clock_->AwaitWithTimeout(&mu_, absl::Condition(&draining), most);
  stirred_ = false;
  return !draining_;
}

bool WatchService::draining() const {
  MutexLock lock(&mu_);
  return draining_;
}

void WatchService::Pump() {
  while (AwaitStir(std::clamp(table_.UntilNextBeat(), kShortestRest, kLongestRest)) && AwaitEnd(kGather)) {
    table_.Work([this] { return draining(); });
  }
}

}  // namespace duban
