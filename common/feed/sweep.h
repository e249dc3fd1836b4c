// What happens where whoever sends entities goes on from a backup: it sends again everything that it still has, and may
// know nothing of the rest. What it has not sent again by the time it has nothing more is taken for withdrawn.
//
// Rows of the store that takes in: local `sweep/{hop}`, there while such a pass goes on, and `swept/{hop}/{entity}` for
// each entity that has come again. Functions on a transaction; they keep nothing. Errors: those of the store, and of
// what is applied.

#ifndef DUBAN_COMMON_FEED_SWEEP_H_
#define DUBAN_COMMON_FEED_SWEEP_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "common/feed/hop.h"

namespace duban {

// Begins a pass; what another one had noted says nothing of what is sent now.
absl::Status BeginSweep(Transaction& transaction, std::string_view hop);
absl::StatusOr<bool> IsSweeping(const ReadView& view, std::string_view hop);
// Notes that an entity has come again.
void NoteSentAgain(Transaction& transaction, std::string_view hop, std::string_view entity);
// Ends the pass: applies the withdrawal (EntrySource.swept) of everything that is held and has not come again.
absl::Status Sweep(Transaction& transaction, const EntrySource& source, const HeldFromSource& held,
                   const ApplyEntry& apply);
// Breaks it off.
absl::Status DropSweep(Transaction& transaction, std::string_view hop);

}  // namespace duban

#endif  // DUBAN_COMMON_FEED_SWEEP_H_
