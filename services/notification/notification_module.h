// The notification service as a process hosts it: its logic and its RPCs.

#ifndef DUBAN_SERVICES_NOTIFICATION_NOTIFICATION_MODULE_H_
#define DUBAN_SERVICES_NOTIFICATION_NOTIFICATION_MODULE_H_

#include <memory>

#include "common/rpc/module.h"

namespace duban {

// Ports outlive the module.
std::unique_ptr<Module> MakeNotificationModule(const Ports& ports);

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_NOTIFICATION_MODULE_H_
