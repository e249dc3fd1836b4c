// A commit as the log's keys hold it: compressed, and cut into parts where it is too large for one key.
//
// Pure and thread-safe.

#ifndef DUBAN_COMMON_REPLICATION_PACKED_ENTRY_H_
#define DUBAN_COMMON_REPLICATION_PACKED_ENTRY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/store/commit_log.h"
#include "duban/storage/v1/log_entry.pb.h"

namespace duban {

// Format of entries that this program writes, and the only one it reads.
inline constexpr int kEntryFormat = 1;

// Most bytes of rows in one key. etcd takes requests of 1.5 MiB, keys and comparisons with it.
inline constexpr size_t kMaxPartBytes = 1 << 20;

// Most bytes that an entry's rows may come to, uncompressed: what a reader makes room for. A group has 4 MiB and the
// command that filled it.
inline constexpr int64_t kMaxRowsBytes = int64_t{256} << 20;

struct PackedEntry {
  storage::v1::LogEntry entry;
  // Of the compressed rows, in order; empty where they lie in the entry.
  std::vector<std::string> parts;
};

// REQUIRES: at most kMaxRowsBytes bytes of rows.
PackedEntry PackEntry(const LoggedCommit& commit, int64_t term);

// The commit of an entry whose rows lie in `compressed`: the entry's own, or its parts put together. Errors: DATA_LOSS
// where they are not what was packed.
absl::StatusOr<LoggedCommit> UnpackEntry(const storage::v1::LogEntry& entry, std::string_view compressed);

// Parses an entry. Errors: DATA_LOSS; FAILED_PRECONDITION for a format that this program does not read.
absl::StatusOr<storage::v1::LogEntry> ParseEntry(const std::string& value);

}  // namespace duban

#endif  // DUBAN_COMMON_REPLICATION_PACKED_ENTRY_H_
