#include "common/feed/follow_hop.h"

#include <optional>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/base/failpoint.h"
#include "common/base/log.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/feed/feed_page.h"
#include "common/feed/node_card.h"
#include "common/feed/sweep.h"

namespace duban {
namespace {

absl::StatusOr<bool> HasLocal(const ReadView& view, const std::string& name) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> row, view.GetRow(LocalKey(name)));
  return row.has_value();
}

}  // namespace

FollowHop::FollowHop(std::string name, std::string source_node, FollowSpec spec, Store* store, Clock* clock,
                     std::string instance)
    : name_(std::move(name)),
      source_node_(std::move(source_node)),
      spec_(std::move(spec)),
      store_(store),
      clock_(clock),
      instance_(std::move(instance)) {}

v1::FetchRequest FollowHop::RequestAfter(const v1::FeedPosition& position) const {
  v1::FetchRequest request;
  request.set_feed(spec_.feed);
  request.set_follower(spec_.follower);
  request.set_downstream(spec_.from_upstream);
  *request.mutable_position() = position;
  request.set_instance(instance_);
  request.set_own_epoch(store_->epoch());
  *request.mutable_card() = CardOf(store_->options().node, clock_->Now());
  request.set_to_node(source_node_);
  return request;
}

v1::FetchRequest FollowHop::PrepareBehind(const v1::FeedPage& page) const {
  return RequestAfter(page.to());
}

absl::StatusOr<v1::FetchRequest> FollowHop::Prepare(absl::Duration wait) {
  if (!loaded_) {
    const std::unique_ptr<Snapshot> snapshot = store_->TakeSnapshot();
    DUBAN_ASSIGN_OR_RETURN(position_, snapshot->GetPosition(name_));
    loaded_ = true;
  }
  v1::FetchRequest request = RequestAfter(position_);
  const bool goes_on = at_head_ && !finished_;
  const int64_t nanos = goes_on ? 0 : absl::ToInt64Nanoseconds(wait);
  request.mutable_wait()->set_seconds(nanos / 1000000000);
  request.mutable_wait()->set_nanos(static_cast<int32_t>(nanos % 1000000000));
  return request;
}

absl::Status FollowHop::StartOver(const absl::Status& mismatch) {
  auto metadata = MetadataOf(mismatch);
  const std::string epoch = metadata["epoch"];
  // A source that goes on from a backup of what was followed knows what it still has. One with another history
  // altogether may have been started on an empty disk: what is held of it here can be all that is left.
  const bool restored = metadata.contains("restoredFrom");
  // It is the same history as before, of which the part behind our position is gone, withdrawals with it.
  const bool cut_off = metadata.contains("cutOffAt");
  const bool sweeps = spec_.held && (restored || (cut_off && !DUBAN_BUG("feed.cut_off_not_swept")));
  Log(LogLevel::kWarning, "hop.start_over",
      {{"hop", name_},
       {"old_epoch", position_.epoch()},
       {"new_epoch", epoch},
       {"old_sequence", StrCat(position_.sequence())},
       {"why", std::string(ToStd(mismatch.message()))}});
  v1::FeedPosition beginning;
  beginning.set_epoch(epoch);
  // Stored at once, so that a crash in the middle does not present the old position again.
  DUBAN_RETURN_IF_ERROR(store_->Run({StrCat("follow/", name_), ""}, [&](Transaction& transaction) -> absl::Status {
    transaction.SetPosition(name_, beginning);
    // An upstream with a new history may have lost what it was offered, too.
    if (spec_.from_upstream && !cut_off) transaction.SetPosition(OfferedTo(source_node_), v1::FeedPosition());
    DUBAN_RETURN_IF_ERROR(sweeps ? BeginSweep(transaction, name_) : DropSweep(transaction, name_));
    DUBAN_ASSIGN_OR_RETURN(const bool before, HasLocal(transaction, StartedOverName(name_)));
    if (restored) transaction.PutLocal(StartedOverName(name_), beginning);
    if (!restored && !cut_off && before) transaction.DeleteLocal(StartedOverName(name_));
    return absl::OkStatus();
  }));
  position_ = beginning;
  finished_ = false;
  return absl::OkStatus();
}

bool FollowHop::IsFar(const v1::FeedPage& page) const {
  return page.to().sequence() - position_.sequence() >= kWorthAWrite;
}

absl::StatusOr<FollowHop::Taken> FollowHop::Take(Transaction& transaction, const v1::FeedPage& page,
                                                 Undoing undoing) const {
  DUBAN_ASSIGN_OR_RETURN(const v1::FeedPosition stored, transaction.GetPosition(name_));
  if (!SamePosition(stored, position_)) return InvariantBroken(StrCat("two followers share the hop ", name_));
  DUBAN_ASSIGN_OR_RETURN(const bool finished, Apply(transaction, page, undoing));
  // At the head a position alone is not worth a synced write: presenting the old one costs nothing, unless it lies far
  // back. Before the head, the next page begins behind what this one passed over.
  const bool nothing = page.entries().empty() && transaction.writes().empty();
  if (nothing && page.at_head() && !IsFar(page)) return Taken{stored, finished};
  const bool later = DUBAN_BUG("follow.position_not_stored") || DUBAN_BUG("follow.position_in_second_batch");
  if (!later) transaction.SetPosition(name_, page.to());
  return Taken{page.to(), finished};
}

absl::StatusOr<bool> FollowHop::Apply(Transaction& transaction, const v1::FeedPage& page, Undoing undoing) const {
  EntrySource source{source_node_, name_, clock_->Now()};
  DUBAN_ASSIGN_OR_RETURN(source.starts_over, HasLocal(transaction, StartedOverName(name_)));
  DUBAN_ASSIGN_OR_RETURN(const bool sweeping, IsSweeping(transaction, name_));
  std::vector<v1::SetAside> notes;
  for (const v1::FeedEntry& entry : page.entries()) {
    DUBAN_ASSIGN_OR_RETURN(auto aside, ApplyOrSetAside(transaction, spec_.apply, entry, source, undoing));
    if (aside.has_value()) notes.push_back(*std::move(aside));
    if (sweeping && !entry.withdrawn()) NoteSentAgain(transaction, name_, entry.entity());
  }
  DUBAN_RETURN_IF_ERROR(KeepSetAside(transaction, name_, notes));
  if (sweeping && page.at_head()) DUBAN_RETURN_IF_ERROR(Sweep(transaction, source, spec_.held, spec_.apply));
  if (!spec_.finish_page) return true;
  return spec_.finish_page(transaction, page.at_head(), source);
}

absl::Status FollowHop::StorePosition(const v1::FeedPosition& position) {
  return store_->Run({StrCat("follow/", name_), ""}, [&](Transaction& transaction) -> absl::Status {
    transaction.SetPosition(name_, position);
    return absl::OkStatus();
  });
}

absl::StatusOr<bool> FollowHop::Deliver(const absl::StatusOr<v1::FetchResponse>& answer) {
  if (!answer.ok()) {
    at_head_ = false;
    if (ReasonOf(answer.status()) != v1::FEED_MISMATCH) return answer.status();
    DUBAN_RETURN_IF_ERROR(StartOver(answer.status()));
    return true;
  }
  const v1::FeedPage& page = answer->page();
  absl::Status fits = CheckAnswer(store_->options().node, source_node_, answer->card());
  if (fits.ok()) fits = CheckPage(page, position_);
  if (!fits.ok()) {
    at_head_ = false;
    return fits;
  }
  if (IsUnread(page)) return false;
  at_head_ = page.at_head();
  if (page.entries().empty() && page.at_head() && finished_ && !IsFar(page)) return false;
  DUBAN_FAILPOINT("follow.before_commit");
  if (DUBAN_BUG("follow.position_before_changes")) {
    DUBAN_RETURN_IF_ERROR(StorePosition(page.to()));
    position_ = page.to();
  }
  Taken taken;
  const auto take = [&](Transaction& transaction, Undoing undoing) -> absl::Status {
    DUBAN_ASSIGN_OR_RETURN(taken, Take(transaction, page, undoing));
    return absl::OkStatus();
  };
  DUBAN_RETURN_IF_ERROR(TakePage(*store_, {StrCat("follow/", name_), ""}, take));
  if (DUBAN_BUG("follow.position_in_second_batch")) DUBAN_RETURN_IF_ERROR(StorePosition(page.to()));
  DUBAN_FAILPOINT("follow.after_commit");
  position_ = taken.reached;
  finished_ = page.at_head() && (taken.finished || DUBAN_BUG("follow.rest_forgotten"));
  return !page.entries().empty() || !finished_;
}

}  // namespace duban
