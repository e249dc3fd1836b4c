// The three services of a node in one process, for an office with one machine.

#include "common/rpc/server.h"
#include "services/assignment/assignment_module.h"
#include "services/notification/notification_module.h"
#include "services/plan/plan_module.h"

int main(int argc, char** argv) {
  return duban::ServerMain("duban-node", argc, argv,
                           {{"plan", duban::MakePlanModule},
                            {"assignment", duban::MakeAssignmentModule},
                            {"notification", duban::MakeNotificationModule, duban::CheckChannels}});
}
