// A sheet of cells as spreadsheets have it, and how it becomes blocks: a plan is one table of it, with a title above
// and a note below. Shared by XLSX and CSV. Pure; any thread.
#ifndef DUBAN_SERVICES_PLAN_SOURCE_SHEET_H_
#define DUBAN_SERVICES_PLAN_SOURCE_SHEET_H_

#include <string_view>
#include <vector>

#include "services/plan/source/table_builder.h"

namespace duban {

// A cell with something in it. Rows and columns count from 0.
struct SheetCell {
  int row = 0;
  int column = 0;
  std::string_view text;  // UTF-8, may have line breaks; not owned.
};

// Cells merged to one, both ends included; what stands in it stands in its first.
struct SheetMerge {
  int first_row = 0;
  int first_column = 0;
  int last_row = 0;
  int last_column = 0;
};

struct Sheet {
  std::vector<SheetCell> cells;  // Row by row, columns rising.
  std::vector<SheetMerge> merges;
};

// Adds the sheet. Blank rows part it into several tables of the same columns; rows of one cell at the beginning of a
// part are lines, and so are those at its end that are as wide as the part or stand in its first column. What does not
// fit the limits is refused by the builder;
// merged cells that overlap without end here.
absl::Status AddSheet(const Sheet& sheet, BlockBuilder& builder);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_SOURCE_SHEET_H_
