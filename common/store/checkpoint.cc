#include "common/store/checkpoint.h"

#include <xxhash.h>

#include "common/base/digest.h"
#include "common/base/strings.h"
#include "common/store/commit.h"
#include "common/store/keys.h"
#include "common/store/rocks.h"

namespace duban {
namespace {

std::string SealOf(storage::v1::Checkpoint checkpoint) {
  checkpoint.clear_seal();
  const std::string bytes = checkpoint.SerializeAsString();
  return HashBytes(XXH3_64bits(bytes.data(), bytes.size()));
}

}  // namespace

absl::StatusOr<storage::v1::Checkpoint> ReadCheckpoint(const ReadView& view) {
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> row, view.GetRow(CheckpointKey()));
  storage::v1::Checkpoint checkpoint;
  if (!row.has_value()) return checkpoint;
  const bool sound = checkpoint.ParseFromString(*row) && checkpoint.sequence() > 0 &&
                     checkpoint.chain_hash().size() == kDigestBytes && checkpoint.seal() == SealOf(checkpoint);
  if (sound) return checkpoint;
  return absl::DataLossError(
      StrCat("the checkpoint at which the history of the store begins was altered. ", kStoreRemedy));
}

void SealCheckpoint(storage::v1::Checkpoint& checkpoint) {
  checkpoint.set_seal(SealOf(checkpoint));
}

}  // namespace duban
