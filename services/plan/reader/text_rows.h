// Rows from running text: one cell a line, rows squashed into lines or into one line, prose with labels or brackets.
// Pure; any thread.
#ifndef DUBAN_SERVICES_PLAN_READER_TEXT_ROWS_H_
#define DUBAN_SERVICES_PLAN_READER_TEXT_ROWS_H_

#include <vector>

#include "services/plan/reader/document_words.h"
#include "services/plan/reader/plan_rows.h"
#include "services/plan/reader/unit_lexicon.h"

namespace duban {

// How the lines came to be.
struct TextLayout {
  // Column headers were run together in one line, and so are the rows: no separators between cells.
  bool squashed = false;
  // The columns that were printed, in order; empty: none.
  std::vector<LabelMatch> columns;
};

// Reads the rows of `lines` into `table`. `lexicon` holds the unit names known so far.
void ReadTextRows(const std::vector<TextLine>& lines, const TextLayout& layout, const UnitLexicon& lexicon,
                  RowTable& table);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_READER_TEXT_ROWS_H_
