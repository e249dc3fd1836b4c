#include "services/plan/audience_chore.h"

#include <limits>
#include <memory>
#include <set>
#include <vector>

#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/store/keys.h"
#include "duban/storage/v1/plan.pb.h"
#include "services/plan/directory/moved_entries.h"
#include "services/plan/plan_store.h"

namespace duban {
namespace {

constexpr std::string_view kAwaited = "regroup/";

// The first plans that wait for new audiences.
absl::StatusOr<std::vector<std::string>> AwaitedPlans(const ReadView& view) {
  std::vector<std::string> plans;
  const std::string begin = LocalKey(kAwaited);
  DUBAN_RETURN_IF_ERROR(view.ScanRows(begin, PrefixEnd(begin), [&](std::string_view key, std::string_view) {
    plans.emplace_back(key.substr(begin.size()));
    return plans.size() < kPlansAStep;
  }));
  return plans;
}

// Has the plans that name what moved wait. Who they are is found on a snapshot, off the writer: a plan published later
// has found its audiences in the directory as it is now.
absl::Status AwaitUsers(Store* store, const ReadView& view, const std::vector<MovedEntry>& moved) {
  DUBAN_ASSIGN_OR_RETURN(const std::set<std::string> plans, UsersOf(view, moved));
  return store->Run({"plan/moved_entries", ""}, [&](Transaction& transaction) -> absl::Status {
    for (const std::string& plan : plans) transaction.PutLocal(StrCat(kAwaited, plan), storage::v1::AwaitedAudiences());
    for (const MovedEntry& one : moved) DUBAN_RETURN_IF_ERROR(ForgetMoved(transaction, one));
    return absl::OkStatus();
  });
}

absl::Status Regroup(Store* store, std::string_view node, const std::vector<std::string>& plans) {
  return store->Run({"plan/audiences", ""}, [&](Transaction& transaction) -> absl::Status {
    for (const std::string& plan : plans) {
      DUBAN_RETURN_IF_ERROR(RefreshAudiences(transaction, node, plan));
      transaction.DeleteLocal(StrCat(kAwaited, plan));
    }
    return absl::OkStatus();
  });
}

}  // namespace

absl::Status FollowAllMovedEntries(Transaction& transaction, std::string_view node) {
  constexpr size_t kAll = std::numeric_limits<size_t>::max();
  DUBAN_ASSIGN_OR_RETURN(const std::vector<MovedEntry> moved, MovedEntries(transaction, kAll));
  DUBAN_ASSIGN_OR_RETURN(const std::set<std::string> plans, UsersOf(transaction, moved));
  for (const std::string& plan : plans) DUBAN_RETURN_IF_ERROR(RefreshAudiences(transaction, node, plan));
  for (const MovedEntry& one : moved) DUBAN_RETURN_IF_ERROR(ForgetMoved(transaction, one));
  return absl::OkStatus();
}

absl::StatusOr<bool> FollowMovedEntries(Store* store, std::string_view node) {
  const auto snapshot = store->TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(const std::vector<MovedEntry> moved, MovedEntries(*snapshot, kMovedEntriesAStep));
  if (!moved.empty()) {
    DUBAN_RETURN_IF_ERROR(AwaitUsers(store, *snapshot, moved));
    return true;
  }
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> plans, AwaitedPlans(*snapshot));
  if (plans.empty()) return false;
  DUBAN_RETURN_IF_ERROR(Regroup(store, node, plans));
  return true;
}

}  // namespace duban
