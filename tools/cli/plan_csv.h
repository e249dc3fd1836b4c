// A plan's tasks out of a table that an office keeps as CSV: one row a task, columns named in the first line.
//
// Pure and thread-safe.

#ifndef DUBAN_TOOLS_CLI_PLAN_CSV_H_
#define DUBAN_TOOLS_CLI_PLAN_CSV_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/csv.h"
#include "common/words/words.h"
#include "duban/v1/plan.pb.h"

namespace duban::cli {

// Reads the rows into tasks, in their order. Errors: a usage error that names the line and the column; `file` is named
// in it. Nothing is resolved and no deadline understood here: the server does that, and what it cannot becomes a
// finding.
absl::StatusOr<std::vector<v1::Task>> TasksFromCsv(const std::vector<CsvRecord>& records, const std::string& file);

// The columns there are, for --help: their names in both languages and what they hold.
Phrase CsvColumnsHelp();

}  // namespace duban::cli

#endif  // DUBAN_TOOLS_CLI_PLAN_CSV_H_
