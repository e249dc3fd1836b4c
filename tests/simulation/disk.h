// The disk of one node: files in memory that a power cut takes back to what was synced, and whose writes fail when
// told.
//
// RocksDB flushes and compacts on threads of its own; Quiesce waits for them, so that between two events nothing runs
// and a seed decides everything. Not thread-safe.

#ifndef DUBAN_TESTS_SIMULATION_DISK_H_
#define DUBAN_TESTS_SIMULATION_DISK_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace rocksdb {
class Env;
}
namespace duban::testing {
class FaultyFileSystem;
}

namespace duban::simulation {

class BackgroundJobs;

class Disk {
 public:
  Disk();
  ~Disk();

  rocksdb::Env* env() const;
  // Waits until RocksDB has nothing to do in the background.
  void Quiesce();
  // How often it had something to do: files that were written from memory, and merged.
  int64_t jobs() const;

  // Power goes: every change fails from now on. After the stores are closed, PowerBack drops what was not synced; with
  // a `luck` other than 0 a random part of it is left.
  void CutPower();
  void PowerBack(uint64_t luck);

  enum class Failure { kWrite, kShortWrite, kSync };
  // The `nth` write or sync of a store's log or high-water mark from now on fails.
  void FailCommit(Failure failure, int nth, bool mark);
  // Whether that has happened.
  bool failed() const;
  void Heal();

  // The files of a folder, by name, to keep them elsewhere; and puts them into one, durably.
  using Files = std::map<std::string, std::string>;
  Files TakeFiles(const std::string& folder);
  void PutFiles(const std::string& folder, const Files& files);
  // Deletes the files of a folder, where there is one.
  void Clear(const std::string& folder);

 private:
  std::shared_ptr<testing::FaultyFileSystem> files_;
  std::shared_ptr<rocksdb::Env> base_;
  std::unique_ptr<BackgroundJobs> env_;
};

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_DISK_H_
