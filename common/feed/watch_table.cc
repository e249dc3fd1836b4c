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
#include "common/store/keys.h"
#include "duban/storage/v1/record.pb.h"

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
    StrAppend(&key, DUBAN_BUG("watch.units_alike") ? "" : post.unit, " ", roles, "\n");
  }
  return key;
}

// Facts that are asked for once, for as long as one round takes.
class RememberedFacts final : public AccessFacts {
 public:
  explicit RememberedFacts(const AccessFacts* facts) : facts_(*facts) {}

  absl::StatusOr<std::optional<Origin>> OriginOf(std::string_view name) const override {
    // All of a plan comes from where the plan does; whether what is in it is there is no answer for the others.
    const std::string_view plan = RootName(name);
    if (const auto known = origins_.find(plan); known != origins_.end()) return known->second;
    DUBAN_ASSIGN_OR_RETURN(std::optional<Origin> origin, facts_.OriginOf(plan));
    return origins_.emplace(std::string(plan), std::move(origin)).first->second;
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

// Commits that change nothing and are passed over at most, when a process starts.
constexpr int kMostUnchanging = 100;

// Behind which place of the store nothing has changed: a commit stands behind its changes, and a page that was told of
// the last of them stands there.
absl::StatusOr<int64_t> LastChange(const Snapshot& snapshot) {
  int64_t sequence = snapshot.head().sequence();
  for (int passed = 0; passed < kMostUnchanging; ++passed) {
    DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> row, snapshot.GetRow(CommitKey(sequence)));
    storage::v1::CommitRecord commit;
    // Older ones are cut off.
    if (!row.has_value() || !commit.ParseFromString(*row)) return sequence;
    --sequence;
    if (commit.first_sequence() <= sequence) return sequence;
  }
  return sequence;
}

}  // namespace

struct WatchTable::Watcher {
  int64_t number = 0;
  Caller caller;
  std::string sight_key;
  // The number of its Peers.
  int64_t peers = 0;
  std::shared_ptr<WatchListener> listener;
  // Steady time.
  absl::Duration life_end;

  // Guarded by the lock of the table. What it was told has left; which moves it has heard of, and when it has to hear
  // something.
  bool ready = true;
  int64_t moves = 0;
  absl::Duration next_beat;

  // Of whoever works: where it stands, by feed; has to hear something; has not read what it was told last.
  std::map<std::string, int64_t> positions;
  bool due = false;
  bool stuck = false;
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
    // Why nobody knows.
    absl::Status failed;
    bool start_over = false;
    std::vector<std::string> names;
  };

  Round(const Sight* sight, const WatchLimits& limits, absl::CivilDay day)
      : sight_(sight), limits_(limits), day_(day) {}

  std::vector<std::shared_ptr<Watcher>> watchers;
  std::map<std::string, Part> parts;
  // Those for whom there was nothing.
  std::vector<Watcher*> rested;

  bool over() const { return looked_at_ >= limits_.round; }

  absl::StatusOr<const News*> NewsFor(const Watcher& watcher, const std::string& feed, int64_t after) {
    auto [at, fresh] = news_.try_emplace({watcher.peers, feed, after});
    News& news = at->second;
    if (fresh) news.failed = Read(watcher.caller, parts.at(feed), after, news);
    DUBAN_RETURN_IF_ERROR(news.failed);
    return &news;
  }

 private:
  absl::Status Read(const Caller& caller, const Part& part, int64_t after, News& news) {
    DUBAN_RETURN_IF_ERROR(part.store->serving());
    news.start_over = after < part.known_from || after > part.head;
    if (news.start_over) return absl::OkStatus();
    const auto from = std::upper_bound(part.changes.begin(), part.changes.end(), after, IsBefore);
    std::set<std::string_view> looked_at;
    std::set<std::string> names;
    for (auto change = from; change != part.changes.end(); ++change) {
      if (!looked_at.insert(*change->name).second) continue;
      ++looked_at_;
      news.start_over = looked_at.size() > limits_.names_looked_at;
      if (news.start_over) return absl::OkStatus();
      DUBAN_ASSIGN_OR_RETURN(std::string name, sight_->NameFor(caller, *change->name, part.facts.get(), day_));
      if (!name.empty()) names.insert(std::move(name));
      news.start_over = names.size() > limits_.names;
      if (news.start_over) return absl::OkStatus();
    }
    news.names.assign(names.begin(), names.end());
    return absl::OkStatus();
  }

  const Sight* const sight_;
  const WatchLimits& limits_;
  const absl::CivilDay day_;
  // By peers, feed and position.
  std::map<std::tuple<int64_t, std::string, int64_t>, News> news_;
  // Names, for all of them.
  size_t looked_at_ = 0;
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
  const std::unique_ptr<Snapshot> snapshot = store->TakeSnapshot();
  const v1::FeedPosition head = snapshot->head();
  DUBAN_ASSIGN_OR_RETURN(const int64_t last_change, LastChange(*snapshot));
  MutexLock lock(&mu_);
  feed->listener = std::move(listener);
  feed->epoch = head.epoch();
  feed->known_from = last_change;
  feed->head = std::max(feed->head, head.sequence());
  return absl::OkStatus();
}

void WatchTable::Note(Feed& feed, const std::vector<EntityChange>& changes) {
  {
    MutexLock lock(&mu_);
    std::shared_ptr<const std::string> last;
    const size_t before = feed.changes.size();
    for (const EntityChange& change : changes) {
      feed.head = std::max(feed.head, change.sequence);
      std::string name = ResourceOf(change.name);
      if (name.empty()) continue;
      // What is written together is mostly of one plan, and known by its name.
      if (last == nullptr || *last != name) last = std::make_shared<const std::string>(std::move(name));
      feed.changes.push_back({change.sequence, last});
    }
    // What nobody knows by a name wakes nobody.
    if (feed.changes.size() == before) return;
    while (feed.changes.size() > limits_.changes_kept) {
      if (!DUBAN_BUG("watch.forgotten_counts_as_known")) {
        feed.known_from = std::max(feed.known_from, feed.changes.front().sequence);
      }
      feed.changes.pop_front();
    }
    ++moves_;
    if (watchers_.empty() || DUBAN_BUG("watch.wake_dropped")) return;
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
    if (position.feed() == name)
      return position.epoch() == feed.epoch || DUBAN_BUG("watch.any_history") ? position.sequence() : kNowhere;
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
      Peers& peers = peers_[watcher->sight_key];
      if (++peers.watchers == 1) peers.number = number;
      watcher->peers = peers.number;
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
    if (found->second->moves == moves_ && clock_->Steady() < found->second->next_beat) return;
  }
  stir_();
}

void WatchTable::Erase(Watchers::iterator watcher) {
  const auto own = by_caller_.find(watcher->second->caller.label());
  if (--own->second == 0) by_caller_.erase(own);
  const auto peers = peers_.find(watcher->second->sight_key);
  if (--peers->second.watchers == 0) peers_.erase(peers);
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
    peers_.clear();
    for (auto& [name, feed] : feeds_) listeners.push_back(std::move(feed.listener));
  }
  for (const auto& [number, watcher] : left) watcher->listener->End(Stopping());
}

WatchTable::Round WatchTable::Collect() {
  Round round(sight_.get(), limits_, DayOf(clock_->Now()));
  MutexLock lock(&mu_);
  const absl::Duration now = clock_->Steady();
  std::map<std::string, int64_t> lowest;
  for (const auto& [number, watcher] : watchers_) {
    const bool behind = watcher->moves != moves_;
    if (DUBAN_BUG("watch.slow_one_misses") && !watcher->ready) watcher->moves = moves_;
    const bool lived = now >= watcher->life_end;
    if (!lived && (!watcher->ready || (!behind && now < watcher->next_beat))) continue;
    watcher->stuck = !watcher->ready;
    watcher->due = now >= watcher->next_beat;
    watcher->ready = false;
    watcher->moves = moves_;
    for (const auto& [name, position] : watcher->positions) {
      const auto at = lowest.try_emplace(name, position).first;
      at->second = std::min(at->second, position);
    }
    round.watchers.push_back(watcher);
  }
  if (round.watchers.empty()) return round;
  const auto first = std::find_if(round.watchers.begin(), round.watchers.end(),
                                  [&](const auto& watcher) { return watcher->number >= next_served_; });
  std::rotate(round.watchers.begin(), first, round.watchers.end());
  for (const auto& [name, feed] : feeds_) {
    Round::Part& part = round.parts[name];
    part.store = feed.store;
    part.epoch = feed.epoch;
    part.known_from = feed.known_from;
    part.head = feed.head;
    if (feed.facts != nullptr) part.facts = std::make_unique<RememberedFacts>(feed.facts);
    const auto from = std::upper_bound(feed.changes.begin(), feed.changes.end(), lowest[name], IsBefore);
    part.changes.assign(from, feed.changes.end());
  }
  return round;
}

absl::StatusOr<bool> WatchTable::Concerns(Round& round, Watcher& watcher) {
  if (watcher.due) return true;
  for (const auto& [name, position] : watcher.positions) {
    DUBAN_ASSIGN_OR_RETURN(const Round::News* news, round.NewsFor(watcher, name, position));
    if (news->start_over || !news->names.empty()) return true;
    if (DUBAN_BUG("watch.one_feed_passes_for_all")) break;
  }
  for (auto& [name, position] : watcher.positions) position = round.parts.at(name).head;
  return false;
}

absl::Status WatchTable::Gather(Round& round, Watcher& watcher, v1::WatchResponse* response) {
  // Several feeds may tell of the same.
  std::set<std::string_view> told;
  for (auto& [name, position] : watcher.positions) {
    const Round::Part& part = round.parts.at(name);
    DUBAN_ASSIGN_OR_RETURN(const Round::News* news, round.NewsFor(watcher, name, position));
    const auto fresh = std::count_if(news->names.begin(), news->names.end(),
                                     [&](const std::string& changed) { return !told.contains(changed); });
    const bool fits = !news->start_over && told.size() + static_cast<size_t>(fresh) <= limits_.names;
    if (!fits) response->add_start_over(name);
    for (const std::string& changed : news->names) {
      if (fits && told.insert(changed).second) response->add_names(changed);
    }
    position = part.head;
    v1::WatchPosition* const stands = response->add_positions();
    stands->set_feed(name);
    stands->set_epoch(part.epoch);
    stands->set_sequence(part.head);
  }
  return absl::OkStatus();
}

void WatchTable::EndLived(Watcher& watcher) {
  Cancel(watcher.number);
  if (!watcher.stuck) return watcher.listener->End(absl::OkStatus());
  watcher.listener->Abort(absl::CancelledError("the caller does not read what it is told"));
}

void WatchTable::Serve(Round& round, Watcher& watcher) {
  const absl::Duration now = clock_->Steady();
  if (now >= watcher.life_end) return EndLived(watcher);
  const absl::StatusOr<bool> concerns = Concerns(round, watcher);
  if (concerns.ok() && !*concerns) return round.rested.push_back(&watcher);
  v1::WatchResponse response;
  // Whether the token counts is asked only of those who are told something: it costs a look into the store.
  absl::Status gathered = concerns.status();
  if (gathered.ok()) gathered = watcher.listener->StillCounts();
  if (gathered.ok()) gathered = Gather(round, watcher, &response);
  if (!gathered.ok()) {
    Cancel(watcher.number);
    return watcher.listener->End(gathered);
  }
  {
    MutexLock lock(&mu_);
    watcher.next_beat = now + limits_.heartbeat;
  }
  watcher.listener->Tell(response);
}

void WatchTable::PutBack(const Round& round, size_t served) {
  const bool left = served < round.watchers.size();
  {
    MutexLock lock(&mu_);
    for (Watcher* const watcher : round.rested) watcher->ready = true;
    for (size_t i = served; i < round.watchers.size(); ++i) {
      round.watchers[i]->ready = !round.watchers[i]->stuck;
      round.watchers[i]->moves = 0;
    }
    next_served_ = left ? round.watchers[served]->number : 0;
  }
  if (left) stir_();
}

void WatchTable::Work(absl::FunctionRef<bool()> stop) {
  Round round = Collect();
  size_t served = 0;
  while (served < round.watchers.size() && !round.over() && !stop()) Serve(round, *round.watchers[served++]);
  PutBack(round, served);
}

absl::Duration WatchTable::UntilNextBeat() const {
  MutexLock lock(&mu_);
  absl::Duration first = absl::InfiniteDuration();
  const absl::Duration now = clock_->Steady();
  for (const auto& [number, watcher] : watchers_) {
    first = std::min(first, watcher->life_end);
    // Who was just told something is mostly ready again before it has to be told more; who is not says so (Ready).
    if (watcher->ready || watcher->next_beat > now) first = std::min(first, watcher->next_beat);
  }
  return std::max(first - now, absl::ZeroDuration());
}

int WatchTable::watching() const {
  MutexLock lock(&mu_);
  return static_cast<int>(watchers_.size());
}

}  // namespace duban
