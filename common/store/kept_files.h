// Files beside the rows of a store, each under its SHA-256 and once, however many hold it.
//
//   FOLDER/ab/abcd...          a file; its name is the SHA-256 of its bytes, in hex digits
//   FOLDER/incoming/u..-abcd   what has come of one so far, from one sender
//
// Rows of the store, written by whoever hosts it:
//   local  files/{sha256}/{holder}   storage.v1.KeptFile; the file is there for as long as one of these is
//   local  held_files/{holder}       storage.v1.HeldFiles
//
// What is kept is kept in this order: all bytes are synced, read back and compared with the SHA-256; the file gets its
// name, which is synced; then its row is written. A process that ends in between leaves a file that no row names, and
// never a row without its file. Removing goes the other way round. Files that no row names go with Sweep.
//
// Threads: every method may be called from any thread. Nothing here knows who may do what.

#ifndef DUBAN_COMMON_STORE_KEPT_FILES_H_
#define DUBAN_COMMON_STORE_KEPT_FILES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/base/work.h"
#include "common/store/view.h"
#include "duban/storage/v1/evidence.pb.h"

namespace duban {

// Largest file, and the pieces that it is sent, checked and read in.
inline constexpr int64_t kMaxFileBytes = 25 << 20;
inline constexpr int64_t kFilePieceBytes = 1 << 20;
// Most files that are under way at once: all together, and of one sender.
inline constexpr int kMaxIncomingFiles = 256;
inline constexpr int kMaxIncomingOfSender = 8;
// What has come and not grown for so long is dropped, and so is a file that no row names.
inline constexpr absl::Duration kIncomingKept = absl::Hours(24);

// Where the files of a store lie, beside its database.
std::string FilesFolder(std::string_view store_path);

// Names of the rows.
inline constexpr std::string_view kFilePrefix = "files/";
std::string KeptFileName(std::string_view sha256, std::string_view holder);
std::string HeldFilesName(std::string_view holder);

// Whether `text` is 64 lower-case hex digits.
bool IsSha256(std::string_view text);

// Whether any row of the view names a file.
absl::StatusOr<bool> IsFileNamed(const ReadView& view, std::string_view sha256);

// A file by its SHA-256, and where it lies.
struct FileOnDisk {
  std::string sha256;
  std::string path;
};
// The files of a folder that have their names, in their order. Errors: INTERNAL where it cannot be listed.
absl::StatusOr<std::vector<FileOnDisk>> ListKeptFiles(const std::string& folder);
// Where a file of a folder lies.
std::string KeptFilePath(std::string_view folder, std::string_view sha256);

class KeptFiles {
 public:
  // A file on its way.
  struct Upload {
    // Who sends it: what has come from one sender is never continued by another.
    std::string from;
    std::string sha256;
    // 1 to kMaxFileBytes.
    int64_t size_bytes = 0;
  };
  // Writes the row of a file that has its name, with the hashes of its pieces.
  using Note = absl::FunctionRef<absl::Status(const std::vector<std::string>& piece_hashes)>;

  // `folder` is made where it is not there. No file is taken that would leave the disk less than `min_free_bytes`.
  KeptFiles(std::string folder, int64_t min_free_bytes) : folder_(std::move(folder)), min_free_bytes_(min_free_bytes) {}

  // Adds bytes where they begin at what has come; else nothing. Returns how many have come. What is on its way is not
  // durable. Errors: LIMIT_REACHED where too many are on their way or the disk is short of room; INVARIANT_BROKEN where
  // it cannot be written.
  absl::StatusOr<int64_t> Append(const Upload& upload, int64_t offset, std::string_view bytes) ABSL_LOCKS_EXCLUDED(mu_);
  // How many bytes have come.
  int64_t Received(const Upload& upload) const;

  // Keeps a file of which everything has come. Errors: INVALID_FIELD of `piece.sha256` where the bytes have another
  // one: they are dropped. Those of `note`: the file stays without a row. INVARIANT_BROKEN as Append.
  absl::Status Keep(const Upload& upload, Note note) ABSL_LOCKS_EXCLUDED(mu_);

  // Whether a file is there with its size; its bytes are not looked at.
  bool Has(std::string_view sha256, int64_t size_bytes) const;
  // Whether every byte is as it was put in.
  bool IsIntact(std::string_view sha256) const;

  // The bytes from `offset` to the end of the piece it lies in; empty at the end. Errors: DATA_LOSS where the file is
  // gone, or its piece is not what was put in.
  absl::StatusOr<std::string> ReadPiece(std::string_view sha256, const storage::v1::KeptFile& row,
                                        int64_t offset) const;

  // Removes a file once `forget` has removed its row, and says that none is left.
  absl::Status Remove(std::string_view sha256, absl::FunctionRef<absl::StatusOr<bool>()> forget)
      ABSL_LOCKS_EXCLUDED(mu_);

  // Removes what has not come further since kIncomingKept before `now`, and files of that age for which `is_named` says
  // no. Files are stamped by the machine: a process that pretends
  // another time keeps them longer, or less long. Returns how many went.
  absl::StatusOr<int> Sweep(absl::Time now, absl::FunctionRef<absl::StatusOr<bool>(std::string_view sha256)> is_named)
      ABSL_LOCKS_EXCLUDED(mu_);

  const std::string& folder() const { return folder_; }

 private:
  std::string PathOf(std::string_view sha256) const;
  std::string PathOf(const Upload& upload) const;
  absl::Status CheckRoom(int64_t bytes) const;
  // Whether one more may be on its way.
  absl::Status CheckIncoming(const Upload& upload) const;
  absl::StatusOr<std::vector<std::string>> CheckBytes(const Upload& upload) const;
  absl::StatusOr<int> SweepFolder(const std::string& folder, absl::Time before,
                                  absl::FunctionRef<absl::StatusOr<bool>(std::string_view name)> stays)
      ABSL_LOCKS_EXCLUDED(mu_);

  const std::string folder_;
  const int64_t min_free_bytes_;
  // Held while a file comes, gets its name and its row, or loses them.
  Mutex mu_;
};

// Compares every file that a row of the view names with its SHA-256. Returns how many there are. Errors: DATA_LOSS,
// which says how many are missing or altered and names the first; CANCELLED once `work`, where it is given, is stopped;
// those of the view.
absl::StatusOr<int64_t> VerifyKeptFiles(const ReadView& view, const std::string& folder, const Work* work = nullptr);

}  // namespace duban

#endif  // DUBAN_COMMON_STORE_KEPT_FILES_H_
