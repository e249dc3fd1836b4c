// Comma-separated values, as spreadsheets save them, or with another separator: RFC 4180 with quotes, quoted line
// breaks, CRLF or LF.
//
// Pure and thread-safe. Errors: INVALID_ARGUMENT (INVALID_FIELD) that names the field `content` and the line.

#ifndef DUBAN_COMMON_BASE_CSV_H_
#define DUBAN_COMMON_BASE_CSV_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace duban {

// One record.
struct CsvRecord {
  // Line of the file where it begins, from 1.
  int line = 0;
  // UTF-8, without spaces at the ends.
  std::vector<std::string> cells;
};

// A record with more cells is refused.
inline constexpr size_t kMaxCsvColumns = 100;

// Reads UTF-8 text, with or without a mark at its beginning; records of blank cells only are left out. An empty text
// has no records. `separator`: one ASCII character that is no quote and no line break.
absl::StatusOr<std::vector<CsvRecord>> ParseCsv(std::string_view utf8, char separator = ',');

// Splits a cell that lists several things, at `、` `；` `;` and line breaks; without empty items and outer spaces.
std::vector<std::string> SplitList(std::string_view cell);

}  // namespace duban

#endif  // DUBAN_COMMON_BASE_CSV_H_
