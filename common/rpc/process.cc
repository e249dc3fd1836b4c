#include "common/rpc/process.h"

#include <fcntl.h>
#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"

namespace duban {
namespace {

// A caller by address, as most are, asks for a server of that name, which no certificate here has; who is called is
// looked at later, by the node's own name (PeerVerifier). gRPC calls that an error at each healthy connection.
constexpr std::string_view kNoServerName = "No match found for server name: ";

}  // namespace

LogLevel LevelOfGrpcLine(bool is_error, std::string_view message) {
  const bool harmless = message.starts_with(kNoServerName);
  return is_error && !harmless ? LogLevel::kWarning : LogLevel::kDebug;
}

namespace {

// Signals that end the process wait for sigtimedwait, in this thread and all it makes.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

LogLevel LevelOf(google::protobuf::LogLevel level) {
  return level == google::protobuf::LOGLEVEL_FATAL ? LogLevel::kError : LogLevel::kDebug;
}

// The words of libraries, in our log. Most of gRPC's errors are of one connection and heal by themselves; protobuf
// complains of what callers send, which their answers say better.
void TakeLibraryLogs() {
  google::protobuf::SetLogHandler(
      [](google::protobuf::LogLevel level, const char* file, int line, const std::string& message) {
        Log(LevelOf(level), "protobuf.log", {{"message", message}, {"where", StrCat(file, ":", line)}});
      });

  gpr_set_log_function([](gpr_log_func_args* line) {
    Log(LevelOfGrpcLine(line->severity == GPR_LOG_SEVERITY_ERROR, line->message), "grpc.log",
        {{"message", line->message}});
  });
}

// As many connections as the machine allows: once gRPC cannot accept for want of a descriptor, it never does again.
void RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Debian's Abseil is built to look for deadlocks, in each lock that this program or gRPC takes: 6 % of the processor's
// time under load, behind one spin lock. Tests look at the order of locks; here it would only slow or end a server.
void TakeLocksWithoutLooking() {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

// Drains in a thread of its own, so that this one can hear a second signal and end what hangs.
void DrainWithin(const sigset_t& signals, const std::function<void()>& start) {
  Mutex mu;
  bool done = false;
  std::thread drain([&] {
    start();
    MutexLock lock(&mu);
    done = true;
  });
  const absl::Duration end = RealClock().Steady() + kWatchdogTime;
  while (true) {
    {
      MutexLock lock(&mu);
      if (RealClock().AwaitWithTimeout(&mu, absl::Condition(&done), absl::Milliseconds(20))) break;
    }
    const timespec at_once = {0, 0};
    if (const int again = sigtimedwait(&signals, nullptr, &at_once); again > 0) {
      Log(LogLevel::kWarning, "server.killed", {{"reason", "a second signal"}});
      std::_Exit(128 + again);
    }
    if (RealClock().Steady() > end) {
      Log(LogLevel::kError, "server.aborted", {{"reason", "a call does not return; the drain took over 10 s"}});
      std::abort();
    }
  }
  drain.join();
}

}  // namespace

void Say(std::string_view program, std::string_view message) {
  const std::string line = StrCat(program, ": ", message, "\n");
  std::fputs(line.c_str(), stderr);
}

sigset_t PrepareProcess(LogLevel level) {
  const sigset_t signals = BlockSignals();
  SetLogLevel(level);
  TakeLibraryLogs();
  TakeLocksWithoutLooking();
  RaiseFileLimit();
  return signals;
}

bool WritePortFile(const std::string& path, int port) {
  const std::string text = StrCat(port, "\n");
  const std::string temporary = StrCat(path, ".new");
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return false;
  const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  return close(file) == 0 && written && std::rename(temporary.c_str(), path.c_str()) == 0;
}

void WaitAndDrain(const sigset_t& signals, const std::function<void()>& drain) {
  int signal = 0;
  sigwait(&signals, &signal);
  Log(LogLevel::kInfo, "server.draining", {{"signal", StrCat(signal)}});
  DrainWithin(signals, drain);
}

}  // namespace duban
