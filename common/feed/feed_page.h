// Reading a page of a feed. Pure functions over a snapshot; thread-safe.

#ifndef DUBAN_COMMON_FEED_FEED_PAGE_H_
#define DUBAN_COMMON_FEED_FEED_PAGE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/store/store.h"
#include "duban/v1/feed.pb.h"
#include "google/protobuf/any.pb.h"

namespace duban {

// Most bytes and entries of a page. One entry is always returned whole, however large.
inline constexpr int64_t kMaxPageBytes = 256 << 10;
inline constexpr int kMaxPageEntries = 2000;

// What the reader of a page sees of an entity; nothing: it is passed over.
using EntityView = std::function<absl::StatusOr<std::optional<google::protobuf::Any>>(
    std::string_view name, const google::protobuf::Any& payload)>;

// Reads what follows `from` for the given audiences, each entity once, in its latest state and at its latest place, as
// `view` shows it; an empty one shows it as it is. An empty epoch with sequence 0 begins at the start. Errors:
// FEED_MISMATCH, with `epoch`, where `from` is not of this history, and with `cutOffAt` where what came behind it was
// cut off; those of `view`.
absl::StatusOr<v1::FeedPage> ReadFeedPage(const Snapshot& snapshot, const Audiences& audiences,
                                          const v1::FeedPosition& from, int64_t max_bytes = kMaxPageBytes,
                                          const EntityView& view = nullptr);

// Whether an audience has something behind a sequence. Costs one look, however much that is.
absl::StatusOr<bool> HasNews(const Snapshot& snapshot, const std::string& audience, int64_t after);

// The epochs that a store had before it was restored from backups, oldest first.
absl::StatusOr<std::vector<std::string>> FormerEpochs(const Snapshot& snapshot);

// Whether two positions are the same place of the same history.
bool SamePosition(const v1::FeedPosition& a, const v1::FeedPosition& b);

// Whether nobody read the feed for a page, because the call was replaced or the server drains: it ends where it begins
// and is not at the head. It says nothing.
bool IsUnread(const v1::FeedPage& page);

// OK where a page received begins at `from`, its sequences rise, and none is outside (from, to]; else INVARIANT_BROKEN.
absl::Status CheckPage(const v1::FeedPage& page, const v1::FeedPosition& from);

}  // namespace duban

#endif  // DUBAN_COMMON_FEED_FEED_PAGE_H_
