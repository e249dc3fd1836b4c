// Small helpers for Chinese text held as code points. The text is folded (FoldWidths), so a full-width `：` is `:`
// here. Pure; any thread.
#ifndef DUBAN_SERVICES_PLAN_PHRASES_CHINESE_TEXT_H_
#define DUBAN_SERVICES_PLAN_PHRASES_CHINESE_TEXT_H_

#include <array>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace duban {

using TextView = std::u32string_view;

inline bool IsHan(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || c == U'〇' || (c >= 0x3400 && c <= 0x4DBF);
}
inline bool IsDigit(char32_t c) {
  return c >= '0' && c <= '9';
}
inline bool IsAsciiWord(char32_t c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
inline bool IsOpenBracket(char32_t c) {
  return c == '(' || c == '[' || c == U'〔' || c == U'【' || c == '{';
}
inline bool IsCloseBracket(char32_t c) {
  return c == ')' || c == ']' || c == U'〕' || c == U'】' || c == '}';
}
// What a character can begin or be, looked up in one table, since every character of a document is asked.
enum CharClass : unsigned char {
  kNumeralChar = 1,   // A Chinese numeral.
  kMarkChar = 2,      // May begin numbering: a digit, a numeral, `(`, ①.
  kDeadlineChar = 4,  // May begin a deadline.
};
// By code point of the basic plane; filled when the program is compiled.
extern const std::array<unsigned char, 0x10000> kCharClasses;

// The classes of a character, as a union of CharClass.
inline unsigned char ClassOf(char32_t c) {
  return c < kCharClasses.size() ? kCharClasses[c] : 0;
}

inline bool IsChineseNumeral(char32_t c) {
  return (ClassOf(c) & kNumeralChar) != 0;
}

inline bool StartsWith(TextView text, TextView prefix) {
  return text.substr(0, prefix.size()) == prefix;
}
inline bool EndsWith(TextView text, TextView suffix) {
  return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}
inline bool Contains(TextView text, TextView what) {
  return text.find(what) != TextView::npos;
}
inline bool ContainsAny(TextView text, std::initializer_list<TextView> words) {
  for (TextView word : words) {
    if (Contains(text, word)) return true;
  }
  return false;
}

// The word of `words` that `text` has at `at`, the longest of them; 0 where it has none. Returns its length.
inline size_t MatchAny(TextView text, size_t at, std::initializer_list<TextView> words) {
  size_t best = 0;
  if (at > text.size()) return 0;
  for (TextView word : words) {
    if (word.size() > best && StartsWith(text.substr(at), word)) best = word.size();
  }
  return best;
}

// A number and how many code points it takes.
struct ReadNumber {
  int value = 0;
  size_t length = 0;
};

// The decimal digits at `at`; nothing where there are none or more than nine.
std::optional<ReadNumber> ReadDigits(TextView text, size_t at);
// The Chinese numerals at `at`, up to 999 (`十二`, `二十`, `一百零三`, `两`); nothing where there are none.
std::optional<ReadNumber> ReadChineseNumerals(TextView text, size_t at);
// Either.
std::optional<ReadNumber> ReadAnyNumber(TextView text, size_t at);

// Without spaces at both ends.
TextView Trim(TextView text);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_PHRASES_CHINESE_TEXT_H_
