#include "services/plan/plan_json.h"

#include <google/protobuf/util/json_util.h>

namespace duban {

std::string PlanToJson(const v1::Plan& plan) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string json;
  // It fails only for a malformed Any or Timestamp out of range, which a plan that was read or stored does not hold.
  if (!google::protobuf::util::MessageToJsonString(plan, &json, options).ok()) return "{}\n";
  return json;
}

}  // namespace duban
