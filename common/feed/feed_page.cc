#include "common/feed/feed_page.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/store/checkpoint.h"
#include "common/store/concern.h"
#include "common/store/feed_rows.h"
#include "common/store/keys.h"

namespace duban {
namespace {

// Places read at once. A page of usual entities needs two or three times as many.
constexpr int kPlacesAtOnce = 250;

// Hash of the commit that holds `sequence`; of what was cut off, that of the checkpoint.
absl::StatusOr<std::string> HashAt(const Snapshot& snapshot, int64_t sequence) {
  DUBAN_ASSIGN_OR_RETURN(const storage::v1::Checkpoint checkpoint, ReadCheckpoint(snapshot));
  if (sequence <= checkpoint.sequence()) return checkpoint.chain_hash();
  std::optional<storage::v1::CommitRecord> commit;
  DUBAN_RETURN_IF_ERROR(snapshot.ScanRows(CommitKey(sequence), PrefixEnd(CommitKey(0).substr(0, 1)),
                                          [&](std::string_view, std::string_view value) {
                                            commit.emplace();
                                            if (!commit->ParseFromArray(value.data(), static_cast<int>(value.size()))) {
                                              commit.reset();
                                            }
                                            return false;
                                          }));
  if (!commit.has_value()) return InvariantBroken(StrCat("no commit holds sequence ", sequence));
  return commit->hash();
}

// Whether this store was made, by way of a backup, from the one that had `epoch`.
absl::StatusOr<bool> DescendsFrom(const Snapshot& snapshot, const std::string& epoch) {
  DUBAN_ASSIGN_OR_RETURN(const std::vector<std::string> former, FormerEpochs(snapshot));
  return std::find(former.begin(), former.end(), epoch) != former.end();
}

// Why a position is not continued.
struct Why {
  std::string english;
  std::string chinese;
};

absl::Status Mismatch(const Snapshot& snapshot, const v1::FeedPosition& from, const Why& why,
                      std::map<std::string, std::string> metadata = {}) {
  metadata["epoch"] = snapshot.head().epoch();
  DUBAN_ASSIGN_OR_RETURN(bool restored, DescendsFrom(snapshot, from.epoch()));
  if (restored) metadata["restoredFrom"] = from.epoch();
  return Error(v1::FEED_MISMATCH,
               StrCat("the position is not of this feed's history: ", why.english, "; start over at 0"),
               StrCat("同步位置与本级数据不符（", why.chinese, "），需从头同步"), metadata);
}

absl::Status CheckFrom(const Snapshot& snapshot, const v1::FeedPosition& from) {
  const v1::FeedPosition& head = snapshot.head();
  if (DUBAN_BUG("feed.position_trusted") && from.sequence() <= head.sequence()) return absl::OkStatus();
  const Why another_epoch = {"another epoch", "不是同一段历史"};
  if (from.sequence() == 0) {
    const bool known = from.epoch().empty() || from.epoch() == head.epoch();
    return known ? absl::OkStatus() : Mismatch(snapshot, from, another_epoch);
  }
  if (from.epoch() != head.epoch()) return Mismatch(snapshot, from, another_epoch);
  if (from.sequence() > head.sequence()) return Mismatch(snapshot, from, {"ahead of the feed", "超出当前进度"});
  DUBAN_ASSIGN_OR_RETURN(const std::string hash, HashAt(snapshot, from.sequence()));
  if (hash == from.hash() || DUBAN_BUG("feed.hash_skipped")) return absl::OkStatus();
  DUBAN_ASSIGN_OR_RETURN(const storage::v1::Checkpoint checkpoint, ReadCheckpoint(snapshot));
  if (from.sequence() > checkpoint.sequence()) return Mismatch(snapshot, from, {"another hash", "校验值不同"});
  const std::string cut_off = StrCat(checkpoint.sequence());
  return Mismatch(snapshot, from,
                  {StrCat("what came behind it, up to ", cut_off, ", was kept for long enough and is cut off"),
                   StrCat("其后至 ", cut_off, " 的历史已超过保存期并清理")},
                  {{"cutOffAt", cut_off}});
}

// An entity's place in the feeds of a follower's audiences; those that share a change share its place.
struct Place {
  std::string name;
  // One of the audiences sees it.
  bool present = false;
};

// Places behind some sequence, by sequence.
struct Places {
  std::map<int64_t, Place> by_sequence;
  // The last sequence they are complete up to; kEnd where nothing more is there.
  int64_t complete_to = kEnd;
  static constexpr int64_t kEnd = std::numeric_limits<int64_t>::max();
};

// Adds at most `most` places of one audience.
absl::Status CollectFrom(const Snapshot& snapshot, const std::string& audience, int64_t after, int most,
                         Places& places) {
  int count = 0;
  bool malformed = false;
  const auto take = [&](const FeedPlace& place) {
    if (place.sequence <= after) return true;
    if (++count > most) {
      places.complete_to = std::min(places.complete_to, place.sequence - 1);
      return false;
    }
    Place& taken = places.by_sequence[place.sequence];
    taken.name = place.name;
    taken.present |= !place.withdrawn;
    return true;
  };
  const std::string begin = FeedKey(audience, after + 1);
  const std::string end = PrefixEnd(begin.substr(0, begin.size() - 8));
  DUBAN_RETURN_IF_ERROR(snapshot.ScanRows(begin, end, [&](std::string_view key, std::string_view value) {
    malformed = !ReadFeedRow(key, value, take);
    return !malformed && count <= most;
  }));
  return malformed ? BrokenRecord(StrCat("feed of ", audience)) : absl::OkStatus();
}

// Reads at most `most` places of each audience, without those that a later one of them speaks for.
absl::StatusOr<Places> CollectPlaces(const Snapshot& snapshot, const Audiences& audiences, int64_t after, int most) {
  Places places;
  const int64_t from = after + (DUBAN_BUG("feed.resume_skips_one") ? 1 : 0);
  for (const std::string& audience : audiences) {
    DUBAN_RETURN_IF_ERROR(CollectFrom(snapshot, audience, from, most, places));
  }
  auto& all = places.by_sequence;
  all.erase(all.upper_bound(places.complete_to), all.end());
  absl::flat_hash_set<std::string_view> later;
  for (auto place = all.end(); place != all.begin();) {
    --place;
    if (!later.insert(place->second.name).second) place = all.erase(place);
  }
  return places;
}

// Whether a withdrawal is the last that the follower hears of an entity: none of its audiences sees it now, and it has
// left none of them later.
absl::StatusOr<bool> IsGone(const Snapshot& snapshot, const Audiences& audiences, int64_t sequence,
                            const std::string& entity, const storage::v1::EntityRecord& record) {
  // Whoever sees it now has a place at its last change.
  if (sequence == record.sequence()) return true;
  DUBAN_ASSIGN_OR_RETURN(const storage::v1::Concern concern, ReadConcern(snapshot, entity, record));
  int64_t latest = 0;
  for (const std::string& audience : audiences) {
    const auto& present = concern.audiences();
    if (std::binary_search(present.begin(), present.end(), audience)) return false;
    latest = std::max(latest, WithdrawnAt(concern, audience).value_or(0));
  }
  return sequence == latest;
}

// The entry of an entity at one of its places; nothing where a later place of the same follower speaks for it, or where
// the reader sees nothing of it.
absl::StatusOr<std::optional<v1::FeedEntry>> MakeEntry(const Snapshot& snapshot, const Audiences& audiences,
                                                       int64_t sequence, const Place& place, const EntityView& view) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<storage::v1::EntityRecord> record, snapshot.GetRecord(place.name));
  if (!record.has_value()) {
    // What is left of a tombstone that was cut off.
    DUBAN_ASSIGN_OR_RETURN(const storage::v1::Checkpoint checkpoint, ReadCheckpoint(snapshot));
    if (sequence <= checkpoint.sequence()) return std::nullopt;
    return BrokenRecord(place.name);
  }
  v1::FeedEntry entry;
  entry.set_entity(place.name);
  entry.set_sequence(sequence);
  if (!place.present) {
    DUBAN_ASSIGN_OR_RETURN(const bool gone, IsGone(snapshot, audiences, sequence, place.name, *record));
    if (!gone) return std::nullopt;
    entry.set_withdrawn(true);
    return entry;
  }
  if (sequence != record->sequence() && !DUBAN_BUG("feed.old_place_read")) return std::nullopt;
  google::protobuf::Any payload = PayloadOf(*std::move(record));
  if (!view) {
    *entry.mutable_payload() = std::move(payload);
    return entry;
  }
  DUBAN_ASSIGN_OR_RETURN(std::optional<google::protobuf::Any> seen, view(place.name, payload));
  if (!seen.has_value()) return std::nullopt;
  *entry.mutable_payload() = *std::move(seen);
  return entry;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> FormerEpochs(const Snapshot& snapshot) {
  DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> row, snapshot.GetRow(IdentityKey()));
  storage::v1::StoreIdentity identity;
  if (!row.has_value() || !identity.ParseFromString(*row)) return BrokenRecord("identity");
  std::vector<std::string> epochs;
  for (const storage::v1::FormerEpoch& former : identity.former_epochs()) epochs.push_back(former.epoch());
  return epochs;
}

bool SamePosition(const v1::FeedPosition& a, const v1::FeedPosition& b) {
  if (a.sequence() != b.sequence()) return false;
  // Before the first page a follower may not know the epoch yet.
  if (a.sequence() == 0) return a.epoch() == b.epoch() || a.epoch().empty() || b.epoch().empty();
  return a.epoch() == b.epoch() && a.hash() == b.hash();
}

absl::StatusOr<v1::FeedPage> ReadFeedPage(const Snapshot& snapshot, const Audiences& audiences,
                                          const v1::FeedPosition& from, int64_t max_bytes, const EntityView& view) {
  DUBAN_RETURN_IF_ERROR(CheckFrom(snapshot, from));
  v1::FeedPage page;
  *page.mutable_from() = from;
  int64_t bytes = 0;
  int64_t read_to = from.sequence();
  bool full = false;
  // A few places at a time: how many fit a page is known only from their entities.
  for (int looked_at = 0; !full && read_to != Places::kEnd && looked_at < kMaxPageEntries; looked_at += kPlacesAtOnce) {
    DUBAN_ASSIGN_OR_RETURN(const Places places, CollectPlaces(snapshot, audiences, read_to, kPlacesAtOnce));
    for (const auto& [sequence, place] : places.by_sequence) {
      DUBAN_ASSIGN_OR_RETURN(std::optional<v1::FeedEntry> entry, MakeEntry(snapshot, audiences, sequence, place, view));
      if (!entry.has_value()) continue;
      const auto size = static_cast<int64_t>(entry->ByteSizeLong());
      full = page.entries_size() > 0 && (bytes + size > max_bytes || page.entries_size() >= kMaxPageEntries);
      if (full) break;
      bytes += size;
      page.mutable_entries()->Add(*std::move(entry));
    }
    read_to = full ? page.entries().rbegin()->sequence() : places.complete_to;
  }
  const bool all = read_to == Places::kEnd;
  page.set_at_head(all || DUBAN_BUG("feed.always_at_head"));
  if (all || DUBAN_BUG("feed.partial_page_is_whole")) {
    *page.mutable_to() = snapshot.head();
    return page;
  }
  page.mutable_to()->set_epoch(snapshot.head().epoch());
  page.mutable_to()->set_sequence(read_to);
  DUBAN_ASSIGN_OR_RETURN(*page.mutable_to()->mutable_hash(), HashAt(snapshot, read_to));
  return page;
}

absl::StatusOr<bool> HasNews(const Snapshot& snapshot, const std::string& audience, int64_t after) {
  if (after >= snapshot.head().sequence()) return false;
  bool some = false;
  // A row has the sequence of the last of its places.
  const std::string begin = FeedKey(audience, after + 1);
  DUBAN_RETURN_IF_ERROR(
      snapshot.ScanRows(begin, PrefixEnd(begin.substr(0, begin.size() - 8)), [&](std::string_view, std::string_view) {
        some = true;
        return false;
      }));
  return some;
}

bool IsUnread(const v1::FeedPage& page) {
  return page.entries().empty() && !page.at_head() && SamePosition(page.from(), page.to());
}

absl::Status CheckPage(const v1::FeedPage& page, const v1::FeedPosition& from) {
  if (!SamePosition(page.from(), from)) return InvariantBroken("a page does not begin where it was asked to");
  if (page.to().sequence() < from.sequence()) return InvariantBroken("a page ends before it begins");
  int64_t last = from.sequence();
  for (const v1::FeedEntry& entry : page.entries()) {
    if (entry.sequence() <= last || entry.sequence() > page.to().sequence()) {
      return InvariantBroken(StrCat("entry `", entry.entity(), "` of a page is out of order"));
    }
    last = entry.sequence();
  }
  return absl::OkStatus();
}

}  // namespace duban
