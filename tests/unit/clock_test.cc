// The machine's clock.

#include "common/base/clock.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ctime>
#include <string_view>

namespace duban {
namespace {

constexpr int kNewTimeNamespace = 0x80;
constexpr int kNotAllowed = 77;

// In a process of its own, on a machine that slept for a quarter of an hour, as a namespace makes believe. Returns
// kNotAllowed where such a namespace cannot be had.
int AfterSleeping() {
  constexpr std::string_view kSlept = "boottime 900 0\n";
  if (unshare(kNewTimeNamespace) != 0) return kNotAllowed;
  const int offsets = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
  if (write(offsets, kSlept.data(), kSlept.size()) < 0) return kNotAllowed;
  const pid_t child = fork();
  if (child == 0) {
    timespec awake;
    clock_gettime(CLOCK_MONOTONIC, &awake);
    _exit(RealClock().Steady() - absl::DurationFromTimespec(awake) >= absl::Minutes(15) ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

TEST(RealClock, SteadyTimePassesWhileTheMachineSleeps) {
  const pid_t child = fork();
  if (child == 0) _exit(AfterSleeping());
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  if (WEXITSTATUS(status) == kNotAllowed) GTEST_SKIP() << "namespaces of time are not allowed here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace duban
