// How a spreadsheet shows the numbers it stores: dates are days since 1900 or 1904, told from other numbers by their
// format alone. Pure; any thread.
#ifndef DUBAN_SERVICES_PLAN_SOURCE_SHOWN_NUMBERS_H_
#define DUBAN_SERVICES_PLAN_SOURCE_SHOWN_NUMBERS_H_

#include <string>
#include <string_view>

namespace duban {

// What of a number a format shows.
struct NumberFormat {
  bool year = false;
  bool month = false;
  bool day = false;
  bool percent = false;

  bool is_date() const { return year || month || day; }
  friend bool operator==(const NumberFormat&, const NumberFormat&) = default;
};

// A format by its built-in number (ISO/IEC 29500 and the Chinese ones); plain for every other number.
NumberFormat BuiltInFormat(int id);
// A format by its code, such as `yyyy"年"m"月"d"日";@`. Times of day are not shown.
NumberFormat FormatOfCode(std::string_view code);

// The stored number as text: `2024年6月30日`, `6月30日`, `80%`, `12`, `0.5`. Text that is no number stays as it is, and
// so does a day that is in no calendar. `from_1904`: days count from 1904.
std::string ShowNumber(std::string_view stored, const NumberFormat& format, bool from_1904);

}  // namespace duban

#endif  // DUBAN_SERVICES_PLAN_SOURCE_SHOWN_NUMBERS_H_
