#include "tests/teeth/planted_bugs.h"

#include <algorithm>

namespace duban::teeth {
namespace {

constexpr std::string_view kStoreKills =
    "bin/store_kill_test --cycles 20 --seed 1 --dir DIR --victim bin/store_victim_planted";

}  // namespace

const std::vector<PlantedBug>& PlantedBugs() {
  static const auto* const bugs = new std::vector<PlantedBug>{
      {"feed.resume_skips_one", "a page begins one behind the sequence after the follower's position", "F4 F13", ""},
      {"store.answer_before_write", "callers are answered when their commands are ready, before these are on disk",
       "S1", kStoreKills},
      {"store.mark_before_write", "the high-water mark moves before what it vouches for is written", "S5", kStoreKills},
      {"store.mark_in_one_slot", "the high-water mark is written over the one before, so a torn write leaves none",
       "S1 S5", "bin/duban-torture --only power --cycles 60 --seed 1 --dir DIR --victim store_victim_planted"},
      {"store.mark_never_moves", "the high-water mark stays where it was when the store was made", "S5",
       "bin/duban-torture --only damage --cycles 4 --seed 1 --dir DIR --victim store_victim_planted"},
      {"store.memo_in_second_batch", "the memo of a request is written after its effect", "S3 S7",
       "bin/duban-torture --only failpoint --cycles 14 --seed 1 --dir DIR --victim store_victim_planted"},
      {"store.opens_below_mark", "a store that lost its last commits is opened all the same", "S5",
       "bin/duban-torture --only damage --cycles 4 --seed 1 --dir DIR --victim store_victim_planted"},
      {"store.unknown_told_as_refused", "callers of a write that failed are told that nothing was written", "S4",
       "bin/duban-torture --only io --cycles 80 --seed 1 --dir DIR --victim store_victim_planted"},
      {"store.write_without_sync", "groups are written and not synced", "S1",
       "bin/duban-torture --only power --cycles 12 --seed 1 --dir DIR --victim store_victim_planted"},
  };
  return *bugs;
}

const PlantedBug* FindBug(std::string_view name) {
  const auto& bugs = PlantedBugs();
  const auto found = std::find_if(bugs.begin(), bugs.end(), [&](const PlantedBug& bug) { return bug.name == name; });
  return found == bugs.end() ? nullptr : &*found;
}

}  // namespace duban::teeth
