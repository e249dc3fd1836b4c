#include "tests/simulation/store_scan.h"

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "common/base/strings.h"
#include "common/store/feed_rows.h"

namespace duban::simulation {
namespace {

using Places = std::map<std::pair<std::string, std::string>, std::pair<int64_t, bool>>;

// What a walk over all rows found.
struct Rows {
  // Sequence 0 where nothing was cut off.
  storage::v1::Checkpoint checkpoint;
  std::map<int64_t, storage::v1::CommitRecord> commits;
  std::map<std::string, storage::v1::EntityRecord> entities;
  // Of entities whose concern has a row of its own.
  std::map<std::string, storage::v1::Concern> concerns;
  // The last place of an entity in a feed: audience and name, to its sequence and whether it is a withdrawal.
  Places feeds;
  std::set<std::string> memos;
};

template <typename Message>
Message Parse(World* world, const std::string& where, std::string_view value) {
  Message message;
  if (!message.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    world->Broken("S3", StrCat(where, " has a row that does not parse"));
  }
  return message;
}

Rows ReadAll(World* world, const std::string& where, const Snapshot& snapshot) {
  Rows rows;
  const absl::Status scanned = snapshot.ScanRows("", "", [&](std::string_view key, std::string_view value) {
    const std::string_view rest = key.substr(1);
    switch (static_cast<KeyKind>(key[0])) {
      case KeyKind::kCommit:
        rows.commits[SequenceOfKey(key)] = Parse<storage::v1::CommitRecord>(world, where, value);
        break;
      case KeyKind::kEntity:
        rows.entities[std::string(rest)] = Parse<storage::v1::EntityRecord>(world, where, value);
        break;
      case KeyKind::kFeed: {
        const std::string audience(rest.substr(0, rest.find('\0')));
        const bool sound = ReadFeedRow(key, value, [&](const FeedPlace& place) {
          rows.feeds[{audience, std::string(place.name)}] = {place.sequence, place.withdrawn};
          return true;
        });
        if (!sound) world->Broken("S3", StrCat(where, " has a feed row that does not parse"));
        break;
      }
      case KeyKind::kCheckpoint:
        rows.checkpoint = Parse<storage::v1::Checkpoint>(world, where, value);
        break;
      case KeyKind::kConcern:
        rows.concerns[std::string(rest)] = Parse<storage::v1::Concern>(world, where, value);
        break;
      case KeyKind::kMemo:
        rows.memos.insert(std::string(rest));
        break;
      default:
        break;
    }
    return true;
  });
  if (!scanned.ok()) world->Broken("S3", StrCat(where, " cannot be read: ", ToStd(scanned.message())));
  return rows;
}

void CheckCommits(World* world, const std::string& where, const Rows& rows, const v1::FeedPosition& head) {
  int64_t end = rows.checkpoint.sequence();
  std::string hash = rows.checkpoint.chain_hash();
  for (const auto& [sequence, commit] : rows.commits) {
    world->Check("F1", commit.first_sequence() == end + 1 && commit.first_sequence() <= sequence,
                 [&, &sequence = sequence, &commit = commit] {
                   return StrCat(where, " has a commit of ", commit.first_sequence(), " to ", sequence, " behind ",
                                 end);
                 });
    world->Check("F1", hash.empty() || commit.previous_hash() == hash, [&, &sequence = sequence] {
      return StrCat(where, ": the commit at ", sequence, " does not name the one before");
    });
    end = sequence;
    hash = commit.hash();
  }
  world->Check("S2", end == head.sequence() && hash == head.hash(),
               [&] { return StrCat(where, " ends at ", end, " and says ", head.sequence()); });
}

void CheckAudits(World* world, const std::string& where, const Rows& rows, bool memos_expire) {
  // The last commit that says it changed an entity.
  std::map<std::string, std::pair<int64_t, int64_t>> changed;
  std::set<std::string> requests;
  for (const auto& [sequence, commit] : rows.commits) {
    for (const auto& audit : commit.audits()) {
      // What a refused call was about it has not changed.
      if (audit.refused() != v1::ERROR_REASON_UNSPECIFIED) continue;
      for (const std::string& entity : audit.entities()) changed[entity] = {commit.first_sequence(), sequence};
      if (!audit.request_id().empty()) requests.insert(MemoKey(audit.caller(), audit.request_id()).substr(1));
    }
  }
  for (const auto& [name, range] : changed) {
    const auto it = rows.entities.find(name);
    const bool there =
        it != rows.entities.end() && it->second.sequence() >= range.first && it->second.sequence() <= range.second;
    world->Check("S3", there, [&, name = name, range = range] {
      return StrCat(where, ": ", name, " was changed by the commit at ", range.second, ", its row says ",
                    it == rows.entities.end() ? 0 : it->second.sequence());
    });
  }
  for (const auto& [name, entity] : rows.entities) {
    const bool cut_off = entity.sequence() <= rows.checkpoint.sequence();
    world->Check("S3", cut_off || changed.contains(name),
                 [&, name = name] { return StrCat(where, ": no commit says that it changed ", name); });
  }
  for (const std::string& id : rows.memos) {
    world->Check("S3", requests.contains(id),
                 [&] { return StrCat(where, ": no commit says that it did request ", id); });
  }
  if (memos_expire) return;
  for (const std::string& id : requests) {
    world->Check("S7", rows.memos.contains(id),
                 [&] { return StrCat(where, ": the answer to request ", id, " is forgotten"); });
  }
}

void CheckPlaces(World* world, const std::string& where, const Rows& rows) {
  Places asked;
  for (const auto& [name, entity] : rows.entities) {
    const auto apart = rows.concerns.find(name);
    const storage::v1::Concern& concern = apart == rows.concerns.end() ? entity.concern() : apart->second;
    for (const std::string& audience : concern.audiences()) asked[{audience, name}] = {entity.sequence(), false};
    for (const auto& left : concern.withdrawals()) asked[{left.audience(), name}] = {left.sequence(), true};
    world->Check("F14", !entity.deleted() || concern.audiences().empty(), [&, name = name] {
      return StrCat(where, ": ", name, " is deleted and not withdrawn from everybody");
    });
  }
  for (const auto& [place, what] : asked) {
    const auto it = rows.feeds.find(place);
    world->Check("S6", it != rows.feeds.end() && it->second == what, [&, place = place, what = what] {
      return StrCat(where, ": ", place.second, " is not at ", what.first, " in the feed of ", place.first);
    });
  }
  for (const auto& [place, what] : rows.feeds) {
    // Perhaps what is left of a withdrawal that was cut off.
    const bool cut_off = what.first <= rows.checkpoint.sequence();
    world->Check("S6", cut_off || asked.contains(place), [&, place = place] {
      return StrCat(where, ": the feed of ", place.first, " has ", place.second, ", which does not concern it");
    });
  }
}

}  // namespace

void ScanStore(World* world, const std::string& where, const Store& store, bool memos_expire) {
  const std::unique_ptr<Snapshot> snapshot = store.TakeSnapshot();
  const Rows rows = ReadAll(world, where, *snapshot);
  CheckCommits(world, where, rows, snapshot->head());
  CheckAudits(world, where, rows, memos_expire);
  CheckPlaces(world, where, rows);
}

}  // namespace duban::simulation
