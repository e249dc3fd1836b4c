// Structured logs: one JSON object a line on standard error, every value escaped and cut. Thread-safe.
//
// Levels: `error` asks a person to act; `warning` heals by itself but may be worth knowing; `info` is the life of the
// process (start, stop, hops); `debug` is off by default.

#ifndef DUBAN_COMMON_BASE_LOG_H_
#define DUBAN_COMMON_BASE_LOG_H_

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace duban {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// A named value of a log line.
using LogField = std::pair<std::string_view, std::string>;

// Writes one line: `{"time":...,"level":...,"event":"store.opened","node":...,...}`. `event` is a stable dotted name.
void Log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

// Lines below `level` are dropped. Default: kInfo.
void SetLogLevel(LogLevel level);
LogLevel CurrentLogLevel();
// Whether a line of this level would be written: for lines that are dear to put together.
bool IsLogged(LogLevel level);

// Text as a JSON string with quotes: control characters, quotes, U+2028/9 and bidirectional overrides are escaped,
// bytes that are no UTF-8 are replaced, and what is longer than 2,000 bytes is cut.
std::string JsonString(std::string_view text);

}  // namespace duban

#endif  // DUBAN_COMMON_BASE_LOG_H_
