// A child gets what it is given and nothing else, and ends at every limit.

#include "common/base/child_process.h"

#include <gtest/gtest.h>

#include <string>

namespace duban {
namespace {

using End = ChildResult::End;

constexpr ChildLimits kWide = {
    .cpu_seconds = 10, .wall_seconds = 60, .memory_bytes = 256 << 20, .output_bytes = 8 << 20};

TEST(ChildProcess, AnswersWithWhatItWasGiven) {
  // More than a pipe or a socket holds, so that both sides take turns.
  const std::string input(3 << 20, 'a');
  const ChildResult result = RunChild({"/bin/cat"}, input, kWide);
  EXPECT_EQ(result.end, End::kExited);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.output, input);
}

TEST(ChildProcess, NeedNotListen) {
  const ChildResult result = RunChild({"/bin/sh", "-c", "echo done; exit 3"}, std::string(1 << 20, 'a'), kWide);
  EXPECT_EQ(result.end, End::kExited);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.output, "done\n");
}

TEST(ChildProcess, SeesNoEnvironmentAndNoOpenFiles) {
  EXPECT_EQ(RunChild({"/usr/bin/env"}, "", kWide).output, "");
  // The fourth is the folder that is being listed.
  EXPECT_EQ(RunChild({"/bin/ls", "/proc/self/fd"}, "", kWide).output, "0\n1\n2\n3\n");
}

TEST(ChildProcess, IsNotStartedWhereThereIsNone) {
  EXPECT_EQ(RunChild({"/usr/bin/no-such-program"}, "", kWide).end, End::kNotStarted);
}

TEST(ChildProcess, IsKilledAtTheLimitOfOutput) {
  ChildLimits limits = kWide;
  limits.output_bytes = 100000;
  EXPECT_EQ(RunChild({"/usr/bin/yes"}, "", limits).end, End::kTooMuchOutput);
}

TEST(ChildProcess, IsKilledAtTheLimitOfTime) {
  ChildLimits limits = kWide;
  limits.wall_seconds = 1;
  EXPECT_EQ(RunChild({"/usr/bin/tail", "-f", "/dev/null"}, "", limits).end, End::kTimedOut);
  // One that says it is done and goes on.
  EXPECT_EQ(RunChild({"/bin/sh", "-c", "exec 1>/dev/null; exec tail -f /dev/null"}, "", limits).end, End::kTimedOut);
}

TEST(ChildProcess, IsKilledAtTheLimitOfProcessorTime) {
  ChildLimits limits = kWide;
  limits.cpu_seconds = 1;
  EXPECT_EQ(RunChild({"/bin/sh", "-c", "while :; do :; done"}, "", limits).end, End::kKilled);
}

TEST(ChildProcess, GetsNoMoreMemoryThanItsLimit) {
  ChildLimits limits = kWide;
  limits.memory_bytes = 32 << 20;
  // A line of 64 MiB has to be held as a whole.
  const ChildResult result =
      RunChild({"/bin/sh", "-c", "head -c 67108864 /dev/zero | tr '\\0' a | sort | wc -c"}, "", limits);
  EXPECT_NE(result.output, "67108865\n");
}

}  // namespace
}  // namespace duban
