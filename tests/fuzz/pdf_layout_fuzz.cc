// Any bytes, read as what `pdftotext` has made of a PDF: refused or understood, never worse.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "services/plan/source/pdf_layout.h"
#include "tests/fuzz/document_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  duban::CheckDocument(duban::ReadPdfLayout(std::string_view(reinterpret_cast<const char*>(data), size)));
  return 0;
}
