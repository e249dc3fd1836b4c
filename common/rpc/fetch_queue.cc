#include "common/rpc/fetch_queue.h"

#include <algorithm>
#include <utility>

#include "common/base/errors.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"

namespace duban {
namespace {

absl::Duration WaitOf(const v1::FetchRequest& request) {
  return absl::Seconds(request.wait().seconds()) + absl::Nanoseconds(request.wait().nanos());
}

}  // namespace

FetchQueue::~FetchQueue() {
  Drain();
}

void FetchQueue::AddFeed(FeedServer* feed) {
  feeds_[feed->feed()].server = feed;
}

void FetchQueue::Start() {
  for (auto& [name, feed] : feeds_) {
    feed.listener =
        feed.server->store()->OnCommit([this, name = name](const Audiences& touched) { Touch(name, touched); });
  }
  pump_ = std::thread([this] { Pump(); });
}

FetchQueue::Follower FetchQueue::FollowerOf(const v1::FetchRequest& request) {
  return {request.feed(), request.follower(), request.downstream()};
}

v1::FetchResponse FetchQueue::EmptyPage(const v1::FetchRequest& request) {
  v1::FetchResponse response;
  *response.mutable_page()->mutable_from() = request.position();
  *response.mutable_page()->mutable_to() = request.position();
  return response;
}

absl::Status FetchQueue::CheckFeed(const v1::FetchRequest& request) const {
  auto feed = feeds_.find(request.feed());
  if (feed == feeds_.end()) {
    return Error(v1::RESOURCE_NOT_FOUND, StrCat("this server has no feed `", request.feed(), "`; check the address"),
                 StrCat("本服务没有“", request.feed(), "”数据流，请检查地址"), {{"name", request.feed()}});
  }
  return feed->second.server->store()->serving();
}

absl::Status FetchQueue::CheckRoom(const v1::FetchRequest& request) const {
  if (draining_) {
    return Error(v1::NOT_SERVING, "the server is stopping; repeat the call later", "服务正在停止，请稍后重试");
  }
  if (static_cast<int>(calls_.size()) < max_waiting_ || by_follower_.contains(FollowerOf(request))) {
    return absl::OkStatus();
  }
  return Error(v1::OVERLOADED, StrCat(max_waiting_, " followers wait already; pause, then call again"),
               StrCat("已有", max_waiting_, "个等待中的请求，请稍后重试"), {{"limit", StrCat(max_waiting_)}});
}

int64_t FetchQueue::Submit(const v1::FetchRequest& request, Answer answer) {
  std::shared_ptr<Call> older;
  // Without the lock: the store calls Touch from its writer, and has locks of its own.
  absl::Status checked = CheckFeed(request);
  int64_t number = 0;
  if (checked.ok()) {
    MutexLock lock(&mu_);
    checked = CheckRoom(request);
    if (checked.ok()) {
      const Follower follower = FollowerOf(request);
      if (auto it = by_follower_.find(follower); it != by_follower_.end()) older = Take(it->second);
      auto call = std::make_shared<Call>();
      call->request = request;
      call->answer = std::move(answer);
      call->feed = feeds_.at(request.feed()).server;
      call->audiences = call->feed->audiences(request);
      call->end = clock_->Steady() + WaitOf(request);
      number = ++last_number_;
      by_follower_[follower] = number;
      by_end_.insert({call->end, number});
      for (const std::string& audience : call->audiences) by_audience_[{request.feed(), audience}].insert(number);
      ready_.insert(number);
      calls_[number] = std::move(call);
    }
  }
  if (!checked.ok()) answer(checked);
  if (older != nullptr) older->answer(EmptyPage(older->request));
  return number;
}

std::shared_ptr<FetchQueue::Call> FetchQueue::Take(int64_t number) {
  auto it = calls_.find(number);
  if (it == calls_.end()) return nullptr;
  std::shared_ptr<Call> call = std::move(it->second);
  calls_.erase(it);
  by_follower_.erase(FollowerOf(call->request));
  by_end_.erase({call->end, number});
  ready_.erase(number);
  for (const std::string& audience : call->audiences) {
    auto group = by_audience_.find({call->request.feed(), audience});
    group->second.erase(number);
    if (group->second.empty()) by_audience_.erase(group);
  }
  return call;
}

void FetchQueue::Cancel(int64_t number) {
  // The call, and what its answer holds, is destroyed behind the lock.
  std::shared_ptr<Call> call;
  MutexLock lock(&mu_);
  call = Take(number);
}

void FetchQueue::FailFeed(const std::string& feed) {
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
    call->answer(Error(v1::NOT_SERVING, StrCat("the store of `", feed, "` has failed; call again after a restart"),
                       StrCat("“", feed, "”的存储已失效，请在重启后重试")));
  }
}

void FetchQueue::Drain() {
  std::vector<std::shared_ptr<Call>> left;
  {
    MutexLock lock(&mu_);
    draining_ = true;
    while (!calls_.empty()) left.push_back(Take(calls_.begin()->first));
  }
  for (const std::shared_ptr<Call>& call : left) call->answer(EmptyPage(call->request));
  if (pump_.joinable()) pump_.join();
  for (auto& [name, feed] : feeds_) feed.listener.reset();
}

int FetchQueue::waiting() const {
  MutexLock lock(&mu_);
  return static_cast<int>(calls_.size());
}

void FetchQueue::Touch(const std::string& feed, const Audiences& touched) {
  MutexLock lock(&mu_);
  for (const std::string& audience : touched) {
    auto group = by_audience_.find({feed, audience});
    if (group != by_audience_.end()) ready_.insert(group->second.begin(), group->second.end());
  }
}

void FetchQueue::Pump() {
  while (true) {
    std::vector<std::pair<int64_t, std::shared_ptr<Call>>> now;
    {
      MutexLock lock(&mu_);
      const absl::Duration until = by_end_.empty()
                                       ? absl::Minutes(1)
                                       : std::max(by_end_.begin()->first - clock_->Steady(), absl::ZeroDuration());
      const int64_t known = last_number_;
      const auto stirred = [this, known] {
        mu_.AssertReaderHeld();
        return draining_ || !ready_.empty() || last_number_ != known;
      };
      clock_->AwaitWithTimeout(&mu_, absl::Condition(&stirred), until);
      if (draining_) return;
      for (const auto& [end, number] : by_end_) {
        if (end > clock_->Steady()) break;
        ready_.insert(number);
      }
      for (const int64_t number : ready_) now.emplace_back(number, calls_.at(number));
      ready_.clear();
    }
    for (const auto& [number, call] : now) Read(number, call);
  }
}

void FetchQueue::Read(int64_t number, const std::shared_ptr<Call>& call) {
  const bool over = clock_->Steady() >= call->end;
  absl::StatusOr<v1::FetchResponse> page = call->feed->TryFetch(call->request);
  // A page without entries that still moves the position (past what does not concern the follower) is not news.
  if (page.ok() && page->page().entries().empty() && !over) return;
  {
    MutexLock lock(&mu_);
    if (Take(number) == nullptr) return;
  }
  call->answer(std::move(page));
}

}  // namespace duban
