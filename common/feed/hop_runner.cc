#include "common/feed/hop_runner.h"

#include <utility>
#include <variant>

#include "common/base/mutex.h"
#include "common/base/thread_name.h"

namespace duban {
namespace {

// A peer that answers no more once the work it is asked for is not wanted.
class WatchedPeer final : public FeedPeer {
 public:
  WatchedPeer(FeedPeer* beneath, const Work* work) : beneath_(beneath), work_(work) {}
  absl::StatusOr<v1::FetchResponse> Fetch(const v1::FetchRequest& request) override {
    DUBAN_RETURN_IF_ERROR(CheckWanted(work_));
    return beneath_->Fetch(request);
  }
  absl::StatusOr<v1::OfferResponse> Offer(const v1::OfferRequest& request) override {
    DUBAN_RETURN_IF_ERROR(CheckWanted(work_));
    return beneath_->Offer(request);
  }
  absl::StatusOr<v1::GiveBackResponse> GiveBack(const v1::GiveBackRequest& request) override {
    DUBAN_RETURN_IF_ERROR(CheckWanted(work_));
    return beneath_->GiveBack(request);
  }
  void Cancel() override { beneath_->Cancel(); }

 private:
  FeedPeer* const beneath_;
  const Work* const work_;
};

}  // namespace

HopRunner::Running* HopRunner::Add(std::unique_ptr<HopDriver> driver, std::shared_ptr<FeedPeer> peer) {
  auto running = std::make_unique<Running>();
  running->status = driver->status();
  running->driver = std::move(driver);
  running->peer = std::move(peer);
  hops_.push_back(std::move(running));
  return hops_.back().get();
}

void HopRunner::Add(std::unique_ptr<FollowHop> hop, std::shared_ptr<FeedPeer> peer) {
  Add(std::make_unique<HopDriver>(std::move(hop), clock_, ids_), std::move(peer));
}

void HopRunner::Add(std::unique_ptr<OfferHop> hop, Store* store, std::shared_ptr<FeedPeer> peer) {
  const std::string audience = hop->audience();
  Running* running = Add(std::make_unique<HopDriver>(std::move(hop), clock_, ids_), std::move(peer));
  running->commit_listener = store->OnCommit([this, running, audience](const Audiences& touched) {
    if (!touched.contains(audience)) return;
    MutexLock lock(&mu_);
    running->woken = true;
  });
}

void HopRunner::Start() {
  for (auto& running : hops_)
    running->thread = std::thread([this, raw = running.get()] {
      NameThread("hop");
      Turn(raw);
    });
}

void HopRunner::Stop() {
  {
    MutexLock lock(&mu_);
    stopping_ = true;
  }
  for (auto& running : hops_) {
    running->commit_listener.reset();
    running->peer->Cancel();
  }
  for (auto& running : hops_) {
    if (running->thread.joinable()) running->thread.join();
  }
}

bool HopRunner::stopped() const {
  MutexLock lock(&mu_);
  return stopping_;
}

void HopRunner::Wait(Running* running, const HopDriver::Step& step) {
  MutexLock lock(&mu_);
  const auto ready = [this, running, &step]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return stopping_ || (step.until_commit && running->woken);
  };
  clock_->AwaitWithTimeout(&mu_, absl::Condition(&ready), step.pause);
  running->woken = false;
}

void HopRunner::Show(Running* running) {
  MutexLock lock(&mu_);
  running->status = running->driver->status();
}

void HopRunner::Commit(Running* running) {
  // How it went stands in the status.
  running->driver->Commit().IgnoreError();
  Show(running);
}

void HopRunner::TakeFetched(Running* running, absl::StatusOr<v1::FetchResponse> answer) {
  std::optional<absl::StatusOr<v1::FetchResponse>> next = std::move(answer);
  while (next.has_value() && !stopped()) {
    const std::optional<v1::FetchRequest> behind = running->driver->Take(*std::exchange(next, std::nullopt));
    if (!behind.has_value()) return Commit(running);
    // Beside the commit of hundreds of entries a thread costs little, and only a hop that is behind comes here.
    std::thread fetch([&] { next = running->peer->Fetch(*behind); });
    Commit(running);
    fetch.join();
  }
}

void HopRunner::Turn(Running* running) {
  while (!stopped()) {
    const HopDriver::Step step = running->driver->Next();
    Show(running);
    if (!step.call.has_value()) {
      Wait(running, step);
    } else if (const auto* fetch = std::get_if<v1::FetchRequest>(&*step.call); fetch != nullptr) {
      TakeFetched(running, running->peer->Fetch(*fetch));
    } else {
      absl::StatusOr<v1::OfferResponse> answer = running->peer->Offer(std::get<v1::OfferRequest>(*step.call));
      if (stopped()) return;
      running->driver->Take(std::move(answer));
      Commit(running);
    }
  }
}

std::vector<v1::NodeCheck> HopRunner::Compare(Work* work) const {
  std::vector<v1::NodeCheck> checks;
  for (const auto& running : hops_) {
    if (work != nullptr) work->SetSubject(running->driver->name());
    WatchedPeer peer(running->peer.get(), work);
    v1::NodeCheck check = running->driver->Compare(peer);
    if (!CheckWanted(work).ok()) break;
    checks.push_back(std::move(check));
    if (work != nullptr) work->Advance(1);
  }
  return checks;
}

std::vector<v1::NodeStatus::Hop> HopRunner::Status() const {
  MutexLock lock(&mu_);
  std::vector<v1::NodeStatus::Hop> all;
  for (const auto& running : hops_) all.push_back(running->status);
  return all;
}

}  // namespace duban
