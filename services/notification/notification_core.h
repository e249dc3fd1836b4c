// The logic of the notification service: one method an RPC, and what the hops and loops need. On ports only, no gRPC.
//
// Threads: every method may be called from any thread. Ownership: the ports outlive the core. Errors: as the RPCs of
// the same name list them. Requests have been validated by the edge; what a rule of the contract cannot say is checked
// here.

#ifndef DUBAN_SERVICES_NOTIFICATION_NOTIFICATION_CORE_H_
#define DUBAN_SERVICES_NOTIFICATION_NOTIFICATION_CORE_H_

#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/feed/hop.h"
#include "common/node/service_logic.h"
#include "duban/v1/notification_service.pb.h"
#include "services/notification/reminder_planner.h"
#include "services/notification/reminder_queue.h"

namespace duban {

class NotificationCore {
 public:
  explicit NotificationCore(const Ports& ports) : ports_(ports), planner_(ports.node) {}

  absl::Status LeaseReminders(const v1::LeaseRemindersRequest& request, v1::LeaseRemindersResponse* response);
  absl::Status ConfirmReminder(const v1::ConfirmReminderRequest& request, v1::Reminder* response);
  absl::Status RedriveReminder(const v1::RedriveReminderRequest& request, v1::Reminder* response);
  absl::Status GetReminder(const v1::GetReminderRequest& request, v1::Reminder* response);
  absl::Status ListReminders(const v1::ListRemindersRequest& request, v1::ListRemindersResponse* response);
  absl::Status GetReminderPolicy(const v1::GetReminderPolicyRequest& request, v1::ReminderPolicy* response);
  absl::Status UpdateReminderPolicy(const v1::UpdateReminderPolicyRequest& request, v1::ReminderPolicy* response);

  // Whether a reminder is due or a lease has run out: whether leasing could bring something. Reads only.
  absl::StatusOr<bool> HasDue();

  // Follows the feeds `assignment` and `plan` of this node.
  HopSpecs hops();

  // One step of what no caller asks for: goes on with a replanning, takes back leases that ran out, marks what was
  // missed. Returns whether more is to be done. Called again and again by a loop; harmless at any time.
  absl::StatusOr<bool> Tend();

 private:
  // Looks at the clocks; after the wall clock was set back, or at the first call, brings leases and pauses forward.
  absl::Status ObserveClock();
  ClockWatch watch();

  // Leases one due reminder; nothing where it turned out not to be due any more.
  absl::StatusOr<std::optional<v1::Reminder>> LeaseOne(Transaction& transaction, const std::string& name,
                                                       const Moment& moment, absl::Time expire_time,
                                                       const std::string& token);
  absl::Status Lease(Transaction& transaction, const v1::LeaseRemindersRequest& request,
                     v1::LeaseRemindersResponse* response);
  absl::Status Confirm(Transaction& transaction, const v1::ConfirmReminderRequest& request, v1::Reminder* response);

  const Ports ports_;
  // tidy: allow command-state because all it keeps is a calendar, with the bytes it was made from
  ReminderPlanner planner_;
  Mutex mu_;
  // tidy: allow command-state because steady time means nothing after a restart; it is observed before each command
  ClockWatch watch_ ABSL_GUARDED_BY(mu_);
  // tidy: allow command-state because it says that this process has looked once, which changes what is done, not when
  bool rebased_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_NOTIFICATION_CORE_H_
