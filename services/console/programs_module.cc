// The programs that a console runs in.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <utility>

#include "common/base/strings.h"
#include "common/rpc/address.h"
#include "common/rpc/exit_codes.h"
#include "common/rpc/flags.h"
#include "common/rpc/process.h"
#include "services/console/console_module.h"

namespace duban::console {
namespace {

// For running calls, of the five seconds that a drain has.
constexpr absl::Duration kCallsEnd = absl::Milliseconds(3500);

class ConsoleBeside final : public Companion {
 public:
  void AddFlags(CLI::App& app) override {
    options_.listen.clear();
    AddFlag(app, "console-listen", options_.listen,
            {"控制台供浏览器访问的地址 HOST:PORT；不设则不开；其余 --console- 参数见 duban-console --help",
             "HOST:PORT of the console for browsers; without, there is none; as duban-console --help has the rest"});
    AddFlag(app, "console-pages", options_.pages, {"控制台的页面文件夹", "Folder of the console's pages"});
    AddFlag(app, "console-origin", options_.origins,
            {"浏览器地址栏中的控制台网址；可写多次", "What browsers know the console by; repeat for several"});
    AddFlag(app, "console-trusted-proxy", options_.proxies,
            {"控制台前转发服务器的 IP 地址；可写多次", "Address of a proxy before the console; repeat for several"});
    AddFlag(app, "console-tls-certificate", options_.tls_certificate,
            {"控制台供浏览器的证书文件（PEM）", "Certificate of the console for browsers (PEM)"});
    AddFlag(app, "console-tls-key", options_.tls_key, {"该证书的私钥文件（PEM）", "Its key (PEM)"});
  }

  absl::Status Check(const ServerOptions& server) const override {
    return options_.listen.empty() ? absl::OkStatus() : CheckConsoleOptions(With(server, 1));
  }

  absl::Status Start(const ServerOptions& server, int port) override {
    if (options_.listen.empty()) return absl::OkStatus();
    absl::StatusOr<std::unique_ptr<Console>> console = Console::Start(With(server, port), &RealClock(), &SystemIds());
    if (!console.ok()) return console.status();
    console_ = *std::move(console);
    return absl::OkStatus();
  }

  std::vector<Sample> Samples() const override {
    return console_ == nullptr ? std::vector<Sample>() : console_->Samples();
  }
  void Drain() override {
    if (console_ != nullptr) console_->Drain(kCallsEnd);
  }

 private:
  // Over this machine, with the keys of the node.
  ConsoleOptions With(const ServerOptions& server, int port) const {
    ConsoleOptions options = options_;
    options.program = server.program;
    const absl::StatusOr<std::pair<std::string, int>> listen = SplitAddress(server.listen);
    // An address that means all of the machine's means this one, too.
    const bool here =
        !listen.ok() || listen->first == "0.0.0.0" || listen->first == "::" || listen->first == "localhost";
    const std::string host = here ? "127.0.0.1" : listen->first;
    options.server = StrCat(host.find(':') == std::string::npos ? host : StrCat("[", host, "]"), ":", port);
    options.keys = server.keys;
    options.insecure = server.insecure;
    options.max_message_bytes = server.max_message_bytes;
    options.sign_ins_per_minute = server.sign_ins_per_minute;
    return options;
  }

  ConsoleOptions options_;
  std::unique_ptr<Console> console_;
};

int Fail(const ConsoleOptions& options, const absl::Status& status) {
  Say(options.program, ToStd(status.message()));
  return absl::IsInvalidArgument(status) ? kExitUsage : kExitListen;
}

}  // namespace

std::unique_ptr<Companion> MakeConsoleCompanion() {
  return std::make_unique<ConsoleBeside>();
}

int ConsoleMain(std::string_view program, int argc, const char* const* argv) {
  const ParsedConsoleOptions parsed = ParseConsoleOptions(program, argc, argv);
  if (!parsed.options) {
    std::fputs(parsed.message.c_str(), parsed.exit_code == 0 ? stdout : stderr);
    return parsed.exit_code;
  }
  const ConsoleOptions& options = *parsed.options;
  const sigset_t signals = PrepareProcess(options.log_level);
  absl::StatusOr<std::unique_ptr<Console>> console = Console::Start(options, &RealClock(), &SystemIds());
  if (!console.ok()) return Fail(options, console.status());
  if (!options.port_file.empty() && !WritePortFile(options.port_file, (*console)->port())) {
    Say(options.program, StrCat("cannot write --port-file=", options.port_file, "; is its folder there?"));
    return kExitListen;
  }
  WaitAndDrain(signals, [&] { (*console)->Drain(kCallsEnd); });
  if (!options.port_file.empty()) unlink(options.port_file.c_str());
  return 0;
}

}  // namespace duban::console
