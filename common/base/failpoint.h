// Failpoints: named places before and after each durable step, where a test can stop the process or look on.
//
// A process is told by its environment: DUBAN_FAILPOINT="commit.after_write=kill:3" kills it with SIGKILL when it
// reaches the place for the third time. A test in the same process sets a handler instead. Compiled out of release
// packages (-DDUBAN_FAILPOINTS=OFF). Thread-safe.

#ifndef DUBAN_COMMON_BASE_FAILPOINT_H_
#define DUBAN_COMMON_BASE_FAILPOINT_H_

#include <functional>
#include <string>
#include <string_view>

namespace duban {

// Calls `handler` each time `name` is reached, on the thread that reaches it; an empty handler removes it.
void SetFailpointHandler(std::string_view name, std::function<void()> handler);

// Marks the place; use DUBAN_FAILPOINT.
void ReachFailpoint(std::string_view name);

#if DUBAN_FAILPOINTS
#define DUBAN_FAILPOINT(name) ::duban::ReachFailpoint(name)
#else
#define DUBAN_FAILPOINT(name) \
  do {                        \
  } while (false)
#endif

}  // namespace duban

#endif  // DUBAN_COMMON_BASE_FAILPOINT_H_
