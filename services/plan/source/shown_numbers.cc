#include "services/plan/source/shown_numbers.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>

#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "common/base/strings.h"

namespace duban {
namespace {

// 31 December 9999, the last day a spreadsheet knows.
constexpr double kLastDay = 2958465;

std::string ShowDate(int64_t day, const NumberFormat& format, bool from_1904) {
  absl::CivilDay date;
  if (from_1904) {
    date = absl::CivilDay(1904, 1, 1) + day;
  } else {
    // Day 60 is the 29 February 1900 that never was.
    date = absl::CivilDay(1899, 12, day < 60 ? 31 : 30) + day;
  }
  std::string text;
  if (format.year) StrAppend(&text, date.year(), "年");
  if (format.month) StrAppend(&text, date.month(), "月");
  if (format.day) StrAppend(&text, date.day(), "日");
  return text;
}

// With ten digits, as cells show them, and no zeros at the end.
std::string ShowPlain(double value) {
  return absl::StrFormat("%.10g", value);
}

std::optional<double> NumberOf(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace

NumberFormat BuiltInFormat(int id) {
  NumberFormat format;
  const auto within = [&](int first, int last) { return id >= first && id <= last; };
  if (id == 9 || id == 10) format.percent = true;
  // 16 and 58 show month and day, 17, 27, 36, 50, 52, 54 and 57 year and month.
  const bool full = within(14, 15) || id == 22 || within(27, 31) || id == 36 || within(50, 58);
  const bool no_year = id == 16 || id == 28 || id == 29 || id == 51 || id == 53 || id == 58;
  const bool no_day = id == 17 || id == 27 || id == 36 || id == 50 || id == 52 || id == 57 || id == 54;
  if (full || no_year || no_day) format.year = !no_year, format.month = true, format.day = !no_day;
  return format;
}

NumberFormat FormatOfCode(std::string_view code) {
  NumberFormat format;
  bool time = false;
  // The first part is that of positive numbers.
  for (size_t i = 0; i < code.size() && code[i] != ';'; ++i) {
    switch (code[i]) {
      case '"':
        for (++i; i < code.size() && code[i] != '"';) ++i;
        break;
      case '[':
        for (++i; i < code.size() && code[i] != ']';) ++i;
        break;
      case '\\':
      case '_':
      case '*':
        ++i;
        break;
      case 'y':
      case 'Y':
        format.year = true;
        break;
      case 'm':
      case 'M':
        format.month = true;
        break;
      case 'd':
      case 'D':
        format.day = true;
        break;
      case 'h':
      case 'H':
      case 's':
      case 'S':
        time = true;
        break;
      case '%':
        format.percent = true;
        break;
      default:
        break;
    }
  }
  // Behind hours `m` is minutes.
  if (time && !format.year && !format.day) format.month = false;
  return format;
}

std::string ShowNumber(std::string_view stored, const NumberFormat& format, bool from_1904) {
  const std::optional<double> value = NumberOf(stored);
  if (!value.has_value()) return std::string(stored);
  if (format.is_date() && *value >= (from_1904 ? 0 : 1) && *value < kLastDay + 1) {
    return ShowDate(static_cast<int64_t>(std::floor(*value)), format, from_1904);
  }
  return format.percent ? StrCat(ShowPlain(*value * 100), "%") : ShowPlain(*value);
}

}  // namespace duban
