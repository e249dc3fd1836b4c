#include <CLI/CLI.hpp>
#include <utility>

#include "common/base/strings.h"
#include "common/rpc/address.h"
#include "common/rpc/flags.h"
#include "services/console/browser_guard.h"
#include "services/console/console_module.h"

namespace duban::console {
namespace {

constexpr char kExitCodes[] =
    "退出码：0 正常停止；2 参数、证书或页面文件夹有误；4 端口或端口文件不可用。\n"
    "Exit codes: 0 stopped as told; 2 a flag, a certificate or the folder of the pages is wrong; 4 a port or the port "
    "file cannot be had.";

// The admin page is so many ports above.
constexpr int kAdminOffset = 90;

absl::Status Refused(std::string message) {
  return absl::InvalidArgumentError(message);
}

// What CLI11 fills in, before it is checked and converted.
struct Raw {
  ConsoleOptions options;
  std::string plan_address, assignment_address, notification_address;
  std::string log_level = "info";
  int idle_minutes = 30;
};

void AddPlaces(CLI::App& app, Raw& raw) {
  ConsoleOptions& o = raw.options;
  AddFlag(app, "listen", o.listen,
          {"供浏览器访问的地址 HOST:PORT；未设 TLS 时只能用本机地址（由 nginx 等转发）",
           "HOST:PORT for browsers; loopback only where there is no TLS (behind nginx, say)"});
  AddFlag(app, "server", o.server, {"本节点服务的地址", "HOST:PORT of the node's services"});
  AddFlag(app, "plan-address", raw.plan_address,
          {"计划服务的地址（分进程部署时）", "HOST:PORT of the plan service, where it is another process"});
  AddFlag(app, "assignment-address", raw.assignment_address,
          {"交办服务的地址（分进程部署时）", "HOST:PORT of the assignment service, where it is another process"});
  AddFlag(app, "notification-address", raw.notification_address,
          {"提醒服务的地址（分进程部署时）", "HOST:PORT of the notification service, where it is another process"});
  AddFlag(
      app, "keys", o.keys,
      {"调用服务所用的密钥文件夹：由 duban keys issue node/节点/service/console 签发",
       "Folder of the keys that services are called with, as `duban keys issue node/NODE/service/console` makes it"});
  AddFlag(app, "insecure", o.insecure,
          {"服务未用 TLS，只供本机开发：能打开页面的人什么都能做",
           "The services have no TLS, for development on loopback: whoever opens the page may do everything"});
  AddFlag(app, "pages", o.pages,
          {"页面文件夹；不设则只答复调用", "Folder of the built pages; without, only calls are answered"});
  AddFlag(app, "origin", o.origins,
          {"浏览器地址栏中的网址，如 https://console.example；可写多次；监听本机时可不写",
           "What browsers know the console by, such as https://console.example; repeat for several; not needed on "
           "loopback"});
  AddFlag(app, "trusted-proxy", o.proxies,
          {"转发服务器的 IP 地址，其 X-Forwarded-For、X-Forwarded-Proto 可信；可写多次",
           "Address of a proxy whose X-Forwarded-For and X-Forwarded-Proto are believed; repeat for several"});
  AddFlag(app, "tls-certificate", o.tls_certificate,
          {"供浏览器的证书文件（PEM，含中间证书）；更换即生效",
           "Certificate for browsers (PEM, with those that it hangs by); looked at again while it runs"});
  AddFlag(app, "tls-key", o.tls_key, {"该证书的私钥文件（PEM）", "Its key (PEM)"});
  AddFlag(
      app, "admin-listen", o.admin_listen,
      {"监控页（/metrics、/livez、/readyz）的地址，只能是本机；none 为不开；默认端口比 --listen 大 90",
       "HOST:PORT of /metrics, /livez and /readyz, on loopback; `none` for no such page; default: 90 above --listen"});
  AddFlag(app, "port-file", o.port_file, {"开始服务后写入端口号的文件", "File that gets the port once it serves"});
}

void AddLimits(CLI::App& app, Raw& raw) {
  ConsoleOptions& o = raw.options;
  AddFlag(app, "max-message-bytes", o.max_message_bytes,
          {"单个请求的最大字节数，65536 至 67108864", "Largest request, 65536 to 67108864"})
      ->check(CLI::Range(65536, 67108864));
  AddFlag(app, "max-connections", o.max_connections,
          {"最多连接数，64 至 100000；超出的立即关闭", "Most connections, 64 to 100000; one more is closed at once"})
      ->check(CLI::Range(64, 100000));
  AddFlag(app, "connections-per-address", o.connections_of_address,
          {"同一地址的最多连接数，1 至 100000；可信转发服务器不限",
           "Most connections of one address, 1 to 100000; trusted proxies may have any number"})
      ->check(CLI::Range(1, 100000));
  AddFlag(app, "memory-mib", o.memory_mib,
          {"收发内容可用的内存（MiB），16 至 65536", "Memory for what comes and goes in MiB, 16 to 65536"})
      ->check(CLI::Range(16, 65536));
  AddFlag(app, "idle-minutes", raw.idle_minutes,
          {"多少分钟不操作即须重新登录，1 至 1440",
           "Minutes without a call after which one has to sign in again, 1 to 1440"})
      ->check(CLI::Range(1, 1440));
  AddFlag(app, "max-sessions", o.max_sessions,
          {"最多同时登录数，16 至 1000000；超出时最久未用的退出",
           "Most sessions, 16 to 1000000; one more, and the one that was not used for the longest ends"})
      ->check(CLI::Range(16, 1'000'000));
  AddFlag(app, "sign-ins-per-minute", o.sign_ins_per_minute,
          {"同一地址每分钟可尝试登录的次数，1 至 100000", "How often somebody may try to sign in from one address"})
      ->check(CLI::Range(1, 100000));
  AddFlag(app, "log-level", raw.log_level, {"日志级别：debug、info、warning 或 error", "debug, info, warning or error"})
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
}

LogLevel LevelOf(const std::string& name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "warning") return LogLevel::kWarning;
  return name == "error" ? LogLevel::kError : LogLevel::kInfo;
}

void SetAdmin(ConsoleOptions& o) {
  if (o.admin_listen == "none") {
    o.admin_listen.clear();
  } else if (o.admin_listen.empty()) {
    const absl::StatusOr<std::pair<std::string, int>> listen = SplitAddress(o.listen);
    const bool free_port = !listen.ok() || listen->second == 0 || listen->second + kAdminOffset > 65535;
    o.admin_listen = StrCat("127.0.0.1:", free_port ? 0 : listen->second + kAdminOffset);
  }
}

absl::StatusOr<ConsoleOptions> Convert(Raw raw) {
  ConsoleOptions& o = raw.options;
  if (!raw.plan_address.empty()) o.addresses[Backend::kPlan] = raw.plan_address;
  if (!raw.assignment_address.empty()) o.addresses[Backend::kAssignment] = raw.assignment_address;
  if (!raw.notification_address.empty()) o.addresses[Backend::kNotification] = raw.notification_address;
  o.idle = absl::Minutes(raw.idle_minutes);
  o.log_level = LevelOf(raw.log_level);
  SetAdmin(o);
  if (absl::Status checked = CheckConsoleOptions(o); !checked.ok()) return checked;
  return std::move(o);
}

absl::Status CheckTransport(const ConsoleOptions& o) {
  if (o.keys.empty() != o.insecure) {
    return Refused(o.insecure
                       ? "--keys and --insecure contradict each other; leave one out"
                       : "--keys is missing: name the folder of the console's keys, as `duban keys issue "
                         "node/NODE/service/console` makes it; or add --insecure for development on this machine");
  }
  if (o.tls_certificate.empty() != o.tls_key.empty()) {
    return Refused("--tls-certificate and --tls-key go together; give both or neither");
  }
  const absl::StatusOr<std::pair<std::string, int>> listen = SplitAddress(o.listen);
  if (!listen.ok()) return Refused(StrCat("--listen: ", ToStd(listen.status().message())));
  const bool loopback = IsLoopback(listen->first);
  if (!loopback && (o.insecure || o.tls_certificate.empty())) {
    return Refused(StrCat("--listen=", o.listen, " reaches other machines, and ",
                          o.insecure ? "--insecure is for this one alone: listen on 127.0.0.1, or give --keys"
                                     : "there is no TLS: give --tls-certificate and --tls-key, or listen on 127.0.0.1 "
                                       "behind a proxy"));
  }
  if (!loopback && o.origins.empty()) {
    return Refused(
        "--origin is missing: say by what address browsers open the console, such as https://console.example");
  }
  return absl::OkStatus();
}

absl::Status CheckServers(const ConsoleOptions& o) {
  std::vector<std::string> all = {o.server};
  for (const auto& [backend, address] : o.addresses) all.push_back(address);
  for (const std::string& address : all) {
    const absl::StatusOr<std::pair<std::string, int>> split = SplitAddress(address);
    if (!split.ok() || split->second == 0)
      return Refused(StrCat("`", address, "` is no address to call; write HOST:PORT"));
    if (o.insecure && !IsLoopback(split->first)) {
      return Refused(StrCat("--insecure is for this machine alone, and ", address, " is not; give --keys"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckConsoleOptions(const ConsoleOptions& options) {
  if (absl::Status checked = CheckTransport(options); !checked.ok()) return checked;
  if (absl::Status checked = CheckServers(options); !checked.ok()) return checked;
  if (absl::Status guard = BrowserGuard::Of(options.origins, options.proxies).status(); !guard.ok()) return guard;
  if (options.admin_listen.empty()) return absl::OkStatus();
  const absl::StatusOr<std::pair<std::string, int>> admin = SplitAddress(options.admin_listen);
  if (admin.ok() && IsLoopback(admin->first)) return absl::OkStatus();
  return Refused(StrCat("--admin-listen=", options.admin_listen, " has to be HOST:PORT of this machine alone"));
}

ParsedConsoleOptions ParseConsoleOptions(std::string_view program, int argc, const char* const* argv) {
  Raw raw;
  raw.options.program = std::string(program);
  CLI::App app(
      "浏览器的入口：提供页面，并以登录者的名义调用本节点的服务。每个参数都可以写在环境变量 DUBAN_名称 或配置文件里。\n"
      "What browsers talk to: serves the pages, and calls the services of the node in the name of who is signed in. "
      "Every flag can stand in the environment as DUBAN_NAME and in the file.",
      raw.options.program);
  app.footer(kExitCodes);
  AddFile(app, program);
  AddPlaces(app, raw);
  AddLimits(app, raw);
  ParsedConsoleOptions parsed;
  if (std::optional<ParseFailure> failure = ParseFlags(app, program, argc, argv)) {
    parsed.exit_code = failure->exit_code;
    parsed.message = std::move(failure->message);
    return parsed;
  }
  absl::StatusOr<ConsoleOptions> options = Convert(std::move(raw));
  if (options.ok()) {
    parsed.options = *std::move(options);
  } else {
    parsed.exit_code = 2;
    parsed.message = StrCat(program, ": ", ToStd(options.status().message()), "\n");
  }
  return parsed;
}

}  // namespace duban::console
