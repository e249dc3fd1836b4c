// A page of a search: how large it is, and where it ends, as its token holds it. A value.

#ifndef DUBAN_COMMON_SEARCH_SEARCH_CURSOR_H_
#define DUBAN_COMMON_SEARCH_SEARCH_CURSOR_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/search/word_shelves.h"
#include "duban/v1/search.pb.h"

namespace duban {

inline constexpr int kDefaultHits = 50;
inline constexpr int kMostHits = 200;
// Most shelves of words that one page looks at.
inline constexpr int kMostShelvesSeen = 5000;

struct SearchCursor {
  // What places the walk is at.
  int place = v1::SearchMatch::TITLE;
  // The shelf the page ended in; none: before the first one.
  ShelfKey shelf;
  // The thing of it that was looked at last; -1: none of them was.
  int thing = -1;
  // Of what was looked through part by part, the last part, by name; empty: all of the thing was.
  std::string part;

  std::string Encode() const;
  // Errors: INVALID_FIELD for `page_token`.
  static absl::StatusOr<SearchCursor> Decode(std::string_view text);
};

}  // namespace duban

#endif  // DUBAN_COMMON_SEARCH_SEARCH_CURSOR_H_
