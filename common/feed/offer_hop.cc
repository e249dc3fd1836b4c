#include "common/feed/offer_hop.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "common/base/failpoint.h"
#include "common/base/log.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/feed/feed_page.h"
#include "common/feed/node_card.h"

namespace duban {
namespace {

// As many as the contract takes.
constexpr size_t kMostFormerEpochs = 100;

}  // namespace

OfferHop::OfferHop(std::string feed, std::string node, const std::string& upstream, Store* store, HeldAbove held_above,
                   std::string instance)
    : feed_(std::move(feed)),
      node_(std::move(node)),
      upstream_(upstream),
      name_(OfferedTo(upstream)),
      audience_(NodeAudience(upstream)),
      store_(store),
      held_above_(std::move(held_above)),
      instance_(std::move(instance)) {}

v1::FeedPosition OfferHop::Beginning() const {
  v1::FeedPosition beginning;
  beginning.set_epoch(store_->epoch());
  return beginning;
}

absl::StatusOr<std::optional<v1::OfferRequest>> OfferHop::Prepare() {
  const std::unique_ptr<Snapshot> snapshot = store_->TakeSnapshot();
  // Following an upstream that has a new history begins this anew too: see FollowHop::StartOver.
  DUBAN_ASSIGN_OR_RETURN(v1::FeedPosition stored, snapshot->GetPosition(name_));
  if (!loaded_ || !SamePosition(stored, kept_)) {
    position_ = stored;
    kept_ = std::move(stored);
    loaded_ = true;
  }
  absl::StatusOr<v1::FeedPage> page = ReadFeedPage(*snapshot, {audience_}, position_);
  // Our own store was restored, or the upstream knows another history of us, or one that is not kept any more:
  // everything is offered anew.
  if (ReasonOf(page.status()) == v1::FEED_MISMATCH) page = BeginAnew(*snapshot, page.status());
  DUBAN_RETURN_IF_ERROR(page.status());
  at_head_ = page->at_head();
  // Once in each history of ours even where there is nothing: one that goes on from a backup may have offered something
  // before that it does not know any more. And where the position lies far back.
  const bool far = page->to().sequence() - position_.sequence() >= kWorthAWrite;
  if (page->entries().empty() && kept_.epoch() == store_->epoch() && !far) return std::nullopt;
  v1::OfferRequest request;
  request.set_feed(feed_);
  request.set_node(node_);
  request.set_instance(instance_);
  *request.mutable_card() = CardOf(node_, store_->options().clock->Now());
  request.set_to_node(upstream_);
  offered_to_ = page->to();
  if (page->from().sequence() == 0) {
    DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> former, FormerEpochs(*snapshot));
    const size_t first = former.size() - std::min(former.size(), kMostFormerEpochs);
    request.mutable_former_epochs()->Add(former.begin() + static_cast<ptrdiff_t>(first), former.end());
    if (instead_of_.has_value()) *request.mutable_instead_of() = *instead_of_;
  }
  *request.mutable_page() = *std::move(page);
  DUBAN_FAILPOINT("offer.before_send");
  return request;
}

absl::StatusOr<v1::FeedPage> OfferHop::BeginAnew(const Snapshot& snapshot, const absl::Status& why) {
  Log(LogLevel::kWarning, "hop.start_over", {{"hop", name_}, {"why", std::string(ToStd(why.message()))}});
  if (position_.epoch() == store_->epoch()) instead_of_ = position_;
  position_ = Beginning();
  return ReadFeedPage(snapshot, {audience_}, position_);
}

absl::Status OfferHop::Keep(const v1::FeedPosition& position) {
  bool begun_anew = false;
  DUBAN_RETURN_IF_ERROR(store_->Run({StrCat("offer/", name_), ""}, [&](Transaction& transaction) -> absl::Status {
    DUBAN_ASSIGN_OR_RETURN(const v1::FeedPosition stored, transaction.GetPosition(name_));
    begun_anew = !SamePosition(stored, kept_);
    if (!begun_anew) transaction.SetPosition(name_, position);
    return absl::OkStatus();
  }));
  DUBAN_FAILPOINT("offer.after_position");
  // The answer is one of the upstream's old history; the next Prepare begins where the store says.
  if (begun_anew) return absl::OkStatus();
  position_ = position;
  kept_ = position;
  return absl::OkStatus();
}

absl::Status OfferHop::Deliver(const absl::StatusOr<v1::OfferResponse>& answer) {
  DUBAN_FAILPOINT("offer.after_send");
  if (!answer.ok()) {
    at_head_ = false;
    taken_ = false;
    return answer.status();
  }
  DUBAN_RETURN_IF_ERROR(CheckAnswer(node_, upstream_, answer->card()));
  taken_ = SamePosition(answer->position(), offered_to_);
  if (taken_) {
    instead_of_.reset();
    return Keep(offered_to_);
  }
  // The upstream is elsewhere; the next page begins where it says. A position that is not of our history starts over.
  at_head_ = false;
  if (DUBAN_BUG("offer.upstream_not_believed")) return absl::OkStatus();
  position_ = answer->position().epoch() == store_->epoch() ? answer->position() : Beginning();
  return absl::OkStatus();
}

}  // namespace duban
