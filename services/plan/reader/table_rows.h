// Rows from columns: real tables with merged cells, and runs of text whose cells a reading has found.
// Pure; any thread. Errors: INVALID_ARGUMENT (UNREADABLE_DOCUMENT) for a table beyond the limits of source_document.h.
#ifndef DUBAN_SERVICES_PLAN_READER_TABLE_ROWS_H_
#define DUBAN_SERVICES_PLAN_READER_TABLE_ROWS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "services/plan/phrases/document_words.h"
#include "services/plan/reader/item_rows.h"
#include "services/plan/reader/plan_rows.h"
#include "services/plan/source/source_document.h"

namespace duban {

// Reads a table into `table`; `headings` are those printed above it. `columns` carries the columns of the table before,
// for a table that goes on after a page break without a header; it is updated. `said`: the columns a person named, for
// tables of as many; empty: none. False where the table is no plan table: it names no units.
absl::StatusOr<bool> ReadTableRows(const SourceTable& source, const std::vector<FlowText>& headings,
                                   const std::vector<LabelMatch>& said, std::vector<LabelMatch>& columns,
                                   RowTable& table);

// Rows of which a reading has sorted the cells into `columns`.
void AddColumnRows(const std::vector<Item>& items, const std::vector<LabelMatch>& columns, RowTable& table);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_READER_TABLE_ROWS_H_
