#include "common/search/search_cursor.h"

#include <vector>

#include "absl/strings/str_split.h"
#include "common/base/errors.h"
#include "common/base/strings.h"

namespace duban {
namespace {

constexpr char kSeparator = '\n';
constexpr size_t kParts = 6;

}  // namespace

std::string SearchCursor::Encode() const {
  return StrCat(place, "\n", shelf.time, "\n", shelf.group, "\n", shelf.shelf, "\n", thing, "\n", part);
}

absl::StatusOr<SearchCursor> SearchCursor::Decode(std::string_view text) {
  if (text.empty()) return SearchCursor();
  const std::vector<std::string> parts = absl::StrSplit(ToAbsl(text), kSeparator);
  SearchCursor cursor;
  const bool whole = parts.size() == kParts && ParseNumber(parts[0], &cursor.place) &&
                     ParseNumber(parts[3], &cursor.shelf.shelf) && ParseNumber(parts[4], &cursor.thing);
  if (!whole) {
    return InvalidField("page_token", "does not belong to this list; begin again without one",
                        "不属于本次查询，请从第一页重新查询");
  }
  cursor.shelf.time = parts[1];
  cursor.shelf.group = parts[2];
  cursor.part = parts[5];
  return cursor;
}

}  // namespace duban
