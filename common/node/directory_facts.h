// What decisions about calls know of units, for services whose store holds them: `units/{unit}` as v1::Unit.
//
// Thread-safe. The store outlives it.

#ifndef DUBAN_COMMON_NODE_DIRECTORY_FACTS_H_
#define DUBAN_COMMON_NODE_DIRECTORY_FACTS_H_

#include <string>
#include <string_view>
#include <vector>

#include "common/access/decision.h"
#include "common/store/store.h"

namespace duban {

class DirectoryFacts : public AccessFacts {
 public:
  explicit DirectoryFacts(const Store* store) : store_(store) {}
  absl::StatusOr<std::vector<std::string>> SuperiorsOf(std::string_view unit, absl::CivilDay day) const override;

 protected:
  const Store& store() const { return *store_; }

 private:
  const Store* const store_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_NODE_DIRECTORY_FACTS_H_
