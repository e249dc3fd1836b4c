// Backups of a node: copies of its stores in one folder, with a manifest that says what is in it.
//
//   BACKUPS/district-20260302-090000/manifest.json     v1.Backup as JSON, with size and SHA-256 of every file
//                                   /plan/             a copy (common/store/backup.h)
//                                   /assignment/
//                                   /assignment/evidence/      the files beside the store, by SHA-256 (kept_files.h)
//                                   /notification/
//
// A folder has this name only once everything in it is on disk and was read from one end to the other; before that,
// and while it is deleted, its name ends with `.partial`.
//
// Files beside a store never change, so a backup on the same file system holds them under a second name and takes no
// room for them. They are taken after the store's copy, which names nothing that is not among them then; one whose
// bytes are not what its name says is left out and logged: it must not keep everything else from being backed up.
//
// What follows is copied before what it follows: notification, then assignment, then plan. A follower's copy then
// holds nothing that came from what its source's copy lacks, and what it lacks itself it gets by following.

#ifndef DUBAN_COMMON_BACKUP_NODE_BACKUP_H_
#define DUBAN_COMMON_BACKUP_NODE_BACKUP_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/work.h"
#include "common/store/backup.h"
#include "duban/v1/backup.pb.h"

namespace duban {

struct BackupOptions {
  // Folder of the backups; made where it is not there. Empty: no backups are made.
  std::string folder;
  // So many are kept of this process. At least 1.
  int keep = 7;
  // No other is begun so soon after the last, so that nobody drives good ones out by making new ones. Zero: at once.
  absl::Duration interval = absl::ZeroDuration();
  std::string node;
  Clock* clock = &RealClock();
};

// Makes backups of the stores of one process. Thread-safe but for Create, of which one runs at a time. The stores
// outlive it.
class BackupKeeper {
 public:
  explicit BackupKeeper(BackupOptions options) : options_(std::move(options)) {}

  // Before the first backup; a store before those that follow it. Copies are made the other way round, so that none has
  // followed further than the copy of what it follows goes.
  void AddStore(Store* store);

  // The backup that `request_id` made, without its files; nothing where it made none, or that is gone. Errors:
  // WRONG_STATE where there is no folder for backups.
  absl::StatusOr<std::optional<v1::Backup>> Find(const std::string& request_id) const;
  // OK where another may be begun now. Errors: WRONG_STATE where there is no folder, and where the newest is younger
  // than BackupOptions::interval; metadata has `backup` and `nextTime` then.
  absl::Status CheckMayBegin() const;

  // Makes a backup. Returns it without its files. `work` advances by rows. Errors: CANCELLED once it is stopped; else
  // INVARIANT_BROKEN, with the cause. Either way nothing is left behind.
  absl::StatusOr<v1::Backup> Create(const std::string& request_id, Work* work);

  // The backups of this process, newest first, without their files. Errors: WRONG_STATE where there is no folder.
  absl::StatusOr<std::vector<v1::Backup>> List() const;

 private:
  // What the names of this process's backups begin with.
  std::string Prefix() const;
  bool IsOwn(const std::string& name) const;
  absl::StatusOr<v1::Backup> Make(const std::string& request_id, Work* work);
  absl::Status Fill(const std::string& folder, Work* work, v1::Backup& backup) const;
  // Tells the stores that there is a backup, so that they may cut off what it holds.
  void NoteIn(const v1::Backup& backup) const;
  // Deletes backups beyond those to keep, and what earlier ones left unfinished.
  absl::Status Prune(const std::string& newest) const;

  const BackupOptions options_;
  std::vector<Store*> stores_;
};

// Reads a backup and compares every file with the manifest. Returns the manifest. Errors: RESOURCE_NOT_FOUND where the
// folder has no manifest; UNREADABLE_DOCUMENT, which names the file, where one is missing, damaged or too many;
// CANCELLED once `work`, where it is given, is stopped.
absl::StatusOr<v1::Backup> CheckBackup(const std::string& folder, const Work* work = nullptr);

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
