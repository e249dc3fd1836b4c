// What the machine under a process has: room on its disk, and what the stores take of it.
//
// Thread-safe. Errors: none; what cannot be read is 0.

#ifndef DUBAN_COMMON_RPC_MACHINE_H_
#define DUBAN_COMMON_RPC_MACHINE_H_

#include <cstdint>
#include <string>

namespace duban {

struct DiskRoom {
  int64_t free_bytes = 0;
  int64_t all_bytes = 0;
};

// Of the disk that holds `folder`, as far as this process may use it.
DiskRoom RoomOf(const std::string& folder);

// All files below `folder`.
int64_t SizeOf(const std::string& folder);

}  // namespace duban

#endif  // DUBAN_COMMON_RPC_MACHINE_H_
