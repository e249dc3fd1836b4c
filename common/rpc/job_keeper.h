// Long work of a process as jobs: begun by one call, watched and stopped by others, found again by name.
//
// One job of a kind runs at a time, on a thread of its own that stands back behind everything else. The last
// kMostJobs are kept in memory; nothing of them is on disk (see job.proto for what a restart does).
//
// Threads: every method may be called from any thread; answers to waits are given on the keeper's threads, on that of
// Stop, or on the one that asks. Clock and ids outlive the keeper, and so does whatever a job's body uses, unless Stop
// has returned.

#ifndef DUBAN_COMMON_RPC_JOB_KEEPER_H_
#define DUBAN_COMMON_RPC_JOB_KEEPER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/mutex.h"
#include "common/base/work.h"
#include "common/rpc/worker_pool.h"
#include "duban/v1/job.pb.h"

namespace duban {

// As job.proto says.
inline constexpr size_t kMostJobs = 50;
// Most calls that wait for jobs to end.
inline constexpr size_t kMostJobWaits = 100;

class JobKeeper {
 public:
  // Does the work of a job: advances `work` and returns soon once that is stopped, with CANCELLED; puts the result into
  // the job where it returns OK.
  using Body = std::function<absl::Status(Work* work, v1::Job* job)>;
  using Answer = std::function<void(absl::StatusOr<v1::Job>)>;
  // What begins a job.
  struct Request {
    v1::Job::Kind kind = v1::Job::KIND_UNSPECIFIED;
    v1::Job::Progress::Unit unit = v1::Job::Progress::UNIT_UNSPECIFIED;
    std::string request_id;
    // What else the request says; the same id with other parameters is refused.
    std::string parameters;
  };

  JobKeeper(Clock* clock, IdSource* ids);
  // Stops.
  ~JobKeeper() { Stop(); }
  JobKeeper(const JobKeeper&) = delete;
  JobKeeper& operator=(const JobKeeper&) = delete;

  // The job a request began; nothing where it began none that is kept. Errors: REQUEST_ID_REUSED where the id began
  // another.
  absl::StatusOr<std::optional<v1::Job>> Find(const Request& request) const;
  // Begins a job, or finds the one that the request began. Errors: those of Find; WRONG_STATE with `job` while another
  // of its kind runs; NOT_SERVING once stopped.
  absl::StatusOr<v1::Job> Begin(const Request& request, Body body);
  // Takes in what was done before this process began: a job that is DONE, without having run here.
  v1::Job TakeDone(const Request& request, v1::Job done);

  // Errors: RESOURCE_NOT_FOUND.
  absl::StatusOr<v1::Job> Get(const std::string& name) const;
  // Newest first, without their results.
  std::vector<v1::Job> List() const;
  // Stops a job that runs; returns it as it is then. Errors: RESOURCE_NOT_FOUND.
  absl::StatusOr<v1::Job> Cancel(const std::string& name);

  // Answers with the job once it has ended, `wait` has passed, or the keeper stops. Errors, given to `answer`:
  // RESOURCE_NOT_FOUND; OVERLOADED where kMostJobWaits wait. Returns a number for Forget.
  int64_t Wait(const std::string& name, absl::Duration wait, Answer answer);
  // Drops a wait: its answer will not be called any more, unless that has begun already.
  void Forget(int64_t number);

  // Jobs that run end soon, as INTERRUPTED, and no other begins; everybody who waits is answered once they have ended
  // or with what they are by then. Returns at once.
  void Interrupt();
  // Interrupts, and waits for the bodies to return.
  void Stop();

 private:
  // A job and the thread's side of it.
  class Entry;
  struct Waiting {
    std::shared_ptr<Entry> entry;
    Answer answer;
    // Steady time.
    absl::Duration end;
  };
  using Waits = std::vector<Waiting>;

  std::shared_ptr<Entry> EntryOf(const std::string& name) const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  absl::StatusOr<std::shared_ptr<Entry>> EntryOf(const Request& request) const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  void Keep(std::shared_ptr<Entry> entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  WorkerPool& pool(v1::Job::Kind kind) { return *pools_.at(kind); }
  // The job of an entry, with its progress. `whole`: with its result.
  v1::Job JobOf(const Entry& entry, bool whole) const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  void Ended(Entry* entry, const absl::Status& status, v1::Job result);
  // Those that wait for `entry`, or, for null, whose time is over; taken out.
  Waits TakeWaits(const Entry* entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Give(Waits waits);
  // Answers waits whose time is over.
  void Mind();

  Clock* const clock_;
  IdSource* const ids_;
  std::map<v1::Job::Kind, std::unique_ptr<WorkerPool>> pools_;

  mutable Mutex mu_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  // Oldest first.
  std::deque<std::shared_ptr<Entry>> jobs_ ABSL_GUARDED_BY(mu_);
  int64_t last_wait_ ABSL_GUARDED_BY(mu_) = 0;
  std::map<int64_t, Waiting> waits_ ABSL_GUARDED_BY(mu_);
  // Last: it uses all of the above.
  std::thread minder_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_JOB_KEEPER_H_
