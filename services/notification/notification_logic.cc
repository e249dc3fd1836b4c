#include "services/notification/notification_logic.h"

#include "absl/time/time.h"
#include "common/base/log.h"

namespace duban {
namespace {

// How often the queue is looked through, and how soon after its time a reminder reaches the log channel at the latest.
constexpr absl::Duration kTendPause = absl::Seconds(20);
constexpr absl::Duration kDeliverPause = absl::Seconds(5);
constexpr absl::Duration kPurgePause = absl::Hours(1);

// The next round tries again; a store that has failed is reported by the store itself.
void Complain(std::string_view event, const absl::Status& status) {
  Log(LogLevel::kWarning, event, {{"error", std::string(status.message())}});
}

}  // namespace

NotificationLogic::NotificationLogic(const Ports& ports) : core_(ports) {
  if (ports.reminder_log != nullptr)
    channel_.emplace(ThisNode(ports.node), &core_, ports.ids, ports.clock, ports.reminder_log);
}

std::vector<Chore> NotificationLogic::chores() {
  std::vector<Chore> chores = {{"tend_reminders", kTendPause, [this] { return Tend(); }},
                               {"purge_reminders", kPurgePause, [this] { return Purge(); }}};
  if (channel_) chores.push_back({"deliver_to_log", kDeliverPause, [this] { return Deliver(); }});
  return chores;
}

bool NotificationLogic::Tend() {
  const absl::StatusOr<bool> more = core_.Tend();
  if (!more.ok()) Complain("reminders.not_tended", more.status());
  return more.value_or(false);
}

bool NotificationLogic::Purge() {
  const absl::StatusOr<bool> more = core_.Purge();
  if (!more.ok()) Complain("reminders.not_purged", more.status());
  return more.value_or(false);
}

bool NotificationLogic::Deliver() {
  const absl::StatusOr<int> taken = channel_->DeliverBatch();
  if (!taken.ok()) Complain("log_channel.not_delivered", taken.status());
  return taken.value_or(0) > 0;
}

}  // namespace duban
