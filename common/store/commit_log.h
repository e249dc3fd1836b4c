// The log that a store's commits go into before they count.
//
// What the writer produces for a group is one value; a log takes it whole or not at all. Where the log is an engine of
// its own, the database behind the store is this replica's copy of it.
//
// Threads: Append by one thread at a time, which is the writer's; everything else by any thread. Ownership: whoever
// made the log owns it, and it outlives who uses it.

#ifndef DUBAN_COMMON_STORE_COMMIT_LOG_H_
#define DUBAN_COMMON_STORE_COMMIT_LOG_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace duban {

// A place in the log: everything up to and with a commit.
struct LogPosition {
  int64_t sequence = 0;
  // The hash of that commit (CommitRecord.hash).
  std::string hash;

  bool operator==(const LogPosition&) const = default;
};

// A commit on its way into a log, or out of it.
struct LoggedCommit {
  // The commits of a log follow on from each other: this one's first sequence is behind the position before, and it
  // names that one's hash.
  int64_t first_sequence = 0;
  int64_t last_sequence = 0;
  std::string previous_hash;
  std::string hash;
  // Everything the commit writes, the record of the commit included, as the store packs it. The log does not look.
  std::string rows;

  LogPosition end() const { return {last_sequence, hash}; }
  bool operator==(const LoggedCommit&) const = default;
};

enum class Appended {
  // It is in the log for good.
  kDurable,
  // It certainly is not in the log, and will never be; whoever tried leads no more.
  kRefused,
  // The same, for want of room in the log, or because the log takes nothing so large. Leading goes on.
  kNoRoom,
  kTooLarge,
  // It may be there, or come to be there yet; whoever tried leads no more.
  kUnknown,
};

struct AppendResult {
  Appended outcome = Appended::kUnknown;
  // Why it is not known to be durable, for the log and the operator; OK where it is.
  absl::Status cause;
};

class CommitLog {
 public:
  virtual ~CommitLog() = default;

  // Puts a commit at the end.
  virtual AppendResult Append(const LoggedCommit& commit) = 0;

  // The commits behind a position, oldest first: some of them, and none only where none was seen yet. They follow on
  // from `after` and from each other by sequence and hash. Errors: OUT_OF_RANGE where the log was cut off behind
  // `after`, so that it cannot be followed from there; DATA_LOSS where it holds another history, ends before `after`,
  // or is damaged; NOT_FOUND where there is no log; UNAVAILABLE where it cannot be read now.
  virtual absl::StatusOr<std::vector<LoggedCommit>> Read(const LogPosition& after) = 0;

  // Where the log ends, or ended a moment ago: nothing may be decided by it. Errors: NOT_FOUND where there is no log;
  // UNAVAILABLE.
  virtual absl::StatusOr<LogPosition> Head() = 0;

  // Cuts off everything up to the commit that ends with `through`. Errors: FAILED_PRECONDITION, and nothing is cut off,
  // where no commit begins behind it, where it is not held safely elsewhere, or for who does not lead.
  virtual absl::Status Trim(int64_t through) = 0;

  // Calls `listener`, on a thread of the log's, soon after the log went on, and now and then without that. Lasts until
  // the returned object is destroyed, which waits for a call under way.
  virtual std::shared_ptr<void> OnChange(std::function<void()> listener) = 0;
};

}  // namespace duban

#endif  // DUBAN_COMMON_STORE_COMMIT_LOG_H_
