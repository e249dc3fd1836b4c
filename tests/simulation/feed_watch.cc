#include "tests/simulation/feed_watch.h"

#include "common/base/errors.h"
#include "common/base/strings.h"

namespace duban::simulation {

void FeedHistory::Note(const std::string& node, const std::string& service, const v1::FeedPosition& position) {
  const auto [it, fresh] = heads_[{node, service, position.epoch()}].emplace(position.sequence(), position.hash());
  world_.Check("F6", fresh || it->second == position.hash(), [&] {
    return StrCat(node, " shows sequence ", position.sequence(), " of its ", service, " store with another hash");
  });
}

bool FeedHistory::Knows(const std::string& node, const std::string& service, const std::string& epoch,
                        const v1::FeedPosition& position) const {
  if (position.sequence() == 0) return position.epoch().empty() || position.epoch() == epoch;
  if (position.epoch() != epoch) return false;
  const auto heads = heads_.find({node, service, epoch});
  if (heads == heads_.end()) return false;
  // A place inside a commit has the commit's hash, and every commit was shown.
  const auto it = heads->second.lower_bound(position.sequence());
  return it != heads->second.end() && it->second == position.hash();
}

bool HeardFollower::IsWronged(const v1::FeedPosition& position, bool answered, bool cut_off, absl::Time now,
                              absl::Duration kept) {
  const bool told = told_.has_value() && SamePosition(*told_, position);
  const bool waited_for = sequence_ > 0 && position.sequence() >= sequence_ && now - time_ < kept;
  sequence_ = answered ? position.sequence() : 0;
  time_ = now;
  if (cut_off) told_ = position;
  return cut_off && !told && waited_for;
}

void FeedFold::StartOver(const std::string& epoch) {
  for (auto& [entity, held] : held_) before_[entity] = std::move(held);
  held_.clear();
  position_.Clear();
  position_.set_epoch(epoch);
}

void FeedFold::Take(const v1::FeedPage& page) {
  world_.Check("F12", page.from().sequence() >= position_.sequence() || page.to().epoch() != position_.epoch(), [&] {
    return StrCat(name_, " was at ", position_.sequence(), " and got a page from ", page.from().sequence());
  });
  int64_t last = page.from().sequence();
  for (const v1::FeedEntry& entry : page.entries()) {
    Held& held = held_[entry.entity()];
    world_.Check("F4", entry.sequence() > last && entry.sequence() <= page.to().sequence(),
                 [&] { return StrCat(name_, " got ", entry.entity(), " out of order at ", entry.sequence()); });
    world_.Check("F4", entry.sequence() > held.sequence, [&] {
      return StrCat(name_, " got ", entry.entity(), " of ", entry.sequence(), " again, behind ", held.sequence);
    });
    last = entry.sequence();
    const std::optional<google::protobuf::Any> was = entry.withdrawn() ? FindLast(entry.entity()) : std::nullopt;
    held = {entry.sequence(), entry.withdrawn(), entry.withdrawn() ? "" : entry.payload().SerializeAsString(),
            was.has_value() ? was->SerializeAsString() : ""};
  }
  position_ = page.to();
  if (page.at_head()) before_.clear();
}

const FeedFold::Held* FeedFold::Lookup(const std::string& entity) const {
  for (const auto* all : {&held_, &before_}) {
    const auto it = all->find(entity);
    if (it != all->end() && it->second.sequence > 0) return &it->second;
  }
  return nullptr;
}

std::optional<google::protobuf::Any> FeedFold::Find(const std::string& entity) const {
  const Held* held = Lookup(entity);
  return held == nullptr || held->withdrawn ? std::nullopt : FindLast(entity);
}

std::optional<google::protobuf::Any> FeedFold::FindLast(const std::string& entity) const {
  const Held* held = Lookup(entity);
  google::protobuf::Any payload;
  if (held == nullptr || !payload.ParseFromString(held->withdrawn ? held->last : held->payload)) return std::nullopt;
  return payload;
}

void FeedFold::CompareWith(const FeedServer& server, const v1::FetchRequest& like) {
  v1::FetchRequest request = like;
  request.clear_position();
  request.clear_wait();
  request.set_max_bytes(0);
  FeedFold anew(&world_, StrCat(name_, " anew"));
  for (bool more = true; more;) {
    *request.mutable_position() = anew.position();
    const auto page = server.TryFetch(request);
    if (!page.ok()) return world_.Broken("F2", StrCat(name_, " cannot be read anew: ", ToStd(page.status().message())));
    anew.Take(page->page());
    more = !page->page().at_head();
  }
  for (const auto& [entity, whole] : anew.held_) {
    const auto it = held_.find(entity);
    // What was withdrawn before the follower came need not be known to it.
    if (it == held_.end() && whole.withdrawn) continue;
    world_.Check("F4", it != held_.end(),
                 [&, &entity = entity] { return StrCat(name_, " has a gap: it never got ", entity); });
    if (it == held_.end()) continue;
    const Held& held = it->second;
    world_.Check("F14", !whole.withdrawn || held.withdrawn,
                 [&, &entity = entity] { return StrCat(name_, " still holds ", entity, ", which was withdrawn"); });
    world_.Check("F2", held.sequence == whole.sequence && held.payload == whole.payload,
                 [&, &entity = entity, &whole = whole] {
                   return StrCat(name_, " holds ", entity, " of ", held.sequence, ", the feed has ", whole.sequence);
                 });
  }
  for (const auto& [entity, held] : held_) {
    // A withdrawal that was cut off is told to nobody who comes now.
    world_.Check("F4", held.withdrawn || anew.held_.contains(entity),
                 [&, &entity = entity] { return StrCat(name_, " holds ", entity, ", which is not in its feed"); });
  }
}

Watcher::Watcher(World* world, const std::string& node, v1::FetchRequest request)
    : world_(*world),
      node_(node),
      request_(std::move(request)),
      fold_(world, StrCat("a watcher of ", node, " ", request_.feed(), " as ", request_.follower())) {}

void Watcher::Step(const FeedServer& server) {
  *request_.mutable_position() = fold_.position();
  const auto page = server.TryFetch(request_);
  if (!page.ok()) {
    if (ReasonOf(page.status()) != v1::FEED_MISMATCH) {
      return world_.Broken("F11", StrCat("a watcher of ", node_, " cannot read: ", ToStd(page.status().message())));
    }
    return fold_.StartOver(MetadataOf(page.status())["epoch"]);
  }
  at_head_ = page->page().at_head();
  fold_.Take(page->page());
  world_.Count("work.watch");
}

}  // namespace duban::simulation
