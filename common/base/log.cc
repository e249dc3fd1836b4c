#include "common/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/log_silence.h"
#include "common/base/strings.h"
#include "common/base/text.h"

namespace duban {
namespace {

constexpr size_t kMaxValueBytes = 2000;

spdlog::logger& Logger() {
  static spdlog::logger* logger = [] {
    auto* made = new spdlog::logger("duban", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *logger;
}

const char* NameOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// U+2028, U+2029 and the bidirectional controls U+202A..E and U+2066..9 can fake lines or hide text in a terminal.
bool IsDeceptive(std::string_view text, size_t at) {
  if (at + 2 >= text.size() || text[at] != '\xE2') return false;
  const auto second = static_cast<unsigned char>(text[at + 1]);
  const auto third = static_cast<unsigned char>(text[at + 2]);
  return (second == 0x80 && third >= 0xA8 && third <= 0xAE) || (second == 0x81 && third >= 0xA6 && third <= 0xA9);
}

}  // namespace

std::string JsonString(std::string_view text) {
  std::string cut;
  if (text.size() > kMaxValueBytes) {
    cut = StrCat(CutUtf8(text, kMaxValueBytes), "...");
    text = cut;
  }
  const bool valid = CodePoints(text).has_value();
  std::string out = "\"";
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '"' || c == '\\') {
      StrAppend(&out, "\\", std::string(1, text[i]));
    } else if (c < 0x20 || c == 0x7F || (!valid && c >= 0x80)) {
      absl::StrAppendFormat(&out, "\\u%04x", c);
    } else if (valid && IsDeceptive(text, i)) {
      const unsigned point = 0x2000 + ((static_cast<unsigned char>(text[i + 1]) & 0x3F) << 6) +
                             (static_cast<unsigned char>(text[i + 2]) & 0x3F);
      absl::StrAppendFormat(&out, "\\u%04x", point);
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  out.push_back('"');
  return out;
}

void SilenceLog() {
  Logger().set_level(spdlog::level::off);
}

void SetLogLevel(LogLevel level) {
  Logger().set_level(ToSpdlog(level));
}

bool IsLogged(LogLevel level) {
  return Logger().should_log(ToSpdlog(level));
}

LogLevel CurrentLogLevel() {
  for (const LogLevel level : {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning}) {
    if (IsLogged(level)) return level;
  }
  return LogLevel::kError;
}

void Log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (!IsLogged(level)) return;
  std::string line =
      StrCat("{\"time\":\"", absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", RealClock().Now(), absl::UTCTimeZone()),
             "\",\"level\":\"", NameOf(level), "\",\"event\":", JsonString(event));
  for (const auto& [key, value] : fields) StrAppend(&line, ",", JsonString(key), ":", JsonString(value));
  line.push_back('}');
  Logger().log(ToSpdlog(level), "{}", line);
}

}  // namespace duban
