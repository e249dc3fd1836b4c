// Rows from columns: real tables with merged cells, and tables whose cells were turned to one line each.
// Pure; any thread. Errors: INVALID_ARGUMENT (UNREADABLE_DOCUMENT) for a table beyond the limits of source_document.h.
#ifndef DUBAN_SERVICES_PLAN_READER_COLUMN_ROWS_H_
#define DUBAN_SERVICES_PLAN_READER_COLUMN_ROWS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "services/plan/reader/document_words.h"
#include "services/plan/reader/plan_rows.h"
#include "services/plan/reader/source_document.h"
#include "services/plan/reader/unit_lexicon.h"

namespace duban {

// Reads a table into `table`; `headings` are those printed above it. `columns` carries the columns of the table before,
// for a table that goes on after a page break without a header; it is updated. False where the table is no plan table:
// it names no units.
absl::StatusOr<bool> ReadTableRows(const SourceTable& source, const std::vector<FlowText>& headings,
                                   const UnitLexicon& lexicon, std::vector<LabelMatch>& columns, RowTable& table);

// Reads a table whose cells are one line each, `columns` being its printed header. Which line belongs to which column
// is the reading that fits best as a whole (a Viterbi path), so broken lines, blank cells and a column without a header
// are borne. False where no reading fits.
bool ReadCellRows(const std::vector<TextLine>& lines, const std::vector<LabelMatch>& columns,
                  const UnitLexicon& lexicon, RowTable& table);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_READER_COLUMN_ROWS_H_
