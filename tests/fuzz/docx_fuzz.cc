// Any bytes, read as DOCX: as a whole archive, and, so that the inside is reached too, as its document part. Refused or
// understood, never worse.

#include <cstddef>
#include <cstdint>
#include <string>

#include "services/plan/source/source_document.h"
#include "tests/fuzz/document_checks.h"
#include "tests/support/docx_builder.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  // The first byte says which.
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 'P') {
    duban::CheckDocument(duban::ReadDocx("P" + bytes));
  } else if (data[0] == 'N') {
    duban::CheckDocument(duban::ReadDocx(
        duban::BuildDocx(duban::Paragraph("一", "<w:numPr><w:ilvl w:val=\"0\"/><w:numId w:val=\"1\"/></w:numPr>"),
                         {{"word/numbering.xml", bytes}})));
  } else {
    duban::CheckDocument(duban::ReadDocx(duban::BuildDocx(bytes)));
  }
  return 0;
}
