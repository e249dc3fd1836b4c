// How the cores of this service run commands on the queue: one way for what clients ask and for what nobody calls for.
//
// Thread-safe. The ports outlive it.

#ifndef DUBAN_SERVICES_NOTIFICATION_QUEUE_RUNNER_H_
#define DUBAN_SERVICES_NOTIFICATION_QUEUE_RUNNER_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "common/node/service_logic.h"
#include "services/notification/directory_cache.h"
#include "services/notification/queue_work.h"
#include "services/notification/schedule_planner.h"

namespace duban {

class QueueRunner {
 public:
  using Act = absl::FunctionRef<absl::Status(Transaction&, QueueWork&)>;

  explicit QueueRunner(const Ports& ports)
      : ports_(ports), process_(ports.ids->NextId("p-")), planner_(ports.node, &cache_) {}

  const Ports& ports() const { return ports_; }
  DirectoryCache* cache() { return &cache_; }
  SchedulePlanner& planner() { return planner_; }
  ClockReading ReadClock() const { return {ports_.clock->Now(), ports_.clock->Steady(), process_}; }

  // Runs `act` as a command on the queue; `method` is for the audit.
  absl::Status Work(const std::string& method, Act act);
  // The same as a client's request, whose memo is `memo`.
  absl::Status Request(const ClientRequest& request, google::protobuf::Message* memo, Act act,
                       const Repeat& repeat = {});

 private:
  absl::Status InTransaction(Transaction& transaction, Act act);

  const Ports ports_;
  // Tells the readings of this process's clocks from those of others.
  const std::string process_;
  DirectoryCache cache_;
  SchedulePlanner planner_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_QUEUE_RUNNER_H_
