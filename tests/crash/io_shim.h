// What io_shim.cc, inside the victim, shares with the harness outside.
//
// Plain memory, mapped by both from one file; every number may be read and written at any time from either side.

#ifndef DUBAN_TESTS_CRASH_IO_SHIM_H_
#define DUBAN_TESTS_CRASH_IO_SHIM_H_

#include <atomic>
#include <cstdint>

namespace duban::testing {

// Sorts of file calls that the shim tells apart.
enum class ShimCall : int64_t {
  kCreate,
  kOpenWrite,
  kOpenRead,
  kRead,
  kWrite,
  kAllocate,
  kTruncate,
  kSync,
  kSyncFolder,
  kRename,
  kRemove,
  kMakeFolder,
  // Of a file that was open for writing: the first word of some disks on what they took before.
  kClose,
};

struct ShimState {
  // Calls so far that the chosen kind of fault could have met.
  std::atomic<int64_t> calls;
  // CLOCK_BOOTTIME when the chosen call came; 0: not yet.
  std::atomic<int64_t> struck_nanos;
  // Its ShimCall, and the file.
  std::atomic<int64_t> call;
  // Set by the harness: nothing fails any more.
  std::atomic<int64_t> healed;
  char path[480];
};
static_assert(sizeof(ShimState) == 512);

}  // namespace duban::testing

#endif  // DUBAN_TESTS_CRASH_IO_SHIM_H_
