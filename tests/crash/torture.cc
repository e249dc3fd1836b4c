// Tortures the real programs for a while and prints one table.
//
//   duban-torture --minutes M [--only KIND,...] [--seed N]         long form: kinds take turns by time
//   duban-torture --only KIND --seed N --first I --cycles 1        one cycle again
//
// Exits 1 where anything acknowledged was lost, damage went unnoticed, or a program did not say or do what it promises
// (columns lost to late). The folder of a cycle that failed is kept, and the command that repeats it is printed.

#include "tests/crash/torture.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_split.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"

namespace duban::testing {
namespace {

namespace fs = std::filesystem;

// Cycles that failed and are kept; behind so many the run ends, since more of the same tell nothing.
constexpr int kMostFailures = 5;

struct Settings {
  double minutes = 2;
  // Of each kind; 0: as many as there is time for.
  int64_t cycles = 0;
  int64_t first = 0;
  uint64_t seed = 1;
  int jobs = 2;
  std::string only, folder, program;
};

uint64_t SeedOf(uint64_t seed, size_t kind, int64_t index) {
  std::seed_seq mix{seed, seed >> 32, static_cast<uint64_t>(kind), static_cast<uint64_t>(index)};
  uint32_t halves[2];
  mix.generate(halves, halves + 2);
  return (static_cast<uint64_t>(halves[0]) << 32) | halves[1];
}

// Of one kind, so far.
struct Column {
  const TortureKind* kind;
  size_t number;
  Tally total;
  int64_t next = 0;
  absl::Duration spent;
  std::string skipped;
  // As CycleReport says.
  int64_t over = 0;
};

class Run {
 public:
  Run(Settings settings, Programs programs) : settings_(std::move(settings)), bench_(std::move(programs)) {
    const std::vector<std::string> wanted = absl::StrSplit(settings_.only, ',', absl::SkipEmpty());
    for (size_t i = 0; i < TortureKinds().size(); ++i) {
      const TortureKind& kind = TortureKinds()[i];
      const bool named = std::find(wanted.begin(), wanted.end(), kind.name) != wanted.end();
      if (wanted.empty() || named) columns_.push_back({&kind, i, {}, settings_.first, absl::ZeroDuration(), "", 0});
    }
  }

  int Go() {
    end_ = RealClock().Steady() + absl::Minutes(settings_.minutes);
    std::vector<std::thread> workers;
    for (int i = 0; i < settings_.jobs; ++i) workers.emplace_back([this] { Work(); });
    for (std::thread& worker : workers) worker.join();
    return Print();
  }

 private:
  // The kind that got the least time so far; null: enough.
  Column* Take(CycleOrder& order) {
    MutexLock lock(&mu_);
    const bool late = settings_.cycles == 0 && RealClock().Steady() >= end_;
    if (late || failures_ >= kMostFailures) return nullptr;
    Column* best = nullptr;
    for (Column& column : columns_) {
      const bool done = settings_.cycles > 0 && column.next - settings_.first >= settings_.cycles;
      if (!done && column.skipped.empty() && column.over == 0 && (best == nullptr || column.spent < best->spent))
        best = &column;
    }
    if (best == nullptr) return nullptr;
    order.index = best->next++;
    // So that the other workers take other kinds meanwhile.
    best->spent += absl::Milliseconds(200);
    order.seed = SeedOf(settings_.seed, best->number, order.index);
    order.folder = StrCat(settings_.folder, "/", best->kind->name, "-", order.index);
    return best;
  }

  void Work() {
    CycleOrder order;
    while (Column* column = Take(order)) {
      fs::create_directories(order.folder);
      const absl::Duration start = RealClock().Steady();
      const CycleReport report = column->kind->run(bench_, order);
      MutexLock lock(&mu_);
      column->spent += RealClock().Steady() - start - absl::Milliseconds(200);
      column->total.Add(report.tally);
      column->skipped = report.skipped;
      column->over = std::max(column->over, report.over);
      if (report.tally.bad() == 0) {
        fs::remove_all(order.folder);
        continue;
      }
      ++failures_;
      std::printf(
          "FAILED %s, cycle %lld; its folder is kept: %s\nagain: %s --only %s --seed %llu --first %lld --cycles "
          "1\n%s\n",
          column->kind->name, static_cast<long long>(order.index), order.folder.c_str(), settings_.program.c_str(),
          column->kind->name, static_cast<unsigned long long>(settings_.seed), static_cast<long long>(order.index),
          report.story.c_str());
      std::fflush(stdout);
    }
  }

  static void Row(const char* name, const Tally& t) {
    const int64_t numbers[] = {t.cycles, t.faults, t.acknowledged, t.refused, t.unknown,
                               t.lost,   t.silent, t.stuck,        t.unclear, t.late};
    std::printf("%-10s", name);
    for (int64_t number : numbers) std::printf(" %9lld", static_cast<long long>(number));
    std::printf("\n");
  }

  int Print() {
    MutexLock lock(&mu_);
    Tally all;
    std::printf("%-10s", "kind");
    for (const char* name :
         {"cycles", "faults", "acked", "refused", "unknown", "lost", "silent", "stuck", "unclear", "late"}) {
      std::printf(" %9s", name);
    }
    std::printf("\n");
    for (const Column& column : columns_) {
      if (!column.skipped.empty()) {
        std::printf("%-10s SKIPPED: %s\n", column.kind->name, column.skipped.c_str());
        continue;
      }
      Row(column.kind->name, column.total);
      all.Add(column.total);
    }
    Row("all", all);
    for (const Column& column : columns_) {
      if (column.over > 0) std::printf("%s: all of %lld\n", column.kind->name, static_cast<long long>(column.over));
    }
    if (all.bad() == 0 && all.cycles > 0) fs::remove_all(settings_.folder);
    return all.bad() == 0 ? 0 : 1;
  }

  const Settings settings_;
  Bench bench_;
  absl::Duration end_;
  Mutex mu_;
  std::vector<Column> columns_ ABSL_GUARDED_BY(mu_);
  int failures_ ABSL_GUARDED_BY(mu_) = 0;
};

int Main(int argc, char** argv) {
  Settings settings;
  settings.program = argv[0];
  Programs programs;
  programs.folder = fs::absolute(argv[0]).parent_path().string();
  double stops_within = 1;
  std::string parent = fs::exists("/dev/shm") ? "/dev/shm" : fs::temp_directory_path().string();
  std::string kinds;
  for (const TortureKind& kind : TortureKinds()) StrAppend(&kinds, "\n  ", kind.name, ": ", kind.meaning);
  CLI::App app("Kills, cuts the power of, damages and starves the real programs, and checks what is left. Kinds:" +
               kinds);
  app.add_option("--minutes", settings.minutes, "How long")->check(CLI::Range(0.01, 100'000.0))->capture_default_str();
  app.add_option("--cycles", settings.cycles, "So many of each kind, however long it takes");
  app.add_option("--first", settings.first, "Number of the first cycle of each kind");
  app.add_option("--only", settings.only, "Kinds, with commas between; all where none is named");
  app.add_option("--seed", settings.seed, "Of what is drawn")->capture_default_str();
  app.add_option("--victim", programs.other_victim, "Instead of store_victim and the servers: one with a planted bug");
  app.add_option("--stops-within", stops_within,
                 "Seconds in which a victim stops whose disk failed; more on a machine that is busy")
      ->check(CLI::Range(0.1, 600.0))
      ->capture_default_str();
  app.add_option("--jobs", settings.jobs, "Cycles at the same time")->check(CLI::Range(1, 256))->capture_default_str();
  app.add_option("--dir", parent, "Where the stores lie. Memory will do: the power is cut by us")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  programs.stops_within = absl::Seconds(stops_within);
  settings.folder = StrCat(parent, "/duban-torture-", getpid());
  std::printf("duban-torture --seed %llu --minutes %g --only '%s'\n", static_cast<unsigned long long>(settings.seed),
              settings.minutes, settings.only.c_str());
  std::fflush(stdout);
  // Stores that are opened here are damaged more often than not, and say so.
  SetLogLevel(LogLevel::kError);
  fs::create_directories(settings.folder);
  if (std::freopen((settings.folder + "/words").c_str(), "a", stderr) == nullptr) return 2;
  return Run(settings, programs).Go();
}

}  // namespace
}  // namespace duban::testing

int main(int argc, char** argv) {
  return duban::testing::Main(argc, argv);
}
