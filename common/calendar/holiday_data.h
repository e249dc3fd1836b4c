// Holiday notices as data: reading them from CSV, and the years that come with the program.
//
// Pure functions, safe from any thread. The built-in data is deploy/calendars/*.csv, compiled in, so that a node works
// with no files beside it.

#ifndef DUBAN_COMMON_CALENDAR_HOLIDAY_DATA_H_
#define DUBAN_COMMON_CALENDAR_HOLIDAY_DATA_H_

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "duban/v1/calendar.pb.h"

namespace duban {

// Reads `date,kind,name` with that header line: a date `YYYY-MM-DD`, `off` or `work`, and the holiday. One calendar a
// year, by year, its days by date; days of December that belong to 元旦 go to the next year's calendar, whose notice
// names them. Empty lines are passed over; a byte order mark and CRLF are accepted. The number of the notice stays
// empty and the version is 1.
// Errors: INVALID_ARGUMENT (INVALID_FIELD) that names the first wrong line, such as `line 7`: not three columns, no
// date, a year outside 1990 to 2200, another kind, a name that is too long (40 characters), a date given twice, or more
// days in a year than a calendar holds (120).
absl::StatusOr<std::vector<v1::Calendar>> ParseHolidayCsv(std::string_view csv);

// Reads `year,version,notice` with that header line into `calendars`, which holds those years; the rest as above.
absl::Status ParseNoticeCsv(std::string_view csv, std::vector<v1::Calendar>* calendars);

// The State Council's notices of 2018 to 2026, as amended.
std::vector<v1::Calendar> BuiltInCalendars();

}  // namespace duban

#endif  // DUBAN_COMMON_CALENDAR_HOLIDAY_DATA_H_
