// What the columns of a table hold: by their headers; where those say nothing, by what stands below them.
//
// Pure; any thread. Errors: INVALID_ARGUMENT (UNREADABLE_DOCUMENT) for a table beyond the limits of source_document.h.
#ifndef DUBAN_SERVICES_PLAN_READER_TABLE_COLUMNS_H_
#define DUBAN_SERVICES_PLAN_READER_TABLE_COLUMNS_H_

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "services/plan/phrases/document_words.h"
#include "services/plan/phrases/flow_text.h"
#include "services/plan/source/source_document.h"

namespace duban {

// A place of a table laid out, spans filled in.
struct GridCell {
  const SourceCell* cell = nullptr;
  bool from_above = false;
  bool from_left = false;
};
using Grid = std::vector<std::vector<GridCell>>;

// Lays the cells out. Rows are equally long.
absl::StatusOr<Grid> LayOut(const SourceTable& source);

FlowText CellText(const GridCell& cell);

// The columns a row of headers names; empty where it is no header.
std::vector<LabelMatch> HeaderOf(const std::vector<GridCell>& row);

// What a table's columns hold, and where its rows begin.
struct TableColumns {
  std::vector<LabelMatch> columns;
  size_t first_row = 0;
};

// The columns by the table's header, with one text among them; nothing where it has none that is understood. `said`:
// the columns a person named, for tables of as many; empty: none.
std::optional<TableColumns> ColumnsOf(const Grid& grid, const std::vector<LabelMatch>& said);

// A form (a label and its value beside each other, a line a field, one task below the other) as a table with a header;
// nothing where it is none.
std::optional<SourceTable> FormAsTable(const SourceTable& source);

// What the columns of a printed header may be: as named, and with one more column of text in case one has no header.
// Text behind the units is kRemark where another text stands in front of them.
std::vector<std::vector<LabelMatch>> ColumnReadings(const std::vector<LabelMatch>& columns);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_READER_TABLE_COLUMNS_H_
