// How far the words of a store are indexed. A store that began without that index is gone through plan by plan, in
// commands of one plan each; until all are done, plans behind the place come to are neither indexed nor found.
//
// Threads: on a Transaction, the writer's; else any. Errors: those of the view or the store.

#ifndef DUBAN_COMMON_SEARCH_WORDS_STATE_H_
#define DUBAN_COMMON_SEARCH_WORDS_STATE_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "common/store/store.h"
#include "common/store/transaction.h"
#include "duban/storage/v1/search.pb.h"

namespace duban {

// How far they are; nothing is indexed where the store does not say.
absl::StatusOr<storage::v1::WordsState> ReadWordsState(const ReadView& view);
// Whether the words of a plan are indexed, by that.
bool HasWords(const storage::v1::WordsState& state, std::string_view plan);

// Whether some of the plans of which `plans` has a row are not indexed yet.
absl::StatusOr<bool> IsIndexing(const ReadView& view, Index plans);

// Whether a command that writes a plan has to index its words. A store where `plans`, an index of all plans, has no row
// has all of them indexed from now on: call it before the plan's own row is written.
absl::StatusOr<bool> KeepsWords(Transaction& transaction, Index plans, std::string_view plan);

// What the store of a service has to say to be gone through.
struct WordsToIndex {
  // The first plan behind a name, which may be empty; nothing behind the last one.
  absl::FunctionRef<absl::StatusOr<std::optional<std::string>>(const ReadView& view, std::string_view after)> next;
  // Indexes the words of one.
  absl::FunctionRef<absl::Status(Transaction& transaction, const std::string& plan)> index;
};

// Indexes the next plan of a store that began without the index. Returns whether there may be more.
absl::StatusOr<bool> IndexMoreWords(Store* store, const WordsToIndex& words);

}  // namespace duban

#endif  // DUBAN_COMMON_SEARCH_WORDS_STATE_H_
