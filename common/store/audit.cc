#include "common/store/audit.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/access/audit_chain.h"
#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/strings.h"
#include "common/store/checkpoint.h"
#include "common/store/commit.h"
#include "common/store/keys.h"

namespace duban {
namespace {

using Filter = v1::ListAuditEntriesRequest::Filter;

// Sequences that are read at a time; commits are only found going forwards.
constexpr int64_t kWindow = 1'000;

// Whether `name` is `entity` or something in it.
bool IsOrIsIn(std::string_view name, std::string_view entity) {
  return name.starts_with(entity) && (name.size() == entity.size() || name[entity.size()] == '/');
}

// The times of a filter, read once.
struct Interval {
  explicit Interval(const Filter& filter)
      : begin(filter.has_begin_time() ? FromProto(filter.begin_time()) : absl::InfinitePast()),
        end(filter.has_end_time() ? FromProto(filter.end_time()) : absl::InfiniteFuture()) {}

  bool contains(absl::Time time) const { return begin <= time && time < end; }

  absl::Time begin;
  absl::Time end;
};

bool Takes(const Filter& filter, const storage::v1::AuditRecord& audit) {
  const bool refused = audit.refused() != v1::ERROR_REASON_UNSPECIFIED;
  if (!filter.caller().empty() && audit.caller() != filter.caller()) return false;
  if (!filter.method().empty() && audit.method() != filter.method()) return false;
  if (filter.outcome() == v1::AuditEntry::DONE && refused) return false;
  if (filter.outcome() == v1::AuditEntry::REFUSED && !refused) return false;
  return filter.entity().empty() ||
         std::any_of(audit.entities().begin(), audit.entities().end(),
                     [&](const std::string& entity) { return IsOrIsIn(entity, filter.entity()); });
}

v1::AuditEntry EntryOf(const storage::v1::CommitRecord& commit, const storage::v1::AuditRecord& audit) {
  const bool refused = audit.refused() != v1::ERROR_REASON_UNSPECIFIED;
  v1::AuditEntry entry;
  entry.set_sequence(audit.sequence());
  *entry.mutable_commit_time() = commit.commit_time();
  entry.set_caller(audit.caller());
  entry.set_session(audit.session());
  entry.set_address(audit.address());
  entry.set_method(audit.method());
  entry.set_request_id(audit.request_id());
  for (int i = 0; i < std::min(audit.entities_size(), kMaxShownEntities); ++i) entry.add_entities(audit.entities(i));
  entry.set_entity_count(audit.entities_size());
  entry.set_outcome(refused ? v1::AuditEntry::REFUSED : v1::AuditEntry::DONE);
  entry.set_reason(audit.refused());
  entry.set_times(refused ? std::max<int64_t>(audit.times(), 1) : 1);
  return entry;
}

// An entry, and the place before it.
struct Found {
  v1::AuditEntry entry;
  AuditPlace place;
};

// The entries that a query takes of the commits that end in [begin, end), the earliest first.
absl::StatusOr<std::vector<Found>> ReadWindow(const ReadView& view, const AuditQuery& query, int64_t begin,
                                              int64_t end) {
  const Interval interval(query.filter);
  std::vector<Found> found;
  absl::Status parsed;
  DUBAN_RETURN_IF_ERROR(view.ScanRows(CommitKey(begin), CommitKey(end), [&](auto key, auto value) {
    const int64_t sequence = SequenceOfKey(key);
    storage::v1::CommitRecord commit;
    if (!commit.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      parsed = BrokenRecord(StrCat("commit ", sequence));
      return false;
    }
    if (!interval.contains(FromProto(commit.commit_time()))) return true;
    const int most = sequence == query.before.commit ? query.before.entries : commit.audits_size();
    for (int i = 0; i < std::min(most, commit.audits_size()); ++i) {
      if (Takes(query.filter, commit.audits(i))) found.push_back({EntryOf(commit, commit.audits(i)), {sequence, i}});
    }
    return true;
  }));
  DUBAN_RETURN_IF_ERROR(parsed);
  return found;
}

absl::Status NoCommitThere(int64_t after, int64_t begin) {
  return Error(v1::WRONG_STATE,
               StrCat("no commit ends at sequence ", after, ", or it is not kept any more; begin with ", begin),
               StrCat("序号 ", after, " 处没有提交记录，或记录已超过保存期限；请从 ", begin, " 开始"),
               {{"begin", StrCat(begin)}});
}

// What the first commit behind `after` has to name as the one before it.
absl::StatusOr<v1::FeedPosition> PositionAt(const Store& store, const ReadView& view, int64_t after) {
  DUBAN_ASSIGN_OR_RETURN(const storage::v1::Checkpoint checkpoint, ReadCheckpoint(view));
  v1::FeedPosition at;
  at.set_sequence(after);
  if (after == 0 || after == checkpoint.sequence()) {
    at.set_sequence(checkpoint.sequence());
    at.set_hash(checkpoint.chain_hash());
    if (checkpoint.sequence() > 0) return at;
    DUBAN_ASSIGN_OR_RETURN(const storage::v1::StoreIdentity identity, ReadIdentity(view));
    at.set_epoch(identity.former_epochs().empty() ? store.epoch() : identity.former_epochs(0).epoch());
    at.set_hash(GenesisHash(at.epoch()));
    return at;
  }
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> row, view.GetRow(CommitKey(after)));
  if (!row.has_value()) return NoCommitThere(after, checkpoint.sequence());
  storage::v1::CommitRecord commit;
  if (!commit.ParseFromString(*row)) return BrokenRecord(StrCat("commit ", after));
  at.set_hash(commit.hash());
  return at;
}

}  // namespace

absl::StatusOr<AuditPage> ReadAudit(const ReadView& view, const AuditQuery& query) {
  DUBAN_ASSIGN_OR_RETURN(const storage::v1::Checkpoint checkpoint, ReadCheckpoint(view));
  const int64_t oldest = checkpoint.sequence() + 1;
  const int64_t least = std::max(oldest, query.before.commit - kMaxSequencesLookedAt);
  AuditPage page;
  int64_t end = query.before.commit + 1;
  while (end > least) {
    const int64_t begin = std::max(least, end - kWindow);
    DUBAN_ASSIGN_OR_RETURN(std::vector<Found> found, ReadWindow(view, query, begin, end));
    for (auto it = found.rbegin(); it != found.rend(); ++it) {
      page.entries.push_back(std::move(it->entry));
      page.next = it->place;
      if (static_cast<int>(page.entries.size()) == query.most) return page;
    }
    end = begin;
  }
  page.next.reset();
  // All of the commits that end before `end` are left.
  if (end > oldest) page.next = AuditPlace{end, 0};
  return page;
}

absl::StatusOr<v1::AuditExport> ExportAudit(const Store& store, const Snapshot& snapshot, int64_t after,
                                            int64_t max_bytes) {
  v1::AuditExport part;
  part.set_node(store.options().node);
  part.set_service(store.options().service);
  *part.mutable_head() = snapshot.head();
  DUBAN_ASSIGN_OR_RETURN(*part.mutable_after(), PositionAt(store, snapshot, after));
  int64_t bytes = 0;
  const int64_t begin = part.after().sequence() + 1;
  DUBAN_RETURN_IF_ERROR(
      snapshot.ScanRows(CommitKey(begin), PrefixEnd(CommitKey(0).substr(0, 1)), [&](auto key, auto value) {
        if (!part.commits().empty() && bytes + static_cast<int64_t>(value.size()) > max_bytes) return false;
        bytes += static_cast<int64_t>(value.size());
        v1::AuditExport::Commit& commit = *part.add_commits();
        commit.set_sequence(SequenceOfKey(key));
        commit.set_record(std::string(value));
        return true;
      }));
  return part;
}

}  // namespace duban
