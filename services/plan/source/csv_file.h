// Files of comma-separated values (common/base/csv.h) as they come: in UTF-8 (with or without a mark), UTF-16 or
// GB18030.
//
// Pure and thread-safe. Errors: INVALID_ARGUMENT (INVALID_FIELD) that names the field `content` and the line.

#ifndef DUBAN_SERVICES_PLAN_SOURCE_CSV_FILE_H_
#define DUBAN_SERVICES_PLAN_SOURCE_CSV_FILE_H_

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/csv.h"

namespace duban {

// Reads a file; records of blank cells only are left out. An empty file has no records.
absl::StatusOr<std::vector<CsvRecord>> ReadCsv(std::string_view bytes);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_SOURCE_CSV_FILE_H_
