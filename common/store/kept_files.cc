#include "common/store/kept_files.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "absl/strings/escaping.h"
#include "common/base/digest.h"
#include "common/base/disk_files.h"
#include "common/base/errors.h"
#include "common/base/failpoint.h"
#include "common/base/ids.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/store/keys.h"

namespace duban {
namespace {

constexpr char kIncoming[] = "/incoming";
constexpr size_t kHexDigits = 64;

absl::Status NoRoom(int64_t kept_free) {
  return Error(v1::LIMIT_REACHED,
               StrCat("the disk has no room for the file; ", kept_free >> 20,
                      " MiB are kept free. Free space on it, then repeat the call"),
               StrCat("磁盘空间不足，放不下该文件（须留出 ", kept_free >> 20, " MiB）；请清理磁盘后重试"));
}

// Errors of the disk have no reason of their own.
absl::Status OfDisk(const absl::Status& status) {
  if (status.ok() || ReasonOf(status) != v1::ERROR_REASON_UNSPECIFIED) return status;
  return InvariantBroken(ToStd(status.message()));
}

std::string HexOf(std::string_view bytes) {
  return absl::BytesToHexString(absl::string_view(bytes.data(), bytes.size()));
}

std::vector<std::string> HashesOfPieces(std::string_view bytes) {
  std::vector<std::string> hashes;
  for (size_t at = 0; at < bytes.size(); at += kFilePieceBytes) {
    hashes.push_back(Sha256(bytes.substr(at, kFilePieceBytes)));
  }
  return hashes;
}

// What the names of all that one sender has under way begin with.
std::string SenderPart(const KeptFiles::Upload& upload) {
  return StrCat(ComputedId("u", {upload.from}), "-");
}

absl::Status OtherBytes(const KeptFiles::Upload& upload, std::string_view found) {
  return InvalidField(
      "piece.sha256",
      StrCat("is ", upload.sha256, ", and the bytes that came have ", std::string(found),
             "; they were dropped. Put the file in again from the beginning"),
      StrCat("为 ", upload.sha256, "，与收到内容的校验值 ", std::string(found), " 不符，已丢弃；请从头重新上传"));
}

absl::Status Damaged(std::string_view sha256, const std::string& how) {
  return absl::DataLossError(StrCat("the file ", std::string(sha256), " ", how));
}

}  // namespace

std::string FilesFolder(std::string_view store_path) {
  return StrCat(std::string(store_path), "/evidence");
}

std::string KeptFileName(std::string_view sha256, std::string_view holder) {
  return StrCat(kFilePrefix, sha256, "/", holder);
}

std::string HeldFilesName(std::string_view holder) {
  return StrCat("held_files/", holder);
}

bool IsSha256(std::string_view text) {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return text.size() == kHexDigits && std::all_of(text.begin(), text.end(), is_digit);
}

std::string KeptFilePath(std::string_view folder, std::string_view sha256) {
  return StrCat(folder, "/", sha256.substr(0, 2), "/", sha256);
}

absl::StatusOr<std::vector<FileOnDisk>> ListKeptFiles(const std::string& folder) {
  std::vector<FileOnDisk> files;
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> shards, ListFolder(folder));
  for (const std::string& shard : shards) {
    DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListFolder(StrCat(folder, "/", shard)));
    for (const std::string& name : names) {
      if (IsSha256(name)) files.push_back({name, KeptFilePath(folder, name)});
    }
  }
  return files;
}

absl::StatusOr<bool> IsFileNamed(const ReadView& view, std::string_view sha256) {
  bool named = false;
  const std::string begin = LocalKey(KeptFileName(sha256, ""));
  DUBAN_RETURN_IF_ERROR(view.ScanRows(begin, PrefixEnd(begin), [&](std::string_view, std::string_view) {
    named = true;
    return false;
  }));
  return named;
}

std::string KeptFiles::PathOf(std::string_view sha256) const {
  return KeptFilePath(folder_, sha256);
}

std::string KeptFiles::PathOf(const Upload& upload) const {
  return StrCat(folder_, kIncoming, "/", SenderPart(upload), upload.sha256);
}

int64_t KeptFiles::Received(const Upload& upload) const {
  return std::max<int64_t>(SizeOfFile(PathOf(upload)), 0);
}

absl::Status KeptFiles::CheckRoom(int64_t bytes) const {
  const std::optional<int64_t> room = RoomAt(folder_);
  // A file system that does not say has room until a write fails.
  if (!room.has_value() || *room - bytes >= min_free_bytes_) return absl::OkStatus();
  return NoRoom(min_free_bytes_);
}

absl::Status KeptFiles::CheckIncoming(const Upload& upload) const {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListFolder(StrCat(folder_, kIncoming)));
  const std::string sender = SenderPart(upload);
  const auto of_sender =
      std::count_if(names.begin(), names.end(), [&](const std::string& name) { return name.starts_with(sender); });
  const bool too_many_of_sender = of_sender >= kMaxIncomingOfSender;
  if (!too_many_of_sender && names.size() < static_cast<size_t>(kMaxIncomingFiles)) return absl::OkStatus();
  const std::string count = too_many_of_sender ? StrCat(of_sender) : StrCat(names.size());
  return Error(
      v1::LIMIT_REACHED,
      StrCat(count, " files are on their way here", too_many_of_sender ? StrCat(" from `", upload.from, "`") : "",
             ", and no more are taken; finish those that were begun, or repeat the call later"),
      StrCat(too_many_of_sender ? StrCat("“", upload.from, "”") : "", "已有 ", count,
             " 份文件正在上传，暂不接收新的；请先传完已开始的，或稍后重试"));
}

absl::StatusOr<int64_t> KeptFiles::Append(const Upload& upload, int64_t offset, std::string_view bytes) {
  MutexLock lock(&mu_);
  const std::string path = PathOf(upload);
  int64_t received = SizeOfFile(path);
  // Begun as a longer one, which cannot have been the same.
  if (received > upload.size_bytes) DUBAN_RETURN_IF_ERROR(OfDisk(DeletePath(path)));
  if (received < 0 || received > upload.size_bytes) {
    if (offset != 0) return 0;
    DUBAN_RETURN_IF_ERROR(OfDisk(MakeFolder(StrCat(folder_, kIncoming))));
    DUBAN_RETURN_IF_ERROR(OfDisk(CheckIncoming(upload)));
    DUBAN_RETURN_IF_ERROR(CheckRoom(upload.size_bytes));
    received = 0;
  }
  if (offset != received) return received;
  const absl::Status written = AppendAt(path, offset, bytes);
  if (absl::IsResourceExhausted(written)) return NoRoom(min_free_bytes_);
  DUBAN_RETURN_IF_ERROR(OfDisk(written));
  return offset + static_cast<int64_t>(bytes.size());
}

absl::StatusOr<std::vector<std::string>> KeptFiles::CheckBytes(const Upload& upload) const {
  const std::string path = PathOf(upload);
  DUBAN_RETURN_IF_ERROR(OfDisk(SyncPath(path)));
  const absl::StatusOr<std::string> bytes = ReadWhole(path, kMaxFileBytes);
  DUBAN_RETURN_IF_ERROR(OfDisk(bytes.status()));
  const std::string found = HexOf(Sha256(*bytes));
  if (found == upload.sha256 || DUBAN_BUG("evidence.hash_not_compared")) return HashesOfPieces(*bytes);
  DUBAN_RETURN_IF_ERROR(OfDisk(DeletePath(path)));
  return OtherBytes(upload, found);
}

absl::Status KeptFiles::Keep(const Upload& upload, Note note) {
  MutexLock lock(&mu_);
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> hashes, CheckBytes(upload));
  const std::string path = PathOf(upload.sha256);
  if (DUBAN_BUG("evidence.row_before_file")) DUBAN_RETURN_IF_ERROR(note(hashes));
  DUBAN_RETURN_IF_ERROR(OfDisk(MakeFolder(std::filesystem::path(path).parent_path().string())));
  DUBAN_FAILPOINT("files.before_name");
  // Over one that is there already, and may be damaged: these bytes are known to be right.
  DUBAN_RETURN_IF_ERROR(OfDisk(MovePath(PathOf(upload), path)));
  DUBAN_FAILPOINT("files.after_name");
  return note(hashes);
}

bool KeptFiles::Has(std::string_view sha256, int64_t size_bytes) const {
  return SizeOfFile(PathOf(sha256)) == size_bytes;
}

bool KeptFiles::IsIntact(std::string_view sha256) const {
  const absl::StatusOr<FileDigest> digest = DigestFile(PathOf(sha256));
  return digest.ok() && HexOf(digest->sha256) == sha256;
}

absl::StatusOr<std::string> KeptFiles::ReadPiece(std::string_view sha256, const storage::v1::KeptFile& row,
                                                 int64_t offset) const {
  if (offset >= row.size_bytes()) return std::string();
  const int64_t number = offset / kFilePieceBytes;
  const int64_t begin = number * kFilePieceBytes;
  const int64_t size = std::min(kFilePieceBytes, row.size_bytes() - begin);
  if (number >= row.piece_hashes_size()) return Damaged(sha256, "has fewer pieces than bytes");
  const absl::StatusOr<std::string> piece = ReadAt(PathOf(sha256), begin, size);
  if (!piece.ok()) return Damaged(sha256, StrCat("cannot be read: ", ToStd(piece.status().message())));
  const bool right = Sha256(*piece) == row.piece_hashes(static_cast<int>(number));
  if (!right && !DUBAN_BUG("evidence.piece_not_checked")) return Damaged(sha256, "is not what was put in");
  return piece->substr(static_cast<size_t>(offset - begin));
}

absl::Status KeptFiles::Remove(std::string_view sha256, absl::FunctionRef<absl::StatusOr<bool>()> forget) {
  MutexLock lock(&mu_);
  DUBAN_ASSIGN_OR_RETURN(const bool last, forget());
  DUBAN_FAILPOINT("files.after_forget");
  return last ? OfDisk(DeletePath(PathOf(sha256))) : absl::OkStatus();
}

absl::StatusOr<int> KeptFiles::SweepFolder(const std::string& folder, absl::Time before,
                                           absl::FunctionRef<absl::StatusOr<bool>(std::string_view name)> stays) {
  MutexLock lock(&mu_);
  int gone = 0;
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListFolder(folder));
  for (const std::string& name : names) {
    const std::string path = StrCat(folder, "/", name);
    if (ChangeTimeOf(path) >= before) continue;
    DUBAN_ASSIGN_OR_RETURN(const bool stay, stays(name));
    if (stay) continue;
    DUBAN_RETURN_IF_ERROR(OfDisk(DeletePath(path)));
    ++gone;
  }
  return gone;
}

absl::StatusOr<int> KeptFiles::Sweep(absl::Time now,
                                     absl::FunctionRef<absl::StatusOr<bool>(std::string_view sha256)> is_named) {
  const absl::Time before = now - kIncomingKept;
  int gone = 0;
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> folders, ListFolder(folder_));
  for (const std::string& name : folders) {
    const std::string folder = StrCat(folder_, "/", name);
    const bool incoming = StrCat("/", name) == kIncoming;
    const auto stays = [&](std::string_view file) -> absl::StatusOr<bool> {
      if (incoming) return false;
      return is_named(file);
    };
    DUBAN_ASSIGN_OR_RETURN(const int more, SweepFolder(folder, before, stays));
    gone += more;
  }
  return gone;
}

absl::StatusOr<int64_t> VerifyKeptFiles(const ReadView& view, const std::string& folder, const Work* work) {
  const KeptFiles files(folder, 0);
  int64_t count = 0;
  int64_t bad = 0;
  std::string last, first_bad;
  absl::Status status;
  const std::string begin = LocalKey(kFilePrefix);
  DUBAN_RETURN_IF_ERROR(view.ScanRows(begin, PrefixEnd(begin), [&](std::string_view key, std::string_view value) {
    const std::string sha256(key.substr(begin.size(), kHexDigits));
    if (sha256 == last) return true;
    last = sha256;
    ++count;
    if (!(status = CheckWanted(work)).ok()) return false;
    storage::v1::KeptFile row;
    const bool there =
        row.ParseFromArray(value.data(), static_cast<int>(value.size())) && files.Has(sha256, row.size_bytes());
    if (there && files.IsIntact(sha256)) return true;
    if (bad++ == 0) first_bad = StrCat(sha256, there ? " was altered" : " is missing or has another size");
    return true;
  }));
  DUBAN_RETURN_IF_ERROR(status);
  if (bad == 0) return count;
  return absl::DataLossError(StrCat(bad, " of ", count, " files are not what was put in: ", first_bad));
}

}  // namespace duban
