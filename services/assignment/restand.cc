#include "services/assignment/restand.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "common/base/ids.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "common/search/words_state.h"
#include "duban/storage/v1/desk.pb.h"
#include "services/assignment/change.h"
#include "services/assignment/desk.h"
#include "services/assignment/evidence_book.h"
#include "services/assignment/indexes.h"
#include "services/assignment/order_words.h"
#include "services/assignment/state.h"
#include "services/assignment/tally.h"

namespace duban {
namespace {

using storage::v1::DeskRow;
using storage::v1::PlanOrders;
using storage::v1::PlanTally;
using storage::v1::Restanding;
using storage::v1::UnitDesk;

constexpr char kRestanding[] = "restanding";

absl::Status RestandRow(const ReadView& view, const std::string& plan, const std::string& unit, bool all,
                        const AssignmentRecords& records, Change& change) {
  DUBAN_ASSIGN_OR_RETURN(const DeskRow row, ReadDeskRow(view, plan, unit));
  DUBAN_ASSIGN_OR_RETURN(const PlanBookPtr book, records.Book(view, plan));
  for (int place = 0; place < row.ordinals_size(); ++place) {
    if (!all && IsGrey(StandingAt(row, place).state)) continue;
    const PlanBook::OrderRef& ref = book->order(row.ordinals(place));
    const std::string name = OrderName(StrCat(plan, "/tasks/", ref.task()));
    DUBAN_ASSIGN_OR_RETURN(const OrderPtr order, records.NeedOrder(view, name, ref.sequence()));
    DUBAN_ASSIGN_OR_RETURN(const std::optional<Duty> duty, records.DutyOf(view, order, unit, row.stored(place)));
    if (!duty.has_value()) return InvariantBroken(StrCat("a desk has ", unit, " under ", name));
    DUBAN_RETURN_IF_ERROR(change.Restand(*duty));
  }
  return absl::OkStatus();
}

// What the records ask for, plan by plan.
class Recount {
 public:
  Recount(const ReadView& view, std::string_view node, IndexRowSink sink)
      : view_(view), records_(std::string(node)), sink_(sink) {}

  absl::Status Run() {
    DUBAN_ASSIGN_OR_RETURN(calendar_, records_.Calendar(view_));
    DUBAN_ASSIGN_OR_RETURN(restanding_, IsRestanding(view_));
    DUBAN_ASSIGN_OR_RETURN(words_, ReadWordsState(view_));
    absl::Status status;
    DUBAN_RETURN_IF_ERROR(view_.Scan<v1::Order>("plans/", {}, [&](std::string_view name, Stored<v1::Order> order) {
      status = Add(std::string(ParseName(name).plan), std::move(order));
      return status.ok();
    }));
    DUBAN_RETURN_IF_ERROR(status);
    DUBAN_RETURN_IF_ERROR(GivePlan());
    DUBAN_RETURN_IF_ERROR(GiveUnits());
    DUBAN_RETURN_IF_ERROR(GiveBelow());
    return GiveLeases();
  }

 private:
  absl::Status Add(const std::string& plan, Stored<v1::Order> stored) {
    if (plan != plan_) {
      DUBAN_RETURN_IF_ERROR(GivePlan());
      DUBAN_RETURN_IF_ERROR(BeginPlan(plan));
    }
    const v1::Order& order = stored.value;
    const std::optional<uint32_t> ordinal = kept_.OrdinalOf(order.task());
    if (!ordinal.has_value()) return BrokenRecord(StrCat("no desk knows ", order.name()));
    ++orders_;
    own_issuer_ = order.issuer_node() == records_.node() ? order.issuer() : "";
    PlanOrders::OrderRef& ref = *plan_orders_.mutable_orders(static_cast<int>(*ordinal));
    ref.set_place(SortText(order));
    ref.set_sequence(stored.sequence);
    if (kept_.heading(ref) != HeadingOf(order)) {
      return BrokenRecord(StrCat("a desk has ", order.name(), " under another heading"));
    }
    if (order.issuer_node() == records_.node()) {
      for (const std::string& task : order.aligned_tasks()) {
        sink_(IndexKey(kOrderByAlignment, {task, order.name()}), std::string());
      }
    }
    return AddAssignments(order, *ordinal, ref.heading());
  }

  absl::Status BeginPlan(const std::string& plan) {
    plan_ = plan;
    orders_ = 0;
    rows_.clear();
    shelves_.clear();
    DUBAN_ASSIGN_OR_RETURN(const PlanTally tally, ReadPlanTally(view_, plan));
    DUBAN_ASSIGN_OR_RETURN(const PlanBookPtr book, records_.NeedBook(view_, plan, tally));
    kept_ = *book;
    plan_orders_ = kept_.row();
    tally_.Clear();
    while (tally_.tallies_size() < plan_orders_.headings_size()) tally_.add_tallies();
    return absl::OkStatus();
  }

  absl::Status AddAssignments(const v1::Order& order, uint32_t ordinal, uint32_t heading) {
    DUBAN_ASSIGN_OR_RETURN(const AddresseesPtr list, records_.NeedList(view_, order.addressee_list()));
    DUBAN_ASSIGN_OR_RETURN(const auto stored, records_.HalvesOf(view_, order.task()));
    AddWords(order, ordinal, *list);
    Duty duty;
    duty.order = std::make_shared<const v1::Order>(order);
    for (const v1::Addressee& addressee : list->addressees()) {
      const auto half = stored.find(addressee.unit());
      const StoredHalves halves = half == stored.end() ? StoredHalves() : half->second;
      duty.addressee = addressee;
      duty.oversight = halves.oversight;
      duty.execution = EffectiveExecution(addressee, halves.oversight, halves.execution);
      const Standing standing = StandingOf(duty, *calendar_);
      const bool decomposed = halves.decomposition.version() > 0;
      AddTo(rows_[addressee.unit()], ordinal, standing, StoredOf(duty) | (decomposed ? kDecompositionStored : 0));
      Count(standing, 1, *tally_.mutable_tallies(static_cast<int>(heading)));
      Count(standing, 1, *units_[addressee.unit()].mutable_tally());
      if (standing.state == v1::Assignment::ISSUED) waiting_.insert(IndexKey(kWaiting, {addressee.unit(), plan_}));
    }
    for (const auto& [unit, halves] : stored) {
      for (const v1::Decomposition::Row& row : halves.decomposition.rows()) AddBelow(order, unit, row);
    }
    return absl::OkStatus();
  }

  void AddWords(const v1::Order& order, uint32_t ordinal, const v1::AddresseeList& list) {
    if (!HasWords(words_, plan_)) return;
    issuer_ = order.issuer();
    const auto place = static_cast<int>(ordinal);
    shelves_[place / kShelfSize].Put(place % kShelfSize, WordsOf(order, list));
  }

  static void AddTo(std::map<uint32_t, DeskRow>& row, uint32_t ordinal, const Standing& standing, uint32_t stored) {
    DeskRow& one = row[ordinal];
    one.add_ordinals(ordinal);
    one.add_states(standing.state);
    one.add_yellow_days(standing.yellow_day);
    one.add_red_days(standing.red_day);
    one.add_stored(stored);
  }

  void AddBelow(const v1::Order& order, std::string_view unit, const v1::Decomposition::Row& row) {
    const std::string depth = absl::StrFormat("%02d", row.depth());
    for (std::string key : {IndexKey(kBelow, {"unit", unit, depth, row.unit(), row.node()}),
                            IndexKey(kBelow, {"heading", plan_, HeadingOf(order), depth, row.unit(), row.node()})}) {
      AddCounts(row.counts(), 1, *below_[std::move(key)].mutable_counts());
    }
  }

  absl::Status GivePlan() {
    if (plan_.empty()) return absl::OkStatus();
    if (orders_ != plan_orders_.orders_size()) {
      return BrokenRecord(StrCat("a desk has orders that are not there: ", plan_));
    }
    sink_(IndexKey(kPlanOrders, {plan_}), plan_orders_.SerializeAsString());
    tally_.set_orders_stamp(PlanBook(plan_orders_).Stamp());
    Give(IndexKey(kPlanTally, {plan_}), tally_);
    for (const auto& [shelf, words] : shelves_) {
      GiveShelf(kOrderWords, WordsKey(plan_, kept_, shelf), issuer_, words, sink_);
    }
    for (const auto& [unit, parts] : rows_) {
      DeskRow row;
      // Parallel lists, so that parts laid end to end are the whole.
      for (const auto& [ordinal, part] : parts) row.MergeFrom(part);
      DUBAN_RETURN_IF_ERROR(GiveIssuerWaits(unit, row));
      Give(IndexKey(kDesk, {plan_, unit}), row);
      sink_(IndexKey(kUnitPlan, {unit, plan_}), std::string());
    }
    return absl::OkStatus();
  }

  // While rows are looked at again, those that are there count.
  absl::Status GiveIssuerWaits(const std::string& unit, DeskRow& row) {
    row.set_issuer_waits(!own_issuer_.empty() && WaitsForIssuer(row));
    if (own_issuer_.empty()) return absl::OkStatus();
    std::string key = IndexKey(kIssuerWaiting, {own_issuer_, plan_, unit});
    DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> there, view_.GetRow(key));
    if (restanding_ ? there.has_value() : row.issuer_waits()) sink_(std::move(key), std::string());
    return absl::OkStatus();
  }

  absl::Status GiveUnits() {
    for (auto& [unit, desk] : units_) {
      DUBAN_ASSIGN_OR_RETURN(const UnitDesk kept, ReadUnitDesk(view_, unit));
      desk.set_display_name(kept.display_name());
      Give(IndexKey(kUnitDesk, {unit}), desk);
    }
    for (const std::string& key : waiting_) sink_(key, std::string());
    return absl::OkStatus();
  }

  absl::Status GiveBelow() {
    for (auto& [key, row] : below_) {
      if (row.counts().ByteSizeLong() == 0) continue;
      DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> value, view_.GetRow(key));
      v1::Decomposition::Row kept;
      if (value.has_value() && !kept.ParseFromString(*value)) return BrokenRecord("a kept row");
      row.set_unit_display_name(kept.unit_display_name());
      sink_(key, row.SerializeAsString());
    }
    return absl::OkStatus();
  }

  // What is leased is nowhere else; that a row of it belongs to somebody is all that can be said.
  absl::Status GiveLeases() {
    return view_.ScanIndex(kDeskLease, {}, [&](const std::vector<std::string_view>& rest, std::string_view) {
      if (rest.size() == 2 && units_.contains(rest[1])) sink_(IndexKey(kDeskLease, {rest[0], rest[1]}), std::nullopt);
      return true;
    });
  }

  void Give(std::string key, const google::protobuf::MessageLite& row) {
    sink_(std::move(key), restanding_ ? std::nullopt : std::optional(row.SerializeAsString()));
  }

  const ReadView& view_;
  const AssignmentRecords records_;
  const IndexRowSink sink_;
  CalendarPtr calendar_;
  bool restanding_ = false;
  storage::v1::WordsState words_;
  // Of the plan that is looked at.
  std::string plan_;
  std::string issuer_;
  // The same, where it works at this node.
  std::string own_issuer_;
  std::map<int, WordShelf> shelves_;
  int orders_ = 0;
  PlanBook kept_;
  PlanOrders plan_orders_;
  PlanTally tally_;
  std::map<std::string, std::map<uint32_t, DeskRow>, std::less<>> rows_;
  // Of all plans together.
  std::map<std::string, UnitDesk, std::less<>> units_;
  // Keys of rows of kWaiting.
  std::set<std::string> waiting_;
  std::map<std::string, v1::Decomposition::Row> below_;
};

}  // namespace

absl::Status BeginRestanding(Transaction& transaction, Restanded which) {
  DUBAN_ASSIGN_OR_RETURN(const auto before, transaction.GetLocal<Restanding>(kRestanding));
  bool any = false;
  DUBAN_RETURN_IF_ERROR(transaction.ScanIndex(kDesk, {}, [&](const std::vector<std::string_view>&, std::string_view) {
    any = true;
    return false;
  }));
  Restanding restanding;
  restanding.set_all(which == Restanded::kAll || (before.has_value() && before->all()));
  if (any) transaction.PutLocal(kRestanding, restanding);
  return absl::OkStatus();
}

absl::StatusOr<bool> IsRestanding(const ReadView& view) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> row, view.GetRow(LocalKey(kRestanding)));
  return row.has_value();
}

absl::StatusOr<bool> IsCountingIssuerWaits(const ReadView& view) {
  DUBAN_ASSIGN_OR_RETURN(const bool keeps, KeepsIssuerWaits(view));
  if (!keeps) return HasPlans(view);
  // Where all are looked at, the rows that were not yet may lack what waits.
  DUBAN_ASSIGN_OR_RETURN(const auto restanding, view.GetLocal<Restanding>(kRestanding));
  return restanding.has_value() && restanding->all();
}

absl::Status ContinueRestanding(Transaction& transaction, const AssignmentRecords& records, absl::Time now) {
  DUBAN_ASSIGN_OR_RETURN(auto restanding, transaction.GetLocal<Restanding>(kRestanding));
  if (!restanding.has_value()) return absl::OkStatus();
  const std::string behind =
      restanding->plan().empty() ? "" : IndexKey(kDesk, {restanding->plan(), restanding->unit()});
  std::vector<std::pair<std::string, std::string>> next;
  int assignments = 0;
  bool more = false;
  const auto take = [&](const std::vector<std::string_view>& rest, std::string_view value) {
    more = next.size() == kRestandStep || assignments >= kRestandAssignments;
    if (more) return false;
    next.emplace_back(rest[0], rest[1]);
    // What does not parse is found where it is looked at.
    DeskRow row;
    if (row.ParseFromArray(value.data(), static_cast<int>(value.size()))) assignments += row.ordinals_size();
    return true;
  };
  DUBAN_RETURN_IF_ERROR(transaction.ScanIndex(kDesk, {}, take, behind));
  Change change(transaction, records, now);
  for (const auto& [plan, unit] : next) {
    DUBAN_RETURN_IF_ERROR(RestandRow(transaction, plan, unit, restanding->all(), records, change));
  }
  DUBAN_RETURN_IF_ERROR(change.Finish());
  if (!more || DUBAN_BUG("assignment.restanding_ends_early")) {
    transaction.DeleteLocal(kRestanding);
    return absl::OkStatus();
  }
  restanding->set_plan(next.back().first);
  restanding->set_unit(next.back().second);
  transaction.PutLocal(kRestanding, *restanding);
  return absl::OkStatus();
}

absl::Status AssignmentIndexRows(const ReadView& view, std::string_view node, IndexRowSink sink) {
  DUBAN_RETURN_IF_ERROR(Recount(view, node, sink).Run());
  return EvidenceIndexRows(view, sink);
}

}  // namespace duban
