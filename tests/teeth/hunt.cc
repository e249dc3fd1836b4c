#include "tests/teeth/hunt.h"

#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/strings.h"
#include "tests/support/patience.h"
#include "tests/support/tree.h"
#include "tests/teeth/plant.h"

namespace duban::teeth {
namespace {

constexpr int kLengths[] = {20, 60};
// What a shell adds to the signal that ended a command.
constexpr int kShellSignal = 128;
constexpr char kRecordedHead[] =
    "# The simulated runs that show the planted bugs: bug, seed, virtual minutes. Where the simulator or the logic\n"
    "# changes, other seeds may show a bug: tools/teeth --record looks for them and writes this file.\n";

std::string RecordedPath() {
  return SourceFolder() + "/tests/teeth/seeds.txt";
}

// `F3 at 1234 ms: words` -> F3.
std::string InvariantOf(const std::string& broken) {
  return broken.substr(0, broken.find(' '));
}

bool Breaks(const PlantedBug& bug, const std::string& invariant) {
  const std::vector<std::string> names = absl::StrSplit(absl::string_view(bug.breaks.data(), bug.breaks.size()), ' ');
  return std::find(names.begin(), names.end(), invariant) != names.end();
}

std::optional<Found> HuntWithCommand(const PlantedBug& bug) {
  Ended ended = RunCommand(bug.command, bug.name);
  if (!ended.found) return std::nullopt;
  return Found{{}, std::string(bug.breaks), std::move(ended.output), 0};
}

std::optional<Found> HuntWithSimulator(const PlantedBug& bug, const HuntOptions& options) {
  int ran = 0;
  for (const int minutes : kLengths) {
    for (int i = 0; i < options.seeds; ++i) {
      ++ran;
      std::optional<Found> found = FoundIn(bug, {options.first + static_cast<uint64_t>(i), minutes});
      if (!found.has_value()) continue;
      found->seeds = ran;
      return found;
    }
  }
  return std::nullopt;
}

}  // namespace

simulation::RunOptions OptionsOf(const Recorded& run) {
  simulation::RunOptions options;
  options.seed = run.seed;
  options.length = absl::Minutes(run.minutes);
  return options;
}

std::optional<Found> FoundIn(const PlantedBug& bug, const Recorded& run) {
  Plant(bug.name);
  const simulation::RunResult result = simulation::Simulate(OptionsOf(run));
  Plant("");
  for (const std::string& broken : result.broken) {
    const std::string invariant = InvariantOf(broken);
    if (Breaks(bug, invariant)) return Found{run, invariant, broken, 1};
  }
  return std::nullopt;
}

std::optional<Found> Hunt(const PlantedBug& bug, const HuntOptions& options) {
  return bug.command.empty() ? HuntWithSimulator(bug, options) : HuntWithCommand(bug);
}

Ended RunCommand(std::string_view command, std::string_view planted) {
  // In memory, where it can be: what these commands do to a process takes nothing from the disk.
  std::string folder = StrCat(std::filesystem::exists("/dev/shm") ? "/dev/shm" : "/tmp", "/duban_teeth_XXXXXX");
  if (mkdtemp(folder.data()) == nullptr) return {false, false, StrCat("cannot make ", folder)};
  const std::string placed = absl::StrReplaceAll(absl::string_view(command.data(), command.size()),
                                                 {{"bin/", BuildFolder() + "/bin/"}, {"DIR", folder}});
  const std::string log = folder + "/output";
  const int64_t seconds = absl::ToInt64Seconds(testing::Patience(absl::Seconds(100)));
  // One test that fails is enough to find a bug.
  const std::string whole =
      StrCat("GTEST_FAIL_FAST=1 DUBAN_PLANT=", planted, " timeout ", seconds, " ", placed, " >", log, " 2>&1");
  const int status = std::system(whole.c_str());
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  std::stringstream output;
  output << std::ifstream(log).rdbuf();
  std::filesystem::remove_all(folder);
  return {code == 1 || code == kShellSignal + SIGABRT, code == 0, output.str()};
}

std::map<std::string, Recorded> ReadRecorded() {
  std::map<std::string, Recorded> runs;
  std::ifstream file(RecordedPath());
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string name;
    Recorded run;
    if (!(words >> name >> run.seed >> run.minutes)) {
      std::fprintf(stderr, "%s: not `bug seed minutes`: %s\n", RecordedPath().c_str(), line.c_str());
      std::exit(2);
    }
    runs[name] = run;
  }
  return runs;
}

void WriteRecorded(const std::map<std::string, Recorded>& runs) {
  std::ofstream file(RecordedPath());
  file << kRecordedHead;
  for (const auto& [name, run] : runs) file << name << ' ' << run.seed << ' ' << run.minutes << '\n';
}

}  // namespace duban::teeth
