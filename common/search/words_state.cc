#include "common/search/words_state.h"

#include <vector>

#include "common/base/planted_bug.h"

namespace duban {
namespace {

using storage::v1::WordsState;

constexpr std::string_view kWords = "words";

absl::StatusOr<bool> HasRows(const ReadView& view, Index index) {
  bool any = false;
  DUBAN_RETURN_IF_ERROR(view.ScanIndex(index, {}, [&](const std::vector<std::string_view>&, std::string_view) {
    any = true;
    return false;
  }));
  return any;
}

}  // namespace

absl::StatusOr<WordsState> ReadWordsState(const ReadView& view) {
  DUBAN_ASSIGN_OR_RETURN(const auto state, view.GetLocal<WordsState>(kWords));
  return state.value_or(WordsState());
}

bool HasWords(const WordsState& state, std::string_view plan) {
  return state.complete() || plan <= state.after();
}

absl::StatusOr<bool> IsIndexing(const ReadView& view, Index plans) {
  DUBAN_ASSIGN_OR_RETURN(const WordsState state, ReadWordsState(view));
  return state.complete() ? absl::StatusOr<bool>(false) : HasRows(view, plans);
}

absl::StatusOr<bool> KeepsWords(Transaction& transaction, Index plans, std::string_view plan) {
  DUBAN_ASSIGN_OR_RETURN(const auto state, transaction.GetLocal<WordsState>(kWords));
  if (state.has_value()) return HasWords(*state, plan);
  DUBAN_ASSIGN_OR_RETURN(const bool any, HasRows(transaction, plans));
  if (any) return false;
  WordsState all;
  all.set_complete(true);
  transaction.PutLocal(kWords, all);
  return true;
}

absl::StatusOr<bool> IndexMoreWords(Store* store, const WordsToIndex& words) {
  DUBAN_ASSIGN_OR_RETURN(const WordsState before, ReadWordsState(*store->TakeSnapshot()));
  if (before.complete()) return false;
  bool more = false;
  DUBAN_RETURN_IF_ERROR(store->Run({"index_words", ""}, [&](Transaction& transaction) -> absl::Status {
    DUBAN_ASSIGN_OR_RETURN(WordsState state, ReadWordsState(transaction));
    if (state.complete()) return absl::OkStatus();
    DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> plan, words.next(transaction, state.after()));
    more = plan.has_value();
    if (!more && state.after().empty()) return absl::OkStatus();
    if (more) {
      if (!DUBAN_BUG("search.indexing_skips_a_plan")) DUBAN_RETURN_IF_ERROR(words.index(transaction, *plan));
      state.set_after(*plan);
    } else {
      state.set_complete(true);
    }
    transaction.PutLocal(kWords, state);
    return absl::OkStatus();
  }));
  return more;
}

}  // namespace duban
