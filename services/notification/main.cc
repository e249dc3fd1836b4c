// The notification service as a process of its own.

#include "common/rpc/server.h"
#include "services/notification/notification_module.h"

int main(int argc, char** argv) {
  return duban::ServerMain("duban-notification", argc, argv,
                           {{"notification", duban::MakeNotificationModule, duban::CheckChannels}});
}
