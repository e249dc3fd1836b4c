// What decisions about calls to the plan service have to know: who issued a plan, or drew it up. Thread-safe.

#ifndef DUBAN_SERVICES_PLAN_PLAN_FACTS_H_
#define DUBAN_SERVICES_PLAN_PLAN_FACTS_H_

#include <optional>
#include <string>
#include <string_view>

#include "common/node/directory_facts.h"

namespace duban {

class PlanFacts final : public DirectoryFacts {
 public:
  using DirectoryFacts::DirectoryFacts;
  absl::StatusOr<std::optional<Origin>> OriginOf(std::string_view name) const override;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PLAN_FACTS_H_
