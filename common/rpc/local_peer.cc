#include "common/rpc/local_peer.h"

#include "absl/time/time.h"
#include "common/base/mutex.h"

namespace duban {
namespace {

absl::Status Cancelled() {
  return absl::CancelledError("the hop is stopping");
}

}  // namespace

LocalPeer::LocalPeer(FeedServer* feed, Clock* clock) : feed_(feed), clock_(clock) {
  listener_ = feed->store()->OnCommit([this](const Audiences&) {
    MutexLock lock(&mu_);
    ++commits_;
  });
}

absl::StatusOr<v1::FetchResponse> LocalPeer::Fetch(const v1::FetchRequest& request) {
  const absl::Duration end =
      clock_->Steady() + absl::Seconds(request.wait().seconds()) + absl::Nanoseconds(request.wait().nanos());
  while (true) {
    int64_t seen = 0;
    {
      MutexLock lock(&mu_);
      if (cancelled_) return Cancelled();
      seen = commits_;
    }
    absl::StatusOr<v1::FetchResponse> page = feed_->TryFetch(request);
    const absl::Duration left = end - clock_->Steady();
    if (!page.ok() || !page->page().entries().empty() || left <= absl::ZeroDuration()) return page;
    MutexLock lock(&mu_);
    const auto stirred = [this, seen] {
      mu_.AssertReaderHeld();
      return cancelled_ || commits_ != seen;
    };
    clock_->AwaitWithTimeout(&mu_, absl::Condition(&stirred), left);
  }
}

absl::StatusOr<v1::OfferResponse> LocalPeer::Offer(const v1::OfferRequest& request) {
  {
    MutexLock lock(&mu_);
    if (cancelled_) return Cancelled();
  }
  v1::OfferResponse response;
  absl::Status status = feed_->Offer(request, &response);
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<v1::GiveBackResponse> LocalPeer::GiveBack(const v1::GiveBackRequest& request) {
  v1::GiveBackResponse response;
  absl::Status status = feed_->GiveBack(request, &response);
  if (!status.ok()) return status;
  return response;
}

void LocalPeer::Cancel() {
  MutexLock lock(&mu_);
  cancelled_ = true;
}

}  // namespace duban
