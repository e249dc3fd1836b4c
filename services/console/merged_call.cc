#include "services/console/merged_call.h"

#include <deque>
#include <string>
#include <utility>

#include "common/base/mutex.h"

namespace duban::console {
namespace {

class MergedCall final : public BackendCall, public std::enable_shared_from_this<MergedCall> {
 public:
  MergedCall(BackendPort* port, BackendRequest request, std::vector<Backend> processes,
             std::shared_ptr<BackendListener> listener)
      : port_(port), request_(std::move(request)), processes_(std::move(processes)), listener_(std::move(listener)) {}

  void Start() override ABSL_LOCKS_EXCLUDED(mu_);
  void Next() override ABSL_LOCKS_EXCLUDED(mu_);
  void Cancel() override ABSL_LOCKS_EXCLUDED(mu_);

 private:
  using Parts = std::vector<std::shared_ptr<BackendCall>>;
  class Part;
  struct Message {
    size_t part;
    std::string bytes;
  };

  void OnMessage(size_t part, std::string bytes) ABSL_LOCKS_EXCLUDED(mu_);
  void OnDone(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mu_);
  // Hands a message on and asks for the next of its process.
  void HandOn(Message message) ABSL_LOCKS_EXCLUDED(mu_);

  BackendPort* const port_;
  const BackendRequest request_;
  const std::vector<Backend> processes_;
  const std::shared_ptr<BackendListener> listener_;
  Mutex mu_;
  // From Start to the end of the last one; they hold this.
  Parts parts_ ABSL_GUARDED_BY(mu_);
  size_t open_ ABSL_GUARDED_BY(mu_) = 0;
  // The listener has asked for a message and has none yet.
  bool asked_ ABSL_GUARDED_BY(mu_) = true;
  // Of each process at most one, since the next is asked for when it was handed on.
  std::deque<Message> waiting_ ABSL_GUARDED_BY(mu_);
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
  bool ending_ ABSL_GUARDED_BY(mu_) = false;
  // Of the first that ended.
  absl::Status end_ ABSL_GUARDED_BY(mu_);
};

class MergedCall::Part final : public BackendListener {
 public:
  Part(std::shared_ptr<MergedCall> whole, size_t number) : whole_(std::move(whole)), number_(number) {}
  void OnMessage(std::string message) override { whole_->OnMessage(number_, std::move(message)); }
  void OnDone(absl::Status status) override { whole_->OnDone(status); }

 private:
  const std::shared_ptr<MergedCall> whole_;
  const size_t number_;
};

void MergedCall::Start() {
  Parts parts;
  for (const Backend process : processes_) {
    BackendRequest request = request_;
    request.backend = process;
    parts.push_back(port_->MakeCall(std::move(request), std::make_shared<Part>(shared_from_this(), parts.size())));
  }
  bool cancelled = false;
  {
    MutexLock lock(&mu_);
    parts_ = parts;
    open_ = parts.size();
    cancelled = cancelled_;
  }
  for (const std::shared_ptr<BackendCall>& part : parts) part->Start();
  if (cancelled) Cancel();
}

void MergedCall::Cancel() {
  Parts parts;
  {
    MutexLock lock(&mu_);
    cancelled_ = true;
    parts = parts_;
  }
  for (const std::shared_ptr<BackendCall>& part : parts) part->Cancel();
}

void MergedCall::HandOn(Message message) {
  std::shared_ptr<BackendCall> part;
  {
    MutexLock lock(&mu_);
    if (message.part < parts_.size()) part = parts_[message.part];
  }
  listener_->OnMessage(std::move(message.bytes));
  if (part != nullptr) part->Next();
}

void MergedCall::OnMessage(size_t part, std::string bytes) {
  {
    MutexLock lock(&mu_);
    if (ending_) return;
    if (!asked_) return waiting_.push_back({part, std::move(bytes)});
    asked_ = false;
  }
  HandOn({part, std::move(bytes)});
}

void MergedCall::Next() {
  Message next;
  {
    MutexLock lock(&mu_);
    asked_ = waiting_.empty();
    if (asked_ || ending_) return;
    next = std::move(waiting_.front());
    waiting_.pop_front();
  }
  HandOn(std::move(next));
}

void MergedCall::OnDone(const absl::Status& status) {
  bool first = false, last = false;
  absl::Status end;
  // Destroyed behind the lock.
  Parts parts;
  {
    MutexLock lock(&mu_);
    first = !std::exchange(ending_, true);
    if (first) end_ = status;
    last = --open_ == 0;
    if (last) parts.swap(parts_);
    end = end_;
  }
  if (first && !last) Cancel();
  if (last) listener_->OnDone(std::move(end));
}

}  // namespace

std::shared_ptr<BackendCall> MakeMergedCall(BackendPort* port, const BackendRequest& request,
                                            const std::vector<Backend>& processes,
                                            std::shared_ptr<BackendListener> listener) {
  return std::make_shared<MergedCall>(port, request, processes, std::move(listener));
}

}  // namespace duban::console
