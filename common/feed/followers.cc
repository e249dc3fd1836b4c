#include "common/feed/followers.h"

#include <algorithm>
#include <tuple>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/log.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/feed/hop.h"
#include "common/feed/node_card.h"

namespace duban {
namespace {

// How often a name that two processes use is logged.
constexpr absl::Duration kLoggedEvery = absl::Minutes(1);

std::string AudienceOf(const FollowerCall& call) {
  return call.downstream ? NodeAudience(call.name) : ServiceAudience(call.name);
}

}  // namespace

FollowerCall CallOf(const v1::FetchRequest& request, std::string address) {
  return {request.follower(), request.downstream(), request.instance(), request.own_epoch(),
          std::move(address), request.card(),       request.to_node()};
}

FollowerCall CallOf(const v1::OfferRequest& request, std::string address) {
  return {request.node(),     true,           request.instance(), request.page().to().epoch(),
          std::move(address), request.card(), request.to_node()};
}

bool Followers::IsThere(const Entry& entry, const FollowerCall& other) const {
  if (entry.calls > 0) return true;
  if (entry.hung_up) return false;
  const bool same_store = !other.own_epoch.empty() && other.own_epoch == entry.own_epoch;
  return clock_->Steady() - entry.last < (same_store ? kSameStoreGone : kGone);
}

absl::Status Followers::Refuse(Entry& entry, const FollowerCall& call) {
  const absl::Time now = clock_->Now();
  if (now - entry.refused_at >= kLoggedEvery || now < entry.refused_at || entry.refused_instance != call.instance) {
    Log(LogLevel::kWarning, "feed.name_taken",
        {{"feed", feed_},
         {"name", call.name},
         {"instance", entry.instance},
         {"address", entry.address},
         {"refused_instance", call.instance},
         {"refused_address", call.address}});
  }
  entry.refused_instance = call.instance;
  entry.refused_address = call.address;
  entry.refused_at = now;
  entry.refused_last = clock_->Steady();
  const int64_t seconds = entry.calls > 0 ? 0 : absl::ToInt64Seconds(clock_->Steady() - entry.last);
  return Error(
      v1::NODE_ID_TAKEN,
      StrCat("another process (", entry.instance.empty() ? "of no instance" : entry.instance, ") calls as `", call.name,
             "`; were two nodes made from one disk? Stop one of them. After a restart this passes within ",
             absl::ToInt64Seconds(kGone), " s"),
      StrCat("已有另一进程（", entry.instance.empty() ? "无实例号" : entry.instance, "）以“", call.name,
             "”的身份在同步；是否由同一磁盘复制出两个节点？请停用其中一个。如为重启，", absl::ToInt64Seconds(kGone),
             "秒内自动恢复"),
      {{"name", call.name}, {"heldBy", entry.instance}, {"seconds", StrCat(seconds)}});
}

void Followers::Notice(Entry& entry, const v1::NodeStatus::Notice& notice) {
  v1::NodeStatus::Notice& kept = entry.notices[notice.reason()];
  if (FromProto(notice.time()) - FromProto(kept.time()) >= kLoggedEvery || kept.message() != notice.message()) {
    Log(LogLevel::kWarning, "feed.does_not_fit",
        {{"feed", feed_}, {"name", entry.name}, {"reason", notice.reason()}, {"message", notice.message()}});
  }
  kept = notice;
}

absl::Status Followers::Introduce(Entry& entry, const FollowerCall& call) {
  const absl::Time now = clock_->Now();
  const std::string who = call.downstream || call.card.node().empty() ? call.name : call.card.node();
  absl::Status fits = CheckCall(node_, who, call.card, call.to_node);
  if (!fits.ok()) {
    entry.address = call.address;
    Notice(entry, NoticeOf(fits, now));
    return fits;
  }
  entry.card = call.card;
  entry.clock_ahead = ClockAhead(call.card, now);
  const auto clock = entry.clock_ahead ? ClockNotice(node_, who, *entry.clock_ahead, now) : std::nullopt;
  if (clock.has_value()) Notice(entry, *clock);
  // It is right again.
  if (entry.clock_ahead && !clock) entry.notices.erase(kClockOff);
  return absl::OkStatus();
}

void Followers::MakeRoom() {
  if (by_name_.size() < kMostKept) return;
  const absl::Duration now = clock_->Steady();
  std::erase_if(by_name_,
                [&](const auto& named) { return named.second.calls == 0 && now - named.second.last > kGone; });
  if (by_name_.size() < kMostKept) return;
  const auto oldest = std::min_element(by_name_.begin(), by_name_.end(), [](const auto& a, const auto& b) {
    return std::tie(a.second.calls, a.second.last) < std::tie(b.second.calls, b.second.last);
  });
  by_name_.erase(oldest);
}

Followers::Entry& Followers::EntryOf(const FollowerCall& call) {
  std::string key = AudienceOf(call);
  if (const auto known = by_name_.find(key); known != by_name_.end()) return known->second;
  MakeRoom();
  Entry& entry = by_name_[std::move(key)];
  entry.name = call.name;
  entry.downstream = call.downstream;
  entry.instance = call.instance;
  return entry;
}

absl::Status Followers::Begin(const FollowerCall& call) {
  MutexLock lock(&mu_);
  Entry& entry = EntryOf(call);
  DUBAN_RETURN_IF_ERROR(Introduce(entry, call));
  if (entry.instance != call.instance) {
    if (IsThere(entry, call) && !DUBAN_BUG("feed.name_shared")) return Refuse(entry, call);
    entry.calls = 0;
  }
  entry.instance = call.instance;
  entry.own_epoch = call.own_epoch;
  entry.address = call.address;
  entry.hung_up = false;
  ++entry.calls;
  entry.last = clock_->Steady();
  entry.seen = clock_->Now();
  return absl::OkStatus();
}

void Followers::Found(const FollowerCall& call, const v1::FeedPosition& position, bool at_head) {
  MutexLock lock(&mu_);
  Entry& entry = EntryOf(call);
  if (entry.instance != call.instance) return;
  if (position.sequence() < entry.position.sequence()) entry.noted = absl::InfinitePast();
  entry.position = position;
  entry.heard = clock_->Now();
  entry.at_head = at_head;
}

std::vector<FollowerStand> Followers::NotedBefore(absl::Time before, size_t most) const {
  std::vector<FollowerStand> stands;
  MutexLock lock(&mu_);
  for (const auto& [audience, entry] : by_name_) {
    if (stands.size() == most) break;
    if (entry.noted < before && entry.noted < entry.heard) stands.push_back({audience, entry.position, entry.heard});
  }
  return stands;
}

void Followers::SetNoted(const std::string& stand, absl::Time noted) {
  MutexLock lock(&mu_);
  if (const auto known = by_name_.find(stand); known != by_name_.end()) known->second.noted = noted;
}

void Followers::End(const FollowerCall& call, bool hung_up) {
  MutexLock lock(&mu_);
  const auto it = by_name_.find(AudienceOf(call));
  if (it == by_name_.end() || it->second.instance != call.instance) return;
  Entry& entry = it->second;
  entry.calls = std::max(0, entry.calls - 1);
  entry.hung_up = hung_up;
  entry.last = clock_->Steady();
  entry.seen = clock_->Now();
}

bool Followers::HasTwin(const Entry& entry) const {
  if (entry.refused_at == absl::InfinitePast() || entry.refused_instance == entry.instance) return false;
  const absl::Duration heard = entry.calls > 0 ? clock_->Steady() : entry.last;
  return heard - entry.refused_last < kGone;
}

void Followers::ShowNotices(const Entry& entry, v1::NodeStatus::Follower& follower) const {
  // Of the clock of one that stopped nothing is known.
  const bool gone = entry.calls == 0 && clock_->Steady() - entry.last >= kGone;
  for (const auto& [reason, notice] : entry.notices) {
    if (gone && reason == kClockOff) continue;
    if (clock_->Now() - FromProto(notice.time()) < kShownFor) *follower.add_notices() = notice;
  }
}

std::vector<v1::NodeStatus::Follower> Followers::List(const v1::FeedPosition& head, size_t most) const {
  std::vector<v1::NodeStatus::Follower> all;
  MutexLock lock(&mu_);
  for (const auto& [audience, entry] : by_name_) {
    if (all.size() >= most) break;
    v1::NodeStatus::Follower& follower = all.emplace_back();
    follower.set_name(entry.name);
    follower.set_downstream(entry.downstream);
    follower.set_feed(feed_);
    *follower.mutable_position() = entry.position;
    follower.mutable_position()->clear_hash();
    follower.set_connected(entry.calls > 0);
    const int64_t from = entry.position.epoch() == head.epoch() ? entry.position.sequence() : 0;
    // While it waits here, what came since does not concern it.
    const bool waits = entry.at_head && entry.calls > 0;
    follower.set_behind(waits ? 0 : std::max<int64_t>(0, head.sequence() - from));
    *follower.mutable_seen_time() = ToProto(entry.seen);
    follower.set_instance(entry.instance);
    follower.set_address(entry.address);
    if (entry.card.has_time()) *follower.mutable_card() = entry.card;
    if (entry.clock_ahead) follower.mutable_clock_ahead()->set_seconds(absl::ToInt64Seconds(*entry.clock_ahead));
    ShowNotices(entry, follower);
    if (!HasTwin(entry)) continue;
    follower.set_refused_instance(entry.refused_instance);
    follower.set_refused_address(entry.refused_address);
    *follower.mutable_refused_time() = ToProto(entry.refused_at);
  }
  return all;
}

}  // namespace duban
