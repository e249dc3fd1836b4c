#include "tools/cli/session_file.h"

#include <fcntl.h>
#include <google/protobuf/util/json_util.h>
#include <sys/file.h>
#include <unistd.h>

#include <cctype>
#include <filesystem>

#include "common/access/key_folder.h"
#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "tools/cli/printer.h"

namespace duban::cli {
namespace {

// A token that ends so soon may have ended when it arrives.
constexpr absl::Duration kEarly = absl::Seconds(30);

// `HOST:PORT` as the name of a file.
std::string FileName(std::string_view server) {
  std::string name(server);
  for (char& c : name) {
    if (isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '-') c = '_';
  }
  return name;
}

absl::Status Told(const absl::Status& status) {
  const std::string cause(ToStd(status.message()));
  return UsageError({StrCat("登录信息不能读写：", cause), StrCat("the session cannot be kept: ", cause)});
}

}  // namespace

SessionFile::SessionFile(std::string folder, std::string_view server)
    : folder_(std::move(folder)), path_(StrCat(folder_, "/session-", FileName(server), ".json")) {}

absl::StatusOr<std::optional<storage::v1::SavedSession>> SessionFile::Read() const {
  std::error_code error;
  if (!std::filesystem::exists(path_, error)) return std::nullopt;
  if (absl::Status checked = CheckPrivateFile(path_); !checked.ok()) return Told(checked);
  absl::StatusOr<std::string> text = ReadWholeFile(path_);
  if (!text.ok()) return Told(text.status());
  storage::v1::SavedSession saved;
  // What cannot be understood was written by another version: whoever it is signs in again.
  if (!google::protobuf::util::JsonStringToMessage(*text, &saved).ok()) return std::nullopt;
  return saved;
}

absl::Status SessionFile::Write(const v1::SessionTokens& tokens, absl::Time now) const {
  storage::v1::SavedSession saved;
  *saved.mutable_tokens() = tokens;
  *saved.mutable_access_until() = ToProto(now + absl::Seconds(tokens.access_lifetime().seconds()) - kEarly);
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(saved, &text).ok()) return absl::InternalError("cannot write JSON");
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(folder_).parent_path(), error);
  absl::Status written = MakePrivateFolder(folder_);
  if (written.ok()) written = WritePrivateFile(path_, text);
  return written.ok() ? written : Told(written);
}

void SessionFile::Remove() const {
  std::error_code error;
  std::filesystem::remove(path_, error);
}

SessionFile::Lock::~Lock() {
  if (file_ >= 0) close(file_);
}

absl::StatusOr<SessionFile::Lock> SessionFile::Take() const {
  const int file = open((path_ + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file >= 0 && flock(file, LOCK_EX) == 0) return Lock(file);
  if (file >= 0) close(file);
  return Told(absl::FailedPreconditionError(StrCat("cannot lock ", path_)));
}

}  // namespace duban::cli
