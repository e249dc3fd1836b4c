#include "common/contract/names.h"

#include <array>
#include <cstddef>
#include <utility>

#include "common/base/ids.h"
#include "common/base/strings.h"

namespace duban {
namespace {

constexpr size_t kMostParts = 7;

// The parts of a name between its slashes; 0 where there are more than any name of ours has, or an empty one.
size_t Split(std::string_view name, std::array<std::string_view, kMostParts>& parts) {
  size_t count = 0;
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find('/', begin), name.size());
    if (count == kMostParts || end == begin) return 0;
    parts[count++] = name.substr(begin, end - begin);
    begin = end + 1;
  }
  return count;
}

// What the word behind an assignment's name stands for.
Noun HalfOf(std::string_view word) {
  if (word == "oversight") return Noun::kOversight;
  if (word == "execution") return Noun::kExecution;
  return word == "decomposition" ? Noun::kDecomposition : Noun::kOther;
}

}  // namespace

std::string OrderName(std::string_view task) {
  return StrCat(task, "/order");
}

std::string AssignmentName(std::string_view task, std::string_view unit) {
  return StrCat(task, "/assignments/", LastSegment(unit));
}

std::string OversightName(std::string_view assignment) {
  return StrCat(assignment, "/oversight");
}

std::string ExecutionName(std::string_view assignment) {
  return StrCat(assignment, "/execution");
}

std::string DecompositionName(std::string_view assignment) {
  return StrCat(assignment, "/decomposition");
}

std::string AddresseeListName(std::string_view plan, std::string_view list) {
  return StrCat(plan, "/addressees/", list);
}

std::string DeliveryName(std::string_view plan, std::string_view node) {
  return StrCat(plan, "/deliveries/", node);
}

std::string ParsedName::unit() const {
  return StrCat("units/", LastSegment(assignment));
}

ParsedName ParseName(std::string_view name) {
  std::array<std::string_view, kMostParts> parts;
  const size_t count = Split(name, parts);
  ParsedName parsed;
  if (count < 2 || parts[0] != "plans") return parsed;
  // The first parts of the name, together.
  const auto first = [&](size_t parts_taken) {
    return name.substr(
        0, static_cast<size_t>(parts[parts_taken - 1].data() - name.data()) + parts[parts_taken - 1].size());
  };
  parsed.plan = first(2);
  if (count == 2) {
    parsed.noun = Noun::kPlan;
    return parsed;
  }
  const bool of_task = parts[2] == "tasks";
  if (count == 4 && (parts[2] == "addressees" || parts[2] == "deliveries")) {
    parsed.noun = parts[2] == "addressees" ? Noun::kAddresseeList : Noun::kDelivery;
    parsed.id = parts[3];
  } else if (of_task && count >= 4) {
    parsed.task = first(4);
    if (count == 4) parsed.noun = Noun::kTask;
    if (count == 5 && parts[4] == "order") parsed.noun = Noun::kOrder;
    if (count >= 6 && parts[4] == "assignments") {
      parsed.noun = count == 6 ? Noun::kAssignment : HalfOf(parts[6]);
      parsed.assignment = first(6);
      parsed.id = parts[5];
    }
  }
  return parsed;
}

}  // namespace duban
