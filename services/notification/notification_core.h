// The logic of the notification service: one method an RPC, and what the hops and loops need. On ports only, no gRPC.
//
// Threads: every method may be called from any thread. Ownership: the ports outlive the core. Errors: as the RPCs of
// the same name list them. Requests have been validated by the edge; what a rule of the contract cannot say is checked
// here.
//
// No answer is remembered that can be read again: a repeated request finds what its command did (a token, an outcome
// for each item), and the rest is read as it is now.

#ifndef DUBAN_SERVICES_NOTIFICATION_NOTIFICATION_CORE_H_
#define DUBAN_SERVICES_NOTIFICATION_NOTIFICATION_CORE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/feed/hop.h"
#include "common/node/service_logic.h"
#include "duban/v1/notification_service.pb.h"
#include "services/notification/queue_runner.h"
#include "services/notification/reminder_reader.h"

namespace duban {

// How long closed reminders are kept after their time, and leases after their end, for whoever asks again.
inline constexpr absl::Duration kReminderLifetime = absl::Hours(24 * 400);
inline constexpr absl::Duration kLeaseLifetime = absl::Hours(24);

// How many reminders wait to be sent, wait for more than an hour, and were given up.
struct ReminderCounts {
  int due = 0;
  int late = 0;
  int dead = 0;
};

class NotificationCore {
 public:
  explicit NotificationCore(const Ports& ports) : runner_(ports) {}

  // What digests and deliveries are worked on with.
  QueueRunner& runner() { return runner_; }

  absl::Status LeaseReminders(const Caller& caller, const v1::LeaseRemindersRequest& request,
                              v1::LeaseRemindersResponse* response);
  absl::Status ConfirmReminder(const Caller& caller, const v1::ConfirmReminderRequest& request, v1::Reminder* response);
  absl::Status ConfirmReminders(const Caller& caller, const v1::ConfirmRemindersRequest& request,
                                v1::ConfirmRemindersResponse* response);
  absl::Status RedriveReminder(const Caller& caller, const v1::RedriveReminderRequest& request, v1::Reminder* response);
  absl::Status GetReminder(const Caller& caller, const v1::GetReminderRequest& request, v1::Reminder* response);
  absl::Status ListReminders(const Caller& caller, const v1::ListRemindersRequest& request,
                             v1::ListRemindersResponse* response);
  absl::Status GetReminderPolicy(const Caller& caller, const v1::GetReminderPolicyRequest& request,
                                 v1::ReminderPolicy* response);
  absl::Status UpdateReminderPolicy(const Caller& caller, const v1::UpdateReminderPolicyRequest& request,
                                    v1::ReminderPolicy* response);

  // Whether leasing could bring something: a schedule's time has come, a reminder waits or a lease has run out. Reads
  // only.
  absl::StatusOr<bool> HasDue();

  // Of up to 1,000 batches each.
  absl::StatusOr<ReminderCounts> Counts();

  // Follows the feeds `assignment` and `plan` of this node.
  HopSpecs hops();

  // One step of what no caller asks for: goes on with a replanning, makes reminders of schedules whose time has come,
  // takes back leases that ran out, marks what was missed. Returns whether more is to be done. Called again and again
  // by a loop; harmless at any time.
  absl::StatusOr<bool> Tend();

  // One step of deleting what is older than kReminderLifetime and kLeaseLifetime. Returns whether more is to be done.
  absl::StatusOr<bool> Purge();

 private:
  // Reads one reminder as it is now.
  absl::Status Show(std::string_view name, v1::Reminder* response);
  // Whether Tend has anything to do in the queue.
  absl::StatusOr<bool> NeedsTending(const ReadView& view) const;
  absl::StatusOr<bool> TendQueue();

  const Ports& ports() const { return runner_.ports(); }

  QueueRunner runner_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_NOTIFICATION_CORE_H_
