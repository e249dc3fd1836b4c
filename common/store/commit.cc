#include "common/store/commit.h"

#include <optional>
#include <utility>

#include "common/access/audit_chain.h"
#include "common/base/digest.h"
#include "common/base/strings.h"
#include "common/store/checkpoint.h"
#include "common/store/high_water.h"
#include "common/store/keys.h"
#include "common/store/rocks.h"

namespace duban {
namespace {

absl::Status Broken(int64_t sequence, std::string_view what) {
  return absl::DataLossError(
      StrCat("the chain of commits is broken at sequence ", sequence, ": ", what, ". ", kStoreRemedy));
}

}  // namespace

std::string HashBytes(uint64_t hash) {
  return BigEndian(hash);
}

uint64_t MarkHash(std::string_view commit_hash) {
  uint64_t hash = 0;
  for (char c : commit_hash.substr(0, 8)) hash = (hash << 8) | static_cast<unsigned char>(c);
  return hash;
}

void SealCommit(storage::v1::CommitRecord& commit, int64_t sequence) {
  commit.set_hash(CommitHash(commit, sequence));
}

absl::StatusOr<ChainEnd> WalkChain(const ReadView& view, int64_t after, const storage::v1::StoreIdentity& identity) {
  const auto& former = identity.former_epochs();
  int next_former = 0;
  ChainEnd end;
  DUBAN_ASSIGN_OR_RETURN(const storage::v1::Checkpoint checkpoint, ReadCheckpoint(view));
  end.sequence = after > 0 ? after : checkpoint.sequence();
  end.commit.set_hash(checkpoint.chain_hash());
  if (checkpoint.sequence() == 0) {
    end.commit.set_hash(GenesisHash(former.empty() ? identity.epoch() : former.begin()->epoch()));
  }
  // Of epochs that began before the checkpoint nothing is left to compare.
  while (next_former < former.size() && former[next_former].last_sequence() < checkpoint.sequence()) ++next_former;
  absl::Status chain;
  const auto check = [&](int64_t sequence, std::string_view value) -> absl::Status {
    storage::v1::CommitRecord commit;
    if (!commit.ParseFromArray(value.data(), static_cast<int>(value.size()))) return Broken(sequence, "unreadable");
    if (commit.hash() != CommitHash(commit, sequence)) return Broken(sequence, "the commit was altered");
    const bool start = after > 0 && sequence == after;
    if (!start && commit.previous_hash() != end.commit.hash()) return Broken(sequence, "the commit before is another");
    if (!start && commit.first_sequence() != end.sequence + 1) return Broken(sequence, "commits before it are missing");
    if (after == 0 && !commit.epoch().empty()) {
      const bool known = next_former < former.size() && former[next_former].last_sequence() == end.sequence;
      if (!known) return Broken(sequence, "the store's identity knows of no restore here");
      ++next_former;
      const std::string& epoch = next_former < former.size() ? former[next_former].epoch() : identity.epoch();
      if (commit.epoch() != epoch) return Broken(sequence, "it begins another epoch than the store's identity says");
    }
    end.sequence = sequence;
    end.commit = std::move(commit);
    return absl::OkStatus();
  };
  DUBAN_RETURN_IF_ERROR(view.ScanRows(CommitKey(after), PrefixEnd(CommitKey(0).substr(0, 1)),
                                      [&](std::string_view key, std::string_view value) {
                                        chain = check(SequenceOfKey(key), value);
                                        return chain.ok();
                                      }));
  DUBAN_RETURN_IF_ERROR(chain);
  if (checkpoint.sequence() > 0 && end.sequence <= checkpoint.sequence()) {
    return Broken(end.sequence, "no commit is left behind the checkpoint");
  }
  if (after == 0 && next_former != former.size()) return Broken(end.sequence, "the commit of a restore is missing");
  return end;
}

absl::StatusOr<storage::v1::StoreIdentity> ReadIdentity(const ReadView& view) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> row, view.GetRow(IdentityKey()));
  storage::v1::StoreIdentity identity;
  if (!row.has_value()) return absl::DataLossError("the database has lost its identity: files of it were lost");
  if (!identity.ParseFromString(*row)) return absl::DataLossError("the identity of the database does not parse");
  return identity;
}

}  // namespace duban
