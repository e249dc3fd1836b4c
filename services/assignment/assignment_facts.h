// What decisions about calls to the assignment service have to know: who issued an assignment, or the orders of a plan.
// Thread-safe.

#ifndef DUBAN_SERVICES_ASSIGNMENT_ASSIGNMENT_FACTS_H_
#define DUBAN_SERVICES_ASSIGNMENT_ASSIGNMENT_FACTS_H_

#include <optional>
#include <string>
#include <string_view>

#include "common/node/directory_facts.h"
#include "services/assignment/records.h"

namespace duban {

class AssignmentFacts final : public DirectoryFacts {
 public:
  // Both outlive it.
  AssignmentFacts(const Store* store, const AssignmentRecords* records) : DirectoryFacts(store), records_(records) {}
  absl::StatusOr<std::optional<Origin>> OriginOf(std::string_view name) const override;

 private:
  const AssignmentRecords* const records_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_ASSIGNMENT_FACTS_H_
