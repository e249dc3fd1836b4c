#include "services/assignment/order_search.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/errors.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "common/search/search_cursor.h"
#include "common/search/search_text.h"
#include "common/search/words_state.h"
#include "services/assignment/desk.h"
#include "services/assignment/indexes.h"
#include "services/assignment/lists.h"
#include "services/assignment/order_words.h"

namespace duban {
namespace {

using storage::v1::DeskRow;
using Hit = v1::SearchAssignmentsResponse::Hit;

// Walks over shelves of orders, once for each place where words can stand, and at the end over what was written.
class OrderSearcher {
 public:
  OrderSearcher(const ReadView& view, const AssignmentRecords& records, absl::CivilDay today, const SearchQuery& query,
                const v1::SearchAssignmentsRequest& request, SearchCursor from, v1::SearchAssignmentsResponse& response)
      : view_(view),
        records_(records),
        query_(query),
        request_(request),
        most_(PageSize(request.page_size(), kDefaultHits, kMostHits)),
        viewer_(view, records, today),
        at_(std::move(from)),
        response_(response) {}

  // Returns where the page ends; nothing where it is the last one.
  absl::StatusOr<std::optional<SearchCursor>> Run() {
    if (!request_.plan().empty()) {
      DUBAN_ASSIGN_OR_RETURN(const PlanBookPtr book, records_.Book(view_, request_.plan()));
      if (book->orders_size() == 0) return std::nullopt;
      only_time_ = WordsKey(request_.plan(), *book, 0).time;
    }
    while (at_.place <= v1::SearchMatch::RECORDS) {
      DUBAN_RETURN_IF_ERROR(VisitPlace());
      if (ended_) return at_;
      at_ = {at_.place + 1, {}, -1, ""};
    }
    return std::nullopt;
  }

 private:
  bool in_records() const { return at_.place == v1::SearchMatch::RECORDS; }

  // Goes on with what is found at one place.
  absl::Status VisitPlace() {
    const int level = in_records() ? 0 : at_.place - v1::SearchMatch::TITLE;
    const ShelfWalk walk = {kOrderWords, level,           in_records() ? nullptr : &query_,
                            at_.shelf,   request_.plan(), only_time_};
    const SearchCursor from = at_;
    absl::Status status;
    DUBAN_RETURN_IF_ERROR(VisitShelves(
        view_, walk,
        [&](const ShelfKey&, std::string_view owner) {
          return request_.issuer().empty() || owner == request_.issuer() || DUBAN_BUG("search.any_issuers_orders");
        },
        [&](const ShelfSeen& seen) {
          const bool same = seen.key.group == from.shelf.group && seen.key.shelf == from.shelf.shelf;
          at_ = same ? from : SearchCursor{from.place, seen.key, -1, ""};
          status = VisitShelf(seen);
          return status.ok() && !ended_;
        }));
    return status;
  }

  absl::Status VisitShelf(const ShelfSeen& seen) {
    ended_ = shelves_ == kMostShelvesSeen;
    if (ended_) return absl::OkStatus();
    ++shelves_;
    if (seen.things == 0) return absl::OkStatus();
    DUBAN_RETURN_IF_ERROR(BeginPlan(seen.key.group));
    if (!request_.unit().empty() && rows_[request_.unit()].ordinals().empty()) return absl::OkStatus();
    const int first = at_.part.empty() ? at_.thing + 1 : at_.thing;
    for (int thing = first; thing < kShelfSize && !ended_; ++thing) {
      const int ordinal = seen.key.shelf * kShelfSize + thing;
      if ((seen.things >> thing & 1) == 0 || ordinal >= book_->orders_size()) continue;
      DUBAN_RETURN_IF_ERROR(VisitOrder(static_cast<uint32_t>(ordinal), thing));
    }
    return absl::OkStatus();
  }

  // Reads what is said once of a plan, and the row of the unit that is asked for.
  absl::Status BeginPlan(const std::string& plan) {
    if (plan == plan_) return absl::OkStatus();
    plan_ = plan;
    rows_.clear();
    DUBAN_ASSIGN_OR_RETURN(book_, records_.Book(view_, plan));
    return request_.unit().empty() ? absl::OkStatus() : ReadRow(request_.unit());
  }

  absl::Status ReadRow(const std::string& unit) {
    const auto [at, fresh] = rows_.try_emplace(unit);
    if (fresh) {
      DUBAN_ASSIGN_OR_RETURN(at->second, ReadDeskRow(view_, plan_, unit));
    }
    return absl::OkStatus();
  }

  // The place of the unit's assignment in its row; -1 where it has none, or none in a state that is asked for.
  int WantedPlace(const std::string& unit, uint32_t ordinal) {
    const DeskRow& row = rows_[unit];
    const int place = PlaceOf(row, ordinal);
    if (place < 0 || request_.states().empty()) return place;
    const auto& states = request_.states();
    return std::find(states.begin(), states.end(), StandingAt(row, place).state) != states.end() ? place : -1;
  }

  absl::Status VisitOrder(uint32_t ordinal, int thing) {
    const bool of_unit = !request_.unit().empty();
    if (of_unit && WantedPlace(request_.unit(), ordinal) < 0) return absl::OkStatus();
    ended_ = (in_records() ? records_read_ : orders_read_) >= (in_records() ? kMostRecordsRead : kMostOrdersRead);
    if (ended_) return absl::OkStatus();
    const PlanBook::OrderRef& ref = book_->order(ordinal);
    const std::string name = OrderName(StrCat(plan_, "/tasks/", ref.task()));
    DUBAN_ASSIGN_OR_RETURN(const OrderPtr order, records_.NeedOrder(view_, name, ref.sequence()));
    DUBAN_ASSIGN_OR_RETURN(const AddresseesPtr list, records_.NeedList(view_, order->addressee_list()));
    if (in_records()) return VisitRecords(*order, *list, ordinal, thing);
    ++orders_read_;
    const v1::Addressee* addressee = of_unit ? FindAddressee(*list, request_.unit()) : nullptr;
    if (of_unit && addressee == nullptr)
      return InvariantBroken(StrCat("a desk has ", request_.unit(), " under ", name));
    std::optional<v1::SearchMatch> match = query_.Find(of_unit ? WordsOf(*order, *addressee) : WordsOf(*order, *list));
    if (!match.has_value() || match->place() != at_.place || IsFull()) return absl::OkStatus();
    Hit& hit = AddHit(*order, *list, *std::move(match));
    at_.thing = thing;
    if (!of_unit) return absl::OkStatus();
    DUBAN_ASSIGN_OR_RETURN(const v1::Assignment assignment, ViewOf(request_.unit(), ordinal));
    ShowAssignment(assignment, &hit);
    return absl::OkStatus();
  }

  // Looks through what was written about the assignments of an order, unit by unit.
  absl::Status VisitRecords(const v1::Order& order, const v1::AddresseeList& list, uint32_t ordinal, int thing) {
    ++records_read_;
    std::vector<std::string> units;
    if (!request_.unit().empty()) {
      units.push_back(request_.unit());
    } else {
      DUBAN_ASSIGN_OR_RETURN(const auto halves, records_.HalvesOf(view_, order.task()));
      for (const auto& [unit, half] : halves) units.push_back(unit);
    }
    for (const std::string& unit : units) {
      if (unit <= at_.part) continue;
      DUBAN_RETURN_IF_ERROR(ReadRow(unit));
      const int place = WantedPlace(unit, ordinal);
      if (place < 0 || (rows_[unit].stored(place) & kHalvesStored) == 0) continue;
      ended_ = records_read_ >= kMostRecordsRead;
      if (ended_) return absl::OkStatus();
      ++records_read_;
      DUBAN_RETURN_IF_ERROR(VisitRecordsOf(order, list, unit, ordinal));
      if (ended_) return absl::OkStatus();
      at_.thing = thing;
      at_.part = unit;
    }
    at_.thing = thing;
    at_.part.clear();
    return absl::OkStatus();
  }

  absl::Status VisitRecordsOf(const v1::Order& order, const v1::AddresseeList& list, const std::string& unit,
                              uint32_t ordinal) {
    const v1::Addressee* addressee = FindAddressee(list, unit);
    if (addressee == nullptr) return InvariantBroken(StrCat("a desk has ", unit, " under ", order.name()));
    DUBAN_ASSIGN_OR_RETURN(const v1::Assignment assignment, ViewOf(unit, ordinal));
    // Where the order holds the words alone it was found before, with all its units or with this one.
    std::vector<SearchField> fields = request_.unit().empty() ? WordsOf(order, list) : WordsOf(order, *addressee);
    for (const SearchField& record : RecordsOf(assignment)) fields.push_back(record);
    std::optional<v1::SearchMatch> match = query_.Find(fields);
    if (!match.has_value() || match->place() != v1::SearchMatch::RECORDS || IsFull()) return absl::OkStatus();
    ShowAssignment(assignment, &AddHit(order, list, *std::move(match)));
    return absl::OkStatus();
  }

  // Notes that the page ends before the next hit, where it has no room for that.
  bool IsFull() { return ended_ = response_.hits_size() == most_; }

  absl::StatusOr<v1::Assignment> ViewOf(const std::string& unit, uint32_t ordinal) {
    const DeskRow& row = rows_[unit];
    return viewer_.ViewAt(plan_, unit, *book_, row, PlaceOf(row, ordinal));
  }

  Hit& AddHit(const v1::Order& order, const v1::AddresseeList& list, v1::SearchMatch match) {
    Hit& hit = *response_.add_hits();
    hit.set_task(order.task());
    hit.set_plan_title(order.plan_title());
    hit.set_table(order.table());
    hit.set_number(order.number());
    hit.set_due(order.deadline().due());
    for (const v1::Addressee& addressee : list.addressees()) {
      if (addressee.has_cancel_time()) continue;
      if (hit.units_size() < kMostUnitsShown) hit.add_units(addressee.unit_display_name());
      hit.set_unit_count(hit.unit_count() + 1);
    }
    *hit.mutable_match() = std::move(match);
    return hit;
  }

  static void ShowAssignment(const v1::Assignment& assignment, Hit* hit) {
    hit->set_assignment(assignment.name());
    hit->set_state(assignment.state());
    hit->set_due(assignment.deadline().due());
    hit->clear_units();
    hit->add_units(assignment.unit_display_name());
    hit->set_unit_count(1);
  }

  const ReadView& view_;
  const AssignmentRecords& records_;
  const SearchQuery& query_;
  const v1::SearchAssignmentsRequest& request_;
  const int most_;
  Viewer viewer_;
  // Where the walk has come to: what it was done with last.
  SearchCursor at_;
  v1::SearchAssignmentsResponse& response_;
  std::string only_time_;
  // Of the plan that was looked at last.
  std::string plan_;
  PlanBookPtr book_;
  std::map<std::string, DeskRow> rows_;
  int shelves_ = 0;
  int orders_read_ = 0;
  int records_read_ = 0;
  bool ended_ = false;
};

}  // namespace

absl::Status SearchAssignments(const ReadView& view, const AssignmentRecords& records, absl::CivilDay today,
                               Listing listing, const v1::SearchAssignmentsRequest& request,
                               v1::SearchAssignmentsResponse* response) {
  DUBAN_ASSIGN_OR_RETURN(const SearchQuery query, SearchQuery::Of(request.query()));
  if (!request.states().empty() && request.unit().empty()) {
    return InvalidField("states", "are of the assignments of one unit; name that in `unit`, or leave them out",
                        "只能按某一单位的事项筛选，请同时写明单位（unit），或不填状态");
  }
  v1::SearchAssignmentsRequest scope = request;
  scope.clear_page_token();
  scope.clear_page_size();
  listing.scope = StrCat("SearchAssignments/", scope.SerializeAsString());
  DUBAN_ASSIGN_OR_RETURN(const std::string token, ReadPageToken(listing, request.page_token()));
  DUBAN_ASSIGN_OR_RETURN(SearchCursor from, SearchCursor::Decode(token));
  DUBAN_ASSIGN_OR_RETURN(const bool indexing, IsIndexing(view, kPlanTally));
  response->set_indexing(indexing);
  OrderSearcher searcher(view, records, today, query, request, std::move(from), *response);
  DUBAN_ASSIGN_OR_RETURN(const std::optional<SearchCursor> end, searcher.Run());
  if (end.has_value()) response->set_next_page_token(MakePageToken(listing, end->Encode()));
  return absl::OkStatus();
}

}  // namespace duban
