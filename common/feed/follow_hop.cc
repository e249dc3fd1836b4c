#include "common/feed/follow_hop.h"

#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/base/failpoint.h"
#include "common/base/log.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/feed/feed_page.h"

namespace duban {
namespace {

// Local row that is there while a source that has begun another history sends everything again.
std::string SweepName(const std::string& hop) {
  return StrCat("sweep/", hop);
}

// Local row of an entity that it has sent again.
std::string MarkName(const std::string& hop, std::string_view entity) {
  return StrCat("swept/", hop, "/", entity);
}

absl::StatusOr<bool> HasLocal(const ReadView& view, const std::string& name) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> row, view.GetRow(LocalKey(name)));
  return row.has_value();
}

// For a planted bug: one set for all pages of the process.
std::set<std::string>& SharedNames() {
  static std::set<std::string> names;
  return names;
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
  const int64_t nanos = absl::ToInt64Nanoseconds(wait);
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
  const bool sweeps = spec_.held && restored;
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
    if (spec_.from_upstream) transaction.SetPosition(OfferedTo(source_node_), v1::FeedPosition());
    // Marks of a pass that this one breaks off say nothing of what is sent now.
    DUBAN_RETURN_IF_ERROR(DropMarks(transaction));
    if (sweeps) transaction.PutLocal(SweepName(name_), beginning);
    DUBAN_ASSIGN_OR_RETURN(const bool before, HasLocal(transaction, StartedOverName(name_)));
    if (restored) transaction.PutLocal(StartedOverName(name_), beginning);
    if (!restored && before) transaction.DeleteLocal(StartedOverName(name_));
    return absl::OkStatus();
  }));
  position_ = beginning;
  finished_ = false;
  return absl::OkStatus();
}

absl::Status FollowHop::DropMarks(Transaction& transaction) const {
  std::vector<std::string> marks;
  const std::string begin = LocalKey(MarkName(name_, ""));
  DUBAN_RETURN_IF_ERROR(transaction.ScanRows(begin, PrefixEnd(begin), [&](std::string_view key, std::string_view) {
    marks.emplace_back(key);
    return true;
  }));
  for (std::string& mark : marks) transaction.DeleteRow(std::move(mark));
  transaction.DeleteLocal(SweepName(name_));
  return absl::OkStatus();
}

absl::StatusOr<v1::FeedPosition> FollowHop::Take(Transaction& transaction, const v1::FeedPage& page,
                                                 Undoing undoing) const {
  DUBAN_ASSIGN_OR_RETURN(const v1::FeedPosition stored, transaction.GetPosition(name_));
  if (!SamePosition(stored, position_)) return InvariantBroken(StrCat("two followers share the hop ", name_));
  DUBAN_RETURN_IF_ERROR(Apply(transaction, page, undoing));
  // At the head a position alone is not worth a synced write: presenting the old one costs nothing. Before it, the next
  // page begins behind what this one passed over.
  if (page.entries().empty() && page.at_head() && transaction.writes().empty()) return stored;
  const bool later = DUBAN_BUG("follow.position_not_stored") || DUBAN_BUG("follow.position_in_second_batch");
  if (!later) transaction.SetPosition(name_, page.to());
  return page.to();
}

absl::Status FollowHop::Apply(Transaction& transaction, const v1::FeedPage& page, Undoing undoing) const {
  EntrySource source{source_node_, name_, clock_->Now()};
  DUBAN_ASSIGN_OR_RETURN(source.starts_over, HasLocal(transaction, StartedOverName(name_)));
  DUBAN_ASSIGN_OR_RETURN(const bool sweeping, HasLocal(transaction, SweepName(name_)));
  PageEnd end{.at_head = page.at_head()};
  std::vector<v1::SetAside> notes;
  for (const v1::FeedEntry& entry : page.entries()) {
    DUBAN_ASSIGN_OR_RETURN(auto aside, ApplyOrSetAside(transaction, spec_.apply, entry, source, undoing));
    if (!aside.has_value()) Applied(end, entry.entity());
    if (aside.has_value()) notes.push_back(*std::move(aside));
    if (sweeping && !entry.withdrawn()) transaction.PutLocal(MarkName(name_, entry.entity()), v1::FeedPosition());
  }
  DUBAN_RETURN_IF_ERROR(KeepSetAside(transaction, name_, notes));
  if (sweeping && page.at_head()) DUBAN_RETURN_IF_ERROR(Sweep(transaction, source, end));
  return Finish(transaction, std::move(end), source);
}

void FollowHop::Applied(PageEnd& end, std::string_view name) {
  (DUBAN_BUG("follow.page_names_shared") ? SharedNames() : end.names).emplace(name);
}

absl::Status FollowHop::Finish(Transaction& transaction, PageEnd end, const EntrySource& source) const {
  if (DUBAN_BUG("follow.page_names_shared")) end.names = std::exchange(SharedNames(), {});
  return spec_.finish_page ? spec_.finish_page(transaction, end, source) : absl::OkStatus();
}

absl::Status FollowHop::Sweep(Transaction& transaction, const EntrySource& source, PageEnd& end) const {
  std::vector<std::string> held;
  DUBAN_RETURN_IF_ERROR(spec_.held(transaction, source, [&](std::string_view name) {
    held.emplace_back(name);
    return true;
  }));
  for (const std::string& name : held) {
    DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> mark, transaction.GetRow(LocalKey(MarkName(name_, name))));
    if (mark.has_value()) continue;
    Log(LogLevel::kWarning, "hop.swept", {{"hop", name_}, {"entity", name}});
    v1::FeedEntry entry;
    entry.set_entity(name);
    entry.set_withdrawn(true);
    DUBAN_RETURN_IF_ERROR(spec_.apply(transaction, entry, source));
    Applied(end, name);
  }
  return DropMarks(transaction);
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
  if (absl::Status fits = CheckPage(page, position_); !fits.ok()) {
    at_head_ = false;
    return fits;
  }
  if (IsUnread(page)) return false;
  at_head_ = page.at_head();
  if (page.entries().empty() && page.at_head() && finished_) return false;
  DUBAN_FAILPOINT("follow.before_commit");
  if (DUBAN_BUG("follow.position_before_changes")) {
    DUBAN_RETURN_IF_ERROR(StorePosition(page.to()));
    position_ = page.to();
  }
  v1::FeedPosition reached;
  const auto take = [&](Transaction& transaction, Undoing undoing) -> absl::Status {
    DUBAN_ASSIGN_OR_RETURN(reached, Take(transaction, page, undoing));
    return absl::OkStatus();
  };
  DUBAN_RETURN_IF_ERROR(TakePage(*store_, {StrCat("follow/", name_), ""}, take));
  if (DUBAN_BUG("follow.position_in_second_batch")) DUBAN_RETURN_IF_ERROR(StorePosition(page.to()));
  DUBAN_FAILPOINT("follow.after_commit");
  position_ = reached;
  finished_ = page.at_head();
  return !page.entries().empty() || !page.at_head();
}

}  // namespace duban
