// A node that is attacked: the real program on loopback, with stores in a folder of its own.
//
// Not thread-safe. Ends, and removes its folder, when it goes.

#ifndef DUBAN_TESTS_ATTACK_VICTIM_H_
#define DUBAN_TESTS_ATTACK_VICTIM_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/support/temp_folder.h"

namespace duban::testing {

class Victim {
 public:
  // Starts `duban-node` with these flags more, and waits until it serves. `limit_mib` bounds its address space;
  // 0: unbounded. The process of the attacker ends where it does not start.
  explicit Victim(const std::vector<std::string>& flags = {}, int64_t limit_mib = 0);
  ~Victim();
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;

  std::string address() const;
  int port() const { return port_; }
  int admin_port() const { return admin_port_; }
  // The most memory it has had resident so far, in MiB.
  int64_t peak_mib() const;
  // Processor time it has had so far, in seconds.
  double cpu_seconds() const;
  // Everything it wrote on standard error.
  std::string log() const;
  bool alive();
  // Sends SIGTERM and waits for the end: how long that took. Its exit code goes to `code`, 128 and more for a signal.
  absl::Duration Stop(int* code);

 private:
  const TempFolder folder_;
  pid_t pid_ = -1;
  int port_ = 0;
  int admin_port_ = 0;
};

}  // namespace duban::testing

#endif  // DUBAN_TESTS_ATTACK_VICTIM_H_
