// `duban-attack [NAME...] [OPTIONS]`: attacks a node that it starts itself, on loopback, for a bounded time, and holds
// what came of it against what is promised. All attacks where none is named; `overload` has a command line of its own.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "tests/attack/attack.h"
#include "tests/support/patience.h"

namespace duban::testing {
namespace {

struct Attack {
  const char* name;
  std::function<Verdict(const AttackOptions&)> run;
};

const std::vector<Attack>& Attacks() {
  static const auto* const kAttacks = new std::vector<Attack>{
      {"abandon", AbandonHeavyCalls},
      {"reset", [](const AttackOptions& options) { return ResetRapidly(options, /*whole=*/false); }},
      {"reset-whole", [](const AttackOptions& options) { return ResetRapidly(options, /*whole=*/true); }},
      {"headers", SendEndlessHeaders},
      {"bodies", WithholdBodies},
      {"idle", IdleAtTheAdminPage}};
  return *kAttacks;
}

// Prints a verdict; whether the promises held.
bool Judge(const Verdict& verdict, int limit_mib) {
  const absl::Duration soon = Patience(absl::Seconds(1)), drained = Patience(absl::Seconds(5));
  const bool held = verdict.probe.answered > 0 && verdict.probe.failed == 0 && verdict.probe.worst <= soon &&
                    verdict.peak_mib <= limit_mib && verdict.drain <= drained && verdict.exit_code == 0;
  absl::PrintF(
      "%-30s %-4s  attempts %8d  hung up %6d  answered %5d  failed %4d  median %6.1f ms  worst %7.1f ms  "
      "peak %5d MiB  drain %4.2f s  exit %d\n",
      verdict.attack, held ? "held" : "FAIL", verdict.attempts, verdict.hung_up, verdict.probe.answered,
      verdict.probe.failed, absl::ToDoubleMilliseconds(verdict.probe.median),
      absl::ToDoubleMilliseconds(verdict.probe.worst), verdict.peak_mib, absl::ToDoubleSeconds(verdict.drain),
      verdict.exit_code);
  std::fflush(stdout);
  return held;
}

int RunAttacks(int argc, char** argv) {
  std::vector<std::string> names;
  AttackOptions options;
  double seconds = 2;
  int limit_mib = 1024;
  CLI::App app(
      "Attacks a node: another client has to be answered within a second, memory to stay below the limit, and "
      "the node to stop within five seconds.");
  app.add_option("NAME", names, "abandon, reset, reset-whole, headers, bodies, idle; all where none is named");
  app.add_option("--seconds", seconds, "How long each takes")->check(CLI::Range(0.1, 3600.0))->capture_default_str();
  app.add_option("--limit-mib", limit_mib, "Most memory of the node")->capture_default_str();
  app.add_option("--server-flag", options.flags, "A flag of the node; repeat for several");
  CLI11_PARSE(app, argc, argv);
  options.time = absl::Seconds(seconds);
  bool held = true;
  for (const Attack& attack : Attacks()) {
    const bool wanted = names.empty() || std::find(names.begin(), names.end(), attack.name) != names.end();
    if (wanted) held = Judge(attack.run(options), limit_mib) && held;
  }
  return held ? 0 : 1;
}

}  // namespace
}  // namespace duban::testing

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "overload") return duban::testing::RunOverload(argc - 1, argv + 1);
  return duban::testing::RunAttacks(argc, argv);
}
