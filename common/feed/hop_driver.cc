#include "common/feed/hop_driver.h"

#include <algorithm>
#include <utility>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/log.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/feed/feed_page.h"
#include "common/feed/node_card.h"
#include "common/feed/set_aside.h"

namespace duban {

HopDriver::HopDriver(std::unique_ptr<FollowHop> hop, Clock* clock, IdSource* ids)
    : follow_(std::move(hop)), clock_(clock), ids_(ids) {
  status_.set_name(follow_->name());
  status_.set_direction(v1::NodeStatus::Hop::FETCH);
}

HopDriver::HopDriver(std::unique_ptr<OfferHop> hop, Clock* clock, IdSource* ids)
    : offer_(std::move(hop)), clock_(clock), ids_(ids) {
  status_.set_name(offer_->name());
  status_.set_direction(v1::NodeStatus::Hop::OFFER);
}

absl::Duration HopDriver::PauseAfter(int times) {
  const absl::Duration full = std::min(kFirstPause * (1 << std::min(times, 10)), kLongestPause);
  return full * (0.5 + 0.5 * static_cast<double>(ids_->Next() % 1000) / 1000.0);
}

HopDriver::Step HopDriver::Next() {
  if (pause_ > absl::ZeroDuration()) return {std::nullopt, std::exchange(pause_, absl::ZeroDuration())};
  return follow_ != nullptr ? NextFetch() : NextOffer();
}

HopDriver::Step HopDriver::NextFetch() {
  // The first call returns at once, so that the hop's status is known soon.
  absl::StatusOr<v1::FetchRequest> request = follow_->Prepare(heard_ ? kFetchWait : absl::ZeroDuration());
  if (request.ok()) return {*std::move(request), absl::ZeroDuration()};
  Note(request.status(), false);
  return {std::nullopt, PauseAfter(failures_++)};
}

HopDriver::Step HopDriver::NextOffer() {
  absl::StatusOr<std::optional<v1::OfferRequest>> request = offer_->Prepare();
  if (request.ok() && request->has_value()) return {**std::move(request), absl::ZeroDuration()};
  Note(request.status(), false);
  if (!request.ok()) return {std::nullopt, PauseAfter(failures_++)};
  return {std::nullopt, kLongestPause, true};
}

std::optional<v1::FetchRequest> HopDriver::Take(absl::StatusOr<v1::FetchResponse> answer) {
  behind_ = false;
  if (std::exchange(drop_, false) && !DUBAN_BUG("hop.page_behind_failure_kept")) return std::nullopt;
  fetched_ = std::move(answer);
  if (!fetched_->ok()) return std::nullopt;
  const v1::FeedPage& page = (*fetched_)->page();
  if (page.at_head() || IsUnread(page)) return std::nullopt;
  behind_ = true;
  return follow_->PrepareBehind(page);
}

void HopDriver::Take(absl::StatusOr<v1::OfferResponse> answer) {
  offered_ = std::move(answer);
}

absl::StatusOr<HopDriver::Outcome> HopDriver::DeliverFetched(const absl::StatusOr<v1::FetchResponse>& answer) {
  if (answer.ok()) Introduced(answer->card());
  DUBAN_ASSIGN_OR_RETURN(const bool progress, follow_->Deliver(answer));
  if (!answer.ok()) return Outcome::kTurned;
  if (IsUnread(answer->page())) return Outcome::kUnread;
  return progress ? Outcome::kMoved : Outcome::kNothing;
}

absl::StatusOr<HopDriver::Outcome> HopDriver::DeliverOffered(const absl::StatusOr<v1::OfferResponse>& answer) {
  if (answer.ok()) Introduced(answer->card());
  DUBAN_RETURN_IF_ERROR(offer_->Deliver(answer));
  if (answer->set_aside_size() > 0) {
    const v1::SetAside& first = answer->set_aside(0);
    Log(LogLevel::kWarning, "hop.set_aside_above",
        {{"hop", name()},
         {"entries", StrCat(answer->set_aside_count())},
         {"first", first.entity()},
         {"reason", first.reason()},
         {"error", first.message()}});
  }
  status_.set_set_aside(status_.set_aside() + answer->set_aside_count());
  ShowSetAside(answer->set_aside(), status_);
  return offer_->taken() ? Outcome::kMoved : Outcome::kTurned;
}

absl::StatusOr<HopDriver::Outcome> HopDriver::Deliver() {
  if (fetched_.has_value()) return DeliverFetched(*std::exchange(fetched_, std::nullopt));
  return DeliverOffered(*std::exchange(offered_, std::nullopt));
}

absl::Status HopDriver::Commit() {
  // The page was dropped.
  if (!fetched_.has_value() && !offered_.has_value()) return absl::OkStatus();
  const absl::StatusOr<Outcome> outcome = Deliver();
  const bool moved = outcome.ok() && *outcome == Outcome::kMoved;
  Note(outcome.status(), moved);
  heard_ = outcome.ok();
  failures_ = outcome.ok() ? 0 : failures_ + 1;
  unread_ = outcome.ok() && *outcome == Outcome::kUnread ? unread_ + 1 : 0;
  turned_ = outcome.ok() && *outcome == Outcome::kTurned ? turned_ + 1 : 0;
  if (failures_ > 0) {
    drop_ = behind_;
    pause_ = PauseAfter(failures_ - 1);
  }
  if (unread_ > 0) pause_ = PauseAfter(unread_ - 1);
  // To turn once is how a hop heals; whoever sends it to and fro is not followed without end.
  if (turned_ > 1) pause_ = PauseAfter(turned_ - 2);
  return outcome.status();
}

void HopDriver::Introduced(const v1::NodeCard& card) {
  if (!card.has_time()) return;
  const absl::Time now = clock_->Now();
  *status_.mutable_peer() = card;
  const absl::Duration ahead = ClockAhead(card, now).value_or(absl::ZeroDuration());
  status_.mutable_peer_clock_ahead()->set_seconds(absl::ToInt64Seconds(ahead));
  const std::optional<v1::NodeStatus::Notice> clock = ClockNotice(node(), other(), ahead, now);
  const bool shown = !status_.notices().empty();
  status_.clear_notices();
  if (!clock.has_value()) return;
  if (!shown) Log(LogLevel::kWarning, "hop.does_not_fit", {{"hop", name()}, {"message", clock->message()}});
  *status_.add_notices() = *clock;
}

void HopDriver::Note(const absl::Status& status, bool progress) {
  const std::string error(ToStd(status.message()));
  if (!status.ok() && status_.error() != error) {
    Log(LogLevel::kWarning, "hop.failed", {{"hop", name()}, {"error", error}});
  }
  if (status.ok() && !status_.error().empty()) Log(LogLevel::kInfo, "hop.recovered", {{"hop", name()}});
  status_.set_connected(status.ok());
  if (!status.ok()) status_.set_failures(status_.failures() + 1);
  status_.set_error(error);
  status_.set_error_zh(status.ok() ? "" : ChineseMessage(status));
  status_.set_at_head(follow_ != nullptr ? follow_->at_head() : offer_->at_head());
  *status_.mutable_position() = follow_ != nullptr ? follow_->position() : offer_->position();
  if (progress) *status_.mutable_progress_time() = ToProto(clock_->Now());
}

v1::NodeCheck HopDriver::Compare(FeedPeer& peer) const {
  return follow_ != nullptr ? follow_->Compare(peer) : offer_->Compare(peer);
}

}  // namespace duban
