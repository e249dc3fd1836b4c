// Any text as a phrase of units: every entry names somebody in some role.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/base/text.h"
#include "services/plan/phrases/unit_phrase.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!duban::CodePoints(text).has_value()) return 0;
  const duban::UnitLexicon lexicon;
  const duban::UnitPhrase phrase = duban::ParseUnits(text, duban::v1::Responsibility::ROLE_UNSPECIFIED, lexicon);
  for (const auto& responsibility : phrase.responsibilities) {
    if (responsibility.unit().empty()) std::abort();
    if (responsibility.role() == duban::v1::Responsibility::ROLE_UNSPECIFIED) std::abort();
  }
  return 0;
}
