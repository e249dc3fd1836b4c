#include "common/store/logged_rows.h"

#include <xxhash.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/access/audit_chain.h"
#include "common/base/errors.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/store/commit.h"
#include "common/store/concern.h"
#include "common/store/feed_rows.h"
#include "common/store/keys.h"
#include "common/store/rocks.h"
#include "duban/storage/v1/log_entry.pb.h"

namespace duban {
namespace {

absl::Status Altered(const LoggedCommit& logged, std::string_view what) {
  return absl::DataLossError(StrCat("the commit at sequence ", logged.last_sequence, " in the log is damaged: ", what,
                                    ". Nothing more is taken from it"));
}

absl::Status CheckRecord(const LoggedCommit& logged, const std::string& rows_hash, storage::v1::CommitRecord& commit) {
  if (commit.rows_hash() != rows_hash && !DUBAN_BUG("store.other_rows_taken")) {
    return Altered(logged, "its rows are others than its record was sealed over");
  }
  if (commit.hash() != CommitHash(commit, logged.last_sequence) || commit.hash() != logged.hash) {
    return Altered(logged, "its record was altered");
  }
  if (commit.previous_hash() != logged.previous_hash || commit.first_sequence() != logged.first_sequence) {
    return Altered(logged, "its record has another place in the history");
  }
  return absl::OkStatus();
}

// A change of which the commit has the entity's row. Of a concern that lies apart and did not change, the copy has the
// row.
absl::StatusOr<EntityChange> ChangeOf(std::string_view name, const storage::v1::EntityRecord& record,
                                      const std::map<std::string_view, std::string_view>& concerns,
                                      int64_t first_sequence, const ReadView& copy) {
  storage::v1::Concern concern;
  const auto apart = concerns.find(name);
  if (record.audiences_hash().empty() || apart == concerns.end()) {
    DUBAN_ASSIGN_OR_RETURN(concern, ReadConcern(copy, name, record));
  } else if (!concern.ParseFromArray(apart->second.data(), static_cast<int>(apart->second.size()))) {
    return BrokenRecord(name);
  }
  EntityChange change{record.sequence(), std::string(name), nullptr, {}};
  change.audiences = std::make_shared<const AudienceList>(concern.audiences().begin(), concern.audiences().end());
  for (const auto& withdrawal : concern.withdrawals()) {
    if (withdrawal.sequence() >= first_sequence) change.withdrawn_from.push_back(withdrawal.audience());
  }
  return change;
}

// REQUIRES: the rows are those that the leader made.
absl::Status CollectNews(const storage::v1::LogRows& rows, const LoggedCommit& logged, const ReadView& copy,
                         RebuiltCommit& rebuilt) {
  std::map<std::string_view, std::string_view> concerns;
  for (const storage::v1::LogRows::Row& row : rows.rows()) {
    if (row.deleted()) continue;
    const auto kind = static_cast<KeyKind>(row.key()[0]);
    if (kind == KeyKind::kFeed) rebuilt.touched.emplace(AudienceOfKey(row.key()));
    if (kind == KeyKind::kConcern) concerns.emplace(std::string_view(row.key()).substr(1), row.value());
  }
  for (const storage::v1::LogRows::Row& row : rows.rows()) {
    if (row.deleted() || row.key()[0] != static_cast<char>(KeyKind::kEntity)) continue;
    const std::string_view name = std::string_view(row.key()).substr(1);
    storage::v1::EntityRecord record;
    if (!record.ParseFromString(row.value())) return BrokenRecord(name);
    // What was forgotten of its withdrawals is no change.
    if (record.sequence() < logged.first_sequence) continue;
    DUBAN_ASSIGN_OR_RETURN(EntityChange change, ChangeOf(name, record, concerns, logged.first_sequence, copy));
    rebuilt.changes.push_back(std::move(change));
  }
  std::sort(rebuilt.changes.begin(), rebuilt.changes.end(),
            [](const EntityChange& a, const EntityChange& b) { return a.sequence < b.sequence; });
  return absl::OkStatus();
}

}  // namespace

LoggedCommit ToLogged(const WriteSet& rows, int64_t sequence, const storage::v1::CommitRecord& commit) {
  storage::v1::LogRows logged;
  for (const auto& [key, value] : rows) {
    auto* row = logged.add_rows();
    row->set_key(key);
    value.has_value() ? row->set_value(*value) : row->set_deleted(true);
  }
  auto* last = logged.add_rows();
  last->set_key(CommitKey(sequence));
  last->set_value(commit.SerializeAsString());
  return {.first_sequence = commit.first_sequence(),
          .last_sequence = sequence,
          .previous_hash = commit.previous_hash(),
          .hash = commit.hash(),
          .rows = logged.SerializeAsString()};
}

absl::StatusOr<RebuiltCommit> RebuildCommit(const LoggedCommit& logged, const ReadView& copy) {
  storage::v1::LogRows rows;
  RebuiltCommit rebuilt;
  const std::string commit_key = CommitKey(logged.last_sequence);
  if (!rows.ParseFromString(logged.rows) || rows.rows().empty()) return Altered(logged, "it has no readable rows");
  const int last = rows.rows_size() - 1;
  if (rows.rows(last).key() != commit_key || !rebuilt.commit.ParseFromString(rows.rows(last).value())) {
    return Altered(logged, "its record is not its last row");
  }
  std::string rows_hash;
  for (int i = 0; i <= last; ++i) {
    const storage::v1::LogRows::Row& row = rows.rows(i);
    // The record says the hash of what comes before it.
    if (i == last) rows_hash = HashBytes(XXH3_64bits(rebuilt.batch.Data().data(), rebuilt.batch.Data().size()));
    const rocksdb::Status put =
        row.deleted() ? rebuilt.batch.Delete(row.key()) : rebuilt.batch.Put(row.key(), row.value());
    if (!put.ok()) return FromRocks(put, "log");
  }
  DUBAN_RETURN_IF_ERROR(CheckRecord(logged, rows_hash, rebuilt.commit));
  DUBAN_RETURN_IF_ERROR(CollectNews(rows, logged, copy, rebuilt));
  return rebuilt;
}

}  // namespace duban
