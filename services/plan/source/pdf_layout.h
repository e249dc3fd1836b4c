// Pages of text as `pdftotext -layout` writes them, where the eye sees columns but nothing says so: paragraphs are put
// together from their lines, and tables from what stands above each other. Pure; any thread.
#ifndef DUBAN_SERVICES_PLAN_SOURCE_PDF_LAYOUT_H_
#define DUBAN_SERVICES_PLAN_SOURCE_PDF_LAYOUT_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "services/plan/source/source_document.h"

namespace duban {

// Reads UTF-8 text in which pages end with a form feed. A character is a column, whatever its width.
//
// A line of three pieces or more, with two spaces at least between them, begins a table; its pieces are the headers of
// the columns, and the table ends at a line that does not fit them. It goes on on the next page where that fits; a
// chapter between its rows is a row of one cell. The lines of a cell are taken together around the line in which the
// first column prints something: so rows are printed whose first cell is centred, or stands at the top.
absl::StatusOr<SourceDocument> ReadPdfLayout(std::string_view text);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_SOURCE_PDF_LAYOUT_H_
