// Cycles of torture: each makes a fresh folder, lets a victim work in it while something goes wrong, and judges what is
// left. What a cycle does follows from its seed, but for the moments at which processes are killed.
//
// A Bench may be used by several threads, each with cycles of its own.

#ifndef DUBAN_TESTS_CRASH_TORTURE_H_
#define DUBAN_TESTS_CRASH_TORTURE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "common/base/mutex.h"
#include "tests/crash/io_shim.h"
#include "tests/crash/oracle.h"
#include "tests/crash/victims.h"

namespace duban::testing {

// What a cycle is given.
struct CycleOrder {
  // Empty, and its own.
  std::string folder;
  // Counts from 0 within the kind; sweeps take their place from it.
  int64_t index = 0;
  uint64_t seed = 0;
};

// What came of it.
struct CycleReport {
  Tally tally;
  // What was done, and what is wrong, for a cycle that failed.
  std::string story;
  // Why it could not be run on this machine; empty: it was.
  std::string skipped;
  // Of a kind that ends by itself, once nothing is left: how many cycles there were. Else 0.
  int64_t over = 0;
};

class Bench {
 public:
  explicit Bench(Programs programs) : programs_(std::move(programs)) {}
  const Programs& programs() const { return programs_; }

  // The bare store in most cycles, a real server in the others.
  std::unique_ptr<Victim> DrawVictim(std::mt19937_64& dice, uint32_t one_server_in) const;

  // Calls that `fault` can meet in one run of the workload that `round` describes; measured once.
  int64_t CallsOf(const std::string& fault, Victim& victim, const CycleOrder& order, int commands);

 private:
  const Programs programs_;
  Mutex mu_;
  std::map<std::pair<std::string, int>, int64_t> calls_ ABSL_GUARDED_BY(mu_);
};

// The shim of one round: its shared page, and the environment that loads it.
class ShimSession {
 public:
  // Watches `folder`. `fault` as DUBAN_SHIM_FAULT says; `shadow` empty: nothing is kept for a power cut.
  ShimSession(const Programs& programs, const std::string& folder, const std::string& fault, const std::string& shadow);
  ~ShimSession();
  ShimSession(const ShimSession&) = delete;
  ShimSession& operator=(const ShimSession&) = delete;

  ShimState& state() { return *state_; }
  const std::vector<std::string>& environment() const { return environment_; }
  // The call that was struck, in words; empty: none.
  std::string Struck() const;

 private:
  ShimState* state_ = nullptr;
  std::vector<std::string> environment_;
};

// A sort of torture.
struct TortureKind {
  const char* name;
  const char* meaning;
  CycleReport (*run)(Bench& bench, const CycleOrder& order);
};
const std::vector<TortureKind>& TortureKinds();

CycleReport KillCycle(Bench& bench, const CycleOrder& order);
CycleReport FailpointCycle(Bench& bench, const CycleOrder& order);
CycleReport PowerCycle(Bench& bench, const CycleOrder& order);
CycleReport DamageCycle(Bench& bench, const CycleOrder& order);
CycleReport IoCycle(Bench& bench, const CycleOrder& order);
CycleReport SweepCycle(Bench& bench, const CycleOrder& order);
CycleReport FullCycle(Bench& bench, const CycleOrder& order);
CycleReport ReadOnlyCycle(Bench& bench, const CycleOrder& order);

// Whether a refusal to open is one that an operator can act on: the program's own exit code for what is wrong, the file
// or folder, and what to do. Bare victims have no exit codes of their own.
bool IsClear(const Ended& ended, Writer writer, const std::string& folder, int exit_code);

}  // namespace duban::testing

#endif  // DUBAN_TESTS_CRASH_TORTURE_H_
