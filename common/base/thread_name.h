// What `top -H`, `perf` and a debugger call a thread.

#ifndef DUBAN_COMMON_BASE_THREAD_NAME_H_
#define DUBAN_COMMON_BASE_THREAD_NAME_H_

namespace duban {

// Names the calling thread; at most 15 bytes count.
void NameThread(const char* name);

}  // namespace duban

#endif  // DUBAN_COMMON_BASE_THREAD_NAME_H_
