#include "common/base/text.h"

#include <cstdint>

namespace duban {
namespace {

// Reads one code point at `at`; returns its length in bytes, 0 where the bytes are no UTF-8 (RFC 3629).
size_t Decode(std::string_view text, size_t at, uint32_t& point) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char first = byte(0);
  const size_t length = first < 0x80   ? 1
                        : first < 0xC2 ? 0
                        : first < 0xE0 ? 2
                        : first < 0xF0 ? 3
                        : first < 0xF5 ? 4
                                       : 0;
  if (length == 0 || at + length > text.size()) return 0;
  point = length == 1 ? first : first & (0x7F >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    point = (point << 6) | (byte(i) & 0x3F);
  }
  const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  return overlong || surrogate || point > 0x10FFFF ? 0 : length;
}

// Unicode Standard Annex 11, the wide and full-width blocks that occur in office documents.
size_t WidthOf(uint32_t point) {
  if (point < 0x20 || (point >= 0x300 && point < 0x370) || (point >= 0x200B && point <= 0x200F)) return 0;
  const bool wide = (point >= 0x1100 && point <= 0x115F) || (point >= 0x2E80 && point <= 0xA4CF) ||
                    (point >= 0xAC00 && point <= 0xD7A3) || (point >= 0xF900 && point <= 0xFAFF) ||
                    (point >= 0xFE30 && point <= 0xFE4F) || (point >= 0xFF00 && point <= 0xFF60) ||
                    (point >= 0xFFE0 && point <= 0xFFE6) || (point >= 0x1F300 && point <= 0x1FAFF) ||
                    (point >= 0x20000 && point <= 0x3FFFD);
  return wide ? 2 : 1;
}

}  // namespace

std::optional<size_t> CodePoints(std::string_view text) {
  size_t count = 0;
  for (size_t at = 0; at < text.size(); ++count) {
    uint32_t point = 0;
    const size_t length = Decode(text, at, point);
    if (length == 0) return std::nullopt;
    at += length;
  }
  return count;
}

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  for (size_t at = 0; at < text.size();) {
    uint32_t point = 0;
    const size_t length = Decode(text, at, point);
    width += length == 0 ? 1 : WidthOf(point);
    at += length == 0 ? 1 : length;
  }
  return width;
}

std::string Ellipsize(std::string_view text, size_t columns) {
  if (DisplayWidth(text) <= columns) return std::string(text);
  size_t width = 0;
  size_t at = 0;
  while (at < text.size()) {
    uint32_t point = 0;
    const size_t length = Decode(text, at, point);
    const size_t step = length == 0 ? 1 : WidthOf(point);
    if (width + step + 1 > columns) break;
    width += step;
    at += length == 0 ? 1 : length;
  }
  return std::string(text.substr(0, at)) + "…";
}

}  // namespace duban
