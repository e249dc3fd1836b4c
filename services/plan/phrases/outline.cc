#include "services/plan/phrases/outline.h"

#include "services/plan/phrases/vocabulary.h"

namespace duban {
namespace {

bool IsPoint(char32_t c) {
  return c == '.' || c == U'、' || c == U'．';
}

// Behind `22.`: digits go on only where they are a year or a count that begins the text.
bool TextMayFollow(TextView t, size_t at) {
  if (at >= t.size()) return true;
  if (!IsDigit(t[at])) return t[at] != '%' && t[at] != U'万' && t[at] != U'亿';
  const auto number = ReadDigits(t, at);
  if (!number.has_value()) return false;
  const char32_t next = at + number->length < t.size() ? t[at + number->length] : 0;
  return next == U'年' && number->length == 4;
}

OutlineMark MatchItem(TextView t, size_t at) {
  OutlineMark mark;
  const auto number = ReadDigits(t, at);
  if (!number.has_value() || number->length > 4 || number->value > 1900 || at + number->length >= t.size()) return mark;
  const size_t end = at + number->length;
  if (IsPoint(t[end]) && TextMayFollow(t, end + 1)) return {kItem, number->value, number->length + 1};
  if (t[end] == ')') return {kPoint, number->value, number->length + 1};
  return mark;
}

OutlineMark MatchBracketed(TextView t, size_t at) {
  const auto number = ReadAnyNumber(t, at + 1);
  if (!number.has_value() || number->length > 3 || number->value == 0) return OutlineMark();
  const size_t end = at + 1 + number->length;
  if (end >= t.size() || t[end] != ')') return OutlineMark();
  size_t length = number->length + 2;
  if (at + length < t.size() && t[at + length] == U'、') ++length;
  return {IsDigit(t[at + 1]) ? kSubitem : kSection, number->value, length};
}

OutlineMark MatchChapter(TextView t, size_t at) {
  const bool named = t[at] == U'第';
  const auto number = ReadChineseNumerals(t, at + named);
  if (!number.has_value() || number->value == 0 || number->value > 99) return OutlineMark();
  const size_t end = at + named + number->length;
  if (end >= t.size()) return OutlineMark();
  if (named) {
    const size_t n = MatchAny(t, end, {U"章", U"部分", U"篇"});
    return n == 0 ? OutlineMark() : OutlineMark{kChapter, number->value, end + n - at};
  }
  if (t[end] != U'、' && t[end] != '.' && t[end] != U'．') return OutlineMark();
  // `一、二级` lists numerals and is no chapter.
  if (end + 1 < t.size() && IsChineseNumeral(t[end + 1]) && end + 2 < t.size() &&
      TextView(U"级类、").find(t[end + 2]) != TextView::npos) {
    return OutlineMark();
  }
  return {kChapter, number->value, end + 1 - at};
}

// `问题1：`, `任务二：`: a word that counts.
OutlineMark MatchCounted(TextView t, size_t at) {
  static const WordTable& words = WordTable::Of("counted_words");
  const size_t word = words.LengthAt(t, at);
  if (word == 0) return OutlineMark();
  const auto number = ReadAnyNumber(t, at + word);
  if (!number.has_value() || number->value == 0 || number->value > 999) return OutlineMark();
  const size_t end = at + word + number->length;
  return end < t.size() && t[end] == ':' ? OutlineMark{kItem, number->value, end + 1 - at} : OutlineMark();
}

}  // namespace

OutlineMark MatchMark(TextView t, size_t at) {
  if (at >= t.size()) return OutlineMark();
  const char32_t c = t[at];
  if ((ClassOf(c) & kMarkChar) == 0 && c != U'第') return OutlineMark();
  if (IsDigit(c)) return MatchItem(t, at);
  if (c == '(') return MatchBracketed(t, at);
  if (c >= 0x2460 && c <= 0x2473) return {kPoint, static_cast<int>(c - 0x2460) + 1, 1};    // ① to ⑳.
  if (c >= 0x3220 && c <= 0x3229) return {kSection, static_cast<int>(c - 0x3220) + 1, 1};  // ㈠ to ㈩.
  if (c >= 0x2474 && c <= 0x2487) return {kSubitem, static_cast<int>(c - 0x2474) + 1, 1};  // ⑴ to ⒇.
  if (c >= 0x2488 && c <= 0x249B) return {kItem, static_cast<int>(c - 0x2488) + 1, 1};     // ⒈ to ⒛.
  if (c == U'第' || IsChineseNumeral(c)) return MatchChapter(t, at);
  return MatchCounted(t, at);
}

int NumberAlone(TextView t) {
  const auto number = ReadDigits(t, 0);
  if (!number.has_value() || number->length > 4 || number->value > 1900) return 0;
  const TextView rest = t.substr(number->length);
  return rest.empty() || rest == U"." || rest == U"、" ? number->value : 0;
}

size_t MatchBareNumber(TextView t, size_t at, int expected) {
  const auto number = ReadDigits(t, at);
  if (!number.has_value() || number->value != expected || at + number->length >= t.size()) return 0;
  const char32_t next = t[at + number->length];
  const bool counts =
      MatchAny(t, at + number->length, {U"年", U"月", U"日", U"个", U"项", U"次", U"级",   U"类",   U"家",    U"万",
                                        U"亿", U"千", U"百", U"号", U"名", U"人", U"条",   U"天",   U"周",    U"时",
                                        U"分", U"件", U"篇", U"期", U"倍", U"所", U"处",   U"公里", U"元",    U"吨",
                                        U"亩", U"户", U"场", U"套", U"种", U"大", U"小时", U"热线", U"工作日"}) > 0;
  return !counts && (IsHan(next) || next == U'“' || next == U'《') ? number->length : 0;
}

}  // namespace duban
