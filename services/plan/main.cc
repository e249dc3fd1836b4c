// The plan service as a process of its own.

#include "common/rpc/server.h"
#include "services/plan/plan_module.h"

int main(int argc, char** argv) {
  return duban::ServerMain("duban-plan", argc, argv, {{"plan", duban::MakePlanModule}});
}
