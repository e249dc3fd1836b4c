// What is kept, so that lists, boards and pulls need not look at assignments one by one: how each assignment stands, by
// plan and unit, and the sums of it by heading and by unit. A row holds what is written together, so that signing for
// all that a unit has of one plan touches three rows, whatever their number.
//
// Index rows of the assignment service's store (storage/v1/desk.proto):
//   kDesk             [plan] [unit]                            DeskRow
//   kDeskLease        [plan] [unit]                            DeskLeases; only while one runs or was not signed under
//   kPlanOrders       [plan]                                   PlanOrders: what is said once of its orders
//   kPlanTally        [plan]                                   PlanTally: its assignments by heading
//   kOrderWords       see order_words.h                        what its orders say
//   kUnitDesk         [unit]                                   UnitDesk: its assignments
//   kWaiting          [unit] [plan]                            empty; there while one of its assignments under the
//                                                              plan waits to be signed for
//   kIssuerWaiting    [issuer] [plan] [unit]                   empty; there while one of the unit's assignments under
//                                                              the plan, issued at this node, waits for its issuer
//   kUnitPlan         [unit] [plan]                            empty; there while the plan has a DeskRow of the unit
//   kOrderByAlignment [upstream task] [order]                  empty; of orders of this node
//   kBelow            `unit` [unit] [depth] [unit] [node]      Decomposition.Row: what was made below of a
//                                                              unit's assignments, summed
//                     `heading` [plan] [heading] [depth] [unit] [node]  the same of a heading of a plan

#ifndef DUBAN_SERVICES_ASSIGNMENT_DESK_H_
#define DUBAN_SERVICES_ASSIGNMENT_DESK_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/contract/duty.h"
#include "common/contract/names.h"
#include "common/store/transaction.h"
#include "common/store/view.h"
#include "duban/storage/v1/desk.pb.h"
#include "duban/v1/issuer_service.pb.h"
#include "google/protobuf/arena.h"
#include "services/assignment/order_words.h"
#include "services/assignment/plan_book.h"
#include "services/assignment/records.h"
#include "services/assignment/state.h"

namespace duban {

// Reading; an empty row where there is none. False for what is no row.
bool ParseDeskRow(std::string_view value, storage::v1::DeskRow& row);
absl::StatusOr<storage::v1::DeskRow> ReadDeskRow(const ReadView& view, std::string_view plan, std::string_view unit);
absl::StatusOr<storage::v1::DeskLeases> ReadLeases(const ReadView& view, std::string_view plan, std::string_view unit);
absl::StatusOr<storage::v1::PlanTally> ReadPlanTally(const ReadView& view, std::string_view plan);
absl::StatusOr<storage::v1::UnitDesk> ReadUnitDesk(const ReadView& view, std::string_view unit);

// Visits the plans under which something waits for a unit to sign for, by name, until `visit` returns false or an
// error.
absl::Status VisitWaiting(const ReadView& view, std::string_view unit,
                          absl::FunctionRef<absl::StatusOr<bool>(const std::string& plan)> visit);

// Visits the shares of plans of which something waits for an issuer, by plan and unit, from the row `from` of
// kIssuerWaiting on (empty: all), until `visit` returns false or an error.
absl::Status VisitIssuerWaiting(
    const ReadView& view, std::string_view issuer, const std::string& from,
    absl::FunctionRef<absl::StatusOr<bool>(const std::string& plan, const std::string& unit)> visit);

// What the `place`-th assignment of a row waits for its issuer to do: the sum of 1 << ListIssuerItemsRequest.Wait.
uint32_t IssuerWaitsAt(const storage::v1::DeskRow& row, int place);
// Whether any of a row does.
bool WaitsForIssuer(const storage::v1::DeskRow& row);

// Stores from before what waits for issuers was kept have it counted, in steps (restand.h), from the first start on.
absl::StatusOr<bool> KeepsIssuerWaits(const ReadView& view);
// Whether the desk has any plan.
absl::StatusOr<bool> HasPlans(const ReadView& view);
void SetKeepsIssuerWaits(Transaction& transaction);

// How the `place`-th assignment of a row stands.
Standing StandingAt(const storage::v1::DeskRow& row, int place);
// The place of an ordinal in a row; -1 where it is not there.
int PlaceOf(const storage::v1::DeskRow& row, uint32_t ordinal);
// The lease that holds an ordinal at `now`; null where none does.
const storage::v1::DeskLeases::Lease* LeaseOf(const storage::v1::DeskLeases& leases, uint32_t ordinal, absl::Time now);

// Takes leases that have run out, or hold nothing any more, out of a row.
void DropRunOut(absl::Time now, storage::v1::DeskLeases& leases);

// Not thread-safe. Changes the kept rows within one command: everything is read once, changed in memory, and written by
// Flush, which has to be called before the command ends. Rows that come out as they were are not written.
class Desk {
 public:
  // The transaction and the records outlive it.
  Desk(Transaction& transaction, const AssignmentRecords& records) : transaction_(transaction), records_(records) {}

  // Makes an order known, with the sequence of its last change. Where it stood under another heading, what is counted
  // there moves: that costs as many rows as its plan has units.
  absl::Status PutOrder(const v1::Order& order, int64_t sequence);
  // Notes how an assignment stands now, and which of its halves count (StoredOf). REQUIRES: its order is known.
  absl::Status Stand(const v1::Order& order, const v1::Addressee& addressee, const Standing& standing, uint32_t halves);
  // Notes what a unit is called now; nothing where no assignment of it is known.
  absl::Status Rename(std::string_view unit, const std::string& display_name);
  // Notes whether a decomposition of an assignment is stored; nothing where the assignment is not known.
  absl::Status Decomposed(const ParsedName& assignment, bool stored);

  // The number of a task's order within its plan; nothing where it is not known.
  absl::StatusOr<std::optional<uint32_t>> OrdinalOf(std::string_view plan, std::string_view task);
  // How an assignment stands, with what was noted in this command; nothing where it is not known.
  absl::StatusOr<std::optional<Standing>> StandingOf(std::string_view plan, std::string_view task,
                                                     std::string_view unit);
  // Rows with what was noted in this command. They live as long as this does; leases may be changed.
  absl::StatusOr<const storage::v1::DeskRow*> Row(std::string_view plan, std::string_view unit);
  absl::StatusOr<storage::v1::DeskLeases*> Leases(std::string_view plan, std::string_view unit);
  // Has nobody hold an assignment any more: it was signed for, or is another one than it was when it was leased.
  absl::Status Release(const v1::Order& order, std::string_view unit, absl::Time now);
  // The orders of a plan, with those that were put in this command; until the next one is put.
  absl::StatusOr<const PlanBook*> Book(std::string_view plan);

  absl::Status Flush();

 private:
  // A row and what it was before the command; empty where it was not there.
  template <typename Message>
  struct Kept {
    // In arena_; never null once it was read.
    Message* row = nullptr;
    std::string before;
    // Whether it may be another one now; else it is not looked at again.
    bool touched = false;

    Message& Touch() {
      touched = true;
      return *row;
    }
  };
  struct KeptRow : Kept<storage::v1::DeskRow> {
    // Whether something of it waited to be signed for before the command.
    bool waited = false;
    // The issuer, where it is one of this node; known once something of it has come to stand otherwise.
    std::string issuer;
  };
  struct KeptPlan : Kept<storage::v1::PlanTally> {
    // As it was before the command, until an order is put.
    PlanBookPtr book;
    // The same, to be changed; null where no order was put.
    std::shared_ptr<PlanBook> changed;
    // Whether the words of its orders are kept; read with the first order that is put.
    bool has_words = false;
    OrderWords words;
  };
  using PlanAndUnit = std::pair<std::string, std::string>;

  template <typename Message>
  absl::Status Read(const std::string& key, Kept<Message>& kept);
  template <typename Message>
  void Write(std::string key, const Kept<Message>& kept);
  absl::StatusOr<KeptPlan*> LoadPlan(std::string_view plan);
  absl::StatusOr<KeptRow*> LoadRow(std::string_view plan, std::string_view unit);
  absl::StatusOr<Kept<storage::v1::UnitDesk>*> LoadUnit(std::string_view unit);
  absl::Status MoveToHeading(std::string_view plan_name, uint32_t ordinal, uint32_t from, uint32_t to, KeptPlan& plan);
  absl::Status PutWords(const std::string& plan_name, const v1::Order& order, KeptPlan& plan);
  // In a store without plans they are kept from its first one on.
  absl::Status BeginKeepingIssuerWaits();
  absl::Status FlushPlan(const std::string& plan_name, KeptPlan& plan);
  void FlushRow(const PlanAndUnit& key, KeptRow& row);

  Transaction& transaction_;
  const AssignmentRecords& records_;
  // Rows are made of many small parts, which go all at once.
  google::protobuf::Arena arena_;
  std::map<std::string, KeptPlan, std::less<>> plans_;
  std::map<PlanAndUnit, KeptRow> rows_;
  std::map<PlanAndUnit, Kept<storage::v1::DeskLeases>> leases_;
  std::map<std::string, Kept<storage::v1::UnitDesk>, std::less<>> units_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_DESK_H_
