// The process around a server: signals, the port file, exit codes.

#include <fcntl.h>
#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <thread>
#include <utility>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/strings.h"
#include "common/rpc/server.h"

namespace duban {
namespace {

constexpr int kPretendedMinuteOfDay = 8 * 60;

void Say(std::string_view program, std::string_view message) {
  const std::string line = StrCat(program, ": ", message, "\n");
  std::fputs(line.c_str(), stderr);
}

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
    const LogLevel level = line->severity == GPR_LOG_SEVERITY_ERROR ? LogLevel::kWarning : LogLevel::kDebug;
    Log(level, "grpc.log", {{"message", line->message}});
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

// Whoever waits for the file sees all of it or none.
bool WritePortFile(const std::string& path, int port) {
  const std::string text = StrCat(port, "\n");
  const std::string temporary = StrCat(path, ".new");
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return false;
  const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  return close(file) == 0 && written && std::rename(temporary.c_str(), path.c_str()) == 0;
}

void LogOptions(const ServerOptions& options) {
  std::string all;
  for (const auto& [name, value] : DescribeOptions(options)) StrAppend(&all, all.empty() ? "" : " ", name, "=", value);
  Log(LogLevel::kInfo, "server.starting", {{"program", options.program}, {"options", all}});
  if (options.pretend_date) {
    Log(LogLevel::kWarning, "server.pretended_date",
        {{"date", FormatDay(*options.pretend_date)},
         {"meaning", "the clock is shifted on purpose; times in every record of this run are not real"}});
  }
  if (options.insecure) {
    Log(LogLevel::kWarning, "server.insecure",
        {{"meaning", "no TLS and no callers: whoever reaches the port on this machine may do everything"}});
  }
}

// Drains in a thread of its own, so that this one can hear a second signal and end what hangs.
void DrainWithin(Server& server, const sigset_t& signals) {
  Mutex mu;
  bool done = false;
  std::thread drain([&] {
    server.Drain();
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

int ExitCodeOf(const absl::Status& status) {
  if (status.GetPayload(kStoreFailureUrl).has_value()) {
    return absl::IsDataLoss(status) ? kExitStore : absl::IsFailedPrecondition(status) ? kExitOther : kExitDisk;
  }
  return absl::IsInvalidArgument(status) ? kExitUsage : kExitListen;
}

}  // namespace

int RunServer(const ServerOptions& options, const std::vector<ModuleFactory>& modules) {
  const sigset_t signals = BlockSignals();
  SetLogLevel(options.log_level);
  TakeLibraryLogs();
  TakeLocksWithoutLooking();
  RaiseFileLimit();
  LogOptions(options);
  std::optional<ShiftedClock> shifted;
  ServerPorts ports;
  if (options.pretend_date) {
    shifted.emplace(TimeAt(*options.pretend_date, kPretendedMinuteOfDay));
    ports.clock = &*shifted;
  }
  absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(options, modules, ports);
  if (!server.ok()) {
    Say(options.program, ToStd(server.status().message()));
    return ExitCodeOf(server.status());
  }
  if (!options.port_file.empty() && !WritePortFile(options.port_file, (*server)->port())) {
    Say(options.program, StrCat("cannot write --port-file=", options.port_file, "; is its folder there?"));
    return kExitListen;
  }
  int signal = 0;
  sigwait(&signals, &signal);
  Log(LogLevel::kInfo, "server.draining", {{"signal", StrCat(signal)}});
  DrainWithin(**server, signals);
  if (!options.port_file.empty()) unlink(options.port_file.c_str());
  return 0;
}

int ServerMain(std::string_view program, int argc, const char* const* argv, const std::vector<ModuleFactory>& modules) {
  std::vector<std::string> services;
  for (const ModuleFactory& module : modules) services.push_back(module.service);
  ParsedOptions parsed = ParseServerOptions(program, services, argc, argv);
  if (!parsed.options) {
    std::fputs(parsed.message.c_str(), parsed.exit_code == 0 ? stdout : stderr);
    return parsed.exit_code;
  }
  return RunServer(*parsed.options, modules);
}

}  // namespace duban
