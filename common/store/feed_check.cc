// Looking over the feeds of a store.

#include <xxhash.h>

#include "common/base/strings.h"
#include "common/store/concern.h"
#include "common/store/feed_rows.h"
#include "common/store/keys.h"
#include "common/store/maintenance.h"
#include "common/store/rocks.h"
#include "common/store/store.h"

namespace duban {
namespace {

absl::Status BrokenFeed(std::string_view name, std::string_view what) {
  return absl::DataLossError(StrCat("the feed does not agree with entity `", name, "`: ", what, ". ", kStoreRemedy));
}

// Latest places, as one side has them: a number, and a sum of hashes that is the same in whatever order they come.
struct Tally {
  void Add(std::string_view audience, const FeedPlace& place) {
    ++count;
    const uint64_t who = XXH3_64bits(audience.data(), audience.size());
    const auto when = 2 * static_cast<uint64_t>(place.sequence) + (place.withdrawn ? 1 : 0);
    sum += XXH3_64bits_withSeed(place.name.data(), place.name.size(), who ^ (when * 0x9E3779B97F4A7C15u));
  }
  bool operator==(const Tally&) const = default;

  int64_t count = 0;
  uint64_t sum = 0;
};

// Looks over the rows of all feeds, in order.
class FeedSide {
 public:
  FeedSide(const ReadView* view, int64_t head) : view_(*view), head_(head), latest_(view) {}

  absl::Status Take(std::string_view key, std::string_view value) {
    if (key.size() < 11) return BrokenFeed("", "a row is malformed");
    const std::string_view audience = AudienceOfKey(key);
    if (audience != audience_) {
      audience_ = audience;
      last_ = 0;
    }
    absl::Status found;
    const bool sound = ReadFeedRow(key, value, [&](const FeedPlace& place) {
      found = TakePlace(place);
      return found.ok();
    });
    return sound ? found : BrokenFeed("", StrCat("a row of `", audience_, "` is malformed"));
  }
  const Tally& tally() const { return tally_; }

 private:
  absl::Status TakePlace(const FeedPlace& place) {
    if (place.sequence <= last_) return BrokenFeed(place.name, StrCat("`", audience_, "` has places out of order"));
    last_ = place.sequence;
    DUBAN_ASSIGN_OR_RETURN(const std::optional<storage::v1::EntityRecord> record, view_.GetRecord(place.name));
    if (!record.has_value()) return BrokenFeed(place.name, "nothing is known of it");
    if (place.sequence > std::min(record->sequence(), head_)) return BrokenFeed(place.name, "a place is ahead of it");
    DUBAN_ASSIGN_OR_RETURN(const bool latest, latest_.IsLatest(*record, audience_, place));
    if (latest) tally_.Add(audience_, place);
    return absl::OkStatus();
  }

  const ReadView& view_;
  const int64_t head_;
  LatestPlaces latest_;
  Tally tally_;
  std::string audience_;
  int64_t last_ = 0;
};

// Visits the places that an entity has to have in the feeds.
absl::Status VisitPlaces(const ReadView& view, std::string_view name, const storage::v1::EntityRecord& record,
                         absl::FunctionRef<absl::Status(std::string_view audience, const FeedPlace& place)> visit) {
  DUBAN_ASSIGN_OR_RETURN(const storage::v1::Concern concern, ReadConcern(view, name, record));
  for (const std::string& audience : concern.audiences()) {
    DUBAN_RETURN_IF_ERROR(visit(audience, {record.sequence(), false, name}));
  }
  for (const auto& withdrawal : concern.withdrawals()) {
    DUBAN_RETURN_IF_ERROR(visit(withdrawal.audience(), {withdrawal.sequence(), true, name}));
  }
  if (record.deleted() && concern.audiences_size() > 0) return BrokenFeed(name, "it is deleted and not withdrawn");
  const AudienceList audiences(concern.audiences().begin(), concern.audiences().end());
  return Concerns(record, audiences) ? absl::OkStatus() : BrokenFeed(name, "its audiences are others than it says");
}

// Calls `visit` for the row of every entity.
absl::Status VisitEntities(
    const ReadView& view,
    absl::FunctionRef<absl::Status(std::string_view name, const storage::v1::EntityRecord& record)> visit) {
  absl::Status found;
  const std::string entities = EntityKey("");
  DUBAN_RETURN_IF_ERROR(view.ScanRows(entities, PrefixEnd(entities), [&](std::string_view key, std::string_view value) {
    storage::v1::EntityRecord record;
    const bool parsed = record.ParseFromArray(value.data(), static_cast<int>(value.size()));
    found = parsed ? visit(key.substr(1), record) : BrokenRecord(key.substr(1));
    return found.ok();
  }));
  return found;
}

absl::StatusOr<bool> HasPlace(const ReadView& view, std::string_view audience, const FeedPlace& wanted) {
  const std::string begin = FeedKey(audience, wanted.sequence);
  bool there = false;
  DUBAN_RETURN_IF_ERROR(view.ScanRows(
      begin, PrefixEnd(begin.substr(0, begin.size() - 8)), [&](std::string_view key, std::string_view value) {
        ReadFeedRow(key, value, [&](const FeedPlace& place) {
          there = place.sequence == wanted.sequence && place.name == wanted.name && place.withdrawn == wanted.withdrawn;
          return place.sequence < wanted.sequence;
        });
        return false;
      }));
  return there;
}

// Where the two sides differ: the first entity that misses a place.
absl::Status FindMissing(const ReadView& view) {
  return VisitEntities(view, [&](std::string_view name, const storage::v1::EntityRecord& record) {
    return VisitPlaces(view, name, record, [&](std::string_view audience, const FeedPlace& place) -> absl::Status {
      DUBAN_ASSIGN_OR_RETURN(const bool there, HasPlace(view, audience, place));
      if (there) return absl::OkStatus();
      return BrokenFeed(name, StrCat("its place for `", audience, "` is not there"));
    });
  });
}

}  // namespace

absl::Status Store::VerifyFeed() const {
  const std::unique_ptr<Snapshot> snapshot = TakeSnapshot();
  return VerifyFeedOf(*snapshot, snapshot->head().sequence());
}

absl::Status VerifyFeedOf(const ReadView& view, int64_t head) {
  FeedSide feeds(&view, head);
  absl::Status found;
  const std::string begin = FeedKey("", 0).substr(0, 1);
  DUBAN_RETURN_IF_ERROR(view.ScanRows(begin, PrefixEnd(begin), [&](std::string_view key, std::string_view value) {
    found = feeds.Take(key, value);
    return found.ok();
  }));
  DUBAN_RETURN_IF_ERROR(found);
  Tally asked;
  int64_t apart = 0;
  DUBAN_RETURN_IF_ERROR(VisitEntities(view, [&](std::string_view name, const storage::v1::EntityRecord& record) {
    if (record.sequence() > head) return BrokenFeed(name, "it is ahead of the head");
    apart += record.audiences_hash().empty() ? 0 : 1;
    return VisitPlaces(view, name, record, [&](std::string_view audience, const FeedPlace& place) {
      asked.Add(audience, place);
      return absl::OkStatus();
    });
  }));
  const std::string concerns = ConcernKey("");
  DUBAN_RETURN_IF_ERROR(view.ScanRows(concerns, PrefixEnd(concerns), [&](std::string_view, std::string_view) {
    --apart;
    return true;
  }));
  if (apart != 0) return BrokenFeed("", "whom an entity concerns is left over from another");
  if (asked == feeds.tally()) return absl::OkStatus();
  DUBAN_RETURN_IF_ERROR(FindMissing(view));
  return BrokenFeed(
      "", StrCat("there are ", feeds.tally().count, " latest places in feeds, and entities have ", asked.count));
}

}  // namespace duban
