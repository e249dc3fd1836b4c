// Text as searches compare it: what a query asks for, whether something holds it, and how it is shown.
//
// Text is folded first: NFKC and case folding by ICU, and everything that is neither a letter, a mark of one nor a
// digit becomes a blank. Chinese characters, kana and Hangul count one by one; letters and digits of other scripts make
// words, which are compared whole.
//
// Pure and thread-safe.

#ifndef DUBAN_COMMON_SEARCH_SEARCH_TEXT_H_
#define DUBAN_COMMON_SEARCH_SEARCH_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "duban/v1/search.pb.h"

namespace duban {

// Most words of a query.
inline constexpr size_t kMaxQueryWords = 10;
// Most code points of a snippet, without the marks that say that it was cut.
inline constexpr size_t kSnippetLength = 78;

// A folded text.
struct FoldedText {
  std::u32string characters;
  // For each of them, which code point of the text it comes from; not decreasing.
  std::vector<uint32_t> origins;
};
FoldedText Fold(std::string_view text);

// What a text can be found by, as hashes: every character that counts by itself and every two that follow each other,
// and every word of others. Calls `visit` with each, as often as it stands there. Two that are not the same can have
// the same hash. The hashes are part of the format on disk.
void VisitGrams(std::string_view text, absl::FunctionRef<void(uint32_t gram)> visit);

// Part of what is searched. Views: the text outlives it.
struct SearchField {
  v1::SearchMatch::Place place;
  std::string_view text;
};

// The words of a query. A value.
class SearchQuery {
 public:
  // Errors: INVALID_FIELD for `query`, where it has no word, or more than kMaxQueryWords.
  static absl::StatusOr<SearchQuery> Of(std::string_view query);

  // What a text that holds all words can be found by. Never empty.
  const std::vector<uint32_t>& grams() const { return grams_; }

  // Where all words are found, and how that looks; nothing where one is missing. `fields` are in the order of places.
  std::optional<v1::SearchMatch> Find(const std::vector<SearchField>& fields) const;

 private:
  struct Occurrence {
    size_t begin;
    size_t end;
  };

  static v1::SearchMatch MakeMatch(const SearchField& field, const std::vector<Occurrence>& found);

  // Folded.
  std::vector<std::u32string> words_;
  std::vector<uint32_t> grams_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_SEARCH_SEARCH_TEXT_H_
