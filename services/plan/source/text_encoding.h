// Which encoding a text is in, and its code points: UTF-8, UTF-16 (either byte order) or GB18030 (with GBK and GB2312
// inside it). Pure; any thread. Errors: INVALID_ARGUMENT (UNREADABLE_DOCUMENT) where no encoding fits, so mojibake is
// never produced.
#ifndef DUBAN_SERVICES_PLAN_SOURCE_TEXT_ENCODING_H_
#define DUBAN_SERVICES_PLAN_SOURCE_TEXT_ENCODING_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace duban {

// Decodes `bytes`. A byte order mark decides; else strict UTF-8 is tried first (so a page that declares another charset
// than it has is still read right), then `declared` (the charset a page declares, any case; empty: none), then GB18030
// and UTF-16 without a mark, of which the one that reads as office Chinese wins. Refuses binary data, and text that is
// cut off inside a character or has broken bytes, with the line.
absl::StatusOr<std::u32string> DecodeText(std::string_view bytes, std::string_view declared = "");

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_SOURCE_TEXT_ENCODING_H_
