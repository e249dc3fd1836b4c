// The plan service as a process hosts it: its RPCs, those of the directory, and its hops.

#ifndef DUBAN_SERVICES_PLAN_PLAN_MODULE_H_
#define DUBAN_SERVICES_PLAN_PLAN_MODULE_H_

#include <memory>

#include "common/rpc/module.h"

namespace duban {

// Ports and edge outlive the module. Start puts in the calendars the software came with, where there are none.
std::unique_ptr<Module> MakePlanModule(Ports ports, Edge* edge);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PLAN_MODULE_H_
