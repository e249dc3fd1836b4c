// An honest client beside an attack: calls again and again, and notes how long it waits.
//
// Thread-safe; owns a thread.

#ifndef DUBAN_TESTS_ATTACK_PROBE_H_
#define DUBAN_TESTS_ATTACK_PROBE_H_

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"

namespace duban::testing {

// What the honest client saw.
struct ProbeResult {
  int answered = 0;
  // Refused or failed, and not answered within ten seconds.
  int failed = 0;
  absl::Duration median, worst;
};

class Probe {
 public:
  // Calls GetUnit every 20 ms, each on a connection of its own where `fresh`.
  Probe(const std::string& address, bool fresh);
  ~Probe() { Finish(); }
  // Ends, and says what came of it.
  ProbeResult Finish();

 private:
  void Run(const std::string& address, bool fresh);

  std::atomic<bool> stop_{false};
  ProbeResult result_;
  std::vector<absl::Duration> waits_;
  std::thread thread_;
};

}  // namespace duban::testing

#endif  // DUBAN_TESTS_ATTACK_PROBE_H_
