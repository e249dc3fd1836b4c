// The rows of a feed: which entities changed for one audience, many places a row, because a key costs more than what
// lies in it. Internal to common/store and common/feed.
//
// A row holds places by rising sequence; its key has the sequence of the last one. A commit adds rows for each audience
// it concerns: one, or several where one would grow too long.
//
//   row   = distance place+        distance:varint from the first place's sequence to the last one's
//   place = step shared rest       step:varint = 2 × (sequence − sequence of the place before; 0 for the first)
//                                         + 1 where the entity is withdrawn
//                                  shared:varint bytes that the name has in common with the name before
//                                  rest:varint length, and so many bytes: the rest of the name
//
// Threads: pure functions.

#ifndef DUBAN_COMMON_STORE_FEED_ROWS_H_
#define DUBAN_COMMON_STORE_FEED_ROWS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "common/store/overlay.h"
#include "common/store/transaction.h"

namespace duban {

// A place of an entity in the feed of one audience.
struct FeedPlace {
  int64_t sequence = 0;
  // The entity is gone for this audience.
  bool withdrawn = false;
  std::string_view name;
};

// A row is closed once it has this many bytes: what reads one place may have to read the row.
inline constexpr size_t kFeedRowBytes = 16 << 10;

// Packs places of one audience, by rising sequence, into rows.
class FeedRowPacker {
 public:
  using Sink = absl::FunctionRef<void(std::string key, std::string value)>;

  explicit FeedRowPacker(std::string_view audience) : audience_(audience) {}
  // Gives `sink` a row where the place fills one.
  void Add(const FeedPlace& place, Sink sink);
  // Gives `sink` what is left.
  void Finish(Sink sink);

 private:
  const std::string audience_;
  // Places of the row that is forming.
  std::string places_;
  std::string name_;
  int64_t first_ = 0;
  int64_t last_ = 0;
};

// Visits the places of a row in order until `visit` returns false. Returns false for a row that is not made like that.
bool ReadFeedRow(std::string_view key, std::string_view value, absl::FunctionRef<bool(const FeedPlace& place)> visit);

// The audience of a feed row's key. REQUIRES: it is one.
std::string_view AudienceOfKey(std::string_view key);

// Adds the feed rows of a group of commands to its rows: the places of `changes`, which are in order of sequence,
// without those that a later change of the group speaks for. Fills in the audiences whose feeds moved.
void AddFeedRows(const std::vector<EntityChange>& changes, WriteSet& rows, Audiences& touched);

}  // namespace duban

#endif  // DUBAN_COMMON_STORE_FEED_ROWS_H_
