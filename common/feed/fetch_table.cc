#include "common/feed/fetch_table.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "absl/functional/function_ref.h"
#include "common/base/errors.h"
#include "common/base/mutex.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/feed/feed_page.h"

namespace duban {
namespace {

using Fetched = absl::StatusOr<std::shared_ptr<const SharedPage>>;

absl::Duration WaitOf(const v1::FetchRequest& request) {
  return absl::Seconds(request.wait().seconds()) + absl::Nanoseconds(request.wait().nanos());
}

std::shared_ptr<const SharedPage> EmptyPage(const v1::FetchRequest& request) {
  v1::FetchResponse response;
  *response.mutable_page()->mutable_from() = request.position();
  *response.mutable_page()->mutable_to() = request.position();
  return std::make_shared<const SharedPage>(std::move(response));
}

// What a page depends on, besides the snapshot it is read from.
struct PageKey {
  std::string feed;
  std::string epoch;
  int64_t sequence = 0;
  std::string hash;
  int32_t max_bytes = 0;
  Audiences audiences;
  // Where each follower has a view of its own.
  std::string follower;
  auto operator<=>(const PageKey&) const = default;
};

PageKey KeyOf(const v1::FetchRequest& request, Audiences audiences) {
  const v1::FeedPosition& at = request.position();
  if (DUBAN_BUG("feed.page_shared_by_position")) audiences.clear();
  return {request.feed(), at.epoch(), at.sequence(), at.hash(), request.max_bytes(), std::move(audiences), ""};
}

}  // namespace

const std::string& SharedPage::bytes() const {
  MutexLock lock(&mu_);
  if (!made_) bytes_ = response_.SerializeAsString();
  made_ = true;
  return bytes_;
}

struct FetchTable::Call {
  int64_t number = 0;
  v1::FetchRequest request;
  Answer answer;
  FeedServer* feed = nullptr;
  Audiences audiences;
  // Steady time.
  absl::Duration end;
  // The last round it was put into.
  int64_t round = 0;
  // Its position was found to be of the feed's history.
  std::atomic<bool> known = false;

  // Answers a call that was taken.
  void Finish(Fetched page) {
    feed->followers().End(CallOf(request, ""), false);
    answer(std::move(page));
  }
};

// Calls that are read at one time, from one snapshot a feed: so what one of them found to be new, or not, holds for the
// page that another one has read.
class FetchTable::Round {
 public:
  explicit Round(std::vector<std::shared_ptr<Call>> calls) : calls_(std::move(calls)) {}

  // The next call; null where there is none.
  std::shared_ptr<Call> Next() {
    const size_t next = next_.fetch_add(1);
    return next < calls_.size() ? std::move(calls_[next]) : nullptr;
  }
  bool more() const { return next_ < calls_.size(); }

  // The page for a call; null where nothing is new to it, unless it is wanted `in_any_case`.
  Fetched PageFor(const Call& call, bool in_any_case) ABSL_LOCKS_EXCLUDED(mu_) {
    const std::shared_ptr<const Snapshot> snapshot = SnapshotOf(*call.feed);
    DUBAN_ASSIGN_OR_RETURN(const Audiences news, NewsOf(*snapshot, call));
    if (news.empty() && !in_any_case) return std::shared_ptr<const SharedPage>();
    PageKey key = KeyOf(call.request, news);
    const Fetched shared = PageOf(key, [&] { return ReadForAll(*snapshot, news, call); });
    if (!shared.ok() || *shared != nullptr) return shared;
    key.follower = StrCat(call.request.downstream() ? "node/" : "service/", call.request.follower());
    return PageOf(std::move(key), [&] { return ReadForOne(*snapshot, news, call); });
  }

 private:
  struct Slot {
    Mutex mu;
    std::optional<Fetched> page ABSL_GUARDED_BY(mu);
  };

  // Null where those who stand there get different ones.
  static Fetched ReadForAll(const Snapshot& snapshot, const Audiences& news, const Call& call) {
    DUBAN_ASSIGN_OR_RETURN(auto response, call.feed->ReadPageForAll(snapshot, news, call.request));
    if (!response.has_value()) return std::shared_ptr<const SharedPage>();
    return std::make_shared<const SharedPage>(*std::move(response));
  }

  static Fetched ReadForOne(const Snapshot& snapshot, const Audiences& news, const Call& call) {
    DUBAN_ASSIGN_OR_RETURN(v1::FetchResponse response, call.feed->ReadPage(snapshot, news, call.request));
    return std::make_shared<const SharedPage>(std::move(response));
  }

  // The page of a key, read by the first that asks.
  Fetched PageOf(PageKey key, absl::FunctionRef<Fetched()> read) ABSL_LOCKS_EXCLUDED(mu_) {
    const std::shared_ptr<Slot> slot = SlotOf(std::move(key));
    MutexLock lock(&slot->mu);
    if (!slot->page.has_value()) slot->page = read();
    return *slot->page;
  }

  std::shared_ptr<const Snapshot> SnapshotOf(const FeedServer& feed) ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    std::shared_ptr<const Snapshot>& snapshot = snapshots_[&feed];
    if (snapshot == nullptr) snapshot = feed.store()->TakeSnapshot();
    return snapshot;
  }

  std::shared_ptr<Slot> SlotOf(PageKey key) ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    std::shared_ptr<Slot>& slot = pages_[std::move(key)];
    if (slot == nullptr) slot = std::make_shared<Slot>();
    return slot;
  }

  // The audiences of a call that have something behind its position.
  absl::StatusOr<Audiences> NewsOf(const Snapshot& snapshot, const Call& call) ABSL_LOCKS_EXCLUDED(mu_) {
    Audiences news;
    for (const std::string& audience : call.audiences) {
      DUBAN_ASSIGN_OR_RETURN(const bool some, HasNewsFor(snapshot, call, audience));
      if (some) news.insert(audience);
    }
    return news;
  }

  absl::StatusOr<bool> HasNewsFor(const Snapshot& snapshot, const Call& call, const std::string& audience)
      ABSL_LOCKS_EXCLUDED(mu_) {
    const int64_t after = call.request.position().sequence();
    const std::tuple<const FeedServer*, std::string, int64_t> key(call.feed, audience, after);
    {
      MutexLock lock(&mu_);
      if (const auto it = news_.find(key); it != news_.end()) return it->second;
    }
    DUBAN_ASSIGN_OR_RETURN(const bool some, HasNews(snapshot, audience, after));
    MutexLock lock(&mu_);
    news_.emplace(key, some);
    return some;
  }

  std::vector<std::shared_ptr<Call>> calls_;
  std::atomic<size_t> next_ = 0;
  Mutex mu_;
  std::map<const FeedServer*, std::shared_ptr<const Snapshot>> snapshots_ ABSL_GUARDED_BY(mu_);
  std::map<std::tuple<const FeedServer*, std::string, int64_t>, bool> news_ ABSL_GUARDED_BY(mu_);
  std::map<PageKey, std::shared_ptr<Slot>> pages_ ABSL_GUARDED_BY(mu_);
};

FetchTable::FetchTable(Clock* clock, int max_waiting, std::function<void()> stir)
    : clock_(clock), max_waiting_(max_waiting), stir_(std::move(stir)) {}

FetchTable::~FetchTable() = default;

void FetchTable::AddFeed(FeedServer* feed) {
  feeds_[feed->feed()] = feed;
}

absl::Status FetchTable::CheckFeed(const v1::FetchRequest& request) const {
  const auto feed = feeds_.find(request.feed());
  if (feed == feeds_.end()) return NoFeed(request.feed());
  return feed->second->store()->serving();
}

absl::Status FetchTable::CheckRoom(const v1::FetchRequest& request) const {
  if (draining_) {
    return Error(v1::NOT_SERVING, "the server is stopping; repeat the call later", "服务正在停止，请稍后重试");
  }
  const bool replaces = by_follower_.contains(Follower(request.feed(), request.follower(), request.downstream()));
  if (static_cast<int>(calls_.size()) < max_waiting_ || replaces) return absl::OkStatus();
  return Error(v1::OVERLOADED, StrCat(max_waiting_, " followers wait already; pause, then call again"),
               StrCat("已有", max_waiting_, "个等待中的请求，请稍后重试"), {{"limit", StrCat(max_waiting_)}});
}

int64_t FetchTable::Submit(const v1::FetchRequest& request, std::string address, Answer answer) {
  // Without the lock: the store calls Touch from its writer, and has locks of its own.
  if (absl::Status checked = CheckFeed(request); !checked.ok()) {
    answer(std::move(checked));
    return 0;
  }
  auto call = std::make_shared<Call>();
  call->request = request;
  call->answer = std::move(answer);
  call->feed = feeds_.at(request.feed());
  call->audiences = call->feed->audiences(request);
  call->end = clock_->Steady() + WaitOf(request);
  if (absl::Status begun = call->feed->followers().Begin(CallOf(request, std::move(address))); !begun.ok()) {
    call->answer(std::move(begun));
    return 0;
  }
  std::shared_ptr<Call> older;
  absl::Status checked;
  int64_t number = 0;
  {
    MutexLock lock(&mu_);
    checked = CheckRoom(request);
    if (checked.ok()) {
      const auto it = by_follower_.find(Follower(request.feed(), request.follower(), request.downstream()));
      if (it != by_follower_.end() && WaitOf(request) > absl::ZeroDuration()) older = Take(it->second);
      number = ++last_number_;
      Put(number, call);
    }
  }
  if (!checked.ok()) call->Finish(std::move(checked));
  if (older != nullptr) older->Finish(EmptyPage(older->request));
  if (number > 0) stir_();
  return number;
}

void FetchTable::Put(int64_t number, std::shared_ptr<Call> call) {
  const v1::FetchRequest& request = call->request;
  call->number = number;
  if (WaitOf(request) > absl::ZeroDuration()) {
    by_follower_[Follower(request.feed(), request.follower(), request.downstream())] = number;
  }
  by_end_.insert({call->end, number});
  for (const std::string& audience : call->audiences) by_audience_[{request.feed(), audience}].insert(number);
  new_.push_back(number);
  calls_[number] = std::move(call);
}

std::shared_ptr<FetchTable::Call> FetchTable::Take(int64_t number) {
  auto it = calls_.find(number);
  if (it == calls_.end()) return nullptr;
  std::shared_ptr<Call> call = std::move(it->second);
  calls_.erase(it);
  const v1::FetchRequest& request = call->request;
  const auto waiting = by_follower_.find(Follower(request.feed(), request.follower(), request.downstream()));
  if (waiting != by_follower_.end() && waiting->second == number) by_follower_.erase(waiting);
  by_end_.erase({call->end, number});
  for (const std::string& audience : call->audiences) {
    const auto group = by_audience_.find({request.feed(), audience});
    group->second.erase(number);
    if (group->second.empty()) by_audience_.erase(group);
  }
  return call;
}

void FetchTable::Cancel(int64_t number) {
  // The call, and what its answer holds, is destroyed behind the lock.
  std::shared_ptr<Call> call;
  {
    MutexLock lock(&mu_);
    call = Take(number);
  }
  if (call != nullptr) call->feed->followers().End(CallOf(call->request, ""), true);
}

void FetchTable::Touch(const std::string& feed, const Audiences& touched) {
  bool concerned = false;
  {
    MutexLock lock(&mu_);
    for (const std::string& audience : touched) {
      if (!by_audience_.contains({feed, audience})) continue;
      touched_.emplace(feed, audience);
      concerned = true;
    }
  }
  if (concerned) stir_();
}

void FetchTable::FailFeed(const std::string& feed) {
  std::vector<std::shared_ptr<Call>> failed;
  {
    MutexLock lock(&mu_);
    std::vector<int64_t> numbers;
    for (const auto& [number, call] : calls_) {
      if (call->request.feed() == feed) numbers.push_back(number);
    }
    for (const int64_t number : numbers) failed.push_back(Take(number));
  }
  for (const std::shared_ptr<Call>& call : failed) {
    call->Finish(Error(v1::NOT_SERVING, StrCat("the store of `", feed, "` has failed; call again after a restart"),
                       StrCat("“", feed, "”的存储已失效，请在重启后重试")));
  }
}

void FetchTable::Drain() {
  std::vector<std::shared_ptr<Call>> left;
  {
    MutexLock lock(&mu_);
    draining_ = true;
    while (!calls_.empty()) left.push_back(Take(calls_.begin()->first));
  }
  for (const std::shared_ptr<Call>& call : left) call->Finish(EmptyPage(call->request));
}

int FetchTable::waiting() const {
  MutexLock lock(&mu_);
  return static_cast<int>(calls_.size());
}

absl::Duration FetchTable::UntilNextEnd() const {
  MutexLock lock(&mu_);
  if (by_end_.empty()) return absl::InfiniteDuration();
  return std::max(by_end_.begin()->first - clock_->Steady(), absl::ZeroDuration());
}

std::shared_ptr<FetchTable::Round> FetchTable::Join() {
  MutexLock lock(&mu_);
  if (round_ == nullptr || !round_->more()) round_ = Collect();
  return round_;
}

std::shared_ptr<FetchTable::Round> FetchTable::Collect() {
  std::vector<std::shared_ptr<Call>> calls;
  ++rounds_;
  const auto add = [&](int64_t number) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    const auto it = calls_.find(number);
    if (it == calls_.end() || std::exchange(it->second->round, rounds_) == rounds_) return;
    calls.push_back(it->second);
  };
  for (const int64_t number : new_) add(number);
  new_.clear();
  for (const Group& group : touched_) {
    const auto it = by_audience_.find(group);
    if (it == by_audience_.end()) continue;
    for (const int64_t number : it->second) add(number);
  }
  touched_.clear();
  const absl::Duration now = clock_->Steady();
  for (const auto& [end, number] : by_end_) {
    if (end > now) break;
    add(number);
  }
  return calls.empty() ? nullptr : std::make_shared<Round>(std::move(calls));
}

bool FetchTable::Work(Round& round, size_t most) {
  for (size_t i = 0; i < most; ++i) {
    const std::shared_ptr<Call> call = round.Next();
    if (call == nullptr) break;
    Read(round, *call);
  }
  if (round.more()) return true;
  // Its snapshots go with whoever still works on it.
  std::shared_ptr<Round> last;
  MutexLock lock(&mu_);
  if (round_.get() == &round) last = std::move(round_);
  return false;
}

void FetchTable::Read(Round& round, Call& call) {
  const bool over = clock_->Steady() >= call.end;
  // The first time its position has to be looked at, too.
  Fetched page = round.PageFor(call, over || !call.known);
  if (page.ok() && *page == nullptr) return;
  if (page.ok()) {
    const v1::FeedPage& read = (*page)->response().page();
    call.known = true;
    call.feed->followers().Found(CallOf(call.request, ""), call.request.position(), read.at_head());
    // At the head, a page without entries that still moves the position (past what does not concern the follower) is
    // not news. Before it, the follower has to come past what this page found superseded.
    if (read.entries().empty() && read.at_head() && !over) return;
  }
  {
    MutexLock lock(&mu_);
    if (Take(call.number) == nullptr) return;
  }
  call.Finish(std::move(page));
}

}  // namespace duban
