// The three services of a node in one process, for an office with one machine; and its console, where that is wanted.

#include "common/replication/replica_server.h"
#include "common/rpc/server.h"
#include "services/assignment/assignment_module.h"
#include "services/console/console_module.h"
#include "services/notification/notification_module.h"
#include "services/plan/plan_module.h"

int main(int argc, char** argv) {
  const std::unique_ptr<duban::Companion> console = duban::console::MakeConsoleCompanion();
  return duban::ServerMain("duban-node", argc, argv,
                           {{"plan", duban::MakePlanModule},
                            {"assignment", duban::MakeAssignmentModule},
                            {"notification", duban::MakeNotificationModule, duban::CheckChannels}},
                           console.get(), duban::StartReplica);
}
