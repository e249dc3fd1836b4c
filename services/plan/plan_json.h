// A plan as JSON, for programs. Pure; any thread.
#ifndef DUBAN_SERVICES_PLAN_PLAN_JSON_H_
#define DUBAN_SERVICES_PLAN_PLAN_JSON_H_

#include <string>

#include "duban/v1/plan.pb.h"

namespace duban {

// One JSON object: the protobuf JSON form with the original field names (`issuing_unit`), indented, every plain field
// printed even where it has its default, so that a reader finds `collective: false` as well. Ends with a line end.
std::string PlanToJson(const v1::Plan& plan);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PLAN_JSON_H_
