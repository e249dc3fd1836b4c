#include "tests/simulation/store_scan.h"

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "common/base/strings.h"

namespace duban::simulation {
namespace {

// What a walk over all rows found.
struct Rows {
  std::map<int64_t, storage::v1::CommitRecord> commits;
  std::map<std::string, storage::v1::EntityRecord> entities;
  // Audience and sequence, to the name and whether it is a withdrawal.
  std::map<std::pair<std::string, int64_t>, std::pair<std::string, bool>> feed;
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
        rows.feed[{audience, SequenceOfKey(key)}] = {std::string(value.substr(1)), value[0] != 0};
        break;
      }
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
  int64_t end = 0;
  std::string hash;
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
      for (const std::string& entity : audit.entities()) changed[entity] = {commit.first_sequence(), sequence};
      if (!audit.request_id().empty()) requests.insert(audit.request_id());
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
    world->Check("S3", changed.contains(name),
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
  size_t places = 0;
  for (const auto& [name, entity] : rows.entities) {
    for (const auto& place : entity.places()) {
      ++places;
      const auto it = rows.feed.find({place.audience(), place.sequence()});
      const bool there = it != rows.feed.end() && it->second == std::pair(name, place.withdrawn());
      world->Check("S6", there, [&, name = name] {
        return StrCat(where, ": ", name, " has no row at ", place.sequence(), " in the feed of ", place.audience());
      });
      world->Check("F14", !entity.deleted() || place.withdrawn(), [&, name = name] {
        return StrCat(where, ": ", name, " is deleted and not withdrawn from ", place.audience());
      });
    }
  }
  world->Check("S6", places == rows.feed.size(), [&] {
    return StrCat(where, " has ", rows.feed.size(), " feed rows for ", places, " places of entities");
  });
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
