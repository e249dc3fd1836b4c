// The plan service as a process hosts it: its logic, its RPCs and those of the directory.

#ifndef DUBAN_SERVICES_PLAN_PLAN_MODULE_H_
#define DUBAN_SERVICES_PLAN_PLAN_MODULE_H_

#include <memory>

#include "common/rpc/module.h"

namespace duban {

// Ports outlive the module.
std::unique_ptr<Module> MakePlanModule(const Ports& ports);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PLAN_MODULE_H_
