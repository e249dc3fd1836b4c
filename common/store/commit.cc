#include "common/store/commit.h"

#include <xxhash.h>

#include "common/base/strings.h"
#include "common/store/high_water.h"
#include "common/store/keys.h"

namespace duban {
namespace {

uint64_t HashOf(storage::v1::CommitRecord& commit, int64_t sequence) {
  commit.clear_hash();
  const std::string bytes = commit.SerializeAsString();
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), static_cast<uint64_t>(sequence));
}

absl::Status Broken(int64_t sequence, std::string_view what) {
  return absl::DataLossError(StrCat("the chain of commits is broken at sequence ", sequence, ": ", what,
                                    ". Restore the folder from a backup, or move it away and rebuild the node from "
                                    "its neighbours"));
}

}  // namespace

std::string HashBytes(uint64_t hash) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(hash >> shift));
  return bytes;
}

uint64_t HashNumber(std::string_view bytes) {
  uint64_t hash = 0;
  for (char c : bytes) hash = (hash << 8) | static_cast<unsigned char>(c);
  return hash;
}

void SealCommit(storage::v1::CommitRecord& commit, int64_t sequence) {
  commit.set_hash(HashBytes(HashOf(commit, sequence)));
}

absl::Status VerifyChainOf(const ReadView& view, int64_t after, const std::string& epoch) {
  int64_t previous = after;
  std::string previous_hash = HashBytes(EpochHash(epoch));
  absl::Status chain;
  const auto check = [&](int64_t sequence, std::string_view value) -> absl::Status {
    storage::v1::CommitRecord commit;
    if (!commit.ParseFromArray(value.data(), static_cast<int>(value.size()))) return Broken(sequence, "unreadable");
    const std::string hash = commit.hash();
    if (hash != HashBytes(HashOf(commit, sequence))) return Broken(sequence, "the commit was altered");
    const bool start = after > 0 && sequence == after;
    if (!start && commit.previous_hash() != previous_hash) return Broken(sequence, "the commit before is another");
    if (!start && commit.first_sequence() != previous + 1) return Broken(sequence, "commits before it are missing");
    previous = sequence;
    previous_hash = hash;
    return absl::OkStatus();
  };
  DUBAN_RETURN_IF_ERROR(view.ScanRows(CommitKey(after), PrefixEnd(CommitKey(0).substr(0, 1)),
                                      [&](std::string_view key, std::string_view value) {
                                        chain = check(SequenceOfKey(key), value);
                                        return chain.ok();
                                      }));
  return chain;
}

}  // namespace duban
