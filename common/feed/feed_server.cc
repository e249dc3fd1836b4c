#include "common/feed/feed_server.h"

#include <algorithm>
#include <optional>

#include "common/base/failpoint.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/feed/feed_page.h"
#include "common/feed/sweep.h"
#include "common/store/keys.h"

namespace duban {
namespace {

// Most entities one call of GiveBack looks at, whatever it finds.
constexpr int kMaxLookedAt = 20'000;

}  // namespace

absl::StatusOr<v1::FetchResponse> FeedServer::TryFetch(const v1::FetchRequest& request) const {
  const int64_t max_bytes = request.max_bytes() == 0 ? kMaxPageBytes : request.max_bytes();
  const std::unique_ptr<Snapshot> snapshot = spec_.store->TakeSnapshot();
  EntityView view;
  if (spec_.view) {
    view = [&](std::string_view name, const google::protobuf::Any& payload) {
      return spec_.view(*snapshot, name, payload, request.follower(), request.downstream());
    };
  }
  v1::FetchResponse response;
  DUBAN_ASSIGN_OR_RETURN(*response.mutable_page(),
                         ReadFeedPage(*snapshot, audiences(request), request.position(), max_bytes, view));
  return response;
}

absl::Status FeedServer::CheckCaller(const std::string& node) const {
  if (node != spec_.store->options().node) return absl::OkStatus();
  return Error(v1::NOT_OWNER, StrCat("node `", node, "` is this node itself, not a neighbour; check the address"),
               StrCat("“", node, "”就是本节点，不是相邻节点，请检查地址"), {{"node", node}});
}

absl::Status FeedServer::GiveBack(const v1::GiveBackRequest& request, v1::GiveBackResponse* response) const {
  DUBAN_RETURN_IF_ERROR(CheckCaller(request.node()));
  response->set_after(request.after());
  response->set_complete(true);
  if (!spec_.held_for) return absl::OkStatus();
  const int64_t max_bytes = request.max_bytes() == 0 ? kMaxPageBytes : request.max_bytes();
  const std::unique_ptr<Snapshot> snapshot = spec_.store->TakeSnapshot();
  int64_t bytes = 0;
  int looked_at = 0;
  absl::Status found;
  const auto visit = [&](std::string_view key, std::string_view value) {
    const std::string_view name = key.substr(1);
    storage::v1::EntityRecord record;
    if (!record.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      found = BrokenRecord(name);
      return false;
    }
    absl::StatusOr<std::optional<google::protobuf::Any>> held = std::optional<google::protobuf::Any>();
    if (!record.deleted()) held = spec_.held_for(*snapshot, name, PayloadOf(std::move(record)), request.node());
    if (!held.ok()) {
      found = held.status();
      return false;
    }
    const int64_t size = held->has_value() ? static_cast<int64_t>(name.size() + (*held)->ByteSizeLong()) : 0;
    const bool full = response->entities_size() > 0 && bytes + size > max_bytes;
    if (full || ++looked_at > kMaxLookedAt) {
      response->set_complete(false);
      return false;
    }
    response->set_after(std::string(name));
    if (!held->has_value()) return true;
    bytes += size;
    v1::HeldEntity& entity = *response->add_entities();
    entity.set_entity(std::string(name));
    *entity.mutable_payload() = **std::move(held);
    return true;
  };
  std::string begin = EntityKey(request.after());
  if (!request.after().empty()) begin += '\0';
  DUBAN_RETURN_IF_ERROR(snapshot->ScanRows(begin, PrefixEnd(EntityKey("")), visit));
  return found;
}

absl::Status FeedServer::Offer(const v1::OfferRequest& request, v1::OfferResponse* response) {
  if (!spec_.apply_offer) {
    return Error(v1::NOT_OWNER, StrCat("feed `", spec_.feed, "` takes nothing in from below"),
                 StrCat("“", spec_.feed, "”不接收下级报送"), {{"feed", spec_.feed}});
  }
  const v1::FeedPage& page = request.page();
  DUBAN_RETURN_IF_ERROR(CheckCaller(request.node()));
  if (!page.from().epoch().empty() && page.from().epoch() != page.to().epoch()) {
    return InvalidField("page.to.epoch", "must be the epoch of `page.from`: a page lies in one history",
                        "必须与起点相同：一页只能属于同一段历史");
  }
  const std::string hop = OfferedBy(request.node());
  EntrySource source{request.node(), hop, clock_->Now()};
  DUBAN_FAILPOINT("take_in.before_commit");
  DUBAN_RETURN_IF_ERROR(spec_.store->Run({StrCat("take_in/", hop), ""}, [&](Transaction& transaction) -> absl::Status {
    DUBAN_ASSIGN_OR_RETURN(v1::FeedPosition stored, transaction.GetPosition(hop));
    *response->mutable_position() = stored;
    // A store that was restored begins its new history at 0; everything else has to continue where we are.
    const bool starts_over = page.from().sequence() == 0 && page.to().epoch() != stored.epoch();
    const bool fits = starts_over || SamePosition(page.from(), stored) || DUBAN_BUG("feed.any_page_taken");
    if (!fits) return absl::OkStatus();
    DUBAN_RETURN_IF_ERROR(CheckPage(page, page.from()));
    DUBAN_ASSIGN_OR_RETURN(const auto marked, transaction.GetLocal<v1::FeedPosition>(StartedOverName(hop)));
    source.starts_over = marked.has_value();
    if (starts_over) {
      // As in FollowHop::StartOver: a history that does not descend from the one that was known is not believed.
      const auto& former = request.former_epochs();
      source.starts_over = std::find(former.begin(), former.end(), stored.epoch()) != former.end() &&
                           !DUBAN_BUG("feed.restored_not_believed");
      if (source.starts_over) transaction.PutLocal(StartedOverName(hop), v1::FeedPosition());
      if (marked.has_value() && !source.starts_over) transaction.DeleteLocal(StartedOverName(hop));
      const bool sweeps = source.starts_over && spec_.held_from_below && !DUBAN_BUG("feed.offers_not_swept");
      DUBAN_RETURN_IF_ERROR(sweeps ? BeginSweep(transaction, hop) : DropSweep(transaction, hop));
    }
    DUBAN_ASSIGN_OR_RETURN(const bool sweeping, IsSweeping(transaction, hop));
    for (const v1::FeedEntry& entry : page.entries()) {
      const absl::Status applied = spec_.apply_offer(transaction, entry, source);
      if (!DUBAN_BUG("feed.failed_entry_skipped")) DUBAN_RETURN_IF_ERROR(applied);
      if (sweeping && !entry.withdrawn()) NoteSentAgain(transaction, hop, entry.entity());
    }
    if (sweeping && page.at_head()) {
      DUBAN_RETURN_IF_ERROR(Sweep(transaction, source, spec_.held_from_below, spec_.apply_offer));
    }
    transaction.SetPosition(hop, page.to());
    *response->mutable_position() = page.to();
    return absl::OkStatus();
  }));
  DUBAN_FAILPOINT("take_in.after_commit");
  return absl::OkStatus();
}

}  // namespace duban
