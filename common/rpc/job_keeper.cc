#include "common/rpc/job_keeper.h"

#include <algorithm>
#include <exception>
#include <optional>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/log.h"
#include "common/base/strings.h"

namespace duban {
namespace {

// Behind whatever serves callers.
constexpr int kNice = 15;

absl::Status NoJob(const std::string& name) {
  return Error(v1::RESOURCE_NOT_FOUND,
               StrCat("`", name,
                      "` is not known: this process has forgotten it, or was started after it; list the jobs, "
                      "and the backups, to see what is there"),
               StrCat("没有任务“", name, "”：可能已不再保留，或服务在此之后重启过；请列出任务和备份查看"),
               {{"name", name}});
}

absl::Status Busy(const v1::Job& job) {
  return Error(v1::WRONG_STATE, StrCat("a job of this kind runs already, ", job.name(), "; follow that one"),
               StrCat("同类任务 ", job.name(), " 正在进行，请查看该任务"),
               {{"state", v1::Job::State_Name(v1::Job::RUNNING)}, {"job", job.name()}});
}

absl::Status Stopping() {
  return Error(v1::NOT_SERVING, "the server is stopping; repeat the call later with the same request id",
               "服务正在停止，请稍后用同一请求编号重试");
}

absl::Status Reused(const v1::Job& job) {
  return Error(v1::REQUEST_ID_REUSED, StrCat("the request id began another job, ", job.name(), "; make a new id"),
               StrCat("该请求编号已用于另一任务 ", job.name(), "，请换用新的请求编号"), {{"job", job.name()}});
}

absl::Status TooManyWaits() {
  return Error(v1::OVERLOADED, "too many calls wait for jobs already; repeat the call in a second",
               "等待任务结果的请求过多，请稍后重试");
}

}  // namespace

// Guarded by the keeper's lock where nothing else is said.
class JobKeeper::Entry final : public Task {
 public:
  Entry(JobKeeper* keeper, Request request, Body body)
      : keeper_(keeper), request_(std::move(request)), body_(std::move(body)) {}

  const Request& request() const { return request_; }
  v1::Job& job() { return job_; }
  const v1::Job& job() const { return job_; }
  Work& work() { return work_; }
  const Work& work() const { return work_; }
  bool running() const { return job_.state() == v1::Job::RUNNING; }
  void SetCancelled() { cancelled_ = true; }
  bool cancelled() const { return cancelled_; }

  void Run() override {
    try {
      status_ = body_(&work_, &result_);
    } catch (const std::exception& e) {
      status_ = InvariantBroken(StrCat("an exception: ", e.what()));
    }
  }
  void Answer() override { keeper_->Ended(this, status_, std::move(result_)); }

 private:
  JobKeeper* const keeper_;
  const Request request_;
  const Body body_;
  Work work_;
  v1::Job job_;
  bool cancelled_ = false;
  // The thread's, until Ended.
  absl::Status status_;
  v1::Job result_;
};

JobKeeper::JobKeeper(Clock* clock, IdSource* ids) : clock_(clock), ids_(ids) {
  for (const v1::Job::Kind kind : {v1::Job::BACKUP, v1::Job::VERIFICATION}) {
    pools_[kind] = std::make_unique<WorkerPool>(WorkerPoolOptions{.threads = 1, .queue = 0, .nice = kNice});
  }
  minder_ = std::thread([this] { Mind(); });
}

std::shared_ptr<JobKeeper::Entry> JobKeeper::EntryOf(const std::string& name) const {
  for (const auto& entry : jobs_) {
    if (entry->job().name() == name) return entry;
  }
  return nullptr;
}

absl::StatusOr<std::shared_ptr<JobKeeper::Entry>> JobKeeper::EntryOf(const Request& request) const {
  for (const auto& entry : jobs_) {
    if (entry->request().request_id != request.request_id) continue;
    const bool same = entry->request().kind == request.kind && entry->request().parameters == request.parameters;
    if (!same) return Reused(entry->job());
    return entry;
  }
  return nullptr;
}

void JobKeeper::Keep(std::shared_ptr<Entry> entry) {
  v1::Job& job = entry->job();
  job.set_name(StrCat("jobs/", ids_->NextId("j-")));
  job.set_kind(entry->request().kind);
  job.set_request_id(entry->request().request_id);
  jobs_.push_back(std::move(entry));
  // Those that run are among the newest: there is one of a kind.
  while (jobs_.size() > kMostJobs && !jobs_.front()->running()) jobs_.pop_front();
}

v1::Job JobKeeper::JobOf(const Entry& entry, bool whole) const {
  v1::Job job = entry.job();
  v1::Job::Progress* progress = job.mutable_progress();
  progress->set_unit(entry.request().unit);
  progress->set_done(entry.work().done());
  progress->set_total(entry.work().total());
  if (entry.running()) progress->set_subject(entry.work().subject());
  if (!whole) job.clear_result();
  return job;
}

absl::StatusOr<std::optional<v1::Job>> JobKeeper::Find(const Request& request) const {
  MutexLock lock(&mu_);
  DUBAN_ASSIGN_OR_RETURN(const std::shared_ptr<Entry> entry, EntryOf(request));
  if (entry == nullptr) return std::nullopt;
  return JobOf(*entry, /*whole=*/true);
}

absl::StatusOr<v1::Job> JobKeeper::Begin(const Request& request, Body body) {
  MutexLock lock(&mu_);
  DUBAN_ASSIGN_OR_RETURN(const std::shared_ptr<Entry> known, EntryOf(request));
  if (known != nullptr) return JobOf(*known, /*whole=*/true);
  if (stopping_) return Stopping();
  for (const auto& entry : jobs_) {
    if (entry->running() && entry->request().kind == request.kind) return Busy(entry->job());
  }
  auto entry = std::make_shared<Entry>(this, request, std::move(body));
  entry->job().set_state(v1::Job::RUNNING);
  *entry->job().mutable_start_time() = ToProto(clock_->Now());
  Keep(entry);
  // There is a place: the one before has given its own up before it ended.
  if (!pool(request.kind).Submit(entry)) return InvariantBroken("a job has no thread");
  Log(LogLevel::kInfo, "job.begun",
      {{"job", entry->job().name()}, {"kind", v1::Job::Kind_Name(request.kind)}, {"request", request.request_id}});
  return JobOf(*entry, /*whole=*/true);
}

v1::Job JobKeeper::TakeDone(const Request& request, v1::Job done) {
  MutexLock lock(&mu_);
  auto entry = std::make_shared<Entry>(this, request, nullptr);
  done.set_state(v1::Job::DONE);
  entry->job() = std::move(done);
  Keep(entry);
  return JobOf(*entry, /*whole=*/true);
}

void JobKeeper::Ended(Entry* entry, const absl::Status& status, v1::Job result) {
  Waits waits;
  {
    MutexLock lock(&mu_);
    v1::Job& job = entry->job();
    *job.mutable_end_time() = ToProto(clock_->Now());
    if (status.ok()) {
      job.set_state(v1::Job::DONE);
      if (result.has_backup()) *job.mutable_backup() = std::move(*result.mutable_backup());
      if (result.has_verification()) *job.mutable_verification() = std::move(*result.mutable_verification());
    } else if (absl::IsCancelled(status)) {
      job.set_state(entry->cancelled() ? v1::Job::CANCELLED : v1::Job::INTERRUPTED);
    } else {
      job.set_state(v1::Job::FAILED);
      job.mutable_error()->set_reason(v1::ErrorReason_Name(ReasonOf(status)));
      job.mutable_error()->set_message(std::string(ToStd(status.message())));
      job.mutable_error()->set_message_zh(ChineseMessage(status));
    }
    Log(status.ok() || absl::IsCancelled(status) ? LogLevel::kInfo : LogLevel::kError, "job.ended",
        {{"job", job.name()},
         {"kind", v1::Job::Kind_Name(job.kind())},
         {"state", v1::Job::State_Name(job.state())},
         {"cause", std::string(ToStd(status.message()))}});
    waits = TakeWaits(entry);
  }
  Give(std::move(waits));
}

absl::StatusOr<v1::Job> JobKeeper::Get(const std::string& name) const {
  MutexLock lock(&mu_);
  const std::shared_ptr<Entry> entry = EntryOf(name);
  if (entry == nullptr) return NoJob(name);
  return JobOf(*entry, /*whole=*/true);
}

std::vector<v1::Job> JobKeeper::List() const {
  std::vector<v1::Job> jobs;
  MutexLock lock(&mu_);
  for (auto it = jobs_.rbegin(); it != jobs_.rend(); ++it) jobs.push_back(JobOf(**it, /*whole=*/false));
  return jobs;
}

absl::StatusOr<v1::Job> JobKeeper::Cancel(const std::string& name) {
  MutexLock lock(&mu_);
  const std::shared_ptr<Entry> entry = EntryOf(name);
  if (entry == nullptr) return NoJob(name);
  if (entry->running()) {
    entry->SetCancelled();
    entry->work().Stop();
  }
  return JobOf(*entry, /*whole=*/true);
}

int64_t JobKeeper::Wait(const std::string& name, absl::Duration wait, Answer answer) {
  absl::StatusOr<v1::Job> at_once = NoJob(name);
  {
    MutexLock lock(&mu_);
    const std::shared_ptr<Entry> entry = EntryOf(name);
    if (entry != nullptr) {
      const bool waits = entry->running() && wait > absl::ZeroDuration() && !stopping_;
      if (waits && waits_.size() < kMostJobWaits) {
        waits_[++last_wait_] = {entry, std::move(answer), clock_->Steady() + wait};
        return last_wait_;
      }
      at_once = waits ? absl::StatusOr<v1::Job>(TooManyWaits()) : JobOf(*entry, /*whole=*/true);
    }
  }
  answer(std::move(at_once));
  return 0;
}

void JobKeeper::Forget(int64_t number) {
  // What the answer holds is destroyed behind the lock.
  Waiting dropped;
  MutexLock lock(&mu_);
  auto it = waits_.find(number);
  if (it == waits_.end()) return;
  dropped = std::move(it->second);
  waits_.erase(it);
}

JobKeeper::Waits JobKeeper::TakeWaits(const Entry* entry) {
  Waits taken;
  const absl::Duration now = clock_->Steady();
  for (auto it = waits_.begin(); it != waits_.end();) {
    const bool take = entry == nullptr ? it->second.end <= now : it->second.entry.get() == entry;
    if (take) taken.push_back(std::move(it->second));
    it = take ? waits_.erase(it) : std::next(it);
  }
  return taken;
}

void JobKeeper::Give(Waits waits) {
  for (Waiting& waiting : waits) {
    v1::Job job;
    {
      MutexLock lock(&mu_);
      job = JobOf(*waiting.entry, /*whole=*/true);
    }
    waiting.answer(std::move(job));
  }
}

void JobKeeper::Mind() {
  while (true) {
    Waits over;
    {
      MutexLock lock(&mu_);
      absl::Duration until = absl::Hours(1);
      for (const auto& [number, waiting] : waits_) until = std::min(until, waiting.end - clock_->Steady());
      const int64_t known = last_wait_;
      const auto stirred = [this, known] {
        mu_.AssertReaderHeld();
        return stopping_ || last_wait_ != known;
      };
      clock_->AwaitWithTimeout(&mu_, absl::Condition(&stirred), std::max(until, absl::ZeroDuration()));
      if (stopping_) return;
      over = TakeWaits(nullptr);
    }
    Give(std::move(over));
  }
}

void JobKeeper::Interrupt() {
  MutexLock lock(&mu_);
  stopping_ = true;
  for (const auto& entry : jobs_) {
    if (entry->running()) entry->work().Stop();
  }
}

void JobKeeper::Stop() {
  Interrupt();
  if (minder_.joinable()) minder_.join();
  for (const auto& [kind, pool] : pools_) pool->Stop();
}

}  // namespace duban
