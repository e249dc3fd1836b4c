// A few seeds on every run of the tests; many on demand with duban-sim.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "common/base/log_silence.h"
#include "common/base/strings.h"
#include "tests/simulation/feed_watch.h"
#include "tests/simulation/invariants.h"
#include "tests/simulation/simulator.h"
#include "tests/support/tree.h"

namespace duban::simulation {
namespace {

using ::testing::IsEmpty;

constexpr uint64_t kSeeds = 40;
constexpr absl::Duration kLength = absl::Minutes(20);

RunResult RunSeed(uint64_t seed, absl::Duration length = kLength) {
  SilenceLog();
  RunOptions options;
  options.seed = seed;
  options.length = length;
  return Simulate(options);
}

// What happened in all seeds of the suite.
std::map<std::string, int64_t>& Counts() {
  static std::map<std::string, int64_t> counts;
  return counts;
}

TEST(SimulationTest, EveryInvariantHoldsInEverySeedAndEverythingHappens) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const RunResult result = RunSeed(seed);
    RunOptions options;
    options.seed = seed;
    options.length = kLength;
    EXPECT_THAT(result.broken, IsEmpty()) << ReplayCommand(options);
    for (const auto& [what, count] : result.counts) Counts()[what] += count;
  }
  // A kind of fault, work or check that never happens holds nothing.
  for (const FaultKind& kind : FaultKinds()) {
    EXPECT_GT(Counts()["fault." + std::string(kind.name)], 0) << kind.name;
  }
  // Pages are told, start over, come again, live their time, and there is what they may not see.
  for (const char* page : {"told", "starts_over", "came_back", "lived", "blind"}) {
    EXPECT_GT(Counts()[StrCat("work.page_", page)], 0) << page;
  }
  for (const Invariant& invariant : Invariants()) {
    if (invariant.when.empty()) continue;
    EXPECT_GT(Counts()["check." + std::string(invariant.name)], 0) << invariant.name;
  }
}

TEST(SimulationTest, TheSameSeedGivesTheSameTrace) {
  const RunResult first = RunSeed(42), second = RunSeed(42);
  EXPECT_EQ(first.trace_hash, second.trace_hash);
  EXPECT_EQ(first.events, second.events);
  EXPECT_NE(RunSeed(43).trace_hash, first.trace_hash);
}

// The hashes of every compiler: tests/simulation/golden.txt is made by
// `build/bin/duban-sim --seed 1 --seeds 10 --hours 0.25 --hashes | grep -v seeds > tests/simulation/golden.txt`.
TEST(SimulationTest, EveryCompilerGivesTheGoldenTraces) {
  std::ifstream file(SourceFolder() + "/tests/simulation/golden.txt");
  uint64_t seed = 0;
  std::string hash;
  int seeds = 0;
  while (file >> seed >> hash) {
    ++seeds;
    EXPECT_EQ(RunSeed(seed, absl::Minutes(15)).trace_hash, std::stoull(hash, nullptr, 16)) << "seed " << seed;
  }
  EXPECT_EQ(seeds, 10);
}

v1::FeedPosition At(const std::string& epoch, int64_t sequence, const std::string& hash) {
  v1::FeedPosition position;
  position.set_epoch(epoch);
  position.set_sequence(sequence);
  position.set_hash(hash);
  return position;
}

// What is told once is told to a straggler again; a position of another history at the same sequence is another one.
TEST(HeardFollowerTest, WasToldOfAPositionByEpochSequenceAndHash) {
  const absl::Time now = absl::FromUnixSeconds(1'000'000);
  const auto cut_off = [&](const v1::FeedPosition& told, const v1::FeedPosition& then) {
    HeardFollower heard;
    const auto ask = [&](const v1::FeedPosition& at, bool answered) {
      return heard.IsWronged(at, answered, !answered, now, absl::Hours(1));
    };
    ask(told, false);
    EXPECT_FALSE(ask(then, true));
    return ask(then, false);
  };
  const v1::FeedPosition told = At("e1", 100, "h1");
  EXPECT_FALSE(cut_off(told, told));
  EXPECT_TRUE(cut_off(told, At("e1", 101, "h1")));
  EXPECT_TRUE(cut_off(told, At("e2", 100, "h1")));
  EXPECT_TRUE(cut_off(told, At("e1", 100, "h2")));
}

TEST(SimulationTest, FaultsAreReadByNameAndStrangersRefused) {
  EXPECT_THAT(ParseFaults("none").value(), IsEmpty());
  EXPECT_EQ(ParseFaults("loss,crash").value(), (FaultSet{"crash", "loss"}));
  EXPECT_EQ(ParseFaults("all")->size(), FaultKinds().size());
  EXPECT_FALSE(ParseFaults("loss,gremlins").has_value());
}

}  // namespace
}  // namespace duban::simulation
