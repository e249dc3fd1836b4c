// The stretches of a part's lines that are laid out alike: running text, and what stands under the headers of columns,
// whether those are printed a line each or run together. Pure; any thread.
#ifndef DUBAN_SERVICES_PLAN_READER_REGIONS_H_
#define DUBAN_SERVICES_PLAN_READER_REGIONS_H_

#include <vector>

#include "services/plan/phrases/document_words.h"
#include "services/plan/reader/plan_rows.h"

namespace duban {

struct Region {
  std::vector<TextLine> lines;      // Without the headers.
  std::vector<LabelMatch> columns;  // Empty: running text.
  bool squashed = false;            // The headers were run together, and so are the rows.
};

// Regions in order. A header that a page repeats begins none.
std::vector<Region> CutRegions(const std::vector<TextLine>& lines);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_READER_REGIONS_H_
