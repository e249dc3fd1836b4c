// No log at all, for programs that fail on purpose by the thousand, such as a simulation.

#ifndef DUBAN_COMMON_BASE_LOG_SILENCE_H_
#define DUBAN_COMMON_BASE_LOG_SILENCE_H_

namespace duban {

// Until SetLogLevel. Thread-safe.
void SilenceLog();

}  // namespace duban

#endif  // DUBAN_COMMON_BASE_LOG_SILENCE_H_
