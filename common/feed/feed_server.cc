#include "common/feed/feed_server.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/failpoint.h"
#include "common/base/ids.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/feed/feed_page.h"
#include "common/feed/node_card.h"
#include "common/feed/sweep.h"
#include "common/store/keys.h"

namespace duban {
namespace {

// Most entities one call of GiveBack looks at, whatever it finds.
constexpr int kMaxLookedAt = 20'000;

// Most notes of followers in one command.
constexpr size_t kMostNoted = 500;

// Whether a follower stands before what was noted of it: it was lost and is back, or begins again. And whether the note
// is from the future: a clock that was set back must not keep it for good.
bool IsBehind(const FollowerStand& stand, const FollowerStand& noted) {
  if (stand.heard < noted.heard) return true;
  if (noted.position.sequence() == 0) return false;
  return stand.position.epoch() != noted.position.epoch() || stand.position.sequence() < noted.position.sequence();
}

// What a page from below has to be, whatever is stored here.
absl::Status CheckOffered(const v1::FeedPage& page) {
  if (!page.from().epoch().empty() && page.from().epoch() != page.to().epoch()) {
    return InvalidField("page.to.epoch", "must be the epoch of `page.from`: a page lies in one history",
                        "必须与起点相同：一页只能属于同一段历史");
  }
  if (page.to().sequence() < page.from().sequence()) {
    return InvalidField("page.to.sequence", "must not be before `page.from`", "不能早于起点");
  }
  int64_t last = page.from().sequence();
  for (int i = 0; i < page.entries_size(); ++i) {
    const int64_t sequence = page.entries(i).sequence();
    if (sequence <= last || sequence > page.to().sequence()) {
      return InvalidField(StrCat("page.entries[", i, "].sequence"),
                          "must be behind the entry before and not behind `page.to`", "必须大于前一条，且不超过终点");
    }
    last = sequence;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status NoFeed(const std::string& name) {
  return Error(v1::RESOURCE_NOT_FOUND, StrCat("this server has no feed `", name, "`; check the address"),
               StrCat("本服务没有“", name, "”数据流，请检查地址"), {{"name", name}});
}

absl::StatusOr<v1::FetchResponse> FeedServer::TryFetch(const v1::FetchRequest& request) const {
  return ReadPage(*spec_.store->TakeSnapshot(), audiences(request), request);
}

absl::StatusOr<v1::FetchResponse> FeedServer::ReadPage(const Snapshot& snapshot, const Audiences& audiences,
                                                       const v1::FetchRequest& request) const {
  if (!spec_.view) return Read(snapshot, audiences, request, nullptr);
  return Read(snapshot, audiences, request, [&](std::string_view name, const google::protobuf::Any& payload) {
    return spec_.view(snapshot, name, payload, request.follower(), request.downstream());
  });
}

absl::StatusOr<std::optional<v1::FetchResponse>> FeedServer::ReadPageForAll(const Snapshot& snapshot,
                                                                            const Audiences& audiences,
                                                                            const v1::FetchRequest& request) const {
  if (!spec_.view) return Read(snapshot, audiences, request, nullptr);
  if (!spec_.view_differs) return std::nullopt;
  bool differs = false;
  using Seen = absl::StatusOr<std::optional<google::protobuf::Any>>;
  const auto view = [&](std::string_view name, const google::protobuf::Any& payload) -> Seen {
    differs = spec_.view_differs(name);
    if (differs) return absl::CancelledError("followers see it differently");
    return payload;
  };
  absl::StatusOr<v1::FetchResponse> response = Read(snapshot, audiences, request, view);
  if (differs) return std::nullopt;
  return response;
}

absl::StatusOr<v1::FetchResponse> FeedServer::Read(const Snapshot& snapshot, const Audiences& audiences,
                                                   const v1::FetchRequest& request, const EntityView& view) const {
  const int64_t max_bytes = request.max_bytes() == 0 ? kMaxPageBytes : request.max_bytes();
  v1::FetchResponse response;
  DUBAN_ASSIGN_OR_RETURN(*response.mutable_page(),
                         ReadFeedPage(snapshot, audiences, request.position(), max_bytes, view));
  *response.mutable_card() = CardOf(spec_.store->options().node, clock_->Now());
  return response;
}

absl::StatusOr<bool> FeedServer::NoteFollowers(absl::Duration every) {
  const absl::Time before = clock_->Now() - every;
  std::vector<FollowerStand> stands = followers_.NotedBefore(before, kMostNoted);
  const bool more = stands.size() == kMostNoted;
  std::vector<FollowerStand> worth;
  for (FollowerStand& stand : stands) {
    // After a start nothing is known here of what was noted before it.
    DUBAN_ASSIGN_OR_RETURN(const std::optional<FollowerStand> noted, spec_.store->NotedFollower(stand.name));
    followers_.SetNoted(stand.name, noted.has_value() ? noted->heard : absl::InfinitePast());
    if (!noted.has_value() || noted->heard < before || IsBehind(stand, *noted)) worth.push_back(std::move(stand));
  }
  if (worth.empty()) return more;
  DUBAN_RETURN_IF_ERROR(spec_.store->NoteFollowers(worth));
  for (const FollowerStand& stand : worth) followers_.SetNoted(stand.name, stand.heard);
  return more;
}

void FeedServer::AddNoted(size_t most, std::vector<v1::NodeStatus::Follower>& list) const {
  const absl::StatusOr<std::vector<FollowerStand>> noted = spec_.store->NotedFollowers(NodeAudience(""), most);
  if (!noted.ok()) return;
  std::set<std::string> shown;
  for (const v1::NodeStatus::Follower& follower : list) {
    if (follower.downstream()) shown.insert(follower.name());
  }
  const v1::FeedPosition head = spec_.store->head();
  for (const FollowerStand& stand : *noted) {
    const std::string name(LastSegment(stand.name));
    if (shown.contains(name) || list.size() >= most) continue;
    v1::NodeStatus::Follower& follower = list.emplace_back();
    follower.set_name(name);
    follower.set_downstream(true);
    follower.set_feed(spec_.feed);
    *follower.mutable_position() = stand.position;
    const bool here = stand.position.epoch() == head.epoch();
    follower.set_behind(head.sequence() - (here ? stand.position.sequence() : 0));
    *follower.mutable_seen_time() = ToProto(stand.heard);
  }
}

std::vector<v1::NodeStatus::Follower> FeedServer::ListFollowers(size_t most) const {
  const std::unique_ptr<Snapshot> snapshot = spec_.store->TakeSnapshot();
  std::vector<v1::NodeStatus::Follower> list = followers_.List(snapshot->head(), most);
  AddNoted(most, list);
  for (v1::NodeStatus::Follower& follower : list) {
    const v1::FeedPosition& at = follower.position();
    if (follower.behind() == 0 || at.epoch() != snapshot->head().epoch()) continue;
    const Audiences audiences = spec_.audiences_of(follower.name(), follower.downstream());
    // Where the store cannot say, the whole way to its head counts.
    const bool some = std::any_of(audiences.begin(), audiences.end(), [&](const std::string& audience) {
      return HasNews(*snapshot, audience, at.sequence()).value_or(true);
    });
    if (!some) follower.set_behind(0);
  }
  return list;
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

absl::Status FeedServer::ServeOffer(const v1::OfferRequest& request, std::string address, v1::OfferResponse* response) {
  const FollowerCall call = CallOf(request, std::move(address));
  DUBAN_RETURN_IF_ERROR(followers_.Begin(call));
  absl::Status taken = Offer(request, response);
  followers_.End(call, false);
  return taken;
}

absl::Status FeedServer::Offer(const v1::OfferRequest& request, v1::OfferResponse* response) {
  if (!spec_.apply_offer) {
    return Error(v1::NOT_OWNER, StrCat("feed `", spec_.feed, "` takes nothing in from below"),
                 StrCat("“", spec_.feed, "”不接收下级报送"), {{"feed", spec_.feed}});
  }
  DUBAN_RETURN_IF_ERROR(CheckCaller(request.node()));
  DUBAN_RETURN_IF_ERROR(CheckOffered(request.page()));
  DUBAN_FAILPOINT("take_in.before_commit");
  const auto take = [&](Transaction& transaction, Undoing undoing) {
    return TakePageIn(transaction, request, undoing, response);
  };
  DUBAN_RETURN_IF_ERROR(TakePage(*spec_.store, {StrCat("take_in/", OfferedBy(request.node())), ""}, take));
  *response->mutable_card() = CardOf(spec_.store->options().node, clock_->Now());
  DUBAN_FAILPOINT("take_in.after_commit");
  return absl::OkStatus();
}

absl::StatusOr<bool> FeedServer::BeginHistory(Transaction& transaction, const v1::OfferRequest& request,
                                              const v1::FeedPosition& stored) const {
  const std::string hop = OfferedBy(request.node());
  // As in FollowHop::StartOver: a history that does not descend from the one that was known is not believed.
  const auto& former = request.former_epochs();
  const bool restored = std::find(former.begin(), former.end(), stored.epoch()) != former.end() &&
                        !DUBAN_BUG("feed.restored_not_believed");
  DUBAN_ASSIGN_OR_RETURN(const auto marked, transaction.GetLocal<v1::FeedPosition>(StartedOverName(hop)));
  if (restored) transaction.PutLocal(StartedOverName(hop), v1::FeedPosition());
  if (marked.has_value() && !restored) transaction.DeleteLocal(StartedOverName(hop));
  const bool sweeps = restored && spec_.held_from_below && !DUBAN_BUG("feed.offers_not_swept");
  DUBAN_RETURN_IF_ERROR(sweeps ? BeginSweep(transaction, hop) : DropSweep(transaction, hop));
  return restored;
}

absl::Status FeedServer::TakePageIn(Transaction& transaction, const v1::OfferRequest& request, Undoing undoing,
                                    v1::OfferResponse* response) const {
  const v1::FeedPage& page = request.page();
  const std::string hop = OfferedBy(request.node());
  EntrySource source{request.node(), hop, clock_->Now()};
  DUBAN_ASSIGN_OR_RETURN(const v1::FeedPosition stored, transaction.GetPosition(hop));
  response->Clear();
  *response->mutable_position() = stored;
  // A store that was restored begins its new history at 0; everything else has to continue where we are, unless the
  // caller cannot go on from there.
  const bool begins = page.from().sequence() == 0;
  const bool starts_over = begins && page.to().epoch() != stored.epoch();
  const bool anew =
      begins && stored.sequence() > 0 && SamePosition(request.instead_of(), stored) && !SamePosition(page.to(), stored);
  const bool fits = starts_over || anew || SamePosition(page.from(), stored) || DUBAN_BUG("feed.any_page_taken");
  if (!fits) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(const auto marked, transaction.GetLocal<v1::FeedPosition>(StartedOverName(hop)));
  source.starts_over = marked.has_value();
  if (starts_over) {
    DUBAN_ASSIGN_OR_RETURN(source.starts_over, BeginHistory(transaction, request, stored));
  }
  if (anew && spec_.held_from_below) DUBAN_RETURN_IF_ERROR(BeginSweep(transaction, hop));
  DUBAN_ASSIGN_OR_RETURN(const bool sweeping, IsSweeping(transaction, hop));
  std::vector<v1::SetAside> notes;
  for (const v1::FeedEntry& entry : page.entries()) {
    DUBAN_ASSIGN_OR_RETURN(auto aside, ApplyOrSetAside(transaction, spec_.apply_offer, entry, source, undoing));
    if (aside.has_value()) notes.push_back(*std::move(aside));
    if (sweeping && !entry.withdrawn()) NoteSentAgain(transaction, hop, entry.entity());
  }
  DUBAN_RETURN_IF_ERROR(KeepSetAside(transaction, hop, notes));
  if (sweeping && page.at_head()) {
    DUBAN_RETURN_IF_ERROR(Sweep(transaction, source, spec_.held_from_below, spec_.apply_offer));
  }
  response->set_set_aside_count(static_cast<int32_t>(notes.size()));
  const size_t named = std::min(notes.size(), size_t{kMostSetAsideKept});
  response->mutable_set_aside()->Add(notes.begin(), notes.begin() + static_cast<ptrdiff_t>(named));
  transaction.SetPosition(hop, page.to());
  *response->mutable_position() = page.to();
  return absl::OkStatus();
}

}  // namespace duban
