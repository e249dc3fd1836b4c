// What is kept, so that lists, boards and pulls need not look at assignments one by one: how each assignment stands, by
// plan and unit, and the sums of it by heading and by unit. A row holds what is written together, so that signing for
// all that a unit has of one plan touches three rows, whatever their number.
//
// Index rows of the assignment service's store (storage/v1/desk.proto):
//   kDesk             [plan] [unit]                            DeskRow
//   kDeskLease        [plan] [unit]                            DeskLeases; only while one runs or was not signed under
//   kPlanDesk         [plan]                                   PlanDesk: its orders, and its assignments by heading
//   kUnitDesk         [unit]                                   UnitDesk: its assignments, and where some wait for it
//   kUnitPlan         [unit] [plan]                            empty; there while the plan has a DeskRow of the unit
//   kOrderByAlignment [upstream task] [order]                  empty; of orders of this node
//   kBelow            `unit` [unit] [depth] [unit] [node]      Decomposition.Row: what was made below of a
//                                                              unit's assignments, summed
//                     `heading` [plan] [heading] [depth] [unit] [node]  the same of a heading of a plan

#ifndef DUBAN_SERVICES_ASSIGNMENT_DESK_H_
#define DUBAN_SERVICES_ASSIGNMENT_DESK_H_

#include <cstdint>
#include <map>
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
#include "services/assignment/state.h"

namespace duban {

// Reading; an empty row where there is none.
absl::StatusOr<storage::v1::DeskRow> ReadDeskRow(const ReadView& view, std::string_view plan, std::string_view unit);
absl::StatusOr<storage::v1::DeskLeases> ReadLeases(const ReadView& view, std::string_view plan, std::string_view unit);
absl::StatusOr<storage::v1::PlanDesk> ReadPlanDesk(const ReadView& view, std::string_view plan);
absl::StatusOr<storage::v1::UnitDesk> ReadUnitDesk(const ReadView& view, std::string_view unit);

// What DeskRow.stored is made of.
inline constexpr uint32_t kHalvesStored = 1;
inline constexpr uint32_t kDecompositionStored = 2;

// How the `place`-th assignment of a row stands.
Standing StandingAt(const storage::v1::DeskRow& row, int place);
// The place of an ordinal in a row; -1 where it is not there.
int PlaceOf(const storage::v1::DeskRow& row, uint32_t ordinal);
// The lease that holds an ordinal at `now`; null where none does.
const storage::v1::DeskLeases::Lease* LeaseOf(const storage::v1::DeskLeases& leases, uint32_t ordinal, absl::Time now);

// The innermost heading of an order, as printed; empty where it stands under none.
std::string_view HeadingOf(const v1::Order& order);
// The text by which orders of a plan are sorted: body before annexes, annexes by their number, then by the task's
// number and id.
std::string SortText(const v1::Order& order);

// Not thread-safe. Changes the kept rows within one command: everything is read once, changed in memory, and written by
// Flush, which has to be called before the command ends. Rows that come out as they were are not written.
class Desk {
 public:
  // The transaction outlives it.
  explicit Desk(Transaction& transaction) : transaction_(transaction) {}

  // Makes an order known, with the sequence of its last change. Where it stood under another heading, what is counted
  // there moves: that costs as many rows as its plan has units.
  absl::Status PutOrder(const v1::Order& order, int64_t sequence);
  // Notes how an assignment stands now, and whether somebody has acted on it (HasActs). REQUIRES: its order is known.
  absl::Status Stand(const v1::Order& order, const v1::Addressee& addressee, const Standing& standing, bool acted);
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
  absl::StatusOr<const storage::v1::PlanDesk*> Plan(std::string_view plan);
  absl::StatusOr<const storage::v1::UnitDesk*> Unit(std::string_view unit);

  absl::Status Flush();

 private:
  // A row and what it was before the command; empty where it was not there.
  template <typename Message>
  struct Kept {
    Message row;
    std::string before;
  };
  struct KeptPlan : Kept<storage::v1::PlanDesk> {
    // By task id, and by heading.
    std::map<std::string, uint32_t, std::less<>> ordinals;
    std::map<std::string, uint32_t, std::less<>> headings;
  };
  using PlanAndUnit = std::pair<std::string, std::string>;

  template <typename Message>
  absl::Status Read(const std::string& key, Kept<Message>& kept) const;
  template <typename Message>
  void Write(std::string key, const Kept<Message>& kept);
  absl::StatusOr<KeptPlan*> LoadPlan(std::string_view plan);
  absl::StatusOr<Kept<storage::v1::DeskRow>*> LoadRow(std::string_view plan, std::string_view unit);
  absl::StatusOr<Kept<storage::v1::UnitDesk>*> LoadUnit(std::string_view unit);
  static uint32_t HeadingIn(std::string_view heading, KeptPlan& plan);
  absl::Status MoveToHeading(std::string_view plan_name, uint32_t ordinal, uint32_t heading, KeptPlan& plan);

  Transaction& transaction_;
  std::map<std::string, KeptPlan, std::less<>> plans_;
  std::map<PlanAndUnit, Kept<storage::v1::DeskRow>> rows_;
  std::map<PlanAndUnit, Kept<storage::v1::DeskLeases>> leases_;
  std::map<std::string, Kept<storage::v1::UnitDesk>, std::less<>> units_;
};

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_DESK_H_
