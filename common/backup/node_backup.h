// Backups of a node: copies of its stores in one folder, with a manifest that says what is in it.
//
//   BACKUPS/district-20260302-090000/manifest.json     v1.Backup as JSON, with size and SHA-256 of every file
//                                   /plan/             a copy (common/store/backup.h)
//                                   /assignment/
//                                   /notification/
//
// A folder has this name only once everything in it is on disk and was read from one end to the other; before that,
// and while it is deleted, its name ends with `.partial`.
//
// What follows is copied before what it follows: notification, then assignment, then plan. A follower's copy then
// holds nothing that came from what its source's copy lacks, and what it lacks itself it gets by following.

#ifndef DUBAN_COMMON_BACKUP_NODE_BACKUP_H_
#define DUBAN_COMMON_BACKUP_NODE_BACKUP_H_

#include <atomic>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/store/backup.h"
#include "duban/v1/backup.pb.h"

namespace duban {

struct BackupOptions {
  // Folder of the backups; made where it is not there. Empty: no backups are made.
  std::string folder;
  // So many are kept of this process. At least 1.
  int keep = 7;
  std::string node;
  Clock* clock = &RealClock();
};

// Makes backups of the stores of one process. Thread-safe. The stores outlive it, or Stop was called and no call is
// under way.
class BackupKeeper {
 public:
  explicit BackupKeeper(BackupOptions options) : options_(std::move(options)) {}

  // Before the first backup. Any order.
  void AddStore(const Store* store);

  // Makes a backup, or finds the one that `request_id` made. Returns it without its files. Errors: WRONG_STATE where
  // there is no folder for backups; OVERLOADED while another one is made; NOT_SERVING once stopped; else
  // INVARIANT_BROKEN, with the cause: nothing is left behind then.
  absl::StatusOr<v1::Backup> Create(const std::string& request_id);

  // The backups of this process, newest first, without their files. Errors: WRONG_STATE where there is no folder.
  absl::StatusOr<std::vector<v1::Backup>> List() const;

  // A backup under way ends soon, without a result, and no other begins.
  void Stop() { stopping_ = true; }

 private:
  // What the names of this process's backups begin with.
  std::string Prefix() const;
  bool IsOwn(const std::string& name) const;
  absl::StatusOr<v1::Backup> Make(const std::string& request_id);
  absl::Status Fill(const std::string& folder, v1::Backup& backup) const;
  // Deletes backups beyond those to keep, and what earlier ones left unfinished.
  absl::Status Prune(const std::string& newest) const;

  const BackupOptions options_;
  std::vector<const Store*> stores_;
  std::atomic<bool> stopping_{false};
  Mutex mu_;
  bool making_ ABSL_GUARDED_BY(mu_) = false;
};

// Reads a backup and compares every file with the manifest. Returns the manifest. Errors: RESOURCE_NOT_FOUND where the
// folder has no manifest; UNREADABLE_DOCUMENT, which names the file, where one is missing, damaged or too many.
absl::StatusOr<v1::Backup> CheckBackup(const std::string& folder);

// Makes the stores of a node from backups: one, or one of each process where the services are apart. All files are
// checked first. The data folder has to be empty or not there; where the process ends in the middle, servers refuse
// the folder (CheckNotRestoring). Errors: those of CheckBackup; WRONG_STATE where the data folder holds anything, or
// the backups are of several nodes or hold a service twice; UNREADABLE_DOCUMENT where a copy is not what the manifest
// says; INVARIANT_BROKEN where the data folder cannot be written.
absl::StatusOr<v1::Restoration> RestoreNode(const std::vector<std::string>& backups, const std::string& data_dir,
                                            Clock* clock, IdSource* ids);

// OK, or WRONG_STATE where a server has the stores of the folder open.
absl::Status CheckNotServing(const std::string& data_dir);

// OK, or DATA_LOSS where a restore into the folder did not come to its end.
absl::Status CheckNotRestoring(const std::string& data_dir);

}  // namespace duban

#endif  // DUBAN_COMMON_BACKUP_NODE_BACKUP_H_
