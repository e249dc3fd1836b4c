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
  listener_ = feed->store()->OnCommit([this](const Audiences& touched) { Touch(touched); });
}

void LocalPeer::Touch(const Audiences& touched) {
  MutexLock lock(&mu_);
  for (Reader* reader : readers_) {
    for (const std::string& audience : reader->audiences) reader->touched |= touched.contains(audience);
  }
}

absl::StatusOr<v1::FetchResponse> LocalPeer::Fetch(const v1::FetchRequest& request) {
  const FollowerCall call = CallOf(request, "");
  DUBAN_RETURN_IF_ERROR(feed_->followers().Begin(call));
  absl::StatusOr<v1::FetchResponse> page = Await(request);
  if (page.ok()) feed_->followers().Found(call, request.position(), page->page().at_head());
  feed_->followers().End(call, !page.ok());
  return page;
}

absl::StatusOr<v1::FetchResponse> LocalPeer::Await(const v1::FetchRequest& request) {
  const absl::Duration end =
      clock_->Steady() + absl::Seconds(request.wait().seconds()) + absl::Nanoseconds(request.wait().nanos());
  Reader reader{feed_->audiences(request)};
  const auto stirred = [this, &reader] {
    mu_.AssertReaderHeld();
    return cancelled_ || reader.touched;
  };
  while (true) {
    {
      MutexLock lock(&mu_);
      if (cancelled_) return Cancelled();
      reader.touched = false;
      readers_.insert(&reader);
    }
    absl::StatusOr<v1::FetchResponse> page = feed_->TryFetch(request);
    const absl::Duration left = end - clock_->Steady();
    const bool waits = page.ok() && page->page().entries().empty() && page->page().at_head();
    MutexLock lock(&mu_);
    if (waits && left > absl::ZeroDuration()) clock_->AwaitWithTimeout(&mu_, absl::Condition(&stirred), left);
    readers_.erase(&reader);
    if (!waits || left <= absl::ZeroDuration()) return page;
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
