// What is kept here of lists of addressees and of what was done about their assignments: only what reminders depend on,
// packed, so that a page of acts touches few rows.
//
// Functions on a transaction or a view; they run where it runs and keep nothing. Taking in what is here already writes
// nothing. Errors: those of the store.

#ifndef DUBAN_SERVICES_NOTIFICATION_DUTY_COPIES_H_
#define DUBAN_SERVICES_NOTIFICATION_DUTY_COPIES_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "common/contract/names.h"
#include "common/store/transaction.h"
#include "duban/storage/v1/notification.pb.h"
#include "duban/v1/feed.pb.h"
#include "duban/v1/order.pb.h"

namespace duban {

// Most units of a page of a list, and so of a batch of reminders that is made in one step.
inline constexpr int kListPage = 500;

// Leaves of an order what reminders depend on and say.
v1::Order TrimmedOrder(const v1::Order& order);

// Takes in a list of addressees, or that it was withdrawn. `node` is this node's id. Returns whether an order had named
// it before it came, so that its schedules have to be planned once more.
absl::StatusOr<bool> TakeInList(Transaction& transaction, const v1::FeedEntry& entry, std::string_view node);

// The issuer's half of an assignment, as it is kept here, before an entry was taken in and after.
struct TakenOversight {
  v1::Oversight before;
  v1::Oversight after;
};

// Takes in an execution or an oversight, or that it was withdrawn.
absl::StatusOr<TakenOversight> TakeInActs(Transaction& transaction, const ParsedName& name, const v1::FeedEntry& entry);

// The head of a list; nothing where the list is not here.
absl::StatusOr<std::optional<storage::v1::ListHead>> ReadListHead(const ReadView& view, std::string_view list);
absl::StatusOr<storage::v1::ListPage> ReadListPage(const ReadView& view, std::string_view list, size_t page);

// One addressee of an order, and what was done about its assignment.
struct KnownDuty {
  storage::v1::ListedUnit unit;
  storage::v1::DutyActs acts;
};

// Those that `order` is addressed to, with unit keys from `first` to `last`, both included, by key.
absl::StatusOr<std::vector<KnownDuty>> ReadDuties(const ReadView& view, const v1::Order& order, uint64_t first,
                                                  uint64_t last);

// Names of the lists, executions and oversights that are here, until `visit` returns false.
absl::Status VisitCopies(const ReadView& view, absl::FunctionRef<bool(std::string_view name)> visit);

}  // namespace duban

#endif  // DUBAN_SERVICES_NOTIFICATION_DUTY_COPIES_H_
