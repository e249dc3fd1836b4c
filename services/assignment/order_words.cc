#include "services/assignment/order_words.h"

#include <optional>
#include <set>

#include "common/base/civil.h"
#include "common/base/strings.h"
#include "common/contract/names.h"
#include "common/search/words_state.h"
#include "services/assignment/indexes.h"

namespace duban {
namespace {

using Place = v1::SearchMatch;

std::vector<SearchField> SaidOf(const v1::Order& order) {
  std::vector<SearchField> fields = {{Place::TITLE, order.plan_title()}};
  for (const std::string& heading : order.headings()) fields.push_back({Place::HEADING, heading});
  fields.push_back({Place::TEXT, order.text()});
  return fields;
}

absl::Status IndexPlan(Transaction& transaction, const std::string& plan, const AssignmentRecords& records) {
  DUBAN_ASSIGN_OR_RETURN(const PlanBookPtr book, records.Book(transaction, plan));
  OrderWords words;
  for (const PlanBook::OrderRef& ref : book->row().orders()) {
    const std::string name = OrderName(StrCat(plan, "/tasks/", ref.task()));
    DUBAN_ASSIGN_OR_RETURN(const OrderPtr order, records.NeedOrder(transaction, name, ref.sequence()));
    DUBAN_ASSIGN_OR_RETURN(const AddresseesPtr list, records.NeedList(transaction, order->addressee_list()));
    DUBAN_RETURN_IF_ERROR(words.Put(transaction, plan, *book, *order, *list));
  }
  return words.Flush(transaction, plan, *book);
}

}  // namespace

std::vector<SearchField> WordsOf(const v1::Order& order, const v1::AddresseeList& list) {
  std::vector<SearchField> fields = SaidOf(order);
  std::set<std::string_view> addressed;
  int named = 0;
  for (const v1::Addressee& addressee : list.addressees()) {
    if (++named <= kMostUnitsNamed) fields.push_back({Place::TEXT, addressee.unit_display_name()});
    if (addressed.insert(addressee.addressed_as()).second) fields.push_back({Place::TEXT, addressee.addressed_as()});
  }
  return fields;
}

std::vector<SearchField> WordsOf(const v1::Order& order, const v1::Addressee& addressee) {
  std::vector<SearchField> fields = SaidOf(order);
  fields.push_back({Place::TEXT, addressee.unit_display_name()});
  fields.push_back({Place::TEXT, addressee.addressed_as()});
  return fields;
}

std::vector<SearchField> RecordsOf(const v1::Assignment& assignment) {
  std::vector<SearchField> fields;
  const auto add = [&](const std::string& text) { fields.push_back({Place::RECORDS, text}); };
  const v1::Execution& execution = assignment.execution();
  const v1::Oversight& oversight = assignment.oversight();
  for (const v1::Report& report : execution.reports()) add(report.text());
  for (const v1::Submission& submission : execution.submissions()) add(submission.text());
  for (const v1::Decline& decline : execution.declines()) add(decline.reason());
  for (const v1::ExtensionRequest& request : execution.extension_requests()) add(request.reason());
  for (const v1::Review& review : oversight.reviews()) add(review.comment());
  for (const v1::Ruling& ruling : oversight.rulings()) add(ruling.comment());
  for (const v1::ExtensionAnswer& answer : oversight.extension_answers()) add(answer.comment());
  for (const v1::Remark& remark : oversight.remarks()) add(remark.text());
  for (const v1::Urge& urge : oversight.urges()) add(urge.text());
  return fields;
}

ShelfKey WordsKey(std::string_view plan, const PlanBook& book, int shelf) {
  return {PlaceInTime(FromProto(book.row().issue_time())), std::string(plan), shelf};
}

absl::Status OrderWords::Put(Transaction& transaction, std::string_view plan, const PlanBook& book,
                             const v1::Order& order, const v1::AddresseeList& list) {
  const auto ordinal = static_cast<int>(book.OrdinalOf(order.task()).value_or(0));
  const int number = ordinal / kShelfSize;
  auto [at, fresh] = shelves_.try_emplace(number);
  if (fresh) {
    DUBAN_ASSIGN_OR_RETURN(at->second, ReadShelf(transaction, kOrderWords, WordsKey(plan, book, number)));
  }
  at->second.Put(ordinal % kShelfSize, WordsOf(order, list));
  issuer_ = order.issuer();
  return absl::OkStatus();
}

absl::Status OrderWords::Flush(Transaction& transaction, std::string_view plan, const PlanBook& book) {
  for (const auto& [number, shelf] : shelves_) {
    DUBAN_RETURN_IF_ERROR(WriteShelf(transaction, kOrderWords, WordsKey(plan, book, number), issuer_, shelf));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> IndexMoreOrders(Store* store, const AssignmentRecords& records) {
  const auto next = [](const ReadView& view, std::string_view after) -> absl::StatusOr<std::optional<std::string>> {
    std::optional<std::string> plan;
    const std::string behind = after.empty() ? "" : IndexKey(kPlanTally, {after});
    DUBAN_RETURN_IF_ERROR(view.ScanIndex(
        kPlanTally, {},
        [&](const std::vector<std::string_view>& rest, std::string_view) {
          plan = std::string(rest.front());
          return false;
        },
        behind));
    return plan;
  };
  return IndexMoreWords(store, {next, [&](Transaction& transaction, const std::string& plan) {
                                  return IndexPlan(transaction, plan, records);
                                }});
}

}  // namespace duban
