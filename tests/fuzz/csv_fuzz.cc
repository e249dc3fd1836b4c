// Any bytes, read as separated values: refused or understood, never worse.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "services/plan/source/source_document.h"
#include "tests/fuzz/document_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  duban::CheckDocument(duban::ReadCsvDocument(std::string_view(reinterpret_cast<const char*>(data), size)));
  return 0;
}
