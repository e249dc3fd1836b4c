// From a published plan to orders: who has to do what, as of the publishing day.
//
// The second of the three arrows. Pure: data in, data out; the same plan and directory give the same orders, in the
// same order, with the same names, in every run and at every node. Thread-safe. Errors: none; what cannot be assigned
// to anybody comes back as an omission, never silently.
//
// Rules of the plan and printed names are settled at publishing (services/plan/publish.h): here an entry is addressed
// by what it was resolved to, or is left open.

#ifndef DUBAN_SERVICES_ASSIGNMENT_PLAN_TO_ORDERS_H_
#define DUBAN_SERVICES_ASSIGNMENT_PLAN_TO_ORDERS_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/contract/issue_limits.h"
#include "duban/v1/order.pb.h"
#include "duban/v1/plan.pb.h"
#include "duban/v1/unit.pb.h"

namespace duban {

// Who can be addressed, by resource name.
struct Directory {
  std::map<std::string, v1::Unit, std::less<>> units;
  std::map<std::string, v1::UnitGroup, std::less<>> groups;
};

// Why an entry of a task's list, or the whole task, reaches nobody.
enum class OmissionReason {
  // The entry leads to no unit or group of the directory.
  kUnknownName,
  // The unit no longer existed on the day.
  kEnded,
  // The unit did not exist yet on the day.
  kNotYet,
  // The group had no members on the day.
  kEmptyGroup,
  // Nobody at all is assigned to the task.
  kNobody,
  // The task has more than kMaxAddressees, or the plan more than kMaxAssignments; this task's go no further.
  kTooMany,
};

// Something the plan says that no assignment came of.
struct Omission {
  OmissionReason reason;
  // `plans/{plan}/tasks/{task}`.
  std::string task;
  // The words or the resource name it is about.
  std::string subject;

  friend bool operator==(const Omission&, const Omission&) = default;
};

std::string_view OmissionName(OmissionReason reason);

// By unit; orders with the same addressees share them.
using Addressees = std::shared_ptr<const std::vector<v1::Addressee>>;

// An order and whom it is addressed to, which its `addressee_list` will name.
struct AddressedOrder {
  v1::Order order;
  // Never null.
  Addressees addressees;
};

struct Expansion {
  // In the order of the plan; version 1, as they are when issued. A task that reaches nobody has no order.
  std::vector<AddressedOrder> orders;
  // In the order of the plan, each once.
  std::vector<Omission> omissions;
};

// The node where a unit works: its own, or that which owns its directory entry; `node` where neither is known.
std::string_view NodeOf(const v1::Unit& unit, std::string_view node);

// The day as of which the plan's groups are expanded.
absl::CivilDay ExpansionDay(const v1::Plan& plan);

// Expands a plan of `node`. Groups become their members on `as_of`; a unit gets one assignment a task, with its
// strongest role; open entries (`等单位`) assign nobody. A plan that is not published gives no orders.
Expansion PlanToOrders(const v1::Plan& plan, const Directory& directory, absl::CivilDay as_of, std::string_view node);

// What is issued by it.
v1::Issuance IssuanceOf(const Expansion& expansion);

// What has to be written so that the plan's orders become the expanded ones: new ones, changed ones (when they were
// issued, and what happened to their addressees, stays), and those of which addressees are cancelled because they are
// no longer there, with the reason the plan gives. What is the same is not returned. `current` holds the orders that
// `node` issued for the plan.
std::vector<AddressedOrder> ReconcileOrders(std::vector<AddressedOrder> current, const Expansion& expansion,
                                            const v1::Plan& plan, std::string_view node);

// Whether orders that neighbours gave back, after the store was lost, are of a later revision than the plan came back
// in, or of its withdrawal: nobody knows of that any more, and they have to become again what the plan says.
bool HeardOfLater(const std::vector<AddressedOrder>& given_back, const v1::Plan& plan);

// What has to be written so that orders that neighbours gave back, after the store was lost, are whole: they stay as
// they were, and who is not in them yet is added.
std::vector<AddressedOrder> CompleteOrders(const std::vector<AddressedOrder>& given_back, const Expansion& expansion);

// The list that holds these addressees: named by its content. `prefix` begins its id.
inline constexpr std::string_view kIssuedList = "l-";
v1::AddresseeList ListOf(std::string_view plan, std::string_view prefix, const std::vector<v1::Addressee>& addressees,
                         std::string_view issuer_node);

// Has an addressee work at another node from now on. `node` is the issuer's: what was done there needs no guarding
// against what still comes up.
void MoveAddressee(std::string_view to, std::string_view node, v1::Addressee& addressee);

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_PLAN_TO_ORDERS_H_
