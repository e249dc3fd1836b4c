// Running a victim for a while: the bare store, or a real server program with clients that call it over gRPC.
//
// Not thread-safe.

#ifndef DUBAN_TESTS_CRASH_VICTIMS_H_
#define DUBAN_TESTS_CRASH_VICTIMS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/crash/io_shim.h"
#include "tests/crash/oracle.h"

namespace duban::testing {

// What is done to a victim.
struct Round {
  // The victim makes what it needs in here.
  std::string folder;
  // Of its words; appended to.
  std::string log;
  // Makes ids unique.
  int number = 0;
  int threads = 4;
  // Commands one after the other; 0: from all threads until it is killed.
  int commands = 0;
  std::vector<std::string> repeated;
  // NAME=VALUE.
  std::vector<std::string> environment;
  // Killed so long after it serves, if it still runs.
  absl::Duration time = absl::InfiniteDuration();
  // Killed so long after its start, whatever it does.
  absl::Duration early = absl::InfiniteDuration();
  // Of a server with a fixed number of commands: called before each, with its number and whether the server is healthy.
  std::function<void(int number, bool healthy)> between;
  // Where the shim says what it did; null: no shim.
  const ShimState* shim = nullptr;
};

struct Ended {
  bool opened = false;
  // As waitpid says.
  int status = 0;
  // What Oracle::Note understands.
  std::string reports;
  // What it wrote to standard error in this round.
  std::string words;
  // CLOCK_BOOTTIME when it was seen to stop serving; 0: never.
  int64_t failed_nanos = 0;

  // Exit code; -1 where it was killed.
  int code() const;
};

// Where programs are: duban-plan, duban-node, store_victim, libduban_io_shim.so.
struct Programs {
  std::string folder;
  // Instead of store_victim, and then servers are left out: a victim with a planted bug.
  std::string other_victim;
  // A victim whose disk failed has to stop within this time.
  absl::Duration stops_within = absl::Seconds(1);
  std::string victim() const { return folder + "/" + (other_victim.empty() ? "store_victim" : other_victim); }
  std::string shim() const { return folder + "/libduban_io_shim.so"; }
};

class Victim {
 public:
  virtual ~Victim() = default;
  virtual Ended Run(const Round& round) = 0;
  // Where the store that the oracle looks at lies, given Round::folder.
  virtual std::string store(const std::string& folder) const = 0;
  virtual Writer writer() const = 0;
};

std::unique_ptr<Victim> MakeStoreVictim(const Programs& programs);
// `program` is `duban-plan` or `duban-node`.
std::unique_ptr<Victim> MakeServiceVictim(const Programs& programs, const std::string& program);

}  // namespace duban::testing

#endif  // DUBAN_TESTS_CRASH_VICTIMS_H_
