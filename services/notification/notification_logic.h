// The notification service as a node hosts it, without gRPC: its core, its hops, and what it does of itself.

#ifndef DUBAN_SERVICES_NOTIFICATION_NOTIFICATION_LOGIC_H_
#define DUBAN_SERVICES_NOTIFICATION_NOTIFICATION_LOGIC_H_

#include <optional>
#include <string>
#include <vector>

#include "common/node/service_logic.h"
#include "services/notification/log_channel.h"
#include "services/notification/notification_core.h"
#include "services/notification/schedule_planner.h"

namespace duban {

// Threads as in ServiceLogic; the core may be called from any thread.
class NotificationLogic final : public ServiceLogic {
 public:
  explicit NotificationLogic(const Ports& ports);

  std::string name() const override { return "notification"; }
  HopSpecs hops() override { return core_.hops(); }
  IndexRows index_rows() const override { return ReminderIndexRows; }
  // Tends the queue, deletes what is old, and delivers to the log channel where there is one.
  std::vector<Chore> chores() override;

  NotificationCore& core() { return core_; }

 private:
  bool Tend();
  bool Purge();
  bool Deliver();

  NotificationCore core_;
  std::optional<LogChannel> channel_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_NOTIFICATION_LOGIC_H_
