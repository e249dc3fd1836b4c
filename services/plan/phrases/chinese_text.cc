#include "services/plan/phrases/chinese_text.h"

namespace duban {
namespace {

// 0 to 9 for a numeral that stands for a digit; -1 else.
int DigitOf(char32_t c) {
  if (c == U'零') return 0;
  if (c == U'两') return 2;
  const size_t at = TextView(U"〇一二三四五六七八九").find(c);
  return at == TextView::npos ? -1 : static_cast<int>(at);
}

constexpr size_t kBmpSize = 0x10000;

constexpr std::array<unsigned char, kBmpSize> MakeClasses() {
  std::array<unsigned char, kBmpSize> classes = {};
  for (char32_t c : TextView(U"〇零一二三四五六七八九十百两")) classes[c] |= kNumeralChar | kMarkChar;
  for (char32_t c : TextView(U"0123456789")) classes[c] |= kMarkChar | kDeadlineChar;
  for (char32_t c : TextView(U"每按逐年今本当明次第上下一二三四五六七八九十〇")) classes[c] |= kDeadlineChar;
  classes['('] |= kMarkChar;
  for (char32_t c : TextView(U"问任事实项举")) classes[c] |= kMarkChar;
  for (char32_t c = 0x2460; c <= 0x249B; ++c) classes[c] |= kMarkChar;
  for (char32_t c = 0x3220; c <= 0x3229; ++c) classes[c] |= kMarkChar;
  return classes;
}

}  // namespace

constinit const std::array<unsigned char, kBmpSize> kCharClasses = MakeClasses();

std::optional<ReadNumber> ReadDigits(TextView text, size_t at) {
  ReadNumber number;
  while (at + number.length < text.size() && IsDigit(text[at + number.length])) {
    if (number.length == 9) return std::nullopt;
    number.value = number.value * 10 + static_cast<int>(text[at + number.length] - '0');
    ++number.length;
  }
  if (number.length == 0) return std::nullopt;
  return number;
}

std::optional<ReadNumber> ReadChineseNumerals(TextView text, size_t at) {
  ReadNumber number;
  int digit = -1;
  for (; at + number.length < text.size() && number.length < 7; ++number.length) {
    const char32_t c = text[at + number.length];
    if (c == U'十' || c == U'百') {
      const int unit = c == U'十' ? 10 : 100;
      number.value += (digit < 0 ? 1 : digit) * unit;
      digit = -1;
    } else if (const int value = DigitOf(c); value >= 0) {
      if (digit > 0) break;
      digit = value;
    } else {
      break;
    }
  }
  if (number.length == 0) return std::nullopt;
  if (digit > 0) number.value += digit;
  return number;
}

std::optional<ReadNumber> ReadAnyNumber(TextView text, size_t at) {
  if (at >= text.size()) return std::nullopt;
  return IsDigit(text[at]) ? ReadDigits(text, at) : ReadChineseNumerals(text, at);
}

TextView Trim(TextView text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace duban
