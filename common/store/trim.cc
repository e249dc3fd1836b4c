// Cutting off the oldest part of a store's history, and noting who still needs it.

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/store/checkpoint.h"
#include "common/store/keys.h"
#include "common/store/maintenance.h"
#include "common/store/store.h"

namespace duban {
namespace {

// Commits and entities of one step, and followers that it forgets. A commit goes whole, whatever it changed.
constexpr size_t kMostCommits = 500;
constexpr size_t kMostEntities = 5000;
constexpr size_t kMostForgotten = 500;

// Local rows: where each follower stood when that was noted, and the last backup.
constexpr char kFollowers[] = "store/followers/";
constexpr char kBackup[] = "store/backup";

// Who still needs what came behind a sequence, and who was not heard of for so long that nobody waits for it.
struct Readers {
  int64_t all_have = std::numeric_limits<int64_t>::max();
  std::vector<std::string> forgotten;
};

// Visits the rows whose keys begin with `prefix` as messages, by what is behind it.
template <typename Message>
absl::Status VisitMessages(const ReadView& view, const std::string& prefix,
                           absl::FunctionRef<void(std::string_view rest, const Message& message)> visit) {
  absl::Status parsed;
  DUBAN_RETURN_IF_ERROR(view.ScanRows(prefix, PrefixEnd(prefix), [&](std::string_view key, std::string_view value) {
    Message message;
    if (message.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      visit(key.substr(prefix.size()), message);
    } else {
      parsed = BrokenRecord(key.substr(1));
    }
    return parsed.ok();
  }));
  return parsed;
}

FollowerStand StandOf(std::string_view follower, const storage::v1::FollowerNote& note) {
  FollowerStand stand;
  stand.name = std::string(follower);
  stand.position.set_epoch(note.epoch());
  stand.position.set_sequence(note.sequence());
  stand.heard = FromProto(note.heard_time());
  return stand;
}

absl::StatusOr<Readers> FindReaders(const ReadView& view, const std::string& epoch, absl::Time heard_since,
                                    const std::vector<std::string>& offers) {
  Readers readers;
  const auto reads = [&](const std::string& whose, int64_t sequence) {
    // Whoever has another history to leave first needs nothing that can be cut off. Whoever is at the beginning reads
    // all that is left, and would have to begin again where more of it goes meanwhile.
    if (whose == epoch || sequence == 0) readers.all_have = std::min(readers.all_have, sequence);
  };
  for (const std::string& offer : offers) {
    DUBAN_ASSIGN_OR_RETURN(const v1::FeedPosition position, view.GetPosition(offer));
    if (!position.epoch().empty()) reads(position.epoch(), position.sequence());
  }
  DUBAN_RETURN_IF_ERROR(VisitMessages<storage::v1::FollowerNote>(
      view, LocalKey(kFollowers), [&](std::string_view follower, const storage::v1::FollowerNote& note) {
        if (FromProto(note.heard_time()) < heard_since) {
          if (readers.forgotten.size() < kMostForgotten) readers.forgotten.emplace_back(follower);
        } else if (!DUBAN_BUG("store.trims_past_followers")) {
          reads(note.epoch(), note.sequence());
        }
      }));
  return readers;
}

// The commits of one step.
struct Cut {
  storage::v1::Checkpoint before, after;
  std::vector<int64_t> commits;
  std::set<std::string> entities;
  bool more = false;
};

absl::StatusOr<Cut> FindCut(const ReadView& view, absl::Time before, int64_t limit) {
  Cut cut;
  DUBAN_ASSIGN_OR_RETURN(cut.before, ReadCheckpoint(view));
  absl::Status parsed;
  const auto take = [&](std::string_view key, std::string_view value) {
    storage::v1::CommitRecord commit;
    if (!commit.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      parsed = InvariantBroken("a commit record does not parse");
      return false;
    }
    const int64_t sequence = SequenceOfKey(key);
    if (sequence > limit || FromProto(commit.commit_time()) >= before) return false;
    cut.more = cut.commits.size() >= kMostCommits || cut.entities.size() >= kMostEntities;
    if (cut.more) return false;
    cut.commits.push_back(sequence);
    for (const auto& audit : commit.audits()) cut.entities.insert(audit.entities().begin(), audit.entities().end());
    cut.after.set_sequence(sequence);
    const bool first = cut.commits.size() == 1;
    if (first || !DUBAN_BUG("store.checkpoint_of_an_older_commit")) cut.after.set_chain_hash(commit.hash());
    *cut.after.mutable_commit_time() = commit.commit_time();
    return true;
  };
  DUBAN_RETURN_IF_ERROR(
      view.ScanRows(CommitKey(cut.before.sequence() + 1), PrefixEnd(CommitKey(0).substr(0, 1)), take));
  DUBAN_RETURN_IF_ERROR(parsed);
  SealCheckpoint(cut.after);
  return cut;
}

absl::Status Apply(Transaction& transaction, const Cut& cut, const std::vector<std::string>& forgotten) {
  DUBAN_ASSIGN_OR_RETURN(const storage::v1::Checkpoint now, ReadCheckpoint(transaction));
  // Somebody else has cut it off meanwhile.
  if (now.sequence() != cut.before.sequence()) return absl::OkStatus();
  const bool early = DUBAN_BUG("store.tombstone_goes_early");
  const int64_t up_to = early ? std::numeric_limits<int64_t>::max() : cut.after.sequence();
  for (const std::string& entity : cut.entities) {
    DUBAN_RETURN_IF_ERROR(transaction.ForgetWithdrawals(entity, up_to));
  }
  for (const int64_t commit : cut.commits) transaction.DeleteRow(CommitKey(commit));
  for (const std::string& follower : forgotten) transaction.DeleteLocal(StrCat(kFollowers, follower));
  transaction.PutRow(CheckpointKey(), cut.after.SerializeAsString());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<bool> Store::Trim(absl::Time before, const std::vector<std::string>& offers) {
  const std::unique_ptr<Snapshot> snapshot = TakeSnapshot();
  DUBAN_ASSIGN_OR_RETURN(const auto backup, snapshot->GetLocal<storage::v1::FollowerNote>(kBackup));
  DUBAN_ASSIGN_OR_RETURN(const auto memos, snapshot->GetLocal<v1::FeedPosition>(kMemosLookedAt));
  if (!backup.has_value() || !memos.has_value()) return false;
  DUBAN_ASSIGN_OR_RETURN(const Readers readers, FindReaders(*snapshot, epoch(), before, offers));
  // The last commit stays: the high-water mark names it.
  const int64_t limit =
      std::min({readers.all_have, backup->sequence(), memos->sequence(), snapshot->head().sequence() - 1});
  DUBAN_ASSIGN_OR_RETURN(const Cut cut, FindCut(*snapshot, before, limit));
  if (cut.commits.empty()) return false;
  DUBAN_RETURN_IF_ERROR(
      Run({"store/Trim", ""}, [&](Transaction& transaction) { return Apply(transaction, cut, readers.forgotten); }));
  return cut.more;
}

absl::Status Store::NoteBackup(const v1::FeedPosition& head) {
  return Run({"store/NoteBackup", ""}, [&](Transaction& transaction) -> absl::Status {
    DUBAN_ASSIGN_OR_RETURN(auto note, transaction.GetLocal<storage::v1::FollowerNote>(kBackup));
    if (note.has_value() && note->sequence() >= head.sequence()) return absl::OkStatus();
    note.emplace().set_epoch(head.epoch());
    note->set_sequence(head.sequence());
    *note->mutable_heard_time() = ToProto(options().clock->Now());
    transaction.PutLocal(kBackup, *note);
    return absl::OkStatus();
  });
}

absl::StatusOr<std::optional<FollowerStand>> Store::NotedFollower(std::string_view follower) const {
  DUBAN_ASSIGN_OR_RETURN(const auto note,
                         TakeSnapshot()->GetLocal<storage::v1::FollowerNote>(StrCat(kFollowers, follower)));
  if (!note.has_value()) return std::nullopt;
  return StandOf(follower, *note);
}

absl::StatusOr<std::vector<FollowerStand>> Store::NotedFollowers(std::string_view prefix, size_t most) const {
  std::vector<FollowerStand> stands;
  const std::unique_ptr<Snapshot> snapshot = TakeSnapshot();
  const auto visit = [&](std::string_view rest, const storage::v1::FollowerNote& note) {
    if (stands.size() < most) stands.push_back(StandOf(StrCat(prefix, rest), note));
  };
  DUBAN_RETURN_IF_ERROR(
      VisitMessages<storage::v1::FollowerNote>(*snapshot, LocalKey(StrCat(kFollowers, prefix)), visit));
  return stands;
}

absl::Status Store::NoteFollowers(const std::vector<FollowerStand>& followers) {
  return Run({"store/NoteFollowers", ""}, [&](Transaction& transaction) -> absl::Status {
    for (const FollowerStand& follower : followers) {
      storage::v1::FollowerNote note;
      note.set_epoch(follower.position.epoch());
      note.set_sequence(follower.position.sequence());
      *note.mutable_heard_time() = ToProto(follower.heard);
      transaction.PutLocal(StrCat(kFollowers, follower.name), note);
    }
    return absl::OkStatus();
  });
}

}  // namespace duban
