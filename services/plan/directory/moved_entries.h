// Which entries of the directory moved: since stand for other units, or have their papers go to other nodes. Whoever
// keeps something that depends on it (the audiences of plans) follows in its own time and steps.
//
//   PutUnit, TakeGroup, DeleteEntry, ... ──note──▶ moved/x ──MovedEntries──▶ UsersOf ──▶ plans/p ──ForgetMoved──▶
//
// Threads: functions on a Transaction run on the writer's thread; the others anywhere. Errors: INVARIANT_BROKEN from
// the store.

#ifndef DUBAN_SERVICES_PLAN_DIRECTORY_MOVED_ENTRIES_H_
#define DUBAN_SERVICES_PLAN_DIRECTORY_MOVED_ENTRIES_H_

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/store/transaction.h"
#include "duban/storage/v1/plan.pb.h"

namespace duban {

// One note.
struct MovedEntry {
  std::string name;
  storage::v1::MovedEntry note;
};

// Notes that an entry moved; `superiors` are those it had before.
absl::Status NoteMoved(Transaction& transaction, std::string_view name, const std::set<std::string>& superiors);

// The first `most` notes.
absl::StatusOr<std::vector<MovedEntry>> MovedEntries(const ReadView& view, size_t most);

// Takes a note back, unless the entry moved again since it was read.
absl::Status ForgetMoved(Transaction& transaction, const MovedEntry& moved);

// Who names one of the entries, or a unit below one, or a group that such a unit is or was in, outside the directory:
// the users whose rows UseKey makes.
absl::StatusOr<std::set<std::string>> UsersOf(const ReadView& view, const std::vector<MovedEntry>& moved);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_DIRECTORY_MOVED_ENTRIES_H_
