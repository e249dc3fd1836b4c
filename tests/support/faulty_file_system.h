// A file system that fails when told, and forgets what was not synced when its power is cut.
//
// It sits between RocksDB and another file system, and keeps of every file what a power cut would leave of it: bytes up
// to the last sync, and names up to the last sync of their folder, deletions and renames included. Folders themselves
// and RocksDB's text log are taken as durable.
//
// Threads: every method may be called from any thread. Ownership: outlives the stores on it. Errors: those it was told
// to give.

#ifndef DUBAN_TESTS_SUPPORT_FAULTY_FILE_SYSTEM_H_
#define DUBAN_TESTS_SUPPORT_FAULTY_FILE_SYSTEM_H_

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "common/base/mutex.h"

namespace duban::testing {

// What is counted, and can be made to fail.
enum class FileOp {
  // Opening a file for writing, new or there before.
  kCreate,
  // Reading from an open file, or opening one for reading.
  kRead,
  // Appending to a file, or writing inside one.
  kWrite,
  // Making a file's bytes durable.
  kSync,
  // Making a folder's names durable.
  kSyncFolder,
  kRename,
  kDelete,
  // Any of the above but kRead.
  kChange,
};

enum class Fault {
  // The call fails with an I/O error and does nothing.
  kError,
  // The call fails because the disk is full and does nothing.
  kNoSpace,
  // A write writes half of its bytes and fails; other calls fail with an I/O error.
  kShortWrite,
  // The call does not return before Release is called.
  kStall,
  // The call and all later ones do nothing and fail, until DropUnsynced.
  kPowerCut,
};

class FaultyFileSystem : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultyFileSystem(std::shared_ptr<rocksdb::FileSystem> base);
  ~FaultyFileSystem() override;

  // From now on the `nth` operation of that kind (1 is the next one) on a file whose path contains `part` meets
  // `fault`; those after it too where `sticky`. One plan at a time; replaces the one before.
  void FailAt(FileOp op, int64_t nth, Fault fault, bool sticky = false, std::string part = "");
  // Nothing fails any more. Counting begins anew.
  void Heal();
  // What GetFreeSpace says from now on; it says nothing before.
  void SetFreeSpace(uint64_t bytes);
  // Whether the plan has met its operation.
  bool struck() const;
  // Operations of a kind on all files since the file system was made or Heal was called.
  int64_t Count(FileOp op) const;
  // Blocks until an operation stalls; lets it go on.
  void WaitForStall();
  void Release();

  // What the machine finds after a power cut: all that was synced and nothing else; with `lucky`, things that were not
  // synced are there or not as the dice fall: a tail of a file up to any byte; of new names, deletions and renames the
  // first few, since file systems keep their order. No file may be open. Everything is durable and nothing fails
  // afterwards.
  void DropUnsynced(std::mt19937_64* lucky = nullptr);

  // Bytes of a file, for tests that damage one.
  std::string ReadAll(const std::string& path);
  void WriteAll(const std::string& path, const std::string& bytes);

  static const char* kClassName() { return "FaultyFileSystem"; }
  const char* Name() const override { return kClassName(); }

  using Options = rocksdb::FileOptions;
  using Io = rocksdb::IOOptions;
  using Debug = rocksdb::IODebugContext;
  using Result = rocksdb::IOStatus;
  Result NewSequentialFile(const std::string& path, const Options& options,
                           std::unique_ptr<rocksdb::FSSequentialFile>* file, Debug* debug) override;
  Result NewRandomAccessFile(const std::string& path, const Options& options,
                             std::unique_ptr<rocksdb::FSRandomAccessFile>* file, Debug* debug) override;
  Result NewWritableFile(const std::string& path, const Options& options,
                         std::unique_ptr<rocksdb::FSWritableFile>* file, Debug* debug) override;
  Result ReopenWritableFile(const std::string& path, const Options& options,
                            std::unique_ptr<rocksdb::FSWritableFile>* file, Debug* debug) override;
  Result ReuseWritableFile(const std::string& path, const std::string& old, const Options& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file, Debug* debug) override;
  Result NewRandomRWFile(const std::string& path, const Options& options,
                         std::unique_ptr<rocksdb::FSRandomRWFile>* file, Debug* debug) override;
  Result NewDirectory(const std::string& path, const Io& io, std::unique_ptr<rocksdb::FSDirectory>* folder,
                      Debug* debug) override;
  Result GetFreeSpace(const std::string& path, const Io& io, uint64_t* free, Debug* debug) override;
  Result DeleteFile(const std::string& path, const Io& io, Debug* debug) override;
  Result RenameFile(const std::string& from, const std::string& to, const Io& io, Debug* debug) override;

  // For the files it hands out: what is to happen to an operation; and the notes of what happened.
  struct Verdict {
    Result status;
    bool half = false;
  };
  Verdict Meet(FileOp op, const std::string& path);
  void NoteSynced(const std::string& path);
  void NoteFolderSynced(const std::string& path);

 private:
  // What would be found of a file after a power cut. Shared by the names it has and had.
  struct Node {
    uint64_t synced_size = 0;
    // Of a file that is written inside: its bytes at the last sync.
    std::optional<std::string> synced_bytes;
    // Of a file that is gone: its last bytes.
    std::optional<std::string> last_bytes;
  };
  using Names = std::map<std::string, std::shared_ptr<Node>>;
  // Names that changed together; no node means the name is gone.
  using NameChange = std::vector<std::pair<std::string, std::shared_ptr<Node>>>;
  struct Plan {
    FileOp op;
    int64_t left;
    Fault fault;
    bool sticky;
    std::string part;
  };

  std::shared_ptr<Node> Track(const std::string& path, bool fresh) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Apply(const NameChange& change, Names& names) const;
  std::string AfterPowerCut(const std::string& path, const Node& node, std::mt19937_64* lucky)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable Mutex mu_;
  std::map<FileOp, int64_t> counts_ ABSL_GUARDED_BY(mu_);
  std::optional<Plan> plan_ ABSL_GUARDED_BY(mu_);
  std::optional<uint64_t> free_space_ ABSL_GUARDED_BY(mu_);
  bool struck_ ABSL_GUARDED_BY(mu_) = false;
  bool off_ ABSL_GUARDED_BY(mu_) = false;
  int stalled_ ABSL_GUARDED_BY(mu_) = 0;
  bool released_ ABSL_GUARDED_BY(mu_) = false;
  // Names as they are, and as a power cut would leave them.
  Names live_ ABSL_GUARDED_BY(mu_);
  Names durable_ ABSL_GUARDED_BY(mu_);
  // What leads from the one to the other.
  std::vector<NameChange> changes_ ABSL_GUARDED_BY(mu_);
};

// An Env on `files`, with the machine's clock and threads.
std::shared_ptr<rocksdb::Env> MakeEnv(std::shared_ptr<rocksdb::FileSystem> files);

}  // namespace duban::testing

#endif  // DUBAN_TESTS_SUPPORT_FAULTY_FILE_SYSTEM_H_
