// Runs another program on bytes in memory, within limits: what it is given it reads from its standard input, what it
// writes to its standard output is the result. It gets no shell, no environment, no open files of ours and no words on
// standard error.
//
// Blocks until the program has ended. Any thread. What may hang or swell is the child: it is killed at any limit.
#ifndef DUBAN_COMMON_BASE_CHILD_PROCESS_H_
#define DUBAN_COMMON_BASE_CHILD_PROCESS_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace duban {

struct ChildLimits {
  int cpu_seconds = 1;
  int wall_seconds = 1;
  size_t memory_bytes = 0;  // Of address space.
  size_t output_bytes = 0;
};

struct ChildResult {
  enum class End {
    kExited,         // By itself, with `exit_code`.
    kNotStarted,     // It is not there, or the system or its own limits did not let it start.
    kKilled,         // By a signal, such as the one for too much processor time.
    kTimedOut,       // Killed at the limit of wall-clock time.
    kTooMuchOutput,  // Killed at the limit of output.
  };
  End end = End::kNotStarted;
  int exit_code = 0;
  std::string output;
};

// `command`: the path of the program and its arguments. REQUIRES: at least one.
ChildResult RunChild(const std::vector<std::string>& command, std::string_view input, const ChildLimits& limits);

}  // namespace duban

#endif  // DUBAN_COMMON_BASE_CHILD_PROCESS_H_
