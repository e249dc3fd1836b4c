// Disks that are full or read-only: small file systems of their own, mounted where this machine lets us.

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "common/base/strings.h"
#include "common/rpc/exit_codes.h"
#include "tests/crash/torture.h"

namespace duban::testing {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kDiskBytes = 48 << 20;
// What the server is told to keep free (--keep-free-mib), and what is left when the disk is made full.
constexpr int kKeepFreeMib = 16;

// A small disk of its own; empty path where none can be mounted.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& path) {
    fs::create_directories(path);
    if (mount("tmpfs", path.c_str(), "tmpfs", 0, StrCat("size=", kDiskBytes).c_str()) == 0) path_ = path;
  }
  ~SmallDisk() {
    if (!path_.empty()) umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  const std::string& path() const { return path_; }
  bool SetReadOnly(bool read_only) const {
    return mount("tmpfs", path_.c_str(), "tmpfs", MS_REMOUNT | (read_only ? MS_RDONLY : 0),
                 StrCat("size=", kDiskBytes).c_str()) == 0;
  }
  // Takes what is free but for so many bytes.
  void Fill(int64_t left) const {
    struct statvfs found {};
    if (statvfs(path_.c_str(), &found) != 0) return;
    const int64_t take = static_cast<int64_t>(found.f_bavail * found.f_bsize) - left;
    // Not to be inherited by a process that another thread starts: it would keep the space.
    const int ballast = open((path_ + "/ballast").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    posix_fallocate(ballast, 0, std::max<int64_t>(take, 1));
    close(ballast);
  }
  void Empty() const { fs::remove(path_ + "/ballast"); }

 private:
  std::string path_;
};

CycleReport Skip() {
  CycleReport report;
  report.skipped = "this machine lets nobody mount a small disk here (it takes root)";
  return report;
}

struct Counts {
  int64_t acknowledged = 0, refused = 0, unknown = 0;
};

Counts CountOf(const std::string& reports) {
  Counts counts;
  for (size_t at = 0; at < reports.size(); at = reports.find('\n', at) + 1) {
    counts.acknowledged += reports[at] == 'a' ? 1 : 0;
    counts.refused += reports[at] == 'n' ? 1 : 0;
    counts.unknown += reports[at] == 'u' ? 1 : 0;
  }
  return counts;
}

CycleReport ReportOf(const Oracle& oracle, const std::string& story) {
  CycleReport report;
  report.tally = oracle.tally();
  report.tally.cycles = 1;
  report.tally.faults = 1;
  report.story = story + oracle.complaints();
  return report;
}

}  // namespace

// Fills the disk under a server that runs: changes are refused, reading and health go on, and after there is room again
// changes are taken by the same process.
CycleReport FullCycle(Bench& bench, const CycleOrder& order) {
  const SmallDisk disk(order.folder + "/small");
  if (disk.path().empty()) return Skip();
  std::mt19937_64 dice(order.seed);
  const auto victim = MakeServiceVictim(bench.programs(), "duban-plan");
  Oracle oracle(victim->writer());
  Round round;
  round.folder = disk.path();
  round.log = order.folder + "/log";
  round.environment = {StrCat("DUBAN_KEEP_FREE_MIB=", kKeepFreeMib)};
  round.commands = 30;
  bool serving = true;
  round.between = [&](int number, bool healthy) {
    serving = serving && healthy;
    if (number == 10) disk.Fill((static_cast<int64_t>(kKeepFreeMib) << 20) / 2);
    if (number == 20) disk.Empty();
    // A server asks once a second how much room there is.
    if (number == 10 || number == 20) usleep(1'200'000);  // tidy: allow real-time because a disk fills in real time
  };
  const Ended ended = victim->Run(round);
  oracle.Note(ended.reports);
  const Counts counts = CountOf(ended.reports);
  if (counts.acknowledged != 20 || counts.refused != 10 || !serving || ended.code() != 0) {
    oracle.Complain(&Tally::stuck, StrCat("expected 20 acknowledged and 10 refused by a server that stays healthy: ",
                                          counts.acknowledged, ", ", counts.refused, ", ", counts.unknown,
                                          " unknown, healthy ", serving ? "yes" : "no", ", code ", ended.code()));
  }
  // Full to the last byte while it starts: it starts, or says why not; afterwards it starts and nothing is gone.
  disk.Fill(static_cast<int64_t>(dice() % (64 << 10)));
  round.between = nullptr;
  round.number = 1;
  round.commands = 3;
  const Ended full = victim->Run(round);
  oracle.Note(full.reports);
  if (!full.opened && !IsClear(full, victim->writer(), disk.path(), kExitDisk)) {
    oracle.Complain(&Tally::unclear, StrCat("on a full disk, code ", full.code(), ": ", full.words));
  }
  if (CountOf(full.reports).acknowledged != 0) oracle.Complain(&Tally::stuck, "a full disk took a change");
  disk.Empty();
  round.number = 2;
  round.repeated = oracle.ToRepeat();
  const Ended last = victim->Run(round);
  oracle.Note(last.reports);
  if (last.code() != 0) oracle.Complain(&Tally::stuck, StrCat("with room again it does not run: ", last.words));
  std::string why;
  if (oracle.Look(victim->store(disk.path()), false, &why) == Oracle::View::kNotOpened) {
    oracle.Complain(&Tally::stuck, why);
  }
  return ReportOf(oracle, "  a full disk\n");
}

// Starts on a disk that may not be written: one line that says so, an exit code of its own, and nothing changed.
CycleReport ReadOnlyCycle(Bench& bench, const CycleOrder& order) {
  const SmallDisk disk(order.folder + "/small");
  if (disk.path().empty()) return Skip();
  const auto victim = MakeServiceVictim(bench.programs(), order.index % 2 == 0 ? "duban-plan" : "duban-node");
  Oracle oracle(victim->writer());
  Round round;
  round.folder = disk.path();
  round.log = order.folder + "/log";
  round.commands = 10;
  round.environment = {"DUBAN_KEEP_FREE_MIB=0"};
  // In turn: before there is a store, and after.
  if (order.index % 4 < 2) oracle.Note(victim->Run(round).reports);
  if (!disk.SetReadOnly(true)) return Skip();
  round.number = 1;
  const Ended refused = victim->Run(round);
  if (refused.opened || !IsClear(refused, victim->writer(), disk.path(), kExitDisk)) {
    oracle.Complain(&Tally::unclear, StrCat("on a read-only disk, code ", refused.code(), ": ", refused.words));
  }
  if (!disk.SetReadOnly(false)) return Skip();
  round.number = 2;
  const Ended last = victim->Run(round);
  oracle.Note(last.reports);
  if (last.code() != 0) oracle.Complain(&Tally::stuck, StrCat("when it may be written again: ", last.words));
  std::string why;
  if (oracle.Look(victim->store(disk.path()), false, &why) == Oracle::View::kNotOpened) {
    oracle.Complain(&Tally::stuck, why);
  }
  return ReportOf(oracle, "  a read-only disk\n");
}

}  // namespace duban::testing
