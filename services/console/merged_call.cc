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
  // Tells the listener what it is to hear, one thing at a time, whoever brought it: a message that was asked for, after
  // which the next of its process is, and the end once the last one has ended.
  void HandOn() ABSL_LOCKS_EXCLUDED(mu_);

  BackendPort* const port_;
  const BackendRequest request_;
  const std::vector<Backend> processes_;
  const std::shared_ptr<BackendListener> listener_;
  Mutex mu_;
  // From Start to the end of the last one; they hold this.
  Parts parts_ ABSL_GUARDED_BY(mu_);
  // Of which so many have not ended.
  size_t open_ ABSL_GUARDED_BY(mu_) = 0;
  // Somebody tells the listener something; and looks again afterwards.
  bool handing_ ABSL_GUARDED_BY(mu_) = false;
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

void MergedCall::HandOn() {
  while (true) {
    std::string bytes;
    std::shared_ptr<BackendCall> part;
    absl::Status end;
    // Destroyed behind the lock.
    Parts parts;
    {
      MutexLock lock(&mu_);
      if (handing_ || parts_.empty()) return;
      if (open_ == 0) {
        parts.swap(parts_);
        end = end_;
      } else if (asked_ && !ending_ && !waiting_.empty()) {
        part = parts_[waiting_.front().part];
        bytes = std::move(waiting_.front().bytes);
        waiting_.pop_front();
        asked_ = false;
        handing_ = true;
      } else {
        return;
      }
    }
    if (part == nullptr) return listener_->OnDone(std::move(end));
    listener_->OnMessage(std::move(bytes));
    part->Next();
    MutexLock lock(&mu_);
    handing_ = false;
  }
}

void MergedCall::OnMessage(size_t part, std::string bytes) {
  {
    MutexLock lock(&mu_);
    if (ending_) return;
    waiting_.push_back({part, std::move(bytes)});
  }
  HandOn();
}

void MergedCall::Next() {
  {
    MutexLock lock(&mu_);
    asked_ = true;
  }
  HandOn();
}

void MergedCall::OnDone(const absl::Status& status) {
  bool first = false, last = false;
  {
    MutexLock lock(&mu_);
    first = !std::exchange(ending_, true);
    if (first) end_ = status;
    last = --open_ == 0;
  }
  if (first && !last) Cancel();
  HandOn();
}

}  // namespace

std::shared_ptr<BackendCall> MakeMergedCall(BackendPort* port, const BackendRequest& request,
                                            const std::vector<Backend>& processes,
                                            std::shared_ptr<BackendListener> listener) {
  return std::make_shared<MergedCall>(port, request, processes, std::move(listener));
}

}  // namespace duban::console
