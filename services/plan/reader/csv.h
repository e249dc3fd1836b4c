// Comma-separated values, as spreadsheets save them: RFC 4180 with quotes, quoted line breaks, CRLF or LF; in UTF-8
// (with or without a mark), UTF-16 or GB18030.
//
// Pure and thread-safe. Errors: INVALID_ARGUMENT (INVALID_FIELD) that names the field `content` and the line.

#ifndef DUBAN_SERVICES_PLAN_READER_CSV_H_
#define DUBAN_SERVICES_PLAN_READER_CSV_H_

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

// Reads a file; records of blank cells only are left out. An empty file has no records.
absl::StatusOr<std::vector<CsvRecord>> ReadCsv(std::string_view bytes);

// Splits a cell that lists several things, at `、` `；` `;` and line breaks; without empty items and outer spaces.
std::vector<std::string> SplitList(std::string_view cell);

// Without spaces, the ideographic one included, at both ends.
std::string_view TrimSpaces(std::string_view text);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_READER_CSV_H_
