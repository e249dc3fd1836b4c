// What plans say, indexed for searches: the plan itself as the first thing of its first shelf, and its tasks behind it
// (common/search/word_shelves.h). A draft's shelves are its drafter's.
//
// Threads: functions on a Transaction run on the writer's thread. Errors: INVARIANT_BROKEN from the store.

#ifndef DUBAN_SERVICES_PLAN_PLAN_WORDS_H_
#define DUBAN_SERVICES_PLAN_PLAN_WORDS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/search/search_text.h"
#include "common/search/word_shelves.h"
#include "common/store/store.h"
#include "duban/v1/plan.pb.h"

namespace duban {

// Whose the shelves of drafts are: this, and the drafter's name behind it. Those of other plans are everybody's: empty.
inline constexpr std::string_view kDraftOf = "draft/";

// Where a plan stands among the others: the newest first.
std::string TimeRank(const v1::Plan& plan);

// How many things a plan has on its shelves, itself included.
int ThingsOf(const v1::Plan& plan);
// What one of them says, in the order of places. Views of the plan.
std::vector<SearchField> WordsOf(const v1::Plan& plan, int thing);

// Gives the rows of a plan's words.
void GiveWords(const v1::Plan& plan, IndexRowSink sink);
// Writes them, as far as they are not there yet, and drops those of tasks that are gone. Writes nothing where the store
// does not keep them yet.
absl::Status PutWords(Transaction& transaction, const v1::Plan& plan);
// Drops them.
absl::Status DropWords(Transaction& transaction, const v1::Plan& plan);

// Indexes the next plan of a store that began without this index; returns whether there may be more.
absl::StatusOr<bool> IndexMorePlans(Store* store);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PLAN_WORDS_H_
