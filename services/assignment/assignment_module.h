// The assignment service as a process hosts it: its RPCs and its hops.

#ifndef DUBAN_SERVICES_ASSIGNMENT_ASSIGNMENT_MODULE_H_
#define DUBAN_SERVICES_ASSIGNMENT_ASSIGNMENT_MODULE_H_

#include <memory>

#include "common/rpc/module.h"

namespace duban {

// The hops of the assignment service alone, for a node that is built without gRPC. The ports outlive the hops.
HopSpecs AssignmentHops(const Ports& ports);

// The whole service. Ports and edge outlive it.
std::unique_ptr<Module> MakeAssignmentModule(Ports ports, Edge* edge);

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_ASSIGNMENT_MODULE_H_
