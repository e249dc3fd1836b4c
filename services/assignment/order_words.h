// What orders say, indexed for searches: the orders of a plan, by ordinal, on its shelves
// (common/search/word_shelves.h). Shelves are the issuer's. What was written about assignments since is not indexed: it
// is looked through.
//
// Threads: as the transaction or view. Errors: INVARIANT_BROKEN from the store.

#ifndef DUBAN_SERVICES_ASSIGNMENT_ORDER_WORDS_H_
#define DUBAN_SERVICES_ASSIGNMENT_ORDER_WORDS_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/search/search_text.h"
#include "common/search/word_shelves.h"
#include "common/store/store.h"
#include "duban/v1/assignment.pb.h"
#include "duban/v1/order.pb.h"
#include "services/assignment/plan_book.h"
#include "services/assignment/records.h"

namespace duban {

// Most units of an order by whose names it is found, the first ones of its list; the words by which they were
// addressed, such as `各街道`, find the others.
inline constexpr int kMostUnitsNamed = 64;

// What an order says, in the order of places. Views of both.
std::vector<SearchField> WordsOf(const v1::Order& order, const v1::AddresseeList& list);
// The same for one of its addressees.
std::vector<SearchField> WordsOf(const v1::Order& order, const v1::Addressee& addressee);
// What was written about an assignment. Views of it.
std::vector<SearchField> RecordsOf(const v1::Assignment& assignment);

// Where a plan's shelves stand.
ShelfKey WordsKey(std::string_view plan, const PlanBook& book, int shelf);

// Not thread-safe. Changes the shelves of one plan within one command.
class OrderWords {
 public:
  // REQUIRES: the book knows the order.
  absl::Status Put(Transaction& transaction, std::string_view plan, const PlanBook& book, const v1::Order& order,
                   const v1::AddresseeList& list);
  absl::Status Flush(Transaction& transaction, std::string_view plan, const PlanBook& book);

 private:
  std::string issuer_;
  std::map<int, WordShelf> shelves_;
};

// Indexes the orders of the next plan of a store that began without this index; returns whether there may be more.
absl::StatusOr<bool> IndexMoreOrders(Store* store, const AssignmentRecords& records);

}  // namespace duban

#endif  // DUBAN_SERVICES_ASSIGNMENT_ORDER_WORDS_H_
