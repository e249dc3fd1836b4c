#include "common/store/concern.h"

#include <xxhash.h>

#include <algorithm>

#include "common/store/commit.h"
#include "common/store/keys.h"

namespace duban {

absl::StatusOr<storage::v1::Concern> ReadConcern(const ReadView& view, std::string_view name,
                                                 const storage::v1::EntityRecord& record) {
  if (record.audiences_hash().empty()) return record.concern();
  DUBAN_ASSIGN_OR_RETURN(const std::optional<std::string> row, view.GetRow(ConcernKey(name)));
  storage::v1::Concern concern;
  if (!row.has_value() || !concern.ParseFromString(*row)) return BrokenRecord(name);
  return concern;
}

std::string HashOfAudiences(const std::vector<std::string>& audiences) {
  std::string all;
  for (const std::string& audience : audiences) all.append(audience).push_back('\0');
  const XXH128_hash_t hash = XXH3_128bits(all.data(), all.size());
  return HashBytes(hash.high64) + HashBytes(hash.low64);
}

bool Concerns(const storage::v1::EntityRecord& record, const std::vector<std::string>& audiences) {
  if (!record.audiences_hash().empty()) return record.audiences_hash() == HashOfAudiences(audiences);
  const auto& known = record.concern().audiences();
  return std::equal(known.begin(), known.end(), audiences.begin(), audiences.end());
}

std::optional<int64_t> WithdrawnAt(const storage::v1::Concern& concern, std::string_view audience) {
  const auto& all = concern.withdrawals();
  const auto it = std::lower_bound(all.begin(), all.end(), audience,
                                   [](const storage::v1::Concern::Withdrawal& withdrawal, std::string_view wanted) {
                                     return withdrawal.audience() < wanted;
                                   });
  if (it == all.end() || it->audience() != audience) return std::nullopt;
  return it->sequence();
}

absl::StatusOr<bool> LatestPlaces::IsLatest(const storage::v1::EntityRecord& record, std::string_view audience,
                                            const FeedPlace& place) {
  // With each change the places of all that see the entity move, and those it leaves stay where they are.
  if (place.sequence == record.sequence()) return true;
  if (!place.withdrawn) return false;
  if (name_ != place.name) {
    DUBAN_ASSIGN_OR_RETURN(concern_, ReadConcern(view_, place.name, record));
    name_ = place.name;
  }
  return WithdrawnAt(concern_, audience) == place.sequence;
}

}  // namespace duban
