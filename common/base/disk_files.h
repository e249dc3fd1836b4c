// Folders and files of the machine, beside stores and in backups: synced, hashed, moved, deleted. Functions of the file system alone;
// thread-safe. Errors: INTERNAL with the path and what the machine said, unless another is named.

#ifndef DUBAN_COMMON_BASE_DISK_FILES_H_
#define DUBAN_COMMON_BASE_DISK_FILES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

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

// Copies a file's bytes and makes them durable; the name is durable once its folder is synced. Nothing is replaced.
absl::Status CopyPath(const std::string& from, const std::string& to);

// Gives a file that is never written again a second name; a copy where the file system cannot do that. The name is
// durable once its folder is synced. Nothing is replaced.
absl::Status LinkPath(const std::string& from, const std::string& to);

// Deletes a file or a folder with everything in it; nothing where it is not there.
absl::Status DeletePath(const std::string& path);

}  // namespace duban

#endif  // DUBAN_COMMON_BASE_DISK_FILES_H_
