#include "tests/simulation/faults.h"

#include <algorithm>

#include "absl/strings/str_split.h"
#include "common/base/strings.h"

namespace duban::simulation {

const std::vector<FaultKind>& FaultKinds() {
  static const auto* const kinds = new std::vector<FaultKind>{
      {"loss", "a message never arrives"},
      {"lost_answer", "the effect is there, the answer never comes"},
      {"doubling", "a message arrives twice, the second time later"},
      {"delay", "messages take up to 20 s and overtake each other"},
      {"straggler", "a message arrives minutes late, among later ones, perhaps at a restarted node"},
      {"cut", "nothing goes between two nodes, both ways"},
      {"one_way_cut", "nothing goes from one node to another, and everything the other way"},
      {"partition", "a group of nodes is cut off from the others"},
      {"slow_peer", "all messages of one node take seconds"},
      {"crash", "a process ends without a word and starts again; what it wrote stays"},
      {"power_cut", "a machine ends; of what was not synced nothing or a random part is left"},
      {"disk_error", "a write or a sync of a store's log or mark fails; the store fails, the node starts again"},
      {"stop", "a process is stopped in good order and started again"},
      {"clock_step", "a node's clock is set by 1 s to 1 day, to the past or the future"},
      {"drift", "clocks run up to 500 ppm fast or slow"},
      {"small_pages", "pages of a feed hold few entries, down to one, each node its own limit"},
      {"small_memtables", "stores write and merge files of 64 KiB, so that this happens within the hour"},
      {"short_leases", "assignments and reminders are leased for a second"},
      {"short_memos", "answers to requests are forgotten after an hour instead of thirty days"},
      {"small_merges", "feeds are merged a few rows at a time, again and again"},
      {"short_history",
       "commits, tombstones and answers to requests are kept for ten minutes; nodes are backed up often"},
      {"log_fails", "the log of due reminders refuses lines, before or after it has taken them"},
      {"replaced_empty",
       "a machine is lost with its disk; an empty one takes its place and is rebuilt from neighbours"},
      {"old_backup", "a machine is lost with its disk; another one goes on from an old backup, rebuilt or not"},
      {"forged", "a node offers what another one owns"},
      {"impostor", "somebody fetches, offers or asks back what another's certificate is for"},
      {"old_position", "a follower presents a position of another history, or one that is too far"},
      {"compared", "a node is verified in the middle of a page that one of its hops takes in"},
      {"small_steps", "plans are issued two assignments at a time"},
  };
  return *kinds;
}

std::optional<FaultSet> ParseFaults(std::string_view text) {
  FaultSet faults;
  if (text == "none") return faults;
  for (const FaultKind& kind : FaultKinds()) {
    if (text == "all") faults.insert(std::string(kind.name));
  }
  if (text == "all") return faults;
  const std::vector<std::string> names = absl::StrSplit(absl::string_view(text.data(), text.size()), ',');
  for (const std::string& name : names) {
    const bool known =
        std::any_of(FaultKinds().begin(), FaultKinds().end(), [&](const FaultKind& kind) { return kind.name == name; });
    if (!known) return std::nullopt;
    faults.insert(name);
  }
  return faults;
}

std::string DescribeFaults(const FaultSet& faults) {
  if (faults.empty()) return "none";
  std::string all;
  for (const std::string& name : faults) StrAppend(&all, all.empty() ? "" : ",", name);
  return all;
}

Drawn Draw(Dice& dice, const FaultSet& allowed, int nodes, int levels) {
  Drawn drawn;
  // Every choice is drawn, whether it is allowed or not, so that leaving out one kind changes no other.
  const int drawn_levels = 2 + (dice.Below(3) == 0 ? 1 + dice.Below(2) : dice.Below(2));
  const int more = dice.Below(3);
  drawn.levels = levels > 0 ? levels : nodes > 0 ? std::min(drawn_levels, nodes) : drawn_levels;
  drawn.nodes = nodes > 0 ? nodes : drawn.levels + more;
  const bool quiet = dice.Below(12) == 0;
  const auto draw = [&](const FaultKind& kind) {
    const bool chosen = dice.Below(3) == 0;
    const std::string name(kind.name);
    if (chosen && !quiet && allowed.contains(name)) drawn.faults.insert(name);
  };
  // The last kind behind all else: it came to be later, and the seeds that are on record show what they showed.
  std::for_each(FaultKinds().begin(), FaultKinds().end() - 1, draw);
  const double loss = 0.3 * dice.Below(100) / 100, lost_answer = 0.3 * dice.Below(100) / 100;
  const double doubling = 0.5 * dice.Below(100) / 100, straggler = 0.1 * dice.Below(100) / 100;
  const absl::Duration delay = absl::Milliseconds(20 + dice.Below(20000));
  draw(FaultKinds().back());
  const auto has = [&](std::string_view name) { return drawn.faults.contains(name); };
  if (has("loss")) drawn.network.loss = loss;
  if (has("lost_answer")) drawn.network.lost_answer = lost_answer;
  if (has("doubling")) drawn.network.doubling = doubling;
  if (has("straggler")) drawn.network.straggler = straggler;
  if (has("delay")) drawn.network.most_delay = delay;
  drawn.small_pages = has("small_pages");
  drawn.small_memtables = has("small_memtables");
  drawn.short_leases = has("short_leases");
  drawn.short_history = has("short_history");
  // What is cut off must not be looked through for memos any more.
  drawn.short_memos = has("short_memos") || drawn.short_history;
  drawn.small_merges = has("small_merges");
  drawn.small_steps = has("small_steps");
  return drawn;
}

std::string Describe(const Drawn& drawn) {
  return StrCat("nodes=", drawn.nodes, " levels=", drawn.levels, " faults=", DescribeFaults(drawn.faults),
                " loss=", drawn.network.loss, " lost_answer=", drawn.network.lost_answer,
                " doubling=", drawn.network.doubling, " straggler=", drawn.network.straggler,
                " delay<=", absl::ToInt64Milliseconds(drawn.network.most_delay), "ms");
}

}  // namespace duban::simulation
