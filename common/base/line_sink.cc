#include "common/base/line_sink.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "common/base/errors.h"
#include "common/base/strings.h"

namespace duban {
namespace {

absl::Status FileError(std::string_view what, const std::string& path) {
  const std::string reason = std::strerror(errno);
  return InvariantBroken(StrCat("cannot ", what, " ", path, ": ", reason));
}

// A write that a crash or a full disk cut off must not swallow the next line.
bool EndsInsideALine(int file) {
  const off_t end = lseek(file, 0, SEEK_END);
  char last = '\n';
  return end > 0 && pread(file, &last, 1, end - 1) == 1 && last != '\n';
}

bool WriteAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace

absl::Status LineFile::Append(std::string_view lines) {
  const int file = open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (file < 0) return FileError("open", path_);
  const bool written = (!EndsInsideALine(file) || WriteAll(file, "\n")) && WriteAll(file, lines);
  absl::Status status;
  if (!written) {
    status = FileError("write", path_);
  } else if (fsync(file) != 0) {
    status = FileError("make durable", path_);
  }
  close(file);
  return status;
}

}  // namespace duban
