// Reading what an assignment is made of: orders, lists of addressees, and the halves of those who act.
//
// Rows of the assignment service's store; those that are kept for lists and boards are drawn in desk.h:
//   entity  plans/{p}/tasks/{t}/order                          Order; to the notification service, and to the nodes of
//                                                              its addressees
//   entity  plans/{p}/addressees/{l}                           AddresseeList; as the orders that name it
//   entity  plans/{p}/deliveries/{n}                           Delivery; to the issuer's node
//   entity  plans/{p}/tasks/{t}/assignments/{u}/oversight      Oversight; to the notification service, and to
//                                                              the unit's node
//   entity  plans/{p}/tasks/{t}/assignments/{u}/execution      Execution; to the notification service, and to the
//                                                              issuer's node
//   entity  plans/{p}/tasks/{t}/assignments/{u}/decomposition  Decomposition; to the issuer's node
//   entity  units/.. groups/.. calendars/..                    the directory as it was followed; to nobody
//   local   pending/{plan}                                     Plan that waits for the head of the plan feed
//   local   expansions/{plan}                                  storage.v1.PlanExpansion
//   local   calendar_stamp                                     storage.v1.CalendarStamp
//   local   restanding                                         storage.v1.Restanding, see restand.h
//   local   issuer_waits_kept                                  storage.v1.IssuerWaitsKept, see desk.h
//   local   given/plans/{p}/addressees/{l}                     AddresseeList that a neighbour gave back (rebuilding)
//   local   dropped/plans/{p}/addressees/{l}                   empty; a list that its issuer has dropped and that
//                                                              an order here still names

#ifndef DUBAN_SERVICES_ASSIGNMENT_RECORDS_H_
#define DUBAN_SERVICES_ASSIGNMENT_RECORDS_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "common/base/mutex.h"
#include "common/calendar/working_calendar.h"
#include "common/contract/duty.h"
#include "common/store/transaction.h"
#include "common/store/view.h"
#include "services/assignment/plan_book.h"

namespace duban {

inline constexpr std::string_view kPendingPrefix = "pending/";
std::string PendingName(std::string_view plan);
inline constexpr std::string_view kExpansionPrefix = "expansions/";
std::string ExpansionName(std::string_view plan);
// Of a list of addressees in parts, or of a task of which something was made, that neighbours gave back.
std::string GivenName(std::string_view list_or_task);
std::string DroppedName(std::string_view list);

using OrderPtr = std::shared_ptr<const v1::Order>;
using AddresseesPtr = std::shared_ptr<const v1::AddresseeList>;
using CalendarPtr = std::shared_ptr<const WorkingCalendar>;

// The addressee of a unit; null where it is not in the list.
const v1::Addressee* FindAddressee(const v1::AddresseeList& list, std::string_view unit);

// What DeskRow.stored is made of.
inline constexpr uint32_t kExecutionStored = 1;
inline constexpr uint32_t kDecompositionStored = 2;
inline constexpr uint32_t kOversightStored = 4;
// Beside them, what both halves together say: a request for an extension has no answer yet.
inline constexpr uint32_t kExtensionOpen = 8;
// Or a report was not read.
inline constexpr uint32_t kReportUnread = 16;
inline constexpr uint32_t kHalvesStored = kExecutionStored | kOversightStored;

// Which halves of an assignment count, as part of DeskRow.stored: without the others it is the same. With
// kExtensionOpen and kReportUnread.
uint32_t StoredOf(const Duty& duty);

// What is stored of one assignment; halves are unset where there are none.
struct StoredHalves {
  v1::Oversight oversight;
  v1::Execution execution;
  v1::Decomposition decomposition;

  bool acted() const { return oversight.version() > 0 || execution.version() > 0; }
};

// Reads through a view, and remembers what was parsed: an order by its name and the sequence of its last change, a list
// by its name, which says its content, the calendar and what is said once of a plan's orders by their stamps, where a
// unit works by its row. What is remembered can be read again and is never older than the view.
//
// Thread-safe. Errors: those of the view; INVARIANT_BROKEN where an order names a list that is not there.
class AssignmentRecords {
 public:
  // `node` is that of the store.
  explicit AssignmentRecords(std::string node) : node_(std::move(node)) {}

  const std::string& node() const { return node_; }

  // The order called so; null where there is none.
  absl::StatusOr<OrderPtr> FindOrder(const ReadView& view, std::string_view name) const;
  // The same where the sequence of its last change is known: no row is read for what is remembered.
  absl::StatusOr<OrderPtr> NeedOrder(const ReadView& view, std::string_view name, int64_t sequence) const;
  absl::StatusOr<AddresseesPtr> NeedList(const ReadView& view, std::string_view name) const;

  // The node where a unit works, as the directory has it; nothing where it does not know the unit.
  absl::StatusOr<std::optional<std::string>> NodeOfUnit(const ReadView& view, std::string_view unit) const;

  // What is said once of the orders of a plan; an empty book where none is known.
  absl::StatusOr<PlanBookPtr> Book(const ReadView& view, std::string_view plan) const;
  // The same where its PlanTally was read: no row is read for what is remembered. Where both do not fit together, the
  // record is broken.
  absl::StatusOr<PlanBookPtr> NeedBook(const ReadView& view, std::string_view plan,
                                       const storage::v1::PlanTally& tally) const;
  // Remembers a book under its stamp, which says its content, so that it need not be parsed.
  void KeepBook(std::string_view plan, std::string_view stamp, PlanBookPtr book) const;

  // One assignment; nothing where there is no such one.
  absl::StatusOr<std::optional<Duty>> FindDuty(const ReadView& view, std::string_view name) const;
  // The same, or RESOURCE_NOT_FOUND.
  absl::StatusOr<Duty> NeedDuty(const ReadView& view, std::string_view name) const;
  // The assignment of one unit under an order that was read; nothing where the order does not address the unit. Only
  // the halves in `stored` are looked for.
  absl::StatusOr<std::optional<Duty>> DutyOf(const ReadView& view, const OrderPtr& order, std::string_view unit,
                                             uint32_t stored = kHalvesStored) const;

  // What is stored of the assignments of one task, by unit. Costs as many as there are.
  absl::StatusOr<std::map<std::string, StoredHalves>> HalvesOf(const ReadView& view, std::string_view task) const;

  // The calendar of all notices that are known here.
  absl::StatusOr<CalendarPtr> Calendar(const ReadView& view) const;
  // Notes that a calendar changed: has to be called in the command that changes it.
  static absl::Status CalendarChanged(Transaction& transaction, const std::string& name);

 private:
  struct CachedOrder {
    int64_t sequence = 0;
    OrderPtr order;
  };
  struct CachedBook {
    std::string stamp;
    PlanBookPtr book;
  };
  struct CachedUnit {
    // The row of the directory's entry.
    std::string bytes;
    std::optional<std::string> node;
  };
  static constexpr size_t kMostUnits = 20'000;
  static constexpr size_t kMostOrders = 20'000;
  // Most orders of all books together, but one book at least.
  static constexpr int kMostInBooks = 50'000;
  static constexpr size_t kMostLists = 64;

  OrderPtr Remembered(std::string_view name, int64_t sequence) const ABSL_LOCKS_EXCLUDED(mu_);
  // Null where it is not remembered.
  PlanBookPtr RememberedBook(std::string_view plan, std::string_view stamp) const ABSL_LOCKS_EXCLUDED(mu_);

  const std::string node_;
  mutable Mutex mu_;
  // tidy: allow command-state because it is taken for a view only by the sequence of its last change there
  mutable absl::flat_hash_map<std::string, CachedOrder> orders_ ABSL_GUARDED_BY(mu_);
  // By plan.
  // tidy: allow command-state because a book is taken only by its stamp in the view, which says its content
  mutable absl::flat_hash_map<std::string, CachedBook> books_ ABSL_GUARDED_BY(mu_);
  // tidy: allow command-state because it only says how much stands in books_
  mutable int orders_in_books_ ABSL_GUARDED_BY(mu_) = 0;
  // By name.
  // tidy: allow command-state because it is compared with the row in the view
  mutable absl::flat_hash_map<std::string, CachedUnit> units_ ABSL_GUARDED_BY(mu_);
  // tidy: allow command-state because the name of a list says its content
  mutable absl::flat_hash_map<std::string, AddresseesPtr> lists_ ABSL_GUARDED_BY(mu_);
  // tidy: allow command-state because it is compared with the stamp in the view
  mutable std::string calendar_stamp_ ABSL_GUARDED_BY(mu_);
  // tidy: allow command-state because it goes with calendar_stamp_
  mutable CalendarPtr calendar_ ABSL_GUARDED_BY(mu_);
};

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_RECORDS_H_
