// The front door of documents: from bytes of any format to a SourceDocument.
//
// Text, HTML, DOCX, XLSX, CSV and TSV are decoded here and touch nothing outside. The text of a PDF is taken out by
// `pdftotext` of poppler-utils, a child process within limits (common/base/child_process.h); so this is no part of the
// arrow, and blocks for as long as that takes, at most ten seconds. Any thread.
// Errors: UNREADABLE_DOCUMENT, see source_document.h.
#ifndef DUBAN_SERVICES_PLAN_SOURCE_READ_SOURCE_H_
#define DUBAN_SERVICES_PLAN_SOURCE_READ_SOURCE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/plan/source/source_document.h"

namespace duban {

// Decodes a document after detecting its format from its bytes, helped by the ending of `source_name` (which may be
// empty and is never opened). Refuses every other format (old Word and Excel, WPS, OFD, pictures, archives) and says
// what to save it as.
absl::StatusOr<SourceDocument> ReadSource(std::string_view bytes, std::string_view source_name);

// Where `pdftotext` lies.
inline constexpr char kPdfToText[] = "/usr/bin/pdftotext";

// Decodes a PDF that has text. Refuses scans and what is encrypted or damaged; where `program` is not installed, says
// which package has it.
absl::StatusOr<SourceDocument> ReadPdf(std::string_view bytes, const std::string& program = kPdfToText);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_SOURCE_READ_SOURCE_H_
