// Whom an entity concerns, and which of its places in a feed is the latest. Internal to common/store and common/feed.
//
// An entity has one place in the feed of each audience: that of its last change where the audience still sees it, that
// of its withdrawal where it does not. Feed rows are only added to, so older places stay in them until feeds are merged
// (Store::MergeFeeds); readers pass over those.
//
// Threads: pure functions of a view.

#ifndef DUBAN_COMMON_STORE_CONCERN_H_
#define DUBAN_COMMON_STORE_CONCERN_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/store/feed_rows.h"
#include "common/store/view.h"

namespace duban {

// Most bytes of a concern that lies in its entity's row. More would be written again with every change of the entity;
// fewer would make a key of its own for what costs less than a key.
inline constexpr size_t kMostBytesInRecord = 256;

// The concern of the entity that `record` is the row of, wherever it lies.
absl::StatusOr<storage::v1::Concern> ReadConcern(const ReadView& view, std::string_view name,
                                                 const storage::v1::EntityRecord& record);

// Whether exactly `audiences`, by name, see the entity. Reads no row.
bool Concerns(const storage::v1::EntityRecord& record, const std::vector<std::string>& audiences);

// XXH3-128 over names, as EntityRecord.audiences_hash has it.
std::string HashOfAudiences(const std::vector<std::string>& audiences);

// Where the entity left `audience`; nothing where it is there or never was.
std::optional<int64_t> WithdrawnAt(const storage::v1::Concern& concern, std::string_view audience);

// Whether places in feeds are the latest of their entities there, asked of many places in turn: of an entity with many
// audiences the concern is read once for all that are asked for one behind the other. Not thread-safe; the view
// outlives it.
class LatestPlaces {
 public:
  explicit LatestPlaces(const ReadView* view) : view_(*view) {}

  // Whether a place in the feed of `audience` is that of its entity, `record`, there: no later one speaks for it.
  absl::StatusOr<bool> IsLatest(const storage::v1::EntityRecord& record, std::string_view audience,
                                const FeedPlace& place);

 private:
  const ReadView& view_;
  std::string name_;
  storage::v1::Concern concern_;
};

}  // namespace duban

#endif  // DUBAN_COMMON_STORE_CONCERN_H_
