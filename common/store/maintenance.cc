// What a store does besides serving: forgetting old answers, and looking over its commits.

#include "common/store/maintenance.h"

#include <vector>

#include "absl/time/time.h"
#include "common/base/civil.h"
#include "common/store/commit.h"
#include "common/store/store.h"

namespace duban {
namespace {

// Most commits one call looks at, whatever it finds.
constexpr int kMaxCommitsLookedAt = 10'000;

// The request ids of commits before `before`, and how far that is.
struct OldRequests {
  std::vector<std::string> memos;
  int64_t looked_at = 0;
  // The last commit was looked at, or one that is not old.
  bool all = true;
};

absl::StatusOr<OldRequests> FindOldRequests(const ReadView& view, int64_t after, absl::Time before, int limit) {
  OldRequests found;
  found.looked_at = after;
  absl::Status parsed;
  int commits = 0;
  DUBAN_RETURN_IF_ERROR(view.ScanRows(
      CommitKey(after + 1), PrefixEnd(CommitKey(0).substr(0, 1)), [&](std::string_view key, std::string_view value) {
        storage::v1::CommitRecord commit;
        if (!commit.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
          parsed = InvariantBroken("a commit record does not parse");
          return false;
        }
        if (FromProto(commit.commit_time()) >= before) return false;
        for (const auto& audit : commit.audits()) {
          if (!audit.request_id().empty()) found.memos.push_back(MemoKey(audit.caller(), audit.request_id()));
        }
        found.looked_at = SequenceOfKey(key);
        found.all = ++commits < kMaxCommitsLookedAt && static_cast<int>(found.memos.size()) < limit;
        return found.all;
      }));
  DUBAN_RETURN_IF_ERROR(parsed);
  return found;
}

}  // namespace

absl::StatusOr<bool> Store::ExpireMemos(absl::Time before, int limit) {
  bool more = false;
  const absl::Status status = Run({"store/ExpireMemos", ""}, [&](Transaction& transaction) -> absl::Status {
    DUBAN_ASSIGN_OR_RETURN(std::optional<v1::FeedPosition> at, transaction.GetLocal<v1::FeedPosition>(kMemosLookedAt));
    v1::FeedPosition position = at.value_or(v1::FeedPosition());
    DUBAN_ASSIGN_OR_RETURN(OldRequests old, FindOldRequests(transaction, position.sequence(), before, limit));
    more = !old.all;
    if (old.looked_at == position.sequence()) return absl::OkStatus();
    for (const std::string& memo_key : old.memos) {
      DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> row, transaction.GetRow(memo_key));
      if (!row.has_value()) continue;
      storage::v1::RequestMemo memo;
      if (!memo.ParseFromString(*row)) return BrokenRecord(memo_key.substr(1));
      // An id that was used again after its memo had expired has a younger one.
      if (FromProto(memo.commit_time()) >= before) continue;
      transaction.DeleteRow(memo_key);
    }
    position.set_sequence(old.looked_at);
    transaction.PutLocal(kMemosLookedAt, position);
    return absl::OkStatus();
  });
  DUBAN_RETURN_IF_ERROR(status);
  return more;
}

absl::Status Store::VerifyChain() const {
  const std::unique_ptr<Snapshot> snapshot = TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(storage::v1::StoreIdentity identity, ReadIdentity(*snapshot));
  return WalkChain(*snapshot, 0, identity).status();
}

}  // namespace duban
