// A few seeds on every run of the tests; many on demand with duban-sim.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/log.h"
#include "tests/simulation/simulator.h"

namespace duban::simulation {
namespace {

using ::testing::IsEmpty;

class SimulationTest : public ::testing::TestWithParam<uint64_t> {
 protected:
  void SetUp() override { SetLogLevel(LogLevel::kError); }
};

TEST_P(SimulationTest, EveryInvariantHolds) {
  RunOptions options;
  options.seed = GetParam();
  options.length = absl::Minutes(20);
  const RunResult result = Simulate(options);
  EXPECT_THAT(result.broken, IsEmpty()) << "replay: duban-sim --hours 0.3333 --seed " << options.seed;
  EXPECT_GT(result.acts, 20);
}

INSTANTIATE_TEST_SUITE_P(Seeds, SimulationTest, ::testing::Range<uint64_t>(1, 13));

TEST(SimulationDeterminismTest, TheSameSeedGivesTheSameTrace) {
  SetLogLevel(LogLevel::kError);
  RunOptions options;
  options.seed = 42;
  options.length = absl::Minutes(15);
  const RunResult first = Simulate(options), second = Simulate(options);
  EXPECT_EQ(first.trace_hash, second.trace_hash);
  EXPECT_EQ(first.events, second.events);
  options.seed = 43;
  EXPECT_NE(Simulate(options).trace_hash, first.trace_hash);
}

}  // namespace
}  // namespace duban::simulation
