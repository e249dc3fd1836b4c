// The one way to write what an assignment is made of, within one command: orders with their lists, and the halves of
// those who act. It keeps true, in the same write, all that is kept or counted of them: the desk, and what is said of
// the plans that were made out of an assignment.

#ifndef DUBAN_SERVICES_ASSIGNMENT_CHANGE_H_
#define DUBAN_SERVICES_ASSIGNMENT_CHANGE_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/store/transaction.h"
#include "services/assignment/acts.h"
#include "services/assignment/desk.h"
#include "services/assignment/made_below.h"
#include "services/assignment/plan_to_orders.h"
#include "services/assignment/records.h"

namespace duban {

// Why a copy of what left this node's scope is cancelled here; its issuer did not cancel it.
inline constexpr std::string_view kWithdrawnAbove = "交办单位已撤回或已改由其他节点办理";

// Whether the issuer does not show an addressee to this node any more.
bool HasLeft(const v1::Addressee& addressee);

// Begins the id of a list that is this node's own: a copy, and addressees that its issuer no longer shows to this node.
inline constexpr std::string_view kKeptList = "k-";

// An order as it is stored, with whom it is addressed to.
absl::StatusOr<AddressedOrder> WithAddressees(const ReadView& view, const AssignmentRecords& records,
                                              const v1::Order& order);

// Not thread-safe: belongs to one command. Call Finish before it ends. Versions count up by themselves for what this
// node owns; what is written unchanged stays as it is. Errors: those of the store.
class Change {
 public:
  // `records` and the transaction outlive it.
  Change(Transaction& transaction, const AssignmentRecords& records, absl::Time now)
      : transaction_(transaction),
        records_(records),
        now_(now),
        desk_(transaction, records),
        below_(transaction, records, desk_) {}

  // Writes an order as its owner. What a unit that now works at another node did travels along.
  absl::Status Issue(AddressedOrder next);
  // Writes an order as it came from its owner, whose list of addressees is here already. Addressees that the owner does
  // not show to this node any more are kept, cancelled.
  absl::Status TakeIn(const v1::Order& copy);
  // Cancels what is here of an order that the owner no longer shows to this node.
  absl::Status Withdraw(const v1::Order& copy);
  // Writes an order as its owner had written it, after the store was lost or restored.
  absl::Status TakeBack(AddressedOrder own);

  // An assignment as it is now, with what was written in this command; what is kept of its unit says whether its halves
  // have to be read at all. Errors: RESOURCE_NOT_FOUND.
  absl::StatusOr<Duty> NeedDuty(std::string_view name);
  // Writes what an act made of a half, as its owner. Returns the assignment as it is then.
  absl::StatusOr<Duty> Act(Duty duty, Acted acted);
  // Writes, as the issuer, that another unit has the task of an assignment from now on (Readdressed). Returns the
  // assignment as it is then.
  absl::StatusOr<Duty> Readdress(const Duty& duty, const v1::Addressee& to, const std::string& reason);
  // Looks at how an assignment stands, and notes it where that has changed.
  absl::Status Restand(const Duty& duty);

  // Write a half as it came from its owner, whether or not its order is here.
  absl::Status TakeIn(const v1::Oversight& copy);
  absl::Status TakeIn(const v1::Execution& copy);
  absl::Status TakeIn(const v1::Decomposition& copy);
  absl::Status TakeIn(const v1::Delivery& copy);
  // Removes one of them, by its name, that its owner knows nothing of any more.
  absl::Status Forget(const std::string& name);

  // Write a half as its owner, this node, had written it, after the store was lost or restored.
  absl::Status TakeBack(const v1::Oversight& own, const Audiences& audiences);
  absl::Status TakeBack(const v1::Execution& own, const Audiences& audiences);
  absl::Status TakeBack(const v1::Decomposition& own, const Audiences& audiences);

  // Leaves it to a later Recount to say what was made out of assignments: while a store is rebuilt it is not known yet,
  // and what neighbours have of it in this node's own words must not be said otherwise.
  void CountLater() { below_.CountLater(); }
  // Counts anew what was made out of all that is addressed to this node's units under a task.
  void Recount(std::string_view task) { below_.Recount(task); }

  Desk& desk() { return desk_; }

  // Writes what is kept, and what this node says of the plans made out of an assignment, where that has changed.
  absl::Status Finish();

 private:
  // The name of the list that holds these addressees of an order, which is written where it is not there.
  absl::StatusOr<std::string> PutList(const v1::Order& order, std::string_view prefix, const Addressees& addressees,
                                      const Audiences& audiences);
  // Writes an order and all that is kept of it.
  absl::Status Write(const v1::Order& next, const v1::Order* before, const Audiences& audiences);
  // Has nobody who saw what was asked before sign for what is asked now.
  absl::Status ReleaseChanged(const v1::Order& next, const v1::Order& before);
  // Has what a unit did go along to the node where it works from now on; what was made of it stays behind.
  absl::Status CarryExecutions(const AddressedOrder& next, const AddressedOrder& before);
  absl::Status WriteHalf(const v1::Oversight& half, const Audiences& audiences);
  absl::Status WriteHalf(const v1::Execution& half, const Audiences& audiences);
  // Writes an execution and which files it names.
  absl::Status PutExecution(const v1::Execution& execution, const Audiences& audiences);
  absl::Status StandAll(const v1::Order& order);
  absl::Status Restand(std::string_view assignment);
  // Notes that the issuer does not show an addressee to this node any more; when and that it was cancelled before
  // stays.
  void Leave(v1::Addressee& addressee) const;
  // Those that the issuer shows now, and those that it showed before and does not any more.
  Addressees WithThoseWhoLeft(const std::vector<v1::Addressee>& shown, const std::vector<v1::Addressee>& before) const;
  // Writes a half of this node's own as its next version, with nothing else changed; nothing where what is stored does
  // not count any more.
  template <typename Half>
  absl::Status NextVersion(const std::string& name, int32_t moves, const Audiences& audiences);
  // Has the issuer hear again what units here did that it shows again: in between it passed over what came up of them.
  absl::Status HandUpAgain(const v1::Order& order, const std::vector<v1::Addressee>& now,
                           const std::vector<v1::Addressee>& before);
  absl::Status Realign(const v1::Order& next, const v1::Order* before);
  absl::Status Deliver(const v1::Order& order);
  absl::StatusOr<std::set<std::string>> NamedLists(std::string_view plan_name);
  absl::Status DropLists();
  Audiences AudiencesOf(const std::vector<v1::Addressee>& addressees) const;
  Audiences AudiencesOf(const v1::Oversight& oversight, const v1::Addressee& addressee) const;
  Audiences AudiencesOfExecution(const v1::Order& order) const;
  absl::StatusOr<CalendarPtr> Calendar();

  Transaction& transaction_;
  const AssignmentRecords& records_;
  const absl::Time now_;
  Desk desk_;
  MadeBelow below_;
  CalendarPtr calendar_;
  // Lists made in this command, by the addressees they hold.
  std::map<Addressees, std::string> list_names_;
  // Lists that an order named before, and whether they are this node's own; gone unless another one still names them.
  std::map<std::string, bool> left_lists_;
  std::set<std::string> delivered_plans_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_CHANGE_H_
