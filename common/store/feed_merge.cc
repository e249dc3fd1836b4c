// Merging the rows of feeds.
//
// A commit adds a row to the feed of each audience it concerns, and leaves the older places of what it changed where
// they are. Behind the rows that were merged last, new ones are joined once there are some; and once as much came as
// was left when all rows were gone through, they are gone through again. So a place is looked at a few times in its
// life, however often feeds are merged, and no more than about half of what a feed holds is out of date.
//
// What to write is found out on a snapshot, beside the writer: a place that a later one speaks for stays so. The state
// of the audience is in the command, so that what somebody else merged meanwhile is not merged again.

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "common/base/planted_bug.h"
#include "common/base/strings.h"
#include "common/store/concern.h"
#include "common/store/feed_rows.h"
#include "common/store/keys.h"
#include "common/store/store.h"

namespace duban {
namespace {

// Audiences that one call looks at.
constexpr int kMostAudiences = 256;

std::string StateName(std::string_view audience) {
  return StrCat("store/merged/", audience);
}

// Rows of one audience, as they are and as they shall be.
struct Merge {
  storage::v1::FeedMerge before, after;
  std::map<std::string, std::string> rows, merged;
};

// The first audience from `audience` on that has a feed.
absl::StatusOr<std::optional<std::string>> NextAudience(const ReadView& view, std::string_view audience) {
  std::optional<std::string> next;
  const std::string first = FeedKey(audience, 0);
  const std::string feeds = first.substr(0, 1);
  DUBAN_RETURN_IF_ERROR(view.ScanRows(first, PrefixEnd(feeds), [&](std::string_view key, std::string_view) {
    if (key.size() > 10) next = AudienceOfKey(key);
    return false;
  }));
  return next;
}

class Merger {
 public:
  Merger(const ReadView* view, std::string audience, const FeedMergeLimits& limits)
      : view_(*view), audience_(std::move(audience)), limits_(limits), latest_(view), packer_(audience_) {}

  // What to do next with the rows of the audience; nothing where that is not worth it.
  absl::StatusOr<std::optional<Merge>> Plan() {
    DUBAN_ASSIGN_OR_RETURN(auto state, view_.GetLocal<storage::v1::FeedMerge>(StateName(audience_)));
    merge_.before = std::move(state).value_or(storage::v1::FeedMerge());
    merge_.after = merge_.before;
    DUBAN_RETURN_IF_ERROR(GoThrough(merge_.before.has_pass() ? merge_.before.pass().at() : merge_.before.merged_to()));
    const bool few = reached_end_ && static_cast<int>(merge_.rows.size()) < limits_.fewest_rows;
    if (few && !merge_.before.has_pass()) return std::nullopt;
    packer_.Finish(sink_);
    merge_.before.has_pass() ? NotePass() : NoteTail();
    return std::move(merge_);
  }

 private:
  absl::Status GoThrough(int64_t from) {
    const std::string begin = FeedKey(audience_, from + 1);
    end_ = from;
    absl::Status found;
    DUBAN_RETURN_IF_ERROR(view_.ScanRows(
        begin, PrefixEnd(begin.substr(0, begin.size() - 8)), [&](std::string_view key, std::string_view value) {
          reached_end_ = static_cast<int>(merge_.rows.size()) < limits_.most_rows && places_ < limits_.most_places;
          if (!reached_end_) return false;
          found = TakeRow(key, value);
          return found.ok();
        }));
    return found;
  }

  absl::Status TakeRow(std::string_view key, std::string_view value) {
    absl::Status found;
    const bool sound = ReadFeedRow(key, value, [&](const FeedPlace& place) {
      found = TakePlace(place);
      return found.ok();
    });
    if (!sound) return BrokenRecord(StrCat("feed of ", audience_));
    merge_.rows.emplace(key, value);
    end_ = SequenceOfKey(key);
    return found;
  }

  absl::Status TakePlace(const FeedPlace& place) {
    ++places_;
    if (place.sequence > merge_.before.counted_to()) ++new_places_;
    DUBAN_ASSIGN_OR_RETURN(const std::optional<storage::v1::EntityRecord> record, view_.GetRecord(place.name));
    if (!record.has_value()) return BrokenRecord(place.name);
    DUBAN_ASSIGN_OR_RETURN(const bool latest, latest_.IsLatest(*record, audience_, place));
    const bool dropped = !latest || (place.withdrawn && DUBAN_BUG("store.merge_drops_withdrawals"));
    if (dropped) return absl::OkStatus();
    ++left_;
    packer_.Add(place, sink_);
    return absl::OkStatus();
  }

  void NotePass() {
    storage::v1::FeedMerge& after = merge_.after;
    after.mutable_pass()->set_at(end_);
    after.mutable_pass()->set_places_left(merge_.before.pass().places_left() + left_);
    if (!reached_end_) return;
    after.set_places_left(after.pass().places_left());
    after.set_places_since(0);
    after.set_counted_to(end_);
    after.set_merged_to(end_);
    after.clear_pass();
  }

  void NoteTail() {
    storage::v1::FeedMerge& after = merge_.after;
    after.set_counted_to(std::max(end_, after.counted_to()));
    after.set_places_since(after.places_since() + new_places_);
    after.set_merged_to(end_);
    // A row that is not half full is joined with those that come next.
    const auto last = merge_.merged.rbegin();
    if (reached_end_ && last != merge_.merged.rend() && last->second.size() < kFeedRowBytes / 2) {
      const bool only = merge_.merged.size() == 1;
      after.set_merged_to(only ? merge_.before.merged_to() : SequenceOfKey(std::next(last)->first));
    }
    if (after.places_since() >= after.places_left() + limits_.fewest_places) after.mutable_pass();
  }

  const ReadView& view_;
  const std::string audience_;
  const FeedMergeLimits limits_;
  LatestPlaces latest_;
  FeedRowPacker packer_;
  Merge merge_;
  const std::function<void(std::string, std::string)> sink_ = [this](std::string key, std::string value) {
    merge_.merged.emplace(std::move(key), std::move(value));
  };
  // Of the rows gone through: the last sequence, how many places, how many of them are new, how many are left.
  int64_t end_ = 0;
  int64_t places_ = 0;
  int64_t new_places_ = 0;
  int64_t left_ = 0;
  bool reached_end_ = true;
};

// Puts the merged rows in place of the others.
absl::Status Apply(Transaction& transaction, const std::string& audience, Merge merge) {
  DUBAN_ASSIGN_OR_RETURN(auto state, transaction.GetLocal<storage::v1::FeedMerge>(StateName(audience)));
  const bool meanwhile =
      state.value_or(storage::v1::FeedMerge()).SerializeAsString() != merge.before.SerializeAsString();
  if (meanwhile) return absl::OkStatus();
  for (auto& [key, value] : merge.rows) {
    if (!merge.merged.contains(key)) transaction.DeleteRow(key);
  }
  for (auto& [key, value] : merge.merged) {
    const auto row = merge.rows.find(key);
    if (row == merge.rows.end() || row->second != value) transaction.PutRow(key, std::move(value));
  }
  transaction.PutLocal(StateName(audience), merge.after);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<bool> Store::MergeFeeds(std::string* audience) {
  const std::unique_ptr<Snapshot> snapshot = TakeSnapshot();
  for (int looked_at = 0; looked_at < kMostAudiences; ++looked_at) {
    DUBAN_ASSIGN_OR_RETURN(std::optional<std::string> next, NextAudience(*snapshot, *audience));
    if (!next.has_value()) {
      audience->clear();
      return false;
    }
    *audience = *next;
    DUBAN_ASSIGN_OR_RETURN(std::optional<Merge> merge, Merger(snapshot.get(), *audience, options().merge).Plan());
    if (merge.has_value()) {
      DUBAN_RETURN_IF_ERROR(Run({"store/MergeFeeds", ""}, [&](Transaction& transaction) {
        return Apply(transaction, *audience, *std::move(merge));
      }));
      return true;
    }
    // The next one in the order of keys: the end of a string in a key is less than any byte of one.
    audience->push_back('\1');
  }
  return true;
}

}  // namespace duban
