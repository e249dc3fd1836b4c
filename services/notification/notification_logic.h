// The notification service as a node hosts it, without gRPC: its core, its hops, and what it does of itself.

#ifndef DUBAN_SERVICES_NOTIFICATION_NOTIFICATION_LOGIC_H_
#define DUBAN_SERVICES_NOTIFICATION_NOTIFICATION_LOGIC_H_

#include <memory>
#include <string>
#include <vector>

#include "common/node/service_logic.h"
#include "services/notification/channel/channels.h"
#include "services/notification/delivery_core.h"
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
  // Tends the queue, deletes what is old, puts what is due into digests and delivers them, a loop for each channel.
  std::vector<Chore> chores() override;
  // What waits, and what was given up.
  std::vector<Gauge> gauges() override;

  NotificationCore& core() { return core_; }
  DeliveryCore& deliveries() { return deliveries_; }

 private:
  bool Tend();
  bool Purge();
  bool Gather();
  bool Deliver(Channel& channel);

  NotificationCore core_;
  const std::unique_ptr<Channels> channels_;
  DeliveryCore deliveries_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_NOTIFICATION_LOGIC_H_
