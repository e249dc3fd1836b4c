// The notification service as a process hosts it: its logic and its RPCs.

#ifndef DUBAN_SERVICES_NOTIFICATION_NOTIFICATION_MODULE_H_
#define DUBAN_SERVICES_NOTIFICATION_NOTIFICATION_MODULE_H_

#include <memory>

#include "absl/status/status.h"
#include "common/rpc/module.h"
#include "common/rpc/server_options.h"

namespace duban {

// Ports outlive the module.
std::unique_ptr<Module> MakeNotificationModule(const Ports& ports);

// Reads what --channels names, where it names something: INVALID_ARGUMENT says what to do.
absl::Status CheckChannels(const ServerOptions& options);

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_NOTIFICATION_MODULE_H_
