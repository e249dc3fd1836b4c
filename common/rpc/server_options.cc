#include "common/rpc/server_options.h"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "common/base/civil.h"
#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/rpc/companion.h"
#include "common/rpc/flags.h"

namespace duban {
namespace {

const char* const kServices[] = {"plan", "assignment", "notification"};

constexpr char kExitCodes[] =
    "退出码：0 正常停止；2 参数或配置有误；3 存储损坏或丢失已确认的内容（请恢复或重建）；4 端口或端口文件不可用；5 "
    "存储所在磁盘故障、"
    "已满或只读（处理后重新启动）；6 存储正被占用，或属于别的节点、服务、格式。具体情况和处理办法见提示。\n"
    "Exit codes: 0 stopped as told; 2 a flag or the configuration is wrong; 3 a store is damaged or holds less than it "
    "acknowledged (restore or rebuild it); 4 a port or the port file cannot be had; 5 a store's disk fails, is full or "
    "read-only (mend it, start again); 6 a store is in use, of another node or service, or of another format. The "
    "message says which and what to do.";

// The admin page is so many ports above the service.
constexpr int kAdminOffset = 90;

absl::Status Refused(std::string message) {
  return absl::InvalidArgumentError(message);
}

// What CLI11 fills in, before it is checked and converted.
struct Raw {
  ServerOptions options;
  std::vector<std::string> upstreams;
  std::string pretend_date;
  std::string log_level = "info";
  std::string plan_address, assignment_address, notification_address;
  std::string replicated_by;
  int max_call_seconds = 60;
  int max_connection_age_seconds = 1800;
  int backup_interval_minutes = 30;
};

int DefaultPort(const std::vector<std::string>& services) {
  if (services.size() != 1) return 7100;
  for (int i = 0; i < 3; ++i) {
    if (services[0] == kServices[i]) return 7101 + i;
  }
  return 7100;
}

void AddPlaces(CLI::App& app, Raw& raw) {
  ServerOptions& o = raw.options;
  AddFlag(app, "node", o.node,
          {"本节点编号，如 district：a-z、0-9、-，确定后不再改", "Id of this node, such as `district`: a-z, 0-9, `-`"})
      ->required();
  AddFlag(app, "data-dir", o.data_dir,
          {"存储所在文件夹，没有则新建", "Folder of the stores; made where it is not there"})
      ->required();
  AddFlag(app, "listen", o.listen,
          {"服务地址 HOST:PORT；端口 0 为任选空闲端口；--insecure 时只能用本机地址",
           "HOST:PORT to serve on; port 0 takes a free one; loopback only where --insecure"});
  AddFlag(
      app, "keys", o.keys,
      {"本节点或本服务的密钥文件夹，由 duban node init 或 duban keys issue 生成；运行中更换即生效",
       "Folder of the keys of this node or service, as `duban keys issue` makes it; looked at again while it runs"});
  AddFlag(app, "single-sign-on", o.single_sign_on,
          {"单点登录（OpenID Connect）的设置文件（JSON），写明认可谁签发的 ID 令牌；不设则不认",
           "File that says whose ID tokens (OpenID Connect) are taken, as JSON; nobody's where it is not given"});
  AddFlag(app, "insecure", o.insecure,
          {"不用 TLS，只供本机开发：能连上端口的人什么都能做",
           "Without TLS, for development on loopback: whoever reaches the port may do everything"});
  AddFlag(
      app, "admin-listen", o.admin_listen,
      {"监控页（/metrics、/livez、/readyz）的地址；none 为不开；默认 127.0.0.1，端口比 --listen 大 90",
       "HOST:PORT of /metrics, /livez and /readyz; `none` for no such page; default: 127.0.0.1, 90 above --listen"});
  AddFlag(app, "port-file", o.port_file,
          {"开始服务后写入端口号的文件", "File that gets the port once the server serves"});
  AddFlag(app, "log-channel-file", o.log_channel_file,
          {"到点的提醒逐条消息追加到此文件，每行一个 JSON",
           "File that due reminders are appended to, a JSON object a line"});
  AddFlag(
      app, "channels", o.channels_file,
      {"提醒用的邮件服务器和机器人的设置文件，见 deploy/README.zh.md；只许本人可读（0600）",
       "File with the mail server and the webhooks for reminders, as deploy/README.md describes; for its owner alone "
       "(0600)"});
  AddFlag(app, "backup-dir", o.backup_dir,
          {"duban node backup 存放备份的文件夹，最好在另一块盘；没有则新建",
           "Folder for `duban node backup`, best on another disk than --data-dir; made where it is not there"});
  AddFlag(app, "admin-remote", o.admin_remote,
          {"允许其他机器访问监控页（监控页没有 TLS）",
           "Let other machines read the page of --admin-listen, which has no TLS"});
  AddFlag(app, "upstream", raw.upstreams,
          {"上级节点：NODE=HOST:PORT，或 NODE=plan:HOST:PORT,assignment:HOST:PORT；多个上级写多次",
           "A node above: NODE=HOST:PORT, or NODE=plan:HOST:PORT,assignment:HOST:PORT; repeat for several"})
      ->delimiter(';');
  AddFlag(
      app, "plan-address", raw.plan_address,
      {"本节点的计划服务地址（分进程部署时）", "HOST:PORT of this node's plan service, where it is another process"});
  AddFlag(app, "assignment-address", raw.assignment_address,
          {"本节点的交办服务地址（分进程部署时）",
           "HOST:PORT of this node's assignment service, where it is another process"});
}

void AddLimits(CLI::App& app, Raw& raw) {
  ServerOptions& o = raw.options;
  AddFlag(app, "max-message-bytes", o.max_message_bytes,
          {"单个请求的最大字节数，65536 至 67108864", "Largest request, 65536 to 67108864"})
      ->check(CLI::Range(65536, 67108864));
  AddFlag(app, "keep-free-mib", o.keep_free_mib,
          {"磁盘剩余少于此数（MiB）时拒绝写入、照常读取，0 至 1048576",
           "With less of the disk free, in MiB, changes are refused and reading goes on; 0 to 1048576"})
      ->check(CLI::Range(0, 1048576));
  AddFlag(
      app, "history-days", o.history_days,
      {"办理记录至少保留的天数，180 至 3650；此后直到备份和相邻节点都不再需要",
       "Days that the record of who changed what is kept at least, 180 to 3650; then as long as backup or neighbour "
       "need it"})
      ->check(CLI::Range(180, 3650));
  AddFlag(app, "block-cache-mib", o.block_cache_mib,
          {"每个存储的读缓存（MiB），1 至 65536", "Memory for blocks of each store's files in MiB, 1 to 65536"})
      ->check(CLI::Range(1, 65536));
  AddFlag(app, "threads", o.threads,
          {"同时处理的普通调用数，4 至 1024；另有同样多排队",
           "Most ordinary calls worked on at once, 4 to 1024; as many again wait"})
      ->check(CLI::Range(4, 1024));
  AddFlag(app, "calls-per-second", o.calls_per_second,
          {"每个单位客户端、每个作业每秒的调用数，1 至 100000；停歇后可短时三倍",
           "Calls a second of each unit's client and each job, 1 to 100000; three times as many after a pause"})
      ->check(CLI::Range(1, 100'000));
  AddFlag(app, "sign-ins-per-minute", o.sign_ins_per_minute,
          {"同一地址每分钟可尝试登录的次数，1 至 100000；本节点的服务不计",
           "How often somebody may try to sign in from one address; services of the node are not counted. 1 to 100000"})
      ->check(CLI::Range(1, 100000));
  AddFlag(app, "expensive-threads", o.expensive_threads,
          {"同时解析文件的调用数，1 至 64", "Most calls at once that read a whole document, 1 to 64"})
      ->check(CLI::Range(1, 64));
  AddFlag(app, "memory-mib", o.memory_mib,
          {"收发消息可用的内存（MiB），16 至 65536", "Memory for messages in flight in MiB, 16 to 65536"})
      ->check(CLI::Range(16, 65536));
  AddFlag(app, "max-connections", o.max_connections,
          {"最多连接数，64 至 100000；超出的立即关闭", "Most connections, 64 to 100000; one more is closed at once"})
      ->check(CLI::Range(64, 100000));
  AddFlag(app, "max-waiting-fetches", o.max_waiting_fetches,
          {"最多等待中的同步请求数，1 至 100000", "Most Fetch calls that wait, 1 to 100000"})
      ->check(CLI::Range(1, 100000));
  AddFlag(app, "fetch-threads", o.fetch_threads,
          {"为等待中的同步请求读取数据的线程数，1 至 64", "Threads that read pages for waiting calls, 1 to 64"})
      ->check(CLI::Range(1, 64));
  AddFlag(app, "max-call-seconds", raw.max_call_seconds,
          {"单次调用的最长秒数，1 至 3600", "Longer calls are cancelled, 1 to 3600"})
      ->check(CLI::Range(1, 3600));
  AddFlag(app, "max-connection-age-seconds", raw.max_connection_age_seconds,
          {"连接的更换周期（秒），60 至 86400", "Connections are renewed, 60 to 86400"})
      ->check(CLI::Range(60, 86400));
  AddFlag(app, "backup-interval-minutes", raw.backup_interval_minutes,
          {"两次备份的最小间隔（分钟），0 至 10080，以免好的备份被挤掉",
           "No backup is begun so soon after the last, so that nobody drives good ones out; 0 to 10080"})
      ->check(CLI::Range(0, 10080));
  AddFlag(app, "keep-backups", o.keep_backups, {"保留的备份份数，1 至 1000", "Newest backups that are kept, 1 to 1000"})
      ->check(CLI::Range(1, 1000));
  AddFlag(app, "log-level", raw.log_level,
          {"日志级别：debug、info、warning 或 error；运行中可用 duban node log-level 调整",
           "debug, info, warning or error"})
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
  AddFlag(app, "development", o.development,
          {"开发模式，允许 --pretend-date；正式使用时不得开启",
           "Development mode: allows --pretend-date. Never for real work"});
  AddFlag(app, "pretend-date", raw.pretend_date,
          {"YYYY-MM-DD：假设现在是这一天（北京时间）8 点",
           "YYYY-MM-DD: act as if it were 08:00 of this day in Asia/Shanghai"});
}

void AddReplication(CLI::App& app, Raw& raw) {
  ReplicationOptions& o = raw.options.replication;
  AddFlag(app, "replicated-by", raw.replicated_by,
          {"多副本：存放共用日志的 etcd，写作 etcd://HOST:PORT,HOST:PORT,HOST:PORT；不设则为单机",
           "Several replicas: the etcd that has their log, as etcd://HOST:PORT,HOST:PORT,HOST:PORT; alone without"});
  AddFlag(app, "replica-id", o.replica,
          {"本副本编号，与它的存储一起保持不变", "Id of this replica, which stays with its stores"});
  AddFlag(app, "advertise", o.advertise,
          {"客户端访问本副本的地址 HOST:PORT", "HOST:PORT where clients reach this replica"});
  AddFlag(app, "log-max-mib", o.log_max_mib,
          {"为掉线副本保留的日志上限（MiB），16 至 65536",
           "MiB of the log that are kept at most for replicas that come back, 16 to 65536"})
      ->check(CLI::Range(16, 65536));
  AddFlag(app, "etcd-ca", o.ca_file,
          {"etcd 的 CA 证书（PEM）；不设则不用 TLS，只限本机",
           "PEM file of the authority of etcd's certificates; without it no TLS, on loopback alone"});
  AddFlag(app, "etcd-certificate", o.certificate_file,
          {"访问 etcd 的客户端证书（PEM）", "PEM file of the client certificate for etcd"});
  AddFlag(app, "etcd-key", o.key_file, {"该证书的私钥（PEM）", "PEM file of its key"});
  AddFlag(app, "etcd-user", o.user, {"登录 etcd 的用户名", "Name to sign in to etcd with"});
  AddFlag(app, "etcd-password-file", o.password_file, {"其密码所在文件", "File with its password"});
}

// `etcd://HOST:PORT,HOST:PORT`.
absl::StatusOr<std::vector<std::string>> ParseEtcd(const std::string& text) {
  constexpr std::string_view kScheme = "etcd://";
  const auto wrong = [&] {
    return Refused(StrCat("--replicated-by=", text, " names no etcd; write etcd://HOST:PORT,HOST:PORT,HOST:PORT"));
  };
  if (!text.starts_with(kScheme)) return wrong();
  std::vector<std::string> endpoints;
  for (absl::string_view part : absl::StrSplit(ToAbsl(std::string_view(text).substr(kScheme.size())), ',')) {
    const absl::StatusOr<std::pair<std::string, int>> split = SplitAddress(ToStd(part));
    if (!split.ok() || split->second == 0) return wrong();
    endpoints.emplace_back(part);
  }
  return endpoints;
}

LogLevel LevelOf(const std::string& name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "warning") return LogLevel::kWarning;
  if (name == "error") return LogLevel::kError;
  return LogLevel::kInfo;
}

absl::StatusOr<ServerOptions> Convert(Raw raw) {
  ServerOptions& o = raw.options;
  for (const std::string& text : raw.upstreams) {
    absl::StatusOr<UpstreamOptions> upstream = ParseUpstream(text);
    if (!upstream.ok()) return upstream.status();
    o.upstreams.push_back(*std::move(upstream));
  }
  if (!raw.replicated_by.empty()) {
    absl::StatusOr<std::vector<std::string>> endpoints = ParseEtcd(raw.replicated_by);
    if (!endpoints.ok()) return endpoints.status();
    o.replication.endpoints = *std::move(endpoints);
  }
  if (!raw.plan_address.empty()) o.local_services["plan"] = raw.plan_address;
  if (!raw.assignment_address.empty()) o.local_services["assignment"] = raw.assignment_address;
  if (!raw.pretend_date.empty()) {
    o.pretend_date = ParseDay(raw.pretend_date);
    if (!o.pretend_date) {
      return Refused(StrCat("--pretend-date=", raw.pretend_date, " is no date of the calendar; write YYYY-MM-DD"));
    }
  }
  if (o.admin_listen.empty()) {
    absl::StatusOr<std::pair<std::string, int>> listen = SplitAddress(o.listen);
    const bool free_port = !listen.ok() || listen->second == 0 || listen->second + kAdminOffset > 65535;
    o.admin_listen = StrCat("127.0.0.1:", free_port ? 0 : listen->second + kAdminOffset);
  } else if (o.admin_listen == "none") {
    o.admin_listen.clear();
  }
  o.log_level = LevelOf(raw.log_level);
  o.max_call_time = absl::Seconds(raw.max_call_seconds);
  o.max_connection_age = absl::Seconds(raw.max_connection_age_seconds);
  o.backup_interval = absl::Minutes(raw.backup_interval_minutes);
  absl::Status checked = CheckServerOptions(o);
  if (!checked.ok()) return checked;
  return std::move(o);
}

// Whether a path is a folder or lies in it.
bool IsWithin(const std::string& path, const std::string& folder) {
  const auto plain = [](const std::string& text) {
    std::string whole = std::filesystem::absolute(text).lexically_normal().string();
    return whole.ends_with('/') ? whole : whole + "/";
  };
  return plain(path).starts_with(plain(folder));
}

absl::Status CheckListener(std::string_view flag, const std::string& address, bool remote, std::string_view otherwise) {
  absl::StatusOr<std::pair<std::string, int>> split = SplitAddress(address);
  if (!split.ok()) return Refused(StrCat("--", flag, ": ", ToStd(split.status().message())));
  if (remote || IsLoopback(split->first)) return absl::OkStatus();
  return Refused(StrCat("--", flag, "=", address, " reaches other machines, and ", otherwise));
}

absl::Status CheckTransport(const ServerOptions& o) {
  if (!o.single_sign_on.empty() && o.keys.empty()) {
    return Refused("--single-sign-on needs --keys: people sign in over TLS alone");
  }
  if (!o.keys.empty() && o.insecure) return Refused("--keys and --insecure contradict each other; leave one out");
  if (o.keys.empty() && !o.insecure) {
    return Refused(
        "--keys is missing: name the folder of this node's keys, as `duban keys issue` makes it; or add --insecure for "
        "development on this machine, where whoever reaches the port may do everything");
  }
  absl::Status listener = CheckListener("listen", o.listen, !o.insecure,
                                        "--insecure is for this machine alone: listen on 127.0.0.1, or give --keys");
  if (!listener.ok() || o.admin_listen.empty()) return listener;
  return CheckListener("admin-listen", o.admin_listen, o.admin_remote,
                       "has no TLS: listen on 127.0.0.1, or add --admin-remote if the network keeps strangers out");
}

absl::Status CheckReplication(const ReplicationOptions& o) {
  if (o.endpoints.empty()) {
    if (o.replica.empty() && o.advertise.empty()) return absl::OkStatus();
    return Refused("--replica-id and --advertise are for one of several replicas; add --replicated-by");
  }
  if (!IsResourceId(o.replica)) {
    return Refused(StrCat("--replica-id=", o.replica,
                          " is no id: 1 to 63 of a-z, 0-9 and `-`, beginning with a letter; each replica has its own"));
  }
  const absl::StatusOr<std::pair<std::string, int>> advertised = SplitAddress(o.advertise);
  if (!advertised.ok() || advertised->second == 0) {
    return Refused(StrCat("--advertise=", o.advertise, " is no address to call; write the HOST:PORT of this replica"));
  }
  if (!o.user.empty() && o.password_file.empty()) return Refused("--etcd-user needs --etcd-password-file");
  for (const std::string& endpoint : o.endpoints) {
    if (o.ca_file.empty() && !IsLoopback(SplitAddress(endpoint)->first)) {
      return Refused(StrCat("--replicated-by: etcd at ", endpoint,
                            " is another machine, and without --etcd-ca there is no TLS: name the authority of its "
                            "certificates"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::string ServerOptions::AddressOf(const UpstreamOptions& upstream, std::string_view service) {
  auto it = upstream.addresses.find(std::string(service));
  if (it == upstream.addresses.end()) it = upstream.addresses.find("");
  return it == upstream.addresses.end() ? "" : it->second;
}

absl::StatusOr<UpstreamOptions> ParseUpstream(std::string_view text) {
  const size_t equals = text.find('=');
  UpstreamOptions upstream;
  upstream.node = std::string(text.substr(0, equals));
  if (equals == std::string_view::npos || !IsResourceId(upstream.node)) {
    return Refused(StrCat("--upstream=", text, " names no node; write NODE=HOST:PORT"));
  }
  for (absl::string_view part : absl::StrSplit(ToAbsl(text.substr(equals + 1)), ',')) {
    std::string service;
    for (const char* name : kServices) {
      if (absl::StartsWith(part, absl::StrCat(name, ":")) && part.find(':', part.find(':') + 1) != part.npos) {
        service = name;
        part.remove_prefix(service.size() + 1);
        break;
      }
    }
    absl::StatusOr<std::pair<std::string, int>> split = SplitAddress(ToStd(part));
    if (!split.ok() || split->second == 0) {
      return Refused(StrCat("--upstream=", text, ": `", ToStd(part), "` is no address to call; write HOST:PORT"));
    }
    if (!upstream.addresses.emplace(service, std::string(part)).second) {
      return Refused(StrCat("--upstream=", text, " gives an address twice"));
    }
  }
  return upstream;
}

absl::Status CheckServerOptions(const ServerOptions& o) {
  if (!IsResourceId(o.node)) {
    return Refused(StrCat("--node=", o.node, " is no id: 1 to 63 of a-z, 0-9 and `-`, beginning with a letter"));
  }
  if (o.data_dir.empty()) return Refused("--data-dir is empty; name a folder for the stores");
  if (!o.backup_dir.empty() && IsWithin(o.backup_dir, o.data_dir)) {
    return Refused(StrCat("--backup-dir=", o.backup_dir, " lies within --data-dir=", o.data_dir,
                          ": what loses the one loses the other. Name a folder elsewhere, best on another disk"));
  }
  if (absl::Status transport = CheckTransport(o); !transport.ok()) return transport;
  if (absl::Status replication = CheckReplication(o.replication); !replication.ok()) return replication;
  for (size_t i = 0; i < o.upstreams.size(); ++i) {
    if (o.upstreams[i].node == o.node) return Refused(StrCat("--upstream: node ", o.node, " cannot be above itself"));
    for (size_t j = 0; j < i; ++j) {
      if (o.upstreams[j].node == o.upstreams[i].node) {
        return Refused(StrCat("--upstream names ", o.upstreams[i].node, " twice; give all its addresses in one flag"));
      }
    }
  }
  for (const auto& [service, address] : o.local_services) {
    absl::StatusOr<std::pair<std::string, int>> split = SplitAddress(address);
    if (!split.ok()) return Refused(StrCat("--", service, "-address: ", ToStd(split.status().message())));
  }
  if (o.pretend_date && !o.development) {
    return Refused("--pretend-date is refused: it makes every date in the records untrue. Only with --development");
  }
  return absl::OkStatus();
}

ParsedOptions ParseServerOptions(std::string_view program, const std::vector<std::string>& services, int argc,
                                 const char* const* argv, Companion* companion) {
  Raw raw;
  raw.options.program = std::string(program);
  const int port = DefaultPort(services);
  raw.options.listen = StrCat("127.0.0.1:", port);
  raw.options.admin_listen.clear();
  CLI::App app(StrCat("督办节点的", services.size() == 1 ? "一个" : "全部",
                      "服务。每个参数都可以写在环境变量 DUBAN_名称 或配置文件里。\nServes ",
                      services.size() == 1 ? services[0] : "plan, assignment and notification",
                      " of one Duban node. Every flag can stand in the environment as DUBAN_NAME and in the file."),
               raw.options.program);
  app.footer(kExitCodes);
  AddFile(app, program);
  AddPlaces(app, raw);
  AddLimits(app, raw);
  // Who leads, leads all stores of a node.
  if (services.size() > 1) AddReplication(app, raw);
  if (companion != nullptr) companion->AddFlags(app);
  ParsedOptions parsed;
  if (std::optional<ParseFailure> failure = ParseFlags(app, program, argc, argv)) {
    parsed.exit_code = failure->exit_code;
    parsed.message = std::move(failure->message);
    return parsed;
  }
  absl::StatusOr<ServerOptions> options = Convert(std::move(raw));
  if (!options.ok()) {
    parsed.exit_code = 2;
    parsed.message = StrCat(program, ": ", ToStd(options.status().message()), "\n");
    return parsed;
  }
  const absl::Status checked = companion == nullptr ? absl::OkStatus() : companion->Check(*options);
  if (!checked.ok()) {
    parsed.exit_code = 2;
    parsed.message = StrCat(program, ": ", ToStd(checked.message()), "\n");
    return parsed;
  }
  parsed.options = *std::move(options);
  return parsed;
}

std::vector<std::pair<std::string, std::string>> DescribeOptions(const ServerOptions& o) {
  std::string upstreams, locals;
  for (const UpstreamOptions& upstream : o.upstreams) {
    for (const auto& [service, address] : upstream.addresses) {
      StrAppend(&upstreams, upstreams.empty() ? "" : ";", upstream.node, "=", service, service.empty() ? "" : ":",
                address);
    }
  }
  for (const auto& [service, address] : o.local_services) StrAppend(&locals, service, ":", address, ";");
  std::string etcd;
  for (const std::string& endpoint : o.replication.endpoints) StrAppend(&etcd, etcd.empty() ? "" : ",", endpoint);
  static const char* const kLevels[] = {"debug", "info", "warning", "error"};
  return {{"version", DUBAN_VERSION},
          {"node", o.node},
          {"data_dir", o.data_dir},
          {"listen", o.listen},
          {"admin_listen", o.admin_listen.empty() ? "none" : o.admin_listen},
          {"port_file", o.port_file},
          {"log_channel_file", o.log_channel_file},
          {"channels_file", o.channels_file},
          {"backup_dir", o.backup_dir},
          {"keep_backups", StrCat(o.keep_backups)},
          {"backup_interval", absl::FormatDuration(o.backup_interval)},
          {"upstreams", upstreams},
          {"local_services", locals},
          {"keys", o.keys},
          {"insecure", o.insecure ? "true" : "false"},
          {"admin_remote", o.admin_remote ? "true" : "false"},
          {"development", o.development ? "true" : "false"},
          {"pretend_date", o.pretend_date ? FormatDay(*o.pretend_date) : ""},
          {"log_level", kLevels[static_cast<int>(o.log_level)]},
          {"max_message_bytes", StrCat(o.max_message_bytes)},
          {"keep_free_mib", StrCat(o.keep_free_mib)},
          {"history_days", StrCat(o.history_days)},
          {"block_cache_mib", StrCat(o.block_cache_mib)},
          {"threads", StrCat(o.threads)},
          {"expensive_threads", StrCat(o.expensive_threads)},
          {"calls_per_second", StrCat(o.calls_per_second)},
          {"sign_ins_per_minute", StrCat(o.sign_ins_per_minute)},
          {"single_sign_on", o.single_sign_on},
          {"memory_mib", StrCat(o.memory_mib)},
          {"max_connections", StrCat(o.max_connections)},
          {"max_waiting_fetches", StrCat(o.max_waiting_fetches)},
          {"fetch_threads", StrCat(o.fetch_threads)},
          {"max_call_time", absl::FormatDuration(o.max_call_time)},
          {"max_connection_age", absl::FormatDuration(o.max_connection_age)},
          {"replicated_by", etcd},
          {"replica_id", o.replication.replica},
          {"advertise", o.replication.advertise},
          {"log_max_mib", StrCat(o.replication.log_max_mib)},
          {"etcd_ca", o.replication.ca_file},
          {"etcd_certificate", o.replication.certificate_file},
          {"etcd_user", o.replication.user}};
}

}  // namespace duban
