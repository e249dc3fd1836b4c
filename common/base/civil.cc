#include "common/base/civil.h"

#include "absl/strings/ascii.h"

namespace duban {

absl::TimeZone Shanghai() {
  static const absl::TimeZone zone = [] {
    absl::TimeZone loaded;
    return absl::LoadTimeZone("Asia/Shanghai", &loaded) ? loaded : absl::FixedTimeZone(8 * 60 * 60);
  }();
  return zone;
}

absl::CivilDay DayOf(absl::Time time) {
  return absl::ToCivilDay(time, Shanghai());
}

absl::Time TimeAt(absl::CivilDay day, int minute_of_day) {
  return absl::FromCivil(absl::CivilMinute(day) + minute_of_day, Shanghai());
}

std::optional<absl::CivilDay> ParseDay(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  int parts[3] = {0, 0, 0};
  int part = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == 4 || i == 7) {
      ++part;
    } else if (absl::ascii_isdigit(static_cast<unsigned char>(text[i]))) {
      parts[part] = parts[part] * 10 + (text[i] - '0');
    } else {
      return std::nullopt;
    }
  }
  const absl::CivilDay day(parts[0], parts[1], parts[2]);
  // CivilDay normalizes the 31st of June to the 1st of July; a date that moves is none.
  if (day.year() != parts[0] || day.month() != parts[1] || day.day() != parts[2] || parts[0] < 1900)
    return std::nullopt;
  return day;
}

std::string FormatDay(absl::CivilDay day) {
  return absl::FormatCivilTime(day);
}

google::protobuf::Timestamp ToProto(absl::Time time) {
  google::protobuf::Timestamp timestamp;
  const int64_t seconds = absl::ToUnixSeconds(time);
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<int32_t>((time - absl::FromUnixSeconds(seconds)) / absl::Nanoseconds(1)));
  return timestamp;
}

absl::Time FromProto(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

}  // namespace duban
