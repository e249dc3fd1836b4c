#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "common/base/failpoint.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/rpc/exit_codes.h"
#include "tests/crash/damage.h"
#include "tests/crash/power_cut.h"
#include "tests/crash/torture.h"

namespace duban::testing {
namespace {

namespace fs = std::filesystem;

// A cycle under way.
class Cycle {
 public:
  Cycle(const CycleOrder& order, std::unique_ptr<Victim> victim)
      : order_(order), victim_(std::move(victim)), oracle_(victim_->writer()) {
    fs::create_directories(data());
  }

  std::string data() const { return order_.folder + "/disk"; }
  std::string store() const { return victim_->store(data()); }
  Victim& victim() { return *victim_; }
  Oracle& oracle() { return oracle_; }
  void Tell(const std::string& what) { StrAppend(&story_, "  ", what, "\n"); }
  void CountFault() { ++faults_; }

  Round NewRound() {
    Round round;
    round.folder = data();
    round.log = order_.folder + "/log";
    round.number = rounds_++;
    return round;
  }

  // Runs the victim and takes in what it said.
  Ended Run(Round round) {
    round.repeated = oracle_.ToRepeat();
    Ended ended = victim_->Run(round);
    oracle_.Note(ended.reports);
    return ended;
  }

  // The victim ended by itself, and should not have.
  void ComplainOfEnd(const Ended& ended, const std::string& when) {
    const std::string how =
        ended.code() >= 0 ? StrCat("with code ", ended.code()) : StrCat("by signal ", WTERMSIG(ended.status));
    const std::string words = ended.words.substr(ended.words.size() - std::min<size_t>(ended.words.size(), 600));
    oracle_.Complain(&Tally::stuck, StrCat(when, " the victim ended by itself ", how, ": ", words));
  }

  // Looks into the store, which has to open.
  bool Look(const std::string& when) {
    std::string why;
    if (oracle_.Look(store(), false, &why) != Oracle::View::kNotOpened) return true;
    oracle_.Complain(&Tally::stuck, StrCat(when, " the store does not open: ", why));
    return false;
  }

  // Without anything wrong any more it starts by itself, answers, and ends as it should; and nothing is missing.
  void Finish() {
    Round round = NewRound();
    round.commands = 5;
    const Ended ended = Run(round);
    if (ended.code() != 0 || !ended.opened) ComplainOfEnd(ended, "at the end");
    if (ended.code() == 0 && ended.reports.find("\na ") == std::string::npos) {
      oracle_.Complain(&Tally::stuck, "at the end nothing is acknowledged: " + ended.reports);
    }
    if (ended.code() == 0) Look("at the end");
  }

  CycleReport Report() {
    CycleReport report;
    report.tally = oracle_.tally();
    report.tally.cycles = 1;
    report.tally.faults = faults_;
    report.story = story_ + oracle_.complaints();
    return report;
  }

 private:
  const CycleOrder order_;
  const std::unique_ptr<Victim> victim_;
  Oracle oracle_;
  int rounds_ = 0;
  int64_t faults_ = 0;
  std::string story_;
};

absl::Duration Millis(uint64_t count) {
  return absl::Milliseconds(static_cast<int64_t>(count));
}

// When a victim is killed: mostly under load, sometimes while it opens.
void DrawMoment(std::mt19937_64& dice, Writer writer, Round& round) {
  const bool server = writer == Writer::kPlanService;
  if (dice() % 6 == 0) {
    round.early = Millis(dice() % (server ? 150 : 20));
  } else {
    round.time = Millis(1 + dice() % (server ? 150 : 40));
  }
}

// Failpoints that a cycle can come to: those of one store and of one server.
std::vector<FailpointInfo> Reachable() {
  std::vector<FailpointInfo> reachable;
  for (const FailpointInfo& info : kFailpoints) {
    const bool alone = info.where == FailpointPlace::kStore || info.where == FailpointPlace::kTornEnd ||
                       info.where == FailpointPlace::kServer;
    if (alone) reachable.push_back(info);
  }
  return reachable;
}

// A write that the power cut in two: half a record at the end of the newest log.
void TearEndOfLog(const std::string& store) {
  std::string newest;
  for (const auto& entry : fs::directory_iterator(store + "/db")) {
    const std::string path = entry.path().string();
    if (path.ends_with(".log") && path > newest) newest = path;
  }
  std::ofstream(newest, std::ios::binary | std::ios::app) << std::string("\x12\x34\x56\x78\x40\x00\x01half", 11);
}

// Faults of the sweep, in turn.
constexpr const char* kIoFaults[] = {"eio",          "eio:sticky", "enospc", "enospc:sticky", "edquot",
                                     "erofs:sticky", "eintr",      "short",  "stall",         "lie"};

constexpr int64_t kIoKinds = std::size(kIoFaults);

// A call that is to fail: the `nth` of `calls` that a kind of fault can meet while the victim runs so many commands.
struct Blow {
  std::string kind;
  int64_t nth = 1;
  int64_t calls = 1;
  int commands = 1;
};

// Runs the workload with one call that fails, and looks at what is left.
CycleReport Strike(Bench& bench, const CycleOrder& order, Cycle& cycle, const Blow& blow);

std::string FaultText(const std::string& kind, int64_t nth) {
  const size_t colon = kind.find(':');
  return StrCat(kind.substr(0, colon), ":", nth, colon == std::string::npos ? "" : ":sticky");
}

// The call of a turn: each once in `calls` turns, and the first few turns well apart.
int64_t NthOf(int64_t turn, int64_t calls) {
  int64_t step = std::max<int64_t>(calls * 618 / 1000, 1);
  while (std::gcd(step, calls) != 1) ++step;
  return 1 + turn * step % calls;
}

}  // namespace

ShimSession::ShimSession(const Programs& programs, const std::string& folder, const std::string& fault,
                         const std::string& shadow) {
  const std::string page = folder + ".shim";
  fs::remove(page);
  const int file = open(page.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || ftruncate(file, sizeof(ShimState)) != 0) std::abort();
  void* shared = mmap(nullptr, sizeof(ShimState), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (shared == MAP_FAILED) std::abort();
  state_ = static_cast<ShimState*>(shared);
  environment_ = {"LD_PRELOAD=" + programs.shim(), "DUBAN_SHIM_FOLDER=" + folder, "DUBAN_SHIM_STATE=" + page,
                  "DUBAN_SHIM_FAULT=" + fault, "DUBAN_SHIM_SHADOW=" + shadow};
  if (shadow.empty()) return;
  fs::remove_all(shadow);
  fs::create_directories(shadow);
}

ShimSession::~ShimSession() {
  munmap(state_, sizeof(ShimState));
}

std::string ShimSession::Struck() const {
  static const char* const kNames[] = {"making",
                                       "opening for writing",
                                       "opening",
                                       "reading",
                                       "writing",
                                       "reserving space for",
                                       "cutting",
                                       "syncing",
                                       "syncing the folder",
                                       "renaming",
                                       "removing",
                                       "making the folder",
                                       "closing"};
  if (state_->struck_nanos.load() == 0) return "";
  return StrCat(kNames[state_->call.load()], " ", state_->path);
}

std::unique_ptr<Victim> Bench::DrawVictim(std::mt19937_64& dice, uint32_t one_server_in) const {
  if (dice() % one_server_in != 0 || !programs_.other_victim.empty()) return MakeStoreVictim(programs_);
  return MakeServiceVictim(programs_, dice() % 3 == 0 ? "duban-node" : "duban-plan");
}

int64_t Bench::CallsOf(const std::string& fault, Victim& victim, const CycleOrder& order, int commands) {
  const std::pair<std::string, int> key(fault, static_cast<int>(victim.writer()));
  MutexLock lock(&mu_);
  if (auto known = calls_.find(key); known != calls_.end()) return known->second;
  const std::string folder = order.folder + "/measured";
  fs::create_directories(folder);
  ShimSession shim(programs_, folder, FaultText(fault, 1'000'000'000), "");
  Round round;
  round.folder = folder;
  round.log = folder + ".log";
  round.commands = commands;
  round.environment = shim.environment();
  victim.Run(round);
  fs::remove_all(folder);
  return calls_[key] = std::max<int64_t>(shim.state().calls.load(), 1);
}

bool IsClear(const Ended& ended, Writer writer, const std::string& folder, int exit_code) {
  if (writer == Writer::kPlanService && ended.code() != exit_code) return false;
  const size_t last = ended.words.rfind('\n', ended.words.size() - std::min<size_t>(ended.words.size(), 2));
  const std::string line = ended.words.substr(last == std::string::npos ? 0 : last + 1);
  const bool remedy = exit_code == kExitStore ? line.find("duban node restore") != std::string::npos
                                              : line.find("start it again") != std::string::npos;
  return remedy && line.find(folder) != std::string::npos;
}

CycleReport KillCycle(Bench& bench, const CycleOrder& order) {
  std::mt19937_64 dice(order.seed);
  Cycle cycle(order, bench.DrawVictim(dice, 4));
  for (int kill = 0; kill < 4; ++kill) {
    Round round = cycle.NewRound();
    DrawMoment(dice, cycle.victim().writer(), round);
    const Ended ended = cycle.Run(round);
    cycle.CountFault();
    if (ended.code() >= 0) cycle.ComplainOfEnd(ended, "under way");
    if (dice() % 3 == 0 && !cycle.Look("after a kill")) break;
  }
  cycle.Finish();
  return cycle.Report();
}

CycleReport FailpointCycle(Bench& bench, const CycleOrder& order) {
  std::mt19937_64 dice(order.seed);
  const std::vector<FailpointInfo> all = Reachable();
  const FailpointInfo& place = all[static_cast<size_t>(order.index) % all.size()];
  const std::string name = place.name;
  const bool server = place.where == FailpointPlace::kServer;
  Cycle cycle(order, server ? MakeServiceVictim(bench.programs(), "duban-node") : MakeStoreVictim(bench.programs()));
  cycle.Tell("failpoint " + name);
  if (place.where == FailpointPlace::kTornEnd) {
    Round first = cycle.NewRound();
    first.commands = 20;
    cycle.Run(first);
    TearEndOfLog(cycle.store());
  } else if (name.starts_with("open.")) {
    // A kill between write and mark, so that opening finds more than the mark says.
    Round first = cycle.NewRound();
    first.commands = 20;
    first.environment = {"DUBAN_FAILPOINT=commit.after_write=kill:9"};
    cycle.Run(first);
  }
  // The first arrival is the one in a new folder; later ones are in one that has been used.
  for (const bool first : {true, false}) {
    const int arrival = first ? 1 : 1 + static_cast<int>(dice() % 4);
    Round round = cycle.NewRound();
    round.commands = 30;
    round.environment = {StrCat("DUBAN_FAILPOINT=", name, "=kill:", arrival)};
    const Ended ended = cycle.Run(round);
    const bool met = ended.code() < 0 && WTERMSIG(ended.status) == SIGKILL;
    if (met) cycle.CountFault();
    if (!met && first) cycle.ComplainOfEnd(ended, StrCat("instead of meeting ", name));
    if (!cycle.Look(StrCat("after ", name))) break;
  }
  cycle.Finish();
  return cycle.Report();
}

CycleReport PowerCycle(Bench& bench, const CycleOrder& order) {
  std::mt19937_64 dice(order.seed);
  Cycle cycle(order, bench.DrawVictim(dice, 6));
  for (int cut = 0; cut < 3; ++cut) {
    const std::string shadow = StrCat(order.folder, "/shadow-", cut);
    const bool at_call = dice() % 2 == 0;
    const auto nth = static_cast<int64_t>(1 + dice() % (cut == 0 ? 250 : 150));
    ShimSession shim(bench.programs(), cycle.data(), at_call ? StrCat("kill:", nth) : "", shadow);
    Round round = cycle.NewRound();
    round.environment = shim.environment();
    DrawMoment(dice, cycle.victim().writer(), round);
    if (at_call) {
      round.early = absl::InfiniteDuration();
      round.time = absl::Seconds(3);
    }
    const std::set<std::string> before = NamesIn(cycle.data());
    const Ended ended = cycle.Run(round);
    cycle.CountFault();
    const Luck luck = static_cast<Luck>(dice() % 3);
    const int lost = CutPower(cycle.data(), before, shadow, luck, dice);
    cycle.Tell(StrCat("power cut, luck ", static_cast<int>(luck), ", ", lost, " unsynced things lost ", shim.Struck()));
    if (ended.code() >= 0) cycle.ComplainOfEnd(ended, "under way");
    if (dice() % 2 == 0 && !cycle.Look("after a power cut")) return cycle.Report();
  }
  cycle.Finish();
  return cycle.Report();
}

CycleReport DamageCycle(Bench& bench, const CycleOrder& order) {
  constexpr int kTrials = 20;
  std::mt19937_64 dice(order.seed);
  Cycle cycle(order, bench.DrawVictim(dice, 3));
  const std::string sound = order.folder + "/sound", earlier = order.folder + "/earlier";
  for (int part = 0; part < 3; ++part) {
    Round round = cycle.NewRound();
    round.commands = 25;
    const Ended ended = cycle.Run(round);
    if (ended.code() != 0) cycle.ComplainOfEnd(ended, "before any damage");
    if (part == 1) fs::copy(cycle.store(), earlier, fs::copy_options::recursive);
  }
  fs::copy(cycle.data(), sound, fs::copy_options::recursive);
  CycleReport report = cycle.Report();
  for (int trial = 0; trial < kTrials && report.tally.bad() == 0; ++trial) {
    fs::remove_all(cycle.data());
    fs::copy(sound, cycle.data(), fs::copy_options::recursive);
    const std::string what = Damage(cycle.store(), earlier, dice);
    if (what.empty()) continue;
    ++report.tally.faults;
    Oracle oracle = cycle.oracle();
    oracle.StartTally();
    std::string why;
    bool opened = true;
    if (trial % 3 == 0) {
      Round round = cycle.NewRound();
      round.commands = 4;
      const Ended ended = cycle.victim().Run(round);
      oracle.Note(ended.reports);
      opened = ended.opened;
      if (!opened && !IsClear(ended, cycle.victim().writer(), cycle.store(), kExitStore)) {
        oracle.Complain(&Tally::unclear, StrCat("code ", ended.code(), ": ", ended.words));
      }
    }
    const Oracle::View view = opened ? oracle.Look(cycle.store(), true, &why) : Oracle::View::kNotOpened;
    const bool names = why.find(cycle.store()) != std::string::npos;
    const bool remedy = why.find("duban node restore") != std::string::npos || view == Oracle::View::kUnreadable;
    if (opened && view != Oracle::View::kWhole && !(names && remedy)) oracle.Complain(&Tally::unclear, why);
    report.tally.Add(oracle.tally());
    if (oracle.tally().bad() != 0) StrAppend(&report.story, "  ", what, "\n", oracle.complaints());
  }
  return report;
}

CycleReport IoCycle(Bench& bench, const CycleOrder& order) {
  std::mt19937_64 dice(order.seed);
  const std::string kind = kIoFaults[order.index % kIoKinds];
  // Bare stores go through the calls in turn; a server now and then meets one that is drawn.
  const bool server = bench.programs().other_victim.empty() && order.index % (5 * kIoKinds) >= 4 * kIoKinds;
  const int commands = server ? 20 : 60;
  Cycle cycle(order, server ? MakeServiceVictim(bench.programs(), "duban-plan") : MakeStoreVictim(bench.programs()));
  const int64_t calls = bench.CallsOf(kind, cycle.victim(), order, commands);
  const int64_t turn = order.index / kIoKinds;
  const int64_t nth = server ? 1 + static_cast<int64_t>(dice() % static_cast<uint64_t>(calls)) : NthOf(turn, calls);
  if (server && dice() % 2 == 0) {
    Round first = cycle.NewRound();
    first.commands = commands;
    cycle.Run(first);
  }
  return Strike(bench, order, cycle, {kind, nth, calls, commands});
}

CycleReport SweepCycle(Bench& bench, const CycleOrder& order) {
  constexpr int kCommands = 20;
  Cycle cycle(order, MakeStoreVictim(bench.programs()));
  // Where in the list of all calls, kind after kind, this cycle stands.
  int64_t place = order.index;
  int64_t all = 0;
  for (const std::string kind : kIoFaults) {
    const int64_t calls = bench.CallsOf(kind, cycle.victim(), order, kCommands);
    all += calls;
    if (place >= calls) {
      place -= calls;
      continue;
    }
    return Strike(bench, order, cycle, {kind, place + 1, calls, kCommands});
  }
  CycleReport report;
  report.over = all;
  return report;
}

namespace {

CycleReport Strike(Bench& bench, const CycleOrder& order, Cycle& cycle, const Blow& blow) {
  const auto& [kind, nth, calls, commands] = blow;
  std::mt19937_64 dice(order.seed);
  const bool lies = kind == "lie";
  const std::string shadow = lies ? order.folder + "/shadow" : "";
  const std::set<std::string> before = NamesIn(cycle.data());
  ShimSession shim(bench.programs(), cycle.data(), FaultText(kind, nth), shadow);
  Round round = cycle.NewRound();
  round.commands = commands;
  round.environment = shim.environment();
  round.shim = &shim.state();
  const Ended ended = cycle.Run(round);
  if (shim.state().struck_nanos != 0) cycle.CountFault();
  cycle.Tell(StrCat(FaultText(kind, nth), " of ", calls, ": ", shim.Struck(), ", code ", ended.code()));
  if (ended.code() < 0 && !(lies && WTERMSIG(ended.status) == SIGKILL)) cycle.ComplainOfEnd(ended, "at a failed call");
  if (ended.code() > 0 && !IsClear(ended, cycle.victim().writer(), cycle.data(), kExitDisk)) {
    cycle.oracle().Complain(&Tally::unclear, StrCat("code ", ended.code(), ": ", ended.words));
  }
  if (ended.failed_nanos > 0 && kind != "stall" &&
      ended.failed_nanos - shim.state().struck_nanos.load() > absl::ToInt64Nanoseconds(bench.programs().stops_within)) {
    cycle.oracle().Complain(&Tally::late, "stopped too late after the failed call");
  }
  if (!lies) {
    cycle.Finish();
    return cycle.Report();
  }
  // A disk that says `synced` and does not: whatever went with the power has to be noticed.
  CutPower(cycle.data(), before, shadow, Luck::kNone, dice);
  std::string why;
  cycle.oracle().Look(cycle.store(), true, &why);
  return cycle.Report();
}

}  // namespace

const std::vector<TortureKind>& TortureKinds() {
  static const auto* const kKinds = new std::vector<TortureKind>{
      {"kill", "kill -9 at random moments", KillCycle},
      {"failpoint", "kill -9 at named places", FailpointCycle},
      {"power", "power cuts: what was not synced is gone", PowerCycle},
      {"damage", "flipped, cut, zeroed, exchanged, stale and deleted files", DamageCycle},
      {"io", "the N-th file call fails", IoCycle},
      {"sweep", "every file call of a fixed workload fails once, each kind of fault at each call; ends by itself",
       SweepCycle},
      {"full", "a full disk", FullCycle},
      {"readonly", "a read-only disk", ReadOnlyCycle},
  };
  return *kKinds;
}

}  // namespace duban::testing
