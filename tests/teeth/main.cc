// duban-teeth: plants bugs from a list in the real services and stores, and watches the simulator and the crash
// harness find them.
//
//   duban-teeth                plants every bug, one after the other; prints a table
//   duban-teeth --list-bugs    what can be planted
//   duban-teeth --plant NAME [--seed FIRST] [--seeds COUNT]
//   duban-teeth --record       looks for each bug anew and keeps the seeds in tests/teeth/seeds.txt
//
// Exit code 0: found; 1: a bug was not found; 2: the command line is wrong.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "absl/time/clock.h"
#include "common/base/log.h"
#include "common/base/strings.h"
#include "tests/teeth/hunt.h"
#include "tests/teeth/planted_bugs.h"

namespace {

using duban::StrCat;
using duban::teeth::Found;
using duban::teeth::FoundIn;
using duban::teeth::Hunt;
using duban::teeth::HuntOptions;
using duban::teeth::PlantedBug;
using duban::teeth::PlantedBugs;
using duban::teeth::Recorded;

struct Settings {
  std::string plant;
  HuntOptions hunt;
  bool list = false;
  bool record = false;
  // Without --seed a hunt begins with the seed that found the bug last time.
  bool first_given = false;
};

int Width(std::string_view PlantedBug::*column) {
  size_t width = 0;
  for (const PlantedBug& bug : PlantedBugs()) width = std::max(width, (bug.*column).size());
  return static_cast<int>(width);
}

void List() {
  const int names = Width(&PlantedBug::name), breaks = Width(&PlantedBug::breaks);
  for (const PlantedBug& bug : PlantedBugs()) {
    std::printf("%-*s  %-*s  %s\n", names, bug.name.data(), breaks, bug.breaks.data(), bug.wrong.data());
  }
}

std::string FinderOf(const PlantedBug& bug, const Found& found) {
  if (!bug.command.empty()) return std::string(bug.command.substr(4, bug.command.find(' ') - 4));
  return StrCat("seed ", found.run.seed, ", ", found.run.minutes, " min");
}

std::optional<Found> Look(const PlantedBug& bug, const Settings& settings) {
  const auto recorded = duban::teeth::ReadRecorded();
  const auto known = recorded.find(std::string(bug.name));
  if (!settings.record && !settings.first_given && known != recorded.end()) {
    if (std::optional<Found> found = FoundIn(bug, known->second); found.has_value()) return found;
  }
  return Hunt(bug, settings.hunt);
}

// One bug, told at length.
int PlantOne(const Settings& settings) {
  const PlantedBug* bug = duban::teeth::FindBug(settings.plant);
  if (bug == nullptr) {
    std::fprintf(stderr, "duban-teeth: there is no bug `%s`; --list-bugs names them\n", settings.plant.c_str());
    return 2;
  }
  std::printf("planted %s: %s\n", bug->name.data(), bug->wrong.data());
  const std::optional<Found> found = Look(*bug, settings);
  if (!found.has_value()) {
    std::printf("NOT FOUND\n");
    return 1;
  }
  if (!bug->command.empty()) {
    std::printf("found by: DUBAN_PLANT=%s build/%s\n", bug->name.data(), bug->command.data());
    std::printf("%s", found->what.c_str());
    return 0;
  }
  std::printf("found by seed %llu of %d virtual minutes: %s\n", static_cast<unsigned long long>(found->run.seed),
              found->run.minutes, found->what.c_str());
  std::printf("watch it: DUBAN_PLANT=%s build/bin/duban-sim-planted --seed %llu --hours %g\n", bug->name.data(),
              static_cast<unsigned long long>(found->run.seed), found->run.minutes / 60.0);
  return 0;
}

// All of them, as a table.
int PlantAll(const Settings& settings) {
  const int names = Width(&PlantedBug::name);
  int missed = 0;
  std::map<std::string, Recorded> runs;
  std::printf("%-*s  %-22s  %-4s  %5s  %s\n", names, "planted bug", "found by", "what", "s", "what is wrong");
  for (const PlantedBug& bug : PlantedBugs()) {
    const absl::Time begin = absl::Now();
    const std::optional<Found> found = Look(bug, settings);
    const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
    if (!found.has_value()) ++missed;
    if (found.has_value() && bug.command.empty()) runs[std::string(bug.name)] = found->run;
    std::printf("%-*s  %-22s  %-4s  %5.1f  %s\n", names, bug.name.data(),
                found.has_value() ? FinderOf(bug, *found).c_str() : "NOT FOUND",
                found.has_value() ? found->invariant.c_str() : "", seconds, bug.wrong.data());
    std::fflush(stdout);
  }
  const auto count = static_cast<int>(PlantedBugs().size());
  std::printf("%d bugs planted, %d found, %d not found\n", count, count - missed, missed);
  if (settings.record) duban::teeth::WriteRecorded(runs);
  return missed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app("Plants bugs in the real services and stores, and watches them being found");
  app.add_flag("--list-bugs", settings.list, "Names the bugs");
  app.add_option("--plant", settings.plant, "Plants this one alone");
  auto* seed = app.add_option("--seed", settings.hunt.first, "Seed to begin with; default: the one that is recorded");
  app.add_option("--seeds", settings.hunt.seeds, "Seeds to try, of each length")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  app.add_flag("--record", settings.record, "Looks for each bug anew and keeps what found it");
  CLI11_PARSE(app, argc, argv);
  settings.first_given = seed->count() > 0;
  // Starting over, slow neighbours and the like are what a simulation is for.
  duban::SetLogLevel(duban::LogLevel::kError);
  if (settings.list) {
    List();
    return 0;
  }
  return settings.plant.empty() ? PlantAll(settings) : PlantOne(settings);
}
