#include "common/feed/hop_runner.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/base/civil.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"

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

void HopRunner::Add(std::unique_ptr<FollowHop> hop, std::shared_ptr<FeedPeer> peer) {
  auto running = std::make_unique<Running>();
  running->status.set_name(hop->name());
  running->status.set_direction(v1::NodeStatus::Hop::FETCH);
  running->follow = std::move(hop);
  running->peer = std::move(peer);
  hops_.push_back(std::move(running));
}

void HopRunner::Add(std::unique_ptr<OfferHop> hop, Store* store, std::shared_ptr<FeedPeer> peer) {
  auto running = std::make_unique<Running>();
  running->status.set_name(hop->name());
  running->status.set_direction(v1::NodeStatus::Hop::OFFER);
  Running* raw = running.get();
  running->commit_listener = store->OnCommit([this, raw, audience = hop->audience()](const Audiences& touched) {
    if (!touched.contains(audience)) return;
    MutexLock lock(&mu_);
    raw->woken = true;
  });
  running->offer = std::move(hop);
  running->peer = std::move(peer);
  hops_.push_back(std::move(running));
}

void HopRunner::Start() {
  for (auto& running : hops_) {
    Running* raw = running.get();
    raw->thread = std::thread([this, raw] { raw->follow != nullptr ? FollowLoop(raw) : OfferLoop(raw); });
  }
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

bool HopRunner::Wait(Running* running, absl::Duration duration) {
  MutexLock lock(&mu_);
  const auto ready = [this, running]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return stopping_ || running->woken; };
  clock_->AwaitWithTimeout(&mu_, absl::Condition(&ready), duration);
  running->woken = false;
  return !stopping_;
}

absl::Duration HopRunner::PauseAfter(int failures) {
  const absl::Duration full = std::min(kFirstPause * (1 << std::min(failures, 10)), kLongestPause);
  return full * (0.5 + 0.5 * static_cast<double>(ids_->Next() % 1000) / 1000.0);
}

void HopRunner::Note(Running* running, const absl::Status& status, const v1::FeedPosition& position, bool at_head,
                     bool progress) {
  MutexLock lock(&mu_);
  const std::string error(ToStd(status.message()));
  if (!status.ok() && !stopping_ && running->status.error() != error) {
    Log(LogLevel::kWarning, "hop.failed", {{"hop", running->status.name()}, {"error", error}});
  }
  if (status.ok() && !running->status.error().empty()) {
    Log(LogLevel::kInfo, "hop.recovered", {{"hop", running->status.name()}});
  }
  running->status.set_connected(status.ok());
  running->status.set_error(error);
  running->status.set_at_head(at_head);
  *running->status.mutable_position() = position;
  if (progress) *running->status.mutable_progress_time() = ToProto(clock_->Now());
}

absl::StatusOr<bool> HopRunner::DeliverAndFetch(Running* running, const Answer& answer, std::optional<Answer>* ahead) {
  FollowHop& hop = *running->follow;
  if (!answer.ok() || answer->page().at_head()) return hop.Deliver(answer);
  const v1::FetchRequest behind = hop.PrepareBehind(answer->page());
  // Beside the commit of hundreds of entries a thread costs little, and only a hop that is behind comes here.
  std::thread fetch([&] { *ahead = running->peer->Fetch(behind); });
  absl::StatusOr<bool> progress = hop.Deliver(answer);
  fetch.join();
  if (!progress.ok() && !DUBAN_BUG("hop.page_behind_failure_kept")) ahead->reset();
  return progress;
}

void HopRunner::FollowLoop(Running* running) {
  FollowHop& hop = *running->follow;
  std::optional<Answer> ahead;
  int failures = 0;
  while (!stopped()) {
    absl::StatusOr<bool> progress = false;
    // The first call of a hop returns at once, so that its status is known soon.
    const absl::Duration wait = hop.at_head() ? kFetchWait : absl::ZeroDuration();
    if (ahead.has_value()) {
      const Answer answer = *std::exchange(ahead, std::nullopt);
      progress = DeliverAndFetch(running, answer, &ahead);
    } else if (auto request = hop.Prepare(wait); request.ok()) {
      progress = DeliverAndFetch(running, running->peer->Fetch(*request), &ahead);
    } else {
      progress = request.status();
    }
    Note(running, progress.status(), hop.position(), hop.at_head(), progress.ok() && *progress);
    failures = progress.ok() ? 0 : failures + 1;
    if (failures > 0 && !Wait(running, PauseAfter(failures - 1))) return;
  }
}

void HopRunner::OfferLoop(Running* running) {
  OfferHop& hop = *running->offer;
  int failures = 0;
  while (!stopped()) {
    absl::Status status;
    bool sent = false;
    if (auto request = hop.Prepare(); !request.ok()) {
      status = request.status();
    } else if (request->has_value()) {
      sent = true;
      status = hop.Deliver(running->peer->Offer(**request));
    }
    Note(running, status, hop.position(), hop.at_head(), status.ok() && sent);
    failures = status.ok() ? 0 : failures + 1;
    if (failures > 0) {
      if (!Wait(running, PauseAfter(failures - 1))) return;
    } else if (!sent && !Wait(running, kLongestPause)) {
      return;
    }
  }
}

std::vector<v1::NodeCheck> HopRunner::Compare(Work* work) const {
  std::vector<v1::NodeCheck> checks;
  for (const auto& running : hops_) {
    if (work != nullptr) {
      work->SetSubject(running->follow != nullptr ? running->follow->name() : running->offer->name());
    }
    WatchedPeer peer(running->peer.get(), work);
    v1::NodeCheck check = running->follow != nullptr ? running->follow->Compare(peer) : running->offer->Compare(peer);
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
