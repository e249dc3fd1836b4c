// The notification service as a process hosts it: its RPCs, its hops and its loops.

#ifndef DUBAN_SERVICES_NOTIFICATION_NOTIFICATION_MODULE_H_
#define DUBAN_SERVICES_NOTIFICATION_NOTIFICATION_MODULE_H_

#include <memory>

#include "common/rpc/module.h"

namespace duban {

// The whole service. Ports and edge outlive it.
std::unique_ptr<Module> MakeNotificationModule(Ports ports, Edge* edge);

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_NOTIFICATION_MODULE_H_
