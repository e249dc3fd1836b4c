// The edge of a server process: every call of ours comes in here, and nowhere else.
//
// A call is looked at in three places, and each can refuse it:
//
//   headers   method known, metadata fits, caller known,    on the front's thread, no byte of the body read
//             serving, within the caller's budget,
//             room in its lane
//   body      whole, in time, still room in its lane        on the front's thread; then it waits in the lane
//   worker    deadline ahead, bytes parse, fields hold,     on a thread of the lane, then the method
//             the caller may
//
// So refusals come at once whatever the workers do (gRPC's own thread pool refuses late and without a reason), a caller
// who never sends a body holds a place among those who send one and no other, and a caller who hangs up gives its place
// back. A call that waits (Method::wait) has no thread at all; one of Lane::kFront is answered where it came in, since
// waking a worker would cost more than the work.
//
// Thread-safe. Owned by the server; outlives the gRPC server it is registered with.

#ifndef DUBAN_COMMON_RPC_EDGE_H_
#define DUBAN_COMMON_RPC_EDGE_H_

#include <grpcpp/server_context.h>

#include <array>
#include <atomic>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/access/call_budget.h"
#include "common/access/caller.h"
#include "common/access/decision.h"
#include "common/access/refusal_book.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/rpc/connection_guard.h"
#include "common/rpc/front.h"
#include "common/rpc/method.h"
#include "common/rpc/metrics.h"
#include "common/rpc/worker_pool.h"
#include "common/store/store.h"

namespace duban {

struct EdgeOptions {
  // Most ordinary calls worked on at once; as many again wait. 64 callers are never refused by default.
  int threads = 64;
  // Most expensive calls at once; none waits.
  int expensive_threads = 2;
  // Of each caller that is counted (call_budget.h).
  int calls_per_second = 200;
  // How often somebody may try to sign in from one address (call_budget.h).
  int sign_ins_per_minute = kSignInsPerMinute;
  // Calls that take longer, their body included, are given up.
  absl::Duration max_call_time = absl::Seconds(60);
  // A lane in which a call has been worked on for so long, and none was answered since, does not answer.
  absl::Duration stuck_after = absl::Seconds(10);
};

// Most calls whose body is on its way. One more, and the one that waits longest is given up.
inline constexpr int kMaxReadingCalls = 512;

class Edge final {
 public:
  // All outlive the edge. What calls cost goes to the tallies of `guard`.
  Edge(Clock* clock, Metrics* metrics, ConnectionGuard* guard, const EdgeOptions& options);
  // REQUIRES: the gRPC server is gone.
  ~Edge();

  // Before the server starts. The methods of one module, and what they work on, which outlives the edge.
  struct Served {
    std::vector<Method> methods;
    // Null: they need none.
    const Store* store = nullptr;
    // What decisions about calls have to know; null: nothing.
    const AccessFacts* facts = nullptr;
    // Where it is written down which tokens of people were ended (ended_tokens.h); null: none are.
    const Store* ended = nullptr;
    // Where calls are noted that were refused for who their caller is; null: nowhere.
    RefusalBook* refusals = nullptr;
  };
  // Errors: INVARIANT_BROKEN where a method has no rule in its contract that says who may call it.
  absl::Status Add(const std::string& module, Served served);
  // Before the server starts. Who makes a call; without it everybody is Anybody.
  using Identify = std::function<absl::StatusOr<Caller>(const grpc::ServerContextBase&)>;
  void SetIdentify(Identify identify) { identify_ = std::move(identify); }
  // Before the server starts. Asked of every call: OK, or why none is worked on now. Thread-safe, and returns at once.
  void SetAdmit(std::function<absl::Status()> admit) { admit_ = std::move(admit); }
  // Before the server starts. A method that is no call of ours, such as a stream of a standard service.
  void AddStream(const std::string& path, Front::Open open) { streams_[path] = std::move(open); }

  // Takes a call in.
  void Take(std::unique_ptr<Wire> wire);

  // From now on calls are refused.
  void SetDraining() { draining_ = true; }
  // Waits until no call is open, at most so long in real time; then answers those that are left: NOT_SERVING where
  // nothing was begun, else OUTCOME_UNKNOWN, although their methods still run.
  void AwaitIdle(absl::Duration timeout);
  // Waits for the methods that still run. Nothing runs afterwards.
  void Stop();

  // Gives up calls that take too long: their callers get DEADLINE_EXCEEDED, and the place is free once the method
  // returns. Logs how many were refused since. To be called about once a second.
  void Tend();
  // False where ordinary calls of the module are worked on and none was answered for EdgeOptions::stuck_after.
  bool answers(const std::string& module) const;

  // Numbers for operators.
  std::vector<Sample> Samples() const;

 private:
  class Call;
  // The methods of one Add.
  struct Module {
    const Store* store = nullptr;
    // Ordinary calls that workers have begun; and since when, in steady time, none of them was answered.
    int working = 0;
    absl::Duration silent_since;
  };
  struct Bound {
    Method method;
    MethodRule rule;
    const AccessFacts* facts = nullptr;
    const Store* ended = nullptr;
    RefusalBook* refusals = nullptr;
    Module* module = nullptr;
  };
  // A lane and how it goes.
  struct LaneState {
    explicit LaneState(const WorkerPoolOptions& options) : pool(options) {}
    WorkerPool pool;
    std::atomic<int64_t> refused{0};
    // Of `refused`, what the log knows. Tend's alone.
    int64_t logged = 0;
  };

  LaneState& lane_of(const Bound& bound) { return *lanes_[static_cast<size_t>(bound.method.lane)]; }
  // Who calls. Errors: NOT_AUTHENTICATED.
  absl::StatusOr<Caller> Identified(const grpc::GenericServerContext& context) const;
  // What can be said before the body is read; fills in the caller.
  absl::Status CheckHeaders(const grpc::GenericServerContext& context, const Bound& bound, Caller* caller);
  // Errors: NOT_AUTHENTICATED for a person whose token was ended before its time.
  static absl::Status CheckNotEnded(const Bound& bound, const Caller& caller);
  // Takes a call off what its caller, and for signing in its address, has left.
  absl::Status TakeOffBudget(const Bound& bound, const std::string& address, const Caller& caller);
  // Refuses a call for want of a place in its lane, and counts it.
  absl::Status Overloaded(const Bound& bound);
  void BeginReading(Call* call);
  void EndReading(Call* call);
  void BeginWork(const Bound& bound);
  void EndWork(const Bound& bound);
  // Counts and logs how a call ended.
  void Handled(const Call& call, const absl::Status& status);
  void Remove(Call* call);
  std::vector<std::shared_ptr<Call>> OpenCalls() const;

  Clock* const clock_;
  Metrics* const metrics_;
  ConnectionGuard* const guard_;
  const EdgeOptions options_;
  // Set before the server starts, then only read. By path, such as `/duban.v1.PlanService/GetPlan`.
  absl::flat_hash_map<std::string, Bound> methods_;
  absl::flat_hash_map<std::string, Front::Open> streams_;
  Identify identify_;
  // Null: all are.
  std::function<absl::Status()> admit_;
  CallBudget budget_;
  SignInBudget sign_ins_;
  // Of what it refused, what the log knows. Tend's alone.
  int64_t over_budget_logged_ = 0;
  std::array<std::unique_ptr<LaneState>, kLanes> lanes_;
  std::atomic<bool> draining_{false};

  mutable Mutex mu_;
  std::map<std::string, Module> modules_ ABSL_GUARDED_BY(mu_);
  // Keeps each call until gRPC is done with it.
  absl::flat_hash_map<Call*, std::shared_ptr<Call>> calls_ ABSL_GUARDED_BY(mu_);
  // Calls that have no answer yet.
  int open_ ABSL_GUARDED_BY(mu_) = 0;
  // Those whose body is on its way, oldest first.
  std::list<Call*> reading_ ABSL_GUARDED_BY(mu_);
};

// An error as callers may see it: one without a reason, which none of our code makes on purpose, becomes
// INVARIANT_BROKEN. Cancelled and overdue calls stay what they are.
absl::Status WithReason(absl::Status status);

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_EDGE_H_
