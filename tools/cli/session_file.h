// Where somebody is signed in: a file for each server in their own folder, readable by nobody else.
//
// Programs that run side by side share it; whoever changes it holds its lock. Thread-compatible.

#ifndef DUBAN_TOOLS_CLI_SESSION_FILE_H_
#define DUBAN_TOOLS_CLI_SESSION_FILE_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "duban/storage/v1/people.pb.h"

namespace duban::cli {

class SessionFile {
 public:
  // `folder` is made at the first session; `server` is HOST:PORT of its plan service.
  SessionFile(std::string folder, std::string_view server);

  // Nothing where nobody is signed in. Error: a usage error where others can read it.
  absl::StatusOr<std::optional<storage::v1::SavedSession>> Read() const;
  // Keeps tokens that came at `now`.
  absl::Status Write(const v1::SessionTokens& tokens, absl::Time now) const;
  void Remove() const;

  // Held until it is destroyed; others wait.
  class Lock {
   public:
    explicit Lock(int file) : file_(file) {}
    ~Lock();
    Lock(Lock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
    Lock& operator=(Lock&&) = delete;

   private:
    int file_;
  };
  absl::StatusOr<Lock> Take() const;

 private:
  const std::string folder_;
  const std::string path_;
};

}  // namespace duban::cli

#endif  // DUBAN_TOOLS_CLI_SESSION_FILE_H_
