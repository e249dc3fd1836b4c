#include "common/replication/packed_entry.h"

#include <zstd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "common/base/digest.h"
#include "common/base/log.h"
#include "common/base/strings.h"

namespace duban {
namespace {

// The fastest ordinary one: rows are compressed on the writer's way to the log.
constexpr int kCompressionLevel = 1;

std::string Compress(std::string_view bytes) {
  std::string compressed(ZSTD_compressBound(bytes.size()), '\0');
  const size_t size =
      ZSTD_compress(compressed.data(), compressed.size(), bytes.data(), bytes.size(), kCompressionLevel);
  // It has all the room it may need; only memory can be lacking.
  if (ZSTD_isError(size) != 0) {
    Log(LogLevel::kError, "replication.cannot_compress", {{"cause", ZSTD_getErrorName(size)}});
    std::abort();
  }
  compressed.resize(size);
  return compressed;
}

absl::Status Damaged(const storage::v1::LogEntry& entry, std::string_view what) {
  return absl::DataLossError(
      StrCat("the entry of the log at sequence ", entry.first_sequence(), " is damaged: ", what));
}

}  // namespace

PackedEntry PackEntry(const LoggedCommit& commit, int64_t term) {
  PackedEntry packed;
  storage::v1::LogEntry& entry = packed.entry;
  entry.set_format(kEntryFormat);
  entry.set_term(term);
  entry.set_first_sequence(commit.first_sequence);
  entry.set_last_sequence(commit.last_sequence);
  entry.set_previous_hash(commit.previous_hash);
  entry.set_hash(commit.hash);
  entry.set_rows_bytes(static_cast<int64_t>(commit.rows.size()));
  std::string compressed = Compress(commit.rows);
  if (compressed.size() <= kMaxPartBytes) {
    entry.set_rows(std::move(compressed));
    return packed;
  }
  for (size_t at = 0; at < compressed.size(); at += kMaxPartBytes) {
    packed.parts.push_back(compressed.substr(at, kMaxPartBytes));
  }
  entry.set_parts(static_cast<int>(packed.parts.size()));
  entry.set_parts_hash(Sha256(compressed));
  return packed;
}

absl::StatusOr<LoggedCommit> UnpackEntry(const storage::v1::LogEntry& entry, std::string_view compressed) {
  if (entry.parts() > 0 && Sha256(compressed) != entry.parts_hash()) return Damaged(entry, "its parts are others");
  if (entry.rows_bytes() < 0 || entry.rows_bytes() > kMaxRowsBytes) return Damaged(entry, "it has too many rows");
  LoggedCommit commit;
  commit.first_sequence = entry.first_sequence();
  commit.last_sequence = entry.last_sequence();
  commit.previous_hash = entry.previous_hash();
  commit.hash = entry.hash();
  commit.rows.resize(static_cast<size_t>(entry.rows_bytes()));
  const size_t size = ZSTD_decompress(commit.rows.data(), commit.rows.size(), compressed.data(), compressed.size());
  if (ZSTD_isError(size) != 0) return Damaged(entry, ZSTD_getErrorName(size));
  if (size != commit.rows.size()) return Damaged(entry, "rows are missing");
  return commit;
}

absl::StatusOr<storage::v1::LogEntry> ParseEntry(const std::string& value) {
  storage::v1::LogEntry entry;
  if (!entry.ParseFromString(value)) return absl::DataLossError("an entry of the log does not parse");
  if (entry.format() != kEntryFormat) {
    return absl::FailedPreconditionError(StrCat("the entry of the log at sequence ", entry.first_sequence(),
                                                " has format ", entry.format(), ", this program reads format ",
                                                kEntryFormat, "; run the program version that the leader runs"));
  }
  return entry;
}

}  // namespace duban
