// Names of the resources that several services speak of: how they are made, and what a name is the name of.
//
// Pure functions, thread-safe. Errors: none; what is no name of ours is kOther.

#ifndef DUBAN_COMMON_CONTRACT_NAMES_H_
#define DUBAN_COMMON_CONTRACT_NAMES_H_

#include <string>
#include <string_view>

namespace duban {

// `plans/{plan}/tasks/{task}/order`, of a task's name.
std::string OrderName(std::string_view task);
// `plans/{plan}/tasks/{task}/assignments/{unit}`, of a task's name and a unit's name.
std::string AssignmentName(std::string_view task, std::string_view unit);
// `{assignment}/oversight`, `{assignment}/execution`, `{assignment}/decomposition`.
std::string OversightName(std::string_view assignment);
std::string ExecutionName(std::string_view assignment);
std::string DecompositionName(std::string_view assignment);
// `plans/{plan}/addressees/{list}`, of a plan's name and an id.
std::string AddresseeListName(std::string_view plan, std::string_view list);
// `plans/{plan}/deliveries/{node}`, of a plan's name and a node's id.
std::string DeliveryName(std::string_view plan, std::string_view node);

// What a name is the name of.
enum class Noun {
  kOther,
  kPlan,
  kTask,
  kOrder,
  kAddresseeList,
  kDelivery,
  kAssignment,
  kOversight,
  kExecution,
  kDecomposition,
};

// A name taken apart. The parts point into the name.
struct ParsedName {
  Noun noun = Noun::kOther;
  // `plans/{plan}`.
  std::string_view plan;
  // `plans/{plan}/tasks/{task}`; of a task and what belongs to one, else empty.
  std::string_view task;
  // `plans/{plan}/tasks/{task}/assignments/{unit}`; of an assignment and what belongs to one, else empty.
  std::string_view assignment;
  // The last id: of the unit, the node or the list; else empty.
  std::string_view id;

  // `units/{unit}`; of an assignment and what belongs to one.
  std::string unit() const;
};
ParsedName ParseName(std::string_view name);

}  // namespace duban

#endif  // DUBAN_COMMON_CONTRACT_NAMES_H_
