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
  };
  return *bugs;
}

const PlantedBug* FindBug(std::string_view name) {
  const auto& bugs = PlantedBugs();
  const auto found = std::find_if(bugs.begin(), bugs.end(), [&](const PlantedBug& bug) { return bug.name == name; });
  return found == bugs.end() ? nullptr : &*found;
}

}  // namespace duban::teeth
