// The edge of one module of a server process: what every unary call passes through.
//
// Thread-safe. Owned by the server; outlives the services.

#ifndef DUBAN_COMMON_RPC_CALL_EDGE_H_
#define DUBAN_COMMON_RPC_CALL_EDGE_H_

#include <atomic>
#include <map>
#include <string_view>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/rpc/edge.h"
#include "common/rpc/metrics.h"
#include "common/store/store.h"

namespace duban {

// What all calls of a process share. Thread-safe.
class CallTable {
 public:
  // `max_call_time` ends calls that take longer, also those whose caller has set no deadline. `log_calls` writes a line
  // for each call, not for failed ones only.
  CallTable(Clock* clock, Metrics* metrics, absl::Duration max_call_time, bool log_calls)
      : clock_(clock), metrics_(metrics), max_call_time_(max_call_time), log_calls_(log_calls) {}

  // From now on calls are refused.
  void SetDraining() { draining_ = true; }
  // OK, or NOT_SERVING while draining.
  absl::Status Accepting() const;

  // Counts and logs. `started` is steady time.
  absl::Duration Started(std::string_view method);
  void Handled(std::string_view method, std::string_view peer, const absl::Status& status, absl::Duration started);

  // Keeps a call in sight until Leave, so that it can be cancelled.
  void Enter(const grpc::ServerContext* context, absl::Duration started);
  void Leave(const grpc::ServerContext* context);
  // Waits until no call runs, at most so long in real time.
  void AwaitIdle(absl::Duration timeout);
  // Cancels calls that run longer than they may: their callers get CANCELLED, and the thread is free once the body
  // returns. Called about once a second.
  void CancelOverdue();

 private:
  Clock* const clock_;
  Metrics* const metrics_;
  const absl::Duration max_call_time_;
  const bool log_calls_;
  std::atomic<bool> draining_{false};
  Mutex mu_;
  std::map<const grpc::ServerContext*, absl::Duration> running_ ABSL_GUARDED_BY(mu_);
};

class CallEdge final : public Edge {
 public:
  // Both outlive the edge. `store` is the one the module works on; null for calls that need none.
  CallEdge(CallTable* table, const Store* store) : table_(table), store_(store) {}

 protected:
  grpc::Status DoCall(grpc::ServerContext* context, std::string_view method, const google::protobuf::Message& request,
                      absl::FunctionRef<absl::Status()> body) override;

 private:
  absl::Status Run(const grpc::ServerContext& context, const google::protobuf::Message& request,
                   absl::FunctionRef<absl::Status()> body) const;

  CallTable* const table_;
  const Store* const store_;
};

// An error as callers may see it: one without a reason, which none of our code makes on purpose, becomes
// INVARIANT_BROKEN. Cancelled and overdue calls stay what they are.
absl::Status WithReason(absl::Status status);

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_CALL_EDGE_H_
