// What `top -H`, `perf` and a debugger call a thread, and how much it stands back behind the others.

#ifndef DUBAN_COMMON_BASE_THREAD_NAME_H_
#define DUBAN_COMMON_BASE_THREAD_NAME_H_

namespace duban {

// Names the calling thread; at most 15 bytes count.
void NameThread(const char* name);

// The calling thread alone, for good: 0 changes nothing, 19 leaves the processor to whoever else wants it (nice(2)).
void StandBack(int nice);

}  // namespace duban

#endif  // DUBAN_COMMON_BASE_THREAD_NAME_H_
