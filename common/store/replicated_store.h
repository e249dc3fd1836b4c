// A store whose commits go into a log that several replicas share; its database is this replica's copy of that log.
//
// It follows until it is told to lead. While it leads, a group of commands is in the log first, then in the database,
// which is not synced, then readers see it, and then its callers are answered. What the log refuses did not happen, and
// what became of an answer that the log does not give, nobody knows; after either the store follows again, from what
// its copy holds, without a restart. How far the copy is on disk for good says the high-water mark, which moves with
// each sync: what lies behind it comes from the log.
//
// Threads: every method may be called from any thread, but the log's Append is the store's own. Ownership: as Store;
// the log outlives it.

#ifndef DUBAN_COMMON_STORE_REPLICATED_STORE_H_
#define DUBAN_COMMON_STORE_REPLICATED_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/store/commit_log.h"
#include "common/store/store.h"

namespace duban {

// Which log a copy goes on from.
struct LogName {
  // What its keys begin with.
  std::string prefix;
  // Of the cluster that has it.
  uint64_t cluster_id = 0;
};

// What a caller is told where another replica leads: nothing was done. `leader` is where to call instead, HOST:PORT;
// empty where nobody knows.
absl::Status NotLeader(std::string_view leader);

class ReplicatedStore : public Store {
 public:
  // Opens a copy; it follows. Errors: those of Store::Open; FAILED_PRECONDITION where the folder is empty, which it
  // stays: a replica begins with a copy of another one; or where it goes on from another log than `name`.
  static absl::StatusOr<std::unique_ptr<ReplicatedStore>> Open(StoreOptions options, CommitLog* log, LogName name);

  // Whether the copy says which log it goes on from: then nobody opens it alone, or with another one.
  virtual bool names_its_log() const = 0;
  // Has it say so, through the log itself; nothing where it does already. Errors: those of Run.
  virtual absl::Status NameLog() = 0;

  // Writes commits that the log has behind the copy: some of them. Returns whether there were any, so that it has to be
  // called again. Those who listen are told as after commands. Errors: FAILED_PRECONDITION while the store leads; those
  // of CommitLog::Read; DATA_LOSS where a commit is not what its leader made.
  virtual absl::StatusOr<bool> CatchUp() = 0;

  // Writes what the log has up to `head`, which it said when this replica came to lead it, and takes commands from then
  // on. Errors: those of CatchUp; UNAVAILABLE where the log does not yet show all of it: call it again;
  // FAILED_PRECONDITION where the log ends before the copy, or otherwise: it is another one, or was put back; and where
  // the store leads already.
  virtual absl::Status Lead(const LogPosition& head) = 0;

  // Takes no more commands; those that wait are refused. Waits until what is on its way has its outcome, so tell the
  // log first, where it should be refused.
  virtual void Follow() = 0;
  virtual bool leads() const = 0;

  // Syncs the copy and moves the mark; returns the sequence up to which it is on disk for good. Whoever hosts the store
  // calls it each second; it happens by itself after every few MiB. A failure stops the store.
  virtual absl::StatusOr<int64_t> SyncCopy() = 0;
};

}  // namespace duban

#endif  // DUBAN_COMMON_STORE_REPLICATED_STORE_H_
