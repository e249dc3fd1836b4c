// A node as a process of its own, for benchmarks: started by exec on a free port of loopback, with a folder of its own,
// stopped by its process id and removed. Not thread-safe but for the stubs. What cannot be had ends the program.

#ifndef DUBAN_TOOLS_BENCH_BENCH_NODE_H_
#define DUBAN_TOOLS_BENCH_BENCH_NODE_H_

#include <grpcpp/security/credentials.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "duban/v1/assignment_service.grpc.pb.h"
#include "duban/v1/directory_service.grpc.pb.h"
#include "duban/v1/notification_service.grpc.pb.h"
#include "duban/v1/plan_service.grpc.pb.h"

namespace duban {

// Ends the program with a message and exit code 1.
[[noreturn]] void BenchDie(const std::string& what);

// What a process has used since it began.
struct ProcessUse {
  absl::Duration processor_time;
  int64_t resident_bytes = 0;
};

// Of a process that runs.
ProcessUse UseOf(pid_t pid);

// Who calls a node, service by service; by itself nobody in particular, without TLS.
struct BenchCallers {
  // The node's own keys; empty: no TLS.
  std::string node_keys;
  std::shared_ptr<grpc::ChannelCredentials> plans, directory, assignments, reminders;
};

class BenchNode {
 public:
  // `folder` holds stores and log; `date` is the day the node takes it to be. Returns when it serves.
  BenchNode(std::string folder, const std::string& date, const std::vector<std::string>& more_flags = {},
            const BenchCallers& callers = {});
  ~BenchNode();
  BenchNode(const BenchNode&) = delete;
  BenchNode& operator=(const BenchNode&) = delete;

  // Stops it with SIGTERM and waits; the folder stays.
  void Stop();
  const std::string& address() const { return address_; }
  ProcessUse Use() const { return UseOf(pid_); }
  // Bytes of the tables of a store (`assignment`, say) once it was compacted, which this does. REQUIRES: stopped.
  int64_t CompactedBytes(const std::string& store);

  // A connection of its own; null: without TLS.
  std::shared_ptr<grpc::Channel> Connect(std::shared_ptr<grpc::ChannelCredentials> credentials = nullptr) const;

  // Over one connection, or one for each caller.
  v1::PlanService::Stub& plans() { return *plans_; }
  v1::DirectoryService::Stub& directory() { return *directory_; }
  v1::AssignmentService::Stub& assignments() { return *assignments_; }
  v1::NotificationService::Stub& reminders() { return *reminders_; }

 private:
  const std::string folder_;
  pid_t pid_ = -1;
  std::string address_;
  std::unique_ptr<v1::PlanService::Stub> plans_;
  std::unique_ptr<v1::DirectoryService::Stub> directory_;
  std::unique_ptr<v1::AssignmentService::Stub> assignments_;
  std::unique_ptr<v1::NotificationService::Stub> reminders_;
};

}  // namespace duban

#endif  // DUBAN_TOOLS_BENCH_BENCH_NODE_H_
