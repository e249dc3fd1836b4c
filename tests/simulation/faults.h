// What can go wrong in a simulated world: the kinds of faults, by name. A seed draws its own subset of them, and how
// bad each one is; none is one of the draws. Pure data; thread-safe.

#ifndef DUBAN_TESTS_SIMULATION_FAULTS_H_
#define DUBAN_TESTS_SIMULATION_FAULTS_H_

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "common/feed/watch_table.h"
#include "tests/simulation/dice.h"

namespace duban::simulation {

struct FaultKind {
  std::string_view name;
  std::string_view sentence;
};

// All kinds, in a fixed order.
const std::vector<FaultKind>& FaultKinds();

using FaultSet = std::set<std::string, std::less<>>;

// `all`, `none`, or names separated by commas; nothing where one is unknown.
std::optional<FaultSet> ParseFaults(std::string_view text);
std::string DescribeFaults(const FaultSet& faults);

// How a node is set up; extreme values reach rare paths sooner.
struct NodeKnobs {
  // Most bytes of a fetched page; 1 gives one entry a page.
  int page_bytes = 256 << 10;
  // Most bytes of a store's rows in memory.
  int64_t memtable_bytes = 16 << 20;
  // How much is told of changes, and remembered.
  WatchLimits watch;
};

// How bad the network is.
struct NetworkKnobs {
  double loss = 0;
  double lost_answer = 0;
  double doubling = 0;
  double straggler = 0;
  absl::Duration most_delay = absl::Milliseconds(20);
};

// What a seed draws. What its faults leave out stays as it is here.
struct Drawn {
  int nodes = 3;
  int levels = 3;
  FaultSet faults;
  NetworkKnobs network;
  // Each node draws its own limit.
  bool small_pages = false;
  bool small_memtables = false;
  bool short_leases = false;
  // How long answers to requests are remembered.
  bool short_memos = false;
  bool small_merges = false;
  // How much of a plan is issued in one write.
  bool small_steps = false;
  // How long commits are kept.
  bool short_history = false;
};

// Draws a world; `allowed` limits its faults. `nodes` and `levels` of 0 are drawn.
Drawn Draw(Dice& dice, const FaultSet& allowed, int nodes, int levels);
// One line.
std::string Describe(const Drawn& drawn);

}  // namespace duban::simulation

#endif  // DUBAN_TESTS_SIMULATION_FAULTS_H_
