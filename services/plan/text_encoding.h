// Which encoding a text is in, and its code points: UTF-8, UTF-16 (either byte order) or GB18030 (with GBK and GB2312
// inside it). Pure; any thread. Errors: INVALID_ARGUMENT (UNREADABLE_DOCUMENT) where no encoding fits, so mojibake is
// never produced.
#ifndef DUBAN_SERVICES_PLAN_TEXT_ENCODING_H_
#define DUBAN_SERVICES_PLAN_TEXT_ENCODING_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace duban {

// Decodes `bytes`. A byte order mark decides; else `declared` (the charset a page declares, any case; empty: none) is
// tried first, then strict UTF-8 (a character cut off at the very end is forgiven and dropped), UTF-16 without a mark
// where its zero bytes or its decoded text show it, then GB18030. Refuses binary data.
absl::StatusOr<std::u32string> DecodeText(std::string_view bytes, std::string_view declared = "");

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_TEXT_ENCODING_H_
