// What a person says of a document's layout, checked and understood. Pure; any thread.
#ifndef DUBAN_SERVICES_PLAN_READER_HINTS_H_
#define DUBAN_SERVICES_PLAN_READER_HINTS_H_

#include <cstdint>
#include <limits>
#include <vector>

#include "absl/status/statusor.h"
#include "duban/v1/plan.pb.h"
#include "services/plan/reader/document_parts.h"
#include "services/plan/reader/regions.h"

namespace duban {

struct Hints {
  std::vector<LabelMatch> columns;  // Empty: not said.
  v1::ReadingHints::Layout layout = v1::ReadingHints::LAYOUT_UNSPECIFIED;
  // Lines that hold tasks, both included.
  int32_t first_line = 0;
  int32_t last_line = std::numeric_limits<int32_t>::max();
};

// Checks each hint. Errors: INVALID_ARGUMENT (INVALID_FIELD) that names it, such as `hints.columns[2]`.
absl::StatusOr<Hints> UnderstandHints(const v1::ReadingHints& said, const SourceDocument& document);

// Takes out what stands outside the lines; a table stands where its first line does.
void KeepLines(const Hints& hints, std::vector<PartBlock>& blocks);

// The regions of a part's lines (regions.h), as the hints have them.
std::vector<Region> RegionsOf(const std::vector<TextLine>& lines, const Hints& hints);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_READER_HINTS_H_
