// Civil dates. A deadline means the end of a day for the people it binds, in Asia/Shanghai, and is kept as a date.
// All functions are pure and thread-safe.

#ifndef DUBAN_COMMON_BASE_CIVIL_H_
#define DUBAN_COMMON_BASE_CIVIL_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace duban {

// Asia/Shanghai; UTC+8 without daylight saving since 1991. Falls back to the fixed offset where tzdata is missing.
absl::TimeZone Shanghai();

// The civil day in Asia/Shanghai at an instant.
absl::CivilDay DayOf(absl::Time time);

// The instant at which `minute_of_day` (0 to 1439) of a day begins in Asia/Shanghai.
absl::Time TimeAt(absl::CivilDay day, int minute_of_day);

// `YYYY-MM-DD`; nothing where the text is not exactly that or names no day of the calendar.
std::optional<absl::CivilDay> ParseDay(std::string_view text);

// `YYYY-MM-DD`.
std::string FormatDay(absl::CivilDay day);

google::protobuf::Timestamp ToProto(absl::Time time);
absl::Time FromProto(const google::protobuf::Timestamp& timestamp);

}  // namespace duban

#endif  // DUBAN_COMMON_BASE_CIVIL_H_
