// The history of a store as its own proof: every commit names the hash of the one before, so that a hash which somebody
// else has seen vouches for all that lies before it. Checked here from an export (duban/v1/audit.proto), without the
// store.
//
// What the chain alone shows: an entry altered, left out, doubled or put in another place, and a tail that was cut off
// the export. Who holds the disk can make a whole new chain; what neighbours have seen (Compare) shows that, too, and a
// history that was taken back.
//
// Not thread-safe but for the free functions, which are pure.

#ifndef DUBAN_COMMON_ACCESS_AUDIT_CHAIN_H_
#define DUBAN_COMMON_ACCESS_AUDIT_CHAIN_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "duban/storage/v1/record.pb.h"
#include "duban/v1/audit.pb.h"
#include "duban/v1/feed.pb.h"

namespace duban {

// The hash of a commit: over its sequence and everything in it but the hash, which is as before in the end.
std::string CommitHash(storage::v1::CommitRecord& commit, int64_t sequence);

// What the first commit of a store names as the hash before it.
std::string GenesisHash(std::string_view epoch);

// The parts of an export of one service, put together.
class AuditChain {
 public:
  // Takes the next part. Errors: WRONG_STATE, with `sequence`, where it does not follow on or a commit is not what it
  // was; then nothing of the part counts.
  absl::Status Add(const v1::AuditExport& part);

  // After the last part. Errors: WRONG_STATE where the export begins later or ends earlier than what was kept when it
  // was made.
  absl::Status CheckEnd() const;

  // Whether a position is one of this history, by its epoch.
  bool IsOfThis(const v1::FeedPosition& seen) const { return epochs_.contains(seen.epoch()); }
  // Compares with what somebody has seen of this history. Errors: WRONG_STATE where that is not in it.
  absl::Status Compare(const v1::FeedPosition& seen) const;

  const std::string& node() const { return node_; }
  const std::string& service() const { return service_; }
  // Behind which sequence it begins; 0: at the very first.
  int64_t begin() const { return begin_; }
  int64_t end() const { return commits_.empty() ? begin_ : commits_.rbegin()->first; }
  int64_t commits() const { return static_cast<int64_t>(commits_.size()); }
  // Of changes and of refusals.
  int64_t entries() const { return entries_; }

 private:
  absl::Status CheckBegin(const v1::AuditExport& part) const;
  // Where the next commit goes on.
  struct End {
    int64_t sequence = 0;
    std::string hash;
  };
  absl::StatusOr<storage::v1::CommitRecord> CheckCommit(const v1::AuditExport::Commit& commit, const End& end) const;
  absl::Status Broken(int64_t sequence, std::string_view english, std::string_view chinese) const;

  std::string node_;
  std::string service_;
  int64_t begin_ = 0;
  End end_;
  v1::FeedPosition head_;
  int64_t kept_after_ = 0;
  std::set<std::string> epochs_;
  // Hashes by the last sequence of their commit.
  std::map<int64_t, std::string> commits_;
  int64_t entries_ = 0;
};

}  // namespace duban

#endif  // DUBAN_COMMON_ACCESS_AUDIT_CHAIN_H_
