// Every key of a replicated log, as a grammar. Numbers are 16 hexadecimal digits, so that the order of keys, and of
// values that are compared, is that of the numbers.
//
//   node    = "/duban/" node-id "/"
//   leader  = node "leader"                     LogLeader, for as long as a lease
//   term    = node "term"                       number: the last leader's
//   members = node "members"                    LogMembers
//   store   = node service "/"
//   head    = store "head"                      LogHead; there since the log was begun
//   trimmed = store "trimmed"                   LogTrimmed; as head
//   entry   = store "log/" first-sequence       LogEntry
//   part    = store "part/" first-sequence "/" commit-hash "/" index    hash in hexadecimal
//   synced  = store "synced/" replica-id        number: what that copy has on disk for good
//
// An entry is found by its first sequence: of all that could come behind a head, each would stand at that one key.
// Parts have the sequence first, so that what belongs to no entry any more, or never did, is one range of keys; and the
// hash, so that one which was given up and comes late changes nobody else's.
//
// Pure and thread-safe.

#ifndef DUBAN_COMMON_REPLICATION_LOG_KEYS_H_
#define DUBAN_COMMON_REPLICATION_LOG_KEYS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace duban {

// 16 hexadecimal digits. REQUIRES: not negative.
std::string NumberValue(int64_t number);
// The other way; nothing where it is not such a number.
std::optional<int64_t> NumberOf(std::string_view value);

// The keys that all stores of a node share.
class NodeKeys {
 public:
  explicit NodeKeys(std::string_view node);
  std::string Leader() const { return prefix_ + "leader"; }
  std::string Term() const { return prefix_ + "term"; }
  std::string Members() const { return prefix_ + "members"; }
  const std::string& prefix() const { return prefix_; }

 private:
  std::string prefix_;
};

// The keys of one store.
class LogKeys {
 public:
  LogKeys(const NodeKeys& node, std::string_view service);
  std::string Head() const { return prefix_ + "head"; }
  std::string Trimmed() const { return prefix_ + "trimmed"; }
  std::string Entry(int64_t first_sequence) const;
  const std::string& prefix() const { return prefix_; }
  // Behind all entries.
  std::string EntriesEnd() const { return prefix_ + "log0"; }
  std::string Part(int64_t first_sequence, std::string_view hash, int index) const;
  // Before all parts of entries from `first_sequence` on.
  std::string PartsFrom(int64_t first_sequence) const;
  // Behind all parts.
  std::string PartsEnd() const { return prefix_ + "part0"; }
  std::string Synced(std::string_view replica) const;

 private:
  std::string prefix_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_REPLICATION_LOG_KEYS_H_
