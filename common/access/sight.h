// Who is told that something has changed: whoever may read it. The rule is that of the reading method in the contract,
// asked anew each time; there is no second one.
//
// Pure but for the facts, and thread-safe.

#ifndef DUBAN_COMMON_ACCESS_SIGHT_H_
#define DUBAN_COMMON_ACCESS_SIGHT_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/access/caller.h"
#include "common/access/decision.h"

namespace duban {

// The resource that people know, of the name of something in a store: `plans/p/tasks/t/assignments/u` of
// `plans/p/tasks/t/assignments/u/execution`, `plans/p` of anything else in a plan. Empty: people know none.
std::string ResourceOf(std::string_view entity);

class Sight {
 public:
  // Errors: INVARIANT_BROKEN where the contracts have no rule for a method that it asks.
  static absl::StatusOr<Sight> Make();

  // What `caller` is told where the resource called `name` has changed: its name; of a plan that is gone, `plans/-`,
  // since whose it was cannot be known any more; empty where they may not read it. Errors: those of the facts.
  absl::StatusOr<std::string> NameFor(const Caller& caller, const std::string& name, const AccessFacts* facts,
                                      absl::CivilDay day) const;

 private:
  // Things of one kind and how one of them is read.
  struct Kind {
    std::string_view collection;
    const google::protobuf::Message* prototype;
    // Of the request; null: it lists all.
    const google::protobuf::FieldDescriptor* name;
    MethodRule rule;
  };

  const Kind* KindOf(std::string_view name) const;

  std::vector<Kind> kinds_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_ACCESS_SIGHT_H_
