// A process to be killed: started by exec, never by a bare fork, and ended without a chance to tidy up.
//
// Not thread-safe. The destructor kills what still runs.

#ifndef DUBAN_TESTS_CRASH_CHILD_PROCESS_H_
#define DUBAN_TESTS_CRASH_CHILD_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace duban::testing {

class ChildProcess {
 public:
  // Descriptor on which the child writes what it reports; standard output stays free for anything else.
  static constexpr int kReportDescriptor = 3;

  // Starts `command` with the additional environment; its standard output and error go to `log_path`.
  ChildProcess(const std::vector<std::string>& command, const std::vector<std::string>& environment,
               const std::string& log_path);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // Reads what the child reports until `timeout` has passed or it has ended; appends to `reports`. Returns false once
  // it has ended and everything is read.
  bool Read(absl::Duration timeout, std::string& reports);

  // Sends it a signal, if it still runs.
  void Signal(int signal) const;
  // Ends it with SIGKILL, and waits. Returns how it ended, as waitpid says.
  int Kill();
  // Waits until it ends by itself.
  int Wait();

 private:
  pid_t pid_ = -1;
  int reports_ = -1;
};

}  // namespace duban::testing

#endif  // DUBAN_TESTS_CRASH_CHILD_PROCESS_H_
