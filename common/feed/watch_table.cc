#include "common/feed/watch_table.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"

namespace duban {
namespace {

// Of nobody's history: whoever stands there starts over.
constexpr int64_t kNowhere = -1;
constexpr int kRoles = 32;

// Those with the same key may read the same.
std::string SightKey(const Caller& caller) {
  if (caller.kind != CallerKind::kPerson) return StrCat(static_cast<int>(caller.kind), " ", caller.label());
  std::string key;
  for (const Post& post : caller.posts) {
    uint32_t roles = 0;
    for (int role = 0; role < kRoles; ++role) {
      if (post.roles.contains(static_cast<v1::Role>(role))) roles |= uint32_t{1} << role;
    }
    StrAppend(&key, post.unit, " ", roles, "\n");
  }
  return key;
}

// Facts that are asked for once, for as long as one round takes.
class RememberedFacts final : public AccessFacts {
 public:
  explicit RememberedFacts(const AccessFacts* facts) : facts_(*facts) {}

  absl::StatusOr<std::optional<Origin>> OriginOf(std::string_view name) const override {
    // All of a plan comes from where the plan does.
    std::string plan(name.substr(0, name.find('/', name.find('/') + 1)));
    if (const auto known = origins_.find(plan); known != origins_.end()) return known->second;
    DUBAN_ASSIGN_OR_RETURN(std::optional<Origin> origin, facts_.OriginOf(name));
    return origins_.emplace(std::move(plan), std::move(origin)).first->second;
  }

  absl::StatusOr<std::vector<std::string>> SuperiorsOf(std::string_view unit, absl::CivilDay day) const override {
    if (const auto known = superiors_.find(unit); known != superiors_.end()) return known->second;
    DUBAN_ASSIGN_OR_RETURN(std::vector<std::string> superiors, facts_.SuperiorsOf(unit, day));
    return superiors_.emplace(std::string(unit), std::move(superiors)).first->second;
  }

 private:
  const AccessFacts& facts_;
  mutable std::map<std::string, std::optional<Origin>, std::less<>> origins_;
  mutable std::map<std::string, std::vector<std::string>, std::less<>> superiors_;
};

absl::Status Stopping() {
  return Error(v1::NOT_SERVING, "the server is stopping; watch again later", "服务正在停止，请稍后重试");
}

absl::Status TooMany(int limit, std::string_view english, std::string_view chinese) {
  return Error(v1::OVERLOADED, StrCat(limit, " ", english, " already; pause, then watch again"),
               StrCat(chinese, "已有", limit, "个页面在等待更新，请稍后重试"), {{"limit", StrCat(limit)}});
}

}  // namespace

struct WatchTable::Watcher {
  int64_t number = 0;
  Caller caller;
  std::string sight_key;
  std::shared_ptr<WatchListener> listener;
  // Steady time.
  absl::Duration life_end;

  // Guarded by the lock of the table. What it was told has left; which moves it has heard of, and when it has to hear
  // something.
  bool ready = true;
  int64_t moves = 0;
  absl::Duration next_beat;

  // Of whoever works: where it stands, by feed.
  std::map<std::string, int64_t> positions;
};

class WatchTable::Round {
 public:
  // A feed as it is when the round begins.
  struct Part {
    const Store* store = nullptr;
    std::string epoch;
    int64_t known_from = 0;
    int64_t head = 0;
    // Of those that somebody in the round has not heard of.
    std::vector<Change> changes;
    std::unique_ptr<RememberedFacts> facts;
  };
  // What is behind a position for those with one key.
  struct News {
    bool start_over = false;
    std::vector<std::string> names;
  };

  Round(const Sight* sight, size_t most_names, absl::CivilDay day)
      : sight_(sight), most_names_(most_names), day_(day) {}

  std::vector<std::shared_ptr<Watcher>> watchers;
  std::map<std::string, Part> parts;

  absl::StatusOr<const News*> NewsFor(const Watcher& watcher, const std::string& feed, int64_t after) {
    auto [at, fresh] = news_.try_emplace({watcher.sight_key, feed, after});
    if (fresh) DUBAN_RETURN_IF_ERROR(Read(watcher.caller, parts.at(feed), after, at->second));
    return &at->second;
  }

 private:
  absl::Status Read(const Caller& caller, const Part& part, int64_t after, News& news) const {
    DUBAN_RETURN_IF_ERROR(part.store->serving());
    news.start_over = after < part.known_from || after > part.head;
    if (news.start_over) return absl::OkStatus();
    std::set<std::string> looked_at, names;
    for (const Change& change : part.changes) {
      if (change.sequence <= after || !looked_at.insert(*change.name).second) continue;
      DUBAN_ASSIGN_OR_RETURN(std::string name, sight_->NameFor(caller, *change.name, part.facts.get(), day_));
      if (!name.empty()) names.insert(std::move(name));
      news.start_over = names.size() > most_names_;
      if (news.start_over) return absl::OkStatus();
    }
    news.names.assign(names.begin(), names.end());
    return absl::OkStatus();
  }

  const Sight* const sight_;
  const size_t most_names_;
  const absl::CivilDay day_;
  // By sight, feed and position.
  std::map<std::tuple<std::string, std::string, int64_t>, News> news_;
};

WatchTable::WatchTable(Clock* clock, const WatchLimits& limits, std::function<void()> stir)
    : clock_(clock), limits_(limits), stir_(std::move(stir)) {}

WatchTable::~WatchTable() = default;

absl::Status WatchTable::AddFeed(const std::string& name, Store* store, const AccessFacts* facts) {
  if (sight_ == nullptr) {
    DUBAN_ASSIGN_OR_RETURN(Sight sight, Sight::Make());
    sight_ = std::make_unique<const Sight>(std::move(sight));
  }
  Feed* feed = nullptr;
  {
    MutexLock lock(&mu_);
    feed = &feeds_[name];
    feed->store = store;
    feed->facts = facts;
  }
  // Nothing may fall between the two: what is noted before the head is read is known by it, too.
  std::shared_ptr<void> listener =
      store->OnChange([this, feed](const std::vector<EntityChange>& changes) { Note(*feed, changes); });
  const v1::FeedPosition head = store->TakeSnapshot()->head();
  MutexLock lock(&mu_);
  feed->listener = std::move(listener);
  feed->epoch = head.epoch();
  feed->known_from = head.sequence();
  feed->head = std::max(feed->head, head.sequence());
  return absl::OkStatus();
}

void WatchTable::Note(Feed& feed, const std::vector<EntityChange>& changes) {
  {
    MutexLock lock(&mu_);
    std::shared_ptr<const std::string> last;
    for (const EntityChange& change : changes) {
      feed.head = std::max(feed.head, change.sequence);
      std::string name = ResourceOf(change.name);
      if (name.empty()) continue;
      // What is written together is mostly of one plan, and known by its name.
      if (last == nullptr || *last != name) last = std::make_shared<const std::string>(std::move(name));
      feed.changes.push_back({change.sequence, last});
    }
    while (feed.changes.size() > limits_.changes_kept) {
      feed.known_from = std::max(feed.known_from, feed.changes.front().sequence);
      feed.changes.pop_front();
    }
    ++moves_;
    if (watchers_.empty()) return;
  }
  stir_();
}

absl::Status WatchTable::CheckRoom(const Caller& caller) const {
  if (draining_) return Stopping();
  if (static_cast<int>(watchers_.size()) >= limits_.watchers) {
    return TooMany(limits_.watchers, "callers watch", "本服务");
  }
  const auto own = by_caller_.find(caller.label());
  if (caller.kind == CallerKind::kAnybody || own == by_caller_.end() || own->second < limits_.of_caller) {
    return absl::OkStatus();
  }
  return TooMany(limits_.of_caller, "pages of this caller watch", "您");
}

int64_t WatchTable::PositionIn(const std::string& name, const Feed& feed, const v1::WatchRequest& request) {
  for (const v1::WatchPosition& position : request.positions()) {
    if (position.feed() == name) return position.epoch() == feed.epoch ? position.sequence() : kNowhere;
  }
  return feed.head;
}

int64_t WatchTable::Submit(const Caller& caller, const v1::WatchRequest& request,
                           std::shared_ptr<WatchListener> listener) {
  auto watcher = std::make_shared<Watcher>();
  watcher->caller = caller;
  watcher->sight_key = SightKey(caller);
  watcher->listener = listener;
  watcher->next_beat = clock_->Steady();
  watcher->life_end = watcher->next_beat + limits_.life;
  absl::Status checked;
  int64_t number = 0;
  {
    MutexLock lock(&mu_);
    checked = CheckRoom(caller);
    if (checked.ok()) {
      number = ++last_number_;
      watcher->number = number;
      for (const auto& [name, feed] : feeds_) watcher->positions[name] = PositionIn(name, feed, request);
      ++by_caller_[caller.label()];
      watchers_[number] = std::move(watcher);
    }
  }
  checked.ok() ? stir_() : listener->End(checked);
  return number;
}

void WatchTable::Ready(int64_t number) {
  {
    MutexLock lock(&mu_);
    const auto found = watchers_.find(number);
    if (found == watchers_.end()) return;
    found->second->ready = true;
    if (found->second->moves == moves_) return;
  }
  stir_();
}

void WatchTable::Erase(Watchers::iterator watcher) {
  const auto own = by_caller_.find(watcher->second->caller.label());
  if (--own->second == 0) by_caller_.erase(own);
  watchers_.erase(watcher);
}

void WatchTable::Cancel(int64_t number) {
  // Destroyed behind the lock.
  std::shared_ptr<Watcher> watcher;
  MutexLock lock(&mu_);
  const auto found = watchers_.find(number);
  if (found == watchers_.end()) return;
  watcher = found->second;
  Erase(found);
}

void WatchTable::Drain() {
  Watchers left;
  // Let go behind the lock: the store holds one of its own while it calls Note.
  std::vector<std::shared_ptr<void>> listeners;
  {
    MutexLock lock(&mu_);
    draining_ = true;
    left.swap(watchers_);
    by_caller_.clear();
    for (auto& [name, feed] : feeds_) listeners.push_back(std::move(feed.listener));
  }
  for (const auto& [number, watcher] : left) watcher->listener->End(Stopping());
}

WatchTable::Round WatchTable::Collect() {
  Round round(sight_.get(), limits_.names, DayOf(clock_->Now()));
  MutexLock lock(&mu_);
  const absl::Duration now = clock_->Steady();
  std::map<std::string, int64_t> lowest;
  for (const auto& [number, watcher] : watchers_) {
    const bool behind = watcher->moves != moves_;
    if (DUBAN_BUG("watch.slow_one_misses") && !watcher->ready) watcher->moves = moves_;
    if (!watcher->ready || (!behind && now < watcher->next_beat && now < watcher->life_end)) continue;
    watcher->ready = false;
    watcher->moves = moves_;
    for (const auto& [name, position] : watcher->positions) {
      const auto at = lowest.try_emplace(name, position).first;
      at->second = std::min(at->second, position);
    }
    round.watchers.push_back(watcher);
  }
  if (round.watchers.empty()) return round;
  for (const auto& [name, feed] : feeds_) {
    Round::Part& part = round.parts[name];
    part.store = feed.store;
    part.epoch = feed.epoch;
    part.known_from = feed.known_from;
    part.head = feed.head;
    if (feed.facts != nullptr) part.facts = std::make_unique<RememberedFacts>(feed.facts);
    const auto from =
        std::upper_bound(feed.changes.begin(), feed.changes.end(), lowest[name],
                         [](int64_t sequence, const Change& change) { return sequence < change.sequence; });
    part.changes.assign(from, feed.changes.end());
  }
  return round;
}

absl::Status WatchTable::Gather(Round& round, Watcher& watcher, v1::WatchResponse* response) {
  DUBAN_RETURN_IF_ERROR(watcher.listener->StillCounts());
  for (auto& [name, position] : watcher.positions) {
    const Round::Part& part = round.parts.at(name);
    DUBAN_ASSIGN_OR_RETURN(const Round::News* news, round.NewsFor(watcher, name, position));
    for (const std::string& changed : news->names) response->add_names(changed);
    if (news->start_over) response->add_start_over(name);
    position = part.head;
    v1::WatchPosition* const told = response->add_positions();
    told->set_feed(name);
    told->set_epoch(part.epoch);
    told->set_sequence(part.head);
  }
  return absl::OkStatus();
}

void WatchTable::Serve(Round& round, Watcher& watcher) {
  const absl::Duration now = clock_->Steady();
  v1::WatchResponse response;
  const bool lived = now >= watcher.life_end;
  const absl::Status gathered = lived ? absl::OkStatus() : Gather(round, watcher, &response);
  if (lived || !gathered.ok()) {
    Cancel(watcher.number);
    return watcher.listener->End(gathered);
  }
  bool tells = !response.names().empty() || !response.start_over().empty();
  {
    MutexLock lock(&mu_);
    tells = tells || now >= watcher.next_beat;
    if (tells) watcher.next_beat = now + limits_.heartbeat;
    if (!tells) watcher.ready = true;
  }
  if (tells) watcher.listener->Tell(response);
}

void WatchTable::Work() {
  Round round = Collect();
  for (const std::shared_ptr<Watcher>& watcher : round.watchers) Serve(round, *watcher);
}

absl::Duration WatchTable::UntilNextBeat() const {
  MutexLock lock(&mu_);
  absl::Duration first = absl::InfiniteDuration();
  for (const auto& [number, watcher] : watchers_) {
    if (watcher->ready) first = std::min({first, watcher->next_beat, watcher->life_end});
  }
  return std::max(first - clock_->Steady(), absl::ZeroDuration());
}

int WatchTable::watching() const {
  MutexLock lock(&mu_);
  return static_cast<int>(watchers_.size());
}

}  // namespace duban
