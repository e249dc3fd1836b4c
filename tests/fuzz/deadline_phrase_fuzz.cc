// Any text as a deadline: what is understood does not contradict itself.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/text.h"
#include "services/plan/phrases/deadline_phrase.h"
#include "tests/fuzz/document_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!duban::CodePoints(text).has_value()) return 0;
  duban::CheckDeadline(duban::ParseDeadline(text, duban::DeadlineContext{2024}).deadline);
  duban::CheckDeadline(duban::ParseDeadline(text, duban::DeadlineContext{0}).deadline);
  return 0;
}
