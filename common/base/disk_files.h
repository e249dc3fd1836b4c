// Folders and files of the machine, beside stores and in backups: synced, hashed, moved, deleted. Functions of the file
// system alone; thread-safe. Errors: INTERNAL with the path and what the machine said, unless another is named.

#ifndef DUBAN_COMMON_BASE_DISK_FILES_H_
#define DUBAN_COMMON_BASE_DISK_FILES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace duban {

// Names in a folder, sorted; none where it is not there.
absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& path);

// Makes a folder and those above it.
absl::Status MakeFolder(const std::string& path);

// Makes what a file holds, or the names in a folder, durable.
absl::Status SyncPath(const std::string& path);

struct FileDigest {
  int64_t size_bytes = 0;
  // 32 bytes.
  std::string sha256;
};

// Size and SHA-256 of a file's bytes. Errors: NOT_FOUND.
absl::StatusOr<FileDigest> DigestFile(const std::string& path);

// The whole of a file of at most `max_bytes`. Errors: NOT_FOUND.
absl::StatusOr<std::string> ReadWhole(const std::string& path, int64_t max_bytes);

// Makes a file and its bytes durable. The name is durable once its folder is synced.
absl::Status WriteWhole(const std::string& path, const std::string& bytes);

// Moves within a file system and makes both folders durable. Nothing is replaced but an empty folder.
absl::Status MovePath(const std::string& from, const std::string& to);

// Size of a file; -1 where there is none.
int64_t SizeOfFile(const std::string& path);
// When a file's bytes were last changed; the infinite future where there is none.
absl::Time ChangeTimeOf(const std::string& path);
// Room on the disk that holds a folder; nothing where the file system does not say.
std::optional<int64_t> RoomAt(const std::string& folder);

// Writes bytes from `offset` to the end of a file, which is made where it is not there; not durable. What could not be
// written whole is not there at all. Errors: RESOURCE_EXHAUSTED where the disk is full.
absl::Status AppendAt(const std::string& path, int64_t offset, std::string_view bytes);
// `size` bytes of a file from `offset` on. Errors: NOT_FOUND; OUT_OF_RANGE where it is shorter.
absl::StatusOr<std::string> ReadAt(const std::string& path, int64_t offset, int64_t size);

// Copies a file's bytes and makes them durable; the name is durable once its folder is synced. Nothing is replaced.
absl::Status CopyPath(const std::string& from, const std::string& to);

// Gives a file that is never written again a second name; a copy where the file system cannot do that. The name is
// durable once its folder is synced. Nothing is replaced.
absl::Status LinkPath(const std::string& from, const std::string& to);

// Deletes a file or a folder with everything in it; nothing where it is not there.
absl::Status DeletePath(const std::string& path);

}  // namespace duban

#endif  // DUBAN_COMMON_BASE_DISK_FILES_H_
