#include "common/rpc/machine.h"

#include <filesystem>
#include <system_error>

namespace duban {

DiskRoom RoomOf(const std::string& folder) {
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(folder, error);
  if (error) return {};
  return {static_cast<int64_t>(space.available), static_cast<int64_t>(space.capacity)};
}

int64_t SizeOf(const std::string& folder) {
  int64_t size = 0;
  std::error_code error;
  // Files come and go meanwhile: one that is gone takes nothing.
  for (std::filesystem::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code gone;
    const auto bytes = it->is_regular_file(gone) ? it->file_size(gone) : 0;
    if (!gone) size += static_cast<int64_t>(bytes);
  }
  return size;
}

}  // namespace duban
