#include "services/plan/phrases/printed_date.h"

#include "absl/time/civil_time.h"
#include "common/base/civil.h"

namespace duban {

int YearAt(TextView t, size_t at) {
  constexpr size_t kDigits = 4;
  int year = 0;
  if (const auto digits = ReadDigits(t, at); digits.has_value()) {
    year = digits->length == kDigits ? digits->value : 0;
  } else {
    for (size_t i = at; i < at + kDigits; ++i) {
      const char32_t c = i < t.size() ? t[i] : U' ';
      const size_t digit = TextView(U"〇一二三四五六七八九").find(c == U'零' || c == U'○' || c == 'O' ? U'〇' : c);
      if (digit == TextView::npos) return 0;
      year = year * 10 + static_cast<int>(digit);
    }
  }
  return year >= 1949 && year <= 2199 ? year : 0;
}

std::optional<std::pair<std::string, size_t>> ReadDate(TextView t, size_t at) {
  const int year = YearAt(t, at);
  size_t i = at + 4;
  if (year == 0 || i >= t.size()) return std::nullopt;
  const char32_t first = t[i];
  const bool dotted = first == '-' || first == '/' || first == '.';
  if (first != U'年' && !(dotted && IsDigit(t[at]))) return std::nullopt;
  const auto month = ReadAnyNumber(t, i + 1);
  if (!month.has_value()) return std::nullopt;
  i += 1 + month->length;
  if (i >= t.size() || t[i] != (dotted ? first : U'月')) return std::nullopt;
  auto day = ReadAnyNumber(t, i + 1);
  // `2024-08-2011:19`: the time of day stands right behind the date.
  if (day.has_value() && day->length > 2 && dotted) day = ReadDigits(t.substr(0, i + 3), i + 1);
  if (!day.has_value()) return std::nullopt;
  i += 1 + day->length;
  if (!dotted) {
    if (i >= t.size() || t[i] != U'日') return std::nullopt;
    ++i;
  }
  const absl::CivilDay date(year, month->value, day->value);
  if (date.year() != year || date.month() != month->value || date.day() != day->value) return std::nullopt;
  return std::make_pair(FormatDay(date), i - at);
}

std::string DateLine(TextView t) {
  while (!t.empty() && (t.front() == '(' || t.front() == ' ')) t.remove_prefix(1);
  while (!t.empty() && (t.back() == ')' || t.back() == ' ')) t.remove_suffix(1);
  if (t.size() < 8 || t.size() > 14) return "";
  const std::optional<std::pair<std::string, size_t>> date = ReadDate(t, 0);
  return date.has_value() && date->second == t.size() ? date->first : "";
}

}  // namespace duban
