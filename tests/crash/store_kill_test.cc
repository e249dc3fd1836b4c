// Kills a process that writes to a store, again and again, and checks from outside that nothing it promised is lost.
//
//   store_kill_test [--cycles N] [--seed S] [--threads T] [--victim PATH]
//
// The oracle lives here: it reads intents and answers from a pipe, so what it knows does not depend on the victim's
// disk. After a kill it either looks into the store itself, or leaves it to the next victim to recover, which may be
// killed while it does. Prints a table; exits 1 where anything was lost, doubled, torn or answered differently.

#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "common/base/strings.h"
#include "common/store/store.h"
#include "duban/v1/unit.pb.h"
#include "tests/crash/child_process.h"

namespace duban {
namespace {

using testing::ChildProcess;

constexpr const char* kFailpoints[] = {"commit.before_write", "commit.after_write", "commit.after_mark"};

struct Settings {
  int cycles = 200;
  uint64_t seed = 1;
  int threads = 6;
  std::string victim;
  std::string folder;
};

// What is known of one command.
struct Known {
  bool acknowledged = false;
  std::string answer;
};

struct Totals {
  int64_t kills = 0, failpoint_kills = 0, killed_before_open = 0, looks = 0;
  int64_t acknowledged = 0, repeated = 0, unknown = 0;
  int64_t lost = 0, holes = 0, partial = 0, other_answers = 0, not_opened = 0;
  int64_t bad() const { return lost + holes + partial + other_answers + not_opened; }
};

class Harness {
 public:
  explicit Harness(Settings settings) : settings_(std::move(settings)), dice_(settings_.seed) {}

  int Run() {
    for (int cycle = 0; cycle < settings_.cycles && totals_.bad() == 0; ++cycle) {
      Kill(cycle);
      // Every third kill is looked at from here; the others leave recovery to a victim.
      if (dice_() % 3 == 0 || cycle + 1 == settings_.cycles) Look(cycle % 20 == 19 || cycle + 1 == settings_.cycles);
    }
    std::printf("cycles %lld (at failpoints %lld, before the store was open %lld), looked at %lld times\n",
                Number(totals_.kills), Number(totals_.failpoint_kills), Number(totals_.killed_before_open),
                Number(totals_.looks));
    std::printf("commands acknowledged %lld, outcome unknown %lld, repeated %lld\n", Number(totals_.acknowledged),
                Number(totals_.unknown), Number(totals_.repeated));
    std::printf("lost %lld, holes %lld, partial %lld, other answers %lld, not opened %lld\n", Number(totals_.lost),
                Number(totals_.holes), Number(totals_.partial), Number(totals_.other_answers),
                Number(totals_.not_opened));
    return totals_.bad() == 0 ? 0 : 1;
  }

 private:
  static long long Number(int64_t number) { return static_cast<long long>(number); }

  // Ids of which the outcome is open, and one that was acknowledged: both have to answer the same from now on.
  std::vector<std::string> ToRepeat() {
    std::vector<std::string> ids(open_.begin(), open_.end());
    if (ids.size() > 50) ids.resize(50);
    if (!last_acknowledged_.empty()) ids.push_back(last_acknowledged_);
    totals_.repeated += static_cast<int64_t>(ids.size());
    return ids;
  }

  void Kill(int cycle) {
    std::vector<std::string> command = {settings_.victim, settings_.folder, StrCat(cycle), StrCat(settings_.threads),
                                        "0"};
    for (const std::string& id : ToRepeat()) command.push_back(id);
    std::vector<std::string> environment;
    const bool at_failpoint = dice_() % 4 == 0;
    if (at_failpoint) {
      environment.push_back(StrCat("DUBAN_FAILPOINT=", kFailpoints[dice_() % 3], "=kill:", 1 + dice_() % 8));
    }
    ChildProcess victim(command, environment, settings_.folder + ".log");
    std::string reports;
    // Mostly under load, sometimes while it opens. One that is to meet a failpoint gets long enough for it.
    const bool early = !at_failpoint && dice_() % 8 == 0;
    bool alive = true;
    while (alive && !early && reports.find("open\n") == std::string::npos) {
      alive = victim.Read(absl::Seconds(20), reports);
    }
    const absl::Time end = absl::Now() + absl::Milliseconds(at_failpoint ? 3000
                                                            : early      ? dice_() % 15
                                                                         : 1 + dice_() % 40);
    while (alive && absl::Now() < end) alive = victim.Read(end - absl::Now(), reports);
    const int ended = victim.Kill();
    while (alive) alive = victim.Read(absl::Seconds(20), reports);
    ++totals_.kills;
    if (reports.find("open\n") == std::string::npos) ++totals_.killed_before_open;
    if (WIFEXITED(ended)) {
      ++totals_.not_opened;
      std::fprintf(stderr, "the victim ended by itself with %d; see %s.log\n", WEXITSTATUS(ended),
                   settings_.folder.c_str());
    }
    if (at_failpoint && WIFSIGNALED(ended)) ++totals_.failpoint_kills;
    Note(reports);
  }

  void Note(const std::string& reports) {
    for (absl::string_view line : absl::StrSplit(reports, '\n', absl::SkipEmpty())) {
      const std::vector<std::string> words = absl::StrSplit(line, ' ');
      if (words.size() < 2) continue;
      const std::string& id = words[1];
      Known& known = known_[id];
      since_look_.insert(id);
      if (words[0] == "i") {
        if (!known.acknowledged) open_.insert(id);
      } else if (words[0] == "a") {
        if (known.acknowledged && known.answer != words[2]) {
          ++totals_.other_answers;
          std::fprintf(stderr, "%s was answered %s, and now %s\n", id.c_str(), known.answer.c_str(), words[2].c_str());
        }
        if (!known.acknowledged) ++totals_.acknowledged;
        known = {true, words[2]};
        last_acknowledged_ = id;
        open_.erase(id);
      } else if (words[0] == "u") {
        ++totals_.unknown;
      }
    }
  }

  // Opens the store and compares it with what is known.
  void Look(bool whole) {
    ++totals_.looks;
    StoreOptions options;
    options.path = settings_.folder;
    options.service = "plan";
    options.node = "city";
    auto store = Store::Open(options);
    if (!store.ok()) {
      ++totals_.not_opened;
      std::fprintf(stderr, "%s\n", store.status().ToString().c_str());
      return;
    }
    if (whole) {
      for (const absl::Status& status : {(*store)->VerifyChain(), (*store)->VerifyFeed()}) {
        if (status.ok()) continue;
        ++totals_.partial;
        std::fprintf(stderr, "%s\n", status.ToString().c_str());
      }
    }
    auto snapshot = (*store)->TakeSnapshot();
    // Which values of each counter are taken: 1 to the last, each once.
    std::map<char, std::set<int64_t>> values;
    int64_t present = 0;
    for (const auto& [id, known] : known_) {
      if (!whole && !since_look_.contains(id)) continue;
      auto a = snapshot->Get<v1::Unit>("units/a-" + id);
      auto b = snapshot->Get<v1::Unit>("units/b-" + id);
      auto memo = snapshot->GetRow(MemoKey("anybody", "r-" + id));
      if (!a.ok() || !b.ok() || !memo.ok()) {
        Complain(totals_.partial, id, "cannot be read");
        continue;
      }
      if (a->has_value() != b->has_value() || a->has_value() != memo->has_value()) {
        Complain(totals_.partial, id, "is there in part");
      }
      if (known.acknowledged && !a->has_value()) Complain(totals_.lost, id, "was acknowledged and is lost");
      if (!a->has_value()) continue;
      ++present;
      int64_t value = 0;
      ParseNumber((*a)->value.etag(), &value);
      if (known.acknowledged && (*a)->value.etag() != known.answer) {
        Complain(totals_.other_answers, id, "holds another answer");
      }
      if (!values[static_cast<char>((id.back() - '0') % 3)].insert(value).second) {
        Complain(totals_.holes, id, "has a value that another command has too");
      }
    }
    since_look_.clear();
    for (const auto& [counter, taken] : values) {
      if (whole && *taken.rbegin() != static_cast<int64_t>(taken.size()))
        Complain(totals_.holes, "a counter", "has holes");
    }
    if (whole && present == 0) Complain(totals_.lost, "everything", "is gone");
  }

  void Complain(int64_t& total, const std::string& id, const char* what) {
    if (++total <= 5) std::fprintf(stderr, "%s %s\n", id.c_str(), what);
  }

  const Settings settings_;
  std::mt19937_64 dice_;
  std::map<std::string, Known> known_;
  // Sent, and not acknowledged.
  std::set<std::string> open_;
  // Heard of since the store was looked into; every now and then it is looked into as a whole.
  std::set<std::string> since_look_;
  std::string last_acknowledged_;
  Totals totals_;
};

int Main(int argc, char** argv) {
  Settings settings;
  settings.victim = (std::filesystem::path(argv[0]).parent_path() / "store_victim").string();
  std::string parent =
      std::filesystem::exists("/dev/shm") ? "/dev/shm" : std::filesystem::temp_directory_path().string();
  CLI::App app("Kills a process that writes to a store and checks what is left");
  app.add_option("--cycles", settings.cycles, "Kills")->check(CLI::Range(1, 100'000'000))->capture_default_str();
  app.add_option("--seed", settings.seed, "Of what is drawn")->capture_default_str();
  app.add_option("--threads", settings.threads, "Threads that write")->check(CLI::Range(1, 256))->capture_default_str();
  app.add_option("--victim", settings.victim, "Program to kill")->capture_default_str();
  app.add_option("--dir", parent, "Where the store lies. Memory will do: a kill takes nothing from it")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  settings.folder = StrCat(parent, "/duban-store-kill-", getpid());
  std::printf("store_kill_test --cycles %d --seed %llu --threads %d\n", settings.cycles,
              static_cast<unsigned long long>(settings.seed), settings.threads);
  const int result = Harness(settings).Run();
  if (result == 0) {
    std::filesystem::remove_all(settings.folder);
    std::filesystem::remove(settings.folder + ".log");
  } else {
    std::printf("the store is kept in %s\n", settings.folder.c_str());
  }
  return result;
}

}  // namespace
}  // namespace duban

int main(int argc, char** argv) {
  return duban::Main(argc, argv);
}
