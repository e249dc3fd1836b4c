// The console in a process: its options, its parts put together, and the two programs that it runs in.
//
//   duban-console                  by itself, calling the services of its node wherever they are
//   duban-node --console-listen    beside the services, calling them over loopback

#ifndef DUBAN_SERVICES_CONSOLE_CONSOLE_MODULE_H_
#define DUBAN_SERVICES_CONSOLE_CONSOLE_MODULE_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/log.h"
#include "common/rpc/companion.h"
#include "common/rpc/metrics.h"
#include "services/console/routes.h"

namespace duban::console {

struct ConsoleOptions {
  // Such as `duban-console`; for messages.
  std::string program;
  // HOST:PORT for browsers; port 0 takes a free one. Only loopback where there is no TLS.
  std::string listen = "127.0.0.1:7180";
  // HOST:PORT of the services; those of `addresses` elsewhere.
  std::string server = "127.0.0.1:7100";
  std::map<Backend, std::string> addresses;
  // Folder of the keys that services are called with: those of the node, or of its service `console`.
  std::string keys;
  // The services have no TLS and know no callers: for development, on loopback.
  bool insecure = false;
  // Folder of the built pages; empty: none, then only calls are answered.
  std::string pages;
  // What browsers know the console by: `https://console.example`. Empty: loopback, on the port that it listens on.
  std::vector<std::string> origins;
  // Addresses of proxies whose X-Forwarded-* are believed.
  std::vector<std::string> proxies;
  // PEM files for browsers; empty: no TLS.
  std::string tls_certificate, tls_key;
  // Largest message of a call. 64 KiB to 64 MiB.
  int max_message_bytes = 4 << 20;
  // 64 to 100,000, and 1 to 100,000.
  int max_connections = 4096;
  int connections_of_address = 256;
  // For bodies and answers on their way, in MiB. 16 to 65,536.
  int memory_mib = 256;
  // A session that is not used for so long has ended. 1 min to 1 day.
  absl::Duration idle = absl::Minutes(30);
  // 16 to 1,000,000.
  int max_sessions = 10'000;
  int sign_ins_per_minute = kSignInsPerMinute;
  // HOST:PORT of the page for operators, on loopback; empty: none.
  std::string admin_listen;
  // File that gets the port; empty: none.
  std::string port_file;
  LogLevel log_level = LogLevel::kInfo;
};

// OK, or why the options contradict each other: INVALID_ARGUMENT.
absl::Status CheckConsoleOptions(const ConsoleOptions& options);

// What parsing came to: options, or a text for the user and an exit code (0 after --help and --version).
struct ParsedConsoleOptions {
  std::optional<ConsoleOptions> options;
  std::string message;
  int exit_code = 0;
};
ParsedConsoleOptions ParseConsoleOptions(std::string_view program, int argc, const char* const* argv);

// A console that serves. Start, use, Drain. Thread-safe; destroying it drains.
class Console {
 public:
  // Errors: UNAVAILABLE where a port cannot be taken, INVALID_ARGUMENT where a file or a folder cannot be used. `clock`
  // is a real one. Both outlive it.
  static absl::StatusOr<std::unique_ptr<Console>> Start(const ConsoleOptions& options, Clock* clock, IdSource* ids);
  virtual ~Console() = default;

  virtual int port() const = 0;
  // 0 where there is none.
  virtual int admin_port() const = 0;
  virtual std::vector<Sample> Samples() const = 0;
  // Refuses new calls, ends streams, lets running calls end for `time`, and stops. Again: nothing.
  virtual void Drain(absl::Duration time) = 0;
};

// `duban-console`: until SIGTERM or SIGINT. Returns the exit code.
int ConsoleMain(std::string_view program, int argc, const char* const* argv);

// Beside the services of a node: with the node's keys, over loopback, where `--console-listen` is given.
std::unique_ptr<Companion> MakeConsoleCompanion();

}  // namespace duban::console

#endif  // DUBAN_SERVICES_CONSOLE_CONSOLE_MODULE_H_
