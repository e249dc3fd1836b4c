#include "common/base/text.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <cstdint>

namespace duban {
namespace {

// The code point at `*at`, which is moved behind it; negative where the bytes are no UTF-8, and then behind those that
// cannot be one's beginning.
UChar32 Next(std::string_view text, size_t* at) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  UChar32 point;
  U8_NEXT(bytes, *at, text.size(), point);
  return point;
}

size_t WidthOf(UChar32 point) {
  if (point < 0) return 1;
  switch (u_charType(point)) {
    case U_CONTROL_CHAR:
    case U_FORMAT_CHAR:
    case U_NON_SPACING_MARK:
    case U_ENCLOSING_MARK:
      return 0;
    default:
      break;
  }
  const int32_t width = u_getIntPropertyValue(point, UCHAR_EAST_ASIAN_WIDTH);
  return width == U_EA_FULLWIDTH || width == U_EA_WIDE ? 2 : 1;
}

}  // namespace

std::optional<size_t> CodePoints(std::string_view text) {
  size_t count = 0;
  for (size_t at = 0; at < text.size(); ++count) {
    if (Next(text, &at) < 0) return std::nullopt;
  }
  return count;
}

std::u32string DecodeUtf8(std::string_view utf8) {
  std::u32string out;
  out.reserve(utf8.size() / 2);
  for (size_t at = 0; at < utf8.size();) {
    const UChar32 point = Next(utf8, &at);
    out.push_back(point < 0 ? U'\uFFFD' : static_cast<char32_t>(point));
  }
  return out;
}

std::string EncodeUtf8(std::u32string_view text) {
  std::string out;
  out.reserve(text.size() * 3);
  for (char32_t c : text) {
    if (c < 0x80) {
      out.push_back(static_cast<char>(c));
      continue;
    }
    if (c > 0x10FFFF || U_IS_SURROGATE(c)) c = U'\uFFFD';
    uint8_t buffer[U8_MAX_LENGTH];
    int32_t length = 0;
    U8_APPEND_UNSAFE(buffer, length, static_cast<UChar32>(c));
    out.append(reinterpret_cast<const char*>(buffer), length);
  }
  return out;
}

size_t CharacterBytes(std::string_view text, size_t at) {
  size_t end = at;
  Next(text, &end);
  return end - at;
}

std::string_view CutUtf8(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  U8_SET_CP_START(reinterpret_cast<const uint8_t*>(text.data()), 0, end);
  return text.substr(0, end);
}

std::string_view TrimSpaces(std::string_view text) {
  constexpr std::string_view kWide = "\u3000";
  constexpr std::string_view kNarrow = " \t\r\n";
  for (;;) {
    if (text.starts_with(kWide)) {
      text.remove_prefix(kWide.size());
    } else if (text.ends_with(kWide)) {
      text.remove_suffix(kWide.size());
    } else if (!text.empty() && kNarrow.find(text.front()) != std::string_view::npos) {
      text.remove_prefix(1);
    } else if (!text.empty() && kNarrow.find(text.back()) != std::string_view::npos) {
      text.remove_suffix(1);
    } else {
      return text;
    }
  }
}

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  for (size_t at = 0; at < text.size();) width += WidthOf(Next(text, &at));
  return width;
}

std::string Ellipsize(std::string_view text, size_t columns) {
  if (DisplayWidth(text) <= columns) return std::string(text);
  size_t width = 0;
  size_t end = 0;
  for (size_t at = 0; at < text.size(); end = at) {
    width += WidthOf(Next(text, &at));
    if (width + 1 > columns) break;
  }
  return std::string(text.substr(0, end)) + "…";
}

}  // namespace duban
