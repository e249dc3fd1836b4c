#include "common/feed/followers.h"

#include <algorithm>
#include <tuple>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/log.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"

namespace duban {
namespace {

// How often a name that two processes use is logged.
constexpr absl::Duration kLoggedEvery = absl::Minutes(1);

}  // namespace

FollowerCall CallOf(const v1::FetchRequest& request, std::string address) {
  return {request.follower(), request.downstream(), request.instance(), request.own_epoch(), std::move(address)};
}

FollowerCall CallOf(const v1::OfferRequest& request, std::string address) {
  return {request.node(), true, request.instance(), request.page().to().epoch(), std::move(address)};
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

absl::Status Followers::Begin(const FollowerCall& call) {
  MutexLock lock(&mu_);
  const Key key(call.name, call.downstream);
  auto it = by_name_.find(key);
  if (it == by_name_.end()) {
    MakeRoom();
    it = by_name_.emplace(key, Entry()).first;
  } else if (it->second.instance != call.instance) {
    if (IsThere(it->second, call) && !DUBAN_BUG("feed.name_shared")) return Refuse(it->second, call);
    it->second.calls = 0;
  }
  Entry& entry = it->second;
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
  const auto it = by_name_.find({call.name, call.downstream});
  if (it == by_name_.end() || it->second.instance != call.instance) return;
  it->second.sequence = position.sequence();
  it->second.epoch = position.epoch();
  it->second.at_head = at_head;
}

void Followers::End(const FollowerCall& call, bool hung_up) {
  MutexLock lock(&mu_);
  const auto it = by_name_.find({call.name, call.downstream});
  if (it == by_name_.end() || it->second.instance != call.instance) return;
  Entry& entry = it->second;
  entry.calls = std::max(0, entry.calls - 1);
  entry.hung_up = hung_up;
  entry.last = clock_->Steady();
  entry.seen = clock_->Now();
}

std::vector<v1::NodeStatus::Follower> Followers::List(const v1::FeedPosition& head, size_t most) const {
  std::vector<v1::NodeStatus::Follower> all;
  MutexLock lock(&mu_);
  for (const auto& [key, entry] : by_name_) {
    if (all.size() >= most) break;
    v1::NodeStatus::Follower& follower = all.emplace_back();
    follower.set_name(key.first);
    follower.set_downstream(key.second);
    follower.set_feed(feed_);
    follower.mutable_position()->set_epoch(entry.epoch);
    follower.mutable_position()->set_sequence(entry.sequence);
    follower.set_connected(entry.calls > 0);
    const int64_t from = entry.epoch == head.epoch() ? entry.sequence : 0;
    follower.set_behind(entry.at_head ? 0 : std::max<int64_t>(0, head.sequence() - from));
    *follower.mutable_seen_time() = ToProto(entry.seen);
    follower.set_instance(entry.instance);
    follower.set_address(entry.address);
    if (entry.refused_at == absl::InfinitePast()) continue;
    follower.set_refused_instance(entry.refused_instance);
    follower.set_refused_address(entry.refused_address);
    *follower.mutable_refused_time() = ToProto(entry.refused_at);
  }
  return all;
}

}  // namespace duban
