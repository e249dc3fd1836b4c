// The assignment service as a process of its own.

#include "common/rpc/server.h"
#include "services/assignment/assignment_module.h"

int main(int argc, char** argv) {
  return duban::ServerMain("duban-assignment", argc, argv, {{"assignment", duban::MakeAssignmentModule}});
}
