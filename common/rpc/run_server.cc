// What a server program does, from its command line to its exit code.

#include <unistd.h>

#include <cstdio>
#include <optional>
#include <thread>
#include <utility>

#include "common/base/civil.h"
#include "common/base/errors.h"
#include "common/base/log.h"
#include "common/base/strings.h"
#include "common/rpc/companion.h"
#include "common/rpc/process.h"
#include "common/rpc/server.h"

namespace duban {
namespace {

constexpr int kPretendedMinuteOfDay = 8 * 60;

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

int ExitCodeOf(const absl::Status& status) {
  if (status.GetPayload(kStoreFailureUrl).has_value()) {
    return absl::IsDataLoss(status) ? kExitStore : absl::IsFailedPrecondition(status) ? kExitOther : kExitDisk;
  }
  return absl::IsInvalidArgument(status) ? kExitUsage : kExitListen;
}

}  // namespace

int RunServer(const ServerOptions& options, const std::vector<ModuleFactory>& modules, Companion* companion,
              const ServerStarter& replica) {
  const sigset_t signals = PrepareProcess(options.log_level);
  LogOptions(options);
  std::optional<ShiftedClock> shifted;
  ServerPorts ports;
  if (options.pretend_date) {
    shifted.emplace(TimeAt(*options.pretend_date, kPretendedMinuteOfDay));
    ports.clock = &*shifted;
  }
  if (companion != nullptr) ports.more_samples = [companion] { return companion->Samples(); };
  const bool alone = options.replication.endpoints.empty() || replica == nullptr;
  absl::StatusOr<std::unique_ptr<Server>> server =
      alone ? Server::Start(options, modules, ports) : replica(options, modules, ports);
  const absl::Status started =
      server.ok() && companion != nullptr ? companion->Start(options, (*server)->port()) : server.status();
  if (!started.ok()) {
    Say(options.program, ToStd(started.message()));
    return ExitCodeOf(started);
  }
  if (!options.port_file.empty() && !WritePortFile(options.port_file, (*server)->port())) {
    Say(options.program, StrCat("cannot write --port-file=", options.port_file, "; is its folder there?"));
    return kExitListen;
  }
  WaitAndDrain(signals, [&] {
    // Both at a time: who waits for one is not let wait for the other, too.
    std::thread beside([&] {
      if (companion != nullptr) companion->Drain();
    });
    (*server)->Drain();
    beside.join();
  });
  if (!options.port_file.empty()) unlink(options.port_file.c_str());
  return 0;
}

int ServerMain(std::string_view program, int argc, const char* const* argv, const std::vector<ModuleFactory>& modules,
               Companion* companion, const ServerStarter& replica) {
  std::vector<std::string> services;
  for (const ModuleFactory& module : modules) services.push_back(module.service);
  ParsedOptions parsed = ParseServerOptions(program, services, argc, argv, companion);
  if (!parsed.options) {
    std::fputs(parsed.message.c_str(), parsed.exit_code == 0 ? stdout : stderr);
    return parsed.exit_code;
  }
  return RunServer(*parsed.options, modules, companion, replica);
}

}  // namespace duban
