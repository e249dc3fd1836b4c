// What can be done to a server from outside, each as a function that says what came of it.

#ifndef DUBAN_TESTS_ATTACK_ATTACK_H_
#define DUBAN_TESTS_ATTACK_ATTACK_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/attack/probe.h"

namespace duban::testing {

struct AttackOptions {
  absl::Duration time = absl::Seconds(2);
  // Of the server. Repeat for several.
  std::vector<std::string> flags;
};

// What has to hold, and what was seen of it.
struct Verdict {
  std::string attack;
  ProbeResult probe;
  // Attempts of the attacker, such as calls or streams; and how often it was hung up on.
  int64_t attempts = 0;
  int64_t hung_up = 0;
  int64_t peak_mib = 0;
  absl::Duration drain;
  int exit_code = -1;
};

// Sixty-four callers send the largest document there is, hang up at once, and send it again; and the server is stopped
// while they do.
Verdict AbandonHeavyCalls(const AttackOptions& options);
// Connections that begin calls and drop them, as fast as they can; whole requests where `whole`.
Verdict ResetRapidly(const AttackOptions& options, bool whole);
// A header that does not end.
Verdict SendEndlessHeaders(const AttackOptions& options);
// Eighty connections full of calls whose body never comes.
Verdict WithholdBodies(const AttackOptions& options);
// Forty connections to the admin page that say nothing; the probe's times are those of /livez.
Verdict IdleAtTheAdminPage(const AttackOptions& options);

// Many more callers than the server takes; prints a table, promises nothing. Has its own command line.
int RunOverload(int argc, char** argv);

}  // namespace duban::testing

#endif  // DUBAN_TESTS_ATTACK_ATTACK_H_
