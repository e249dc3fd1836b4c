// Keeping the audiences of published plans true while the directory changes: who hosts a unit, under whom it is and who
// is in a group decides which nodes get a plan. Only plans that name what moved are looked at, a few in a command.
//
// Errors: those of the store.

#ifndef DUBAN_SERVICES_PLAN_AUDIENCE_CHORE_H_
#define DUBAN_SERVICES_PLAN_AUDIENCE_CHORE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/store/store.h"

namespace duban {

// Most notes of the directory that one step follows, and most plans (of at most kMaxPlanBytes) one command goes over.
inline constexpr size_t kMovedEntriesAStep = 1000;
inline constexpr size_t kPlansAStep = 2;

// Does a step; true where there may be more to do. What is left to do lies in the store. One call at a time; any
// thread.
absl::StatusOr<bool> FollowMovedEntries(Store* store, std::string_view node);

// Does all of it at once, on the writer's thread: at the end of a rebuild, where plans came back before the units they
// are addressed to, and no follower may see them without.
absl::Status FollowAllMovedEntries(Transaction& transaction, std::string_view node);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_AUDIENCE_CHORE_H_
