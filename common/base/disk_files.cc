#include "common/base/disk_files.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "common/base/errors.h"
#include "common/base/strings.h"

namespace duban {
namespace {

constexpr size_t kChunk = 1 << 18;

absl::Status Failed(const std::string& path, const std::string& what, int error) {
  const std::string message = StrCat(path, " ", what, ": ", std::strerror(error));
  return error == ENOENT ? absl::NotFoundError(message) : absl::InternalError(message);
}

absl::Status Failed(const std::string& path, const std::string& what, const std::error_code& error) {
  return Failed(path, what, error.value());
}

std::string FolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

// Hands a file's bytes to `take` in pieces.
template <typename Take>
absl::Status ReadPieces(const std::string& path, Take take) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return Failed(path, "cannot be opened", errno);
  const absl::Cleanup closing = [file] { close(file); };
  std::string piece(kChunk, '\0');
  while (true) {
    const ssize_t got = read(file, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed(path, "cannot be read", errno);
    if (got == 0) return absl::OkStatus();
    DUBAN_RETURN_IF_ERROR(take(std::string_view(piece.data(), static_cast<size_t>(got))));
  }
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator it(path, error);
  // Where a file stands in the way nothing can be, either; whoever wants to make the folder says why that is not
  // possible.
  if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) return names;
  for (; !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    names.push_back(it->path().filename().string());
  }
  if (error) return Failed(path, "cannot be listed", error);
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status MakeFolder(const std::string& path) {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::absolute(path, error);
  if (error) return Failed(path, "cannot be made", error);
  if (std::filesystem::is_directory(folder, error)) return absl::OkStatus();
  if (folder.has_relative_path()) DUBAN_RETURN_IF_ERROR(MakeFolder(folder.parent_path().string()));
  if (!std::filesystem::create_directory(folder, error) && error) return Failed(path, "cannot be made", error);
  return SyncPath(folder.parent_path().string());
}

absl::Status SyncPath(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return Failed(path, "cannot be opened", errno);
  const absl::Cleanup closing = [file] { close(file); };
  return fsync(file) == 0 ? absl::OkStatus() : Failed(path, "cannot be made durable", errno);
}

absl::StatusOr<FileDigest> DigestFile(const std::string& path) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> sha(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (sha == nullptr || EVP_DigestInit_ex(sha.get(), EVP_sha256(), nullptr) != 1) {
    return absl::InternalError("OpenSSL has no SHA-256");
  }
  FileDigest digest;
  DUBAN_RETURN_IF_ERROR(ReadPieces(path, [&](std::string_view bytes) {
    digest.size_bytes += static_cast<int64_t>(bytes.size());
    const bool taken = EVP_DigestUpdate(sha.get(), bytes.data(), bytes.size()) == 1;
    return taken ? absl::OkStatus() : absl::InternalError("SHA-256 failed");
  }));
  unsigned int size = 0;
  digest.sha256.resize(EVP_MAX_MD_SIZE);
  if (EVP_DigestFinal_ex(sha.get(), reinterpret_cast<unsigned char*>(digest.sha256.data()), &size) != 1) {
    return absl::InternalError("SHA-256 failed");
  }
  digest.sha256.resize(size);
  return digest;
}

absl::StatusOr<std::string> ReadWhole(const std::string& path, int64_t max_bytes) {
  std::string whole;
  DUBAN_RETURN_IF_ERROR(ReadPieces(path, [&](std::string_view bytes) {
    whole.append(bytes);
    const bool fits = static_cast<int64_t>(whole.size()) <= max_bytes;
    return fits ? absl::OkStatus() : absl::InternalError(StrCat(path, " is larger than ", max_bytes, " bytes"));
  }));
  return whole;
}

absl::Status WriteWhole(const std::string& path, const std::string& bytes) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return Failed(path, "cannot be made", errno);
  const absl::Cleanup closing = [file] { close(file); };
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t put = write(file, bytes.data() + done, bytes.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return Failed(path, "cannot be written", errno);
    done += static_cast<size_t>(put);
  }
  return fsync(file) == 0 ? absl::OkStatus() : Failed(path, "cannot be made durable", errno);
}

absl::Status MovePath(const std::string& from, const std::string& to) {
  // Of a folder, this replaces an empty one and refuses a full one; of files none is ever moved here.
  if (std::rename(from.c_str(), to.c_str()) != 0) return Failed(to, StrCat("cannot be made out of ", from), errno);
  DUBAN_RETURN_IF_ERROR(SyncPath(FolderOf(to)));
  return FolderOf(from) == FolderOf(to) ? absl::OkStatus() : SyncPath(FolderOf(from));
}

int64_t SizeOfFile(const std::string& path) {
  struct stat found = {};
  return stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) ? static_cast<int64_t>(found.st_size) : -1;
}

absl::Time ChangeTimeOf(const std::string& path) {
  struct stat found = {};
  return stat(path.c_str(), &found) == 0 ? absl::TimeFromTimespec(found.st_mtim) : absl::InfiniteFuture();
}

std::optional<int64_t> RoomAt(const std::string& folder) {
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(folder, error);
  if (error) return std::nullopt;
  return static_cast<int64_t>(space.available);
}

absl::Status AppendAt(const std::string& path, int64_t offset, std::string_view bytes) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return Failed(path, "cannot be made", errno);
  const absl::Cleanup closing = [file] { close(file); };
  for (off_t at = offset; !bytes.empty();) {
    const ssize_t put = pwrite(file, bytes.data(), bytes.size(), at);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      const int error = errno;
      if (ftruncate(file, offset) != 0) unlink(path.c_str());
      const absl::Status failed = Failed(path, "cannot be written", error);
      return error == ENOSPC || error == EDQUOT ? absl::ResourceExhaustedError(failed.message()) : failed;
    }
    at += put;
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadAt(const std::string& path, int64_t offset, int64_t size) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return Failed(path, "cannot be opened", errno);
  const absl::Cleanup closing = [file] { close(file); };
  std::string bytes(static_cast<size_t>(size), '\0');
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t got = pread(file, bytes.data() + done, bytes.size() - done, offset + static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed(path, "cannot be read", errno);
    if (got == 0) return absl::OutOfRangeError(StrCat(path, " ends before ", offset + size));
    done += static_cast<size_t>(got);
  }
  return bytes;
}

absl::Status CopyPath(const std::string& from, const std::string& to) {
  std::error_code error;
  if (!std::filesystem::copy_file(from, to, error)) return Failed(to, StrCat("cannot be copied from ", from), error);
  return SyncPath(to);
}

absl::Status LinkPath(const std::string& from, const std::string& to) {
  return link(from.c_str(), to.c_str()) == 0 ? absl::OkStatus() : CopyPath(from, to);
}

absl::Status DeletePath(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  return error ? Failed(path, "cannot be deleted", error) : absl::OkStatus();
}

}  // namespace duban
